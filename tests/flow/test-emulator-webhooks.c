/* The local WorkOS: webhooks, delivered to a listener of this test. */
#include <arpa/inet.h>
#include <mbedtls/md.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "emulator-kit.h"

#define MAX 32

/* What came, in order; and how the next ones are answered. */
static struct {
    int listener, port;
    pthread_t thread;
    pthread_mutex_t lock;
    size_t n;
    char *requests[MAX];
    int statuses[MAX]; /* 0: 200 */
} hook;

static char *receive(int descriptor)
{
    size_t filled = 0, wanted = 0;
    char *all = calloc(1, 65536);
    ssize_t n = 0;
    while (filled < 65535 && (n = recv(descriptor, all + filled, 65535 - filled, 0)) > 0) {
        filled += (size_t)n;
        const char *end = strstr(all, "\r\n\r\n"), *length = strstr(all, "Content-Length: ");
        if (end && length)
            wanted = (size_t)(end + 4 - all) + (size_t)atoi(length + 16);
        if (wanted && filled >= wanted)
            break;
    }
    return all;
}

static void *listen_on(void *unused)
{
    (void)unused;
    int descriptor = 0;
    while ((descriptor = accept(hook.listener, NULL, NULL)) >= 0) {
        char reply[64];
        char *request = receive(descriptor);
        pthread_mutex_lock(&hook.lock);
        int status = hook.statuses[hook.n % MAX];
        free(hook.requests[hook.n % MAX]);
        hook.requests[hook.n++ % MAX] = request;
        pthread_mutex_unlock(&hook.lock);
        int len = snprintf(reply, sizeof reply, "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n",
                           status ? status : 200);
        (void)send(descriptor, reply, (size_t)len, MSG_NOSIGNAL);
        close(descriptor);
    }
    return NULL;
}

static int set_up(void **state)
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof here;
    memset(&hook, 0, sizeof hook);
    pthread_mutex_init(&hook.lock, NULL);
    hook.listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(hook.listener, (const struct sockaddr *)&here, len) || listen(hook.listener, 16) ||
        getsockname(hook.listener, (struct sockaddr *)&here, &len))
        return -1;
    hook.port = ntohs(here.sin_port);
    pthread_create(&hook.thread, NULL, listen_on, NULL);
    return emulator_kit_set_up(state);
}

static int tear_down(void **state)
{
    emulator_kit_tear_down(state);
    shutdown(hook.listener, SHUT_RDWR);
    pthread_join(hook.thread, NULL);
    close(hook.listener);
    for (size_t i = 0; i < MAX; i++)
        free(hook.requests[i]);
    pthread_mutex_destroy(&hook.lock);
    return 0;
}

/* Waits, at most some seconds, until that many requests have come. */
static void await(size_t n)
{
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&hook.lock);
        bool has_come = hook.n >= n;
        pthread_mutex_unlock(&hook.lock);
        if (has_come)
            return;
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
    fail_msg("%zu of %zu webhooks came", hook.n, n);
}

static void add_endpoint(const char *events)
{
    char body[SIZE];
    snprintf(body, sizeof body,
             "{\"endpoint_url\":\"http://127.0.0.1:%d/hook?a=1\",\"events\":[%s]}", hook.port,
             events);
    assert_int_equal(call_as(EMULATOR_API_KEY, "POST", "/webhook_endpoints", JSON, body), 201);
}

static void hire(const char *name)
{
    char body[SIZE];
    snprintf(body, sizeof body, "{\"first_name\":\"%s\"}", name);
    assert_int_equal(control("POST", "/_latchkey/directories/" STAFF "/users", body), 201);
}

static void hmac(const char *key, const char *message, char out[65])
{
    unsigned char mac[32];
    mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), (const unsigned char *)key,
                    strlen(key), (const unsigned char *)message, strlen(message), mac);
    for (size_t i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", mac[i]);
}

