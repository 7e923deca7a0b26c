/* A write that fails, whichever it is: nothing is half done, nothing is lost, nothing is doubled,
 * and the mirror comes to hold what the emulator holds.
 *
 * One small world is lived through again and again: a new mirror is filled by a walk, follows the
 * feed, is told by webhooks and is reconciled. In the nth run the nth statement fails, before or
 * after it was done; or the nth write of SQLite's file; or the connection to PostgreSQL is cut in
 * place of its nth message. LK_STRIDE=1 tries every n, LK_SEED=n another world. */
#include <inttypes.h>
#include <latchkey/reconcile.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/error.h"
#include "chance.h"
#include "company.h"
#include "cut-proxy.h"
#include "emulator-kit.h"
#include "fake-random.h"
#include "mirror/mirror.h"
#include "test.h"

enum { N_DIRECTORIES = 2, STRIDE = 23, STRIDE_POSTGRES = 61, MAX_STEPS = 2000 };

/* How a run is disturbed. */
typedef struct harm {
    const char *name;
    void (*arm)(int64_t n);  /* 0: all goes well */
    int64_t (*disarm)(void); /* how many there were */
    bool may_be_done;        /* what failed may have been committed all the same */
} harm;

typedef struct world {
    kit k;                         /* k.mirror only looks */
    char store[POSTGRES_URL_SIZE]; /* where the one that is disturbed goes */
    company company;
    char *truth;
    char *undisturbed;
    fake_clock clock;
    fake_random random;
    fake_feed feed;
    company_api api;
    lk_mirror *mirror;
    lk_client *client;
    lk_sync *sync;
    lk_reconcile *walk;
    size_t told; /* the next event for tell() */
    const harm *harm;
    int64_t n;
    int n_failures;
} world;

/* ---- What is looked at ---- */

static lk_status take_row(void *ctx, const lk__row *row, lk_error *err)
{
    FILE *out = ctx;

    (void)err;
    for (size_t i = 0; i < row->n_columns; i++)
        if (row->columns[i].kind == LK__VALUE_NUMBER)
            fprintf(out, "%" PRId64 "|", row->columns[i].number);
        else
            fprintf(out, "%s|", row->columns[i].text);
    fputc('\n', out);
    return LK_OK;
}

/* All that belongs together: records, log, what it is found by, cursor, and how far walks are. */
static char *snapshot(const world *w)
{
    static const char *const queries[] = {
        "SELECT cursor, cursor_at_ms FROM feed",
        "SELECT o.object_id, o.created_at_ms, e.id FROM event_object o"
        " JOIN event e ON e.sequence = o.sequence ORDER BY o.object_id, e.id",
        "SELECT n_events, from_ms, to_ms, owners, types, words FROM event_block"
        " ORDER BY last_sequence",
        "SELECT id, state, position FROM walk WHERE state <> 'listing' OR position <> ''"
        " ORDER BY id",
        "SELECT walk_id, directory_id, phase, position, n_seen FROM walk_directory"
        " ORDER BY walk_id, directory_id",
        "SELECT walk_id, id FROM walk_seen ORDER BY walk_id, id",
        "SELECT walk_id, organization_id, what, n FROM drift"
        " ORDER BY walk_id, organization_id, what",
    };
    char *rows = kit_dump_rows(w->k.mirror);
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    fputs(rows, out);
    for (size_t i = 0; i < N_ROWS(queries); i++)
        assert_ok(lk__store_run(w->k.mirror->store, queries[i], LK__NO_ARGS, take_row, out, &err),
                  err);
    fclose(out);
    free(rows);
    return text;
}

static void fail_run(const world *w, const char *what)
{
    fail_msg("LK_SEED=%llu: %s %" PRId64 ": %s", (unsigned long long)w->company.seed, w->harm->name,
             w->n, what);
}

/* ---- A life ---- */

