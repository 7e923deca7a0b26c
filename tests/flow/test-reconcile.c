/* A walk through the state API makes the mirror what WorkOS has, whatever went wrong before and
 * however often it is interrupted, and deletes only what it knows to be gone. */
#include <latchkey/reconcile.h>
#include <stdio.h>

#include "fake-directory.h"
#include "mirror/reconcile.h"
#include "sync-bench.h"
#include "test.h"

enum { N_USERS = 60 };

typedef struct scene {
    bench b;
    fake_directory directory;
} scene;

static int setup(void **state)
{
    scene *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->b.clock.now_ms = NOON;
    s->b.reconciles = true;
    kit_begin(&s->b.k);
    kit_open(&s->b.k);
    s->directory.clock = &s->b.clock;
    s->directory.page = 10;
    fake_directory_fill(&s->directory, 3, N_USERS);
    bench_use(&s->b, fake_directory_use(&s->directory));
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;

    lk_sync_free(s->b.sync);
    lk_client_free(s->b.client);
    kit_end(&s->b.k);
    free(s->directory.users);
    free(s->b.events);
    free(s);
    return 0;
}

/* ---- Walking ---- */

static lk_reconcile_progress walk_with(scene *s, lk_reconcile_options options)
{
    lk_reconcile_progress progress = { .size = sizeof(progress) };
    lk_auto(lk_reconcile) walk = NULL;
    lk_error err = LK_ERROR_INIT;
    bool goes_on = true;

    options.size = sizeof(options);
    options.client = s->b.client;
    options.mirror = s->b.k.mirror;
    assert_ok(lk_reconcile_new(&options, &walk, &err), err);
    for (int i = 0; goes_on; i++) {
        assert_true(i < 1000);
        assert_ok(lk_reconcile_step(walk, &goes_on, &err), err);
    }
    assert_ok(lk_reconcile_get_progress(walk, &progress, &err), err);
    return progress;
}

static lk_reconcile_progress walk(scene *s)
{
    return walk_with(s, (lk_reconcile_options){ 0 });
}

