/* Directory events (dsync.…) in segments. Each segment knows how many rows it has and the key of
 * its last one; its rows are read back with "after the last row of the segment before". What is
 * held per million events is some 8,000 keys and at most MAX_CACHED pages of rows.
 *
 * Events are shown by (created_at, id) but arrive in any order, so new ones are followed by arrival
 * and put where they belong. A page read between two refreshes may already hold an event that the
 * next refresh will report: its id waits in `ahead` and is skipped once. */
#include "latchkey-event-list.h"

#include "latchkey-event.h"

#include <string.h>

enum { PAGE = 128, MAX_CACHED = 32, NEAR_END = 2 * PAGE, MAX_ARRIVALS = 1000 };

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
    lk_mirror *mirror;
    GPtrArray *segments;
    GHashTable *ahead;     /* ids that refresh() must skip once */
    GHashTable *directory; /* id to name, or to "" when it has none */
    gint64 last_sequence;  /* of the last arrival seen */
    char *last_arrival;    /* its id; NULL: none yet */
    guint n_cached;
    guint64 clock;
    guint extend_source;
    gboolean is_complete; /* the oldest event is in the model */
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

static const char *directory_name(LatchkeyEventList *self, const char *id)
{
    if (id == NULL)
        return NULL;
    const char *name = g_hash_table_lookup(self->directory, id);
    if (name == NULL) {
        lk_auto(lk_directory) directory = NULL;
        lk_error err = LK_ERROR_INIT;
        gboolean is_known = lk_mirror_get_directory(self->mirror, id, &directory, &err) == LK_OK &&
                            directory->name != NULL;
        name = is_known ? directory->name : "";
        g_hash_table_insert(self->directory, g_strdup(id), g_strdup(name));
        name = g_hash_table_lookup(self->directory, id);
    }
    return name[0] != '\0' ? name : NULL;
}

static LatchkeyEvent *new_event(LatchkeyEventList *self, const lk_mirror_event *row)
{
    return latchkey_event_new(row, directory_name(self, row->directory_id));
}

static lk_mirror_event_page *read_page(LatchkeyEventList *self, lk_event_order order,
                                       const char *after, guint limit)
{
    lk_mirror_event_page *page = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_list_events(self->mirror,
                              LK_MIRROR_EVENT_QUERY(.order = order, .after = after,
                                                    .type = "dsync.", .limit = (int)limit),
                              &page, &err) == LK_OK)
        return page;
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
    lk_auto(lk_mirror_event_page) page = read_page(self, LK_NEWEST_FIRST, after, segment->count);
    GPtrArray *rows = g_ptr_array_new_full(segment->count, g_object_unref);
    for (guint i = 0; i < segment->count; i++)
        g_ptr_array_add(rows, page != NULL && i < page->count ? new_event(self, page->items[i])
                                                              : latchkey_event_new_missing());
    set_rows(self, segment, rows);
    return rows;
}

/* ---- Growing towards the past ---- */

static void append_page(LatchkeyEventList *self)
{
    guint n = self->segments->len;
    lk_auto(lk_mirror_event_page) page =
        read_page(self, LK_NEWEST_FIRST, n > 0 ? segment_at(self, n - 1)->last_id : NULL, PAGE);

    if (page == NULL)
        return;
    self->is_complete = page->count < PAGE;
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

static gboolean on_extend(gpointer data)
{
    LatchkeyEventList *self = data;

    self->extend_source = 0;
    append_page(self);
    return G_SOURCE_REMOVE;
}

/* Later, since a view that asks for a row must not see the model change under it. */
static void extend_soon(LatchkeyEventList *self)
{
    if (!self->is_complete && self->extend_source == 0)
        self->extend_source = g_idle_add(on_extend, self);
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
            append_page(self);
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

static void reset(LatchkeyEventList *self)
{
    guint n = n_items(self);
    lk_auto(lk_mirror_event_page) latest = read_page(self, LK_LATEST_ARRIVAL, NULL, 1);

    g_ptr_array_set_size(self->segments, 0);
    g_hash_table_remove_all(self->ahead);
    self->n_cached = 0;
    self->is_complete = FALSE;
    g_clear_pointer(&self->last_arrival, g_free);
    self->last_sequence = 0;
    if (latest != NULL && latest->count > 0) {
        self->last_arrival = g_strdup(latest->items[0]->id);
        self->last_sequence = latest->items[0]->sequence;
    }
    if (n > 0)
        g_list_model_items_changed(G_LIST_MODEL(self), 0, n, 0);
    append_page(self);
}

void latchkey_event_list_refresh(LatchkeyEventList *self)
{
    if (self->last_arrival == NULL) {
        reset(self);
        return;
    }
    lk_auto(lk_mirror_event_page) page =
        read_page(self, LK_ARRIVAL, self->last_arrival, MAX_ARRIVALS);
    if (page == NULL || page->count == MAX_ARRIVALS) {
        reset(self); /* gone, or so many that one fresh page is cheaper than each in its place */
        return;
    }
    for (size_t i = 0; i < page->count; i++) {
        const lk_mirror_event *row = page->items[i];
        self->last_sequence = row->sequence;
        if (!g_hash_table_remove(self->ahead, row->id))
            insert(self, row);
    }
    if (page->count > 0) {
        g_free(self->last_arrival);
        self->last_arrival = g_strdup(page->items[page->count - 1]->id);
        g_hash_table_remove_all(self->directory); /* a directory may have come or been renamed */
    }
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
        extend_soon(self);
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

static void latchkey_event_list_finalize(GObject *object)
{
    LatchkeyEventList *self = LATCHKEY_EVENT_LIST(object);

    g_clear_handle_id(&self->extend_source, g_source_remove);
    g_ptr_array_unref(self->segments);
    g_hash_table_unref(self->ahead);
    g_hash_table_unref(self->directory);
    g_free(self->last_arrival);
    lk_mirror_free(self->mirror);
    G_OBJECT_CLASS(latchkey_event_list_parent_class)->finalize(object);
}

static void latchkey_event_list_class_init(LatchkeyEventListClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_event_list_finalize;
}

static void latchkey_event_list_init(LatchkeyEventList *self)
{
    self->segments = g_ptr_array_new_with_free_func(segment_free);
    self->ahead = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->directory = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

LatchkeyEventList *latchkey_event_list_new(lk_mirror *mirror)
{
    LatchkeyEventList *self = g_object_new(LATCHKEY_TYPE_EVENT_LIST, NULL);

    self->mirror = mirror;
    reset(self);
    return self;
}

gboolean latchkey_event_list_is_complete(LatchkeyEventList *self)
{
    return self->is_complete;
}

guint latchkey_event_list_get_n_cached(LatchkeyEventList *self)
{
    return self->n_cached;
}
