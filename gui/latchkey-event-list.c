/* Events in segments. Each segment knows how many rows it has and the key of
 * its last one; its rows are read back with "after the last row of the segment before". What is
 * held per million events is some 8,000 keys and at most MAX_CACHED pages of rows.
 *
 * Events are shown by (created_at, id) but arrive in any order, so new ones are followed by arrival
 * and put where they belong. A page read between two refreshes may already hold an event that the
 * next refresh will report: its id waits in `ahead` and is skipped once.
 *
 * Pages towards the past are read on a thread, since a filter may have to look at a million rows to
 * find the next. While one is on its way no arrival is taken in: each event is then either in the
 * page or in the refresh behind it. */
#include "latchkey-event-list.h"

#include "latchkey-event-read.h"
#include "latchkey-event.h"

#include <string.h>

enum { PAGE = 128, MAX_CACHED = 32, NEAR_END = 2 * PAGE, MAX_ARRIVALS = 1000 };

/* GtkListView makes widgets for up to 200 rows, and for all that arrive at once in one go: a whole
 * page would keep the window from answering for some 50 ms. */
enum { FIRST_PAGE = 24, N_FIRST = 216 };

typedef struct Segment {
    guint start; /* position of its first row */
    guint count;
    gint64 last_at_ms; /* key of its last row */
    char *last_id;
    GPtrArray *rows; /* of LatchkeyEvent; NULL: not in memory */
    guint64 used;
} Segment;

struct _LatchkeyEventList {
    GObject parent_instance;
    LatchkeyStore *store;
    LatchkeyEventFilter *filter;
    GPtrArray *segments;
    GHashTable *ahead;    /* ids that refresh() must skip once */
    gint64 last_sequence; /* of the last arrival seen, whatever its filter */
    char *last_arrival;   /* its id; NULL: none yet */
    guint n_asked;        /* rows that the page on its way was asked for */
    guint n_cached;
    guint64 clock;
    GCancellable *cancellable;
    gint64 n_total;       /* -1: not counted yet */
    gboolean is_loading;  /* a page is on its way */
    gboolean is_stale;    /* a refresh waits for it */
    gboolean is_complete; /* the oldest event is in the model */
    gboolean is_held;
    guint n_held;
};

static void list_model_init(GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LatchkeyEventList, latchkey_event_list, G_TYPE_OBJECT,
                              G_IMPLEMENT_INTERFACE(G_TYPE_LIST_MODEL, list_model_init))

static void segment_free(gpointer data)
{
    Segment *segment = data;

    g_clear_pointer(&segment->rows, g_ptr_array_unref);
    g_free(segment->last_id);
    g_free(segment);
}

static Segment *segment_at(LatchkeyEventList *self, guint index)
{
    return g_ptr_array_index(self->segments, index);
}

static guint n_items(LatchkeyEventList *self)
{
    if (self->segments->len == 0)
        return 0;
    const Segment *last = segment_at(self, self->segments->len - 1);
    return last->start + last->count;
}

static void number_from(LatchkeyEventList *self, guint index)
{
    for (guint i = index; i < self->segments->len; i++) {
        const Segment *before = i > 0 ? segment_at(self, i - 1) : NULL;
        segment_at(self, i)->start = before != NULL ? before->start + before->count : 0;
    }
}

static void set_last(Segment *segment, gint64 at_ms, const char *id)
{
    char *copy = g_strdup(id);

    g_free(segment->last_id);
    segment->last_id = copy;
    segment->last_at_ms = at_ms;
}

/* < 0: the first is newer and stands before the second. */
static int compare_keys(gint64 a_ms, const char *a_id, gint64 b_ms, const char *b_id)
{
    if (a_ms != b_ms)
        return a_ms > b_ms ? -1 : 1;
    return strcmp(b_id, a_id);
}

/* ---- Reading ---- */

static LatchkeyEvent *new_event(LatchkeyEventList *self, const lk_mirror_event *row)
{
    return latchkey_event_new(row,
                              latchkey_store_get_directory_name(self->store, row->directory_id));
}

static lk_mirror_event_page *read_page(LatchkeyEventList *self, const lk_mirror_event_query *query)
{
    lk_mirror_event_page *page = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_list_events(latchkey_store_get_mirror(self->store), query, &page, &err) == LK_OK)
        return page;
    if (err.status != LK_ERR_NOT_FOUND) /* else it was forgotten meanwhile */
        g_warning("events: %s", err.message);
    return NULL;
}

