/* The rows of a page are put together and written by one job on the store's thread; the main loop
 * asks for the next. So a million events hold up nothing, and stop within a page. */
#include "latchkey-export.h"

#include "latchkey-changes.h"
#include "latchkey-error.h"
#include "latchkey-event.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 500 };

typedef struct Export {
    LatchkeyStore *store;
    LatchkeyEventFilter *filter;
    char *path;
    char *partial_path;
    FILE *file; /* open until the last page is written; the thread's alone while a page is */
    LatchkeyExportFormat format;
    GHashTable *names; /* of directories by id; "" for none */
    char *after;       /* the last event written; NULL: none */
    gint64 n_events;
    LatchkeyExportProgress *progress;
    gpointer progress_data;
} Export;

static void export_free(gpointer data)
{
    Export *export = data;

    if (export->file != NULL) {
        (void)fclose(export->file); /* given up: whether all of it arrived does not matter */
        (void)g_unlink(export->partial_path);
    }
    g_object_unref(export->store);
    latchkey_event_filter_free(export->filter);
    g_hash_table_unref(export->names);
    g_free(export->path);
    g_free(export->partial_path);
    g_free(export->after);
    g_free(export);
}

LatchkeyExportFormat latchkey_export_format_of(const char *path)
{
    if (g_str_has_suffix(path, ".csv"))
        return LATCHKEY_EXPORT_CSV;
    if (g_str_has_suffix(path, ".ndjson") || g_str_has_suffix(path, ".jsonl"))
        return LATCHKEY_EXPORT_NDJSON;
    return LATCHKEY_EXPORT_JSON;
}

/* ---- CSV ---- */

static const char *const columns[] = {
    "created_at", "type",    "person",   "group",        "directory", "organization_id",
    "changes",    "user_id", "group_id", "directory_id", "event_id",
};

void latchkey_export_add_cell(GString *out, const char *text)
{
    if (text == NULL)
        return;
    /* A spreadsheet runs what begins like a formula, and names come from outside. */
    gboolean is_formula = text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL;

    g_string_append_c(out, '"');
    if (is_formula)
        g_string_append_c(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

static void add_line(GString *out, const char *const *cells)
{
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (i > 0)
            g_string_append_c(out, ',');
        latchkey_export_add_cell(out, cells[i]);
    }
    g_string_append(out, "\r\n");
}

static char *changes_text(LatchkeyEvent *event)
{
    gsize len = 0;
    const char *json = latchkey_event_get_json(event, &len);
    g_autoptr(GPtrArray) changes = latchkey_changes_read(json, len);
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < changes->len; i++) {
        const LatchkeyChange *change = g_ptr_array_index(changes, i);
        g_string_append_printf(text, "%s%s: %s → %s", i > 0 ? "; " : "", change->field,
                               change->before != NULL ? change->before : "",
                               change->after != NULL ? change->after : "");
    }
    return g_string_free(text, FALSE);
}

static char *iso_time(gint64 ms)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(ms / 1000);
    g_autofree char *seconds = time != NULL ? g_date_time_format(time, "%Y-%m-%dT%H:%M:%S") : NULL;

    return seconds != NULL ? g_strdup_printf("%s.%03dZ", seconds, (int)(ms % 1000)) : g_strdup("");
}

static const char *directory_name(Export *export, lk_mirror *mirror, const char *id)
{
    if (id == NULL)
        return NULL;
    const char *name = g_hash_table_lookup(export->names, id);
    if (name == NULL) {
        lk_auto(lk_directory) directory = NULL;
        gboolean is_known = lk_mirror_get_directory(mirror, id, &directory, NULL) == LK_OK &&
                            directory->name != NULL;
        g_hash_table_insert(export->names, g_strdup(id), g_strdup(is_known ? directory->name : ""));
        name = g_hash_table_lookup(export->names, id);
    }
    return name[0] != '\0' ? name : NULL;
}

static void add_columns(Export *export, lk_mirror *mirror, GString *out, const lk_mirror_event *row)
{
    g_autoptr(LatchkeyEvent) event =
        latchkey_event_new(row, directory_name(export, mirror, row->directory_id));
    g_autofree char *time = iso_time(row->created_at_ms);
    g_autofree char *changes = changes_text(event);
    const char *const cells[] = {
        time,
        latchkey_event_get_type_name(event),
        latchkey_event_get_full_user_name(event),
        latchkey_event_get_group_name(event),
        latchkey_event_get_place(event),
        row->organization_id,
        changes,
        latchkey_event_get_user_id(event),
        latchkey_event_get_group_id(event),
        row->directory_id,
        row->id,
    };

    G_STATIC_ASSERT(G_N_ELEMENTS(cells) == G_N_ELEMENTS(columns));
    add_line(out, cells);
}

/* ---- JSON ---- */

/* A line feed between tokens is a blank; within a text there is none. */
static void add_json(Export *export, GString *out, const lk_mirror_event *row, gboolean is_first)
{
    gsize begin = 0;

    if (export->format == LATCHKEY_EXPORT_JSON && !is_first)
        g_string_append(out, ",\n");
    begin = out->len;
    g_string_append_len(out, row->json, (gssize)row->json_len);
    if (export->format != LATCHKEY_EXPORT_NDJSON)
        return;
    for (gsize i = begin; i < out->len; i++)
        if (out->str[i] == '\n' || out->str[i] == '\r')
            out->str[i] = ' ';
    g_string_append_c(out, '\n');
}

