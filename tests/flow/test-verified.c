/* A seal and an answer of WorkOS are not enough: the signature of each token is looked at, each
 * time. */
#include <stdio.h>

#include "fake-token.h"
#include "test.h"
#include "web-kit.h"

#define ISS "\"iss\":\"https://api.workos.com\""
#define EXP "\"iat\":1772452800,\"exp\":1772453100"

static void test_signature_is_verified_on_each_request(void **unused)
{
    (void)unused;
    char *good = fake_token(NOON);
    char *forged = strdup(good);
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    web_kit kit;

    /* One bit of the signature, within its first bytes. */
    char *signature = strrchr(forged, '.') + 1;
    signature[3] = signature[3] == 'A' ? 'B' : 'A';
    web_kit_open(&kit, &wire, NULL);
    for (int i = 0; i < 6; i++) {
        const bool is_good = i % 2 == 0;
        char header[4096];
        const char *const headers[] = { header, NULL };

        /* As Bearer token, then in a cookie that is sealed as it should be. */
        snprintf(header, sizeof(header), "Authorization: Bearer %s", is_good ? good : forged);
        lk_web_reply *reply = web_kit_send(&kit, "GET", "/api/x", NULL, headers);
        assert_true((reply->session != NULL) == is_good);
        lk_web_reply_free(reply);

        const lk_user user = { .id = "user_01", .email = "m@x" };
        const lk_authentication inside = { .user = &user, .access_token = is_good ? good : forged };
        char *sealed = NULL;
        lk_error err = LK_ERROR_INIT;
        assert_ok(lk_session_seal(kit.client.client, KIT_PASSWORD, &inside, &sealed, &err), err);
        snprintf(kit.jar, sizeof(kit.jar), "wos-session=%s", sealed);
        reply = web_kit_get(&kit, "/app", NULL);
        assert_true((reply->session != NULL) == is_good);
        lk_web_reply_free(reply);
        lk_free_secret(sealed);
        kit.jar[0] = '\0';
    }
    web_kit_close(&kit, &wire);
    free(good);
    free(forged);
}

static void test_renewed_token_is_verified_before_use(void **unused)
{
    (void)unused;
    static const struct {
        const char *key_file;
        const char *header;
        const char *claims;
        bool is_good;
    } rows[] = {
        { "signing-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_1\"}",
          "{" ISS ",\"sub\":\"user_01\"," EXP "}", true },
        /* Signed by somebody else under the name of the key. */
        { "other-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_1\"}",
          "{" ISS ",\"sub\":\"user_01\"," EXP "}", false },
        { "signing-key.pem", "{\"alg\":\"none\",\"kid\":\"key_1\"}",
          "{" ISS ",\"sub\":\"user_01\"," EXP "}", false },
        { "signing-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_1\"}",
          "{\"iss\":\"https://evil.example\",\"sub\":\"user_01\"," EXP "}", false },
        { "signing-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_1\"}",
          "{" ISS ",\"sub\":\"user_02\"," EXP "}", false }, /* the user says user_01 */
        { "signing-key.pem", "{\"alg\":\"RS256\",\"kid\":\"key_1\"}",
          "{" ISS ",\"sub\":\"user_01\",\"exp\":1772452000}", false }, /* over already */
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char *token = fake_token_by(rows[i].key_file, rows[i].header, rows[i].claims);
        char *grant = web_kit_grant_of("user_01", token, "rt_02");
        fake_wire wire = FAKE_WIRE(
            KIT_JWKS, { "POST /user_management/authenticate", .status = 200, .body = grant });
        web_kit kit;
        char jar[sizeof(kit.jar)];
        lk_web_reply *reply = NULL;
        lk_error err = LK_ERROR_INIT;

        web_kit_open(&kit, &wire, NULL);
        assert_ok(lk_client_refresh_keys(kit.client.client, &err), err);
        web_kit_sign_in(&kit, NOON - 3600000, "rt_01");
        memcpy(jar, kit.jar, sizeof(jar));
        lk_status status = web_kit_try(&kit, "GET", "/app", NULL, NULL, &reply, &err);
        if ((status == LK_OK && reply->session != NULL) != rows[i].is_good)
            fail_msg("row %zu: %s: %s", i, lk_status_name(status), err.message);
        /* Nothing of it is kept, and nobody is signed out for it. */
        if (!rows[i].is_good)
            assert_string_equal(kit.jar, jar);
        lk_web_reply_free(reply);
        web_kit_close(&kit, &wire);
        free(grant);
        free(token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature_is_verified_on_each_request),
        cmocka_unit_test(test_renewed_token_is_verified_before_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
