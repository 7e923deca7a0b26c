/* Files of events: what is in them, and that they are whole or not there. */
#include <adwaita.h>
#include <cjson/cJSON.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "gui-kit.h"
#include "latchkey-export-bar.h"
#include "latchkey-export.h"
#include "mirror-kit.h"

/* ---- Cells ---- */

static const struct {
    const char *text;
    const char *cell;
} cells[] = {
    { "Ada", "\"Ada\"" },
    { "a,b", "\"a,b\"" },
    { "say \"hi\"", "\"say \"\"hi\"\"\"" },
    { "two\r\nlines", "\"two\r\nlines\"" },
    { "", "\"\"" },
    { NULL, "" },
    /* what a spreadsheet would run */
    { "=HYPERLINK(\"http://evil.example\",\"x\")",
      "\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"" },
    { "+49 30 1", "\"'+49 30 1\"" },
    { "-1", "\"'-1\"" },
    { "@SUM(A1)", "\"'@SUM(A1)\"" },
    { "\t=1", "\"'\t=1\"" },
    { "\r=1", "\"'\r=1\"" },
    { "a=1", "\"a=1\"" }, /* no formula */
};

static void test_cells_are_quoted_and_never_formulas(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cells); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        latchkey_export_add_cell(out, cells[i].text);
        g_assert_cmpstr(out->str, ==, cells[i].cell);
    }
}

static void test_format_goes_by_name(void)
{
    g_assert_cmpint(latchkey_export_format_of("/tmp/a.csv"), ==, LATCHKEY_EXPORT_CSV);
    g_assert_cmpint(latchkey_export_format_of("/tmp/a.csv/b"), ==, LATCHKEY_EXPORT_JSON);
    g_assert_cmpint(latchkey_export_format_of("a.ndjson"), ==, LATCHKEY_EXPORT_NDJSON);
    g_assert_cmpint(latchkey_export_format_of("a.jsonl"), ==, LATCHKEY_EXPORT_NDJSON);
    g_assert_cmpint(latchkey_export_format_of("a.json"), ==, LATCHKEY_EXPORT_JSON);
}

/* ---- Files ---- */

typedef struct setting {
    kit mirror;
    LatchkeyStore *store;
    char *folder;
    char *path;
    gint64 n; /* -1: it failed */
    GError *error;
    gboolean is_done;
    gint64 n_told;
    GCancellable *cancellable;
    gint64 cancel_at; /* as soon as so many are told; 0: never */
} setting;

static void begin(setting *s, const char *name)
{
    lk_mirror *reader = NULL;
    lk_error err = LK_ERROR_INIT;

    *s = (setting){ .cancellable = g_cancellable_new() };
    kit_begin(&s->mirror);
    kit_open(&s->mirror);
    if (lk_mirror_open(s->mirror.store, &reader, &err) != LK_OK)
        g_error("%s", err.message);
    s->store = latchkey_store_new(s->mirror.store, reader);
    s->folder = g_dir_make_tmp("latchkey-export-XXXXXX", NULL);
    s->path = g_build_filename(s->folder, name, NULL);
}

/* Nothing but the file may be left in the folder. */
static void end(setting *s)
{
    (void)g_unlink(s->path);
    g_assert_cmpint(g_rmdir(s->folder), ==, 0);
    g_clear_error(&s->error);
    g_object_unref(s->cancellable);
    g_object_unref(s->store);
    kit_end(&s->mirror);
    g_free(s->folder);
    g_free(s->path);
}

static void add(setting *s, int n, const char *type, const char *last_name)
{
    g_autofree char *id = g_strdup_printf("event_%05d", n);
    kit_event event;

    kit_make(&event, id, type, NOON + n,
             "{\"object\":\"directory_user\",\"id\":\"directory_user_01\",\"directory_id\":"
             "\"directory_01\",\"organization_id\":\"org_01\",\n\"first_name\":\"Ada\","
             "\"last_name\":\"%s\",\"previous_attributes\":{\"last_name\":\"Byron\"}}",
             last_name);
    kit_apply(&s->mirror, &event);
}

