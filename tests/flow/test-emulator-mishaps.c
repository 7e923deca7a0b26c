/* The local WorkOS: what goes wrong on demand besides the faults of test-emulator-feed.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

#define KEYS "/sso/jwks/" EMULATOR_CLIENT_ID

static void keep(const char *path, char *out, size_t out_size)
{
    snprintf(out, out_size, "%s", text(path));
    assert_true(*out);
}

static void test_rotated_key_signs_and_the_old_one_may_stay(void **state)
{
    (void)state;
    char old_token[4096], new_token[4096], old_id[SIZE], refresh_token[SIZE];
    full_sign_in("email=" MIRA);
    keep("access_token", old_token, sizeof old_token);
    keep("refresh_token", refresh_token, sizeof refresh_token);
    get(KEYS);
    keep("keys.0.kid", old_id, sizeof old_id);
    assert_int_equal(control("POST", "/_latchkey/keys/rotate", "{}"), 200);
    get(KEYS);
    assert_int_equal(count("keys"), 2);
    assert_string_not_equal(text("keys.0.kid"), old_id);
    assert_string_equal(text("keys.1.kid"), old_id);
    assert_int_equal(refresh(refresh_token, ""), 200);
    keep("access_token", new_token, sizeof new_token);
    assert_true(is_signed(new_token)); /* is_signed() looks at the first key */
    assert_false(is_signed(old_token));
    assert_int_equal(control("POST", "/_latchkey/keys/rotate", "{\"drop_old\":true}"), 200);
    get(KEYS);
    assert_int_equal(count("keys"), 1);
    assert_false(is_signed(new_token));
}

static void test_clock_can_go_wrong_in_both_directions(void **state)
{
    (void)state;
    full_sign_in("email=" MIRA);
    control("POST", "/_latchkey/clock", "{\"set\":\"2020-01-01T00:00:00Z\"}");
    get("/health");
    last.date[22] = 0; /* without the seconds that have passed */
    assert_string_equal(last.date, "Wed, 01 Jan 2020 00:00");
    full_sign_in("email=" MIRA);
    cJSON *claims = claims_of(text("access_token"));
    assert_int_equal(at(claims, "iat")->valuedouble / 10, 157783680); /* 2020, to ten seconds */
    cJSON_Delete(claims);
    assert_int_equal(control("POST", "/_latchkey/clock", "{\"set\":\"yesterday\"}"), 400);
    /* Events stay in the order in which they came. */
    get("/events?events=session.created");
    assert_int_equal(count("data"), 2);
    assert_true(strcmp(text("data.0.id"), text("data.1.id")) < 0);
}

static void test_one_grant_can_be_refused_with_any_answer(void **state)
{
    (void)state;
    char token[SIZE];
    full_sign_in("email=" MIRA);
    keep("refresh_token", token, sizeof token);
    assert_int_equal(
        control("POST", "/_latchkey/faults",
                "{\"path\":\"/user_management/authenticate\",\"status\":400,"
                "\"contains\":\"refresh_token\",\"count\":1,"
                "\"json\":{\"error\":\"sso_required\",\"error_description\":\"Use SSO.\","
                "\"connection_ids\":[\"conn_x\"]}}"),
        201);
    full_sign_in("email=" MIRA); /* another grant is not refused */
    assert_int_equal(refresh(token, ""), 400);
    assert_string_equal(text("error"), "sso_required");
    assert_string_equal(text("connection_ids.0"), "conn_x");
    assert_int_equal(refresh(token, ""), 200);
}

static void test_outage_ends_by_itself(void **state)
{
    (void)state;
    assert_int_equal(control("POST", "/_latchkey/faults",
                             "{\"path\":\"*\",\"status\":503,\"for_s\":60,\"retry_after\":5}"),
                     201);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get("/organizations"), 503);
        assert_string_equal(last.retry_after, "5");
    }
    control("GET", "/_latchkey/faults", NULL);
    assert_int_equal(cJSON_GetArraySize(last.json), 1);
    assert_null(strstr(last.body, "_until"));
    control("POST", "/_latchkey/clock", "{\"advance_s\":60}");
    assert_int_equal(get("/organizations"), 200);
    control("GET", "/_latchkey/faults", NULL);
    assert_int_equal(cJSON_GetArraySize(last.json), 0);
}

static void test_rate_limit_comes_with_and_without_a_time(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *retry_after;
    } cases[] = {
        { "{\"path\":\"/directories\",\"status\":429}", "" },
        { "{\"path\":\"/directories\",\"status\":429,\"retry_after\":0}", "0" },
        { "{\"path\":\"/directories\",\"status\":429,\"retry_after\":3}", "3" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(control("POST", "/_latchkey/faults", cases[i].fault), 201);
        assert_int_equal(get("/directories"), 429);
        assert_string_equal(last.retry_after, cases[i].retry_after);
        assert_int_equal(get("/directories"), 200);
    }
}

