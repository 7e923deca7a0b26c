/* Hands events over, batch by batch; see latchkey/consumer.h.
 *
 * A step reads where the consumer is, reads what follows, calls the handler, and moves the place
 * forward: by compare-and-set and under the fence of its lease, so that one that was overtaken
 * moves nothing. Whatever ends a step early leaves the place where it was, and the same events come
 * again. */
#include <latchkey/consumer.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "mirror/consumer-row.h"
#include "mirror/duty.h"
#include "mirror/mirror.h"
#include "mirror/signal.h"

enum {
    DEFAULT_BATCH = 100,
    DEFAULT_LEASE_MS = 10000,
    FIRST_BACK_OFF_MS = 1000,
    MAX_BACK_OFF_MS = 60 * 1000,
    IDLE_MS = 5000,     /* at the latest: it may have been moved */
    STAND_BY_MS = 1000, /* how soon it is noticed that the other one has left */
    LOOK_MS = 250       /* how soon _run() notices a stop */
};

struct lk_consumer {
    lk_consumer_options options; /* with texts of the arena's */
    lk__arena *arena;
    lk_consumer_item *items; /* room for a batch */
    lk__duty duty;
    int64_t fence;                       /* under which resume was asked; 0: it must be */
    int64_t careful_from, careful_until; /* sequences: between them one event at a time */
    int n_failures;                      /* in a row, of whatever kind */
    int64_t due_at_ms;
    int64_t wait_ms;    /* due_at_ms was this far away: the clock may be set meanwhile */
    bool is_idle;       /* caught up: news end the wait */
    lk__signal *signal; /* a pointer, for lk_consumer_wait_ms() is const */
};

static int64_t now_ms(const lk_consumer *consumer)
{
    const lk_clock *clock = &consumer->options.clock;

    return clock->now_ms != NULL ? clock->now_ms(clock->ctx) : lk__system_now_ms(NULL);
}

static lk__consumer_turn turn_at(const lk_consumer *consumer, int64_t position)
{
    return (lk__consumer_turn){ .name = consumer->options.name,
                                .lease = consumer->duty.name,
                                .fence = consumer->duty.fence,
                                .position = position };
}

/* ---- Where it is ---- */

static void take_over_again(lk_consumer *consumer)
{
    consumer->duty.until_ms = 0; /* is the lease ours still? */
    consumer->fence = 0;
}

/* The application's own record counts for more than the store's. */
static lk_status resume(lk_consumer *consumer, lk__consumer_row *row, bool *moved, lk_error *err)
{
    lk__consumer_turn turn = turn_at(consumer, row->position);
    int64_t sequence = row->position;

    LK_TRY(consumer->options.resume(consumer->options.ctx, consumer->duty.fence, &sequence, err));
    if (sequence < 0)
        return lk__fail(err, LK_ERR_INVALID, "resume gave the sequence %lld", (long long)sequence);
    if (sequence == row->position)
        return LK_OK;
    LK_TRY(lk__consumer_move(consumer->options.mirror->store, &turn, sequence, sequence,
                             now_ms(consumer), moved, err));
    row->position = sequence;
    row->reached = row->reached < sequence ? sequence : row->reached;
    return LK_OK;
}

static lk_status find_place(lk_consumer *consumer, lk__consumer_row *row, bool *moved,
                            lk_error *err)
{
    *moved = true;
    LK_TRY(lk__consumer_read(consumer->options.mirror->store, consumer->options.name, row, err));
    if (consumer->fence == consumer->duty.fence)
        return LK_OK;
    if (consumer->options.resume != NULL)
        LK_TRY(resume(consumer, row, moved, err));
    if (*moved)
        consumer->fence = consumer->duty.fence;
    return LK_OK;
}

/* ---- A batch ---- */

static lk_status read_page(const lk_consumer *consumer, const lk__consumer_row *row, int limit,
                           lk_mirror_event_page **out, lk_error *err)
{
    const lk_consumer_options *wanted = &consumer->options;

    return lk_mirror_list_events(
        wanted->mirror,
        LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .after_sequence = row->position, .limit = limit,
                              .types = wanted->types, .n_types = wanted->n_types,
                              .organization_id = wanted->organization_id,
                              .directory_id = wanted->directory_id),
        out, err);
}

/* One at a time where something has failed: the event that fails is then known, and holds up none
 * of those before it. */
