/* The local WorkOS under hostile input: everything that the fuzzers have collected, as raw bytes,
 * as bodies, as queries and as headers, and damaged copies of good requests. Nothing may crash it,
 * in this process and under the sanitizers; and it answers as before afterwards. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emulator-kit.h"

#define MAX_FILE 16384

/* One of the collected inputs. */
typedef struct input {
    unsigned char bytes[MAX_FILE];
    size_t len;
} input;

static int n_inputs;

static void assert_alive(void)
{
    assert_int_equal(call_as(NULL, "GET", "/health", NULL, NULL), 200);
    assert_string_equal(text("status"), "ok");
}

/* The head, then the bytes; what comes back is either nothing or HTTP. CivetWeb repeats a damaged
 * version in its own refusals. */
static void send_request(const char *head, const unsigned char *bytes, size_t len)
{
    static char request[MAX_FILE + 2048], reply[2048];
    size_t head_len = strlen(head);
    memcpy(request, head, head_len);
    memcpy(request + head_len, bytes, len);
    size_t n = call_raw(request, head_len + len, reply, sizeof reply);
    if (n && strncmp(reply, "HTTP/", 5) != 0)
        fail_msg("the answer is no HTTP: %.40s", reply);
}

/* No input may end the server's work on it with an error of its own making. */
static void send_body(const char *method, const char *path, const char *type, const input *in)
{
    char head[1024];
    static char request[MAX_FILE + 2048], reply[4096];
    int len = snprintf(head, sizeof head,
                       "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                       method, path, EMULATOR_API_KEY, type, in->len);
    memcpy(request, head, (size_t)len);
    memcpy(request + len, in->bytes, in->len);
    call_raw(request, (size_t)len + in->len, reply, sizeof reply);
    long status = strncmp(reply, "HTTP/1.", 7) == 0 ? strtol(reply + 9, NULL, 10) : 0;
    if (status < 200 || status >= 500)
        fail_msg("%s %s: status %ld", method, path, status);
}

/* As bodies, of JSON and of forms, to endpoints that read them. */
static void send_as_bodies(const input *in)
{
    static const struct {
        const char *method, *path;
    } places[] = {
        { "POST", "/user_management/authenticate" },
        { "POST", "/user_management/users" },
        { "PUT", "/organizations/" JUNIPER },
        { "POST", "/user_management/invitations" },
        { "POST", "/user_management/authorize/device" },
        { "POST", "/webhook_endpoints" },
        { "POST", "/sso/token" },
        { "POST", "/api_keys/validations" },
        { "POST", "/user_management/password_reset/confirm" },
        { "POST", "/_latchkey/directories/" STAFF "/users" },
        { "POST", "/_latchkey/faults" },
        { "POST", "/_latchkey/limits" },
        { "POST", "/_latchkey/events" },
        { "POST", "/device" },
        { "POST", "/console/directories/" STAFF "/people" },
        { "POST", "/invitation" },
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        send_body(places[i].method, places[i].path, JSON, in);
        send_body(places[i].method, places[i].path, FORM, in);
        if (strstr(places[i].path, "/_latchkey/")) { /* else nobody answers the next ones */
            control("DELETE", "/_latchkey/faults", NULL);
            control("POST", "/_latchkey/limits", "{\"on\":false}");
        }
    }
    send_body("POST", authorize(WITH_PKCE), FORM, in);
}

/* What ends a line would only make other headers of it. */
static void send_as_header(const char *name, const input *in)
{
    char head[256];
    unsigned char value[MAX_FILE + 4];
    size_t len = in->len < 4000 ? in->len : 4000;
    memcpy(value, in->bytes, len);
    for (size_t i = 0; i < len; i++)
        value[i] = value[i] == '\r' || value[i] == '\n' || value[i] == 0 ? ' ' : value[i];
    memcpy(value + len, "\r\n\r\n", 4);
    snprintf(head, sizeof head, "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n%s: ", name);
    send_request(head, value, len + 4);
}

static void send_everywhere(const input *in)
{
    static const char *const queries[] = {
        "GET /events?",           "GET /user_management/authorize?",       "GET /sso/authorize?",
        "GET /device?user_code=", "GET /console/directories/" STAFF "?q=", "GET /"
    };
    static const char *const headers[] = { "Authorization", "Latchkey-Fault",    "Content-Length",
                                           "Host",          "Transfer-Encoding", "Origin",
                                           "Expect" };
    send_request("", in->bytes, in->len);
    send_as_bodies(in);
    send_request(queries[(size_t)n_inputs % (sizeof queries / sizeof *queries)], in->bytes,
                 in->len);
    send_as_header(headers[(size_t)n_inputs % (sizeof headers / sizeof *headers)], in);
    n_inputs++;
}

static void send_file(const char *path)
{
    static input in;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    in.len = fread(in.bytes, 1, sizeof in.bytes, file);
    fclose(file);
    send_everywhere(&in);
}

static void send_folder(const char *path)
{
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (const struct dirent *entry = NULL; (entry = readdir(folder)) != NULL;) {
        char inner[1024];
        struct stat found;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || stat(inner, &found) != 0)
            continue;
        if (S_ISDIR(found.st_mode))
            send_folder(inner);
        else
            send_file(inner);
    }
    closedir(folder);
    assert_alive();
}

static void test_nothing_the_fuzzers_have_found_ends_it(void **state)
{
    (void)state;
    char path[512];
    const char *data = getenv("TESTS_DATA");
    if (!data) {
        skip();
        return;
    }
    snprintf(path, sizeof path, "%s/../fuzz/corpus", data);
    n_inputs = 0;
    send_folder(path);
    assert_true(n_inputs > 50); /* and not an empty folder */
    full_sign_in("email=" MIRA);
}

static void test_damaged_requests_do_not_end_it(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "POST /user_management/authenticate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " FORM
        "\r\nContent-Length: 72\r\n\r\n"
        "grant_type=refresh_token&client_id=client_emulated&refresh_token=rt_none",
        "GET /events?events=dsync.user.created%2Cuser.created&limit=3&range_start=2026-03-02T08"
        "%3A00%3A00.000Z HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " EMULATOR_API_KEY
        "\r\n\r\n",
        "POST /_latchkey/faults HTTP/1.1\r\nHost: localhost\r\nContent-Type: " JSON
        "\r\nContent-Length: 44\r\n\r\n{\"path\":\"/none\",\"status\":503,\"retry_after\":1}",
    };
    static const unsigned char bytes[] = { 0, '"', '\\', '%', '&', '\r', '\n', '{', ':', 0xFF };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        unsigned char copy[1024];
        size_t len = strlen(requests[i]);
        for (size_t at = 0; at < len; at++) {
            memcpy(copy, requests[i], len);
            copy[at] = bytes[at % sizeof bytes];
            send_request("", copy, len);
            send_request("", copy, at); /* and the end is missing */
        }
        assert_alive();
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_the_fuzzers_have_found_ends_it),
        TEST(test_damaged_requests_do_not_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
