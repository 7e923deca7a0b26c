/* Sessions, their tokens and their events. */
#include "session.h"

#include <string.h>

#include "json.h"

#define SESSION_LIFETIME_MS (INT64_C(30) * 24 * 60 * 60 * 1000)
#define MAX_SESSIONS        10000

/* Three vocabularies for one thing: authentication_method, auth_method of a session, the names of
 * events. */
typedef struct kind {
    const char *method, *session, *event;
} kind;

static const kind *kind_of(const char *method)
{
    static const kind kinds[] = {
        { "SSO", "sso", "sso" },
        { "Password", "password", "password" },
        { "MagicAuth", "magic_code", "magic_auth" },
        { "Impersonation", "impersonation", NULL }, /* no event of its own */
        { "EmailVerification", "unknown", "email_verification" },
        { "MFA", "unknown", "mfa" },
        { "", "oauth", "oauth" },
    };
    size_t i = 0;
    while (*kinds[i].method && !text_equal(kinds[i].method, method))
        i++;
    return &kinds[i];
}

/* Any grant may tell the address and program of the person; else they are those of the caller. */
static void set_origin(const exchange *self, cJSON *record, const cJSON *body)
{
    const char *address = json_text(body, "ip_address"), *program = json_text(body, "user_agent");
    json_set_text(record, "ip_address", address ? address : self->remote);
    json_set_text(record, "user_agent", program ? program : self->user_agent);
}

static void emit_session(emulator_state *self, const char *type, const cJSON *session)
{
    AUTO_JSON data = record_view(session);
    events_emit(self, type, data);
}

cJSON *session_open(exchange *self, const sign_in *of, const cJSON *body)
{
    int64_t now = state_now(self->state);
    cJSON *session = record_new(self->state, "session", NULL, "session_");
    json_set_text(session, "user_id", json_text(of->user, "id"));
    if (of->organization_id)
        json_set_text(session, "organization_id", of->organization_id);
    json_set_text(session, "status", "active");
    json_set_text(session, "auth_method", kind_of(of->method)->session);
    set_origin(self, session, body);
    if (of->impersonator)
        json_set_copy(session, "impersonator", of->impersonator);
    json_set_time(session, "expires_at", now + SESSION_LIFETIME_MS);
    json_set_text(session, "ended_at", NULL);
    json_set_text(session, "_method", of->method);
    json_set_number(session, "_auth_time", (double)((of->at_ms ? of->at_ms : now) / 1000));
    records_add(&self->state->sessions, session);
    records_trim(&self->state->sessions, MAX_SESSIONS);
    emit_session(self->state, "session.created", session);
    return session;
}

bool session_is_active(const emulator_state *self, const cJSON *session)
{
    int64_t expires_ms = 0;
    const char *expires_at = json_text(session, "expires_at");
    return text_equal(json_text(session, "status"), "active") && expires_at &&
           text_parse_time(expires_at, &expires_ms) && state_now(self) < expires_ms;
}

void session_end(emulator_state *self, cJSON *session)
{
    if (!session_is_active(self, session))
        return;
    json_set_text(session, "status", "revoked");
    json_set_time(session, "ended_at", state_now(self));
    json_set_time(session, "updated_at", state_now(self));
    emit_session(self, "session.revoked", session);
}

/* Claims that only a session in an organization has. */
static void add_organization_claims(const emulator_state *self, cJSON *claims, const cJSON *session)
{
    const char *organization_id = json_text(session, "organization_id");
    const cJSON *organization = records_find(&self->organizations, organization_id);
    const cJSON *membership =
        state_find_membership(self, json_text(session, "user_id"), organization_id);
    const char *slug = json_text(json_get(membership, "role"), "slug");
    if (!organization || !membership)
        return;
    const cJSON *permissions = json_get(records_find_by(&self->roles, "slug", slug), "permissions");
    cJSON *roles = json_array();
    json_push_text(roles, slug);
    json_set_text(claims, "org_id", organization_id);
    json_set_text(claims, "role", slug);
    json_set(claims, "roles", roles);
    json_set(claims, "permissions", permissions ? json_copy(permissions) : json_array());
    const cJSON *entitlements = json_get(organization, "_entitlements");
    json_set(claims, "entitlements", entitlements ? json_copy(entitlements) : json_array());
    json_set(claims, "feature_flags", json_array());
}

char *session_token(exchange *self, const cJSON *session)
{
    char id[ID_SIZE];
    AUTO_JSON claims = json_object();
    int64_t now = state_now(self->state) / 1000;
    int lifetime = self->options->token_lifetime_s;
    state_new_id(self->state, "", id);
    json_set_text(claims, "iss", self->issuer);
    json_set_text(claims, "sub", json_text(session, "user_id"));
    json_set_text(claims, "sid", json_text(session, "id"));
    json_set_text(claims, "jti", id);
    json_set_text(claims, "client_id", self->options->client_id);
    add_organization_claims(self->state, claims, session);
    const cJSON *impersonator = json_get(session, "impersonator");
    if (impersonator) {
        cJSON *actor = json_object();
        json_set_text(actor, "sub", json_text(impersonator, "email"));
        json_set(claims, "act", actor);
    }
    json_set_number(claims, "auth_time", json_number(session, "_auth_time", (double)now));
    json_set_number(claims, "iat", (double)now);
    json_set_number(claims, "exp", (double)(now + lifetime));
    return keys_sign(self->state->keys, claims);
}

/* What all authentication.* events have; the data of one. */
static cJSON *start_event(exchange *self, const kind *of, const char *status, const cJSON *body)
{
    cJSON *data = json_object();
    json_set_text(data, "type", of->event);
    json_set_text(data, "status", status);
    set_origin(self, data, body);
    return data;
}

static void emit_authentication(emulator_state *self, const kind *of, const char *status,
                                const cJSON *data)
{
    AUTO_TEXT type = { 0 };
    text_print(&type, "authentication.%s_%s", of->event, status);
    events_emit(self, type.bytes, data);
}

void session_tell(exchange *self, const sign_in *of, const cJSON *session, const cJSON *body)
{
    const kind *how = kind_of(of->method);
    if (!how->event)
        return;
    AUTO_JSON data = start_event(self, how, "succeeded", body);
    const char *id = json_text(of->user, "id");
    json_set_text(data, "user_id", text_begins(id, "prof_") ? NULL : id);
    json_set_text(data, "email", json_text(of->user, "email"));
    if (text_equal(how->event, "sso")) {
        const cJSON *connection = records_find(&self->state->connections, of->connection_id);
        cJSON *sso = json_object();
        json_set_text(sso, "organization_id", json_text(connection, "organization_id"));
        json_set_text(sso, "connection_id", of->connection_id);
        json_set_text(sso, "session_id", json_text(session, "id"));
        json_set(data, "sso", sso);
    }
    emit_authentication(self->state, how, "succeeded", data);
}

void session_tell_failure(exchange *self, const char *method, const cJSON *user, const char *email,
                          const char *code, const cJSON *body)
{
    const kind *how = kind_of(method);
    AUTO_JSON data = start_event(self, how, "failed", body);
    cJSON *error = json_object();
    json_set_text(data, "user_id", json_text(user, "id"));
    json_set_text(data, "email", user ? json_text(user, "email") : email);
    json_set_text(error, "code", code);
    json_set_text(error, "message", "The sign-in was refused.");
    json_set(data, "error", error);
    emit_authentication(self->state, how, "failed", data);
}
