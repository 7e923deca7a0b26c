/* Lists and details as of a time, and with who was deleted; what happened when is in moment-kit.h.
 */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "gui-kit.h"
#include "latchkey-record-details.h"
#include "latchkey-record-list.h"
#include "latchkey-record-row.h"
#include "latchkey-text.h"
#include "moment-kit.h"

/* ---- Lists ---- */

static char *found(LatchkeyStore *store, const LatchkeyRecordFilter *filter)
{
    g_autoptr(LatchkeyRecordList) list = latchkey_record_list_new(store, filter);
    GListModel *model = G_LIST_MODEL(list);

    wait_until(!latchkey_record_list_is_loading(list));
    while (!latchkey_record_list_is_complete(list)) {
        guint n = g_list_model_get_n_items(model);
        g_autoptr(GObject) last = g_list_model_get_item(model, n - 1); /* its end is seen */
        g_assert_nonnull(last);
        wait_until(!latchkey_record_list_is_loading(list));
    }
    return moment_kit_names(model);
}

static const struct {
    gint64 at_ms; /* 0: now */
    gboolean with_deleted;
    const char *directory_id;
    const char *text;
    const char *names;
} lists[] = {
    { NOON - 1, FALSE, NULL, NULL, "" },
    { NOON - 1, TRUE, NULL, NULL, "" },
    { NOON, FALSE, NULL, NULL, "Ada King, Dan Two" },
    { NOON + HOUR - 1, FALSE, NULL, NULL, "Ada King, Dan Two" }, /* a moment too early */
    { NOON + HOUR, FALSE, NULL, NULL, "Ada Byron, Bob <b>&, Dan Two" },
    { NOON + 3 * HOUR - 1, TRUE, NULL, NULL, "Ada Byron, Bob <b>&, Dan Two" },
    { NOON + 3 * HOUR, FALSE, NULL, NULL, "Ada Byron, Dan Two" },
    { NOON + 3 * HOUR, TRUE, NULL, NULL, "Ada Byron, Bob <b>& deleted, Dan Two" },
    { NOON + 3 * HOUR, FALSE, "d2", NULL, "Dan Two" },
    { 0, FALSE, NULL, NULL, "Ada Byron, Cleo Three" },
    { 0, TRUE, NULL, NULL, "Ada Byron, Bob <b>& deleted, Cleo Three, Dan Two deleted" },
    { 0, TRUE, "d2", NULL, "Dan Two deleted" },
    /* Searched by the names of then. */
    { NOON, FALSE, NULL, "aDa kINg", "Ada King" },
    { NOON, FALSE, NULL, "byron", "" },
    { NOON + HOUR, FALSE, NULL, "king", "" },
    { NOON + HOUR, FALSE, NULL, "BOB@X.example", "Bob <b>&" },
    { 0, FALSE, NULL, "bob", "" },
    { 0, TRUE, NULL, "bob", "Bob <b>& deleted" },
    { NOON + 3 * HOUR, TRUE, NULL, "bob", "Bob <b>& deleted" },
};

static void test_lists_are_of_their_time(void)
{
    kit mirror;

    moment_kit_begin(&mirror);
    g_autoptr(LatchkeyStore) store = moment_kit_store(&mirror);
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        const LatchkeyRecordFilter filter = {
            .kind = LATCHKEY_RECORD_PERSON,
            .at_ms = lists[i].at_ms,
            .with_deleted = lists[i].with_deleted,
            .directory_id = (char *)lists[i].directory_id,
            .text = (char *)lists[i].text,
        };
        g_autofree char *all = found(store, &filter);
        g_test_message("list %zu", i);
        g_assert_cmpstr(all, ==, lists[i].names);
    }
    kit_end(&mirror);
}

