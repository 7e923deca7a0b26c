/* Opening, feeding one event, and where the feed stands; see latchkey/mirror.h. */
#include "mirror/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/list.h"
#include "base/clock.h"
#include "base/text.h"
#include "mirror/apply.h"
#include "mirror/event-index.h"
#include "mirror/parked.h"
#include "mirror/sql.h"
#include "mirror/walk.h"

enum { MAX_WAIT_MS = 60 * 1000 };

lk_status lk_mirror_open(const char *store, lk_mirror **out, lk_error *err)
{
    LK_CLEANUP(lk_mirror_freep) lk_mirror *mirror = NULL;

    lk__error_clear(err);
    mirror = calloc(1, sizeof(*mirror));
    if (mirror == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__store_open(store, &mirror->store, err));
    LK_TRY(lk__parked_catch_up(mirror->store, err));
    *out = lk__steal(mirror);
    return LK_OK;
}

void lk_mirror_free(lk_mirror *mirror)
{
    if (mirror == NULL)
        return;
    lk__store_free(mirror->store);
    free(mirror);
}

void lk_mirror_freep(lk_mirror **mirror)
{
    lk_mirror_free(*mirror);
    *mirror = NULL;
}

static lk_status check_event(const lk_event *event, lk_error *err)
{
    if (event == NULL || lk__text_empty(event->id) || lk__text_empty(event->type))
        return lk__fail(err, LK_ERR_INVALID, "an event needs an id and a type");
    if (!lk__list_is_id(event->id) || !lk__list_is_id(event->type))
        return lk__fail(err, LK_ERR_INVALID, "the event's id or type is not one word");
    if (event->json == NULL)
        return lk__fail(err, LK_ERR_INVALID, "event %.64s has no JSON", event->id);
    return LK_OK;
}

lk_status lk_mirror_apply_event(lk_mirror *mirror, const lk_event *event, bool *added,
                                lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk__applied applied = LK__APPLIED_KNOWN;

    lk__error_clear(err);
    LK_TRY(check_event(event, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__WRITE, err));
    LK_TRY(lk__apply_event(mirror->store, event, lk__system_now_ms(NULL), &applied, err));
    if (applied != LK__APPLIED_KNOWN) {
        LK_TRY(lk__event_index_seal(mirror->store, err));
        LK_TRY(lk__store_announce(mirror->store, err));
    }
    LK_TRY(lk__transaction_commit(&transaction, err));
    if (added != NULL)
        *added = applied != LK__APPLIED_KNOWN;
    return LK_OK;
}

lk_status lk_mirror_wait(lk_mirror *mirror, int timeout_ms, bool *news, lk_error *err)
{
    lk__error_clear(err);
    if (mirror == NULL || news == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_wait() was given NULL");
    if (timeout_ms < 0 || timeout_ms > MAX_WAIT_MS)
        return lk__fail(err, LK_ERR_INVALID, "timeout_ms must be 0-%d, not %d", MAX_WAIT_MS,
                        timeout_ms);
    return lk__store_wait(mirror->store, timeout_ms, news, err);
}

static lk_status take_feed(void *ctx, const lk__row *row, lk_error *err)
{
    lk_mirror_status *status = ctx;

    (void)err;
    snprintf(status->cursor, sizeof(status->cursor), "%s", row->columns[0].text);
    status->cursor_at_ms = row->columns[1].number;
    status->last_poll_at_ms = row->columns[2].number;
    status->settled_at_ms = row->columns[3].number;
    status->kept_from_ms = row->columns[4].number;
    return LK_OK;
}

static lk_status take_holder(void *ctx, const lk__row *row, lk_error *err)
{
    lk_mirror_status *status = ctx;
    const char *holder = row->columns[0].text;

    (void)err;
    snprintf(status->poller, sizeof(status->poller), "%s", holder != NULL ? holder : "");
    status->poller_until_ms = row->columns[1].number;
    return LK_OK;
}

static lk_status take_counts(void *ctx, const lk__row *row, lk_error *err)
{
    lk_mirror_status *status = ctx;

    (void)err;
    status->newest_event_at_ms = row->columns[0].number;
    status->n_events = row->columns[1].number;
    status->n_users = row->columns[2].number;
    status->n_groups = row->columns[3].number;
    status->n_directories = row->columns[4].number;
    status->n_parked = row->columns[5].number;
    return LK_OK;
}

lk_status lk_mirror_get_status(lk_mirror *mirror, lk_mirror_status *status, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk_mirror_status found = { .size = status->size };
    lk__walk last = { 0 };

    lk__error_clear(err);
    if (status->size < sizeof(size_t) || status->size > sizeof(found))
        return lk__fail(err, LK_ERR_INVALID, "status->size is %zu: set it to its sizeof",
                        status->size);
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_FEED, LK__NO_ARGS, take_feed, &found, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_COUNTS, LK__NO_ARGS, take_counts, &found, err));
    LK_TRY(
        lk__store_run(mirror->store, LK__SQL_LEASE_HOLDER, LK__NO_ARGS, take_holder, &found, err));
    LK_TRY(lk__walk_read_last(mirror->store, &last, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    found.reconciled_at_ms = last.finished_at_ms;
    found.reconciled_walk = last.finished_at_ms != 0 ? last.id : 0;
    found.reconciled_held = last.state == LK_RECONCILE_HELD;
    memcpy(status, &found, status->size);
    return LK_OK;
}
