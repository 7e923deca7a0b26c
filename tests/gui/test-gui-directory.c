/* People and groups: the lazy list, and one of them beside it. */
#include <adwaita.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "gui-kit.h"
#include "latchkey-directory-page.h"
#include "latchkey-filter-bar.h"
#include "latchkey-record-details.h"
#include "latchkey-record-list.h"
#include "mirror-kit.h"

static void add(kit *mirror, const char *id, const char *type, const char *data)
{
    kit_event event;

    kit_make(&event, id, type, NOON, "%s", data);
    kit_apply(mirror, &event);
}

static void add_person(kit *mirror, int n, const char *first, const char *last)
{
    g_autofree char *id = g_strdup_printf("event_u%04d", n);
    g_autofree char *data = g_strdup_printf(
        "{\"object\":\"directory_user\",\"id\":\"directory_user_%04d\",\"directory_id\":"
        "\"directory_0%d\",\"organization_id\":\"org_01\",\"first_name\":\"%s\",\"last_name\":"
        "\"%s\",\"email\":\"p%d@x.example\",\"state\":\"active\"}",
        n, n % 2 + 1, first, last, n);

    add(mirror, id, "dsync.user.created", data);
}

static LatchkeyStore *open_store(kit *mirror)
{
    lk_mirror *reader = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(mirror->store, &reader, &err) != LK_OK)
        g_error("%s", err.message);
    return latchkey_store_new(mirror->store, reader);
}

static guint n_found(LatchkeyStore *store, LatchkeyRecordKind kind, const char *directory_id,
                     const char *text)
{
    const LatchkeyRecordFilter filter = {
        .kind = kind,
        .directory_id = (char *)directory_id,
        .text = (char *)text,
    };
    g_autoptr(LatchkeyRecordList) list = latchkey_record_list_new(store, &filter);
    GListModel *model = G_LIST_MODEL(list);

    wait_until(!latchkey_record_list_is_loading(list));
    while (!latchkey_record_list_is_complete(list)) {
        guint n = g_list_model_get_n_items(model);
        g_autoptr(GObject) last = g_list_model_get_item(model, n - 1); /* its end is seen */
        g_assert_nonnull(last);
        wait_until(!latchkey_record_list_is_loading(list));
    }
    g_assert_null(g_list_model_get_item(model, g_list_model_get_n_items(model)));
    return g_list_model_get_n_items(model);
}

static void test_lists_grow_and_are_searched(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    for (int i = 0; i < 450; i++)
        add_person(&mirror, i, i % 10 == 0 ? "Ada" : "Bob", "King");
    g_autoptr(LatchkeyStore) store = open_store(&mirror);
    g_assert_cmpuint(n_found(store, LATCHKEY_RECORD_PERSON, NULL, NULL), ==, 450);
    g_assert_cmpuint(n_found(store, LATCHKEY_RECORD_PERSON, "directory_01", NULL), ==, 225);
    g_assert_cmpuint(n_found(store, LATCHKEY_RECORD_PERSON, NULL, "ada k"), ==, 45);
    g_assert_cmpuint(n_found(store, LATCHKEY_RECORD_PERSON, NULL, "%"), ==, 0);
    g_assert_cmpuint(n_found(store, LATCHKEY_RECORD_GROUP, NULL, NULL), ==, 0);
    kit_end(&mirror);
}

static void add_group(kit *mirror)
{
    add(mirror, "event_g1", "dsync.group.created",
        "{\"object\":\"directory_group\",\"id\":\"directory_group_01\",\"directory_id\":"
        "\"directory_01\",\"organization_id\":\"org_01\",\"name\":\"<b>Night & day\"}");
    add(mirror, "event_g2", "dsync.group.user_added",
        "{\"directory_id\":\"directory_01\",\"user\":{\"id\":\"directory_user_0000\","
        "\"directory_id\":\"directory_01\",\"organization_id\":\"org_01\",\"first_name\":\"A&B\","
        "\"last_name\":\"<a "
        "href='x'>\"},\"group\":{\"id\":\"directory_group_01\",\"directory_id\":"
        "\"directory_01\",\"name\":\"<b>Night & day\"}}");
}

