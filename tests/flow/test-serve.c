/* The server as it runs: real HTTP on loopback, against the emulator, with a store of its own. */
#include "emulator-kit.h"

#include "clock.h"
#include "crowd.h"
#include "server.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <latchkey/events.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SECRET     "whsec_test_only"
#define MIRA_ID    "user_01JUNIPER0000000000000MIRA"
#define N_WATCHERS 8
#define HARBOR_D   "directory_01HARB0R0000000000000P1NE"

#define assert_has(part)                                                         \
    do {                                                                         \
        if (strstr(got.body, (part)) == NULL)                                    \
            fail_msg("status %ld lacks \"%s\": %s", got.status, part, got.body); \
    } while (0)
#define assert_lacks(part)                                                     \
    do {                                                                       \
        if (strstr(got.body, (part)) != NULL)                                  \
            fail_msg("status %ld has \"%s\": %s", got.status, part, got.body); \
    } while (0)

static struct {
    char directory[64], store[96];
    lk_client *client;
    server_options options;
    server *running;
    CURL *browser; /* keeps cookies */
} it;

/* The last answer; body is never NULL. */
static struct {
    long status;
    char *body;
    size_t len;
    int failed;             /* libcurl's code */
    const char *stop_at;    /* end the transfer once this has come */
    void (*at_first)(void); /* run when something comes, once */
} got;

static size_t take(char *bytes, size_t size, size_t n, void *ctx)
{
    (void)ctx;
    got.body = realloc(got.body, got.len + size * n + 1);
    memcpy(got.body + got.len, bytes, size * n);
    got.len += size * n;
    got.body[got.len] = '\0';
    if (got.at_first != NULL) {
        void (*run)(void) = got.at_first;
        got.at_first = NULL;
        run();
    }
    return got.stop_at != NULL && strstr(got.body, got.stop_at) != NULL ? 0 : size * n;
}

static void forget(void)
{
    free(got.body);
    got.body = calloc(1, 1);
    got.len = 0;
    got.stop_at = NULL;
    got.at_first = NULL;
}