static void test_delivery_is_signed_over_milliseconds_and_body(void **state)
{
    (void)state;
    char secret[SIZE], right[65], given[65] = "";
    long long t = 0;
    add_endpoint("\"dsync.user.created\"");
    snprintf(secret, sizeof secret, "%s", text("secret"));
    assert_int_equal(strncmp(secret, "whsec_", 6), 0);
    hire("Signed");
    await(1);
    const char *request = hook.requests[0], *body = strstr(request, "\r\n\r\n") + 4;
    const char *header = strstr(request, "WorkOS-Signature: ");
    assert_int_equal(strncmp(request, "POST /hook?a=1 HTTP/1.1\r\n", 25), 0);
    assert_int_equal(sscanf(header, "WorkOS-Signature: t=%lld, v1=%64s", &t, given), 2);
    assert_true(llabs(t - (long long)time(NULL) * 1000) < 20000);
    char *message = NULL;
    assert_true(asprintf(&message, "%lld.%s", t, body) > 0);
    hmac(secret, message, right);
    free(message);
    assert_string_equal(given, right);
    cJSON *event = cJSON_Parse(body);
    get("/events?events=dsync.user.created&order=desc&limit=1");
    assert_string_equal(cJSON_GetStringValue(at(event, "id")), text("data.0.id"));
    assert_string_equal(cJSON_GetStringValue(at(event, "event")), "dsync.user.created");
    assert_string_equal(cJSON_GetStringValue(at(event, "data.first_name")), "Signed");
    cJSON_Delete(event);
}

static void test_only_wanted_events_of_enabled_endpoints_are_sent(void **state)
{
    (void)state;
    char path[SIZE];
    add_endpoint("\"dsync.group.created\"");
    snprintf(path, sizeof path, "/webhook_endpoints/%.80s", text("id"));
    hire("Nobody asks");
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"First\"}");
    await(1);
    assert_non_null(strstr(hook.requests[0], "First"));
    assert_int_equal(call_as(EMULATOR_API_KEY, "PATCH", path, JSON, "{\"status\":\"disabled\"}"),
                     200);
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"Second\"}");
    assert_int_equal(call_as(EMULATOR_API_KEY, "PATCH", path, JSON, "{\"status\":\"enabled\"}"),
                     200);
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"Third\"}");
    await(2);
    assert_non_null(strstr(hook.requests[1], "Third"));
    assert_int_equal(call_as(EMULATOR_API_KEY, "DELETE", path, NULL, NULL), 204);
    assert_int_equal(call_as(EMULATOR_API_KEY, "DELETE", path, NULL, NULL), 404);
    get("/webhook_endpoints");
    assert_int_equal(count("data"), 0);
}

static void test_refused_delivery_is_tried_again(void **state)
{
    (void)state;
    hook.statuses[0] = 500;
    add_endpoint("\"dsync.user.created\"");
    hire("Again");
    await(1);
    control("POST", "/_latchkey/clock", "{\"advance_s\":1}");
    await(2);
    assert_string_equal(strstr(hook.requests[0], "\r\n\r\n"), strstr(hook.requests[1], "\r\n\r\n"));
    for (int i = 0; i < 300; i++) {
        control("GET", "/_latchkey/webhooks/deliveries", NULL);
        if (strcmp(text("data.0.state"), "delivered") == 0)
            break;
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    }
    assert_string_equal(text("data.0.state"), "delivered");
    assert_int_equal(at(last.json, "data.0.attempts")->valueint, 2);
    assert_int_equal(at(last.json, "data.0.response_status")->valueint, 200);
}

static void test_deliveries_go_wrong_on_demand(void **state)
{
    (void)state;
    char path[SIZE];
    add_endpoint("\"dsync.user.created\"");
    assert_int_equal(control("POST", "/_latchkey/webhooks/mishaps", "{\"duplicate\":1}"), 204);
    hire("Twice");
    await(2);
    assert_string_equal(strstr(hook.requests[0], "\r\n\r\n"), strstr(hook.requests[1], "\r\n\r\n"));
    assert_int_equal(control("POST", "/_latchkey/webhooks/mishaps", "{\"reorder\":true}"), 204);
    hire("Former");
    hire("Latter");
    await(4);
    assert_non_null(strstr(hook.requests[2], "Latter"));
    assert_non_null(strstr(hook.requests[3], "Former"));
    control("POST", "/_latchkey/webhooks/mishaps", "{}");
    control("GET", "/_latchkey/webhooks/deliveries?order=asc", NULL);
    snprintf(path, sizeof path, "/_latchkey/webhooks/deliveries/%.80s/resend", text("data.0.id"));
    assert_int_equal(control("POST", path, "{}"), 201);
    await(5);
    assert_non_null(strstr(hook.requests[4], "Twice"));
}

