/* Sessions, their tokens and their events. */
#include "session.h"

#include <string.h>

#include "json.h"

#define SESSION_LIFETIME_MS (INT64_C(30) * 24 * 60 * 60 * 1000)
#define MAX_SESSIONS        10000

/* The three vocabularies for one thing: authentication_method, auth_method of a session, event
 * names. */
static const char *kind_of(const char *method)
{
    if (text_equal(method, "SSO"))
        return "sso";
    return text_equal(method, "Password") ? "password" : "oauth";
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

cJSON *session_open(exchange *self, const cJSON *user, const char *organization_id,
                    const char *method, const cJSON *body)
{
    cJSON *session = record_new(self->state, "session", NULL, "session_");
    json_set_text(session, "user_id", json_text(user, "id"));
    if (organization_id)
        json_set_text(session, "organization_id", organization_id);
    json_set_text(session, "status", "active");
    json_set_text(session, "auth_method", kind_of(method));
    set_origin(self, session, body);
    json_set_time(session, "expires_at", state_now(self->state) + SESSION_LIFETIME_MS);
    json_set_text(session, "ended_at", NULL);
    json_set_text(session, "_method", method);
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
    json_set_number(claims, "iat", (double)now);
    json_set_number(claims, "exp", (double)(now + lifetime));
    return keys_sign(self->state->keys, claims);
}

void session_tell(exchange *self, const char *method, const cJSON *user, const cJSON *session,
                  const char *connection_id, const cJSON *body)
{
    const char *kind = kind_of(method);
    AUTO_JSON data = json_object();
    AUTO_TEXT type = { 0 };
    text_print(&type, "authentication.%s_succeeded", kind);
    json_set_text(data, "type", kind);
    json_set_text(data, "status", "succeeded");
    set_origin(self, data, body);
    json_set_text(data, "user_id", json_text(session, "user_id"));
    json_set_text(data, "email", json_text(user, "email"));
    if (text_equal(kind, "sso")) {
        const cJSON *connection = records_find(&self->state->connections, connection_id);
        cJSON *sso = json_object();
        json_set_text(sso, "organization_id", json_text(connection, "organization_id"));
        json_set_text(sso, "connection_id", connection_id);
        json_set_text(sso, "session_id", json_text(session, "id"));
        json_set(data, "sso", sso);
    }
    events_emit(self->state, type.bytes, data);
}
