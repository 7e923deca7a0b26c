/* Follows the order of arrival, as a late event is news, too. The id of the last one that was
 * looked at is kept per store; where the store does not know it any more, all counts as read. */
#include "latchkey-news.h"

#include "latchkey-error.h"

#include <string.h>

enum { MAX_PAGE = 500, MAX_UNREAD = 5000 };

struct _LatchkeyNews {
    GObject parent_instance;
    LatchkeyFeed *feed;
    GSettings *settings; /* NULL: nothing is remembered */
    char *location;      /* of the store that is followed; NULL: none yet */
    char *last_id;       /* the last arrival seen here; NULL: where to begin is not known */
    GHashTable *unread;
    GCancellable *cancellable;
    gboolean is_reading;
    gboolean is_stale; /* something arrived meanwhile */
};

G_DEFINE_FINAL_TYPE(LatchkeyNews, latchkey_news, G_TYPE_OBJECT)

/* ---- What is remembered ---- */

static char *remembered_id(LatchkeyNews *self)
{
    g_autoptr(GVariant) all =
        self->settings != NULL ? g_settings_get_value(self->settings, "last-seen") : NULL;
    char *id = NULL;

    if (all != NULL && g_variant_lookup(all, self->location, "s", &id))
        return id;
    return NULL;
}

static void remember(LatchkeyNews *self)
{
    if (self->settings == NULL || self->last_id == NULL)
        return;
    g_autoptr(GVariant) all = g_settings_get_value(self->settings, "last-seen");
    GVariantBuilder builder;
    GVariantIter iter;
    const char *location = NULL;
    const char *id = NULL;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
    g_variant_iter_init(&iter, all);
    while (g_variant_iter_next(&iter, "{&s&s}", &location, &id))
        if (!g_str_equal(location, self->location))
            g_variant_builder_add(&builder, "{ss}", location, id);
    g_variant_builder_add(&builder, "{ss}", self->location, self->last_id);
    g_settings_set_value(self->settings, "last-seen", g_variant_builder_end(&builder));
}

/* ---- On a thread ---- */

typedef struct Found {
    GPtrArray *events; /* of LatchkeyEvent */
    char *last_id;     /* NULL: the store is empty */
    gboolean has_more;
} Found;

static void found_free(gpointer data)
{
    Found *found = data;

    g_ptr_array_unref(found->events);
    g_free(found->last_id);
    g_free(found);
}

static LatchkeyEvent *read_event(lk_mirror *mirror, const lk_mirror_event *row)
{
    lk_auto(lk_directory) directory = NULL;

    /* One that is not there any more has no name. */
    if (row->directory_id != NULL)
        (void)(lk_mirror_get_directory(mirror, row->directory_id, &directory, NULL) == LK_OK);
    return latchkey_event_new(row, directory != NULL ? directory->name : NULL);
}

/* after NULL: nothing is news, only where to begin. */
static lk_status read_page(lk_mirror *mirror, const char *after, Found *found, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_status status = lk_mirror_list_events(
        mirror,
        LK_MIRROR_EVENT_QUERY(.order = after != NULL ? LK_ARRIVAL : LK_LATEST_ARRIVAL,
                              .after = after, .type = "dsync.",
                              .limit = after != NULL ? MAX_PAGE : 1),
        &page, err);

    if (status != LK_OK)
        return status;
    if (page->count > 0)
        found->last_id = g_strdup(page->items[page->count - 1]->id);
    for (size_t i = 0; after != NULL && i < page->count; i++)
        g_ptr_array_add(found->events, read_event(mirror, page->items[i]));
    found->has_more = page->count == MAX_PAGE;
    return LK_OK;
}

static gpointer read_on_thread(lk_mirror *mirror, gpointer data, lk_error *err)
{
    Found *found = g_new0(Found, 1);
    lk_error first = LK_ERROR_INIT;

    found->events = g_ptr_array_new_with_free_func(g_object_unref);
    lk_status status = read_page(mirror, data, found, &first);
    if (status == LK_ERR_NOT_FOUND) /* another store, or one that was begun anew */
        status = read_page(mirror, NULL, found, err);
    else if (status != LK_OK)
        *err = first;
    if (status == LK_OK)
        return found;
    found_free(found);
    return NULL;
}

