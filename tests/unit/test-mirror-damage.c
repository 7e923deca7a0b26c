/* Files that are damaged anywhere: opening says so and leaves the file as it was, or all that is
 * done with it afterwards works or says so; nothing crashes.
 *
 * LK_DAMAGES=20000 for a night; a failure prints its seed, and LK_SEED=n plays it again. */
#include <fcntl.h>
#include <latchkey/reconcile.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chance.h"
#include "fake-directory.h"
#include "mirror/mirror.h"
#include "sync-bench.h"
#include "test.h"

enum { N_DAMAGES = 120, N_EVENTS = 300, N_USERS = 20, MAX_FILE = 4 << 20, MAX_STEPS = 20 };

typedef struct scene {
    kit k;
    unsigned seed;
    char *whole; /* the file before it was damaged */
    char *damaged;
    size_t len;
    size_t damaged_len;
    kit_event events[N_EVENTS];
    fake_clock clock;
    fake_random random;
    fake_feed feed;
    fake_directory directory;
    unsigned n_refused, n_failures, n_fine;
} scene;

static char *read_all(const char *path, size_t *len)
{
    char *bytes = malloc(MAX_FILE);
    FILE *file = fopen(path, "rb");

    assert_non_null(bytes);
    assert_non_null(file);
    *len = fread(bytes, 1, MAX_FILE, file);
    fclose(file);
    assert_true(*len < MAX_FILE);
    return bytes;
}

