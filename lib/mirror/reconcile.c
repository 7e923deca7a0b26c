/* Walks through the state API, step by step; see latchkey/reconcile.h.
 *
 * All that a walk knows is in the database (walk.h), so each step begins by reading where it
 * stands: after a crash, or beside another process that takes part, it just goes on. */
#include <latchkey/reconcile.h>

#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "mirror/duty.h"
#include "mirror/mirror.h"
#include "mirror/reconcile.h"
#include "mirror/sql.h"
#include "mirror/walk-merge.h"
#include "mirror/walk-sweep.h"

enum {
    PAUSE_MS = 250, /* "/directory_users: 4 requests per second per directory": WorkOS' limits */
    DEFAULT_PERCENT = 5,
    DEFAULT_NUMBER = 10,
    MOST_ANEW = 20 /* lists: places do go, but not one after the other */
};

/* "up to 30 days old": https://workos.com/docs/reference/events/list */
#define RETENTION_MS (INT64_C(30) * 24 * 3600 * 1000)

struct lk_reconcile {
    lk_client *client;
    lk_mirror *mirror;
    bool force;
    int max_percent;
    int max_number;
    int64_t walk_id;
    int64_t fence; /* of the feed's lease; 0: there is none */
    int n_anew;    /* lists that were begun anew since their place was refused */
};

int64_t lk__oldest_kept(const lk_client *client)
{
    int64_t at_ms = lk__now_ms(client) - RETENTION_MS;

    return at_ms > 0 ? at_ms : 1; /* 0 would not be sent */
}

/* WorkOS refuses this list: perhaps since the place in it is gone, else it is the directory. Is it
 * deleted, its event tells. */
static bool is_refusal(const lk_error *err)
{
    return err->status == LK_ERR_API && err->http_status >= 400 && err->http_status < 500 &&
           err->http_status != 401;
}

/* A page of a list. *out is NULL, and all is well, where WorkOS refuses it and may_refuse. */
static lk_status list(const lk_reconcile *self, lk__object_kind kind, const char *directory_id,
                      const char *position, bool may_refuse, lk__object_page **out, lk_error *err)
{
    const char *after = position[0] != '\0' ? position : NULL;
    lk_error problem = LK_ERROR_INIT;
    lk_status status = lk__objects_list(self->client, kind, directory_id, after, out, &problem);

    if (status == LK_OK || (may_refuse && is_refusal(&problem)))
        return LK_OK;
    if (err != NULL)
        *err = problem;
    return status;
}

/* Where another one was faster, or has taken over, the step did not happen. */
static lk_status commit(const lk_reconcile *self, lk__transaction *transaction, bool moved,
                        lk_error *err)
{
    bool is_ours = false;

    if (moved)
        LK_TRY(lk__duty_holds_feed(self->mirror->store, self->fence, &is_ours, err));
    return is_ours ? lk__transaction_commit(transaction, err) : LK_OK;
}

/* ---- Directories ---- */

/* The directory that the last page ended with may be gone: then the list is begun again. */
static lk_status step_listing(lk_reconcile *self, const lk__walk *walk, lk_error *err)
{
    LK_CLEANUP(lk__object_page_freep) lk__object_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    bool has_begun = walk->position[0] != '\0';
    lk_reconcile_state state = LK_RECONCILE_LISTING;
    const char *position = "";
    size_t n_bad = 0;
    bool moved = false;

    LK_TRY(list(self, LK__DIRECTORIES, NULL, walk->position, has_begun, &page, err));
    LK_TRY(lk__transaction_begin(&transaction, self->mirror->store, LK__WRITE, err));
    if (page != NULL) {
        LK_TRY(lk__walk_merge(self->mirror->store, walk, LK__DIRECTORIES, page, &n_bad, err));
        state = page->after != NULL ? LK_RECONCILE_LISTING : LK_RECONCILE_WALKING;
        position = page->after != NULL ? page->after : "";
    } else if (++self->n_anew > MOST_ANEW) {
        state = LK_RECONCILE_WALKING;
        n_bad = 1; /* the rest of the list */
    }
    LK_TRY(lk__walk_move(self->mirror->store, walk, state, position, n_bad > 0,
                         lk__now_ms(self->client), &moved, err));
    return commit(self, &transaction, moved, err);
}