/* ---- On the main thread ---- */

static void read_next(LatchkeyNews *self);

static void take(LatchkeyNews *self, const Found *found)
{
    for (guint i = 0; i < found->events->len; i++) {
        LatchkeyEvent *event = g_ptr_array_index(found->events, i);
        if (g_hash_table_size(self->unread) < MAX_UNREAD)
            g_hash_table_add(self->unread, g_strdup(latchkey_event_get_id(event)));
    }
    if (found->last_id != NULL) {
        gboolean is_begin = self->last_id == NULL;
        g_free(self->last_id);
        self->last_id = g_strdup(found->last_id);
        if (is_begin)
            remember(self);
    }
    if (found->events->len == 0)
        return;
    g_signal_emit_by_name(self, "arrived", found->events);
    g_signal_emit_by_name(self, "changed");
}

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyNews) self = data;
    g_autoptr(GError) error = NULL;
    Found *found = latchkey_store_read_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    self->is_reading = FALSE;
    if (found != NULL) {
        self->is_stale = self->is_stale || found->has_more;
        take(self, found);
        found_free(found);
    }
    if (self->is_stale)
        read_next(self);
}

static void read_next(LatchkeyNews *self)
{
    self->is_stale = self->is_reading;
    if (self->is_reading)
        return;
    self->is_reading = TRUE;
    latchkey_store_read_async(latchkey_feed_get_store(self->feed), read_on_thread,
                              g_strdup(self->last_id), g_free, found_free, self->cancellable,
                              on_read, g_object_ref(self));
}

static void on_feed_changed(LatchkeyNews *self)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);

    if (store == NULL)
        return;
    if (self->location == NULL) {
        self->location = g_strdup(latchkey_store_get_location(store));
        self->last_id = remembered_id(self);
    }
    if (self->last_id != NULL || latchkey_feed_get_state(self->feed) == LATCHKEY_FEED_CURRENT)
        read_next(self);
}

static void latchkey_news_dispose(GObject *object)
{
    LatchkeyNews *self = LATCHKEY_NEWS(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->feed);
    g_clear_object(&self->settings);
    G_OBJECT_CLASS(latchkey_news_parent_class)->dispose(object);
}

static void latchkey_news_finalize(GObject *object)
{
    LatchkeyNews *self = LATCHKEY_NEWS(object);

    g_free(self->location);
    g_free(self->last_id);
    g_hash_table_unref(self->unread);
    g_object_unref(self->cancellable);
    G_OBJECT_CLASS(latchkey_news_parent_class)->finalize(object);
}

static void latchkey_news_class_init(LatchkeyNewsClass *class)
{
    GType type = G_TYPE_FROM_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_news_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_news_finalize;
    g_signal_new("arrived", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 G_TYPE_PTR_ARRAY);
    g_signal_new("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void latchkey_news_init(LatchkeyNews *self)
{
    self->unread = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->cancellable = g_cancellable_new();
}

LatchkeyNews *latchkey_news_new(LatchkeyFeed *feed, GSettings *settings)
{
    LatchkeyNews *self = g_object_new(LATCHKEY_TYPE_NEWS, NULL);

    self->feed = g_object_ref(feed);
    self->settings = settings != NULL ? g_object_ref(settings) : NULL;
    g_signal_connect_object(feed, "changed", G_CALLBACK(on_feed_changed), self, G_CONNECT_SWAPPED);
    on_feed_changed(self);
    return self;
}

guint latchkey_news_get_n_unread(LatchkeyNews *self)
{
    return g_hash_table_size(self->unread);
}

gboolean latchkey_news_is_unread(LatchkeyNews *self, const char *event_id)
{
    return g_hash_table_contains(self->unread, event_id);
}

void latchkey_news_mark_read(LatchkeyNews *self)
{
    if (self->location == NULL || g_hash_table_size(self->unread) == 0)
        return;
    g_hash_table_remove_all(self->unread);
    remember(self);
    g_signal_emit_by_name(self, "changed");
}