static void write_all(const char *path, const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void forget_log(const kit *k)
{
    static const char *const suffixes[] = { "-wal", "-shm" };
    char path[128];

    for (size_t i = 0; i < N_ROWS(suffixes); i++) {
        snprintf(path, sizeof(path), "%s%s", k->path, suffixes[i]);
        (void)unlink(path); /* there is none after a clean end */
    }
}

/* ---- Work ---- */

static void make_events(scene *s)
{
    static const char *const types[] = { "dsync.user.created", "dsync.group.user_added",
                                         "dsync.user.deleted", "session.revoked", "dsync.deleted" };

    for (int i = 0; i < N_EVENTS; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%06d", i);
        if (i % 5 == 1)
            kit_make(&s->events[i], id, types[1], NOON - (N_EVENTS - i) * SECOND,
                     "{\"user\":{\"id\":\"u%d\",\"directory_id\":\"d\"},"
                     "\"group\":{\"id\":\"g%d\",\"directory_id\":\"d\"}}",
                     i % 40, i % 7);
        else
            kit_make(&s->events[i], id, types[i % 5], NOON - (N_EVENTS - i) * SECOND,
                     "{\"id\":\"u%d\",\"directory_id\":\"d\",\"email\":\"u%d@x.example\"}", i % 40,
                     i);
    }
}

/* Notes what came of one call. */
static bool check(scene *s, lk_status status, const lk_error *err)
{
    if (status == LK_OK || status == LK_ERR_NOT_FOUND)
        return true;
    if (status != LK_ERR_STORE || strstr(err->message, s->k.path) == NULL) {
        /* A record that is no longer what it was; told by its own words. */
        if (err->message[0] == '\0' || status == LK_ERR_INVALID)
            fail_msg("LK_SEED=%u: %s \"%s\"", s->seed, lk_status_name(status), err->message);
    }
    s->n_failures++;
    return false;
}

static void read_lists(scene *s, lk_mirror *mirror)
{
    lk_auto(lk_mirror_event_page) events = NULL;
    lk_auto(lk_mirror_event_page) found = NULL;
    lk_auto(lk_directory_user_page) users = NULL;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_auto(lk_directory_page) directories = NULL;
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error errs[6] = { 0 };

    check(s, lk_mirror_get_status(mirror, &status, &errs[0]), &errs[0]);
    check(s, lk_mirror_list_events(mirror, LK_MIRROR_EVENT_QUERY(.limit = 1000), &events, &errs[1]),
          &errs[1]);
    check(s,
          lk_mirror_list_events(mirror, LK_MIRROR_EVENT_QUERY(.text = "u17@", .limit = 10), &found,
                                &errs[2]),
          &errs[2]);
    check(s, lk_mirror_list_users(mirror, LK_MIRROR_QUERY(.limit = 1000), &users, &errs[3]),
          &errs[3]);
    check(s, lk_mirror_list_groups(mirror, LK_MIRROR_QUERY(.limit = 1000), &groups, &errs[4]),
          &errs[4]);
    check(s, lk_mirror_list_directories(mirror, NULL, &directories, &errs[5]), &errs[5]);
}

static void share(scene *s, lk_mirror *mirror)
{
    lk_error errs[4] = { 0 };
    char *result = NULL;
    char *record = NULL;
    int64_t fence = 0;
    bool revoked = false;

    check(s,
          lk_mirror_acquire_lease(mirror, "x", s->clock.now_ms, SECOND, &fence, &result, &errs[0]),
          &errs[0]);
    check(s, lk_mirror_get_session(mirror, "session_1", s->clock.now_ms, &record, &errs[1]),
          &errs[1]);
    check(s, lk_mirror_put_session(mirror, "session_2", "sealed", NOON, NOON + MINUTE, &errs[2]),
          &errs[2]);
    check(s,
          lk_mirror_is_revoked(mirror, "u3", "u3", "org_1", NOON - 2 * MINUTE, &revoked, &errs[3]),
          &errs[3]);
    lk_free_secret(result);
    lk_free_secret(record);
}

/* Follows the feed, and walks: the whole machine. */
static void write_all_ways(scene *s, lk_mirror *mirror)
{
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_sync) sync = NULL;
    lk_auto(lk_reconcile) walk = NULL;
    lk_error err = LK_ERROR_INIT;
    bool goes_on = true;

    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                              .max_retries = -1,
                                              .transport = fake_directory_use(&s->directory),
                                              .clock = fake_clock_use(&s->clock),
                                              .random = fake_random_use(&s->random)),
                            &client, &err),
              err);
    check(s, lk_mirror_apply_event(mirror, &s->events[N_EVENTS - 1].event, NULL, &err), &err);
    assert_ok(lk_sync_new(LK_SYNC_OPTIONS(.client = client, .mirror = mirror, .lease_ms = 1000),
                          &sync, &err),
              err);
    for (int i = 0; i < MAX_STEPS; i++)
        if (!check(s, lk_sync_step(sync, NULL, &err), &err))
            break;
    if (!check(
            s,
            lk_reconcile_new(LK_RECONCILE_OPTIONS(.client = client, .mirror = mirror), &walk, &err),
            &err))
        return;
    for (int i = 0; goes_on && i < MAX_STEPS; i++)
        goes_on = check(s, lk_reconcile_step(walk, &goes_on, &err), &err) && goes_on;
}

/* ---- Damage ---- */

static void flip(scene *s)
{
    for (unsigned n = 1 + chance_below(24); n > 0; n--)
        s->damaged[chance_below((unsigned)s->damaged_len)] = (char)chance_below(256);
}

/* Where SQLite keeps what leads to all else: the header of the file, and of each page. */
static void flip_headers(scene *s)
{
    for (unsigned n = 1 + chance_below(6); n > 0; n--) {
        size_t page = chance_below((unsigned)(s->damaged_len / 8192)) * (size_t)8192;

        s->damaged[page + chance_below(page == 0 ? 120 : 12)] = (char)chance_below(256);
    }
}

static void cut(scene *s)
{
    s->damaged_len = chance_below((unsigned)s->len);
}

static void blank(scene *s)
{
    size_t at = chance_below((unsigned)s->len) / 512 * 512;
    size_t n = (1 + chance_below(32)) * (size_t)512;

    memset(s->damaged + at, chance_below(2) == 0 ? 0 : 0xff, n < s->len - at ? n : s->len - at);
}