static void drop_coldest(LatchkeyEventList *self, const Segment *keep)
{
    Segment *coldest = NULL;

    for (guint i = 1; i < self->segments->len; i++) {
        Segment *segment = segment_at(self, i);
        if (segment->rows != NULL && segment != keep &&
            (coldest == NULL || segment->used < coldest->used))
            coldest = segment;
    }
    if (coldest == NULL)
        return;
    g_clear_pointer(&coldest->rows, g_ptr_array_unref);
    self->n_cached--;
}

static void set_rows(LatchkeyEventList *self, Segment *segment, GPtrArray *rows)
{
    segment->rows = rows;
    segment->used = ++self->clock;
    if (++self->n_cached > MAX_CACHED)
        drop_coldest(self, segment);
}

static GPtrArray *rows_of(LatchkeyEventList *self, guint index)
{
    Segment *segment = segment_at(self, index);
    const char *after = index > 0 ? segment_at(self, index - 1)->last_id : NULL;

    segment->used = ++self->clock;
    if (segment->rows != NULL)
        return segment->rows;
    lk_mirror_event_query query =
        latchkey_event_filter_query(self->filter, LK_NEWEST_FIRST, after, segment->count);
    lk_auto(lk_mirror_event_page) page = read_page(self, &query);
    GPtrArray *rows = g_ptr_array_new_full(segment->count, g_object_unref);
    for (guint i = 0; i < segment->count; i++)
        g_ptr_array_add(rows, page != NULL && i < page->count ? new_event(self, page->items[i])
                                                              : latchkey_event_new_missing());
    set_rows(self, segment, rows);
    return rows;
}

/* ---- Growing towards the past ---- */

static void on_counted(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyEventList) self = data;
    g_autofree gint64 *count = latchkey_store_read_finish(result, NULL);

    if (count == NULL)
        return;
    self->n_total = *count;
    g_signal_emit_by_name(self, "loaded");
}

/* Once the oldest event is here, the model knows by itself. */
static void count_again(LatchkeyEventList *self)
{
    if (!self->is_complete)
        latchkey_event_read_count_async(self->store, self->filter, self->cancellable, on_counted,
                                        g_object_ref(self));
}

static void append(LatchkeyEventList *self, const lk_mirror_event_page *page)
{
    guint n = self->segments->len;

    self->is_complete = page->count < self->n_asked;
    if (page->count == 0)
        return;
    Segment *segment = g_new0(Segment, 1);
    GPtrArray *rows = g_ptr_array_new_full((guint)page->count, g_object_unref);
    for (size_t i = 0; i < page->count; i++) {
        const lk_mirror_event *row = page->items[i];
        g_ptr_array_add(rows, new_event(self, row));
        if (row->sequence > self->last_sequence)
            g_hash_table_add(self->ahead, g_strdup(row->id));
    }
    const lk_mirror_event *last = page->items[page->count - 1];
    set_last(segment, last->created_at_ms, last->id);
    segment->count = (guint)page->count;
    g_ptr_array_add(self->segments, segment);
    number_from(self, n);
    set_rows(self, segment, rows);
    g_list_model_items_changed(G_LIST_MODEL(self), segment->start, 0, segment->count);
}

static void on_page(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyEventList) self = data;
    g_autoptr(GError) error = NULL;
    lk_auto(lk_mirror_event_page) page = latchkey_store_read_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    self->is_loading = FALSE;
    if (page != NULL) {
        gboolean is_first = self->segments->len == 0;
        append(self, page);
        if (is_first)
            count_again(self);
    } else {
        g_warning("events: %s", error->message);
    }
    if (self->is_stale)
        latchkey_event_list_refresh(self);
    g_signal_emit_by_name(self, "loaded");
}

static void extend(LatchkeyEventList *self)
{
    guint n = self->segments->len;

    if (self->is_complete || self->is_loading)
        return;
    self->is_loading = TRUE;
    self->n_asked = n_items(self) < N_FIRST ? FIRST_PAGE : PAGE;
    latchkey_event_read_page_async(self->store, self->filter,
                                   n > 0 ? segment_at(self, n - 1)->last_id : NULL, self->n_asked,
                                   self->cancellable, on_page, g_object_ref(self));
}

/* ---- New arrivals ---- */