static int batch_size(const lk_consumer *consumer, const lk__consumer_row *row)
{
    bool is_careful =
        row->position >= consumer->careful_from && row->position < consumer->careful_until;

    return is_careful || row->n_failures > 0 ? 1 : consumer->options.batch;
}

static lk_status call_handler(lk_consumer *consumer, const lk__consumer_row *row,
                              const lk_mirror_event_page *page, size_t *n_done, lk_error *err)
{
    bool failed_before = lk__text_equal(row->failed_id, page->items[0]->id);
    lk_consumer_batch batch = { .items = consumer->items,
                                .count = page->count,
                                .attempt = failed_before ? (int)row->n_failures + 1 : 1,
                                .fence = consumer->duty.fence };
    lk_error problem = LK_ERROR_INIT;
    lk_status status;

    for (size_t i = 0; i < page->count; i++)
        consumer->items[i] =
            (lk_consumer_item){ .event = page->items[i],
                                .is_replay = page->items[i]->sequence <= row->reached };
    status = consumer->options.handle(consumer->options.ctx, &batch, n_done, &problem);
    if (status == LK_OK) {
        *n_done = page->count;
        return LK_OK;
    }
    if (*n_done >= page->count)
        *n_done = page->count - 1;
    if (problem.status == LK_OK)
        return lk__fail(err, status, "the handler of \"%.64s\" failed at event %.64s",
                        consumer->options.name, page->items[*n_done]->id);
    if (err != NULL)
        *err = problem;
    return status;
}

/* Where it is with the first n_done of the page done. head: the newest event before the page was
 * read, so with all of a short page done nothing up to there is left. */
static int64_t place_after(const lk__consumer_row *row, const lk_mirror_event_page *page,
                           size_t n_done, bool is_short, int64_t head)
{
    int64_t last = n_done > 0 ? page->items[n_done - 1]->sequence : row->position;

    return n_done == page->count && is_short && head > last ? head : last;
}

static lk_status remember(lk_consumer *consumer, const lk__consumer_row *row, int64_t position,
                          const lk_mirror_event_page *page, size_t n_done, bool *moved,
                          lk_error *err)
{
    lk__consumer_turn turn = turn_at(consumer, row->position);
    int64_t reached = n_done > 0 ? page->items[n_done - 1]->sequence : 0;

    *moved = true;
    if (position == row->position)
        return LK_OK;
    return lk__consumer_move(consumer->options.mirror->store, &turn, position, reached,
                             now_ms(consumer), moved, err);
}

/* The note is for those who ask how it is; the failure itself goes to the caller. */
static void note_failure(lk_consumer *consumer, int64_t position, const lk_mirror_event_page *page,
                         size_t n_done, const lk_error *problem)
{
    lk__consumer_turn turn = turn_at(consumer, position);
    int64_t last = page->items[page->count - 1]->sequence;

    if (last > consumer->careful_until || position < consumer->careful_from) {
        consumer->careful_from = position;
        consumer->careful_until = last;
    }
    lk__consumer_note_failure(consumer->options.mirror->store, &turn, page->items[n_done]->id,
                              problem->message, now_ms(consumer));
}

static lk_status hand_over(lk_consumer *consumer, const lk__consumer_row *row,
                           lk_consumer_result *result, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    int limit = batch_size(consumer, row);
    lk_error problem = LK_ERROR_INIT;
    lk_status status = LK_OK;
    int64_t head = 0;
    int64_t position;
    size_t n_done = 0;
    bool is_short;
    bool moved = false;

    LK_TRY(lk__consumer_head(consumer->options.mirror->store, &head, err));
    LK_TRY(read_page(consumer, row, limit, &page, err));
    is_short = page->count < (size_t)limit;
    if (page->count > 0)
        status = call_handler(consumer, row, page, &n_done, &problem);
    position = place_after(row, page, n_done, is_short, head);
    LK_TRY(remember(consumer, row, position, page, n_done, &moved, err));
    if (!moved) {
        take_over_again(consumer);
        result->moved = true;
        return LK_OK;
    }
    result->n_handled = n_done;
    result->caught_up = is_short;
    if (status != LK_OK) {
        note_failure(consumer, position, page, n_done, &problem);
        *err = problem;
    }
    return status;
}

