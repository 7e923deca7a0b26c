/* The local WorkOS: events, directories, the control API, faults and hostile input, over real HTTP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

#define KEPT_TYPES                                                                             \
    "dsync.user.created,dsync.user.updated,dsync.user.deleted,dsync.group.created,"            \
    "dsync.group.updated,dsync.group.deleted,dsync.group.user_added,dsync.group.user_removed," \
    "dsync.activated,dsync.deactivated,dsync.deleted"

static void test_events_need_key_and_types(void **state)
{
    (void)state;
    assert_int_equal(call_as(NULL, "GET", "/events?events=user.created", NULL, NULL), 401);
    assert_string_equal(text("message"), "Unauthorized");
    assert_int_equal(call_as("sk_wrong", "GET", "/events?events=user.created", NULL, NULL), 401);
    assert_int_equal(call_as(EMULATOR_API_KEY "x", "GET", "/events?events=a", NULL, NULL), 401);
    assert_int_equal(get("/events"), 422);
    assert_string_equal(text("errors.0.code"), "required");
    assert_string_equal(text("errors.0.field"), "events");
}

static void test_three_array_syntaxes_mean_the_same(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "events=dsync.activated,dsync.group.created",
        "events=dsync.activated%2Cdsync.group.created",
        "events=dsync.activated&events=dsync.group.created",
        "events[]=dsync.activated&events[]=dsync.group.created",
        "events%5B%5D=dsync.activated&events%5B%5D=dsync.group.created",
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        char path[512];
        snprintf(path, sizeof path, "/events?%s&limit=100", queries[i]);
        assert_int_equal(get(path), 200);
        assert_int_equal(count("data"), 8); /* 2 directories with 6 groups */
        assert_string_equal(text("object"), "list");
        assert_string_equal(text("data.0.event"), "dsync.activated");
    }
}

/* Walks all pages; the number of events, each id greater than the one before. */
static int walk(int limit, char out_last[SIZE])
{
    int seen = 0;
    char after[SIZE] = "", path[2048];
    *out_last = '\0';
    do {
        snprintf(path, sizeof path, "/events?events=%s&limit=%d%s%s", KEPT_TYPES, limit,
                 *after ? "&after=" : "", after);
        assert_int_equal(get(path), 200);
        for (int i = 0; i < count("data"); i++, seen++) {
            const char *id =
                cJSON_GetStringValue(at(cJSON_GetArrayItem(at(last.json, "data"), i), "id"));
            assert_true(strcmp(out_last, id) < 0);
            snprintf(out_last, SIZE, "%s", id);
        }
        snprintf(after, sizeof after, "%s", text("list_metadata.after"));
    } while (*after);
    return seen;
}

static void test_pages_are_oldest_first_and_complete(void **state)
{
    (void)state;
    char last_of_one[SIZE], last_of_all[SIZE], path[2048];
    int one_by_one = walk(1, last_of_one);
    assert_int_equal(one_by_one, walk(100, last_of_all));
    assert_string_equal(last_of_one, last_of_all);
    assert_true(one_by_one > 20);
    /* Behind the last event there is an empty page, until something happens. */
    snprintf(path, sizeof path, "/events?events=%s&after=%s", KEPT_TYPES, last_of_all);
    assert_int_equal(get(path), 200);
    assert_int_equal(count("data"), 0);
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"New\"}");
    get(path);
    assert_int_equal(count("data"), 1);
    assert_string_equal(text("data.0.data.name"), "New");
    /* The other way round on request. */
    snprintf(path, sizeof path, "/events?events=%s&order=desc&limit=1", KEPT_TYPES);
    get(path);
    assert_string_equal(text("data.0.data.name"), "New");
}

static void test_bad_event_queries_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *query;
        long status;
    } cases[] = {
        { "limit=0", 422 },
        { "limit=101", 422 },
        { "limit=-1", 422 },
        { "limit=1e1", 422 },
        { "limit=99999999999999999999", 422 },
        { "order=up", 422 },
        { "range_start=yesterday", 422 },
        { "range_start=2026-03-02T08:00:00.000Zx", 422 },
        { "range_end=2026-13-99", 422 },
        { "after=event_01UNKNOWN", 400 },
        { "after=event_01UNKNOWN&range_start=2026-03-02T08:00:00Z", 400 },
        { "after=a&before=b", 400 },
        { "limit=100", 200 },
        { "limit=1", 200 },
        { "range_start=2020-03-02T08:00:00.000Z&range_end=2020-03-03T08:00:00%2B02:00", 200 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        snprintf(path, sizeof path, "/events?events=user.created&%s", cases[i].query);
        if (get(path) != cases[i].status)
            fail_msg("%s: %ld", cases[i].query, last.status);
        assert_true(cases[i].status == 200 || *text("message"));
    }
}