/* Does it until it is done: what fails must have changed nothing. */
static void insist(world *w, lk_status (*act)(world *w, bool *done, lk_error *err))
{
    bool done = false;

    for (int i = 0; !done; i++) {
        char *before = snapshot(w);
        lk_error err = LK_ERROR_INIT;
        char *after;

        if (i > MAX_STEPS)
            fail_run(w, "it never ends");
        if (act(w, &done, &err) != LK_OK) {
            w->n_failures++;
            done = false;
            after = snapshot(w);
            if (!w->harm->may_be_done && strcmp(before, after) != 0)
                fail_run(w, "something was half done");
            free(after);
        }
        free(before);
    }
}

static lk_status open_all(world *w, bool *done, lk_error *err)
{
    lk_sync_freep(&w->sync);
    lk_client_freep(&w->client);
    if (w->mirror == NULL)
        LK_TRY(lk_mirror_open(w->store, &w->mirror, err));
    LK_TRY(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_1", .api_key = "sk_test_1",
                                           .max_retries = -1, .transport = company_api_use(&w->api),
                                           .clock = fake_clock_use(&w->clock),
                                           .random = fake_random_use(&w->random)),
                         &w->client, err));
    *done = true;
    /* Page by page: what comes when is the same in each run. */
    return lk_sync_new(LK_SYNC_OPTIONS(.client = w->client, .mirror = w->mirror, .n_windows = 1),
                       &w->sync, err);
}

static lk_status poll(world *w, bool *done, lk_error *err)
{
    lk_sync_result result = { 0 };

    LK_TRY(lk_sync_step(w->sync, &result, err));
    *done = result.caught_up;
    return LK_OK;
}

/* Every third event of the second moment, one at a time. */
static lk_status tell(world *w, bool *done, lk_error *err)
{
    LK_TRY(lk_mirror_apply_event(w->mirror, &w->company.events[w->told].event, NULL, err));
    w->told += 3;
    *done = w->told >= w->company.moments[1].n_events;
    return LK_OK;
}

static lk_status tell_one(world *w, bool *done, lk_error *err)
{
    *done = true;
    return lk_mirror_apply_event(w->mirror, &w->company.events[w->company.n_events - 1].event, NULL,
                                 err);
}

static lk_status walk(world *w, bool *done, lk_error *err)
{
    bool goes_on = true;

    if (w->walk == NULL)
        LK_TRY(lk_reconcile_new(
            LK_RECONCILE_OPTIONS(.client = w->client, .mirror = w->mirror, .force = true), &w->walk,
            err));
    LK_TRY(lk_reconcile_step(w->walk, &goes_on, err));
    if (!goes_on)
        lk_reconcile_freep(&w->walk);
    *done = !goes_on;
    return LK_OK;
}

static void arrive(world *w, size_t at)
{
    const moment *m = &w->company.moments[at];

    w->api.at = at;
    w->clock.now_ms = m->now_ms;
    w->feed.n_events = m->n_events;
}

static void live(world *w)
{
    w->feed = (fake_feed){ .events = w->company.events, .clock = &w->clock, .page = 8 };
    w->api = (company_api){
        .company = &w->company, .feed = &w->feed, .page = 3, .mutex = PTHREAD_MUTEX_INITIALIZER
    };
    arrive(w, 0);
    insist(w, open_all);
    insist(w, poll); /* which begins with a walk */
    insist(w, tell_one);
    arrive(w, 1);
    w->told = w->company.moments[0].n_events;
    insist(w, tell);
    insist(w, poll);
    arrive(w, 2);
    insist(w, walk); /* before the events: it finds who has left */
    insist(w, poll);
}

static void die(world *w)
{
    lk_reconcile_freep(&w->walk);
    lk_sync_freep(&w->sync);
    lk_client_freep(&w->client);
    lk_mirror_freep(&w->mirror);
}

/* ---- Statements that fail ---- */

static struct {
    const lk__store_driver *real;
    int64_t n;
    int64_t fails_at;
    bool is_after;
} seam;

static bool is_hit(bool after)
{
    return seam.is_after == after && seam.n == seam.fails_at;
}

static lk_status break_down(lk_error *err)
{
    return lk__fail(err, LK_ERR_STORE, "the test broke it");
}

