/* See forget.h. */
#include "mirror/forget.h"

#include <latchkey/mirror.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "mirror/duty.h"
#include "mirror/event-index.h"
#include "mirror/feed.h"
#include "mirror/former.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

enum { BATCH = 256 };

/* ---- The mark ---- */

lk_status lk__kept_from(lk__store *store, int64_t *out, lk_error *err)
{
    *out = 0;
    return lk__store_run(store, LK__SQL_KEPT_FROM, LK__NO_ARGS, lk__take_number, out, err);
}

lk_status lk__kept_check(lk__store *store, int64_t at_ms, lk_error *err)
{
    int64_t kept_from_ms = 0;
    char when[LK__TIME_SIZE];

    LK_TRY(lk__kept_from(store, &kept_from_ms, err));
    if (at_ms >= kept_from_ms)
        return LK_OK;
    lk__time_format(kept_from_ms, when);
    return lk__fail(err, LK_ERR_NOT_FOUND,
                    "what was then is not known any more: events from before %s were forgotten",
                    when);
}

/* Sets it, and tells how far it may go now. */
static lk_status move_mark(lk__store *store, int64_t before_ms, int64_t *limit_ms, lk_error *err)
{
    lk__auto_feed feed = { 0 };

    LK_TRY(lk__feed_read(store, &feed, err));
    *limit_ms = before_ms;
    if (feed.cursor[0] != '\0' && *limit_ms > feed.cursor_at_ms - LK__HOLD_BACK_MS)
        *limit_ms = feed.cursor_at_ms - LK__HOLD_BACK_MS;
    return lk__store_run(store, LK__SQL_KEEP_FROM, LK__ARGS(lk__value_number(*limit_ms)), NULL,
                         NULL, err);
}

/* ---- Which events ---- */

typedef struct range {
    int64_t first;
    int64_t last; /* INT64_MAX: the events behind the last block */
} range;

static lk_status take_range(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(range *)ctx = (range){ .first = row->columns[0].number, .last = row->columns[1].number };
    return LK_OK;
}

static lk_status find_range(lk__store *store, const lk__forgetting *self, int64_t limit_ms,
                            range *out, lk_error *err)
{
    int64_t last_sealed = 0;

    *out = (range){ 0 };
    LK_TRY(
        lk__store_run(store, LK__SQL_OLD_BLOCK,
                      LK__ARGS(lk__value_number(limit_ms), lk__value_number(self->after_sequence)),
                      take_range, out, err));
    if (out->last != 0)
        return LK_OK;
    LK_TRY(
        lk__store_run(store, LK__SQL_LAST_SEALED, LK__NO_ARGS, lk__take_number, &last_sealed, err));
    *out = (range){ .first = last_sealed + 1, .last = INT64_MAX };
    return LK_OK;
}

typedef struct old_event {
    int64_t sequence;
    lk_event event;
} old_event;

typedef struct batch {
    lk__arena *arena;
    old_event items[BATCH];
    size_t count;
} batch;

static lk_status take_event(void *ctx, const lk__row *row, lk_error *err)
{
    batch *found = ctx;
    const lk__value *columns = row->columns;
    old_event *old = &found->items[found->count];

    *old =
        (old_event){ .sequence = columns[0].number,
                     .event = { .created_at_ms = columns[3].number, .json_len = columns[4].len } };
    if (!lk__take_text(found->arena, &columns[1], &old->event.id) ||
        !lk__take_text(found->arena, &columns[2], &old->event.type) ||
        !lk__take_text(found->arena, &columns[4], &old->event.json))
        return lk__no_memory(err);
    found->count++;
    return LK_OK;
}

/* ---- Forgetting them ---- */

static lk_status drop_object(lk__store *store, const old_event *old, const char *id, lk_error *err)
{
    if (id == NULL)
        return LK_OK;
    return lk__store_run(store, LK__SQL_DROP_OBJECT,
                         LK__ARGS(lk__value_text(id), lk__value_number(old->event.created_at_ms),
                                  lk__value_number(old->sequence)),
                         NULL, NULL, err);
}

/* A body that is lost, or was none, says nothing and names nobody. */
static lk_status drop_event(lk__store *store, const old_event *old, lk__arena *arena, lk_error *err)
{
    const lk__version v = { .ms = lk__value_number(old->event.created_at_ms),
                            .id = lk__value_text(old->event.id) };
    lk_error ignored = LK_ERROR_INIT;
    lk__record record = { 0 };
    lk_status status = LK_ERR_PROTOCOL;

    if (old->event.json != NULL)
        status = lk__record_read(&old->event, false, arena, &record, &ignored);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status == LK_OK) {
        LK_TRY(lk__former_note(store, &record, &v, err));
        LK_TRY(drop_object(store, old, record.object_id, err));
        LK_TRY(drop_object(store, old, record.other_id, err));
    }
    LK_TRY(lk__store_run(store, LK__SQL_DROP_BODY, LK__ARGS(lk__value_number(old->sequence)), NULL,
                         NULL, err));
    return lk__store_run(store, LK__SQL_DROP_EVENT, LK__ARGS(lk__value_number(old->sequence)), NULL,
                         NULL, err);
}

static lk_status drop_range(lk__store *store, const range *r, int64_t limit_ms, size_t *n,
                            lk_error *err)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    batch found = { .arena = arena };

    if (arena == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__store_run(store, LK__SQL_OLD_EVENTS,
                         LK__ARGS(lk__value_number(r->first), lk__value_number(r->last),
                                  lk__value_number(limit_ms), lk__value_number(BATCH)),
                         take_event, &found, err));
    for (size_t i = 0; i < found.count; i++)
        LK_TRY(drop_event(store, &found.items[i], arena, err));
    if (found.count > 0 && r->last != INT64_MAX)
        LK_TRY(lk__event_index_reseal(store, r->first, r->last, err));
    *n = found.count;
    return LK_OK;
}

/* Inside the transaction. */
static lk_status forget_some(lk__store *store, const lk__forgetting *self, range *r, size_t *n,
                             lk_error *err)
{
    int64_t limit_ms = 0;

    LK_TRY(move_mark(store, self->before_ms, &limit_ms, err));
    LK_TRY(lk__store_run(store, LK__SQL_DROP_GAPS, LK__ARGS(lk__value_number(limit_ms)), NULL, NULL,
                         err));
    LK_TRY(find_range(store, self, limit_ms, r, err));
    LK_TRY(drop_range(store, r, limit_ms, n, err));
    return *n > 0 ? lk__store_announce(store, err) : LK_OK;
}

lk_status lk__forget_step(lk__store *store, lk__forgetting *self, int64_t *n, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    size_t forgotten = 0;
    range r = { 0 };
    bool is_ours = false;

    LK_TRY(lk__transaction_begin(&transaction, store, LK__WRITE, err));
    LK_TRY(lk__duty_holds_feed(store, self->fence, &is_ours, err));
    if (!is_ours) {
        self->is_done = true;
        return LK_OK;
    }
    LK_TRY(forget_some(store, self, &r, &forgotten, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    if (r.last != INT64_MAX)
        self->after_sequence = r.last;
    self->is_done = r.last == INT64_MAX && forgotten < BATCH;
    *n += (int64_t)forgotten;
    return LK_OK;
}
