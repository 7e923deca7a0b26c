/* Each allocation of the api layer fails once: the call says so, hands out nothing, loses nothing.
 */
#include <latchkey/api-key.h>
#include <latchkey/authkit.h>
#include <latchkey/device.h>
#include <latchkey/events.h>
#include <latchkey/sso.h>
#include <stdio.h>
#include <unistd.h>

#include "api/client.h"
#include "api/key-file.h"
#include "base/cleanup.h"
#include "data.h"
#include "failing-malloc.h"
#include "fake-token.h"
#include "test-client.h"
#include "test.h"

static char *token;
static char *signature;
static char key_file[64]; /* a place for one */
static const char event[] = "{\"id\":\"event_1\",\"event\":\"a\",\"created_at\":"
                            "\"2026-03-02T12:00:00Z\"}";

/* One thing to do; memory may run out anywhere in it. *handed_out says whether it left a result. */
typedef lk_status scenario(lk_client *client, bool *handed_out, lk_error *err);

static lk_status make_client(lk_client *unused, bool *handed_out, lk_error *err)
{
    lk_auto(lk_client) client = NULL;
    lk_status status =
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .api_key = TEST_API_KEY,
                                        .base_url = "https://auth.example.com", .ca_file = "/x",
                                        .proxy = "http://127.0.0.1:1"),
                      &client, err);

    (void)unused;
    *handed_out = client != NULL;
    return status;
}

static lk_status make_client_with_issuers(lk_client *unused, bool *handed_out, lk_error *err)
{
    lk_auto(lk_client) client = NULL;
    lk_status status = lk_client_new(
        LK_CLIENT_OPTIONS(.client_id = "client_01", .issuer = "https://a,https://b"), &client, err);

    (void)unused;
    *handed_out = client != NULL;
    return status;
}

static lk_status make_url(lk_client *client, bool *handed_out, lk_error *err)
{
    char *url = NULL;
    lk_status status = lk_authkit_logout_url(client, "session_1", "https://a", &url, err);

    *handed_out = url != NULL;
    lk_free(url);
    return status;
}

static lk_status make_authorization_url(lk_client *client, bool *handed_out, lk_error *err)
{
    char *url = NULL;
    lk_status status = lk_sso_authorization_url(
        client,
        LK_SSO_AUTHORIZATION_OPTIONS(.redirect_uri = "https://a", .state = "s",
                                     .provider = "GoogleOAuth",
                                     .provider_query_params =
                                         (const lk_parameter[]){ { "hd", "x.example" } },
                                     .n_provider_query_params = 1),
        &url, err);

    *handed_out = url != NULL;
    lk_free(url);
    return status;
}

static lk_status exchange(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_authentication) got = NULL;
    lk_status status = lk_authkit_exchange_code(client, "c", "v", &got, err);

    *handed_out = got != NULL;
    return status;
}

/* Success here is to be told of the challenge. */
static lk_status be_challenged(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_authentication) got = NULL;
    lk_auto(lk_authentication_challenge) challenge = NULL;
    lk_status status = lk_authkit_authenticate_with_password(
        client, LK_AUTHENTICATION_OPTIONS(.email = "m@x.example", .password = "secret"), &got,
        &challenge, err);

    *handed_out = got != NULL || challenge != NULL;
    return status == LK_ERR_API && challenge != NULL ? LK_OK : status;
}

static lk_status start_device(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_device_authorization) got = NULL;
    lk_status status = lk_device_start(client, &got, err);

    *handed_out = got != NULL;
    return status;
}

static lk_status validate_key(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_api_key) got = NULL;
    lk_status status = lk_api_key_validate(client, "sk_1", &got, err);

    *handed_out = got != NULL;
    return status;
}

static lk_status make_sso_logout_url(lk_client *client, bool *handed_out, lk_error *err)
{
    char *url = NULL;
    lk_status status = lk_sso_logout_url(client, "prof_1", &url, err);

    *handed_out = url != NULL;
    lk_free_secret(url);
    return status;
}

static lk_status make_codes(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_magic_auth) code = NULL;
    lk_auto(lk_factor_challenge) challenge = NULL;
    lk_status status = lk_authkit_create_magic_auth(client, "m@x.example", NULL, &code, err);

    if (status == LK_OK)
        status = lk_authkit_challenge_factor(client, "f", &challenge, err);
    *handed_out = challenge != NULL;
    return status;
}

