/* The first frame is as fast as what has to be made for it is little. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-account.h"
#include "latchkey-feed.h"
#include "latchkey-main-page.h"
#include "latchkey-sign-in-page.h"
#include "latchkey-signed-out-page.h"
#include "latchkey-window.h"

static GtkWidget *find(GtkWidget *root, GType type)
{
    GtkWidget *found = G_TYPE_CHECK_INSTANCE_TYPE(root, type) ? root : NULL;

    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL && found == NULL;
         child = gtk_widget_get_next_sibling(child))
        found = find(child, type);
    return found;
}

static void test_pages_are_made_when_they_are_shown(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    assert_shows(&s, "Getting Ready");
    g_assert_null(find(s.window, LATCHKEY_TYPE_SIGNED_OUT_PAGE));
    latchkey_account_start(s.kit.account);
    wait_until(find(s.window, LATCHKEY_TYPE_SIGNED_OUT_PAGE) != NULL);
    g_assert_null(find(s.window, LATCHKEY_TYPE_SIGN_IN_PAGE));
    stage_click(&s, "Sign In");
    g_assert_nonnull(find(s.window, LATCHKEY_TYPE_SIGN_IN_PAGE));
    g_assert_null(find(s.window, LATCHKEY_TYPE_MAIN_PAGE));
    stage_close(&s);
    fake_wire_finished(&wire);
}

/* Not from the beginning: drawing one is dear, and mostly nobody would see it. */
static void test_spinner_turns_for_who_waits(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_stage s = { 0 };

    kit_open_account(&s.kit, &wire);
    s.feed = latchkey_feed_new(s.kit.config, 0);
    s.window = GTK_WIDGET(latchkey_window_new(NULL, s.kit.account, s.feed, NULL));
    GtkSpinner *spinner = GTK_SPINNER(find(s.window, GTK_TYPE_SPINNER));
    g_assert_false(gtk_spinner_get_spinning(spinner));
    gtk_window_present(GTK_WINDOW(s.window));
    wait_until(gtk_spinner_get_spinning(spinner));
    latchkey_account_start(s.kit.account);
    wait_until(!gtk_spinner_get_spinning(spinner));
    assert_shows(&s, "Sign In to Latchkey");
    stage_close(&s);
    fake_wire_finished(&wire);
}

static gboolean has_focus(gui_stage *s, const char *text)
{
    GtkWidget *label = kit_find_label(s->window, text);
    GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(s->window));

    return label != NULL && focus == gtk_widget_get_ancestor(label, GTK_TYPE_BUTTON);
}

/* Whichever page comes or is made: Enter goes on. */
static void test_next_step_has_the_focus(void)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    gui_stage s = { 0 };

    stage_open(&s, &wire);
    latchkey_account_start(s.kit.account);
    wait_until(has_focus(&s, "Sign In"));
    stage_click(&s, "Sign In");
    g_assert_true(has_focus(&s, "Open Again"));
    stage_click(&s, "Cancel");
    g_assert_true(has_focus(&s, "Sign In"));
    stage_close(&s);
    fake_wire_finished(&wire);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/start/pages", test_pages_are_made_when_they_are_shown);
    g_test_add_func("/start/focus", test_next_step_has_the_focus);
    g_test_add_func("/start/spinner", test_spinner_turns_for_who_waits);
    return g_test_run();
}
