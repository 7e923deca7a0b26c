/* See parked.h. In batches, each a transaction: the log may hold a million of them. Whoever stops
 * in between goes on from the beginning next time; what was applied is no longer among them. */
#include "mirror/parked.h"

#include <stdlib.h>
#include <string.h>

#include "mirror/apply.h"
#include "mirror/mirror.h"
#include "mirror/record.h"
#include "mirror/sql.h"

enum { BATCH = 100 };

typedef struct parked {
    int64_t sequence;
    lk_event event;
} parked;

typedef struct batch {
    lk__arena *arena;
    parked items[BATCH];
    size_t count;
} batch;

static lk_status take_parked(void *ctx, const lk__row *row, lk_error *err)
{
    batch *found = ctx;
    const lk__value *columns = row->columns;
    parked *p = &found->items[found->count];

    *p = (parked){ .sequence = columns[0].number,
                   .event = { .created_at_ms = columns[3].number, .json_len = columns[4].len } };
    if (!lk__take_text(found->arena, &columns[1], &p->event.id) ||
        !lk__take_text(found->arena, &columns[2], &p->event.type) ||
        !lk__take_text(found->arena, &columns[4], &p->event.json))
        return lk__no_memory(err);
    if (p->event.json == NULL)
        return lk__fail(err, LK_ERR_STORE, "the mirror lost the body of event %.64s", p->event.id);
    found->count++;
    return LK_OK;
}

static lk_status retry_batch(lk__store *store, int64_t *after, size_t *count, int64_t *n_applied,
                             lk_error *err)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    lk__auto_transaction transaction = { 0 };
    batch found = { .arena = arena };
    int64_t applied = 0;

    if (arena == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__transaction_begin(&transaction, store, LK__WRITE, err));
    LK_TRY(lk__store_run(store, LK__SQL_PARKED,
                         LK__ARGS(lk__value_number(*after), lk__value_number(BATCH)), take_parked,
                         &found, err));
    for (size_t i = 0; i < found.count; i++) {
        bool is_applied = false;

        LK_TRY(lk__apply_parked(store, &found.items[i].event, found.items[i].sequence, &is_applied,
                                err));
        applied += is_applied;
    }
    if (applied > 0)
        LK_TRY(lk__store_announce(store, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    if (found.count > 0)
        *after = found.items[found.count - 1].sequence;
    *count = found.count;
    *n_applied += applied;
    return LK_OK;
}

static lk_status retry_all(lk__store *store, int64_t *n_applied, lk_error *err)
{
    int64_t after = 0;
    size_t count = BATCH;

    while (count == BATCH)
        LK_TRY(retry_batch(store, &after, &count, n_applied, err));
    return LK_OK;
}

lk_status lk__parked_catch_up(lk__store *store, lk_error *err)
{
    int64_t reader = LK__READER;
    int64_t n_applied = 0;

    LK_TRY(lk__store_run(store, LK__SQL_READER, LK__NO_ARGS, lk__take_number, &reader, err));
    if (reader >= LK__READER)
        return LK_OK;
    LK_TRY(retry_all(store, &n_applied, err));
    return lk__store_run(store, LK__SQL_SET_READER, LK__ARGS(lk__value_number(LK__READER)), NULL,
                         NULL, err);
}

lk_status lk_mirror_retry_parked(lk_mirror *mirror, int64_t *n_applied, lk_error *err)
{
    int64_t applied = 0;

    lk__error_clear(err);
    LK_TRY(retry_all(mirror->store, &applied, err));
    if (n_applied != NULL)
        *n_applied = applied;
    return LK_OK;
}

/* ---- Listing them ---- */

typedef struct collecting {
    lk__arena *arena;
    const lk_parked_event **items;
    size_t count;
} collecting;

static lk_status take_listed(void *ctx, const lk__row *row, lk_error *err)
{
    collecting *c = ctx;
    const lk__value *columns = row->columns;
    lk_parked_event *event = lk__arena_alloc(c->arena, sizeof(*event));

    if (event == NULL)
        return lk__no_memory(err);
    event->sequence = columns[0].number;
    event->created_at_ms = columns[3].number;
    if (!lk__take_text(c->arena, &columns[1], &event->id) ||
        !lk__take_text(c->arena, &columns[2], &event->type) ||
        !lk__take_text(c->arena, &columns[4], &event->reason))
        return lk__no_memory(err);
    c->items[c->count++] = event;
    return LK_OK;
}

lk_status lk_mirror_list_parked(lk_mirror *mirror, int64_t after_sequence, int limit,
                                lk_parked_page **out, lk_error *err)
{
    LK_CLEANUP(lk_parked_page_freep) lk_parked_page *page = NULL;
    collecting c = { 0 };
    int known_limit = 0;

    lk__error_clear(err);
    LK_TRY(lk__check_limit(limit, &known_limit, err));
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    c.items = lk__arena_array(c.arena, (size_t)known_limit, sizeof(const lk_parked_event *));
    if (c.items == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__store_run(mirror->store, LK__SQL_LIST_PARKED,
                         LK__ARGS(lk__value_number(after_sequence), lk__value_number(known_limit)),
                         take_listed, &c, err));
    page->items = c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

void lk_parked_page_free(lk_parked_page *page)
{
    lk__answer_free(page);
}

void lk_parked_page_freep(lk_parked_page **page)
{
    lk_parked_page_free(*page);
    *page = NULL;
}