static void on_progress(gint64 n_events, gpointer data)
{
    setting *s = data;

    s->n_told = n_events;
    if (s->cancel_at != 0 && n_events >= s->cancel_at)
        g_cancellable_cancel(s->cancellable);
}

static void on_exported(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    setting *s = data;

    s->n = latchkey_export_finish(result, &s->error);
    s->is_done = TRUE;
}

static void export_all(setting *s, const LatchkeyEventFilter *filter)
{
    latchkey_export_async(s->store, filter, s->path, on_progress, s, s->cancellable, on_exported,
                          s);
    wait_until(s->is_done);
    settle();
}

static char *content(setting *s)
{
    char *text = NULL;
    GStatBuf status;

    g_assert_true(g_file_get_contents(s->path, &text, NULL, NULL));
    g_assert_cmpint(g_stat(s->path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600); /* personal data */
    return text;
}

static void test_csv_holds_the_events_newest_first(void)
{
    setting s;

    begin(&s, "events.csv");
    add(&s, 1, "dsync.user.created", "=cmd|' /C calc'!A0");
    add(&s, 2, "dsync.user.updated", "Love\\\"lace, \\u4e16");
    add(&s, 3, "user.created", "other family");
    export_all(&s, NULL);
    g_assert_no_error(s.error);
    g_assert_cmpint(s.n, ==, 2);
    g_autofree char *text = content(&s);
    g_assert_cmpstr(
        text, ==,
        "\"created_at\",\"type\",\"person\",\"group\",\"directory\",\"organization_id\","
        "\"changes\",\"user_id\",\"group_id\",\"directory_id\",\"event_id\"\r\n"
        "\"2026-03-02T12:00:00.002Z\",\"dsync.user.updated\",\"Ada Love\"\"lace, \xe4\xb8\x96\",,"
        "\"directory_01\",\"org_01\",\"last_name: Byron → Love\"\"lace, \xe4\xb8\x96\","
        "\"directory_user_01\",,\"directory_01\",\"event_00002\"\r\n"
        "\"2026-03-02T12:00:00.001Z\",\"dsync.user.created\",\"Ada =cmd|' /C calc'!A0\",,"
        "\"directory_01\",\"org_01\",\"last_name: Byron → =cmd|' /C calc'!A0\","
        "\"directory_user_01\",,\"directory_01\",\"event_00001\"\r\n");
    end(&s);
}

/* Over the borders of pages, none twice, none missing. */
static void test_json_is_an_array_of_all(void)
{
    setting s;

    begin(&s, "events.json");
    for (int i = 0; i < 1203; i++)
        add(&s, i, "dsync.user.created", "Lovelace");
    export_all(&s, NULL);
    g_assert_cmpint(s.n, ==, 1203);
    g_assert_cmpint(s.n_told, ==, 1203);
    g_autofree char *text = content(&s);
    cJSON *array = cJSON_Parse(text);
    g_assert_true(cJSON_IsArray(array));
    int n = 1203;
    const cJSON *event = NULL;
    cJSON_ArrayForEach(event, array)
    {
        g_autofree char *id = g_strdup_printf("event_%05d", --n);
        g_assert_cmpstr(cJSON_GetStringValue(cJSON_GetObjectItem(event, "id")), ==, id);
    }
    g_assert_cmpint(n, ==, 0);
    cJSON_Delete(array);
    end(&s);
}

static void test_ndjson_is_one_event_a_line(void)
{
    const LatchkeyEventFilter filter = { .type = (char[]){ "dsync.user.deleted" } };
    setting s;

    begin(&s, "events.ndjson");
    add(&s, 1, "dsync.user.created", "Lovelace");
    add(&s, 2, "dsync.user.deleted", "Lovelace");
    add(&s, 3, "dsync.user.deleted", "Lovelace");
    export_all(&s, &filter);
    g_assert_cmpint(s.n, ==, 2);
    g_autofree char *text = content(&s);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 3);
    g_assert_cmpstr(lines[2], ==, "");
    for (int i = 0; i < 2; i++) {
        cJSON *event = cJSON_Parse(lines[i]);
        g_assert_true(cJSON_IsObject(event));
        cJSON_Delete(event);
    }
    end(&s);
}

