/* Times whose events could not be fetched: their words, their place, and the rows that show them.
 */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-event-view.h"
#include "latchkey-gaps.h"
#include "latchkey-text.h"
#include "mirror-kit.h"

#define SECOND G_GINT64_CONSTANT(1000)
#define WORDS  "Events between 12:00 and 12:00 could not be recovered"

static GArray *gaps_of(gint64 since_ms, gint64 until_ms)
{
    const LatchkeyGap gap = { .since_ms = since_ms, .until_ms = until_ms };
    GArray *gaps = g_array_new(FALSE, FALSE, sizeof(LatchkeyGap));

    g_array_append_val(gaps, gap);
    return gaps;
}

static const struct {
    gint64 older_ms;
    gint64 newer_ms;
    gboolean is_there;
} places[] = {
    { NOON, NOON + 10 * SECOND, TRUE },                /* its own edges */
    { NOON + 5 * SECOND, NOON + 20 * SECOND, TRUE },   /* an event in it, by webhook */
    { NOON, NOON + 10 * SECOND - 1, FALSE },           /* that event from below */
    { NOON + 10 * SECOND, NOON + 20 * SECOND, FALSE }, /* behind it */
    { NOON - SECOND, NOON, FALSE },                    /* before it */
    { G_MININT64, NOON + 10 * SECOND, TRUE },          /* nothing is older */
    { NOON, G_MAXINT64, TRUE },                        /* nothing is newer */
    { G_MININT64, G_MAXINT64, TRUE },
};

static void test_gap_stands_where_it_ends(void)
{
    g_autoptr(GArray) gaps = gaps_of(NOON, NOON + 10 * SECOND);

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *words =
            latchkey_gaps_words(gaps, places[i].older_ms, places[i].newer_ms, NOON);
        g_assert_cmpstr(words, ==, places[i].is_there ? WORDS : NULL);
    }
    g_assert_null(latchkey_gaps_words(NULL, G_MININT64, G_MAXINT64, NOON));
}

static void test_several_gaps_stand_under_each_other(void)
{
    const LatchkeyGap later = { .since_ms = NOON + 3600 * SECOND,
                                .until_ms = NOON + 7200 * SECOND };
    g_autoptr(GArray) gaps = gaps_of(NOON, NOON + 10 * SECOND);

    g_array_append_val(gaps, later);
    g_autofree char *words = latchkey_gaps_words(gaps, G_MININT64, G_MAXINT64, NOON);
    g_assert_cmpstr(words, ==, "Events between 13:00 and 14:00 could not be recovered\n" WORDS);
}

static const struct {
    LatchkeyEventFilter filter;
    guint n;
} filters[] = {
    { { 0 }, 1 },
    { { .text = (char[]){ "ada" } }, 1 }, /* who knows what she did then */
    { { .since_ms = NOON + 9 * SECOND }, 1 },
    { { .since_ms = NOON + 10 * SECOND }, 0 },
    { { .until_ms = NOON }, 0 },
    { { .until_ms = NOON + 1 }, 1 },
};

static void test_gap_out_of_the_times_asked_for_is_none(void)
{
    g_autoptr(GArray) gaps = gaps_of(NOON, NOON + 10 * SECOND);

    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        g_autoptr(GArray) within = latchkey_gaps_within(gaps, &filters[i].filter);
        g_assert_cmpuint(within->len, ==, filters[i].n);
    }
}

/* ---- On the screen ---- */

typedef struct stage {
    kit mirror;
    LatchkeyStore *store;
    LatchkeyEventList *list;
    GtkWidget *window;
    LatchkeyEventView *view;
} stage;

static void apply(stage *s, const char *id, gint64 at_ms)
{
    kit_event event;

    kit_make(&event, id, "dsync.user.created", at_ms,
             "{\"object\":\"directory_user\",\"id\":\"u\",\"first_name\":\"%s\"}", id);
    kit_apply(&s->mirror, &event);
}

/* Three events, and a gap between the second and the third. */
static void open_stage(stage *s)
{
    lk_error err = LK_ERROR_INIT;
    lk_mirror *reader = NULL;

    kit_begin(&s->mirror);
    kit_open(&s->mirror);
    apply(s, "event_1", NOON);
    apply(s, "event_2", NOON + SECOND);
    apply(s, "event_3", NOON + 10 * SECOND);
    if (lk_mirror_open(s->mirror.store, &reader, &err) != LK_OK)
        g_error("%s", err.message);
    s->store = latchkey_store_new(s->mirror.store, reader);
    s->list = latchkey_event_list_new(s->store, NULL);
    wait_until(!latchkey_event_list_is_loading(s->list));
    s->window = adw_window_new();
    s->view = g_object_new(LATCHKEY_TYPE_EVENT_VIEW, NULL);
    adw_window_set_content(ADW_WINDOW(s->window), GTK_WIDGET(s->view));
    latchkey_event_view_set_list(s->view, s->list);
    gtk_window_present(GTK_WINDOW(s->window));
    settle();
}

static void close_stage(stage *s)
{
    gtk_window_destroy(GTK_WINDOW(s->window));
    settle();
    g_object_unref(s->list);
    g_object_unref(s->store);
    settle();
    kit_end(&s->mirror);
}

/* The row around a label. */
static GtkWidget *row_of(stage *s, const char *text)
{
    GtkWidget *label = kit_find_label(s->window, text);
    GtkWidget *row = label;

    g_assert_nonnull(label);
    while (!g_str_equal(gtk_widget_get_css_name(row), "row"))
        row = gtk_widget_get_parent(row);
    return row;
}

/* Until the answer is there: it keeps the view. */
static void look_for_gaps(stage *s)
{
    guint before = G_OBJECT(s->view)->ref_count;

    latchkey_event_view_look_for_gaps(s->view, s->store);
    wait_until(G_OBJECT(s->view)->ref_count == before);
}

static void test_rows_show_what_is_missing_between_them(void)
{
    stage s = { 0 };

    open_stage(&s);
    look_for_gaps(&s);
    g_assert_null(kit_find_label(s.window, WORDS));
    kit_run(&s.mirror, "INSERT INTO gap (since_ms, until_ms, noted_at_ms) VALUES"
                       " (1772452801000, 1772452810000, 1772452810000)");
    look_for_gaps(&s);
    /* How a time is written depends on today's date. */
    g_autofree char *time = latchkey_text_time(NOON + SECOND, g_get_real_time() / 1000);
    g_autofree char *words =
        g_strdup_printf("Events between %s and %s could not be recovered", time, time);
    g_autofree char *spoken =
        g_strdup_printf("event_2 was added, User created, %s. %s", time, words);
    wait_until(kit_find_label(s.window, words) != NULL);
    GtkWidget *row = row_of(&s, words);
    g_assert_true(row == row_of(&s, "event_2 was added"));
    g_assert_false(row == row_of(&s, "event_3 was added"));
    gtk_test_accessible_assert_property(row, GTK_ACCESSIBLE_PROPERTY_LABEL, spoken);
    close_stage(&s);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/gaps/place", test_gap_stands_where_it_ends);
    g_test_add_func("/gaps/several", test_several_gaps_stand_under_each_other);
    g_test_add_func("/gaps/filter", test_gap_out_of_the_times_asked_for_is_none);
    g_test_add_func("/gaps/rows", test_rows_show_what_is_missing_between_them);
    return g_test_run();
}