/* ---- Pages, on a thread ---- */

static lk_status write_failed(const Export *export, lk_error *err)
{
    lk_error failure = { .status = LK_ERR_STORE };

    g_snprintf(failure.message, sizeof(failure.message), "could not write %s: %s", export->path,
               g_strerror(errno));
    *err = failure;
    return LK_ERR_STORE;
}

static lk_status open_file(Export *export, lk_error *err)
{
    int file = g_mkstemp_full(export->partial_path, O_WRONLY | O_CLOEXEC, 0600);

    if (file < 0)
        return write_failed(export, err);
    export->file = fdopen(file, "w");
    if (export->file != NULL)
        return LK_OK;
    lk_status status = write_failed(export, err);
    (void)close(file);
    (void)g_unlink(export->partial_path);
    return status;
}

static lk_status close_file(Export *export, lk_error *err)
{
    FILE *file = export->file;
    gboolean is_written = fflush(file) == 0 && fsync(fileno(file)) == 0;

    export->file = NULL;
    if (is_written && fclose(file) == 0 && g_rename(export->partial_path, export->path) == 0)
        return LK_OK;
    lk_status status = write_failed(export, err);
    (void)g_unlink(export->partial_path);
    if (!is_written)
        (void)fclose(file);
    return status;
}

static void add_page(Export *export, lk_mirror *mirror, GString *out,
                     const lk_mirror_event_page *page)
{
    gboolean is_first = export->n_events == 0;

    if (is_first && export->format == LATCHKEY_EXPORT_CSV)
        add_line(out, columns);
    if (is_first && export->format == LATCHKEY_EXPORT_JSON)
        g_string_append(out, "[\n");
    for (size_t i = 0; i < page->count; i++) {
        if (export->format == LATCHKEY_EXPORT_CSV)
            add_columns(export, mirror, out, page->items[i]);
        else
            add_json(export, out, page->items[i], is_first && i == 0);
    }
    if (page->count < PAGE && export->format == LATCHKEY_EXPORT_JSON)
        g_string_append(out, "\n]\n");
}

/* TRUE: there are more. */
static lk_status write_page(Export *export, lk_mirror *mirror, gboolean *has_more, lk_error *err)
{
    lk_mirror_event_query query =
        latchkey_event_filter_query(export->filter, LK_NEWEST_FIRST, export->after, PAGE);
    lk_auto(lk_mirror_event_page) page = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    lk_status status = export->file == NULL ? open_file(export, err) : LK_OK;

    if (status == LK_OK)
        status = lk_mirror_list_events(mirror, &query, &page, err);
    if (status != LK_OK)
        return status;
    add_page(export, mirror, out, page);
    if (fwrite(out->str, 1, out->len, export->file) != out->len)
        return write_failed(export, err);
    export->n_events += (gint64)page->count;
    *has_more = page->count == PAGE;
    if (!*has_more)
        return close_file(export, err);
    g_free(export->after);
    export->after = g_strdup(page->items[page->count - 1]->id);
    return LK_OK;
}

static gpointer write_on_thread(lk_mirror *mirror, gpointer data, lk_error *err)
{
    gboolean *has_more = g_new0(gboolean, 1);

    if (write_page(data, mirror, has_more, err) == LK_OK)
        return has_more;
    g_free(has_more);
    return NULL;
}

/* ---- On the main thread ---- */

static void on_written(GObject *source, GAsyncResult *result, gpointer data);

static void write_next(GTask *task)
{
    Export *export = g_task_get_task_data(task);

    latchkey_store_read_async(export->store, write_on_thread, export, NULL, g_free,
                              g_task_get_cancellable(task), on_written, g_object_ref(task));
}

static void on_written(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GTask) task = data;
    Export *export = g_task_get_task_data(task);
    GError *error = NULL;
    g_autofree gboolean *has_more = latchkey_store_read_finish(result, &error);

    if (has_more == NULL) {
        g_task_return_error(task, error);
        return;
    }
    if (export->progress != NULL)
        export->progress(export->n_events, export->progress_data);
    if (*has_more)
        write_next(task);
    else
        g_task_return_int(task, export->n_events);
}

void latchkey_export_async(LatchkeyStore *store, const LatchkeyEventFilter *filter,
                           const char *path, LatchkeyExportProgress *progress,
                           gpointer progress_data, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(store, cancellable, callback, user_data);
    Export *export = g_new0(Export, 1);

    export->store = g_object_ref(store);
    export->filter = latchkey_event_filter_copy(filter);
    export->path = g_strdup(path);
    export->partial_path = g_strconcat(path, ".XXXXXX", NULL);
    export->format = latchkey_export_format_of(path);
    export->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    export->progress = progress;
    export->progress_data = progress_data;
    g_task_set_task_data(task, export, export_free);
    write_next(task);
}

gint64 latchkey_export_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_int(G_TASK(result), error);
}
