/* What tests of the window share: waiting with a deadline, a scripted account, a visitor who plays
 * the browser, a window. */
#ifndef LK_TESTS_GUI_KIT_H
#define LK_TESTS_GUI_KIT_H

#include <gtk/gtk.h>

#include "fake-clock.h"
#include "fake-wire.h"
#include "latchkey-account.h"
#include "latchkey-feed.h"

/* Runs the main loop until the condition holds; fails the test after a minute. */
#define wait_until(condition)                                                          \
    do {                                                                               \
        gint64 end_ = g_get_monotonic_time() + G_TIME_SPAN_MINUTE;                     \
        while (!(condition)) {                                                         \
            if (g_get_monotonic_time() > end_)                                         \
                g_error("%s:%d: never came true: %s", __FILE__, __LINE__, #condition); \
            if (!g_main_context_iteration(NULL, FALSE))                                \
                g_usleep(1000);                                                        \
        }                                                                              \
    } while (0)

/* Runs what is due now. */
void settle(void);

typedef struct gui_kit {
    const char *base_url; /* set before it is opened; NULL: https://api.workos.com */
    fake_clock clock;
    LatchkeyConfig *config;
    LatchkeyAccount *account;
    char *opened;  /* the last address for the browser */
    char *noticed; /* the last notice */
    int n_opened;
} gui_kit;

/* A GWeakNotify: data is the gboolean that says so. */
void kit_on_gone(gpointer data, GObject *object);

/* Lets the feed go, and waits until no worker reads its store: then its folder may be removed. */
void kit_close_feed(LatchkeyFeed **feed);

/* client_01, over the wire, at noon. */
void kit_open_account(gui_kit *kit, fake_wire *wire);
void kit_close_account(gui_kit *kit);

/* What POST /user_management/authenticate answers with a token that is good from now_ms on: Ada
 * Lovelace of org_01, or the given first name. Free with g_free(). */
char *kit_grant(gint64 now_ms, const char *first_name, const char *refresh_token);

/* A parameter of the authorization URL, decoded. Free with g_free(). */
char *kit_parameter(const char *url, const char *name);

/* Calls back as the browser would, with this query; state NULL: the right one. Does not wait. */
void kit_visit(gui_kit *kit, const char *query, const char *state);
/* Whether the last visitor has got an answer. */
gboolean kit_is_answered(gui_kit *kit);

/* From signed out to signed in; the wire must answer authenticate and jwks. */
void kit_sign_in(gui_kit *kit);

/* The first visible label below root with this text; NULL: none. */
GtkWidget *kit_find_label(GtkWidget *root, const char *text);

/* Closes the popover below root, if one is open. A window that goes before it leaves GTK with a
 * grab on a surface that is no more, which it complains about. */
void kit_close_popover(GtkWidget *root);

/* A window over the account, with a feed that is not started. */
typedef struct gui_stage {
    gui_kit kit;
    LatchkeyFeed *feed;
    GtkWidget *window;
} gui_stage;

void stage_open(gui_stage *s, fake_wire *wire);
void stage_close(gui_stage *s);
/* Clicks the button around the visible label, as a person would. */
void stage_click(gui_stage *s, const char *text);

#define assert_shows(s, text)     g_assert_nonnull(kit_find_label((s)->window, text))
#define assert_shows_not(s, text) g_assert_null(kit_find_label((s)->window, text))

#endif
