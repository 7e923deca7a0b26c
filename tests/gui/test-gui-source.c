/* When the window asks at once: the computer has slept, the network is back, a server has news. */
#include <gio/gio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "gui-kit.h"
#include "latchkey-error.h"
#include "latchkey-server.h"
#include "latchkey-source.h"
#include "mirror-kit.h"
#include "raw-server.h"

#define NO_DIRECTORIES                                                                       \
    {                                                                                        \
        "GET /directories", .status = 200,                                                   \
                            .body = "{\"object\":\"list\",\"data\":[],\"list_metadata\":{}}" \
    }
#define NO_EVENTS                                                                          \
    {                                                                                      \
        "GET /events",                                                                     \
            .status = 200,                                                                 \
            .body = "{\"object\":\"list\",\"data\":[],\"list_metadata\":{\"after\":null}}" \
    }

#define ONE_EVENT                                                                               \
    {                                                                                           \
        "GET /events",                                                                          \
            .status = 200,                                                                      \
            .body =                                                                             \
                "{\"object\":\"list\",\"data\":[{\"object\":\"event\",\"id\":\"event_01\","     \
                "\"event\":\"dsync.user.created\",\"created_at\":\"2026-03-02T08:00:00.000Z\"," \
                "\"data\":{\"object\":\"directory_user\",\"id\":\"directory_user_01\"}}],"      \
                "\"list_metadata\":{\"after\":null}}"                                           \
    }

static gint slept_s; /* atomic */

/* In the place of the C library's: a computer that has slept is one whose clock of this kind has
 * run ahead of the monotonic one. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, clock, now);

    if (status == 0 && clock == CLOCK_BOOTTIME)
        now->tv_sec += g_atomic_int_get(&slept_s);
    return status;
}

typedef struct scene {
    kit mirror;
    LatchkeyConfig *config;
    LatchkeySource *source;
} scene;

static LatchkeyFeed *feed_of(scene *s)
{
    return latchkey_source_get_feed(s->source);
}

static void begin(scene *s)
{
    s->source = latchkey_source_new(s->config);
    latchkey_feed_set_interval_ms(feed_of(s), 3600 * 1000);
    latchkey_source_start(s->source);
}

/* Once up to date, the next poll is an hour away. */
static void open_scene(scene *s, fake_wire *wire)
{
    kit_begin(&s->mirror);
    s->config = latchkey_config_new();
    s->config->client_id = g_strdup("client_01");
    s->config->api_key = g_strdup("sk_test_feed");
    s->config->store = g_strdup(s->mirror.store);
    s->config->transport = fake_wire_use(wire);
    begin(s);
    wait_until(latchkey_feed_get_state(feed_of(s)) == LATCHKEY_FEED_CURRENT);
}

static void close_scene(scene *s)
{
    latchkey_source_stop(s->source);
    g_clear_object(&s->source);
    settle();
    latchkey_config_unref(s->config);
    kit_end(&s->mirror);
}

static gsize n_requests(fake_wire *wire)
{
    pthread_mutex_lock(&wire->mutex);
    gsize n = wire->n_requests;
    pthread_mutex_unlock(&wire->mutex);
    return n;
}

static void test_sleep_is_noticed(void)
{
    fake_wire wire = FAKE_WIRE(NO_DIRECTORIES, NO_EVENTS, NO_EVENTS);
    scene s = { 0 };

    open_scene(&s, &wire);
    g_assert_cmpuint(n_requests(&wire), ==, 2);
    g_atomic_int_add(&slept_s, 3600);
    wait_until(n_requests(&wire) == 3);
    close_scene(&s);
    fake_wire_finished(&wire);
}

static void test_network_that_is_back_is_used(void)
{
    fake_wire wire = FAKE_WIRE(NO_DIRECTORIES, NO_EVENTS, NO_EVENTS);
    GNetworkMonitor *network = g_network_monitor_get_default();
    scene s = { 0 };

    open_scene(&s, &wire);
    g_signal_emit_by_name(network, "network-changed", FALSE); /* gone is no reason to ask */
    settle();
    g_usleep(100000);
    g_assert_cmpuint(n_requests(&wire), ==, 2);
    g_signal_emit_by_name(network, "network-changed", TRUE);
    wait_until(n_requests(&wire) == 3);
    close_scene(&s);
    fake_wire_finished(&wire);
}