static lk_status enroll(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_totp_enrollment) enrollment = NULL;
    lk_auto(lk_sms_challenge) sms = NULL;
    lk_status status =
        lk_authkit_enroll_totp(client, "u", LK_TOTP_OPTIONS(.issuer = "Acme"), &enrollment, err);

    if (status == LK_OK)
        status = lk_authkit_send_radar_sms_challenge(client, "u", "p", "+1", &sms, err);
    *handed_out = sms != NULL;
    return status;
}

static lk_status get_profile(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_profile_and_token) got = NULL;
    lk_status status = lk_sso_get_profile_and_token(client, "c", "v", &got, err);

    *handed_out = got != NULL;
    return status;
}

static lk_status list_events(lk_client *client, bool *handed_out, lk_error *err)
{
    static const char *const types[] = { "a" };
    lk_auto(lk_event_page) got = NULL;
    lk_status status =
        lk_events_list(client, LK_EVENT_LIST_OPTIONS(.types = types, .n_types = 1), &got, err);

    *handed_out = got != NULL;
    return status;
}

static lk_status open_webhook(lk_client *client, bool *handed_out, lk_error *err)
{
    lk_auto(lk_event) got = NULL;
    lk_status status =
        lk_webhook_open(client, "whsec_test", signature, event, strlen(event), 0, &got, err);

    *handed_out = got != NULL;
    return status;
}

static lk_status fetch_keys_and_verify(lk_client *client, bool *handed_out, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk_status status = lk_client_refresh_keys(client, err);

    if (status == LK_OK)
        status = lk__client_verify(client, token, &claims, err);
    *handed_out = claims != NULL;
    return status;
}

static lk_status keep_keys_on_disk(lk_client *client, bool *handed_out, lk_error *err)
{
    const lk__key_file file = { key_file, client->client_id, client->base_url };
    lk__auto_buf text = LK__BUF(LK__MAX_KEY_SET);
    lk__auto_buf keys = LK__BUF(LK__MAX_KEY_SET);
    int64_t fetched_at_ms = 0;
    lk_status status = lk__buf_text(&text, "{\"keys\":[]}", err);

    if (status == LK_OK)
        status = lk__key_file_write(&file, NOON, &text, err);
    if (status == LK_OK)
        status = lk__key_file_read(&file, NOON, 1000, &keys, &fetched_at_ms, err);
    *handed_out = fetched_at_ms != 0;
    return status;
}

/* Keys that are there and cannot be read for lack of memory are not keys that are not there. */
static lk_status make_client_with_keys(lk_client *unused, bool *handed_out, lk_error *err)
{
    lk_auto(lk_client) client = NULL;
    fake_clock clock = { .now_ms = NOON };
    lk_status status =
        lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .key_cache_path = key_file,
                                        .clock = fake_clock_use(&clock)),
                      &client, err);

    (void)unused;
    *handed_out = client != NULL && lk_client_get_keys_fetched_at_ms(client) == NOON;
    return status;
}

/* Lets the first, second, … allocation fail until the scenario makes none that could. */
static void walk(scenario *run, const fake_exchange *answers, size_t n_answers)
{
    for (long n = 1; n < 10000; n++) {
        fake_wire wire = { .script = answers,
                           .n_script = n_answers,
                           .mutex = PTHREAD_MUTEX_INITIALIZER };
        test_client test;
        bool handed_out = false;
        bool failed;
        lk_status status;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        failing_malloc_arm(n);
        status = run(test.client, &handed_out, &err);
        failed = failing_malloc_disarm();
        lk_client_free(test.client);
        if (!failed) {
            assert_int_equal(status, LK_OK);
            assert_true(handed_out);
            assert_true(n > 1);
            return;
        }
        if (status != LK_ERR_NO_MEMORY || err.status != status || handed_out)
            fail_msg("allocation %ld: %s \"%s\"%s", n, lk_status_name(status), err.message,
                     handed_out ? ", with a result" : "");
    }
    fail_msg("no end");
}

static void test_client_survives_every_failed_allocation(void **state)
{
    (void)state;
    walk(make_client, NULL, 0);
    walk(make_client_with_issuers, NULL, 0);
}

static void test_urls_survive_every_failed_allocation(void **state)
{
    (void)state;
    walk(make_url, NULL, 0);
    walk(make_authorization_url, NULL, 0);
}