static void test_ranges_and_organizations_narrow(void **state)
{
    (void)state;
    char start[SIZE], path[1024];
    get("/events?events=dsync.group.created&organization_id=" HARBOR);
    assert_int_equal(count("data"), 2);
    get("/events?events=dsync.group.created&limit=100");
    assert_int_equal(count("data"), 6);
    snprintf(start, sizeof start, "%s", text("data.4.created_at"));
    snprintf(path, sizeof path, "/events?events=dsync.group.created&range_start=%s", start);
    get(path);
    assert_int_equal(count("data"), 2);
    snprintf(path, sizeof path, "/events?events=dsync.group.created&range_end=%s", start);
    get(path);
    assert_int_equal(count("data"), 5);
    /* Membership events are of the organization of their user. */
    get("/events?events=dsync.group.user_added&organization_id=" HARBOR);
    assert_int_equal(count("data"), 3);
}

static void test_update_tells_what_was_before(void **state)
{
    (void)state;
    char path[SIZE];
    assert_int_equal(
        control("POST", "/_latchkey/directories/" STAFF "/users",
                "{\"email\":\"new@juniper.example\",\"first_name\":\"New\",\"last_name\":\"Comer\","
                "\"custom_attributes\":{\"department_name\":\"Ops\"}}"),
        201);
    snprintf(path, sizeof path, "/_latchkey/directory_users/%s", text("id"));
    assert_int_equal(
        control("PATCH", path,
                "{\"last_name\":\"Goer\",\"custom_attributes\":{\"cost_center_name\":\"C9\"}}"),
        200);
    get("/events?events=dsync.user.updated");
    assert_int_equal(count("data"), 1);
    assert_string_equal(text("data.0.data.name"), "New Goer");
    const cJSON *previous = at(last.json, "data.0.data.previous_attributes");
    assert_string_equal(cJSON_GetStringValue(at(previous, "last_name")), "Comer");
    assert_true(cJSON_IsNull(at(previous, "custom_attributes.cost_center_name")));
    assert_null(at(previous, "custom_attributes.department_name"));
    assert_null(at(previous, "email"));
    assert_null(at(previous, "updated_at"));
    /* The same again changes nothing and tells nothing. */
    control("PATCH", path, "{\"last_name\":\"Goer\"}");
    get("/events?events=dsync.user.updated");
    assert_int_equal(count("data"), 1);
}

static void test_membership_and_deletions_are_told_as_workos_does(void **state)
{
    (void)state;
    char user[SIZE], group[SIZE], path[1024], body[1024];
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"Crew\"}");
    snprintf(group, sizeof group, "%s", text("id"));
    control("POST", "/_latchkey/directories/" STAFF "/users", "{\"email\":null}");
    snprintf(user, sizeof user, "%s", text("id"));
    snprintf(path, sizeof path, "/_latchkey/directory_groups/%s/users", group);
    snprintf(body, sizeof body, "{\"user_id\":\"%s\"}", user);
    assert_int_equal(control("POST", path, body), 201);
    assert_int_equal(control("POST", path, body), 200); /* is in already: no second event */
    get("/events?events=dsync.group.user_added&order=desc&limit=1");
    assert_string_equal(text("data.0.data.user.id"), user);
    assert_string_equal(text("data.0.data.group.id"), group);
    assert_null(at(last.json, "data.0.data.user.groups"));
    snprintf(path, sizeof path, "/directory_users?group=%s", group);
    get(path);
    assert_int_equal(count("data"), 1);
    assert_string_equal(text("data.0.groups.0.id"), group);
    /* The group goes with its memberships, and without a word about them. */
    snprintf(path, sizeof path, "/_latchkey/directory_groups/%s", group);
    assert_int_equal(control("DELETE", path, NULL), 204);
    get("/events?events=dsync.group.user_removed,dsync.group.deleted");
    assert_int_equal(count("data"), 1);
    assert_int_equal(control("DELETE", path, NULL), 404);
    /* A directory takes everything with it, in one event. */
    assert_int_equal(control("DELETE", "/_latchkey/directories/" STAFF, NULL), 204);
    get("/events?events=dsync.deleted,dsync.user.deleted,dsync.group.deleted");
    assert_int_equal(count("data"), 2);
    assert_string_equal(text("data.1.event"), "dsync.deleted");
    assert_null(at(last.json, "data.1.data.domains"));
    assert_int_equal(get("/directory_users?directory=" STAFF), 404);
}

