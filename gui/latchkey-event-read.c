/* What a thread needs goes with it. */
#include "latchkey-event-read.h"

typedef struct Request {
    LatchkeyEventFilter *filter;
    char *after; /* NULL: from the newest */
    guint limit;
} Request;

static void request_free(gpointer data)
{
    Request *request = data;

    latchkey_event_filter_free(request->filter);
    g_free(request->after);
    g_free(request);
}

static void page_free(gpointer data)
{
    lk_mirror_event_page_free(data);
}

static gpointer read_page(lk_mirror *mirror, gpointer data, lk_error *err)
{
    Request *request = data;
    lk_mirror_event_query query = latchkey_event_filter_query(request->filter, LK_NEWEST_FIRST,
                                                              request->after, request->limit);
    lk_mirror_event_page *page = NULL;
    lk_error problem = LK_ERROR_INIT;
    lk_status status = lk_mirror_list_events(mirror, &query, &page, &problem);

    if (status == LK_ERR_NOT_FOUND) {
        /* Events are forgotten oldest first: with that one, all behind it. */
        query.after = NULL;
        query.since_ms = 0;
        query.until_ms = 1;
        status = lk_mirror_list_events(mirror, &query, &page, &problem);
    }
    if (status != LK_OK)
        *err = problem;
    return page;
}

static gpointer read_count(lk_mirror *mirror, gpointer data, lk_error *err)
{
    Request *request = data;
    lk_mirror_event_query query =
        latchkey_event_filter_query(request->filter, LK_NEWEST_FIRST, NULL, 0);
    gint64 *count = g_new0(gint64, 1);

    if (lk_mirror_count_events(mirror, &query, count, err) == LK_OK)
        return count;
    g_free(count);
    return NULL;
}

static Request *request_new(const LatchkeyEventFilter *filter, const char *after, guint limit)
{
    Request *request = g_new0(Request, 1);

    request->filter = latchkey_event_filter_copy(filter);
    request->after = g_strdup(after);
    request->limit = limit;
    return request;
}

void latchkey_event_read_page_async(LatchkeyStore *store, const LatchkeyEventFilter *filter,
                                    const char *after, guint limit, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer data)
{
    latchkey_store_read_async(store, read_page, request_new(filter, after, limit), request_free,
                              page_free, cancellable, callback, data);
}

void latchkey_event_read_count_async(LatchkeyStore *store, const LatchkeyEventFilter *filter,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer data)
{
    latchkey_store_read_async(store, read_count, request_new(filter, NULL, 0), request_free, g_free,
                              cancellable, callback, data);
}