static lk_status step(lk_consumer *consumer, lk_consumer_result *result, lk_error *err)
{
    lk__consumer_row row;
    bool is_ours = false;
    bool moved = false;

    LK_TRY(
        lk__duty_take(&consumer->duty, consumer->options.mirror, now_ms(consumer), &is_ours, err));
    if (!is_ours) {
        result->standing_by = result->caught_up = true;
        return LK_OK;
    }
    LK_TRY(find_place(consumer, &row, &moved, err));
    if (!moved) {
        take_over_again(consumer);
        result->moved = true;
        return LK_OK;
    }
    return hand_over(consumer, &row, result, err);
}

/* ---- When to step ---- */

static void wait_for(lk_consumer *consumer, int64_t ms, bool is_idle)
{
    consumer->wait_ms = ms;
    consumer->due_at_ms = now_ms(consumer) + ms;
    consumer->is_idle = is_idle;
}

static void plan_after_failure(lk_consumer *consumer)
{
    int64_t ms = FIRST_BACK_OFF_MS;

    if (consumer->n_failures < 1000)
        consumer->n_failures++;
    for (int i = 1; i < consumer->n_failures && ms < MAX_BACK_OFF_MS; i++)
        ms *= 2;
    wait_for(consumer, ms < MAX_BACK_OFF_MS ? ms : MAX_BACK_OFF_MS, false);
}

static void plan_after_success(lk_consumer *consumer, const lk_consumer_result *result)
{
    int64_t idle_ms = consumer->options.lease_ms / 3; /* in time to renew it */

    consumer->n_failures = 0;
    if (result->standing_by)
        wait_for(consumer, STAND_BY_MS, false);
    else if (result->caught_up)
        wait_for(consumer, idle_ms < IDLE_MS ? idle_ms : IDLE_MS, true);
    else
        wait_for(consumer, 0, false);
}

/* News, a stop, or the end of the wait. */
static void wait_a_while(lk_consumer *consumer, int64_t ms)
{
    int slice = ms < LOOK_MS ? (int)ms : LOOK_MS;
    bool news = false;

    if (!consumer->is_idle) {
        lk__signal_wait(consumer->signal, ms, false);
        consumer->wait_ms = 0; /* waited for, whatever the wall clock says */
        return;
    }
    if (lk_mirror_wait(consumer->options.mirror, slice, &news, NULL) != LK_OK)
        news = true; /* what ails the store the next step will tell */
    consumer->wait_ms = news ? 0 : ms - slice;
}

/* ---- Public ---- */

static lk_status check_options(const lk_consumer_options *options, lk_error *err)
{
    if (options->mirror == NULL || options->handle == NULL)
        return lk__fail(err, LK_ERR_INVALID, "a consumer needs a mirror and a handler");
    LK_TRY(lk__consumer_check_name(options->name, err));
    LK_TRY(lk__consumer_check_place(&options->start, err));
    if (options->batch < 0 || options->batch > 1000)
        return lk__fail(err, LK_ERR_INVALID, "batch is %d; 0 to 1000 are possible", options->batch);
    if (options->lease_ms != 0 && (options->lease_ms < 100 || options->lease_ms > 300000))
        return lk__fail(err, LK_ERR_INVALID, "lease_ms is %d; 0, or 100 to 300000 are possible",
                        options->lease_ms);
    if (options->n_types > 0 && options->types == NULL)
        return lk__fail(err, LK_ERR_INVALID, "n_types is %zu, and types is NULL", options->n_types);
    return LK_OK;
}

static lk_status copy_text(lk__arena *arena, const char **text, lk_error *err)
{
    if (*text == NULL)
        return LK_OK;
    *text = lk__arena_text(arena, *text);
    return *text != NULL ? LK_OK : lk__no_memory(err);
}

static lk_status copy_texts(lk_consumer *consumer, lk_error *err)
{
    lk_consumer_options *options = &consumer->options;
    const char **types = lk__arena_array(consumer->arena, options->n_types + 1, sizeof(*types));

    if (types == NULL)
        return lk__no_memory(err);
    for (size_t i = 0; i < options->n_types; i++) {
        types[i] = options->types[i];
        LK_TRY(copy_text(consumer->arena, &types[i], err));
    }
    options->types = types;
    LK_TRY(copy_text(consumer->arena, &options->name, err));
    LK_TRY(copy_text(consumer->arena, &options->organization_id, err));
    return copy_text(consumer->arena, &options->directory_id, err);
}