static void test_nothing_is_a_file_of_nothing(void)
{
    static const char *const names[] = { "a.json", "a.ndjson" };
    static const char *const contents[] = { "[\n\n]\n", "" };

    for (int i = 0; i < 2; i++) {
        setting s;
        begin(&s, names[i]);
        export_all(&s, NULL);
        g_assert_cmpint(s.n, ==, 0);
        g_autofree char *text = content(&s);
        g_assert_cmpstr(text, ==, contents[i]);
        end(&s);
    }
}

static void test_cancelled_export_leaves_the_old_file(void)
{
    setting s;

    begin(&s, "events.json");
    g_assert_true(g_file_set_contents(s.path, "old", -1, NULL));
    for (int i = 0; i < 1203; i++)
        add(&s, i, "dsync.user.created", "Lovelace");
    s.cancel_at = 500;
    export_all(&s, NULL);
    g_assert_error(s.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpint(s.n, ==, -1);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(s.path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "old");
    end(&s); /* finds nothing else in the folder */
}

static void test_folder_that_is_not_there_is_named(void)
{
    setting s;

    begin(&s, "missing/events.json");
    add(&s, 1, "dsync.user.created", "Lovelace");
    export_all(&s, NULL);
    g_assert_nonnull(s.error);
    g_assert_nonnull(strstr(s.error->message, "missing/events.json"));
    g_assert_nonnull(strstr(s.error->message, "No such file"));
    end(&s);
}

/* A full disk shows at the last moment. */
static void test_file_that_cannot_take_its_name_is_removed(void)
{
    setting s;

    begin(&s, "events.json");
    g_assert_cmpint(g_mkdir(s.path, 0700), ==, 0); /* a folder is in its place */
    add(&s, 1, "dsync.user.created", "Lovelace");
    export_all(&s, NULL);
    g_assert_nonnull(s.error);
    g_assert_cmpint(g_rmdir(s.path), ==, 0);
    end(&s);
}

/* ---- The bar ---- */

static void test_bar_shows_progress_and_offers_the_folder(void)
{
    GtkWidget *window = adw_window_new();
    GtkWidget *toasts = adw_toast_overlay_new();
    GtkWidget *bar = g_object_new(LATCHKEY_TYPE_EXPORT_BAR, NULL);
    setting s;

    begin(&s, "<b>&.csv");
    for (int i = 0; i < 600; i++)
        add(&s, i, "dsync.user.created", "Lovelace");
    adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(toasts), bar);
    adw_window_set_content(ADW_WINDOW(window), toasts);
    gtk_window_present(GTK_WINDOW(window));
    settle();
    g_assert_false(gtk_widget_get_visible(bar));
    latchkey_export_bar_start(LATCHKEY_EXPORT_BAR(bar), s.store, NULL, s.path, 600);
    g_assert_true(gtk_widget_get_visible(bar));
    wait_until(!gtk_widget_get_visible(bar));
    wait_until(kit_find_label(window, "600 events in <b>&.csv") != NULL);
    g_assert_nonnull(kit_find_label(window, "Open Folder"));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
    end(&s);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    if (g_access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    g_test_add_func("/export/cells", test_cells_are_quoted_and_never_formulas);
    g_test_add_func("/export/format", test_format_goes_by_name);
    g_test_add_func("/export/csv", test_csv_holds_the_events_newest_first);
    g_test_add_func("/export/json", test_json_is_an_array_of_all);
    g_test_add_func("/export/ndjson", test_ndjson_is_one_event_a_line);
    g_test_add_func("/export/nothing", test_nothing_is_a_file_of_nothing);
    g_test_add_func("/export/cancelled", test_cancelled_export_leaves_the_old_file);
    g_test_add_func("/export/no-folder", test_folder_that_is_not_there_is_named);
    g_test_add_func("/export/no-place", test_file_that_cannot_take_its_name_is_removed);
    g_test_add_func("/export/bar", test_bar_shows_progress_and_offers_the_folder);
    return g_test_run();
}