static lk_status failing_run(lk__store *store, const char *sql, const lk__value *args,
                             size_t n_args, lk__row_fn *on_row, void *ctx, lk_error *err)
{
    seam.n++;
    if (is_hit(false))
        return break_down(err);
    LK_TRY(seam.real->run(store, sql, args, n_args, on_row, ctx, err));
    return is_hit(true) ? break_down(err) : LK_OK;
}

static lk_status failing_begin(lk__store *store, lk__access access, lk_error *err)
{
    seam.n++;
    return is_hit(false) ? break_down(err) : seam.real->begin(store, access, err);
}

static lk_status failing_commit(lk__store *store, lk_error *err)
{
    seam.n++;
    if (is_hit(false))
        return break_down(err);
    LK_TRY(seam.real->commit(store, err));
    return is_hit(true) ? break_down(err) : LK_OK;
}

static lk__store_driver failing_driver;

static void arm_before(int64_t n)
{
    seam.n = 0;
    seam.fails_at = n;
    seam.is_after = false;
}

static void arm_after(int64_t n)
{
    arm_before(n);
    seam.is_after = true;
}

static int64_t disarm_seam(void)
{
    seam.fails_at = 0;
    return seam.n;
}

/* The mirror is open already, with the failing driver over its own. */
static void use_seam(world *w)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_open(w->store, &w->mirror, &err), err);
    seam.real = w->mirror->store->driver;
    failing_driver = *seam.real;
    failing_driver.run = failing_run;
    failing_driver.begin = failing_begin;
    failing_driver.commit = failing_commit;
    w->mirror->store->driver = &failing_driver;
}

/* ---- Writes to the file that fail ---- */

static struct {
    int64_t n;
    int64_t fails_at;
    int code; /* once; SQLITE_FULL: from then on, until all has been tried */
    int n_full;
} disk;

typedef struct thin_file {
    sqlite3_file base;
    sqlite3_io_methods methods; /* the real ones but for two */
    const sqlite3_io_methods *real;
} thin_file;

static int hit_disk(void)
{
    if (++disk.n == disk.fails_at)
        disk.n_full = disk.code == SQLITE_FULL ? 6 : 1;
    return disk.n_full > 0 && disk.n_full-- > 0 ? disk.code : SQLITE_OK;
}

/* The real VFS' file is as long as it says; what we keep lies behind it. */
static sqlite3_vfs *real_vfs;
static sqlite3_vfs thin_vfs;

static thin_file *behind(sqlite3_file *file)
{
    return (void *)((char *)file + real_vfs->szOsFile);
}

static int thin_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    int code = hit_disk();

    return code != SQLITE_OK ? code : behind(file)->real->xWrite(file, bytes, n, at);
}

static int thin_sync(sqlite3_file *file, int flags)
{
    int code = hit_disk();

    if (code == SQLITE_OK)
        return behind(file)->real->xSync(file, flags);
    return code == SQLITE_FULL ? SQLITE_IOERR_FSYNC : code;
}

static int thin_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    int code = real_vfs->xOpen(vfs, name, file, flags, out);
    thin_file *thin = behind(file);

    if (code != SQLITE_OK || file->pMethods == NULL)
        return code;
    thin->real = file->pMethods;
    thin->methods = *file->pMethods;
    thin->methods.xWrite = thin_write;
    thin->methods.xSync = thin_sync;
    file->pMethods = &thin->methods;
    return SQLITE_OK;
}

static void arm_disk(int64_t n)
{
    disk.n = 0;
    disk.fails_at = n;
    disk.n_full = 0;
    disk.code = SQLITE_IOERR_WRITE;
}

static void arm_full_disk(int64_t n)
{
    arm_disk(n);
    disk.code = SQLITE_FULL;
}

static int64_t disarm_disk(void)
{
    disk.fails_at = 0;
    disk.n_full = 0;
    return disk.n;
}

static void use_thin_disk(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    thin_vfs = *real_vfs;
    thin_vfs.zName = "thin";
    thin_vfs.szOsFile += (int)sizeof(thin_file);
    thin_vfs.xOpen = thin_open;
    assert_int_equal(sqlite3_vfs_register(&thin_vfs, 1), SQLITE_OK);
}

/* ---- Connections that are cut ---- */

static cut_proxy proxy;

