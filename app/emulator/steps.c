/* The steps of a sign-in. */
#include "steps.h"

#include "factors.h"
#include "json.h"
#include "one-time-codes.h"
#include "people.h"

#define PASS_LIFETIME_MS (10 * 60 * 1000)
#define MAX_PASSES       1000

const char *steps_add_pass(exchange *self, const sign_in *of)
{
    AUTO_CHARS token = keys_secret(self->state->keys, "pat_");
    cJSON *pass = json_object();
    json_set_text(pass, "id", token);
    json_set_text(pass, "user_id", json_text(of->user, "id"));
    json_set_text(pass, "method", of->method);
    json_set_text(pass, "organization_id", of->organization_id);
    json_set_bool(pass, "has_second_factor", of->has_second_factor);
    json_set_number(pass, "expires_ms", (double)(state_now(self->state) + PASS_LIFETIME_MS));
    records_add(&self->state->passes, pass);
    records_trim(&self->state->passes, MAX_PASSES);
    return json_text(pass, "id");
}

static void add_pass(exchange *self, const sign_in *of, cJSON *body)
{
    json_set_text(body, "pending_authentication_token", steps_add_pass(self, of));
}

/* The beginning of every "code" answer; user NULL leaves it out. */
static cJSON *start(exchange *self, const sign_in *of, const char *code, const char *message,
                    bool shows_user)
{
    cJSON *body = json_object();
    json_set_text(body, "code", code);
    json_set_text(body, "message", message);
    add_pass(self, of, body);
    if (shows_user)
        json_set(body, "user", record_view(of->user));
    return body;
}

static void ask_for_verification(exchange *self, const sign_in *of)
{
    const cJSON *sent = one_time_code_add(self->state, "email_verification", of->user);
    AUTO_JSON body = start(self, of, "email_verification_required",
                           "Email ownership must be verified before authentication.", false);
    json_set_text(body, "email", json_text(of->user, "email"));
    json_set_text(body, "email_verification_id", json_text(sent, "id"));
    answer_json(self, 403, body);
}

static void ask_for_factor(exchange *self, const sign_in *of)
{
    AUTO_JSON body =
        start(self, of, "mfa_challenge",
              "The user must complete an MFA challenge to finish authenticating.", true);
    cJSON *list = json_array();
    for (size_t i = 0; i < self->state->factors.count; i++) {
        const cJSON *factor = self->state->factors.items[i];
        if (!text_equal(json_text(factor, "user_id"), json_text(of->user, "id")))
            continue;
        cJSON *item = json_object();
        json_set_text(item, "id", json_text(factor, "id"));
        json_set_text(item, "type", json_text(factor, "type"));
        json_push(list, item);
    }
    json_set(body, "authentication_factors", list);
    answer_json(self, 403, body);
}

static void ask_for_enrolment(exchange *self, const sign_in *of)
{
    AUTO_JSON body = start(self, of, "mfa_enrollment",
                           "The user must enroll in MFA to finish authenticating.", true);
    answer_json(self, 403, body);
}

static void ask_for_organization(exchange *self, const sign_in *of)
{
    const emulator_state *state = self->state;
    AUTO_JSON body = start(self, of, "organization_selection_required",
                           "The user must choose an organization to finish authenticating.", true);
    cJSON *list = json_array();
    for (size_t i = 0; i < state->memberships.count; i++) {
        const cJSON *membership = state->memberships.items[i];
        const char *id = json_text(membership, "organization_id");
        if (!text_equal(json_text(membership, "user_id"), json_text(of->user, "id")) ||
            !text_equal(json_text(membership, "status"), "active"))
            continue;
        cJSON *item = json_object();
        json_set_text(item, "id", id);
        json_set_text(item, "name", state_organization_name(state, id));
        json_push(list, item);
    }
    json_set(body, "organizations", list);
    answer_json(self, 403, body);
}

static void ask_for_sso(exchange *self, const sign_in *of)
{
    AUTO_JSON body = json_object();
    cJSON *list = json_array();
    for (size_t i = 0; i < self->state->connections.count; i++) {
        const cJSON *connection = self->state->connections.items[i];
        if (text_equal(json_text(connection, "organization_id"), of->organization_id) &&
            text_equal(json_text(connection, "state"), "active"))
            json_push_text(list, json_text(connection, "id"));
    }
    json_set_text(body, "error", "sso_required");
    json_set_text(body, "error_description",
                  "User must authenticate using one of the matching connections.");
    json_set_text(body, "email", json_text(of->user, "email"));
    json_set(body, "connection_ids", list);
    add_pass(self, of, body);
    answer_json(self, 400, body);
}

bool steps_are_done(exchange *self, sign_in *of)
{
    const emulator_state *state = self->state;
    const char *user_id = json_text(of->user, "id");
    bool has_factor = factors_of(state, user_id) != NULL;
    bool has_several = state_count_memberships(state, user_id) > 1;
    if (!of->organization_id)
        of->organization_id = people_only_organization(state, user_id);
    const cJSON *organization = records_find(&state->organizations, of->organization_id);
    if (!json_is_true(of->user, "email_verified"))
        ask_for_verification(self, of);
    else if (has_factor && !of->has_second_factor)
        ask_for_factor(self, of);
    else if (!of->organization_id && has_several)
        ask_for_organization(self, of);
    else if (json_is_true(organization, "_require_sso"))
        ask_for_sso(self, of);
    else if (json_is_true(organization, "_require_mfa") && !of->has_second_factor)
        ask_for_enrolment(self, of);
    else
        return true;
    return false;
}

cJSON *steps_find(exchange *self, const char *token, sign_in *out)
{
    cJSON *pass = records_find(&self->state->passes, token);
    cJSON *user = records_find(&self->state->users, json_text(pass, "user_id"));
    if (!user || (double)state_now(self->state) >= json_number(pass, "expires_ms", 0))
        return NULL;
    *out = (sign_in){
        .user = user,
        .method = json_text(pass, "method"),
        .organization_id = json_text(pass, "organization_id"),
        .is_told = true,
        .has_second_factor = json_is_true(pass, "has_second_factor"),
    };
    return pass;
}

cJSON *steps_resume(exchange *self, const char *token, sign_in *out)
{
    cJSON *pass = steps_find(self, token, out);
    if (!token)
        answer_oauth_error(self, "invalid_request", "pending_authentication_token is missing.");
    else if (!pass)
        answer_error(self, 400, "invalid_pending_authentication_token",
                     "The pending authentication token is invalid or has expired.");
    return pass;
}

void steps_forget(exchange *self, cJSON *pass)
{
    records_remove(&self->state->passes, pass);
}
