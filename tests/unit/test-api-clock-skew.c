/* What a client learns of WorkOS' clock, and how it explains refused tokens with it. */
#include <latchkey/authkit.h>

#include "api/client.h"
#include "base/cleanup.h"
#include "fake-token.h"
#include "test-client.h"
#include "test.h"

#define JWKS "GET /sso/jwks/client_01"
#define BASE "\"iss\":\"https://api.workos.com\",\"sub\":\"user_01\""
/* 60 s before NOON, and from 300 s after it. */
#define EXPIRED "{" BASE ",\"exp\":1772452740}"
#define NOT_YET "{" BASE ",\"exp\":1772459999,\"nbf\":1772453100}"

static lk_status verify(const lk_client *client, const char *claims, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *read = NULL;
    char *token = fake_token_sign("key_1", claims);
    lk_status status = lk__client_verify(client, token, &read, err);

    free(token);
    return status;
}

static void test_skew_is_that_of_the_last_answer_with_a_date(void **state)
{
    static const struct {
        const char *header;
        const char *header_2;
        bool known;
        int64_t skew_ms;
    } rows[] = {
        { NULL, NULL, false, 0 },
        { "Date: yesterday", NULL, false, 0 },
        { "Date: Mon, 02 Mar 2026 11:58:00 GMT", "Age: 60", false, 0 }, /* out of a cache */
        { "Date: Mon, 02 Mar 2026 11:58:00 GMT", NULL, true, 119500 },
        { "Date: Mon, 02 Mar 2026 12:02:00 GMT", NULL, true, -120500 },
        { NULL, NULL, true, -120500 },
    };
    fake_exchange script[N_ROWS(rows)];
    fake_wire wire = { .script = script,
                       .n_script = N_ROWS(rows),
                       .mutex = PTHREAD_MUTEX_INITIALIZER };
    test_client test;

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++)
        script[i] =
            (fake_exchange){ "POST /user_management/sessions/revoke",
                             .status = i % 2 == 0 ? 200 : 404, /* refusals tell it, too */
                             .header = rows[i].header, .header_2 = rows[i].header_2, .body = "{}" };
    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        int64_t skew_ms = 0;
        lk_status status = lk_authkit_revoke_session(test.client, "session_01", NULL);

        assert_int_equal(status, i % 2 == 0 ? LK_OK : LK_ERR_API);
        if (lk_client_get_clock_skew(test.client, &skew_ms) != rows[i].known ||
            skew_ms != rows[i].skew_ms)
            fail_msg("row %zu: %lld ms", i, (long long)skew_ms);
    }
    test_client_close(&test, &wire);
}

static void test_token_refused_for_its_time_names_the_skew(void **state)
{
    static const struct {
        const char *date; /* of the answer with the keys */
        const char *claims;
        lk_status status;
        const char *why; /* NULL: no word of the clock */
    } rows[] = {
        { "Date: Mon, 02 Mar 2026 11:00:00 GMT", EXPIRED, LK_ERR_EXPIRED,
          "expired 60 s ago; this machine's clock is about 3599 s ahead of WorkOS" },
        { "Date: Mon, 02 Mar 2026 13:00:00 GMT", NOT_YET, LK_ERR_SIGNATURE,
          "not valid for another 300 s; this machine's clock is about 3600 s behind WorkOS" },
        { "Date: Mon, 02 Mar 2026 11:59:54 GMT", EXPIRED, LK_ERR_EXPIRED, "about 5 s ahead" },
        /* So little explains nothing. */
        { "Date: Mon, 02 Mar 2026 11:59:55 GMT", EXPIRED, LK_ERR_EXPIRED, NULL },
        { "Date: Mon, 02 Mar 2026 12:00:04 GMT", EXPIRED, LK_ERR_EXPIRED, NULL },
        { NULL, EXPIRED, LK_ERR_EXPIRED, NULL },
        /* Another issuer has nothing to do with the clock. */
        { "Date: Mon, 02 Mar 2026 11:00:00 GMT",
          "{\"iss\":\"https://evil.example\",\"sub\":\"u\",\"exp\":1772452740}", LK_ERR_SIGNATURE,
          NULL },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire =
            FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json", .header = rows[i].date });
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_ok(lk_client_refresh_keys(test.client, &err), err);
        assert_fails(verify(test.client, rows[i].claims, &err), rows[i].status, err);
        if (rows[i].why != NULL)
            assert_contains(err.message, rows[i].why);
        else
            assert_lacks(err.message, "clock");
        test_client_close(&test, &wire);
    }
}

/* The Date is not signed by anybody who signs tokens: it must not make one good. */
static void test_skew_makes_no_token_acceptable(void **state)
{
    static const char *const dates[] = { "Date: Mon, 02 Mar 2026 11:58:30 GMT",
                                         "Date: Mon, 02 Mar 2026 12:10:00 GMT" };
    static const char *const claims[] = { EXPIRED, NOT_YET };

    (void)state;
    for (size_t i = 0; i < N_ROWS(dates); i++) {
        fake_wire wire =
            FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json", .header = dates[i] });
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_ok(lk_client_refresh_keys(test.client, &err), err);
        for (size_t j = 0; j < N_ROWS(claims); j++)
            assert_int_not_equal(verify(test.client, claims[j], NULL), LK_OK);
        test_client_close(&test, &wire);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skew_is_that_of_the_last_answer_with_a_date),
        cmocka_unit_test(test_token_refused_for_its_time_names_the_skew),
        cmocka_unit_test(test_skew_makes_no_token_acceptable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