/* path may be a whole address. Returns the status. */
static long visit(const char *path, const char *header, const char *form)
{
    char url[8192];
    struct curl_slist *headers = header != NULL ? curl_slist_append(NULL, header) : NULL;

    snprintf(url, sizeof(url), "%s%s", path[0] == '/' ? it.running->origin : "", path);
    curl_easy_setopt(it.browser, CURLOPT_URL, url);
    curl_easy_setopt(it.browser, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(it.browser, CURLOPT_HTTPGET, 1L);
    if (form != NULL) {
        curl_easy_setopt(it.browser, CURLOPT_POST, 1L);
        curl_easy_setopt(it.browser, CURLOPT_POSTFIELDS, form);
    }
    got.failed = (int)curl_easy_perform(it.browser);
    curl_easy_getinfo(it.browser, CURLINFO_RESPONSE_CODE, &got.status);
    curl_easy_setopt(it.browser, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return got.status;
}

static long ask(const char *path)
{
    forget();
    return visit(path, NULL, NULL);
}

static const char *redirect(char out[8192])
{
    char *url = NULL;

    curl_easy_getinfo(it.browser, CURLINFO_REDIRECT_URL, &url);
    snprintf(out, 8192, "%s", url != NULL ? url : "");
    return out;
}

static void sign_in_as(const char *user_id)
{
    char url[8192];
    char form[256];

    assert_int_equal(ask("/login?return_to=/"), 302);
    redirect(url);
    snprintf(form, sizeof(form), "user_id=%s", user_id);
    forget();
    assert_int_equal(visit(url, NULL, form) / 100, 3);
    assert_int_equal(ask(redirect(url)), 302);
    snprintf(form, sizeof(form), "%s/", it.running->origin);
    assert_string_equal(redirect(url), form);
}

/* The feed runs on its own thread: asks until the answer holds the part. */
static void wait_for(const char *path, const char *part)
{
    const struct timespec breath = { .tv_nsec = 20000000 };

    for (int i = 0; i < 500; i++) {
        ask(path);
        if (strstr(got.body, part) != NULL)
            return;
        nanosleep(&breath, NULL);
    }
    fail_msg("%s never has \"%s\": %s", path, part, got.body);
}

static int set_up(void **state)
{
    lk_error err = LK_ERROR_INIT;

    if (emulator_kit_set_up(state) != 0)
        return -1;
    snprintf(it.directory, sizeof(it.directory), "/tmp/latchkey-serve-XXXXXX");
    if (mkdtemp(it.directory) == NULL)
        return -1;
    snprintf(it.store, sizeof(it.store), "sqlite:%s/mirror.db", it.directory);
    lk_status status = lk_client_new(LK_CLIENT_OPTIONS(.client_id = EMULATOR_CLIENT_ID,
                                                       .api_key = EMULATOR_API_KEY,
                                                       .base_url = emulator_kit_url()),
                                     &it.client, &err);
    it.options = (server_options){
        .address = { .host = "127.0.0.1", .is_loopback = true },
        .client = it.client,
        .store = it.store,
        .base_url = emulator_kit_url(),
        .follows = true,
        .max_watchers = N_WATCHERS,
        .poll_ms = 50,
        .web = { .cookie_password = "only-for-tests-only-for-tests-only" },
        .webhook_secret = SECRET,
    };
    if (status == LK_OK)
        status = serve_start(&it.options, &it.running, &err);
    if (status != LK_OK)
        fprintf(stderr, "%s\n", err.message);
    it.browser = curl_easy_init();
    curl_easy_setopt(it.browser, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(it.browser, CURLOPT_PROXY, "");
    curl_easy_setopt(it.browser, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(it.browser, CURLOPT_WRITEFUNCTION, take);
    forget();
    return status == LK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char path[256];

    curl_easy_cleanup(it.browser);
    serve_stop(it.running);
    lk_client_free(it.client);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/mirror.db%s", it.directory, ends[i]);
        unlink(path);
    }
    rmdir(it.directory);
    free(got.body);
    got.body = NULL;
    return emulator_kit_tear_down(state);
}

static void test_strangers_see_a_button_and_nothing_else(void **state)
{
    static const char *const guarded[] = {
        "/api/me",
        "/api/events",
        "/api/events/stream",
        "/api/directories",
        "/api/directories/" STAFF "/users",
        "/api/directories/" STAFF "/groups",
        "/api/directory-users/directory_user_1",
    };

    (void)state;
    assert_int_equal(ask("/"), 200);
    assert_has("You are not signed in");
    assert_has("href=\"/login\"");
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
        assert_int_equal(ask(guarded[i]), 401);
        assert_has("\"error\"");
    }
}

static void test_signed_in_person_sees_themself_and_their_events(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/me"), 200);
    assert_has("\"email\":\"" MIRA "\"");
    assert_has("\"organization_id\":\"" JUNIPER "\"");
    assert_int_equal(ask("/"), 200);
    assert_has("Mira Holt");
    assert_has("dsync.group.user_added");
    assert_lacks("Fe26.2"); /* no seal, no token in a page (CVE-2025-55009) */
    assert_lacks("eyJ");
    assert_int_equal(ask("/api/events?limit=3"), 200);
    assert_has("\"summary\":");
    assert_lacks(HARBOR);
}

/* Of what is there and hidden nothing may be told that is not told of what does not exist. */
static void assert_nothing_like(const char *hidden, const char *missing)
{
    assert_int_equal(ask(hidden), 404);
    char *told = strdup(got.body);
    assert_int_equal(ask(missing), 404);
    assert_string_equal(told, got.body);
    free(told);
}

static void test_other_organizations_stay_hidden(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/directories"), 200);
    assert_has(STAFF);
    assert_lacks(HARBOR_D);
    assert_int_equal(ask("/api/directories/" STAFF "/users"), 200);
    assert_has(MIRA);
    assert_nothing_like("/api/directories/" HARBOR_D "/users", "/api/directories/nope/users");
    assert_nothing_like("/api/directories/" HARBOR_D "/groups", "/api/directories/nope/groups");
    assert_int_equal(ask("/api/events?organization_id=" HARBOR), 403);
}

static void test_allow_rule_opens_every_organization(void **state)
{
    lk_auto(lk_rules) rules = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_int_equal(lk_rules_new(&rules, &err), LK_OK);
    assert_int_equal(lk_rules_add(rules, "role=admin", &err), LK_OK);
    it.options.rules = rules; /* read at each request, and nobody has asked yet */
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/directories"), 200);
    assert_has(STAFF);
    assert_has(HARBOR_D);
    assert_int_equal(ask("/api/events?organization_id=" HARBOR), 200);
    it.options.rules = NULL;
}

static void test_new_event_reaches_the_page_by_itself(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    /* What happens while nobody listens is sent first, what happens then follows. */
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"Early birds\"}");
    forget();
    got.stop_at = "Early birds was created";
    assert_int_equal(visit("/api/events/stream?after=", NULL, NULL), 200);
    assert_has("event: feed\ndata: {\"state\":");
    assert_has("Early birds was created");
    const char *last_id = strstr(got.body, "id: event_");
    for (const char *next = last_id; next != NULL; next = strstr(next + 1, "\nid: event_"))
        last_id = next;
    assert_non_null(last_id);

    char header[160];
    snprintf(header, sizeof(header), "Last-Event-ID: %.*s",
             (int)strcspn(strstr(last_id, "event_"), "\n"), strstr(last_id, "event_"));
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"Night owls\"}");
    forget();
    got.stop_at = "Night owls was created";
    assert_int_equal(visit("/api/events/stream", header, NULL), 200);
    assert_has("Night owls was created");
    assert_lacks("Early birds was created"); /* resumed behind it */
}