static void test_grants_survive_every_failed_allocation(void **state)
{
    char *authentication = data_read("authenticate.json", NULL);
    char *profile = data_read("profile.json", NULL);
    const fake_exchange authenticate[] = { { "POST /user_management/authenticate", .status = 200,
                                             .header = "X-Request-ID: req_1",
                                             .body = authentication } };
    const fake_exchange challenge[] = {
        { "POST /user_management/authenticate", .status = 403,
          .body = "{\"code\":\"mfa_challenge\",\"pending_authentication_token\":\"p\","
                  "\"authentication_factors\":[{\"id\":\"f\"}],\"organizations\":[{\"id\":"
                  "\"o\"}],\"sso_connection_ids\":[\"c\"],\"user\":{\"id\":\"u\",\"email\":"
                  "\"e\"}}" }
    };
    const fake_exchange get[] = { { "POST /sso/token", .status = 400,
                                    .body = "{\"code\":\"invalid_request_body\"}" },
                                  { "POST /sso/token", .status = 200, .body = profile } };

    (void)state;
    walk(exchange, authenticate, 1);
    walk(be_challenged, challenge, 1);
    walk(get_profile, get, 2);
    free(authentication);
    free(profile);
}

static void test_helpers_survive_every_failed_allocation(void **state)
{
    static const fake_exchange device[] = {
        { "POST /user_management/authorize/device", .status = 200,
          .body = "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":"
                  "\"https://a\",\"expires_in\":300}" }
    };
    static const fake_exchange key[] = {
        { "POST /api_keys/validations", .status = 200,
          .body = "{\"api_key\":{\"id\":\"k\",\"permissions\":[\"p\"],\"owner\":{\"type\":"
                  "\"organization\",\"id\":\"o\"}}}" }
    };
    static const fake_exchange logout[] = { { "POST /sso/logout/authorize", .status = 200,
                                              .body = "{\"logout_url\":\"https://a\"}" } };
    static const fake_exchange codes[] = {
        { "POST /user_management/magic_auth", .status = 201, .body = "{\"id\":\"m\"}" },
        { "POST /auth/factors/f/challenge", .status = 201, .body = "{\"id\":\"c\"}" }
    };

    static const fake_exchange enrollment[] = {
        { "POST /user_management/users/u/auth_factors", .status = 201,
          .body = "{\"authentication_factor\":{\"id\":\"f\",\"totp\":{\"secret\":\"s\"}},"
                  "\"authentication_challenge\":{\"id\":\"c\"}}" },
        { "POST /user_management/radar_challenges", .status = 201,
          .body = "{\"verification_id\":\"v\"}" }
    };

    (void)state;
    walk(start_device, device, 1);
    walk(validate_key, key, 1);
    walk(make_sso_logout_url, logout, 1);
    walk(make_codes, codes, 2);
    walk(enroll, enrollment, 2);
}

static void test_events_survive_every_failed_allocation(void **state)
{
    char *page = data_read("events.json", NULL);
    const fake_exchange list[] = { { "GET /events", .status = 200, .body = page } };
    lk_error err = LK_ERROR_INIT;

    (void)state;
    walk(list_events, list, 1);
    free(page);
    assert_ok(lk_webhook_sign("whsec_test", event, strlen(event), NOON, &signature, &err), err);
    walk(open_webhook, NULL, 0);
    lk_free(signature);
}

static void test_keys_survive_every_failed_allocation(void **state)
{
    char *jwks = data_read("jwks-two.json", NULL);
    const fake_exchange fetch[] = { { "GET /sso/jwks/client_01", .status = 200, .body = jwks } };

    (void)state;
    token = fake_token(NOON);
    walk(fetch_keys_and_verify, fetch, 1);
    free(jwks);
    free(token);
}

static void test_key_file_survives_every_failed_allocation(void **state)
{
    const lk__key_file file = { key_file, "client_01", "https://api.workos.com" };
    lk__auto_buf keys = LK__BUF(LK__MAX_KEY_SET);
    char *jwks = data_read("jwks-two.json", NULL);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    snprintf(key_file, sizeof(key_file), "/tmp/latchkey-memory-%ld.json", (long)getpid());
    walk(keep_keys_on_disk, NULL, 0);
    assert_ok(lk__buf_text(&keys, jwks, &err), err);
    assert_ok(lk__key_file_write(&file, NOON, &keys, &err), err);
    walk(make_client_with_keys, NULL, 0);
    unlink(key_file);
    free(jwks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_survives_every_failed_allocation),
        cmocka_unit_test(test_urls_survive_every_failed_allocation),
        cmocka_unit_test(test_grants_survive_every_failed_allocation),
        cmocka_unit_test(test_helpers_survive_every_failed_allocation),
        cmocka_unit_test(test_events_survive_every_failed_allocation),
        cmocka_unit_test(test_keys_survive_every_failed_allocation),
        cmocka_unit_test(test_key_file_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