/* Of a time the list itself searches: also behind pages in which there is nothing. */
static void test_search_of_a_time_goes_to_the_end(void)
{
    const LatchkeyRecordFilter filter = { .text = (char *)"zoë last", .at_ms = NOON };
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    for (int i = 0; i < 450; i++) {
        g_autofree char *id = g_strdup_printf("event_%04d", i);
        g_autofree char *data =
            g_strdup_printf("{\"id\":\"u%04d\",\"directory_id\":\"d1\",\"first_name\":\"%s\","
                            "\"last_name\":\"Last\"}",
                            i, i == 449 ? "Zoë" : "Bob");
        moment_kit_add(&mirror, id, "dsync.user.created", NOON, data);
    }
    g_autoptr(LatchkeyStore) store = moment_kit_store(&mirror);
    g_autofree char *all = found(store, &filter);
    g_assert_cmpstr(all, ==, "Zoë Last");
    /* Replaced meanwhile, it looks no further, and lets go of the store. */
    g_autoptr(LatchkeyRecordList) left = latchkey_record_list_new(store, &filter);
    latchkey_record_list_stop(left);
    wait_until(G_OBJECT(left)->ref_count == 1);
    g_assert_cmpuint(g_list_model_get_n_items(G_LIST_MODEL(left)), ==, 0);
    kit_end(&mirror);
}

/* ---- One of them ---- */

static GtkWidget *show_details(LatchkeyStore *store, LatchkeyRecordKind kind, const char *id,
                               gint64 at_ms)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *details = g_object_new(LATCHKEY_TYPE_RECORD_DETAILS, NULL);

    adw_window_set_content(ADW_WINDOW(window), details);
    gtk_window_present(GTK_WINDOW(window));
    latchkey_record_details_set_moment(LATCHKEY_RECORD_DETAILS(details), at_ms);
    latchkey_record_details_show(LATCHKEY_RECORD_DETAILS(details), store, kind, id, NULL);
    return window;
}

static LatchkeyRecordDetails *details_of(GtkWidget *window)
{
    return LATCHKEY_RECORD_DETAILS(adw_window_get_content(ADW_WINDOW(window)));
}

