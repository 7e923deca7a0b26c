/* Directories are orders of magnitude smaller than their history: what has been read stays. */
#include "latchkey-record-list.h"

enum { PAGE = 200, NEAR_END = 100 };

struct _LatchkeyRecordList {
    GObject parent_instance;
    LatchkeyStore *store;
    LatchkeyRecordFilter filter;
    GPtrArray *records; /* of LatchkeyRecord */
    GCancellable *cancellable;
    gboolean is_loading;
    gboolean is_complete;
};

static void list_model_init(GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LatchkeyRecordList, latchkey_record_list, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

/* ---- On a thread ---- */

static GPtrArray *read_people(lk_mirror *mirror, const lk_mirror_query *query, lk_error *err)
{
    lk_auto(lk_directory_user_page) page = NULL;

    if (lk_mirror_list_users(mirror, query, &page, err) != LK_OK)
        return NULL;
    GPtrArray *records = g_ptr_array_new_with_free_func(g_object_unref);
    for (size_t i = 0; i < page->count; i++)
        g_ptr_array_add(records, latchkey_record_new_person(page->items[i]));
    return records;
}

static GPtrArray *read_groups(lk_mirror *mirror, const lk_mirror_query *query, lk_error *err)
{
    lk_auto(lk_directory_group_page) page = NULL;

    if (lk_mirror_list_groups(mirror, query, &page, err) != LK_OK)
        return NULL;
    GPtrArray *records = g_ptr_array_new_with_free_func(g_object_unref);
    for (size_t i = 0; i < page->count; i++)
        g_ptr_array_add(records, latchkey_record_new_group(page->items[i]));
    return records;
}

GPtrArray *latchkey_records_read(lk_mirror *mirror, LatchkeyRecordKind kind,
                                 const lk_mirror_query *query, lk_error *err)
{
    return kind == LATCHKEY_RECORD_PERSON ? read_people(mirror, query, err)
                                          : read_groups(mirror, query, err);
}

typedef struct Request {
    LatchkeyRecordFilter filter;
    char *after;
} Request;

static void request_free(gpointer data)
{
    Request *request = data;

    g_free(request->filter.directory_id);
    g_free(request->filter.text);
    g_free(request->after);
    g_free(request);
}

static gpointer read_page(lk_mirror *mirror, gpointer data, lk_error *err)
{
    Request *request = data;

    return latchkey_records_read(mirror, request->filter.kind,
                                 LK_MIRROR_QUERY(.directory_id = request->filter.directory_id,
                                                 .text = request->filter.text,
                                                 .after = request->after, .limit = PAGE),
                                 err);
}

static void records_free(gpointer records)
{
    g_ptr_array_unref(records);
}

/* ---- On the main thread ---- */

static void on_page(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRecordList) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) records = latchkey_store_read_finish(result, &error);
    guint n = self->records->len;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    self->is_loading = FALSE;
    if (records != NULL) {
        guint added = records->len;
        self->is_complete = added < PAGE;
        g_ptr_array_extend_and_steal(self->records, g_steal_pointer(&records));
        g_list_model_items_changed(G_LIST_MODEL(self), n, 0, added);
    } else {
        g_warning("directory: %s", error->message);
    }
    g_signal_emit_by_name(self, "loaded");
}

static void extend(LatchkeyRecordList *self)
{
    if (self->is_loading || self->is_complete)
        return;
    guint n = self->records->len;
    Request *request = g_new0(Request, 1);
    request->filter.kind = self->filter.kind;
    request->filter.directory_id = g_strdup(self->filter.directory_id);
    request->filter.text = g_strdup(self->filter.text);
    if (n > 0)
        request->after = g_strdup(latchkey_record_get_id(g_ptr_array_index(self->records, n - 1)));
    self->is_loading = TRUE;
    latchkey_store_read_async(self->store, read_page, request, request_free, records_free,
                              self->cancellable, on_page, g_object_ref(self));
}

static GType get_item_type(GListModel *model)
{
    (void)model;
    return LATCHKEY_TYPE_RECORD;
}

static guint get_n_items(GListModel *model)
{
    return LATCHKEY_RECORD_LIST(model)->records->len;
}

static gpointer get_item(GListModel *model, guint position)
{
    LatchkeyRecordList *self = LATCHKEY_RECORD_LIST(model);

    if (position >= self->records->len)
        return NULL;
    if (position + NEAR_END >= self->records->len)
        extend(self);
    return g_object_ref(g_ptr_array_index(self->records, position));
}

static void list_model_init(GListModelInterface *iface)
{
    iface->get_item_type = get_item_type;
    iface->get_n_items = get_n_items;
    iface->get_item = get_item;
}

static void latchkey_record_list_dispose(GObject *object)
{
    g_cancellable_cancel(LATCHKEY_RECORD_LIST(object)->cancellable);
    G_OBJECT_CLASS(latchkey_record_list_parent_class)->dispose(object);
}

static void latchkey_record_list_finalize(GObject *object)
{
    LatchkeyRecordList *self = LATCHKEY_RECORD_LIST(object);

    g_ptr_array_unref(self->records);
    g_object_unref(self->cancellable);
    g_object_unref(self->store);
    g_free(self->filter.directory_id);
    g_free(self->filter.text);
    G_OBJECT_CLASS(latchkey_record_list_parent_class)->finalize(object);
}

static void latchkey_record_list_class_init(LatchkeyRecordListClass *class)
{
    G_OBJECT_CLASS(class)->dispose = latchkey_record_list_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_record_list_finalize;
    g_signal_new("loaded", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_record_list_init(LatchkeyRecordList *self)
{
    self->records = g_ptr_array_new_with_free_func(g_object_unref);
    self->cancellable = g_cancellable_new();
}

LatchkeyRecordList *latchkey_record_list_new(LatchkeyStore *store,
                                             const LatchkeyRecordFilter *filter)
{
    LatchkeyRecordList *self = g_object_new(LATCHKEY_TYPE_RECORD_LIST, NULL);

    self->store = g_object_ref(store);
    self->filter.kind = filter->kind;
    self->filter.directory_id = g_strdup(filter->directory_id);
    self->filter.text = g_strdup(filter->text);
    extend(self);
    return self;
}

gboolean latchkey_record_list_is_loading(LatchkeyRecordList *self)
{
    return self->is_loading;
}

gboolean latchkey_record_list_is_complete(LatchkeyRecordList *self)
{
    return self->is_complete;
}