typedef struct choice {
    int kind;
    char *id;
} choice;

static void on_record_chosen(LatchkeyRecordDetails *details, int kind, const char *id,
                             const char *name, choice *out)
{
    (void)details, (void)name;
    out->kind = kind;
    g_free(out->id);
    out->id = g_strdup(id);
}

static void test_details_show_names_as_they_are_and_lead_on(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *widget = g_object_new(LATCHKEY_TYPE_RECORD_DETAILS, NULL);
    LatchkeyRecordDetails *details = LATCHKEY_RECORD_DETAILS(widget);
    choice chosen = { 0 };
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    add_person(&mirror, 0, "A&B", "<a href='x'>");
    add_group(&mirror);
    g_autoptr(LatchkeyStore) store = open_store(&mirror);
    adw_window_set_content(ADW_WINDOW(window), widget);
    gtk_window_present(GTK_WINDOW(window));
    g_signal_connect(widget, "record-chosen", G_CALLBACK(on_record_chosen), &chosen);
    latchkey_record_details_show(details, store, LATCHKEY_RECORD_PERSON, "directory_user_0000",
                                 NULL);
    wait_until(kit_find_label(window, "A&B <a href='x'>") != NULL);
    wait_until(kit_find_label(window, "<b>Night & day") != NULL);
    g_assert_nonnull(kit_find_label(window, "1 member"));
    wait_until(kit_find_label(window, "A&B <a href='x'> joined <b>Night & day") != NULL);
    GtkWidget *row =
        gtk_widget_get_ancestor(kit_find_label(window, "<b>Night & day"), GTK_TYPE_LIST_BOX_ROW);
    g_signal_emit_by_name(gtk_widget_get_ancestor(row, GTK_TYPE_LIST_BOX), "row-activated", row);
    g_assert_cmpint(chosen.kind, ==, LATCHKEY_RECORD_GROUP);
    g_assert_cmpstr(chosen.id, ==, "directory_group_01");
    latchkey_record_details_show(details, store, LATCHKEY_RECORD_GROUP, chosen.id, NULL);
    wait_until(kit_find_label(window, "Members") != NULL);
    g_assert_null(kit_find_label(window, "State"));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
    g_free(chosen.id);
    kit_end(&mirror);
}

/* Whoever is gone still has a name and a history. */
static void test_deleted_one_keeps_its_history(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *widget = g_object_new(LATCHKEY_TYPE_RECORD_DETAILS, NULL);
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    add_person(&mirror, 1, "Ada", "King");
    add(&mirror, "event_z", "dsync.user.deleted",
        "{\"id\":\"directory_user_0001\",\"directory_id\":\"directory_02\",\"organization_id\":"
        "\"org_01\",\"first_name\":"
        "\"Ada\"}");
    g_autoptr(LatchkeyStore) store = open_store(&mirror);
    adw_window_set_content(ADW_WINDOW(window), widget);
    gtk_window_present(GTK_WINDOW(window));
    latchkey_record_details_show(LATCHKEY_RECORD_DETAILS(widget), store, LATCHKEY_RECORD_PERSON,
                                 "directory_user_0001", "Ada <King>");
    g_assert_nonnull(kit_find_label(window, "Ada <King>")); /* until it is read */
    wait_until(kit_find_label(window, "Not in the directory any more") != NULL);
    g_assert_nonnull(kit_find_label(window, "Ada"));
    g_assert_nonnull(kit_find_label(window, "Deleted"));
    wait_until(kit_find_label(window, "Ada King was added") != NULL);
    g_assert_nonnull(kit_find_label(window, "Ada was removed"));
    g_assert_null(kit_find_label(window, "Groups"));
    latchkey_record_details_show(LATCHKEY_RECORD_DETAILS(widget), store, LATCHKEY_RECORD_PERSON,
                                 "directory_user_9999", "<b>Nobody</b> & Co");
    wait_until(kit_find_label(window, "Ada King was added") == NULL);
    wait_until(kit_find_label(window, "Not in the directory any more") != NULL);
    g_assert_nonnull(kit_find_label(window, "<b>Nobody</b> & Co"));
    g_assert_null(kit_find_label(window, "Deleted"));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
    kit_end(&mirror);
}

