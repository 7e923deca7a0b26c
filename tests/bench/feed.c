/* Catch-up of a mirror, measured from inside.
 *
 *     bench-feed make STORE             an empty mirror, for somebody else to fill
 *     bench-feed sync STORE URL [serial]    all events of the server, in one go
 *     bench-feed read URL               the same requests one after the other, and nothing done
 *                                       with the answers: latency and transfer alone
 *     bench-feed limit STORE URL N      the statements of the first N events, without what leads
 *                                       to them: the raw limit of SQLite, its schema and settings
 *     bench-feed lookup STORE N         one user of N by id: N are written before
 *
 * Prints an object with the figures. CPU is this process' own. */
#include <curl/curl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/buf.h"
#include "bench-kit.h"
#include "feed-record.h"
#include "mirror/mirror.h"
#include "mirror/put.h"

enum { N_PARTS = 10, N_LOOKUPS = 20000, PAGE = 100 };

static double cpu_us(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double resident_mb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    if (file == NULL || fscanf(file, "%*s %ld", &pages) != 1)
        bench_die("/proc/self/statm", "cannot be read");
    fclose(file);
    return (double)pages * 4096 / 1e6;
}

static lk_mirror *open_mirror(const char *store)
{
    lk_mirror *mirror = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(store, &mirror, &err) != LK_OK)
        bench_die(store, err.message);
    return mirror;
}

static lk_client *new_client(const char *url)
{
    lk_client *client = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_client_new(LK_CLIENT_OPTIONS(.client_id = BENCH_CLIENT_ID, .api_key = "sk_test_bench",
                                        .base_url = url),
                      &client, &err) != LK_OK)
        bench_die("client", err.message);
    return client;
}

/* ---- Reading alone ---- */

static size_t take_answer(char *data, size_t size, size_t count, void *ctx)
{
    lk__buf *body = ctx;

    return lk__buf_append(body, data, size * count, NULL) == LK_OK ? size * count : 0;
}

/* The cursor stands in the last bytes; false on the last page. */
static bool find_next(const lk__buf *body, char out[64])
{
    const char *at = body->len > 200 ? strstr(body->data + body->len - 200, "\"after\":\"") : NULL;

    return at != NULL && sscanf(at, "\"after\":\"%63[^\"]", out) == 1;
}

static void run_read(const char *base)
{
    lk__auto_buf body = LK__BUF(16 << 20);
    CURL *curl = curl_easy_init();
    char url[512];
    char after[64];
    size_t n_pages = 0;

    snprintf(url, sizeof(url), "%s/events?limit=100", base);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    double began_us = now_us();
    do {
        body.len = 0;
        curl_easy_setopt(curl, CURLOPT_URL, url);
        if (curl_easy_perform(curl) != CURLE_OK)
            bench_die(url, "no answer");
        n_pages++;
        if (!find_next(&body, after))
            break;
        snprintf(url, sizeof(url), "%s/events?limit=100&after=%s", base, after);
    } while (true);
    printf("{\"n\":%zu,\"per_second\":%.0f}\n", n_pages * PAGE,
           (double)(n_pages * PAGE) * 1e6 / (now_us() - began_us));
    curl_easy_cleanup(curl);
}

/* ---- Catch-up ---- */

/* Where the catch-up stood after so many events. */
typedef struct mark {
    size_t n;
    double cpu, mb;
} mark;

static void print_parts(const mark *marks, size_t n_marks)
{
    /* The first and the last tenth, so that the pages of either weigh out. */
    size_t span = n_marks / N_PARTS > 0 ? n_marks / N_PARTS : 1;
    const mark *m = marks;

    if (n_marks <= 2 * span)
        return;
    printf(",\"first_us\":%.2f,\"last_us\":%.2f,\"early_mb\":%.1f,\"late_mb\":%.1f",
           (m[span].cpu - m[0].cpu) / (double)(m[span].n - m[0].n),
           (m[n_marks - 1].cpu - m[n_marks - 1 - span].cpu) /
               (double)(m[n_marks - 1].n - m[n_marks - 1 - span].n),
           m[span].mb, m[n_marks - 1].mb);
}

static void run_sync(const char *store, const char *url, bool is_serial)
{
    lk_auto(lk_mirror) mirror = open_mirror(store);
    lk_auto(lk_client) client = new_client(url);
    lk_auto(lk_sync) sync = NULL;
    lk_sync_result result = { 0 };
    lk_error err = LK_ERROR_INIT;
    size_t n_marks = 0;
    mark *marks = calloc(1 << 20, sizeof(*marks));
    size_t n = 0;

    if (marks == NULL ||
        lk_sync_new(LK_SYNC_OPTIONS(.client = client, .mirror = mirror, .no_reconcile = true,
                                    .n_windows = is_serial ? 1 : 0),
                    &sync, &err) != LK_OK)
        bench_die("sync", err.message);
    double began_us = now_us();
    double began_cpu = cpu_us();
    while (!result.caught_up) {
        if (lk_sync_step(sync, &result, &err) != LK_OK)
            bench_die("sync", err.message);
        n += result.n_applied;
        if (n_marks < 1 << 20 && result.n_applied > 0)
            marks[n_marks++] = (mark){ .n = n, .cpu = cpu_us(), .mb = resident_mb() };
    }
    double wall_us = now_us() - began_us;
    printf("{\"n\":%zu,\"per_second\":%.0f,\"cpu_us\":%.2f", n, (double)n * 1e6 / wall_us,
           (cpu_us() - began_cpu) / (double)n);
    print_parts(marks, n_marks);
    puts("}");
    free(marks);
}