/* As after a backup that was written in the wrong order. */
static void swap_pages(scene *s)
{
    size_t from = chance_below((unsigned)(s->len / 8192)) * (size_t)8192;
    size_t to = chance_below((unsigned)(s->len / 8192)) * (size_t)8192;

    memcpy(s->damaged + to, s->whole + from, 8192);
}

static void damage(scene *s)
{
    static void (*const ways[])(scene * s) = { flip, flip, flip_headers, cut, blank, swap_pages };

    memcpy(s->damaged, s->whole, s->len);
    s->damaged_len = s->len;
    ways[chance_below(N_ROWS(ways))](s);
}

/* ---- Tests ---- */

static void assert_untouched(scene *s)
{
    size_t len = 0;
    char *now = read_all(s->k.path, &len);

    if (len != s->damaged_len || memcmp(now, s->damaged, len) != 0)
        fail_msg("LK_SEED=%u: the file was changed", s->seed);
    free(now);
}

static void live_with(scene *s, unsigned seed)
{
    lk_auto(lk_mirror) mirror = NULL;
    lk_error err = LK_ERROR_INIT;
    unsigned n_failures = s->n_failures;

    s->seed = seed;
    chance_begin(seed);
    damage(s);
    forget_log(&s->k);
    write_all(s->k.path, s->damaged, s->damaged_len);
    s->clock.now_ms = NOON + MINUTE;
    if (lk_mirror_open(s->k.store, &mirror, &err) != LK_OK) {
        if (err.status != LK_ERR_STORE || strstr(err.message, s->k.path) == NULL)
            fail_msg("LK_SEED=%u: %s \"%s\"", seed, lk_status_name(err.status), err.message);
        assert_untouched(s);
        s->n_refused++;
        return;
    }
    read_lists(s, mirror);
    share(s, mirror);
    write_all_ways(s, mirror);
    read_lists(s, mirror);
    s->n_fine += n_failures == s->n_failures;
}

static void fill(scene *s)
{
    lk_error err = LK_ERROR_INIT;

    kit_begin(&s->k);
    kit_open(&s->k);
    make_events(s);
    s->feed = (fake_feed){ .events = s->events, .n_events = N_EVENTS, .clock = &s->clock };
    s->directory = (fake_directory){ .clock = &s->clock, .feed = &s->feed, .page = 10 };
    fake_directory_fill(&s->directory, 2, N_USERS);
    s->clock.now_ms = NOON;
    for (int i = 0; i + 1 < N_EVENTS; i++)
        kit_apply(&s->k, &s->events[i]);
    assert_ok(lk_mirror_put_session(s->k.mirror, "session_1", "sealed", NOON, NOON + MINUTE, &err),
              err);
    write_all_ways(s, s->k.mirror);
    assert_int_equal(s->n_failures, 0);
    lk_mirror_freep(&s->k.mirror); /* which brings all into the one file */
    s->whole = read_all(s->k.path, &s->len);
    s->damaged = malloc(s->len);
    assert_non_null(s->damaged);
}

static void end(scene *s)
{
    forget_log(&s->k);
    kit_end(&s->k);
    free(s->directory.users);
    free(s->whole);
    free(s->damaged);
    free(s);
}