static void test_endpoints_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        long status;
        const char *code;
    } cases[] = {
        { "{\"endpoint_url\":\"https://example.com/hook\",\"events\":[]}", 422, "invalid_url" },
        { "{\"endpoint_url\":\"http://10.0.0.1/hook\",\"events\":[]}", 422, "invalid_url" },
        /* names that only begin like loopback, or hide another host */
        { "{\"endpoint_url\":\"http://127.0.0.1.evil.example/\",\"events\":[]}", 422,
          "invalid_url" },
        { "{\"endpoint_url\":\"http://localhost@evil.example/\",\"events\":[]}", 422,
          "invalid_url" },
        { "{\"endpoint_url\":\"http://127.0.0.1:99999/\",\"events\":[]}", 422, "invalid_url" },
        /* a second header line */
        { "{\"endpoint_url\":\"http://127.0.0.1/\\r\\nX: 1\",\"events\":[]}", 422, "invalid_url" },
        { "{\"endpoint_url\":\"http://127.0.0.1:9/\",\"events\":[\"dsync.nothing\"]}", 422,
          "invalid_request_parameters" },
        { "{\"endpoint_url\":\"http://127.0.0.1:9/\"}", 422, "invalid_request_parameters" },
        { "{\"endpoint_url\":\"http://[::1]:9/\",\"events\":[\"user.created\"]}", 201, "" },
        { "{\"endpoint_url\":\"http://[::1]:9/\",\"events\":[]}", 409, "duplicate_endpoint" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            call_as(EMULATOR_API_KEY, "POST", "/webhook_endpoints", JSON, cases[i].body),
            cases[i].status);
        assert_string_equal(text("code"), cases[i].code);
    }
    assert_int_equal(call_as(NULL, "GET", "/webhook_endpoints", NULL, NULL), 401);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Listens, and never takes a connection: the system completes it, and nobody ever answers. */
static int hang(char out_body[SIZE])
{
    struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&here, len), 0);
    assert_int_equal(listen(listener, 16), 0);
    getsockname(listener, (struct sockaddr *)&here, &len);
    snprintf(out_body, SIZE,
             "{\"endpoint_url\":\"http://127.0.0.1:%d/\",\"events\":[\"dsync.user.created\"]}",
             ntohs(here.sin_port));
    return listener;
}

/* As many as there may be, and each keeps one who delivers. */
static void test_endpoints_that_hang_hold_up_no_other(void **state)
{
    (void)state;
    enum { N_HANGING = 49 };
    char body[SIZE];
    int hanging[N_HANGING];
    for (size_t i = 0; i < N_HANGING; i++) {
        hanging[i] = hang(body);
        assert_int_equal(call_as(EMULATOR_API_KEY, "POST", "/webhook_endpoints", JSON, body), 201);
    }
    add_endpoint("\"dsync.user.created\"");
    for (int i = 0; i < 20; i++)
        hire("Quick");
    await(20);
    control("GET", "/_latchkey/webhooks/deliveries?limit=100&order=asc", NULL);
    /* The first one to the first that hangs. */
    assert_string_equal(text("data.0.state"), "waiting");
    assert_int_equal(at(last.json, "data.0.attempts")->valueint, 0);
    assert_string_equal(text("data.49.state"), "delivered");
    int64_t start = now_ms();
    void *none = NULL;
    emulator_kit_tear_down(&none); /* nor does it hold up the end */
    assert_true(now_ms() - start < 3000);
    for (size_t i = 0; i < N_HANGING; i++)
        close(hanging[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_delivery_is_signed_over_milliseconds_and_body),
        TEST(test_only_wanted_events_of_enabled_endpoints_are_sent),
        TEST(test_refused_delivery_is_tried_again),
        TEST(test_deliveries_go_wrong_on_demand),
        TEST(test_endpoints_are_checked),
        TEST(test_endpoints_that_hang_hold_up_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
