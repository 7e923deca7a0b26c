/* What the tests of access tokens share; see jwt-kit.h. */
#include "jwt-kit.h"

#include "base/cleanup.h"
#include "data.h"
#include "fake-clock.h"
#include "fake-token.h"
#include "test.h"

static const char *const issuers[] = { "https://api.workos.com/",
                                       "https://api.workos.com/user_management/client_01" };

lk__jwks *jwt_kit_keys(const char *file)
{
    LK_CLEANUP(lk__freep) char *text = NULL;
    lk_error err = LK_ERROR_INIT;
    lk__jwks *keys = NULL;
    size_t len;

    text = data_read(file, &len);
    assert_ok(lk__jwks_parse(text, len, &keys, &err), err);
    return keys;
}

int jwt_kit_setup(void **state)
{
    *state = jwt_kit_keys("jwks.json");
    return 0;
}

int jwt_kit_teardown(void **state)
{
    lk__jwks_free(*state);
    return 0;
}

lk__jwt_rules jwt_kit_rules(const lk__jwks *keys)
{
    return (lk__jwt_rules){ .keys = keys,
                            .issuers = issuers,
                            .n_issuers = N_ROWS(issuers),
                            .client_id = "client_01",
                            .now_ms = NOON,
                            .leeway_s = 30 };
}

lk_status jwt_kit_verify(const char *token, const lk__jwt_rules *rules, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk_status status = lk__jwt_verify(token, rules, &claims, err);

    assert_int_equal(claims != NULL, status == LK_OK || status == LK_ERR_EXPIRED);
    assert_lacks(err->message, "eyJ");
    return status;
}

lk_status jwt_kit_verify_signed(const lk__jwks *keys, const char *header, const char *claims,
                                lk_error *err)
{
    LK_CLEANUP(lk__freep) char *token = fake_token_by("signing-key.pem", header, claims);
    const lk__jwt_rules rules = jwt_kit_rules(keys);

    return jwt_kit_verify(token, &rules, err);
}