static int min_width(GtkWidget *widget)
{
    int width = 0;

    gtk_widget_measure(widget, GTK_ORIENTATION_HORIZONTAL, -1, &width, NULL, NULL, NULL);
    return width;
}

/* All below root of the type, in the order of the screen. */
static void find_all(GtkWidget *root, GType type, GPtrArray *out)
{
    if (g_type_is_a(G_OBJECT_TYPE(root), type))
        g_ptr_array_add(out, root);
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        find_all(child, type, out);
}

static gboolean has_two(gpointer chooser)
{
    GListModel *model = NULL;

    g_object_get(chooser, "model", &model, NULL);
    gboolean result = model != NULL && g_list_model_get_n_items(model) == 2;
    g_clear_object(&model);
    return result;
}

/* Chooses the only directory, once it is known. */
static void choose_second(gpointer chooser)
{
    wait_until(has_two(chooser));
    g_object_set(chooser, "selected", 1, NULL);
}

/* A customer may call a directory whatever they like: a telephone is 360 pixels wide. */
static void test_long_directory_name_widens_nothing(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    GtkWidget *page = g_object_new(LATCHKEY_TYPE_DIRECTORY_PAGE, NULL);
    GtkWidget *bar = g_object_new(LATCHKEY_TYPE_FILTER_BAR, NULL);
    g_autofree char *name = g_strnfill(190, 'W');
    g_autofree char *data = g_strdup_printf(
        "{\"id\":\"directory_01\",\"organization_id\":\"org_%s\",\"name\":\"%s\"}", name, name);
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(GPtrArray) choosers = g_ptr_array_new();
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    add(&mirror, "event_d", "dsync.activated", data);
    config->store = g_strdup(mirror.store);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 0);
    latchkey_directory_page_set_feed(LATCHKEY_DIRECTORY_PAGE(page), feed);
    gtk_box_append(GTK_BOX(box), bar);
    gtk_box_append(GTK_BOX(box), page);
    adw_window_set_content(ADW_WINDOW(window), box);
    gtk_window_present(GTK_WINDOW(window));
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_store(feed) != NULL);
    latchkey_filter_bar_set_store(LATCHKEY_FILTER_BAR(bar), latchkey_feed_get_store(feed));
    find_all(page, GTK_TYPE_DROP_DOWN, choosers);
    choose_second(choosers->pdata[0]);
    g_ptr_array_set_size(choosers, 0);
    find_all(bar, ADW_TYPE_COMBO_ROW, choosers);
    GtkWidget *popover = gtk_widget_get_ancestor(choosers->pdata[0], GTK_TYPE_POPOVER);
    gtk_popover_popup(GTK_POPOVER(popover));
    choose_second(choosers->pdata[1]);
    choose_second(choosers->pdata[2]);
    settle();
    g_assert_cmpint(min_width(page), <=, 360);
    g_assert_cmpint(min_width(gtk_popover_get_child(GTK_POPOVER(popover))), <=, 340);
    g_assert_cmpint(min_width(bar), <=, 360);
    kit_close_popover(bar);
    gtk_window_destroy(GTK_WINDOW(window));
    kit_close_feed(&feed);
    kit_end(&mirror);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    /* Hundreds of commits: in memory they take no time, on a busy disk a minute. */
    if (g_access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    g_test_add_func("/directory/lists", test_lists_grow_and_are_searched);
    g_test_add_func("/directory/details", test_details_show_names_as_they_are_and_lead_on);
    g_test_add_func("/directory/deleted", test_deleted_one_keeps_its_history);
    g_test_add_func("/directory/long-name", test_long_directory_name_widens_nothing);
    return g_test_run();
}