/* Counts the answers with this status out of n to the same request. */
static int count_status(const char *path, int n, long status)
{
    int found = 0;
    for (int i = 0; i < n; i++)
        found += get(path) == status;
    return found;
}

static void test_limits_are_those_of_production(void **state)
{
    (void)state;
    static const char wrong[] =
        "{\"grant_type\":\"password\",\"client_id\":\"" EMULATOR_CLIENT_ID
        "\",\"client_secret\":\"" EMULATOR_API_KEY "\",\"email\":\"%s\",\"password\":\"wrong\"}";
    char body[SIZE];
    assert_int_equal(count_status("/directory_users?directory=" STAFF, 6, 200), 6); /* off */
    control("POST", "/_latchkey/limits", "{\"on\":true}");
    assert_int_equal(at(last.json, "authenticate.count")->valuedouble, 10);
    assert_int_equal(count_status("/directory_users?directory=" STAFF, 6, 200), 4);
    assert_string_equal(last.body, "\"Ratelimited\"");
    assert_string_equal(last.retry_after, "1");
    get("/directories?order=asc");
    snprintf(body, sizeof body, "/directory_users?directory=%.64s", text("data.1.id"));
    assert_int_equal(get(body), 200); /* each directory for itself */
    control("POST", "/_latchkey/clock", "{\"advance_s\":1}");
    assert_int_equal(get("/directory_users?directory=" STAFF), 200);

    for (int i = 0; i < 11; i++) {
        snprintf(body, sizeof body, wrong, MIRA);
        call_as(NULL, "POST", "/user_management/authenticate", JSON, body);
        assert_int_equal(last.status, i < 10 ? 400 : 429);
    }
    assert_string_equal(text("code"), "daily_quota_exceeded");
    assert_true(atoi(last.retry_after) > 50 && atoi(last.retry_after) <= 60);
    snprintf(body, sizeof body, wrong, SAMUEL);
    assert_int_equal(call_as(NULL, "POST", "/user_management/authenticate", JSON, body), 400);
    for (int i = 0; i < 4; i++)
        call_as(EMULATOR_API_KEY, "POST", "/user_management/magic_auth", JSON,
                "{\"email\":\"" MIRA "\"}");
    assert_int_equal(last.status, 429);
}

static void test_limits_can_be_set(void **state)
{
    (void)state;
    control("POST", "/_latchkey/limits",
            "{\"on\":true,\"general\":2,\"retry_after\":\"none\",\"sso_authorize\":0}");
    assert_int_equal(count_status("/directories", 4, 429), 2);
    assert_string_equal(last.retry_after, "");
    assert_int_equal(call_as("sk_other", "GET", "/directories", NULL, NULL), 401); /* per key */
    assert_int_equal(call_as(NULL, "GET", "/sso/authorize?connection=x", NULL, NULL), 429);
    control("POST", "/_latchkey/limits", "{\"general\":1,\"retry_after\":\"zero\"}");
    assert_int_equal(count_status("/directories", 2, 429), 1); /* counted anew */
    assert_string_equal(last.retry_after, "0");
    control("POST", "/_latchkey/limits", "{\"on\":false}");
    assert_int_equal(get("/directories"), 200);
    assert_int_equal(control("POST", "/_latchkey/limits", "{\"everything\":1}"), 400);
    assert_non_null(strstr(text("message"), "everything"));
    assert_int_equal(control("POST", "/_latchkey/limits", "[]"), 400);
    /* A clock that is moved back locks nobody out. */
    control("POST", "/_latchkey/limits", "{\"on\":true,\"general\":1}");
    assert_int_equal(count_status("/directories", 2, 429), 1);
    control("POST", "/_latchkey/clock", "{\"set\":\"2020-01-01T00:00:00Z\"}");
    assert_int_equal(get("/directories"), 200);
}

static void test_outage_begins_later(void **state)
{
    (void)state;
    control("POST", "/_latchkey/faults",
            "{\"path\":\"*\",\"status\":503,\"after_s\":60,\"for_s\":30}");
    assert_int_equal(get("/organizations"), 200);
    control("POST", "/_latchkey/clock", "{\"advance_s\":61}");
    assert_int_equal(get("/organizations"), 503);
    control("POST", "/_latchkey/clock", "{\"advance_s\":30}");
    assert_int_equal(get("/organizations"), 200);
}

/* Which of 60 requests fail; as a text of 0 and 1. */
static void fail_by_chance(char out[61])
{
    control("POST", "/_latchkey/faults",
            "{\"path\":\"/organizations\",\"status\":500,\"chance\":30,\"count\":0}");
    for (int i = 0; i < 60; i++)
        out[i] = get("/organizations") == 500 ? '1' : '0';
    out[60] = '\0';
}

