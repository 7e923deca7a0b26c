/* POST /user_management/authenticate: which grant answers, and those for a code and for a refresh
 * token. */
#include "grants.h"

#include "client-auth.h"
#include "handlers.h"
#include "invitations.h"
#include "json.h"
#include "session.h"

#define REPLAY_GRACE_MS 30000 /* "re-sending the just-used token returns the same new pair" */
#define MAX_TOKENS      20000

/* A new refresh token of the session. The record belongs to the state. */
static cJSON *add_refresh_token(exchange *self, const cJSON *session)
{
    AUTO_CHARS token = keys_secret(self->state->keys, "rt_");
    cJSON *record = json_object();
    json_set_text(record, "id", token);
    json_set_text(record, "session_id", json_text(session, "id"));
    records_add(&self->state->refresh_tokens, record);
    return record;
}

/* The answer to a grant, for this session as it is now; NULL when it could not be signed. */
static cJSON *make_answer(exchange *self, const cJSON *session, const char *refresh_token)
{
    const cJSON *user = records_find(&self->state->users, json_text(session, "user_id"));
    AUTO_CHARS token = session_token(self, session);
    if (!token)
        return NULL;
    cJSON *answer = json_object();
    json_set(answer, "user", record_view(user));
    if (json_text(session, "organization_id"))
        json_set_text(answer, "organization_id", json_text(session, "organization_id"));
    json_set_text(answer, "access_token", token);
    json_set_text(answer, "refresh_token", refresh_token);
    json_set_text(answer, "authentication_method", json_text(session, "_method"));
    if (json_get(session, "impersonator"))
        json_set_copy(answer, "impersonator", json_get(session, "impersonator"));
    return answer;
}

static void send_answer(exchange *self, cJSON *answer)
{
    if (answer)
        answer_json(self, 200, answer);
    else
        answer_error(self, 500, "server_error", "the access token could not be signed");
    records_trim(&self->state->refresh_tokens, MAX_TOKENS);
}

void grant_tokens(exchange *self, const sign_in *of, const cJSON *body)
{
    if (!of->impersonator)
        json_set_time(of->user, "last_sign_in_at", state_now(self->state));
    const cJSON *session = session_open(self, of, body);
    if (!of->is_told)
        session_tell(self, of, session, body);
    const cJSON *token = add_refresh_token(self, session);
    AUTO_JSON answer = make_answer(self, session, json_text(token, "id"));
    send_answer(self, answer);
}

/* The hosted pages have taken all steps before they give a code. */
static void grant_code(exchange *self, const cJSON *body, bool has_secret)
{
    const cJSON *code = client_auth_redeem(self, body, false, has_secret);
    if (!code)
        return;
    sign_in of = {
        .user = records_find(&self->state->users, json_text(code, "who")),
        .method = json_text(code, "method"),
        .organization_id = json_text(code, "organization_id"),
        .connection_id = json_text(code, "connection_id"),
        .impersonator = json_get(code, "impersonator"),
        .at_ms = (int64_t)json_number(code, "at_ms", 0),
    };
    const char *later = json_text(body, "invitation_token");
    if (!of.user) {
        answer_oauth_error(self, "invalid_grant", "The person of this code is gone.");
        return;
    }
    if (!invitations_take(self, &of, later ? later : json_text(code, "invitation_token")))
        return;
    grant_tokens(self, &of, body);
}

static bool is_in_grace(const exchange *self, const cJSON *token, const char *organization_id)
{
    const char *then = json_text(token, "organization_id");
    bool is_same = organization_id ? text_equal(then, organization_id) : !then;
    return is_same && json_get(token, "answer") &&
           (double)state_now(self->state) - json_number(token, "used_ms", 0) < REPLAY_GRACE_MS;
}

/* False: answered with an error. */
static bool switch_organization(exchange *self, cJSON *session, const char *organization_id)
{
    if (!organization_id || text_equal(organization_id, json_text(session, "organization_id")))
        return true;
    if (!records_find(&self->state->organizations, organization_id)) {
        answer_oauth_error(self, "organization_not_found",
                           "There is no organization with this id.");
        return false;
    }
    if (!state_find_membership(self->state, json_text(session, "user_id"), organization_id)) {
        answer_oauth_error(self, "organization_membership_not_found",
                           "The user is not a member of this organization.");
        return false;
    }
    json_set_text(session, "organization_id", organization_id);
    json_set_time(session, "updated_at", state_now(self->state));
    return true;
}

static void grant_refresh(exchange *self, const cJSON *body, bool has_secret)
{
    const char *given = json_text(body, "refresh_token");
    const char *organization_id = json_text(body, "organization_id");
    cJSON *token = records_find(&self->state->refresh_tokens, given);
    cJSON *session = records_find(&self->state->sessions, json_text(token, "session_id"));
    (void)has_secret; /* a public client refreshes with its client id alone */
    if (!given) {
        answer_oauth_error(self, "invalid_request", "refresh_token is missing.");
        return;
    }
    if (!session || !session_is_active(self->state, session)) {
        answer_oauth_error(self, "invalid_grant",
                           session ? "Session has already ended." : "Invalid refresh token.");
        return;
    }
    if (json_get(token, "used_ms")) {
        if (is_in_grace(self, token, organization_id))
            answer_json(self, 200, json_get(token, "answer"));
        else
            answer_oauth_error(self, "invalid_grant", "Refresh token already exchanged.");
        return;
    }
    if (!switch_organization(self, session, organization_id))
        return;
    const cJSON *next = add_refresh_token(self, session);
    cJSON *answer = make_answer(self, session, json_text(next, "id"));
    json_set_number(token, "used_ms", (double)state_now(self->state));
    json_set_text(token, "organization_id", organization_id);
    json_set(token, "answer", answer);
    send_answer(self, answer);
}

void handle_authenticate(exchange *self)
{
#define WORKOS "urn:workos:oauth:grant-type:"
    static const struct {
        const char *grant_type;
        grant *answer;
    } grants[] = {
        { "authorization_code", grant_code },
        { "refresh_token", grant_refresh },
        { "password", grant_password },
        { WORKOS "magic-auth:code", grant_magic_auth },
        { WORKOS "email-verification:code", grant_email_verification },
        { WORKOS "mfa-totp", grant_totp },
        { WORKOS "organization-selection", grant_organization },
        { "urn:ietf:params:oauth:grant-type:device_code", grant_device },
    };
#undef WORKOS
    AUTO_JSON body = exchange_body(self);
    bool has_secret = false;
    if (!body) {
        answer_oauth_error(self, "invalid_request", "The body must be a JSON object or a form.");
        return;
    }
    const char *grant_type = json_text(body, "grant_type");
    if (!grant_type) {
        answer_oauth_error(self, "invalid_request", "grant_type is missing.");
        return;
    }
    for (size_t i = 0; i < sizeof grants / sizeof *grants; i++) {
        if (!text_equal(grants[i].grant_type, grant_type))
            continue;
        if (client_auth_check(self, body, &has_secret))
            grants[i].answer(self, body, has_secret);
        return;
    }
    answer_oauth_error(self, "unsupported_grant_type", "This grant type is not supported here.");
}
