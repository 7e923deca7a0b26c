/* See consumer-row.h. */
#include "mirror/consumer-row.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "mirror/sql.h"

enum { MAX_NAME = 200 };

/* ---- Checks ---- */

lk_status lk__consumer_check_name(const char *name, lk_error *err)
{
    size_t len = name != NULL ? strlen(name) : 0;

    if (len < 1 || len > MAX_NAME)
        return lk__fail(err, LK_ERR_INVALID, "a consumer's name has 1 to %d bytes, not %zu",
                        (int)MAX_NAME, len);
    if (lk__has_control(name, len) || !lk__utf8_valid(name, len))
        return lk__fail(err, LK_ERR_INVALID,
                        "a consumer's name is text without control characters");
    return LK_OK;
}

lk_status lk__consumer_check_place(const lk_consumer_place *place, lk_error *err)
{
    if ((unsigned)place->from > LK_FROM_TIME)
        return lk__fail(err, LK_ERR_INVALID, "unknown place %d", (int)place->from);
    if (place->from == LK_FROM_EVENT && lk__text_empty(place->event_id))
        return lk__fail(err, LK_ERR_INVALID, "a place at an event needs its id");
    if (place->from == LK_FROM_TIME && place->time_ms <= 0)
        return lk__fail(err, LK_ERR_INVALID, "a place in time needs a time, not %lld",
                        (long long)place->time_ms);
    return LK_OK;
}

/* ---- Reading ---- */

typedef struct looked_up {
    lk__consumer_row row;
    bool is_there;
} looked_up;

static lk_status take_row(void *ctx, const lk__row *row, lk_error *err)
{
    looked_up *found = ctx;
    const lk__value *columns = row->columns;

    (void)err;
    found->is_there = true;
    found->row.position = columns[0].number;
    found->row.reached = columns[1].number;
    found->row.n_failures = columns[2].number;
    snprintf(found->row.failed_id, sizeof(found->row.failed_id), "%s",
             columns[3].text != NULL ? columns[3].text : "");
    return LK_OK;
}

static lk_status take_hit(void *ctx, const lk__row *row, lk_error *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return LK_OK;
}

lk_status lk__consumer_read(lk__store *store, const char *name, lk__consumer_row *out,
                            lk_error *err)
{
    looked_up found = { 0 };

    LK_TRY(lk__store_run(store, LK__SQL_CONSUMER, LK__ARGS(lk__value_text(name)), take_row, &found,
                         err));
    if (!found.is_there)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror has no consumer \"%.64s\"", name);
    *out = found.row;
    return LK_OK;
}

lk_status lk__consumer_head(lk__store *store, int64_t *out, lk_error *err)
{
    return lk__store_run(store, LK__SQL_HEAD, LK__NO_ARGS, lk__take_number, out, err);
}

static lk_status find_event(lk__store *store, const char *id, int64_t *out, lk_error *err)
{
    *out = 0;
    LK_TRY(lk__store_run(store, LK__SQL_EVENT_PLACE, LK__ARGS(lk__value_text(id)), lk__take_number,
                         out, err));
    if (*out == 0)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror knows no event \"%.64s\"", id);
    return LK_OK;
}

lk_status lk__consumer_find(lk__store *store, const lk_consumer_place *place, int64_t *out,
                            lk_error *err)
{
    int64_t first = 0;

    switch (place->from) {
    case LK_FROM_BEGINNING:
        *out = 0;
        return LK_OK;
    case LK_FROM_EVENT:
        LK_TRY(find_event(store, place->event_id, &first, err));
        break;
    case LK_FROM_TIME:
        LK_TRY(lk__store_run(store, LK__SQL_FIRST_SINCE, LK__ARGS(lk__value_number(place->time_ms)),
                             lk__take_number, &first, err));
        break;
    case LK_FROM_END:
        break;
    }
    if (first == 0)
        return lk__consumer_head(store, out, err);
    *out = first - 1;
    return LK_OK;
}

/* ---- Writing ---- */

lk_status lk__consumer_add(lk__store *store, const char *name, const lk_consumer_place *start,
                           int64_t now_ms, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    looked_up found = { 0 };
    int64_t position = 0;

    LK_TRY(lk__transaction_begin(&transaction, store, LK__WRITE, err));
    LK_TRY(lk__store_run(store, LK__SQL_CONSUMER, LK__ARGS(lk__value_text(name)), take_row, &found,
                         err));
    if (found.is_there) /* its start may be long gone, and does not matter any more */
        return LK_OK;
    LK_TRY(lk__consumer_find(store, start, &position, err));
    LK_TRY(lk__store_run(
        store, LK__SQL_ADD_CONSUMER,
        LK__ARGS(lk__value_text(name), lk__value_number(position), lk__value_number(now_ms)), NULL,
        NULL, err));
    return lk__transaction_commit(&transaction, err);
}

lk_status lk__consumer_move(lk__store *store, const lk__consumer_turn *turn, int64_t position,
                            int64_t reached, int64_t now_ms, bool *moved, lk_error *err)
{
    *moved = false;
    return lk__store_run(store, LK__SQL_MOVE_CONSUMER,
                         LK__ARGS(lk__value_text(turn->name), lk__value_number(turn->position),
                                  lk__value_text(turn->lease), lk__value_number(turn->fence),
                                  lk__value_number(position), lk__value_number(reached),
                                  lk__value_number(now_ms)),
                         take_hit, moved, err);
}

void lk__consumer_note_failure(lk__store *store, const lk__consumer_turn *turn,
                               const char *event_id, const char *failure, int64_t now_ms)
{
    lk_error ignored = LK_ERROR_INIT;
    lk_status status = lk__store_run(
        store, LK__SQL_FAIL_CONSUMER,
        LK__ARGS(lk__value_text(turn->name), lk__value_number(turn->position),
                 lk__value_text(turn->lease), lk__value_number(turn->fence),
                 lk__value_text(event_id), lk__value_text(failure), lk__value_number(now_ms)),
        NULL, NULL, &ignored);

    (void)status; /* see the header */
}