/* What a mirror shows that holds exactly what the directory has. */
static char *expected_live(const fake_directory *d)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    for (size_t i = 0; i < d->n_users; i++) {
        const fake_user *user = &d->users[i];

        if (user->is_gone || d->is_gone[user->directory])
            continue;
        fprintf(out, "%s %s", user->id, user->name);
        for (int g = 0; g < FAKE_GROUPS; g++)
            if ((user->groups & (1U << g)) != 0)
                fprintf(out, " group_%d_%d", user->directory, g);
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

static char *live(lk_mirror *mirror)
{
    lk_auto(lk_directory_user_page) users = NULL;
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_ok(lk_mirror_list_users(mirror, LK_MIRROR_QUERY(.limit = 1000), &users, &err), err);
    for (size_t i = 0; i < users->count; i++) {
        fprintf(out, "%s %s", users->items[i]->id, users->items[i]->first_name);
        for (size_t g = 0; g < users->items[i]->n_groups; g++)
            fprintf(out, " %s", users->items[i]->groups[g]);
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

static void assert_equal_to_directory(scene *s)
{
    char *expected = expected_live(&s->directory);
    char *found = live(s->b.k.mirror);
    int64_t n_directories = 0;

    assert_string_equal(found, expected);
    free(expected);
    free(found);
    for (int i = 0; i < s->directory.n_directories; i++)
        n_directories += !s->directory.is_gone[i];
    assert_int_equal(bench_status(&s->b).n_directories, n_directories);
    assert_int_equal(bench_status(&s->b).n_groups, n_directories * FAKE_GROUPS);
}

/* Frees what it is given. */
static void assert_same_dump(scene *s, char *expected)
{
    char *found = kit_dump(s->b.k.mirror);

    assert_string_equal(found, expected);
    free(found);
    free(expected);
}

static lk_drift drift_of(scene *s, int64_t walk_id, const char *organization_id)
{
    lk_auto(lk_drift_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_drift none = { 0 };

    assert_ok(lk_mirror_list_drift(s->b.k.mirror, walk_id, &page, &err), err);
    for (size_t i = 0; i < page->count; i++) {
        if (strcmp(page->items[i].organization_id, organization_id) == 0) {
            none = page->items[i];
            none.organization_id = NULL; /* lives in the page */
        }
    }
    return none;
}

/* ---- A new mirror ---- */

static void test_new_mirror_is_filled_before_it_follows(void **state)
{
    scene *s = *state;
    lk_sync_result result = bench_step(&s->b);

    assert_true(result.reconciling);
    assert_false(result.caught_up);
    bench_catch_up(&s->b);
    assert_equal_to_directory(s);
    /* Once only. */
    s->directory.n_requests = 0;
    bench_catch_up(&s->b);
    assert_int_equal(s->directory.n_requests, 0);
}

/* The state is old enough for any event that WorkOS still has to win. */
static void test_events_win_over_what_filled_the_mirror(void **state)
{
    scene *s = *state;
    kit_event events[2];
    fake_feed feed = { .events = events, .n_events = 2, .clock = &s->b.clock };
    char json[1024];

    fake_directory_user_json(&s->directory.users[0], false, json);
    s->directory.feed = &feed;
    kit_make(&events[0], "event_1", "dsync.user.deleted", NOON - 20 * DAYS_30 / 30, "%s", json);
    snprintf(s->directory.users[1].name, 32, "Newer");
    fake_directory_user_json(&s->directory.users[1], false, json);
    kit_make(&events[1], "event_2", "dsync.user.updated", NOON - MINUTE, "%s", json);
    snprintf(s->directory.users[1].name, 32, "Older");
    bench_catch_up(&s->b);
    /* As the events say. */
    s->directory.users[0].is_gone = true;
    snprintf(s->directory.users[1].name, 32, "Newer");
    assert_equal_to_directory(s);
}

static void test_state_api_that_is_refused_leaves_the_events(void **state)
{
    static const int refusals[] = { 403, 404 };
    scene *s = *state;

    for (size_t i = 0; i < N_ROWS(refusals); i++) {
        s->directory.all_refused = refusals[i];
        bench_use(&s->b, fake_directory_use(&s->directory));
        bench_catch_up(&s->b);
        assert_int_equal(bench_status(&s->b).n_users, 0);
    }
    /* A key that is wrong altogether is an error, as for the events. */
    s->directory.all_refused = 401;
    bench_use(&s->b, fake_directory_use(&s->directory));
    assert_int_equal(lk_sync_step(s->b.sync, NULL, NULL), LK_ERR_API);
}

/* ---- Drift ---- */

/* The customer's directory changes, and no event tells of it. */
static void change_silently(fake_directory *d)
{
    snprintf(d->users[0].name, sizeof(d->users[0].name), "Renamed"); /* org_0 */
    d->users[3].is_gone = true;                                      /* org_0 */
    d->users[4].groups ^= 1U;                                        /* org_1 */
    d->users[7].groups ^= 2U;                                        /* org_1 */
}

static void test_what_no_event_told_is_repaired_and_counted(void **state)
{
    scene *s = *state;
    lk_reconcile_progress progress;
    lk_drift drift;

    bench_catch_up(&s->b);
    change_silently(&s->directory);
    progress = walk(s);
    assert_int_equal(progress.state, LK_RECONCILE_DONE);
    assert_int_equal(progress.n_seen, N_USERS - 1 + 3 * FAKE_GROUPS);
    assert_equal_to_directory(s);
    drift = drift_of(s, progress.walk, "org_0");
    assert_int_equal(drift.users_changed, 1);
    assert_int_equal(drift.users_deleted, 1);
    assert_int_equal(drift.users_added, 0);
    assert_int_equal(drift.memberships_added + drift.memberships_removed, 0);
    drift = drift_of(s, progress.walk, "org_1");
    assert_int_equal(drift.memberships_added + drift.memberships_removed, 2);
    assert_int_equal(drift.users_changed, 0);
    assert_int_equal(drift_of(s, progress.walk, "org_2").users_changed, 0);
    /* And then there is no difference any more. */
    progress = walk(s);
    assert_int_equal(drift_of(s, progress.walk, "org_0").users_changed, 0);
    assert_int_equal(drift_of(s, progress.walk, "org_1").memberships_added, 0);
}

static void test_user_who_was_wrongly_deleted_comes_back_with_groups(void **state)
{
    scene *s = *state;
    kit_event event;
    char json[1024];

    bench_catch_up(&s->b);
    fake_directory_user_json(&s->directory.users[5], false, json);
    kit_make(&event, "event_1", "dsync.user.deleted", NOON - DAYS_30 + MINUTE, "%s", json);
    kit_apply(&s->b.k, &event);
    kit_run(&s->b.k, "UPDATE feed SET cursor = 'event_9', cursor_at_ms = 1772452800000");
    s->b.clock.now_ms += 10 * MINUTE;
    kit_run(&s->b.k, "UPDATE event SET learned_at_ms = 1");
    walk(s);
    assert_equal_to_directory(s);
}

/* What happened after the walk began is newer than what the walk saw before. */
static void test_newer_event_wins_over_the_walk(void **state)
{
    scene *s = *state;
    fake_user before = s->directory.users[2];
    kit_event event;
    char json[1024];

    bench_catch_up(&s->b);
    kit_make(&event, "event_1", "user.created", NOON - MINUTE, "{}");
    kit_apply(&s->b.k, &event);
    snprintf(s->directory.users[2].name, 32, "Event");
    fake_directory_user_json(&s->directory.users[2], false, json);
    kit_make(&event, "event_2", "dsync.user.updated", NOON, "%s", json);
    kit_apply(&s->b.k, &event);
    s->directory.users[2] = before; /* the state that the walk still sees */
    walk(s);
    snprintf(s->directory.users[2].name, 32, "Event");
    assert_equal_to_directory(s);
}

static void test_directory_that_is_gone_takes_all_with_it(void **state)
{
    scene *s = *state;
    lk_reconcile_progress progress;

    bench_catch_up(&s->b);
    s->directory.is_gone[1] = true;
    progress = walk_with(s, (lk_reconcile_options){ .force = true });
    assert_int_equal(progress.state, LK_RECONCILE_DONE);
    assert_equal_to_directory(s);
    assert_int_equal(drift_of(s, progress.walk, "org_1").users_deleted, N_USERS / 3);
    assert_int_equal(drift_of(s, progress.walk, "org_1").directories_deleted, 1);
}

static void test_dry_run_counts_the_same_and_changes_nothing(void **state)
{
    scene *s = *state;
    lk_reconcile_progress dry;
    lk_reconcile_progress real;
    char *before;

    bench_catch_up(&s->b);
    change_silently(&s->directory);
    before = kit_dump(s->b.k.mirror);
    dry = walk_with(s, (lk_reconcile_options){ .dry_run = true });
    assert_same_dump(s, before);
    assert_int_equal(dry.state, LK_RECONCILE_DONE);
    assert_int_equal(dry.n_doomed, 1);
    real = walk(s);
    for (int i = 0; i < 3; i++) {
        char organization[16];
        lk_drift a;
        lk_drift b;

        snprintf(organization, sizeof(organization), "org_%d", i);
        a = drift_of(s, dry.walk, organization);
        b = drift_of(s, real.walk, organization);
        assert_memory_equal(&a, &b, sizeof(a));
    }
    assert_equal_to_directory(s);
}

/* ---- Interrupted ---- */

/* Whatever request fails, and by whichever object the walk is gone on with. */
static void test_walk_that_is_interrupted_goes_on(void **state)
{
    scene *s = *state;
    int64_t n_requests;
    int64_t first_walk = 0;

    bench_catch_up(&s->b);
    n_requests = s->directory.n_requests;
    assert_int_equal(n_requests, 10); /* directories, and of each groups and two pages of users */
    for (int64_t at = 1; at <= n_requests; at++) {
        lk_auto(lk_reconcile) walk_1 = NULL;
        lk_reconcile_progress progress;
        lk_error err = LK_ERROR_INIT;
        bool goes_on = true;
        lk_status status = LK_OK;

        s->directory.users[at % N_USERS].groups ^= 4U;
        s->directory.n_requests = 0;
        s->directory.fails_at = at;
        assert_ok(
            lk_reconcile_new(LK_RECONCILE_OPTIONS(.client = s->b.client, .mirror = s->b.k.mirror),
                             &walk_1, &err),
            err);
        while (status == LK_OK && goes_on)
            status = lk_reconcile_step(walk_1, &goes_on, &err);
        assert_int_equal(status, LK_ERR_NETWORK);
        kit_open(&s->b.k); /* another process */
        progress = walk(s);
        assert_int_equal(progress.state, LK_RECONCILE_DONE);
        assert_int_equal(progress.n_seen, N_USERS + 3 * FAKE_GROUPS);
        assert_true(progress.walk > first_walk); /* one for each round */
        first_walk = progress.walk;
        /* Nothing was asked for twice but the page that failed. */
        assert_int_equal(s->directory.n_requests, n_requests + 1);
        assert_equal_to_directory(s);
        s->directory.fails_at = 0;
        bench_use(&s->b, fake_directory_use(&s->directory));
    }
}

static int64_t take_feed_lease(scene *s)
{
    char *result = NULL;
    int64_t fence = 0;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_acquire_lease(s->b.k.mirror, "feed", s->b.clock.now_ms, SECOND, &fence,
                                      &result, &err),
              err);
    assert_true(fence > 0);
    return fence;
}

/* As a server that stood still while another one took over. */
static void test_late_steps_of_a_walk_change_nothing(void **state)
{
    scene *s = *state;
    lk_auto(lk_reconcile) walk_1 = NULL;
    lk_error err = LK_ERROR_INIT;
    bool goes_on = true;
    char *before;
    int64_t late = take_feed_lease(s);
    int64_t fence;

    assert_ok(lk_reconcile_new(LK_RECONCILE_OPTIONS(.client = s->b.client, .mirror = s->b.k.mirror),
                               &walk_1, &err),
              err);
    lk__reconcile_set_fence(walk_1, late);
    for (int n_steps = 0; goes_on; n_steps++) {
        assert_true(n_steps < 100);
        assert_ok(lk_reconcile_step(walk_1, &goes_on, &err), err);
        s->b.clock.now_ms += 2 * SECOND;
        fence = take_feed_lease(s);
        lk__reconcile_set_fence(walk_1, late);
        before = kit_dump(s->b.k.mirror);
        assert_ok(lk_reconcile_step(walk_1, &goes_on, &err), err);
        assert_same_dump(s, before);
        lk__reconcile_set_fence(walk_1, late = fence);
    }
    assert_equal_to_directory(s);
}

static void test_old_walk_is_left(void **state)
{
    scene *s = *state;
    lk_reconcile_progress progress = { .size = sizeof(progress) };
    lk_auto(lk_reconcile) old = NULL;
    lk_error err = LK_ERROR_INIT;
    bool goes_on = false;

    assert_ok(lk_reconcile_new(LK_RECONCILE_OPTIONS(.client = s->b.client, .mirror = s->b.k.mirror),
                               &old, &err),
              err);
    assert_ok(lk_reconcile_step(old, &goes_on, &err), err);
    s->b.clock.now_ms += DAYS_30 / 15;
    assert_int_equal(walk(s).state, LK_RECONCILE_DONE);
    assert_ok(lk_reconcile_step(old, &goes_on, &err), err);
    assert_false(goes_on);
    assert_ok(lk_reconcile_get_progress(old, &progress, &err), err);
    assert_int_equal(progress.state, LK_RECONCILE_LEFT);
    assert_equal_to_directory(s);
}

/* The entry that a page began behind was deleted meanwhile: this directory begins again. */
static void delete_last_entry(void *ctx, const char *url)
{
    scene *s = ctx;
    const char *after = strstr(url, "after=user_");

    if (after == NULL)
        return;
    for (size_t i = 0; i < N_USERS; i++)
        if (strncmp(after + strlen("after="), s->directory.users[i].id, 11) == 0)
            s->directory.users[i].is_gone = true;
    s->directory.during = NULL;
}

static void test_place_that_is_gone_begins_the_list_again(void **state)
{
    scene *s = *state;

    s->directory.during = delete_last_entry;
    s->directory.during_ctx = s;
    bench_catch_up(&s->b);
    assert_null(s->directory.during);
    walk(s); /* it was seen before it was gone */
    assert_equal_to_directory(s);
}

/* The same with a directory, in the list of them. */
static void delete_last_directory(void *ctx, const char *url)
{
    scene *s = ctx;
    const char *after = strstr(url, "after=dir_");

    if (after == NULL)
        return;
    s->directory.is_gone[atoi(after + strlen("after=dir_"))] = true;
    s->directory.during = NULL;
}

/* However often they are begun anew: it ends, and deletes nobody. */
static void test_places_that_are_refused_each_time_end_the_walk(void **state)
{
    scene *s = *state;
    lk_reconcile_progress progress;

    bench_catch_up(&s->b);
    s->directory.users[0].is_gone = true;
    s->directory.page = 2;
    s->directory.refuses_places = true;
    progress = walk(s);
    assert_int_equal(progress.state, LK_RECONCILE_DONE);
    assert_true(progress.n_directories_failed > 0);
    assert_int_equal(bench_status(&s->b).n_users, N_USERS);
    s->directory.refuses_places = false;
    walk(s);
    assert_equal_to_directory(s);
}

static void test_directory_that_is_gone_begins_their_list_again(void **state)
{
    scene *s = *state;

    s->directory.page = 1;
    s->directory.during = delete_last_directory;
    s->directory.during_ctx = s;
    bench_catch_up(&s->b);
    assert_null(s->directory.during);
    assert_true(walk_with(s, (lk_reconcile_options){ .force = true }).n_directories == 2);
    assert_equal_to_directory(s);
}

/* ---- Deleting ---- */

static void test_incomplete_lists_delete_nothing(void **state)
{
    scene *s = *state;
    lk_reconcile_progress progress;

    bench_catch_up(&s->b);
    s->directory.users[0].is_gone = true; /* of dir_0 */
    s->directory.users[1].is_gone = true; /* of dir_1 */
    s->directory.refuses = 0;
    progress = walk(s);
    assert_int_equal(progress.n_directories_failed, 1);
    assert_int_equal(bench_status(&s->b).n_users, N_USERS - 1);
    s->directory.refuses = -1;
    s->directory.is_unreadable = true;
    s->directory.users[2].is_gone = true;
    walk(s);
    assert_int_equal(bench_status(&s->b).n_users, N_USERS - 1);
    s->directory.is_unreadable = false;
    walk(s);
    assert_equal_to_directory(s);
}

static void empty(fake_directory *d, size_t n)
{
    for (size_t i = 0; i < n; i++)
        d->users[i].is_gone = true;
}

static void test_too_many_deletions_are_held_until_forced(void **state)
{
    scene *s = *state;
    lk_reconcile_progress progress;
    int64_t n_requests;

    bench_catch_up(&s->b);
    empty(&s->directory, 11); /* more than 10, and more than 5 per cent */
    progress = walk(s);
    assert_int_equal(progress.state, LK_RECONCILE_HELD);
    assert_int_equal(progress.n_doomed, 11);
    assert_int_equal(bench_status(&s->b).n_users, N_USERS);
    assert_true(progress.finished_at_ms > 0);
    /* All has been seen: nothing is asked for again. */
    n_requests = s->directory.n_requests;
    progress = walk_with(s, (lk_reconcile_options){ .force = true });
    assert_int_equal(progress.state, LK_RECONCILE_DONE);
    assert_int_equal(progress.n_doomed, 11);
    assert_int_equal(s->directory.n_requests, n_requests);
    assert_equal_to_directory(s);
}

static void test_limits_are_what_was_asked_for(void **state)
{
    /* Of 60 users and 9 groups, 7 are to be deleted: 10.1 per cent. */
    static const struct {
        lk_reconcile_options options;
        lk_reconcile_state state;
    } rows[] = {
        { { .max_delete_percent = 10 }, LK_RECONCILE_HELD },
        { { .max_delete = 6 }, LK_RECONCILE_HELD },
        { { .max_delete = 6, .max_delete_percent = 10 }, LK_RECONCILE_HELD },
        { { .max_delete = 7 }, LK_RECONCILE_DONE },
        { { .max_delete_percent = 11 }, LK_RECONCILE_DONE },
        { { .max_delete = 1, .max_delete_percent = 11 }, LK_RECONCILE_DONE },
        { { 0 }, LK_RECONCILE_DONE },
        { { .force = true, .max_delete = 1 }, LK_RECONCILE_DONE },
    };
    scene *s = *state;

    bench_catch_up(&s->b);
    empty(&s->directory, 7);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_reconcile_options options = rows[i].options;

        options.dry_run = true;
        assert_int_equal(walk_with(s, options).state, rows[i].state);
    }
    assert_int_equal(bench_status(&s->b).n_users, N_USERS);
}

static void test_impossible_options_are_refused(void **state)
{
    scene *s = *state;
    lk_client *client = s->b.client;
    lk_mirror *mirror = s->b.k.mirror;
    const lk_reconcile_options rows[] = {
        { .size = sizeof(rows[0]), .mirror = mirror },
        { .size = sizeof(rows[0]), .client = client },
        { .size = sizeof(rows[0]), .client = client, .mirror = mirror, .max_delete_percent = 101 },
        { .size = sizeof(rows[0]), .client = client, .mirror = mirror, .max_delete_percent = -1 },
        { .size = sizeof(rows[0]), .client = client, .mirror = mirror, .max_delete = -1 },
    };
    lk_reconcile *walk_1 = NULL;

    for (size_t i = 0; i < N_ROWS(rows); i++)
        assert_int_equal(lk_reconcile_new(&rows[i], &walk_1, NULL), LK_ERR_INVALID);
    assert_null(walk_1);
}

/* ---- Manners ---- */

static void test_directory_is_asked_four_times_a_second_at_most(void **state)
{
    scene *s = *state;

    bench_catch_up(&s->b);
    assert_int_equal(s->directory.shortest_ms, 250);
    /* Three pages of each of three directories, side by side. */
    assert_int_equal(s->b.clock.slept_ms, 2 * 250);
}

static void test_users_of_other_directories_are_left_out(void **state)
{
    scene *s = *state;

    s->directory.ignores_directory = true;
    bench_catch_up(&s->b);
    assert_equal_to_directory(s);
}

/* Away for longer than WorkOS keeps events. */
static void test_gap_beyond_retention_is_reconciled(void **state)
{
    scene *s = *state;

    bench_catch_up(&s->b);
    s->b.clock.now_ms += DAYS_30 - MINUTE;
    s->directory.n_requests = 0;
    bench_use(&s->b, fake_directory_use(&s->directory));
    bench_catch_up(&s->b);
    assert_int_equal(s->directory.n_requests, 0);
    change_silently(&s->directory);
    s->b.clock.now_ms += DAYS_30 + MINUTE;
    bench_use(&s->b, fake_directory_use(&s->directory));
    bench_catch_up(&s->b);
    assert_true(s->directory.n_requests > 0);
    assert_equal_to_directory(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new_mirror_is_filled_before_it_follows),
        TEST(test_events_win_over_what_filled_the_mirror),
        TEST(test_state_api_that_is_refused_leaves_the_events),
        TEST(test_what_no_event_told_is_repaired_and_counted),
        TEST(test_user_who_was_wrongly_deleted_comes_back_with_groups),
        TEST(test_newer_event_wins_over_the_walk),
        TEST(test_directory_that_is_gone_takes_all_with_it),
        TEST(test_dry_run_counts_the_same_and_changes_nothing),
        TEST(test_walk_that_is_interrupted_goes_on),
        TEST(test_late_steps_of_a_walk_change_nothing),
        TEST(test_old_walk_is_left),
        TEST(test_place_that_is_gone_begins_the_list_again),
        TEST(test_directory_that_is_gone_begins_their_list_again),
        TEST(test_places_that_are_refused_each_time_end_the_walk),
        TEST(test_incomplete_lists_delete_nothing),
        TEST(test_too_many_deletions_are_held_until_forced),
        TEST(test_limits_are_what_was_asked_for),
        TEST(test_impossible_options_are_refused),
        TEST(test_directory_is_asked_four_times_a_second_at_most),
        TEST(test_users_of_other_directories_are_left_out),
        TEST(test_gap_beyond_retention_is_reconciled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