static void test_unknown_place_in_the_stream_starts_over(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    forget();
    got.stop_at = "event: reset";
    assert_int_equal(visit("/api/events/stream", "Last-Event-ID: event_nobody_knows", NULL), 200);
    assert_has("event: reset");
}

static void test_bad_queries_are_refused_one_by_one(void **state)
{
    static const struct {
        const char *path;
        long status;
    } cases[] = {
        { "/api/events?limit=0", 400 },
        { "/api/events?limit=1001", 400 },
        { "/api/events?limit=x", 400 },
        { "/api/events?q=a%00b", 400 }, /* cut short it would ask something else */
        { "/api/events?after=event_1&before=event_2", 400 },
        { "/api/events?after=event_nobody_knows", 404 },
        { "/api/directories//users", 404 },
        { "/api/directories/a/b/users", 404 },
        { "/api/directory-users/%2e%2e", 404 },
        { "/api/events/", 404 },
        { "/nowhere", 404 },
    };

    (void)state;
    sign_in_as(MIRA_ID);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (ask(cases[i].path) != cases[i].status)
            fail_msg("%s: %ld, not %ld", cases[i].path, got.status, cases[i].status);
    forget();
    assert_int_equal(visit("/api/me", NULL, "x=1"), 405);
}

static void test_signing_out_ends_the_session(void **state)
{
    char origin[200];

    (void)state;
    sign_in_as(MIRA_ID);
    assert_int_equal(ask("/api/me"), 200);
    snprintf(origin, sizeof(origin), "Origin: %s", it.running->origin);
    forget();
    assert_int_equal(visit("/logout", "Origin: https://evil.example", "x=1"), 403);
    assert_int_equal(ask("/api/me"), 200);
    forget();
    assert_int_equal(visit("/logout", origin, "x=1") / 100, 3);
    assert_int_equal(ask("/api/me"), 401);
}

static void revoke_the_session(void)
{
    char body[256];

    snprintf(body, sizeof(body), "{\"session_id\":\"%s\"}", text("data.0.id"));
    assert_int_equal(
        call_as(EMULATOR_API_KEY, "POST", "/user_management/sessions/revoke", JSON, body), 200);
}

/* "A revoked session is refused at the next poll, not when its token expires". */
static void test_session_that_workos_revokes_is_refused_within_one_poll(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/me"), 200);
    get("/user_management/users/" MIRA_ID "/sessions");
    revoke_the_session();
    wait_for("/api/me", "\"not_signed_in\"");
    assert_int_equal(got.status, 401);
    assert_int_equal(ask("/"), 200);
    assert_has("You are not signed in");

    sign_in_as(MIRA_ID); /* as a new session */
    assert_int_equal(ask("/api/me"), 200);
}