/* ---- A history that is damaged ---- */

/* The root page of a table, found and filled with nonsense as a disk might. */
static void damage(const char *path, const char *table)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    char nonsense[4096];

    g_assert_cmpint(sqlite3_open(path, &database), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(database,
                                       "SELECT rootpage, page_size FROM sqlite_schema, "
                                       "pragma_page_size() WHERE type = 'table' AND name = ?",
                                       -1, &statement, NULL),
                    ==, SQLITE_OK);
    sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    long place = (long)(sqlite3_column_int64(statement, 0) - 1) * sqlite3_column_int(statement, 1);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    memset(nonsense, 0xaa, sizeof(nonsense));
    FILE *file = fopen(path, "r+");
    g_assert_nonnull(file);
    g_assert_cmpint(fseek(file, place, SEEK_SET), ==, 0);
    g_assert_cmpint(fwrite(nonsense, sizeof(nonsense), 1, file), ==, 1);
    fclose(file);
}

/* With its log, where it had one. */
static void remove_bad(const char *path)
{
    g_autofree char *wal = g_strconcat(path, "-wal", NULL);
    g_autofree char *shm = g_strconcat(path, "-shm", NULL);

    g_assert_cmpint(remove(path), ==, 0);
    (void)remove(wal);
    (void)remove(shm);
}

static void test_damage_found_later_can_be_set_aside(void)
{
    fake_wire wire = FAKE_WIRE(NO_DIRECTORIES, NO_EVENTS, ONE_EVENT, NO_DIRECTORIES, ONE_EVENT);
    scene s = { 0 };

    open_scene(&s, &wire);
    latchkey_source_stop(s.source);
    g_clear_object(&s.source);
    settle();
    damage(s.mirror.path, "event");
    begin(&s);
    wait_until(latchkey_feed_get_state(feed_of(&s)) == LATCHKEY_FEED_BROKEN);
    g_assert_error(latchkey_feed_get_error(feed_of(&s)), LATCHKEY_ERROR, LATCHKEY_ERROR_STORE);
    LatchkeyStore *store = latchkey_feed_get_store(feed_of(&s));
    g_assert_nonnull(store); /* it could be opened, and is looked at */
    g_object_ref(store);
    latchkey_source_start_fresh(s.source);
    g_usleep(50000);
    settle();
    g_autofree char *bad = g_strconcat(s.mirror.path, ".bad", NULL);
    g_assert_false(g_file_test(bad, G_FILE_TEST_EXISTS)); /* not while somebody looks at it */
    g_object_unref(store);
    wait_until(latchkey_feed_get_state(feed_of(&s)) == LATCHKEY_FEED_CURRENT);
    g_assert_true(g_file_test(bad, G_FILE_TEST_EXISTS));
    remove_bad(bad);
    close_scene(&s);
    fake_wire_finished(&wire);
}

/* ---- A server's stream ---- */

typedef struct follower {
    raw_server server;
    LatchkeyConfig *config;
    char last_id[LATCHKEY_SERVER_ID_SIZE];
    int n_news;
} follower;

static void on_news(gpointer data)
{
    ((follower *)data)->n_news++;
}