static void test_lists_page_both_ways(void **state)
{
    (void)state;
    char path[1024], second[SIZE], first[SIZE];
    const char *list = "/directory_users?directory=" STAFF "&order=asc&limit=2";
    assert_int_equal(get(list), 200);
    assert_int_equal(count("data"), 2);
    snprintf(first, sizeof first, "%s", text("data.0.id"));
    snprintf(path, sizeof path, "%s&after=%s", list, text("list_metadata.after"));
    get(path);
    assert_int_equal(count("data"), 2);
    snprintf(second, sizeof second, "%s", text("data.0.id"));
    snprintf(path, sizeof path, "%s&before=%s", list, second);
    get(path);
    assert_int_equal(count("data"), 2);
    assert_string_equal(text("data.0.id"), first);
    get("/directory_users?directory=" STAFF "&limit=100");
    assert_int_equal(count("data"), 6);
    assert_string_equal(text("data.5.id"), first); /* newest first by default */
    assert_true(cJSON_IsNull(at(last.json, "list_metadata.after")));
    assert_int_equal(get("/directory_users"), 422);
    assert_int_equal(get("/directory_users?directory=" STAFF "&after=nobody"), 422);
    assert_int_equal(get("/directories/" STAFF), 200);
    assert_string_equal(text("state"), "linked");
    assert_int_equal(get("/directories/directory_x"), 404);
    assert_string_equal(text("code"), "entity_not_found");
}

static void test_held_and_forgotten_events(void **state)
{
    (void)state;
    char cursor[SIZE], path[SIZE * 2];
    walk(100, cursor);
    control("POST", "/_latchkey/events/hold", "{}");
    control("POST", "/_latchkey/simulate", "{\"count\":5}");
    snprintf(path, sizeof path, "/events?events=%s&after=%s", KEPT_TYPES, cursor);
    get(path);
    assert_int_equal(count("data"), 0);
    control("POST", "/_latchkey/events/release", "{}");
    get(path);
    assert_true(count("data") >= 5);
    /* Retention: the cursor points at something that is no longer there. */
    assert_int_equal(control("POST", "/_latchkey/events/forget", "{\"count\":1000000000}"), 200);
    assert_int_equal(get(path), 400);
    assert_string_equal(text("code"), "invalid_cursor");
}

static char *events_after_simulation(void)
{
    control("POST", "/_latchkey/simulate", "{\"count\":500}");
    control("GET", "/_latchkey/state", NULL);
    assert_true(count("directory_users") >= 8 && count("directory_users") <= 60);
    assert_true(count("event_ids") > 500);
    char names[8192] = "";
    const cJSON *user = NULL;
    cJSON_ArrayForEach(user, at(last.json, "directory_users"))
    {
        strcat(names, cJSON_GetStringValue(at(user, "email")));
        strcat(names, " ");
    }
    return strdup(names);
}

static void test_same_random_seed_same_changes(void **state)
{
    (void)state;
    char *once = events_after_simulation();
    emulator_kit_tear_down(NULL);
    assert_int_equal(emulator_kit_set_up(NULL), 0);
    char *again = events_after_simulation();
    assert_string_equal(once, again);
    assert_non_null(strstr(once, MIRA)); /* who can sign in, stays */
    free(once);
    free(again);
}

static void test_company_changes_by_itself(void **state)
{
    (void)state;
    emulator_kit_tear_down(NULL);
    assert_int_equal(emulator_kit_start((emulator_options){ .simulate_ms = 1 }), 0);
    control("GET", "/_latchkey/state", NULL);
    int before = count("event_ids");
    for (int i = 0; i < 1000 && count("event_ids") < before + 3; i++)
        control("GET", "/_latchkey/state", NULL);
    assert_true(count("event_ids") >= before + 3);
}

