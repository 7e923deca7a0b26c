/* The feed's state and its pages; see feed.h. */
#include "mirror/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mirror/apply.h"
#include "mirror/event-index.h"
#include "mirror/gap.h"
#include "mirror/sql.h"

static lk_status take_feed(void *ctx, const lk__row *row, lk_error *err)
{
    lk__feed *feed = ctx;

    if (row->columns[0].text == NULL)
        return LK_OK; /* nobody but a stranger writes that: reported as lost */
    feed->cursor = strdup(row->columns[0].text);
    feed->cursor_at_ms = row->columns[1].number;
    feed->polled_at_ms = row->columns[2].number;
    feed->settled_at_ms = row->columns[3].number;
    feed->kept_from_ms = row->columns[4].number;
    return feed->cursor != NULL ? LK_OK : lk__no_memory(err);
}

lk_status lk__feed_read(lk__store *store, lk__feed *out, lk_error *err)
{
    LK_TRY(lk__store_run(store, LK__SQL_FEED, LK__NO_ARGS, take_feed, out, err));
    if (out->cursor == NULL)
        return lk__fail(err, LK_ERR_STORE,
                        "the mirror lost the row that says where its feed stands");
    return LK_OK;
}

void lk__feed_clear(lk__feed *feed)
{
    free(feed->cursor);
    *feed = (lk__feed){ 0 };
}

static lk_status take_id(void *ctx, const lk__row *row, lk_error *err)
{
    char **out = ctx;

    *out = strdup(row->columns[0].text);
    return *out != NULL ? LK_OK : lk__no_memory(err);
}

/* Two ways to know that all before an event E has been seen. The feed was at an event more than the
 * hold-back younger than E: what is older than E was out by then. Or E had been there for longer
 * than the hold-back when the last complete walk began: the same, and that walk saw it. This lets a
 * quiet feed begin at its very end. It must hold by when E was created, and by when we learned of
 * it, for WorkOS' clock may not be known, and ours may be set, or another machine's. */
lk_status lk__feed_anchor(lk__store *store, const lk__feed *feed, int64_t hold_back_ms, char **out,
                          lk_error *err)
{
    char *anchor = NULL;

    if (feed->cursor[0] == '\0') {
        *out = NULL;
        return LK_OK;
    }
    LK_TRY(
        lk__store_run(store, LK__SQL_ANCHOR,
                      LK__ARGS(lk__value_number(feed->cursor_at_ms - hold_back_ms),
                               lk__value_number(feed->settled_at_ms - hold_back_ms),
                               lk__value_number(feed->cursor_at_ms), lk__value_text(feed->cursor)),
                      take_id, &anchor, err));
    *out = anchor;
    return LK_OK;
}

lk__place lk__place_newer(lk__place a, lk__place b)
{
    if (a.id[0] == '\0' || b.id[0] == '\0')
        return a.id[0] == '\0' ? b : a;
    if (a.at_ms != b.at_ms)
        return a.at_ms > b.at_ms ? a : b;
    return strcmp(a.id, b.id) > 0 ? a : b;
}

lk__place lk__place_newest(lk__place place, const lk_event_page *page, int64_t limit_ms)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->items[i]->created_at_ms <= limit_ms)
            place = lk__place_newer(place, (lk__place){ .id = page->items[i]->id,
                                                        .at_ms = page->items[i]->created_at_ms });
    return place;
}

bool lk__feed_ends_with(const lk_event_page *page, const char *after)
{
    if (page->count == 0 && page->skipped == 0)
        return true;
    return page->after == NULL || lk__text_equal(page->after, after);
}

enum { BATCH = 100 }; /* as many as there are in a page */

static lk_status apply_page(lk__store *store, const lk_event_page *page, int64_t now_ms,
                            int64_t kept_from_ms, lk_sync_result *result, lk_error *err)
{
    const bool is_sound = page->n_unsafe == 0;
    lk__applied applied[BATCH];

    for (size_t i = 0; i < page->count; i += BATCH) {
        size_t n = page->count - i < BATCH ? page->count - i : BATCH;

        LK_TRY(lk__apply_events(store, page->items + i, n, is_sound, now_ms, kept_from_ms, applied,
                                err));
        for (size_t j = 0; j < n; j++) {
            result->n_applied += applied[j] != LK__APPLIED_KNOWN;
            result->n_parked += applied[j] == LK__APPLIED_PARKED;
        }
    }
    result->n_fetched += page->count;
    result->n_skipped += page->skipped;
    return LK_OK;
}

typedef struct moving {
    bool is_ours;
    int64_t kept_from_ms;
} moving;

static lk_status take_move(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(moving *)ctx = (moving){ .is_ours = true, .kept_from_ms = row->columns[0].number };
    return LK_OK;
}

static lk_status set_feed(lk__store *store, const lk__feed *feed, const lk__feed_move *move,
                          moving *moved, lk_error *err)
{
    return lk__store_run(
        store, LK__SQL_MOVE_FEED,
        LK__ARGS(lk__value_text(feed->cursor), lk__value_text(move->cursor.id),
                 lk__value_number(move->cursor.at_ms), lk__value_number(move->polled_at_ms),
                 lk__value_number(move->settled_at_ms), lk__value_number(move->fence)),
        take_move, moved, err);
}

lk_status lk__feed_apply(lk__store *store, const lk__feed *feed, const lk__feed_move *move,
                         const lk__pages *pages, lk_sync_result *result, bool *moved, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk_sync_result counted = { 0 };
    moving to = { 0 };

    LK_TRY(lk__transaction_begin(&transaction, store, LK__WRITE, err));
    LK_TRY(set_feed(store, feed, move, &to, err));
    if (to.is_ours) {
        LK_TRY(lk__gap_note(store, &move->gap, move->polled_at_ms, err));
        for (size_t i = 0; i < pages->n; i++)
            LK_TRY(apply_page(store, pages->items[i], move->polled_at_ms, to.kept_from_ms, &counted,
                              err));
        LK_TRY(lk__event_index_seal(store, err));
        if (counted.n_applied > 0)
            LK_TRY(lk__store_announce(store, err));
        LK_TRY(lk__transaction_commit(&transaction, err));
        counted.reached_ms = move->cursor.at_ms;
        *result = counted;
    }
    *moved = to.is_ours;
    return LK_OK;
}