/* ---- Groups and users ---- */

static void pause_for(const lk_reconcile *self, const lk__walk_directory *directory)
{
    int64_t ms = directory->asked_at_ms + PAUSE_MS - lk__now_ms(self->client);

    if (ms > PAUSE_MS) /* the clock was set back */
        ms = PAUSE_MS;
    if (ms > 0)
        self->client->clock.sleep_ms(self->client->clock.ctx, ms);
}

/* A place may be gone: then the list is begun again. One that is refused from its beginning, or
 * again and again, fails. */
static void plan_after_refusal(lk_reconcile *self, lk__walk_directory *next)
{
    if (next->position[0] == '\0' || ++self->n_anew > MOST_ANEW)
        next->phase = LK__WALK_FAILED;
    next->position[0] = '\0';
}

static void plan_after_page(lk__walk_directory *next, const lk__object_page *page)
{
    next->position[0] = '\0';
    if (page->after != NULL)
        memcpy(next->position, page->after, strlen(page->after) + 1); /* an id: it fits */
    else
        next->phase++; /* groups, users, done */
}

static lk_status step_directory(lk_reconcile *self, const lk__walk *walk,
                                const lk__walk_directory *directory, lk_error *err)
{
    lk__object_kind kind =
        directory->phase == LK__WALK_GROUPS ? LK__DIRECTORY_GROUPS : LK__DIRECTORY_USERS;
    LK_CLEANUP(lk__object_page_freep) lk__object_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    lk__walk_directory next = *directory;
    size_t n_bad = 0;
    bool moved = false;

    pause_for(self, directory);
    next.asked_at_ms = lk__now_ms(self->client);
    LK_TRY(list(self, kind, directory->id, directory->position, true, &page, err));
    LK_TRY(lk__transaction_begin(&transaction, self->mirror->store, LK__WRITE, err));
    if (page != NULL) {
        LK_TRY(lk__walk_merge(self->mirror->store, walk, kind, page, &n_bad, err));
        plan_after_page(&next, page);
    } else {
        plan_after_refusal(self, &next);
    }
    LK_TRY(lk__walk_move_directory(self->mirror->store, walk, directory, &next,
                                   page != NULL ? page->count : 0, n_bad > 0, &moved, err));
    return commit(self, &transaction, moved, err);
}

/* ---- The end ---- */

static bool is_too_many(const lk_reconcile *self, int64_t n_doomed, int64_t n_live)
{
    return !self->force && n_doomed > self->max_number &&
           n_doomed * 100 > n_live * self->max_percent;
}

static lk_status end_of(lk_reconcile *self, const lk__walk *walk, lk_reconcile_state *out,
                        lk_error *err)
{
    int64_t n_doomed = 0;
    int64_t n_live = 0;

    LK_TRY(lk__store_run(self->mirror->store, LK__SQL_FORGET_DOOMED,
                         LK__ARGS(lk__value_number(walk->id)), NULL, NULL, err));
    LK_TRY(lk__walk_count_doomed(self->mirror->store, walk, &n_doomed, &n_live, err));
    if (is_too_many(self, n_doomed, n_live))
        *out = LK_RECONCILE_HELD;
    else
        *out = walk->is_dry ? LK_RECONCILE_DONE : LK_RECONCILE_SWEEPING;
    if (*out != LK_RECONCILE_SWEEPING)
        LK_TRY(lk__walk_count_drift(self->mirror->store, walk, err));
    return LK_OK;
}