/* The segment whose range holds the key; segments->len: it is older than all of them. */
static guint segment_for(LatchkeyEventList *self, gint64 at_ms, const char *id)
{
    guint low = 0;
    guint high = self->segments->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const Segment *segment = segment_at(self, middle);
        if (compare_keys(at_ms, id, segment->last_at_ms, segment->last_id) < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static guint row_for(GPtrArray *rows, gint64 at_ms, const char *id)
{
    guint i = 0;

    while (i < rows->len) {
        LatchkeyEvent *row = g_ptr_array_index(rows, i);
        if (compare_keys(at_ms, id, latchkey_event_get_created_at_ms(row),
                         latchkey_event_get_id(row)) < 0)
            break;
        i++;
    }
    return i;
}

/* A segment that grew with arrivals is cut in two, so that its older part can be dropped. */
static void split(LatchkeyEventList *self, guint index)
{
    Segment *head = segment_at(self, index);
    if (head->count < 2 * PAGE || head->rows == NULL)
        return;

    guint keep = head->count - PAGE;
    Segment *tail = g_new0(Segment, 1);
    GPtrArray *rows = g_ptr_array_new_full(PAGE, g_object_unref);
    for (guint i = keep; i < head->count; i++)
        g_ptr_array_add(rows, g_object_ref(g_ptr_array_index(head->rows, i)));
    g_ptr_array_remove_range(head->rows, keep, PAGE);
    tail->count = PAGE;
    set_last(tail, head->last_at_ms, head->last_id);
    LatchkeyEvent *last = g_ptr_array_index(head->rows, keep - 1);
    set_last(head, latchkey_event_get_created_at_ms(last), latchkey_event_get_id(last));
    head->count = keep;
    g_ptr_array_insert(self->segments, (int)index + 1, tail);
    number_from(self, index + 1);
    set_rows(self, tail, rows);
}

/* Puts one event where it belongs; out of reach, it will come with its page. */
static void insert(LatchkeyEventList *self, const lk_mirror_event *row)
{
    guint index = segment_for(self, row->created_at_ms, row->id);

    if (index == self->segments->len) {
        if (!self->is_complete)
            return;
        if (index == 0) {
            self->is_complete = FALSE;
            extend(self);
            return;
        }
        index--;
    }
    GPtrArray *rows = rows_of(self, index);
    Segment *segment = segment_at(self, index);
    guint at = row_for(rows, row->created_at_ms, row->id);
    g_ptr_array_insert(rows, (int)at, new_event(self, row));
    segment->count++;
    if (at == segment->count - 1)
        set_last(segment, row->created_at_ms, row->id);
    number_from(self, index + 1);
    g_list_model_items_changed(G_LIST_MODEL(self), segment->start + at, 0, 1);
    split(self, index);
}

static lk_mirror_event_page *read_latest(LatchkeyEventList *self)
{
    return read_page(self, LK_MIRROR_EVENT_QUERY(.order = LK_LATEST_ARRIVAL, .limit = 1));
}

static void note_latest(LatchkeyEventList *self, const lk_mirror_event *latest)
{
    g_free(self->last_arrival);
    self->last_arrival = latest != NULL ? g_strdup(latest->id) : NULL;
    self->last_sequence = latest != NULL ? latest->sequence : 0;
}

static void reset(LatchkeyEventList *self)
{
    guint n = n_items(self);
    lk_auto(lk_mirror_event_page) latest = read_latest(self);

    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    self->cancellable = g_cancellable_new();
    g_ptr_array_set_size(self->segments, 0);
    g_hash_table_remove_all(self->ahead);
    self->n_cached = 0;
    self->n_total = -1;
    self->is_loading = FALSE;
    self->is_stale = FALSE;
    self->is_complete = FALSE;
    note_latest(self, latest != NULL && latest->count > 0 ? latest->items[0] : NULL);
    if (n > 0)
        g_list_model_items_changed(G_LIST_MODEL(self), 0, n, 0);
    extend(self);
}

/* FALSE: so many, or such a damage, that fresh pages are cheaper than each in its place. */
static gboolean take_arrivals(LatchkeyEventList *self, const lk_mirror_event *latest)
{
    lk_mirror_event_query query =
        latchkey_event_filter_query(self->filter, LK_ARRIVAL, self->last_arrival, MAX_ARRIVALS);
    lk_auto(lk_mirror_event_page) page = read_page(self, &query);

    if (page == NULL || page->count == MAX_ARRIVALS)
        return FALSE;
    latchkey_store_forget_names(self->store); /* a directory may have come or been renamed */
    note_latest(self, latest);
    for (size_t i = 0; i < page->count; i++) {
        const lk_mirror_event *row = page->items[i];
        if (row->sequence > latest->sequence)
            break; /* came between the two reads: its turn is next time */
        if (!g_hash_table_remove(self->ahead, row->id))
            insert(self, row);
    }
    if (page->count > 0)
        count_again(self);
    return TRUE;
}

/* What a refresh would take in. */
static void count_arrivals(LatchkeyEventList *self)
{
    lk_mirror_event_query query =
        latchkey_event_filter_query(self->filter, LK_ARRIVAL, self->last_arrival, MAX_ARRIVALS);
    lk_auto(lk_mirror_event_page) page = read_page(self, &query);
    guint n = 0;

    for (size_t i = 0; page != NULL && i < page->count; i++)
        n += g_hash_table_contains(self->ahead, page->items[i]->id) ? 0 : 1;
    if (n == self->n_held)
        return;
    self->n_held = n;
    g_signal_emit_by_name(self, "loaded");
}

void latchkey_event_list_refresh(LatchkeyEventList *self)
{
    self->is_stale = self->is_loading;
    if (self->is_loading)
        return;
    if (self->is_held) {
        count_arrivals(self);
        return;
    }
    lk_auto(lk_mirror_event_page) latest = read_latest(self);
    if (latest == NULL || latest->count == 0 ||
        g_strcmp0(latest->items[0]->id, self->last_arrival) == 0)
        return;
    if (self->last_arrival == NULL || !take_arrivals(self, latest->items[0]))
        reset(self);
}

/* ---- The model ---- */

static GType get_item_type(GListModel *model)
{
    (void)model;
    return LATCHKEY_TYPE_EVENT;
}

static guint get_n_items(GListModel *model)
{
    return n_items(LATCHKEY_EVENT_LIST(model));
}

static gpointer get_item(GListModel *model, guint position)
{
    LatchkeyEventList *self = LATCHKEY_EVENT_LIST(model);
    guint low = 0;
    guint high = self->segments->len;

    if (position >= n_items(self))
        return NULL;
    if (position + NEAR_END >= n_items(self))
        extend(self);
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (segment_at(self, middle)->start <= position)
            low = middle;
        else
            high = middle;
    }
    GPtrArray *rows = rows_of(self, low);
    return g_object_ref(g_ptr_array_index(rows, position - segment_at(self, low)->start));
}

static void list_model_init(GListModelInterface *iface)
{
    iface->get_item_type = get_item_type;
    iface->get_n_items = get_n_items;
    iface->get_item = get_item;
}

static void latchkey_event_list_dispose(GObject *object)
{
    g_cancellable_cancel(LATCHKEY_EVENT_LIST(object)->cancellable);
    G_OBJECT_CLASS(latchkey_event_list_parent_class)->dispose(object);
}

static void latchkey_event_list_finalize(GObject *object)
{
    LatchkeyEventList *self = LATCHKEY_EVENT_LIST(object);

    g_ptr_array_unref(self->segments);
    g_hash_table_unref(self->ahead);
    g_free(self->last_arrival);
    g_object_unref(self->cancellable);
    latchkey_event_filter_free(self->filter);
    g_object_unref(self->store);
    G_OBJECT_CLASS(latchkey_event_list_parent_class)->finalize(object);
}

static void latchkey_event_list_class_init(LatchkeyEventListClass *class)
{
    G_OBJECT_CLASS(class)->dispose = latchkey_event_list_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_event_list_finalize;
    g_signal_new("loaded", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_event_list_init(LatchkeyEventList *self)
{
    self->segments = g_ptr_array_new_with_free_func(segment_free);
    self->ahead = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->cancellable = g_cancellable_new();
}

LatchkeyEventList *latchkey_event_list_new(LatchkeyStore *store, const LatchkeyEventFilter *filter)
{
    LatchkeyEventList *self = g_object_new(LATCHKEY_TYPE_EVENT_LIST, NULL);

    self->store = g_object_ref(store);
    self->filter = latchkey_event_filter_copy(filter);
    reset(self);
    return self;
}

const LatchkeyEventFilter *latchkey_event_list_get_filter(LatchkeyEventList *self)
{
    return self->filter;
}

gboolean latchkey_event_list_is_loading(LatchkeyEventList *self)
{
    return self->is_loading;
}

gboolean latchkey_event_list_is_complete(LatchkeyEventList *self)
{
    return self->is_complete;
}

gint64 latchkey_event_list_get_n_total(LatchkeyEventList *self)
{
    return self->is_complete ? (gint64)n_items(self) : self->n_total;
}

void latchkey_event_list_hold(LatchkeyEventList *self, gboolean is_held)
{
    self->is_held = is_held;
    self->n_held = 0;
    latchkey_event_list_refresh(self);
}

guint latchkey_event_list_get_n_held(LatchkeyEventList *self)
{
    return self->n_held;
}

guint latchkey_event_list_get_n_cached(LatchkeyEventList *self)
{
    return self->n_cached;
}
