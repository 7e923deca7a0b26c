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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
