/* Checks of requests to authorize, and the two ways back to the program. */
#include "authorize.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "page.h"
#include "redirect.h"

#define CODE_LIFETIME_MS (10 * 60 * 1000) /* WorkOS: a code is good for ten minutes */
#define MAX_CODES        1000

void authorize_show_problem(exchange *self, const char *explanation)
{
    AUTO_TEXT page = { 0 };
    page_show_problem(&page, "This sign-in cannot go on", explanation);
    answer_html(self, 400, &page);
}

void authorize_send_back(exchange *self, const authorization *request, const char *error,
                         const char *description)
{
    const char *const values[] = { "error",        error, "error_description", description, "state",
                                   request->state, NULL };
    AUTO_CHARS url = redirect_with(request->redirect_uri, values);
    answer_redirect(self, url);
}

/* RFC 6749, 3.1: "Request and response parameters MUST NOT be included more than once." */
static const char *doubled_parameter(const exchange *self)
{
    static const char *const names[] = { "client_id",     "redirect_uri",          "response_type",
                                         "state",         "code_challenge",        "provider",
                                         "connection",    "code_challenge_method", "organization",
                                         "connection_id", "organization_id" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (form_count(&self->query, names[i]) > 1)
            return names[i];
    }
    return NULL;
}

/* False: told to the person. */
static bool check_client(exchange *self, authorization *out)
{
    const char *client_id = form_get(&self->query, "client_id");
    const char *redirect_uri = form_get(&self->query, "redirect_uri");
    AUTO_TEXT why = { 0 };
    if (doubled_parameter(self))
        text_print(&why, "The parameter %s stands in the address more than once.",
                   doubled_parameter(self));
    else if (!text_equal(client_id, self->options->client_id))
        text_print(&why, "The program sent the client id \"%.100s\". This emulator knows \"%s\".",
                   client_id ? client_id : "", self->options->client_id);
    else if (!redirect_is_allowed(self->options, redirect_uri))
        text_print(&why, "The redirect URI \"%.200s\" is not registered. %s",
                   redirect_uri ? redirect_uri : "",
                   self->options->redirect_uris
                       ? "The emulator was started with other ones."
                       : "Without registration, addresses on loopback work.");
    out->redirect_uri = redirect_uri;
    out->state = form_get(&self->query, "state");
    if (why.len)
        authorize_show_problem(self, why.bytes);
    return why.len == 0;
}

static bool is_challenge(const char *challenge)
{
    size_t len = strlen(challenge);
    for (const char *at = challenge; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_')
            return false;
    }
    return len == 43; /* SHA-256 in base64url */
}

/* False: told to the program. */
static bool check_protocol(exchange *self, authorization *out)
{
    const char *type = form_get(&self->query, "response_type");
    const char *method = form_get(&self->query, "code_challenge_method");
    const char *age = form_get(&self->query, "max_age"), *wrong = NULL;
    long seconds = 0;
    out->challenge = form_get(&self->query, "code_challenge");
    if (!text_equal(type, "code"))
        wrong = "response_type must be code";
    else if (out->challenge && !text_equal(method, "S256"))
        wrong = "code_challenge_method must be S256";
    else if (!out->challenge && method)
        wrong = "code_challenge_method was sent without code_challenge";
    else if (out->challenge && !is_challenge(out->challenge))
        wrong = "code_challenge must be 43 characters of base64url";
    else if (age && !text_parse_number(age, 999999999, &seconds))
        wrong = "max_age must be a number of seconds";
    if (wrong)
        authorize_send_back(self, out, "invalid_request", wrong);
    else if (text_equal(form_get(&self->query, "prompt"), "none"))
        /* The emulator remembers no browser: whatever max_age, the person is always authorization.
         */
        authorize_send_back(self, out, wrong = "login_required",
                            "The person must be authorization.");
    return !wrong;
}

static const cJSON *connection_of(const emulator_state *state, const char *organization_id)
{
    for (size_t i = 0; i < state->connections.count; i++) {
        const cJSON *connection = state->connections.items[i];
        if (text_equal(json_text(connection, "organization_id"), organization_id) &&
            text_equal(json_text(connection, "state"), "active"))
            return connection;
    }
    return NULL;
}