static lk_status name_lease(lk_consumer *consumer, lk_error *err)
{
    static const char prefix[] = "consumer:";
    size_t len = strlen(prefix) + strlen(consumer->options.name) + 1;
    char *name = lk__arena_alloc(consumer->arena, len);

    if (name == NULL)
        return lk__no_memory(err);
    (void)stpcpy(stpcpy(name, prefix), consumer->options.name);
    consumer->duty = (lk__duty){ .name = name, .lease_ms = consumer->options.lease_ms };
    return LK_OK;
}

lk_status lk_consumer_new(const lk_consumer_options *options, lk_consumer **out, lk_error *err)
{
    LK_CLEANUP(lk_consumer_freep) lk_consumer *consumer = NULL;
    lk_consumer_options known;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), options);
    LK_TRY(check_options(&known, err));
    consumer = calloc(1, sizeof(*consumer));
    if (consumer == NULL)
        return lk__no_memory(err);
    consumer->options = known;
    consumer->options.batch = known.batch == 0 ? DEFAULT_BATCH : known.batch;
    consumer->options.lease_ms = known.lease_ms == 0 ? DEFAULT_LEASE_MS : known.lease_ms;
    consumer->arena = lk__arena_new();
    consumer->signal = lk__signal_new();
    if (consumer->arena == NULL || consumer->signal == NULL)
        return lk__no_memory(err);
    consumer->items =
        lk__arena_array(consumer->arena, (size_t)consumer->options.batch, sizeof(*consumer->items));
    if (consumer->items == NULL)
        return lk__no_memory(err);
    LK_TRY(copy_texts(consumer, err));
    LK_TRY(name_lease(consumer, err));
    LK_TRY(lk__consumer_add(known.mirror->store, known.name, &known.start, now_ms(consumer), err));
    *out = lk__steal(consumer);
    return LK_OK;
}

lk_status lk_consumer_step(lk_consumer *consumer, lk_consumer_result *result, lk_error *err)
{
    lk_error problem = LK_ERROR_INIT;
    lk_consumer_result done = { 0 };
    lk_status status;

    lk__error_clear(err);
    status = step(consumer, &done, &problem);
    if (status != LK_OK) {
        plan_after_failure(consumer);
        if (err != NULL)
            *err = problem;
        return status;
    }
    plan_after_success(consumer, &done);
    if (result != NULL)
        *result = done;
    return LK_OK;
}

int64_t lk_consumer_wait_ms(const lk_consumer *consumer)
{
    int64_t ms = consumer->due_at_ms - now_ms(consumer);

    if (ms > consumer->wait_ms)
        ms = consumer->wait_ms;
    return ms > 0 ? ms : 0;
}

lk_status lk_consumer_run(lk_consumer *consumer, void (*on_error)(void *ctx, const lk_error *err),
                          void *ctx, lk_error *err)
{
    lk__error_clear(err);
    while (!lk__signal_take_stop(consumer->signal)) {
        int64_t ms = lk_consumer_wait_ms(consumer);
        lk_error problem = LK_ERROR_INIT;

        if (ms > 0)
            wait_a_while(consumer, ms);
        else if (lk_consumer_step(consumer, NULL, &problem) != LK_OK && on_error != NULL)
            on_error(ctx, &problem);
    }
    return LK_OK;
}

void lk_consumer_stop(lk_consumer *consumer)
{
    lk__signal_stop(consumer->signal);
}

lk_status lk_consumer_hold(lk_consumer *consumer, bool *held, lk_error *err)
{
    lk__error_clear(err);
    if (held == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_consumer_hold() was given NULL");
    *held = false;
    if (consumer->duty.fence == 0)
        return LK_OK;
    return lk__duty_renew(&consumer->duty, consumer->options.mirror, now_ms(consumer), held, err);
}

void lk_consumer_free(lk_consumer *consumer)
{
    if (consumer == NULL)
        return;
    if (consumer->duty.fence != 0)
        lk__duty_leave(&consumer->duty, consumer->options.mirror, now_ms(consumer));
    lk__signal_free(consumer->signal);
    lk__arena_free(consumer->arena);
    free(consumer);
}

void lk_consumer_freep(lk_consumer **consumer)
{
    lk_consumer_free(*consumer);
    *consumer = NULL;
}