/* A stream outlives the check at its beginning: it must not outlive the session. */
static void test_stream_of_a_revoked_session_ends(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    get("/user_management/users/" MIRA_ID "/sessions");
    forget();
    got.at_first = revoke_the_session;
    assert_int_equal(visit("/api/events/stream", NULL, NULL), 200);
    assert_null(got.at_first);              /* it ran while the stream did */
    assert_int_equal(got.failed, CURLE_OK); /* and not into the time limit */
    assert_int_equal(ask("/api/me"), 401);
}

#define GROUP_EVENT                                                                        \
    "{\"object\":\"event\",\"id\":\"event_01WEBH00K\",\"event\":\"dsync.group.created\","  \
    "\"data\":{\"object\":\"directory_group\",\"id\":\"directory_group_01WEBH00K\","       \
    "\"idp_id\":\"g\",\"directory_id\":\"" STAFF "\",\"organization_id\":\"" JUNIPER "\"," \
    "\"name\":\"By webhook\",\"created_at\":\"2026-03-02T08:02:00.000Z\","                 \
    "\"updated_at\":\"2026-03-02T08:02:00.000Z\"},"                                        \
    "\"created_at\":\"2026-03-02T08:02:00.150Z\"}"

static long deliver(const char *secret, const char *signed_body, const char *body)
{
    struct timespec now;
    char header[256];
    char *value = NULL;
    lk_error err = LK_ERROR_INIT;

    clock_gettime(CLOCK_REALTIME, &now);
    assert_int_equal(lk_webhook_sign(secret, signed_body, strlen(signed_body),
                                     (int64_t)now.tv_sec * 1000, &value, &err),
                     LK_OK);
    snprintf(header, sizeof(header), "WorkOS-Signature: %s", value);
    lk_free(value);
    forget();
    return visit("/webhooks/workos", header, body);
}