/* Everything has been seen: may what was not seen be deleted? */
static lk_status step_judging(lk_reconcile *self, const lk__walk *walk, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    lk_reconcile_state state = LK_RECONCILE_DONE;
    bool moved = false;

    LK_TRY(lk__transaction_begin(&transaction, self->mirror->store, LK__WRITE, err));
    LK_TRY(end_of(self, walk, &state, err));
    LK_TRY(lk__walk_move(self->mirror->store, walk, state, walk->position, false,
                         lk__now_ms(self->client), &moved, err));
    if (moved && state == LK_RECONCILE_DONE)
        LK_TRY(lk__walk_forget(self->mirror->store, walk, err));
    if (moved)
        LK_TRY(lk__store_announce(self->mirror->store, err));
    return commit(self, &transaction, moved, err);
}

static lk_status step_sweeping(lk_reconcile *self, const lk__walk *walk, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };
    size_t n = 0;
    bool moved = false;

    LK_TRY(lk__transaction_begin(&transaction, self->mirror->store, LK__WRITE, err));
    LK_TRY(lk__walk_move(self->mirror->store, walk, LK_RECONCILE_SWEEPING, walk->position, false,
                         lk__now_ms(self->client), &moved, err));
    if (!moved)
        return LK_OK;
    LK_TRY(lk__walk_sweep(self->mirror->store, walk, &n, err));
    if (n == 0) {
        LK_TRY(lk__walk_move(self->mirror->store, walk, LK_RECONCILE_DONE, walk->position, false,
                             lk__now_ms(self->client), &moved, err));
        LK_TRY(lk__walk_forget(self->mirror->store, walk, err));
        LK_TRY(lk__store_announce(self->mirror->store, err));
    }
    return commit(self, &transaction, moved, err);
}

static lk_status step_walking(lk_reconcile *self, const lk__walk *walk, lk_error *err)
{
    lk__walk_directory directory;

    LK_TRY(lk__walk_next_directory(self->mirror->store, walk, &directory, err));
    return directory.id[0] != '\0' ? step_directory(self, walk, &directory, err)
                                   : step_judging(self, walk, err);
}

static bool is_over(const lk_reconcile *self, const lk__walk *walk)
{
    if (walk->state == LK_RECONCILE_HELD)
        return !self->force;
    return walk->state == LK_RECONCILE_DONE || walk->state == LK_RECONCILE_LEFT;
}

static lk_status step(lk_reconcile *self, const lk__walk *walk, lk_error *err)
{
    switch (walk->state) {
    case LK_RECONCILE_LISTING:
        return step_listing(self, walk, err);
    case LK_RECONCILE_WALKING:
        return step_walking(self, walk, err);
    case LK_RECONCILE_SWEEPING:
        return step_sweeping(self, walk, err);
    case LK_RECONCILE_HELD:
        return step_judging(self, walk, err);
    case LK_RECONCILE_DONE:
    case LK_RECONCILE_LEFT:
        break;
    }
    return LK_OK;
}

/* ---- Public ---- */

static lk_status check_options(const lk_reconcile_options *options, lk_error *err)
{
    if (options->client == NULL || options->mirror == NULL)
        return lk__fail(err, LK_ERR_INVALID, "a reconciliation needs a client and a mirror");
    if (!options->client->has_api_key)
        return lk__fail(err, LK_ERR_INVALID, "a reconciliation needs a client with an API key");
    if (options->max_delete_percent < 0 || options->max_delete_percent > 100)
        return lk__fail(err, LK_ERR_INVALID, "max_delete_percent is %d; 0 to 100 are possible",
                        options->max_delete_percent);
    if (options->max_delete < 0)
        return lk__fail(err, LK_ERR_INVALID, "max_delete must not be negative: %d",
                        options->max_delete);
    return LK_OK;
}

