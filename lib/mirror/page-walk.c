/* Pages, read ahead of what is written; see page-walk.h. */
#include "mirror/page-walk.h"

#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/cleanup.h"
#include "mirror/gap.h"
#include "mirror/mirror.h"
#include "mirror/reconcile.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

/* No event is newer, unless somebody's clock is wrong. Behind one that claims to be, the feed would
 * have nothing more to tell: the cursor does not go there. */
static int64_t latest_ms(const lk__page_walk *self)
{
    return lk__server_now_ms(self->client) + DAY_MS;
}

/* ---- Reading ---- */

static int64_t shortly_before(const lk__feed *feed)
{
    int64_t at_ms = feed->cursor_at_ms - LK__HOLD_BACK_MS;

    return at_ms > 0 ? at_ms : 1;
}

/* A cursor that an earlier version let go too far tells nothing. */
static bool is_cursor_true(const lk__page_walk *self, const lk__feed *feed)
{
    return feed->cursor[0] != '\0' && feed->cursor_at_ms <= latest_ms(self);
}

static void begin_by_time(lk__page_walk *self, const lk__feed *feed)
{
    self->from_ms =
        is_cursor_true(self, feed) ? shortly_before(feed) : lk__oldest_kept(self->client);
}

lk_status lk__page_walk_open(lk__page_walk *self, lk__store *store, const lk__feed *feed,
                             lk_error *err)
{
    if (is_cursor_true(self, feed))
        LK_TRY(lk__feed_anchor(store, feed, LK__HOLD_BACK_MS, &self->position, err));
    begin_by_time(self, feed);
    return LK_OK;
}

static const char *next_position(const lk__page_walk *self)
{
    return self->read.n > 0 ? self->read.items[self->read.n - 1]->after : self->position;
}

static lk_status prepare(lk__page_walk *self, lk_error *err)
{
    const char *after = next_position(self);

    if (self->next.client != NULL)
        return LK_OK;
    return lk__fetch_prepare(
        &self->next, self->client,
        LK_EVENT_LIST_OPTIONS(.types = self->types, .n_types = self->n_types, .after = after,
                              .range_start_ms = after == NULL ? self->from_ms : 0),
        0, err);
}

bool lk__page_walk_is_stale(const lk__page_walk *self)
{
    return self->unsettled_at_ms != 0 &&
           lk__server_now_ms(self->client) - self->unsettled_at_ms > LK__HOLD_BACK_MS / 2;
}

/* asked_at_ms: WorkOS' clock. */
static void note_page(lk__page_walk *self, const lk_event_page *page, int64_t asked_at_ms)
{
    self->is_at_end = lk__feed_ends_with(page, next_position(self));
    if (self->n_read++ == 0)
        self->started_at_ms = asked_at_ms;
    if (page->count == 0)
        return;
    if (self->first_ms == 0)
        self->first_ms = page->items[0]->created_at_ms;
    if (self->unsettled_at_ms == 0 &&
        page->items[page->count - 1]->created_at_ms >= asked_at_ms - LK__HOLD_BACK_MS)
        self->unsettled_at_ms = asked_at_ms;
}

static lk_status read_page(lk__page_walk *self, lk_error *err)
{
    lk_event_page *page = NULL;
    int64_t asked_at_ms;

    LK_TRY(prepare(self, err));
    lk__fetch_finish(&self->next);
    self->took_ms = self->next.took_ms;
    asked_at_ms = self->next.asked_at_ms;
    LK_TRY(lk__fetch_take(&self->next, &page, err));
    note_page(self, page, lk__server_ms(self->client, asked_at_ms));
    self->read.items[self->read.n++] = page;
    return LK_OK;
}

/* A place that WorkOS may accept after it refused this one; false when there is none. */
static bool fall_back(lk__page_walk *self, const lk__feed *feed)
{
    if (self->position != NULL && !self->fell_back) {
        free(self->position);
        self->position = NULL;
        self->fell_back = true;
        begin_by_time(self, feed);
        return true;
    }
    if (self->position == NULL && self->from_ms < lk__oldest_kept(self->client)) {
        self->from_ms = lk__oldest_kept(self->client);
        return true;
    }
    return false;
}

lk_status lk__page_walk_read(lk__page_walk *self, const lk__feed *feed, lk_error *err)
{
    lk_error problem = LK_ERROR_INIT;
    lk_status status;

    if (self->read.n > 0)
        return LK_OK;
    status = read_page(self, &problem);
    while (status != LK_OK && lk__fetch_was_refused(&problem) && fall_back(self, feed)) {
        lk__error_clear(&problem);
        status = read_page(self, &problem);
    }
    if (status != LK_OK)
        *err = problem;
    return status;
}

