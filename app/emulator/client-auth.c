/* Who is calling, and which code they may redeem. */
#include "client-auth.h"

#include "json.h"

bool client_auth_check(exchange *self, const cJSON *body, bool *out_has_secret)
{
    const char *client_id = json_text(body, "client_id"),
               *secret = json_text(body, "client_secret");
    const char *token = exchange_bearer(self);
    if (!text_equal(client_id, self->options->client_id)) {
        answer_oauth_error(self, "invalid_client",
                           client_id ? "Invalid client ID." : "client_id is missing.");
        return false;
    }
    if (secret && !exchange_knows_key(self, secret)) {
        answer_oauth_error(self, "invalid_client", "Invalid client secret.");
        return false;
    }
    if (token && !exchange_knows_key(self, token)) {
        answer_error(self, 401, "unauthorized", "Unauthorized");
        return false;
    }
    *out_has_secret = secret || token;
    return true;
}

/* NULL: the code may be redeemed. */
static const char *refusal(const exchange *self, const cJSON *record, const cJSON *body,
                           bool is_sso, bool has_secret)
{
    const char *challenge = json_text(record, "challenge"),
               *verifier = json_text(body, "code_verifier");
    if (!record || json_is_true(record, "is_sso") != is_sso || json_is_true(record, "is_used") ||
        (double)state_now(self->state) >= json_number(record, "expires_ms", 0))
        return "The code has expired or is invalid.";
    if (challenge && !verifier)
        return "The code was asked for with code_challenge: code_verifier is missing.";
    if (challenge && !keys_challenge_fits(challenge, verifier))
        return "The code_verifier does not fit the code_challenge.";
    if (!challenge && verifier)
        return "The code was asked for without code_challenge: code_verifier has no use.";
    return challenge || has_secret ? NULL : "";
}

cJSON *client_auth_redeem(exchange *self, const cJSON *body, bool is_sso, bool has_secret)
{
    const char *code = json_text(body, "code");
    if (!code) {
        answer_oauth_error(self, "invalid_request", "code is missing.");
        return NULL;
    }
    cJSON *record = records_find(&self->state->codes, code);
    const char *why = refusal(self, record, body, is_sso, has_secret);
    if (!why) {
        json_set_bool(record, "is_used", true);
        return record;
    }
    if (*why)
        answer_oauth_error(self, "invalid_grant", why);
    else
        answer_oauth_error(self, "invalid_client",
                           "client_secret is missing; without PKCE it is required.");
    return NULL;
}
