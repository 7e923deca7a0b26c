/* Directories are orders of magnitude smaller than their history: what has been read stays. */
#include "latchkey-record-list.h"

enum { PAGE = 200, NEAR_END = 100 };

struct _LatchkeyRecordList {
    GObject parent_instance;
    LatchkeyStore *store;
    LatchkeyRecordFilter filter;
    GPtrArray *records; /* of LatchkeyRecord */
    char *last;         /* id that the next page is behind; NULL: nothing was read yet */
    GCancellable *cancellable;
    gboolean is_loading;
    gboolean is_complete;
};

static void list_model_init(GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LatchkeyRecordList, latchkey_record_list, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

/* ---- On a thread ---- */

static lk_status add_people(lk_mirror *mirror, const lk_mirror_query *query, GPtrArray *records,
                            lk_error *err)
{
    lk_auto(lk_directory_user_page) page = NULL;
    lk_status status = lk_mirror_list_users(mirror, query, &page, err);

    for (size_t i = 0; status == LK_OK && i < page->count; i++)
        g_ptr_array_add(records, latchkey_record_new_person(page->items[i]));
    return status;
}

static lk_status add_groups(lk_mirror *mirror, const lk_mirror_query *query, GPtrArray *records,
                            lk_error *err)
{
    lk_auto(lk_directory_group_page) page = NULL;
    lk_status status = lk_mirror_list_groups(mirror, query, &page, err);

    for (size_t i = 0; status == LK_OK && i < page->count; i++)
        g_ptr_array_add(records, latchkey_record_new_group(page->items[i]));
    return status;
}

GPtrArray *latchkey_records_read(lk_mirror *mirror, LatchkeyRecordKind kind,
                                 const lk_mirror_query *query, lk_error *err)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_object_unref);
    lk_status status = kind == LATCHKEY_RECORD_PERSON ? add_people(mirror, query, records, err)
                                                      : add_groups(mirror, query, records, err);

    if (status != LK_OK && (status != LK_ERR_NOT_FOUND || query->at_ms == 0))
        return NULL;
    return g_steal_pointer(&records);
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

typedef struct Page {
    GPtrArray *records;
    char *last; /* the last id that was looked at */
    gboolean is_end;
} Page;

static void page_free(gpointer data)
{
    Page *page = data;

    g_clear_pointer(&page->records, g_ptr_array_unref);
    g_free(page->last);
    g_free(page);
}

static void keep_matches(GPtrArray *records, const char *text)
{
    guint n = 0;

    while (n < records->len)
        if (latchkey_record_matches(g_ptr_array_index(records, n), text))
            n++;
        else
            g_ptr_array_remove_index(records, n);
}

/* Of a time the mirror searches nothing: it is done here, page by page, so that nobody waits for
 * the whole of a large directory. */
static gpointer read_page(lk_mirror *mirror, gpointer data, lk_error *err)
{
    Request *request = data;
    const LatchkeyRecordFilter *filter = &request->filter;
    gboolean is_searched_here = filter->text != NULL && filter->at_ms != 0;
    GPtrArray *records = latchkey_records_read(
        mirror, filter->kind,
        LK_MIRROR_QUERY(.directory_id = filter->directory_id,
                        .text = is_searched_here ? NULL : filter->text, .at_ms = filter->at_ms,
                        .with_deleted = filter->with_deleted, .after = request->after,
                        .limit = PAGE),
        err);

    if (records == NULL)
        return NULL;
    Page *page = g_new0(Page, 1);
    page->records = records;
    page->is_end = records->len < PAGE;
    if (records->len > 0)
        page->last = g_strdup(latchkey_record_get_id(g_ptr_array_index(records, records->len - 1)));
    if (is_searched_here)
        keep_matches(records, filter->text);
    return page;
}

/* ---- On the main thread ---- */

static void extend(LatchkeyRecordList *self);

static void take_page(LatchkeyRecordList *self, Page *page)
{
    guint n = self->records->len;
    guint added = page->records->len;

    self->is_complete = page->is_end;
    g_free(self->last);
    self->last = g_steal_pointer(&page->last);
    g_ptr_array_extend_and_steal(self->records, g_steal_pointer(&page->records));
    g_list_model_items_changed(G_LIST_MODEL(self), n, 0, added);
    page_free(page);
}

static void on_page(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRecordList) self = data;
    g_autoptr(GError) error = NULL;
    Page *page = latchkey_store_read_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    self->is_loading = FALSE;
    if (page != NULL)
        take_page(self, page);
    else
        g_warning("directory: %s", error->message);
    /* Nobody sees the end of an empty list come near. */
    if (page != NULL && self->records->len == 0)
        extend(self);
    if (!self->is_loading || self->records->len > 0)
        g_signal_emit_by_name(self, "loaded");
}

static void extend(LatchkeyRecordList *self)
{
    if (self->is_loading || self->is_complete)
        return;
    Request *request = g_new0(Request, 1);
    request->filter = self->filter;
    request->filter.directory_id = g_strdup(self->filter.directory_id);
    request->filter.text = g_strdup(self->filter.text);
    request->after = g_strdup(self->last);
    self->is_loading = TRUE;
    latchkey_store_read_async(self->store, read_page, request, request_free, page_free,
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

/* A read holds the list, so that it would not end with it. */
void latchkey_record_list_stop(LatchkeyRecordList *self)
{
    g_cancellable_cancel(self->cancellable);
}

static void latchkey_record_list_dispose(GObject *object)
{
    latchkey_record_list_stop(LATCHKEY_RECORD_LIST(object));
    G_OBJECT_CLASS(latchkey_record_list_parent_class)->dispose(object);
}

static void latchkey_record_list_finalize(GObject *object)
{
    LatchkeyRecordList *self = LATCHKEY_RECORD_LIST(object);

    g_ptr_array_unref(self->records);
    g_object_unref(self->cancellable);
    g_object_unref(self->store);
    g_free(self->last);
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
    self->filter = *filter;
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

guint latchkey_record_list_find(LatchkeyRecordList *self, const char *id)
{
    for (guint i = 0; i < self->records->len; i++)
        if (g_str_equal(latchkey_record_get_id(g_ptr_array_index(self->records, i)), id))
            return i;
    return GTK_INVALID_LIST_POSITION;
}
