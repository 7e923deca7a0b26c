/* Several WorkOS environments in one process: nothing of the one opens the other. */
#include <stdio.h>

#include "data.h"
#include "fake-token.h"
#include "test.h"
#include "web-kit.h"

#define PRODUCTION "client_01"
#define STAGING    "client_02"

typedef struct environment {
    fake_clock clock;
    fake_random random;
    fake_wire wire;
    lk_client *client;
    lk_web *web;
} environment;

/* Both with one cookie password, as after a copied configuration. */
static void open_environment(environment *self, const char *client_id)
{
    lk_error err = LK_ERROR_INIT;

    self->clock = (fake_clock){ .now_ms = NOON };
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = client_id, .api_key = TEST_API_KEY,
                                              .transport = fake_wire_use(&self->wire),
                                              .clock = fake_clock_use(&self->clock),
                                              .random = fake_random_use(&self->random)),
                            &self->client, &err),
              err);
    assert_ok(lk_web_new(LK_WEB_OPTIONS(.client = self->client, .cookie_password = KIT_PASSWORD,
                                        .redirect_uri = "https://app.example/callback"),
                         &self->web, &err),
              err);
    assert_ok(lk_client_refresh_keys(self->client, &err), err);
}

static void close_environment(environment *self)
{
    lk_web_free(self->web);
    lk_client_free(self->client);
    fake_wire_finished(&self->wire);
}

/* Whether the environment sees somebody behind this header. */
static bool knows(environment *self, const char *name, const char *value)
{
    const lk_header headers[] = { { name, value }, { "Accept", "application/json" } };
    const lk_web_request request = {
        .method = "GET", .path = "/api/me", .headers = headers, .n_headers = 2
    };
    lk_auto(lk_web_reply) reply = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_web_answer(self->web, &request, &reply, &err), err);
    assert_int_equal(reply->status, 0);
    return reply->session != NULL;
}

static char *seal(environment *self, const char *token)
{
    const lk_user user = { .id = "user_01", .email = "m@x.example" };
    const lk_authentication authentication = { .user = &user, .access_token = token };
    lk_error err = LK_ERROR_INIT;
    char *sealed = NULL;

    assert_ok(lk_session_seal(self->client, KIT_PASSWORD, &authentication, &sealed, &err), err);
    return sealed;
}

/* {"keys":[key_2]}; free it. */
static char *keys_of_staging(void)
{
    char *both = data_read("jwks-two.json", NULL);
    char *second = strstr(both, "\"key_2\"");
    char *only = NULL;

    assert_non_null(second);
    while (*second != '{')
        second--;
    assert_true(asprintf(&only, "{\"keys\":[%s", second) > 0);
    free(both);
    return only;
}

static void test_environments_in_one_process_do_not_mix(void **unused)
{
    (void)unused;
    static const struct {
        const char *kid;
        const char *issuer;
        bool in_production;
        bool in_staging;
    } rows[] = {
        { "key_1", "https://api.workos.com/user_management/" PRODUCTION, true, false },
        { "key_2", "https://api.workos.com/user_management/" STAGING, false, true },
        /* Older environments have one issuer for all: only the key tells. */
        { "key_1", "https://api.workos.com", true, false },
        { "key_2", "https://api.workos.com", false, true },
        /* Staging's key under production's name, and the other way round. */
        { "key_2", "https://api.workos.com/user_management/" PRODUCTION, false, false },
        { "key_1", "https://api.workos.com/user_management/" STAGING, false, false },
    };
    char *keys = keys_of_staging();
    environment production = { .wire = FAKE_WIRE({ "GET /sso/jwks/" PRODUCTION, .status = 200,
                                                   .file = "jwks.json" }) };
    environment staging = { .wire = FAKE_WIRE(
                                { "GET /sso/jwks/" STAGING, .status = 200, .body = keys }) };

    open_environment(&production, PRODUCTION);
    open_environment(&staging, STAGING);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char claims[256];
        char bearer[2048];
        char cookie[4096];

        snprintf(claims, sizeof(claims), "{\"iss\":\"%s\",\"sub\":\"user_01\",\"exp\":4000000000}",
                 rows[i].issuer);
        char *token = fake_token_sign(rows[i].kid, claims);
        char *sealed = seal(&production, token);
        snprintf(bearer, sizeof(bearer), "Bearer %s", token);
        snprintf(cookie, sizeof(cookie), "wos-session=%s", sealed);
        if (knows(&production, "Authorization", bearer) != rows[i].in_production ||
            knows(&production, "Cookie", cookie) != rows[i].in_production)
            fail_msg("row %zu in production", i);
        if (knows(&staging, "Authorization", bearer) != rows[i].in_staging ||
            knows(&staging, "Cookie", cookie) != rows[i].in_staging)
            fail_msg("row %zu in staging", i);
        lk_free_secret(sealed);
        free(token);
    }
    close_environment(&production);
    close_environment(&staging);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environments_in_one_process_do_not_mix),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