lk_status lk_reconcile_new(const lk_reconcile_options *options, lk_reconcile **out, lk_error *err)
{
    LK_CLEANUP(lk_reconcile_freep) lk_reconcile *self = NULL;
    lk_reconcile_options known;
    lk__walk walk = { 0 };
    bool is_default;

    lk__error_clear(err);
    lk__copy_options(&known, sizeof(known), options);
    LK_TRY(check_options(&known, err));
    self = calloc(1, sizeof(*self));
    if (self == NULL)
        return lk__no_memory(err);
    is_default = known.max_delete_percent == 0 && known.max_delete == 0;
    self->client = known.client;
    self->mirror = known.mirror;
    self->force = known.force;
    self->max_percent = is_default ? DEFAULT_PERCENT : known.max_delete_percent;
    self->max_number = is_default ? DEFAULT_NUMBER : known.max_delete;
    LK_TRY(lk__walk_begin(known.mirror->store, lk__now_ms(known.client),
                          lk__oldest_kept(known.client), known.dry_run, known.force, &walk, err));
    self->walk_id = walk.id;
    lk__store_expect_writes(known.mirror->store);
    *out = lk__steal(self);
    return LK_OK;
}

void lk__reconcile_set_fence(lk_reconcile *reconcile, int64_t fence)
{
    reconcile->fence = fence;
}

lk_status lk_reconcile_step(lk_reconcile *reconcile, bool *goes_on, lk_error *err)
{
    lk_error ignored = LK_ERROR_INIT;
    bool is_known = true;
    lk__walk walk;

    lk__error_clear(err);
    LK_TRY(lk__walk_read(reconcile->mirror->store, reconcile->walk_id, &walk, err));
    if (!is_over(reconcile, &walk)) {
        LK_TRY(step(reconcile, &walk, err));
        /* What is done is done: where this fails, the next step finds out how things stand. */
        is_known =
            lk__walk_read(reconcile->mirror->store, reconcile->walk_id, &walk, &ignored) == LK_OK;
    }
    *goes_on = !is_known || !is_over(reconcile, &walk);
    return LK_OK;
}

static lk_status take_counts(void *ctx, const lk__row *row, lk_error *err)
{
    lk_reconcile_progress *progress = ctx;

    (void)err;
    progress->n_directories = row->columns[0].number;
    progress->n_directories_done = row->columns[1].number;
    progress->n_directories_failed = row->columns[2].number;
    progress->n_seen = row->columns[3].number;
    progress->n_expected = row->columns[4].number;
    return LK_OK;
}

static void add_doomed(lk_reconcile_progress *progress, const lk_drift_page *drift)
{
    for (size_t i = 0; i < drift->count; i++)
        progress->n_doomed += drift->items[i].users_deleted + drift->items[i].groups_deleted;
}

lk_status lk_reconcile_get_progress(lk_reconcile *reconcile, lk_reconcile_progress *progress,
                                    lk_error *err)
{
    lk_reconcile_progress found = { .size = progress->size, .walk = reconcile->walk_id };
    lk_auto(lk_drift_page) drift = NULL;
    lk__walk walk;

    lk__error_clear(err);
    if (progress->size < sizeof(size_t) || progress->size > sizeof(found))
        return lk__fail(err, LK_ERR_INVALID, "progress->size is %zu: set it to its sizeof",
                        progress->size);
    LK_TRY(lk__walk_read(reconcile->mirror->store, reconcile->walk_id, &walk, err));
    found.state = walk.state;
    found.started_at_ms = walk.started_at_ms;
    found.finished_at_ms = walk.finished_at_ms;
    LK_TRY(lk__store_run(reconcile->mirror->store, LK__SQL_WALK_COUNTS,
                         LK__ARGS(lk__value_number(walk.id)), take_counts, &found, err));
    LK_TRY(lk_mirror_list_drift(reconcile->mirror, walk.id, &drift, err));
    add_doomed(&found, drift);
    memcpy(progress, &found, progress->size);
    return LK_OK;
}

void lk_reconcile_free(lk_reconcile *reconcile)
{
    free(reconcile);
}

void lk_reconcile_freep(lk_reconcile **reconcile)
{
    lk_reconcile_free(*reconcile);
    *reconcile = NULL;
}