/* ---- The limit ---- */

/* Each page's statements, run as SQLite itself would have them: prepared, bound, stepped. */
static double replay(const char *path, const recording *pages, size_t n_pages)
{
    sqlite3 *db = NULL;
    recorder *player = recorder_new();

    if (sqlite3_open(path, &db) != SQLITE_OK)
        bench_die(path, sqlite3_errmsg(db));
    if (sqlite3_exec(db,
                     "PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; PRAGMA temp_store=MEMORY;"
                     "PRAGMA wal_autocheckpoint=4000",
                     NULL, NULL, NULL) != SQLITE_OK)
        bench_die(path, sqlite3_errmsg(db));
    double began_us = now_us();
    for (size_t i = 0; i < n_pages; i++)
        recorder_replay(player, db, &pages[i]);
    double wall_us = now_us() - began_us;
    recorder_free(player);
    sqlite3_close(db);
    return wall_us;
}

static void run_limit(const char *store, const char *url, size_t n_events)
{
    size_t n_pages = (n_events + PAGE - 1) / PAGE;
    recording *pages = calloc(n_pages, sizeof(*pages));
    lk_auto(lk_client) client = new_client(url);

    if (pages == NULL)
        bench_die("limit", "out of memory");
    lk_mirror_free(open_mirror(store)); /* makes the schema */
    recorder_record(client, pages, n_pages);
    double began_cpu = cpu_us();
    double wall_us = replay(store + strlen("sqlite:"), pages, n_pages);
    printf("{\"n\":%zu,\"per_second\":%.0f,\"cpu_us\":%.2f}\n", n_pages * PAGE,
           (double)(n_pages * PAGE) * 1e6 / wall_us,
           (cpu_us() - began_cpu) / (double)(n_pages * PAGE));
    for (size_t i = 0; i < n_pages; i++)
        recording_clear(&pages[i]);
    free(pages);
}

/* ---- Looking up ---- */

static void write_users(lk_mirror *mirror, size_t n)
{
    static const char json[] = "{\"object\":\"directory_user\"}";
    const lk__slice body = { .data = json, .len = sizeof(json) - 1 };
    const lk__version version = { .ms = lk__value_number(1), .id = lk__value_text("event_1") };
    lk__auto_transaction transaction = { 0 };
    lk_error err = LK_ERROR_INIT;
    char id[64];

    if (lk__transaction_begin(&transaction, mirror->store, LK__WRITE, &err) != LK_OK)
        bench_die("lookup", err.message);
    for (size_t i = 0; i < n; i++) {
        snprintf(id, sizeof(id), "directory_user_%026zu", i);
        const lk_directory_user user = { .id = id,
                                         .directory_id = "directory_1",
                                         .organization_id = "org_1",
                                         .email = "somebody@juniper.example",
                                         .state = "active" };
        if (lk__put_user(mirror->store, &user, &body, false, &version, &err) != LK_OK)
            bench_die("lookup", err.message);
    }
    if (lk__transaction_commit(&transaction, &err) != LK_OK)
        bench_die("lookup", err.message);
}

static void run_lookup(const char *store, size_t n)
{
    lk_auto(lk_mirror) mirror = open_mirror(store);
    lk_error err = LK_ERROR_INIT;
    char id[64];

    write_users(mirror, n);
    double began_us = now_us();
    double began_cpu = cpu_us();
    for (size_t i = 0; i < N_LOOKUPS; i++) {
        lk_auto(lk_directory_user) user = NULL;

        snprintf(id, sizeof(id), "directory_user_%026zu", i * 7919 % n);
        if (lk_mirror_get_user(mirror, id, &user, &err) != LK_OK)
            bench_die("lookup", err.message);
    }
    printf("{\"n\":%zu,\"us\":%.2f,\"cpu_us\":%.2f}\n", n, (now_us() - began_us) / N_LOOKUPS,
           (cpu_us() - began_cpu) / N_LOOKUPS);
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";

    if (strcmp(what, "make") == 0)
        lk_mirror_free(open_mirror(argv[2]));
    else if (strcmp(what, "read") == 0)
        run_read(argv[2]);
    else if (strcmp(what, "sync") == 0 && argc >= 4)
        run_sync(argv[2], argv[3], argc > 4);
    else if (strcmp(what, "limit") == 0 && argc == 5)
        run_limit(argv[2], argv[3], strtoul(argv[4], NULL, 10));
    else if (strcmp(what, "lookup") == 0 && argc == 4)
        run_lookup(argv[2], strtoul(argv[3], NULL, 10));
    else
        bench_die("usage", "bench-feed make|read|sync|limit|lookup STORE …");
    return 0;
}