static void test_faults_spoil_answers_as_often_as_asked(void **state)
{
    (void)state;
    const char *path = "/events?events=user.created";
    control("POST", "/_latchkey/faults",
            "{\"path\":\"/events\",\"status\":429,\"retry_after\":2,\"count\":2}");
    assert_int_equal(get(path), 429);
    assert_string_equal(last.retry_after, "2");
    assert_int_equal(get(path), 429);
    assert_int_equal(get(path), 200);
    control("POST", "/_latchkey/faults", "{\"path\":\"/ev*\",\"status\":502,\"body\":\"html\"}");
    assert_int_equal(get(path), 502);
    assert_int_equal(strncmp(last.type, "text/html", 9), 0);
    control("POST", "/_latchkey/faults", "{\"path\":\"/events\",\"body\":\"half\"}");
    get(path);
    assert_int_not_equal(last.failed, 0);
    assert_true(last.len > 10);
    control("POST", "/_latchkey/faults", "{\"path\":\"/events\",\"body\":\"empty\"}");
    assert_int_equal(get(path), 200);
    assert_int_equal(last.len, 0);
    control("POST", "/_latchkey/faults", "{\"path\":\"/events\",\"body\":\"garbage\"}");
    assert_int_equal(get(path), 200);
    assert_null(last.json);
    control("POST", "/_latchkey/faults", "{\"path\":\"/events\",\"body\":\"none\"}");
    get(path);
    assert_int_not_equal(last.failed, 0);
    control("POST", "/_latchkey/faults",
            "{\"path\":\"/events\",\"method\":\"POST\",\"status\":500,\"count\":0}");
    assert_int_equal(get(path), 200);
    assert_int_equal(control("DELETE", "/_latchkey/faults", NULL), 204);
    assert_int_equal(control("GET", "/_latchkey/faults", NULL), 200);
    assert_int_equal(cJSON_GetArraySize(last.json), 0);
}

static void test_control_is_off_unless_asked_for(void **state)
{
    (void)state;
    /* A foreign page can send a form, and no JSON. */
    assert_int_equal(call_as(NULL, "POST", "/_latchkey/simulate", FORM, "{}"), 415);
    assert_int_equal(control("POST", "/_latchkey/simulate", "{\"cuont\":1}"), 400);
    assert_non_null(strstr(text("message"), "cuont"));
    assert_int_equal(control("POST", "/_latchkey/simulate", "{\"count\":-1}"), 400);
    assert_int_equal(control("POST", "/_latchkey/simulate", "{\"count\":1e400}"), 400);
    assert_int_equal(control("POST", "/_latchkey/simulate", "[]"), 400);
    assert_int_equal(
        control("POST", "/_latchkey/directories/" STAFF "/users", "{\"state\":\"gone\"}"), 400);
    assert_int_equal(control("POST", "/_latchkey/directories/nope/users", "{}"), 404);
}

static void test_bad_seeds_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *seed, *part;
    } cases[] = {
        { "users: [", "line 2" },
        { "{\"users\":[{\"email\":\"a@b.c\",\"emial\":1}]}", "emial" },
        { "{\"usres\":[]}", "usres" },
        { "{\"users\":[{\"first_name\":\"A\"}]}", "users[0]: email is missing" },
        { "{\"users\":[{\"email\":\"a@b.c\"},{\"email\":\"A@B.C\"}]}", "twice" },
        { "{\"users\":[7]}", "array of objects" },
        { "{\"organizations\":[{\"name\":\"A\",\"memberships\":[{\"email\":\"x@y.z\"}]}]}",
          "x@y.z" },
        { "{\"directories\":[{\"name\":\"D\",\"organization\":\"Nobody\"}]}", "organizations" },
        { "{\"users\":[{\"email\":\"a\\u0000@b.c\"}]}", "NUL" },
        { "{\"users\":[{\"email\":\"a@b.c\",\"id\":\"../x\"}]}", "id must" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char error[EMULATOR_ERROR_SIZE] = "";
        emulator *none = NULL;
        assert_int_equal(
            emulator_start(&(emulator_options){ .seed_json = cases[i].seed }, &none, error), -1);
        assert_null(none);
        if (!strstr(error, cases[i].part))
            fail_msg("\"%s\" does not name %s", error, cases[i].part);
    }
}

static void test_taken_ports_and_open_hosts_are_refused(void **state)
{
    (void)state;
    char error[EMULATOR_ERROR_SIZE] = "";
    emulator *none = NULL;
    int port = atoi(strrchr(emulator_kit_url(), ':') + 1);
    assert_int_equal(emulator_start(&(emulator_options){ .port = port }, &none, error), -1);
    assert_non_null(strstr(error, "taken"));
    static const char *const hosts[] = { "0.0.0.0",           "::", "192.0.2.1", "example.com",
                                         "127.0.0.1,0.0.0.0", "" };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        assert_int_equal(emulator_start(&(emulator_options){ .host = hosts[i] }, &none, error), -1);
        assert_non_null(strstr(error, "loopback"));
    }
}