static void test_chance_repeats_itself(void **state)
{
    char first[61], second[61];
    fail_by_chance(first);
    assert_non_null(strchr(first, '0'));
    assert_non_null(strchr(first, '1'));
    emulator_kit_tear_down(state);
    emulator_kit_set_up(state);                              /* with the same --random-seed */
    control("POST", "/_latchkey/simulate", "{\"count\":9}"); /* which throws other dice */
    fail_by_chance(second);
    assert_string_equal(first, second);
}

static long call_with_fault(const char *fault)
{
    char request[SIZE * 2], reply[SIZE * 8];
    int len = snprintf(request, sizeof request,
                       "GET /organizations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                       "%s\r\nLatchkey-Fault: %s\r\nConnection: close\r\n\r\n",
                       EMULATOR_API_KEY, fault);
    call_raw(request, (size_t)len, reply, sizeof reply);
    return strncmp(reply, "HTTP/1.1 ", 9) == 0 ? strtol(reply + 9, NULL, 10) : 0;
}

static void test_fault_can_come_with_the_request(void **state)
{
    (void)state;
    assert_int_equal(call_with_fault("{\"status\":503}"), 503);
    assert_int_equal(call_with_fault("{\"body\":\"none\"}"), 0);
    assert_int_equal(call_with_fault("{\"status\":\"high\"}"), 400);
    assert_int_equal(call_with_fault("503"), 400);
    assert_int_equal(get("/organizations"), 200); /* the next one is spared */
}

/* As the official emulator does not know ranges: what is left of the query counts. */
static void test_parameters_can_be_ignored(void **state)
{
    (void)state;
    static const char fault[] = "{\"path\":\"/events\",\"ignores\":\"range_start,range_end\"}";
    static const char path[] = "/events?events=dsync.activated&limit=1&range_start=2100-01-01"
                               "T00:00:00Z&range_end=2000-01-01T00:00:00Z";
    get(path);
    assert_int_equal(count("data"), 0);
    assert_int_equal(control("POST", "/_latchkey/faults", fault), 201);
    assert_int_equal(get(path), 200);
    assert_int_equal(count("data"), 1); /* of two: the limit still counts */
    get(path);
    assert_int_equal(count("data"), 0);
    assert_int_equal(control("POST", "/_latchkey/faults",
                             "{\"path\":\"/events\",\"ignores\":\"range\",\"count\":0}"),
                     201);
    get(path);
    assert_int_equal(count("data"), 0); /* nothing is called so */
    control("DELETE", "/_latchkey/faults", "{}");
    assert_int_equal(control("POST", "/_latchkey/faults",
                             "{\"path\":\"/events\",\"ignores\":\",events,,events\",\"status\":0}"),
                     201);
    assert_int_equal(get(path), 422);
    assert_string_equal(text("errors.0.field"), "events");
    assert_int_equal(
        control("POST", "/_latchkey/faults", "{\"path\":\"/events\",\"ignores\":[\"range\"]}"),
        400);
}

static void test_seed_sets_faults_and_limits(void **state)
{
    emulator_kit_tear_down(state);
    assert_int_equal(
        emulator_kit_start((emulator_options){
            .seed_json = "{\"faults\":[{\"path\":\"/organizations\",\"status\":502,\"count\":2}],"
                         "\"limits\":{\"on\":true,\"directory_users\":1}}" }),
        0);
    assert_int_equal(count_status("/organizations", 4, 502), 2);
    control("GET", "/_latchkey/limits", NULL);
    assert_true(cJSON_IsTrue(at(last.json, "on")));
    assert_int_equal(at(last.json, "directory_users.count")->valuedouble, 1);
    emulator_kit_tear_down(state);
    assert_int_equal(
        emulator_kit_start((emulator_options){ .seed_json = "{\"faults\":[{\"status\":502}]}" }),
        -1);
    assert_int_equal(
        emulator_kit_start((emulator_options){ .seed_json = "{\"limits\":{\"all\":1}}" }), -1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rotated_key_signs_and_the_old_one_may_stay),
        TEST(test_clock_can_go_wrong_in_both_directions),
        TEST(test_one_grant_can_be_refused_with_any_answer),
        TEST(test_outage_ends_by_itself),
        TEST(test_rate_limit_comes_with_and_without_a_time),
        TEST(test_limits_are_those_of_production),
        TEST(test_limits_can_be_set),
        TEST(test_outage_begins_later),
        TEST(test_chance_repeats_itself),
        TEST(test_fault_can_come_with_the_request),
        TEST(test_parameters_can_be_ignored),
        TEST(test_seed_sets_faults_and_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