static int count_in(const char *text, const char *part)
{
    int n = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void test_webhook_counts_once_and_only_when_signed(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    forget();
    assert_int_equal(visit("/webhooks/workos", NULL, GROUP_EVENT), 400);
    assert_int_equal(deliver("whsec_other", GROUP_EVENT, GROUP_EVENT), 400);
    assert_int_equal(deliver(SECRET, "{}", GROUP_EVENT), 400);
    assert_int_equal(deliver(SECRET, "{}", "{}"), 400);
    ask("/api/events?q=By%20webhook");
    assert_lacks("event_01WEBH00K");
    assert_int_equal(deliver(SECRET, GROUP_EVENT, GROUP_EVENT), 200);
    assert_int_equal(deliver(SECRET, GROUP_EVENT, GROUP_EVENT), 200);
    ask("/api/events?q=By%20webhook");
    assert_int_equal(count_in(got.body, "\"id\":\"event_01WEBH00K\""), 1);
}

static int open_socket(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)it.running->address.port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

/* Sends and reads one head. */
static void talk(int fd, const char *request, char out[2048])
{
    size_t len = 0;

    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    while (len < 2047) {
        ssize_t n = read(fd, out + len, 2047 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
        out[len] = '\0';
        if (strstr(out, "\r\n\r\n") != NULL)
            break;
    }
    out[len] = '\0';
}

static void test_bodies_of_two_lengths_are_refused(void **state)
{
    static const char *const lengths[] = {
        "Content-Length: 0\r\nContent-Length: 40\r\n",
        "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Content-Length: +5\r\n",
        "Content-Length : 40\r\n", /* hidden from whoever keeps the space */
        "Content_Length: 40\r\n",
        "X_Forwarded_For: 10.0.0.1\r\n",
        "Content-Length: 9223372036854775807\r\n", /* sums over it wrap */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char request[512];
        char head[2048] = "";
        int fd = open_socket();
        snprintf(request, sizeof(request), "POST /webhooks/workos HTTP/1.1\r\nHost: x\r\n%s\r\n",
                 lengths[i]);
        talk(fd, request, head);
        close(fd);
        if (strncmp(head, "HTTP/1.1 400", 12) != 0)
            fail_msg("%s: %s", lengths[i], head);
    }
}

static char *grow(char *request, const char *part, size_t n)
{
    for (size_t i = 0; i < n; i++)
        strcat(request, part);
    return request;
}

static void test_heads_that_no_answer_fits_are_refused(void **state)
{
    static const struct {
        const char *start, *part;
        size_t n;
        const char *end, *status;
    } rows[] = {
        { "GET /healthz HTTP/1.1\r\nHost: x\r\n", "", 0, "\r\n", "200" },
        { "GET /healthz HTTP/1.1\r\n", "", 0, "\r\n", "400" },
        { "GET /healthz HTTP/1.1\r\n", "Host: x\r\n", 2, "\r\n", "400" },
        { "GET /healthz HTTP/1.1\r\nHost: a/<b>\r\n", "", 0, "\r\n", "400" },
        { "get /healthz HTTP/1.1\r\nHost: x\r\n", "", 0, "\r\n", "400" },
        /* CivetWeb's own answer begins "HTTP/z HTTP/1.1 400". */
        { "GET /health z HTTP/1.1\r\nHost: x\r\n", "", 0, "\r\n", "400" },
        { "GET /healthz HTTP/1.1\r\nHost: x\r\nCookie: a=", "0123456789", 10000, "\r\n\r\n",
          "431" },
        { "GET /", "0123456789", 10000, " HTTP/1.1\r\nHost: x\r\n\r\n", "414" },
        /* CivetWeb forgets what follows: here the length of the body. */
        { "POST /logout HTTP/1.1\r\nHost: x\r\n", "A: b\r\n", 70,
          "Content-Length: 9\r\n\r\nGET / HTT", "431" },
    };
    char *request = malloc(200000);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char head[2048] = "";
        char wanted[16];
        int fd = open_socket();
        strcpy(request, rows[i].start);
        talk(fd, strcat(grow(request, rows[i].part, rows[i].n), rows[i].end), head);
        close(fd);
        snprintf(wanted, sizeof(wanted), "HTTP/1.1 %s", rows[i].status);
        if (strncmp(head, wanted, strlen(wanted)) != 0)
            fail_msg("row %zu: %s", i, head);
        assert_non_null(strstr(head, "X-Content-Type-Options: nosniff"));
        assert_non_null(strstr(head, "no-store"));
        if (i > 0)
            assert_non_null(strstr(head, "Connection: close"));
    }
    free(request);
}

static void test_wrong_method_names_the_right_ones(void **state)
{
    static const char *const rows[][2] = {
        { "/api/me", "Allow: GET, HEAD\r\n" },
        { "/login", "Allow: GET, HEAD\r\n" },
        { "/logout", "Allow: GET, HEAD, POST\r\n" },
        { "/webhooks/workos", "Allow: POST\r\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char request[128];
        char head[2048] = "";
        int fd = open_socket();
        snprintf(request, sizeof(request), "DELETE %s HTTP/1.1\r\nHost: x\r\n\r\n", rows[i][0]);
        talk(fd, request, head);
        close(fd);
        assert_int_equal(strncmp(head, "HTTP/1.1 405", 12), 0);
        assert_non_null(strstr(head, rows[i][1]));
        assert_non_null(strstr(head, "no-store"));
    }
}

/* As many busy visitors as there are threads must not keep the next one waiting. */
static void test_connections_are_let_go_when_threads_run_out(void **state)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    int held[N_WORKERS + N_WATCHERS - 1];
    const size_t n_held = sizeof(held) / sizeof(held[0]);
    const int64_t since_ms = clock_steady_ms();
    char head[2048];

    (void)state;
    for (size_t i = 0; i < n_held; i++) {
        held[i] = open_socket();
        talk(held[i], request, head);
        assert_non_null(strstr(head, " 200 "));
        bool is_let_go = strstr(head, "Connection: close") != NULL;
        assert_false(is_let_go && i < n_held - 1);
        /* On a slow machine the first may be hung up on meanwhile, for their silence. */
        assert_true(is_let_go || i < n_held - 1 ||
                    clock_steady_ms() - since_ms >= CROWD_PATIENCE_MS);
    }
    int fd = open_socket();
    talk(fd, request, head);
    assert_non_null(strstr(head, " 200 "));
    close(fd);
    for (size_t i = 0; i < n_held; i++)
        close(held[i]);
}

static void test_webhooks_beyond_a_megabyte_are_refused_unheard(void **state)
{
    enum { PIECE = 0x8000 };
    static const char start[] = "POST /webhooks/workos HTTP/1.1\r\nHost: x\r\n"
                                "WorkOS-Signature: t=1, v1=0\r\n";
    char head[2048] = "";
    char request[256];
    char piece[PIECE + 16];
    int fd = open_socket();

    (void)state;
    snprintf(request, sizeof(request), "%sContent-Length: 1048577\r\n\r\n", start);
    talk(fd, request, head);
    close(fd);
    assert_int_equal(strncmp(head, "HTTP/1.1 413", 12), 0);

    /* No length told: as much is read as there may be, and one more. */
    fd = open_socket();
    snprintf(request, sizeof(request), "%sTransfer-Encoding: chunked\r\n\r\n", start);
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    memcpy(piece, "8000\r\n", 6);
    memset(piece + 6, 'x', PIECE);
    memcpy(piece + 6 + PIECE, "\r\n", 3);
    for (int i = 0; i < 32; i++)
        assert_int_equal(write(fd, piece, strlen(piece)), strlen(piece));
    talk(fd, "1\r\nx\r\n", head);
    close(fd);
    assert_int_equal(strncmp(head, "HTTP/1.1 413", 12), 0);
}

/* Whoever sends a body and never its end holds a thread: a bounded number of them may. */
static void test_slow_webhooks_leave_room_for_others(void **state)
{
    static const char request[] = "POST /webhooks/workos HTTP/1.1\r\nHost: x\r\n"
                                  "WorkOS-Signature: t=1, v1=0\r\nContent-Length: 9\r\n\r\n{";
    struct pollfd held[17];
    char head[2048] = "";
    size_t i;

    (void)state;
    for (i = 0; i < 17; i++) {
        held[i] = (struct pollfd){ .fd = open_socket(), .events = POLLIN };
        assert_int_equal(write(held[i].fd, request, strlen(request)), strlen(request));
    }
    /* The others would be answered after five seconds. */
    assert_int_equal(poll(held, 17, 4000), 1);
    for (i = 0; held[i].revents == 0;)
        i++;
    talk(held[i].fd, "", head);
    assert_int_equal(strncmp(head, "HTTP/1.1 503", 12), 0);
    assert_int_equal(ask("/login"), 302);
    for (i = 0; i < 17; i++)
        close(held[i].fd);
}

static void test_operators_are_told_how_it_stands(void **state)
{
    (void)state;
    wait_for("/readyz", "\"ready\":true");
    assert_has("\"lag_seconds\":");
    assert_int_equal(ask("/healthz"), 200);
    assert_int_equal(ask("/metrics"), 200);
    assert_has("latchkey_feed_up 1");
    assert_has("latchkey_mirror_users ");
    assert_lacks(JUNIPER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_strangers_see_a_button_and_nothing_else),
        TEST(test_signed_in_person_sees_themself_and_their_events),
        TEST(test_other_organizations_stay_hidden),
        TEST(test_allow_rule_opens_every_organization),
        TEST(test_new_event_reaches_the_page_by_itself),
        TEST(test_unknown_place_in_the_stream_starts_over),
        TEST(test_bad_queries_are_refused_one_by_one),
        TEST(test_signing_out_ends_the_session),
        TEST(test_session_that_workos_revokes_is_refused_within_one_poll),
        TEST(test_stream_of_a_revoked_session_ends),
        TEST(test_webhook_counts_once_and_only_when_signed),
        TEST(test_bodies_of_two_lengths_are_refused),
        TEST(test_heads_that_no_answer_fits_are_refused),
        TEST(test_wrong_method_names_the_right_ones),
        TEST(test_webhooks_beyond_a_megabyte_are_refused_unheard),
        TEST(test_slow_webhooks_leave_room_for_others),
        TEST(test_connections_are_let_go_when_threads_run_out),
        TEST(test_operators_are_told_how_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