static void close_window(GtkWidget *window)
{
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

static void test_details_are_of_their_time(void)
{
    kit mirror;

    moment_kit_begin(&mirror);
    g_autoptr(LatchkeyStore) store = moment_kit_store(&mirror);
    GtkWidget *window = show_details(store, LATCHKEY_RECORD_PERSON, "ada", NOON);
    wait_until(kit_find_label(window, "Ada King joined Night") != NULL);
    g_assert_nonnull(kit_find_label(window, "Ada King"));
    g_assert_nonnull(kit_find_label(window, "Night"));
    g_assert_null(kit_find_label(window, "Ada Byron was changed"));
    latchkey_record_details_set_moment(details_of(window), NOON + 2 * HOUR);
    wait_until(kit_find_label(window, "Ada Byron left Night") != NULL);
    g_assert_nonnull(kit_find_label(window, "Ada Byron"));
    g_assert_null(kit_find_label(window, "Night"));
    latchkey_record_details_set_moment(details_of(window), NOON - 1);
    wait_until(kit_find_label(window, "Not in the directory at that time, as far as is known") !=
               NULL);
    wait_until(kit_find_label(window, "Ada King joined Night") == NULL);
    close_window(window);
    kit_end(&mirror);
}

static void test_history_tells_before_and_after(void)
{
    g_autofree char *time = latchkey_text_time(NOON + HOUR, g_get_real_time() / 1000);
    g_autofree char *words = g_strdup_printf("%s\nLast name: was King, now Byron", time);
    kit mirror;

    moment_kit_begin(&mirror);
    g_autoptr(LatchkeyStore) store = moment_kit_store(&mirror);
    GtkWidget *window = show_details(store, LATCHKEY_RECORD_PERSON, "ada", 0);
    wait_until(kit_find_label(window, "Ada Byron was changed") != NULL);
    GtkWidget *row = gtk_widget_get_ancestor(kit_find_label(window, "Ada Byron was changed"),
                                             GTK_TYPE_LIST_BOX_ROW);
    g_assert_nonnull(kit_find_label(row, words));
    gtk_test_accessible_assert_property(row, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words);
    close_window(window);
    kit_end(&mirror);
}

static void test_details_of_a_group_of_then(void)
{
    kit mirror;

    moment_kit_begin(&mirror);
    g_autoptr(LatchkeyStore) store = moment_kit_store(&mirror);
    GtkWidget *window = show_details(store, LATCHKEY_RECORD_GROUP, "group_1", NOON + HOUR);
    wait_until(kit_find_label(window, "Members") != NULL);
    g_assert_nonnull(kit_find_label(window, "Ada Byron")); /* under the name of then */
    g_assert_nonnull(kit_find_label(window, "1 member"));
    close_window(window);
    kit_end(&mirror);
}

/* Deleted with the directory: no event names the person. */
static void test_details_of_a_deleted_one(void)
{
    g_autofree char *when = latchkey_text_full_time(NOON + 4 * HOUR);
    kit mirror;

    moment_kit_begin(&mirror);
    g_autoptr(LatchkeyStore) store = moment_kit_store(&mirror);
    GtkWidget *window = show_details(store, LATCHKEY_RECORD_PERSON, "dan", 0);
    wait_until(kit_find_label(window, "Not in the directory any more") != NULL);
    g_assert_nonnull(kit_find_label(window, "Dan Two"));
    g_assert_nonnull(kit_find_label(window, when));
    g_assert_nonnull(kit_find_label(window, "Entra")); /* the directory, which is gone, too */
    wait_until(kit_find_label(window, "Directory Entra was removed") != NULL);
    latchkey_record_details_set_moment(details_of(window), NOON + 3 * HOUR);
    wait_until(kit_find_label(window, "active") != NULL);
    g_assert_null(kit_find_label(window, "Not in the directory any more"));
    g_assert_null(kit_find_label(window, when));
    close_window(window);
    kit_end(&mirror);
}

static void test_deleted_row_says_so(void)
{
    const lk_directory_user user = {
        .id = "u", .email = "a@x", .state = "active", .first_name = "A", .last_name = "\u202e<b>&"
    };
    const lk_directory_group group = { .id = "g", .name = "Night", .deleted_at_ms = NOON };
    lk_directory_user deleted_user = user;

    deleted_user.deleted_at_ms = NOON;
    g_autoptr(LatchkeyRecord) person = latchkey_record_new_person(&user);
    g_autoptr(LatchkeyRecord) deleted = latchkey_record_new_person(&deleted_user);
    g_autoptr(LatchkeyRecord) deleted_group = latchkey_record_new_group(&group);
    g_autofree char *time = latchkey_text_time(NOON, NOON);
    g_autofree char *expected = g_strdup_printf("A <b>&, a@x · Deleted %s", time);
    g_autofree char *expected_group = g_strdup_printf("Night, Deleted %s", time);
    g_autofree char *there = latchkey_record_row_spoken(person, NOON);
    g_autofree char *gone = latchkey_record_row_spoken(deleted, NOON);
    g_autofree char *gone_group = latchkey_record_row_spoken(deleted_group, NOON);
    GtkWidget *row = g_object_ref_sink(latchkey_record_row_new());

    g_assert_cmpstr(there, ==, "A <b>&, a@x");
    g_assert_cmpstr(gone, ==, expected);
    g_assert_cmpstr(gone_group, ==, expected_group);
    latchkey_record_row_set_record(LATCHKEY_RECORD_ROW(row), deleted, NOON);
    g_assert_true(gtk_widget_has_css_class(row, "deleted"));
    latchkey_record_row_set_record(LATCHKEY_RECORD_ROW(row), person, NOON);
    g_assert_false(gtk_widget_has_css_class(row, "deleted"));
    g_object_unref(row);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    /* Hundreds of commits: in memory they take no time, on a busy disk a minute. */
    if (g_access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    g_test_add_func("/moment/lists", test_lists_are_of_their_time);
    g_test_add_func("/moment/search", test_search_of_a_time_goes_to_the_end);
    g_test_add_func("/moment/details", test_details_are_of_their_time);
    g_test_add_func("/moment/details/history", test_history_tells_before_and_after);
    g_test_add_func("/moment/details/group", test_details_of_a_group_of_then);
    g_test_add_func("/moment/details/deleted", test_details_of_a_deleted_one);
    g_test_add_func("/moment/row", test_deleted_row_says_so);
    return g_test_run();
}