static bool choose_connection(exchange *self, authorization *out, const char *id)
{
    out->connection = records_find(&self->state->connections, id);
    if (!out->connection)
        authorize_send_back(self, out, "connection_invalid", "there is no connection with this id");
    else if (!text_equal(json_text(out->connection, "state"), "active"))
        authorize_send_back(self, out, "connection_unlinked", "the connection is not active");
    else
        return true;
    return false;
}

/* The names of the selectors differ: connection and organization for SSO, with _id for AuthKit. */
static bool check_selector(exchange *self, authorization *out)
{
    const char *connection = form_get(&self->query, out->is_sso ? "connection" : "connection_id");
    const char *organization =
        form_get(&self->query, out->is_sso ? "organization" : "organization_id");
    bool is_hosted = !out->is_sso && text_equal(out->provider, "authkit");
    int n = (connection != NULL) + (out->provider != NULL) + (organization != NULL && !is_hosted);
    out->organization_id = organization;
    if (n != 1) {
        authorize_send_back(self, out,
                            n ? "ambiguous_connection_selector" : "invalid_connection_selector",
                            "exactly one of provider, connection and organization must be given");
        return false;
    }
    if (organization && !records_find(&self->state->organizations, organization)) {
        authorize_send_back(self, out, "organization_invalid",
                            "there is no organization with this id");
        return false;
    }
    if (connection)
        return choose_connection(self, out, connection);
    if (organization && !is_hosted)
        out->connection = connection_of(self->state, organization);
    if (out->is_sso && organization && !out->connection) {
        authorize_send_back(self, out, "organization_invalid",
                            "the organization has no active connection");
        return false;
    }
    return true;
}

bool authorize_check(exchange *self, bool is_sso, authorization *out)
{
    *out = (authorization){ .is_sso = is_sso, .provider = form_get(&self->query, "provider") };
    return check_client(self, out) && check_protocol(self, out) && check_selector(self, out);
}

const cJSON *authorize_profile(const emulator_state *state, const cJSON *connection,
                               const char *email)
{
    for (size_t i = 0; i < state->profiles.count; i++) {
        const cJSON *profile = state->profiles.items[i];
        if (text_equal(json_text(profile, "connection_id"), json_text(connection, "id")) &&
            strcasecmp(json_text(profile, "email"), email) == 0)
            return profile;
    }
    return NULL;
}

/* How the person has signed in, in the words of authentication_method. */
static const char *method_of(const authorization *request, const cJSON *user)
{
    if (request->connection)
        return "SSO";
    if (request->provider && !text_equal(request->provider, "authkit"))
        return request->provider;
    const char *provider = json_text(user, "_oauth_provider");
    return provider ? provider : "Password";
}

void authorize_send_code(exchange *self, const authorization *request, const cJSON *who,
                         const char *organization_id)
{
    AUTO_CHARS code = keys_secret(self->state->keys, "code_");
    cJSON *record = json_object();
    json_set_text(record, "id", code);
    json_set_bool(record, "is_sso", request->is_sso);
    json_set_text(record, "who", json_text(who, "id"));
    json_set_text(record, "organization_id", organization_id);
    json_set_text(record, "connection_id", json_text(request->connection, "id"));
    json_set_text(record, "method", method_of(request, who));
    json_set_text(record, "challenge", request->challenge);
    json_set_number(record, "at_ms", (double)state_now(self->state));
    json_set_text(record, "invitation_token", form_get(&self->query, "invitation_token"));
    const cJSON *impersonator = request->impersonator || request->is_sso
                                    ? request->impersonator
                                    : json_get(who, "_impersonator");
    if (json_text(impersonator, "email")) {
        json_set_text(record, "method", "Impersonation");
        json_set_copy(record, "impersonator", impersonator);
    }
    json_set_number(record, "expires_ms", (double)(state_now(self->state) + CODE_LIFETIME_MS));
    records_add(&self->state->codes, record);
    records_trim(&self->state->codes, MAX_CODES);
    const char *const values[] = { "code", code, "state", request->state, NULL };
    AUTO_CHARS url = redirect_with(request->redirect_uri, values);
    answer_redirect(self, url);
}
