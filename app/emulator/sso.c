/* Single sign-on: profile and token for a code, the profile again for the token, the signing keys.
 */
#include <string.h>

#include "client-auth.h"
#include "handlers.h"
#include "json.h"
#include "session.h"

#define TOKEN_LIFETIME_S 600
#define MAX_TOKENS       1000

/* Someone who came by provider has no profile in the seed: it is made of the user, with a stable
 * id. */
static cJSON *profile_of_user(const cJSON *user, const char *method)
{
    static const char *const copied[] = { "email", "first_name", "last_name", "name" };
    const char *user_id = json_text(user, "id");
    AUTO_TEXT id = { 0 }, connection_id = { 0 };
    cJSON *profile = json_object();
    text_print(&id, "prof_%s", text_begins(user_id, "user_") ? user_id + 5 : user_id);
    text_print(&connection_id, "conn_%s", method);
    json_set_text(profile, "object", "profile");
    json_set_text(profile, "id", id.bytes);
    json_set_text(profile, "organization_id", NULL);
    json_set_text(profile, "connection_id", connection_id.bytes);
    json_set_text(profile, "connection_type", method);
    json_set_text(profile, "idp_id", user_id);
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        json_set_text(profile, copied[i], json_text(user, copied[i]));
    json_set(profile, "role", NULL);
    json_set(profile, "roles", NULL);
    json_set(profile, "custom_attributes", json_object());
    json_set(profile, "raw_attributes", json_object());
    return profile;
}

static cJSON *profile_of_code(const emulator_state *self, const cJSON *code)
{
    const char *who = json_text(code, "who");
    const cJSON *profile = records_find(&self->profiles, who),
                *user = records_find(&self->users, who);
    if (profile)
        return record_view(profile);
    return user ? profile_of_user(user, json_text(code, "method")) : NULL;
}

static void send_profile(exchange *self, const cJSON *profile)
{
    AUTO_CHARS token = keys_secret(self->state->keys, "sso_");
    cJSON *record = json_object();
    json_set_text(record, "id", token);
    json_set_copy(record, "profile", profile);
    json_set_number(record, "expires_ms", (double)state_now(self->state) + TOKEN_LIFETIME_S * 1000);
    records_add(&self->state->sso_tokens, record);
    records_trim(&self->state->sso_tokens, MAX_TOKENS);

    AUTO_JSON answer = json_object();
    json_set_text(answer, "token_type", "Bearer");
    json_set_text(answer, "access_token", token);
    json_set_number(answer, "expires_in", TOKEN_LIFETIME_S);
    json_set_copy(answer, "profile", profile);
    answer_json(self, 200, answer);
}

void handle_sso_token(exchange *self)
{
    AUTO_JSON body = exchange_body(self);
    bool has_secret = false;
    if (!body) {
        answer_oauth_error(self, "invalid_request", "The body must be a JSON object or a form.");
        return;
    }
    if (!text_equal(json_text(body, "grant_type"), "authorization_code")) {
        answer_oauth_error(self, "unsupported_grant_type",
                           "grant_type must be authorization_code.");
        return;
    }
    if (!client_auth_check(self, body, &has_secret))
        return;
    const cJSON *code = client_auth_redeem(self, body, true, has_secret);
    if (!code)
        return;
    AUTO_JSON profile = profile_of_code(self->state, code);
    if (!profile) {
        answer_oauth_error(self, "invalid_grant", "The person of this code is gone.");
        return;
    }
    session_tell(self,
                 &(sign_in){ .user = profile,
                             .method = "SSO",
                             .connection_id = json_text(profile, "connection_id") },
                 NULL, body);
    send_profile(self, profile);
}

void handle_sso_profile(exchange *self)
{
    const cJSON *token = records_find(&self->state->sso_tokens, exchange_bearer(self));
    if (!token || (double)state_now(self->state) >= json_number(token, "expires_ms", 0)) {
        AUTO_JSON body = json_object();
        json_set_text(body, "error", "Unauthorized");
        answer_json(self, 401, body);
        return;
    }
    answer_json(self, 200, json_get(token, "profile"));
}

void handle_keys(exchange *self)
{
    if (!text_equal(self->params[0], self->options->client_id)) {
        answer_missing(self, "Client", self->params[0]);
        return;
    }
    AUTO_JSON set = keys_set(self->state->keys);
    answer_json(self, 200, set);
}

/* "Single Logout is only supported for GenericOIDC connections" (WorkOS' specification). */
void handle_start_sso_logout(exchange *self)
{
    AUTO_JSON body = exchange_body(self);
    const char *profile_id = json_text(body, "profile_id");
    const cJSON *profile = records_find(&self->state->profiles, profile_id);
    if (!profile) {
        answer_missing(self, "Profile", profile_id);
        return;
    }
    if (!text_equal(json_text(profile, "connection_type"), "GenericOIDC")) {
        answer_oauth_error(self, "connection_invalid",
                           "Single Logout is only supported for GenericOIDC connections.");
        return;
    }
    AUTO_CHARS token = keys_secret(self->state->keys, "logout_");
    AUTO_TEXT url = { 0 };
    text_print(&url, "%s/sso/logout?token=%s", self->base_url, token);
    cJSON *record = json_object();
    json_set_text(record, "id", token);
    json_set_text(record, "profile_id", profile_id);
    json_set_number(record, "expires_ms", (double)state_now(self->state) + TOKEN_LIFETIME_S * 1000);
    records_add(&self->state->logouts, record);
    records_trim(&self->state->logouts, MAX_TOKENS);
    AUTO_JSON answer = json_object();
    json_set_text(answer, "logout_url", url.bytes);
    json_set_text(answer, "logout_token", token);
    answer_json(self, 200, answer);
}

static void forget_tokens_of(emulator_state *self, const char *profile_id)
{
    for (size_t i = self->sso_tokens.count; i-- > 0;) {
        const cJSON *token = self->sso_tokens.items[i];
        if (text_equal(json_text(json_get(token, "profile"), "id"), profile_id))
            records_remove(&self->sso_tokens, token);
    }
}

void handle_end_sso_logout(exchange *self)
{
    const char *token = form_get(&self->query, "token");
    const cJSON *record = records_find(&self->state->logouts, token);
    if (!record || (double)state_now(self->state) >= json_number(record, "expires_ms", 0)) {
        answer_missing(self, "Logout token", token);
        return;
    }
    forget_tokens_of(self->state, json_text(record, "profile_id"));
    records_remove(&self->state->logouts, record);
    AUTO_TEXT home = { 0 };
    text_print(&home, "%s/", self->base_url);
    answer_redirect(self, home.bytes);
}
