/* Consumers by name: listing, moving, removing; see latchkey/consumer.h. */
#include <string.h>

#include "mirror/consumer-row.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

enum { MAX_CONSUMERS = 1000 };

/* ---- Listing ---- */

typedef struct collecting {
    lk__arena *arena;
    const lk_consumer_state **items;
    size_t count;
} collecting;

static lk_status take_state(void *ctx, const lk__row *row, lk_error *err)
{
    collecting *c = ctx;
    const lk__value *columns = row->columns;
    lk_consumer_state *state;

    if (c->count == MAX_CONSUMERS)
        return lk__fail(err, LK_ERR_STORE, "the mirror has more than %d consumers: remove some",
                        (int)MAX_CONSUMERS);
    state = lk__arena_alloc(c->arena, sizeof(*state));
    if (state == NULL || !lk__take_text(c->arena, &columns[0], &state->name) ||
        !lk__take_text(c->arena, &columns[9], &state->failed_id) ||
        !lk__take_text(c->arena, &columns[10], &state->failure))
        return lk__no_memory(err);
    state->position = columns[1].number;
    state->reached = columns[2].number;
    state->n_behind = columns[3].number;
    state->behind_since_ms = columns[4].number;
    state->subscribed_at_ms = columns[5].number;
    state->done_at_ms = columns[6].number;
    state->n_failures = columns[7].number;
    state->failed_at_ms = columns[8].number;
    c->items[c->count++] = state;
    return LK_OK;
}

lk_status lk_mirror_list_consumers(lk_mirror *mirror, lk_consumer_state_page **out, lk_error *err)
{
    LK_CLEANUP(lk_consumer_state_page_freep) lk_consumer_state_page *page = NULL;
    collecting c = { 0 };

    lk__error_clear(err);
    if (mirror == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_list_consumers() was given NULL");
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    c.items = lk__arena_array(c.arena, MAX_CONSUMERS, sizeof(const lk_consumer_state *));
    if (c.items == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__store_run(mirror->store, LK__SQL_CONSUMERS, LK__NO_ARGS, take_state, &c, err));
    page->items = c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

void lk_consumer_state_page_free(lk_consumer_state_page *page)
{
    lk__answer_free(page);
}

void lk_consumer_state_page_freep(lk_consumer_state_page **page)
{
    lk_consumer_state_page_free(*page);
    *page = NULL;
}

/* ---- Moving ---- */

static lk_status take_hit(void *ctx, const lk__row *row, lk_error *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return LK_OK;
}

static lk_status check(const lk_mirror *mirror, const char *name, lk_error *err)
{
    if (mirror == NULL)
        return lk__fail(err, LK_ERR_INVALID, "a consumer needs a mirror");
    return lk__consumer_check_name(name, err);
}

static lk_status not_found(const char *name, lk_error *err)
{
    return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror has no consumer \"%.64s\"", name);
}

lk_status lk_mirror_move_consumer(lk_mirror *mirror, const char *name, const lk_consumer_place *to,
                                  lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    int64_t position = 0;
    bool hit = false;

    lk__error_clear(err);
    LK_TRY(check(mirror, name, err));
    if (to == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_move_consumer() was given no place");
    LK_TRY(lk__consumer_check_place(to, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__WRITE, err));
    LK_TRY(lk__consumer_find(mirror->store, to, &position, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_PLACE_CONSUMER,
                         LK__ARGS(lk__value_text(name), lk__value_number(position)), take_hit, &hit,
                         err));
    if (!hit)
        return not_found(name, err);
    LK_TRY(lk__store_announce(mirror->store, err)); /* one that waits for news has some */
    return lk__transaction_commit(&transaction, err);
}

lk_status lk_mirror_skip_event(lk_mirror *mirror, const char *name, const char *event_id,
                               lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    const lk_consumer_place at = { .from = LK_FROM_EVENT, .event_id = event_id };
    lk__consumer_row row;
    int64_t before = 0;
    bool hit = false;

    lk__error_clear(err);
    LK_TRY(check(mirror, name, err));
    LK_TRY(lk__consumer_check_place(&at, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__WRITE, err));
    LK_TRY(lk__consumer_read(mirror->store, name, &row, err));
    LK_TRY(lk__consumer_find(mirror->store, &at, &before, err));
    LK_TRY(lk__store_run(
        mirror->store, LK__SQL_SKIP_EVENT,
        LK__ARGS(lk__value_text(name), lk__value_text(event_id), lk__value_number(before + 1)),
        take_hit, &hit, err));
    if (!hit)
        return lk__fail(err, LK_ERR_INVALID,
                        "consumer \"%.64s\" does not fail at %.64s but %s%.64s", name, event_id,
                        row.failed_id[0] != '\0' ? "at " : "at none", row.failed_id);
    LK_TRY(lk__store_announce(mirror->store, err));
    return lk__transaction_commit(&transaction, err);
}

lk_status lk_mirror_remove_consumer(lk_mirror *mirror, const char *name, lk_error *err)
{
    bool hit = false;

    lk__error_clear(err);
    LK_TRY(check(mirror, name, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_DROP_CONSUMER, LK__ARGS(lk__value_text(name)),
                         take_hit, &hit, err));
    return hit ? LK_OK : not_found(name, err);
}
