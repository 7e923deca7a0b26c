/* Rounds of requests; see window-walk.h. */
#include "mirror/window-walk.h"

#include "api/client.h"
#include "base/clock.h"

/* WorkOS: 6000 requests in a minute for each key. A little less, so that the rounds of ten seconds
 * are not one too many when one is late and the next is not. */
enum { REQUEST_MS = 10, SPARE_MS = 5 };

/* ---- A round of requests ---- */

static lk_status begin_round(lk__window_walk *self, lk_error *err)
{
    size_t n = lk__windows_plan(&self->windows, self->width, self->places);
    int64_t now_ms = lk__steady_now_ms();
    int64_t start_ms = self->next_round_ms > now_ms ? self->next_round_ms : now_ms;

    for (size_t i = 0; i < n; i++) {
        lk_event_list_options ask = lk__windows_ask(&self->windows, self->places[i]);

        ask.types = self->types;
        ask.n_types = self->n_types;
        LK_TRY(lk__fetch_prepare(&self->fetches[i], self->client, &ask, start_ms, err));
        lk__fetch_begin(&self->fetches[i]);
        self->n_fetches = i + 1;
    }
    self->next_round_ms = start_ms + (int64_t)n * REQUEST_MS + SPARE_MS;
    return LK_OK;
}

static void finish_round(lk__window_walk *self)
{
    for (size_t i = 0; i < self->n_fetches; i++)
        lk__fetch_finish(&self->fetches[i]);
}

/* ---- What a round brought ---- */

/* A limit counts for all of them; of other troubles the first one is told. */
static void note_trouble(lk__window_walk *self, const lk_error *problem)
{
    if (self->trouble.status == LK_OK || (problem->status == LK_ERR_RATE_LIMITED &&
                                          (self->trouble.status != LK_ERR_RATE_LIMITED ||
                                           problem->retry_after > self->trouble.retry_after)))
        self->trouble = *problem;
}

static lk_status take_round(lk__window_walk *self, lk__pages *out, bool *honoured, lk_error *err)
{
    size_t n = self->n_fetches;

    self->n_fetches = 0; /* whatever happens below: they are taken, or thrown away by the end */
    for (size_t i = 0; i < n; i++) {
        lk_error problem = LK_ERROR_INIT;
        lk_event_page *page = NULL;

        if (lk__fetch_take(&self->fetches[i], &page, &problem) != LK_OK) {
            *honoured = *honoured && !lk__fetch_was_refused(&problem);
            note_trouble(self, &problem);
            continue;
        }
        out->items[out->n++] = page;
        if (*honoured)
            LK_TRY(lk__windows_note(&self->windows, self->places[i], page, honoured, err));
    }
    return LK_OK;
}

/* ---- One step ---- */

static lk_status apply(lk__window_walk *self, lk__store *store, const lk__feed *feed, int64_t fence,
                       const lk__pages *pages, lk_sync_result *result, bool *moved, lk_error *err)
{
    const lk__window *front = lk__windows_front(&self->windows);
    lk__feed_move move = { .cursor = { .id = feed->cursor, .at_ms = feed->cursor_at_ms },
                           .polled_at_ms = lk__now_ms(self->client),
                           .settled_at_ms = feed->settled_at_ms,
                           .fence = fence };

    if (front != NULL)
        move.cursor = lk__place_newer(
            move.cursor, (lk__place){ .id = front->newest, .at_ms = front->newest_ms });
    return lk__feed_apply(store, feed, &move, pages, result, moved, err);
}

static lk_status tell_trouble(lk__window_walk *self, lk_error *err)
{
    *err = self->trouble;
    self->trouble = (lk_error)LK_ERROR_INIT;
    return err->status;
}

static lk_status step(lk__window_walk *self, lk__store *store, const lk__feed *feed, int64_t fence,
                      lk_sync_result *result, lk__window_state *state, lk_error *err)
{
    LK_CLEANUP(lk__pages_clear) lk__pages pages = { 0 };
    bool honoured = true;
    bool moved = false;

    *state = LK__WINDOWS_LOST; /* without memory */
    if (self->n_fetches == 0)
        LK_TRY(begin_round(self, err));
    LK_TRY(take_round(self, &pages, &honoured, err));
    *state = honoured ? LK__WINDOWS_GO_ON : LK__WINDOWS_IGNORED;
    if (!honoured)
        return LK_OK;
    if (pages.n == 0 && self->trouble.status != LK_OK)
        return tell_trouble(self, err);
    *state = LK__WINDOWS_LOST; /* unless all goes well */
    if (self->trouble.status == LK_OK)
        LK_TRY(begin_round(self, err));
    LK_TRY(apply(self, store, feed, fence, &pages, result, &moved, err));
    if (moved)
        *state = self->n_fetches == 0 && self->trouble.status == LK_OK ? LK__WINDOWS_DONE
                                                                       : LK__WINDOWS_GO_ON;
    return LK_OK;
}

lk_status lk__window_walk_step(lk__window_walk *self, lk__store *store, const lk__feed *feed,
                               int64_t fence, lk_sync_result *result, lk__window_state *state,
                               lk_error *err)
{
    lk_status status;

    *state = LK__WINDOWS_GO_ON;
    if (self->trouble.status != LK_OK)
        return tell_trouble(self, err);
    status = step(self, store, feed, fence, result, state, err);
    finish_round(self);
    return status;
}

void lk__window_walk_clear(lk__window_walk *self)
{
    for (size_t i = 0; i < LK__MAX_SIDE_BY_SIDE; i++)
        lk__fetch_clear(&self->fetches[i]);
    lk__windows_clear(&self->windows);
    *self = (lk__window_walk){ 0 };
}