/* As many as come while something is written; without memory, or an answer, none. */
static void read_ahead(lk__page_walk *self, const lk__aside *writing)
{
    do {
        if (lk__page_walk_is_stale(self) || prepare(self, NULL) != LK_OK)
            return;
        lk__fetch_finish(&self->next);
        if (self->next.status != LK_OK || read_page(self, NULL) != LK_OK)
            return;
    } while (!self->is_at_end && self->read.n < LK__MAX_AHEAD && !lk__aside_is_done(writing));
}

/* ---- How far it is ---- */

static lk__place newest_read(const lk__page_walk *self)
{
    const int64_t limit_ms = latest_ms(self);
    lk__place place = { .id = "" };

    for (size_t i = 0; i < self->read.n; i++)
        place = lk__place_newest(place, self->read.items[i], limit_ms);
    return place;
}

int64_t lk__page_walk_reached_ms(const lk__page_walk *self)
{
    int64_t read_to_ms = newest_read(self).at_ms;

    return read_to_ms > self->written_to_ms ? read_to_ms : self->written_to_ms;
}

int64_t lk__page_walk_span_ms(const lk__page_walk *self)
{
    int64_t ms =
        (lk__page_walk_reached_ms(self) - self->first_ms) / (self->n_read > 0 ? self->n_read : 1);

    return ms > 1 ? ms : 1;
}

/* ---- Writing ---- */

typedef struct writing {
    lk__store *store;
    const lk__feed *feed;
    lk__feed_move move;
    const lk__pages *pages;
    lk_sync_result *result;
    bool moved;
    lk_status status;
    lk_error err;
} writing;

static void write_pages(void *ctx)
{
    writing *w = ctx;

    w->status =
        lk__feed_apply(w->store, w->feed, &w->move, w->pages, w->result, &w->moved, &w->err);
}

static lk__place new_cursor(const lk__page_walk *self, const lk__feed *feed)
{
    const lk__place before = { .id = feed->cursor, .at_ms = feed->cursor_at_ms };
    lk__place place = newest_read(self);

    if (place.id[0] == '\0' || is_cursor_true(self, feed))
        place = lk__place_newer(place, before);
    return place;
}

static lk__feed_move move_to(const lk__page_walk *self, const lk__feed *feed, int64_t fence)
{
    lk__feed_move move = { .cursor = new_cursor(self, feed),
                           .polled_at_ms = lk__now_ms(self->client),
                           .settled_at_ms =
                               self->is_at_end ? self->started_at_ms : feed->settled_at_ms,
                           .fence = fence };

    if (!self->has_written)
        lk__gap_find(feed, lk__oldest_kept(self->client), self->read.items[0], &move.gap);
    return move;
}

static void write_beside(lk__page_walk *self, writing *w)
{
    lk__aside aside;

    lk__aside_begin(&aside, write_pages, w);
    read_ahead(self, &aside);
    lk__aside_finish(&aside);
}

static void swap(char **a, char **b)
{
    char *kept = *a;

    *a = *b;
    *b = kept;
}

lk_status lk__page_walk_write(lk__page_walk *self, lk__store *store, const lk__feed *feed,
                              int64_t fence, bool reads_ahead, lk_sync_result *result,
                              lk__page_state *state, lk_error *err)
{
    const bool is_last = self->is_at_end;
    const int64_t reached_ms = lk__page_walk_reached_ms(self);
    LK_CLEANUP(lk__pages_clear) lk__pages pages = { 0 };
    LK_CLEANUP(lk__freep) char *position = is_last ? NULL : strdup(next_position(self));
    writing w = { .store = store,
                  .feed = feed,
                  .move = move_to(self, feed, fence),
                  .pages = &pages,
                  .result = result,
                  .err = LK_ERROR_INIT };

    if (!is_last && position == NULL)
        return lk__no_memory(err);
    pages = self->read;
    self->read = (lk__pages){ 0 };
    swap(&self->position, &position); /* what is read meanwhile follows them */
    if (reads_ahead && !is_last)
        write_beside(self, &w);
    else
        write_pages(&w);
    if (w.status != LK_OK) {
        lk__page_walk_drop(self);
        swap(&self->position, &position);
        if (err != NULL)
            *err = w.err;
        return w.status;
    }
    self->has_written = true;
    self->written_to_ms = reached_ms;
    *state = is_last ? LK__PAGES_DONE : LK__PAGES_GO_ON;
    if (!w.moved)
        *state = LK__PAGES_LOST;
    return LK_OK;
}

void lk__page_walk_drop(lk__page_walk *self)
{
    lk__fetch_clear(&self->next);
    lk__pages_clear(&self->read);
    self->is_at_end = false;
}

void lk__page_walk_clear(lk__page_walk *self)
{
    lk__page_walk_drop(self);
    free(self->position);
    *self = (lk__page_walk){ 0 };
}