/* Each must be answered with an error, or by an end of the connection; then all must go on as
 * before. */
static void test_hostile_requests_are_survived(void **state)
{
    (void)state;
#define HOST "Host: 127.0.0.1\r\n"
#define BYTES(literal)               \
    {                                \
        literal, sizeof(literal) - 1 \
    }
    static const struct {
        const char *bytes;
        size_t len;
    } attacks[] = {
        BYTES("GET / HTTP/1.1\r\n\r\n"),                       /* no Host */
        BYTES("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"), /* DNS rebinding */
        BYTES("GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n"),
        /* two lengths, or a length and a coding: a hidden second request */
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST
              "Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}"),
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST
              "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n"),
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"),
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST "Content-Length: 2000000\r\n\r\n"),
        BYTES("GET /events?events=%00 HTTP/1.1\r\n" HOST "\r\n"),
        BYTES("GET /events?events=%ff%fe HTTP/1.1\r\n" HOST "\r\n"),
        BYTES("GET /directories/%00 HTTP/1.1\r\n" HOST "\r\n"),
        BYTES("GET /../../etc/passwd HTTP/1.1\r\n" HOST "\r\n"),
        BYTES("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" HOST "\r\n"),
        BYTES("GET /directories/%0d%0aX:%201 HTTP/1.1\r\n" HOST "\r\n"),
        BYTES("BREW / HTTP/1.1\r\n" HOST "\r\n"),
        BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), /* a TLS greeting */
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST "Content-Type: " JSON
              "\r\nContent-Length: 3\r\n\r\n{\"\x00"),
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST "Content-Type: " FORM
              "\r\nContent-Length: 3\r\n\r\na=\x00"),
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST "Content-Type: " FORM
              "\r\nContent-Length: 5\r\n\r\na=%00"),
        BYTES("POST /sso/token HTTP/1.1\r\n" HOST "Content-Type: " JSON
              "\r\nContent-Length: 2\r\n\r\n[]"),
    };
    for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
        char out[8192];
        call_raw(attacks[i].bytes, attacks[i].len, out, sizeof out);
        if (*out &&
            (strncmp(out, "HTTP/1.", 7) != 0 || out[9] != '4' || strstr(out + 7, "HTTP/1.")))
            fail_msg("attack %zu: %.200s", i, out);
        assert_null(strstr(out, "root:"));
        assert_null(strstr(out, "\r\nX: 1"));
    }
    assert_int_equal(get("/health"), 200);
}

static void test_deep_and_large_bodies_are_refused(void **state)
{
    (void)state;
    size_t size = 900000;
    char *deep = malloc(size + 1);
    memset(deep, '[', size);
    deep[size] = '\0';
    assert_int_equal(call_as(NULL, "POST", "/user_management/authenticate", JSON, deep), 400);
    assert_string_equal(text("error"), "invalid_request");
    memset(deep, '&', size);
    for (size_t i = 0; i < size; i += 2)
        deep[i] = 'a';
    assert_int_equal(call_as(NULL, "POST", "/user_management/authenticate", FORM, deep), 400);
    free(deep);
    deep = malloc(1500001);
    memset(deep, ' ', 1500000);
    deep[1500000] = '\0';
    assert_int_equal(call_as(NULL, "POST", "/user_management/authenticate", JSON, deep), 413);
    free(deep);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_events_need_key_and_types),
        TEST(test_three_array_syntaxes_mean_the_same),
        TEST(test_pages_are_oldest_first_and_complete),
        TEST(test_bad_event_queries_are_refused),
        TEST(test_ranges_and_organizations_narrow),
        TEST(test_update_tells_what_was_before),
        TEST(test_membership_and_deletions_are_told_as_workos_does),
        TEST(test_lists_page_both_ways),
        TEST(test_held_and_forgotten_events),
        TEST(test_same_random_seed_same_changes),
        TEST(test_company_changes_by_itself),
        TEST(test_faults_spoil_answers_as_often_as_asked),
        TEST(test_control_is_off_unless_asked_for),
        TEST(test_bad_seeds_are_named),
        TEST(test_taken_ports_and_open_hosts_are_refused),
        TEST(test_hostile_requests_are_survived),
        TEST(test_deep_and_large_bodies_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