static void arm_proxy(int64_t n)
{
    proxy.orders->n_seen = 0;
    proxy.orders->cut_at = (uint32_t)n;
}

static int64_t disarm_proxy(void)
{
    proxy.orders->cut_at = 0;
    return proxy.orders->n_seen;
}

/* ---- Runs ---- */

static int64_t run(world *w, int64_t n)
{
    int64_t n_in_all;
    char *found;

    w->n = n;
    w->n_failures = 0;
    kit_clear(&w->k);
    w->harm->arm(n);
    live(w);
    n_in_all = w->harm->disarm();
    found = company_seen_in(w->k.mirror);
    if (strcmp(found, w->truth) != 0)
        fail_run(w, "the mirror does not hold what the emulator holds");
    free(found);
    found = snapshot(w);
    if (w->undisturbed == NULL)
        w->undisturbed = strdup(found);
    if (strcmp(found, w->undisturbed) != 0)
        fail_run(w, "the mirror is not what it is without trouble");
    free(found);
    return n_in_all;
}

static void begin(world *w, const harm *what)
{
    *w = (world){ .harm = what };
    company_live(&w->company, chance_number("LK_SEED", 2), N_DIRECTORIES);
    w->truth = company_truth(&w->company);
    kit_begin(&w->k);
    kit_open(&w->k);
    memcpy(w->store, w->k.store, sizeof(w->store));
}

static void end(world *w)
{
    die(w);
    free(w->truth);
    free(w->undisturbed);
    company_clear(&w->company);
    kit_end(&w->k);
}

/* reopens: a connection of its own for each run. */
static void try_all(world *w, bool reopens)
{
    unsigned stride = chance_number("LK_STRIDE", kit_is_postgres() ? STRIDE_POSTGRES : STRIDE);
    int64_t n_in_all = run(w, 0);
    int n_runs = 0;
    int n_failures = 0;

    chance_begin(w->company.seed);
    for (int64_t n = 1 + chance_below(stride); n <= n_in_all; n += stride) {
        if (reopens)
            die(w);
        run(w, n);
        n_runs++;
        n_failures += w->n_failures;
    }
    /* A checkpoint may fail and be made up for without a word; most must have been noticed. */
    assert_true(n_runs > 0 && n_failures >= n_runs / 2);
    print_message("%s: %d of %" PRId64 " tried, %d steps failed\n", w->harm->name, n_runs, n_in_all,
                  n_failures);
}

static void test_statement_that_fails_changes_nothing(void **state)
{
    static const harm harms[] = {
        { "before statement", arm_before, disarm_seam, false },
        { "after statement", arm_after, disarm_seam, true },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(harms); i++) {
        world w;

        begin(&w, &harms[i]);
        use_seam(&w);
        try_all(&w, false);
        end(&w);
    }
}

static void test_write_that_fails_changes_nothing(void **state)
{
    static const harm harms[] = {
        { "write or sync", arm_disk, disarm_disk, false },
        { "full disk at write", arm_full_disk, disarm_disk, false },
    };

    (void)state;
    if (kit_is_postgres())
        return;
    for (size_t i = 0; i < N_ROWS(harms); i++) {
        world w;

        begin(&w, &harms[i]);
        try_all(&w, true);
        end(&w);
    }
}

static void test_connection_that_is_cut_changes_nothing(void **state)
{
    static const harm cut = { "in place of message", arm_proxy, disarm_proxy, true };
    char socket[108];
    world w;

    (void)state;
    if (!kit_is_postgres())
        return;
    begin(&w, &cut);
    postgres_socket(socket);
    cut_proxy_start(&proxy, socket);
    postgres_url_by_port(w.store, w.k.store, proxy.port, "torn");
    try_all(&w, true);
    end(&w);
    cut_proxy_end(&proxy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statement_that_fails_changes_nothing),
        cmocka_unit_test(test_write_that_fails_changes_nothing),
        cmocka_unit_test(test_connection_that_is_cut_changes_nothing),
    };

    use_thin_disk();
    return cmocka_run_group_tests(tests, emulator_kit_set_up, emulator_kit_tear_down);
}
