/* The feed's state and its pages; see feed.h. */
#include "mirror/feed.h"

#include <stdlib.h>
#include <string.h>

#include "mirror/apply.h"
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
 * hold-back younger than E: what is older than E was out by then. Or we knew E for longer than the
 * hold-back when the last complete walk began: the same, and that walk saw it. The second uses our
 * clock alone, and lets a quiet feed begin at its very end. */
lk_status lk__feed_anchor(lk__store *store, const lk__feed *feed, int64_t hold_back_ms, char **out,
                          lk_error *err)
{
    char *anchor = NULL;

    if (feed->cursor[0] == '\0') {
        *out = NULL;
        return LK_OK;
    }
    LK_TRY(lk__store_run(store, LK__SQL_ANCHOR,
                         LK__ARGS(lk__value_number(feed->cursor_at_ms - hold_back_ms),
                                  lk__value_number(feed->settled_at_ms - hold_back_ms)),
                         take_id, &anchor, err));
    *out = anchor;
    return LK_OK;
}

static lk_status apply_all(lk__store *store, const lk_event_page *page, int64_t now_ms,
                           lk_sync_result *result, lk_error *err)
{
    for (size_t i = 0; i < page->count; i++) {
        lk__applied applied = LK__APPLIED_KNOWN;

        LK_TRY(lk__apply_event(store, page->items[i], now_ms, &applied, err));
        result->n_applied += applied != LK__APPLIED_KNOWN;
        result->n_parked += applied == LK__APPLIED_PARKED;
    }
    result->n_fetched = page->count;
    return LK_OK;
}

static bool is_newer(const lk_event *event, const char *id, int64_t at_ms)
{
    if (event->created_at_ms != at_ms)
        return event->created_at_ms > at_ms;
    return strcmp(event->id, id) > 0;
}

static lk_status take_move(void *ctx, const lk__row *row, lk_error *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return LK_OK;
}

static lk_status move(lk__store *store, const lk__feed *feed, const lk__feed *next,
                      const lk_event_page *page, int64_t fence, bool *moved, lk_error *err)
{
    const char *cursor = feed->cursor;
    int64_t cursor_at_ms = feed->cursor_at_ms;

    for (size_t i = 0; i < page->count; i++) {
        if (cursor[0] == '\0' || is_newer(page->items[i], cursor, cursor_at_ms)) {
            cursor = page->items[i]->id;
            cursor_at_ms = page->items[i]->created_at_ms;
        }
    }
    return lk__store_run(store, LK__SQL_MOVE_FEED,
                         LK__ARGS(lk__value_text(feed->cursor), lk__value_text(cursor),
                                  lk__value_number(cursor_at_ms),
                                  lk__value_number(next->polled_at_ms),
                                  lk__value_number(next->settled_at_ms), lk__value_number(fence)),
                         take_move, moved, err);
}

lk_status lk__feed_apply(lk__store *store, const lk__feed *feed, const lk__feed *next,
                         const lk_event_page *page, int64_t fence, lk_sync_result *result,
                         bool *moved, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk_sync_result counted = { 0 };
    bool is_ours = false;

    LK_TRY(lk__transaction_begin(&transaction, store, LK__WRITE, err));
    LK_TRY(move(store, feed, next, page, fence, &is_ours, err));
    if (is_ours) {
        LK_TRY(apply_all(store, page, next->polled_at_ms, &counted, err));
        if (counted.n_applied > 0)
            LK_TRY(lk__store_announce(store, err));
        LK_TRY(lk__transaction_commit(&transaction, err));
        *result = counted;
    }
    *moved = is_ours;
    return LK_OK;
}