/* Somebody else's hand: what no version of Latchkey has ever written. */
static const char *const tamperings[] = {
    "UPDATE event SET id = x'' WHERE sequence = 3",
    "UPDATE event SET type = x'', subject = x''",
    "UPDATE event SET type = '', organization_id = x'00', directory_id = 5",
    "UPDATE event SET created_at_ms = 'soon', learned_at_ms = x''",
    "UPDATE event SET created_at_ms = 9223372036854775807",
    "UPDATE event SET created_at_ms = -9223372036854775807 - 1",
    "UPDATE event_body SET json = x''",
    "UPDATE event_body SET json = '[1,{'",
    "DELETE FROM event_body",
    "DELETE FROM event",
    "DELETE FROM event_object",
    "UPDATE event_object SET sequence = -1",
    "UPDATE event_block SET types = ''",
    "UPDATE event_block SET types = x'', owners = x''",
    "UPDATE event_block SET words = ''",
    "UPDATE event_block SET words = replace(words, char(10), '')",
    "UPDATE event_block SET types = replace(types, char(10), '')",
    "UPDATE event_block SET n_events = 1000000000, first_sequence = -5",
    "UPDATE event_block SET n_events = -1, from_ms = 'x', to_ms = x''",
    "UPDATE parked SET reason = x'', sequence = sequence + 1000",
    "UPDATE directory SET state = x'', name = 7, organization_id = x''",
    "UPDATE directory_user SET directory_id = x'', json = x'', custom_attributes_json = '{'",
    "UPDATE directory_user SET version_id = 7, version_ms = 'x', killed_ms = x'', deleted = 'no'",
    "UPDATE directory_group SET json = 'null', name = x'ff', version_ms = 9223372036854775807",
    "UPDATE membership SET directory_id = x'', version_id = x'', deleted = 2",
    "UPDATE feed SET cursor = x'', cursor_at_ms = 'x', settled_at_ms = 9223372036854775807",
    "UPDATE feed SET cursor = 'event_unknown', cursor_at_ms = -1, reader = 'x'",
    "DELETE FROM feed",
    "UPDATE walk SET state = 'nonsense', stamp_id = x'', stamp_ms = 'x', position = x''",
    "UPDATE walk SET state = 'walking', finished_at_ms = 0, started_at_ms = 9223372036854775807",
    "UPDATE walk_directory SET phase = 'nonsense', position = x''",
    "UPDATE drift SET n = 'x'",
    "UPDATE lease SET fence = 'x', ends_at_ms = x'', result = x''",
    "UPDATE web_session SET record = x'', ends_at_ms = 'x'",
    "UPDATE revocation SET revoked_at_ms = 'x'",
};

static void test_strange_rows_are_told_and_never_a_crash(void **state)
{
    scene *s = calloc(1, sizeof(*s));

    (void)state;
    assert_non_null(s);
    fill(s);
    for (size_t i = 0; i < N_ROWS(tamperings); i++) {
        lk_error err = LK_ERROR_INIT;

        s->seed = (unsigned)i;
        forget_log(&s->k);
        write_all(s->k.path, s->whole, s->len);
        kit_open(&s->k);
        kit_run(&s->k, tamperings[i]);
        kit_open(&s->k);
        s->clock.now_ms = NOON + MINUTE;
        read_lists(s, s->k.mirror);
        share(s, s->k.mirror);
        write_all_ways(s, s->k.mirror);
        read_lists(s, s->k.mirror);
        assert_ok(lk__store_run(s->k.mirror->store, "SELECT 1", LK__NO_ARGS, NULL, NULL, &err),
                  err);
        lk_mirror_freep(&s->k.mirror);
    }
    end(s);
}

static void test_damage_is_told_and_never_a_crash(void **state)
{
    unsigned n = chance_number("LK_DAMAGES", N_DAMAGES);
    unsigned first = chance_number("LK_SEED", 1);
    scene *s = calloc(1, sizeof(*s));

    (void)state;
    assert_non_null(s);
    fill(s);
    if (getenv("LK_SEED") != NULL)
        n = 1;
    for (unsigned i = 0; i < n; i++)
        live_with(s, first + i);
    print_message("%u damaged files: %u refused, %u used without a failure, %u failures told\n", n,
                  s->n_refused, s->n_fine, s->n_failures);
    if (n > 1) /* or else little was shown */
        assert_true(s->n_refused > n / 20 && s->n_failures > n / 20);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strange_rows_are_told_and_never_a_crash),
        cmocka_unit_test(test_damage_is_told_and_never_a_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