/* Until the server has said what it has to say. */
static void follow(follower *f, const char *answer, gsize len)
{
    f->server = (raw_server){ .mode = RAW_CLOSE, .answer = answer, .answer_len = len };
    raw_server_start(&f->server);
    f->config = latchkey_config_new();
    f->config->server = g_strdup_printf("http://127.0.0.1:%d", f->server.port);
    latchkey_server_follow(f->config, "token_01", f->last_id, NULL, on_news, f);
    raw_server_stop(&f->server);
    latchkey_config_unref(f->config);
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

static void test_stream_tells_of_news_and_its_place(void)
{
    follower f = { .last_id = "" };

    follow(&f,
           HEAD
           ": hello\n\nid: event_01\nevent: dsync\ndata: {}\n\nid: event_02\r\ndata: {}\r\n\r\n",
           0);
    g_assert_cmpint(f.n_news, ==, 2);
    g_assert_cmpstr(f.last_id, ==, "event_02");
    g_assert_nonnull(strstr(f.server.last_request, "GET /api/events/stream HTTP/1.1\r\n"));
    g_assert_nonnull(strstr(f.server.last_request, "Authorization: Bearer token_01\r\n"));
    g_assert_null(strstr(f.server.last_request, "Last-Event-ID"));
    follow(&f, HEAD "data: {}\n\n", 0); /* goes on where it ended */
    g_assert_nonnull(strstr(f.server.last_request, "Last-Event-ID: event_02\r\n"));
    g_assert_cmpint(f.n_news, ==, 3);
    g_assert_cmpstr(f.last_id, ==, "event_02");
}

static void test_stream_that_is_refused_or_silent_tells_nothing(void)
{
    follower f = { .last_id = "event_01" };

    follow(&f, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 10\r\n\r\ndata: {}\n\n", 0);
    follow(&f, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
           0);
    follow(&f, HEAD ": still here\n\n: still here\n\n", 0);
    g_assert_cmpint(f.n_news, ==, 0);
    g_assert_cmpstr(f.last_id, ==, "event_01");
}

/* A line of a megabyte, and an id as long as that: neither is kept whole. */
static void test_long_lines_of_a_stream_are_survived(void)
{
    g_autoptr(GString) answer = g_string_new(HEAD "id: ");
    follower f = { .last_id = "" };

    for (int i = 0; i < 1024 * 1024; i++)
        g_string_append_c(answer, 'x');
    g_string_append(answer, "\ndata: ");
    for (int i = 0; i < 1024 * 1024; i++)
        g_string_append_c(answer, 'y');
    g_string_append(answer, "\n\nid: event_09\ndata: {}\n\n");
    follow(&f, answer->str, answer->len);
    g_assert_cmpint(f.n_news, ==, 2);
    g_assert_cmpstr(f.last_id, ==, "event_09");
}

typedef struct visit {
    raw_server server;
    GCancellable *cancellable;
} visit;

static gpointer cancel_once_asked(gpointer data)
{
    visit *v = data;

    while (atomic_load(&v->server.n_requests) == 0)
        g_usleep(1000);
    g_cancellable_cancel(v->cancellable);
    return NULL;
}

static void test_silent_stream_can_be_left(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    visit v = { .server = { .mode = RAW_SILENT }, .cancellable = cancellable };
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    follower f = { .last_id = "" };
    gint64 began = g_get_monotonic_time();

    raw_server_start(&v.server);
    config->server = g_strdup_printf("http://127.0.0.1:%d", v.server.port);
    GThread *thread = g_thread_new("cancel", cancel_once_asked, &v);
    latchkey_server_follow(config, "token_01", f.last_id, cancellable, on_news, &f);
    g_thread_join(thread);
    g_assert_cmpint(g_get_monotonic_time() - began, <, 10 * G_USEC_PER_SEC);
    g_assert_cmpint(f.n_news, ==, 0);
    raw_server_stop(&v.server);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/source/sleep", test_sleep_is_noticed);
    g_test_add_func("/source/network", test_network_that_is_back_is_used);
    g_test_add_func("/source/damaged", test_damage_found_later_can_be_set_aside);
    g_test_add_func("/source/stream", test_stream_tells_of_news_and_its_place);
    g_test_add_func("/source/stream/nothing", test_stream_that_is_refused_or_silent_tells_nothing);
    g_test_add_func("/source/stream/long", test_long_lines_of_a_stream_are_survived);
    g_test_add_func("/source/stream/cancelled", test_silent_stream_can_be_left);
    return g_test_run();
}
