/* Users, organizations, memberships, connections and sessions: read, and the ends of a session. */
#include <string.h>
#include <strings.h>

#include "handlers.h"
#include "json.h"
#include "redirect.h"
#include "session.h"

/* A browser comes here, so it is always sent on: an unknown session has ended already. */
void handle_end_session(exchange *self)
{
    const char *session_id = form_get(&self->query, "session_id");
    const char *return_to = form_get(&self->query, "return_to");
    cJSON *session = records_find(&self->state->sessions, session_id);
    if (!session_id) {
        answer_field_error(self, "session_id", "required", "session_id is required");
        return;
    }
    if (session)
        session_end(self->state, session);
    AUTO_TEXT home = { 0 };
    text_print(&home, "%s/", self->base_url);
    answer_redirect(self, redirect_is_allowed(self->options, return_to) ? return_to : home.bytes);
}

void handle_revoke_session(exchange *self)
{
    AUTO_JSON body = exchange_body(self);
    const char *session_id = json_text(body, "session_id");
    cJSON *session = records_find(&self->state->sessions, session_id);
    if (!session_id) {
        answer_field_error(self, "session_id", "required", "session_id is required");
        return;
    }
    if (!session) {
        answer_error(self, 400, "invalid_request_parameters", "There is no session with this id.");
        return;
    }
    session_end(self->state, session);
    answer_nothing(self, 200);
}

static void answer_record(exchange *self, const records *from, const char *what)
{
    const cJSON *record = records_find(from, self->params[0]);
    if (!record) {
        answer_missing(self, what, self->params[0]);
        return;
    }
    AUTO_JSON view = record_view(record);
    answer_json(self, 200, view);
}

/* Whether the record has what the query asks of this member; asking nothing is fine. */
static bool fits(const exchange *self, const cJSON *record, const char *member)
{
    const char *wanted = form_get(&self->query, member), *value = json_text(record, member);
    return !wanted || (value && strcasecmp(value, wanted) == 0);
}

static bool is_session_of_user(const exchange *self, const cJSON *session)
{
    return text_equal(json_text(session, "user_id"), self->params[0]);
}

void handle_list_sessions(exchange *self)
{
    if (records_find(&self->state->users, self->params[0]))
        answer_list(self, &self->state->sessions, is_session_of_user, NULL);
    else
        answer_missing(self, "User", self->params[0]);
}

void handle_user(exchange *self)
{
    answer_record(self, &self->state->users, "User");
}

static bool user_is_wanted(const exchange *self, const cJSON *user)
{
    const char *organization_id = form_get(&self->query, "organization_id");
    return fits(self, user, "email") &&
           (!organization_id ||
            state_find_membership(self->state, json_text(user, "id"), organization_id));
}

void handle_list_users(exchange *self)
{
    answer_list(self, &self->state->users, user_is_wanted, NULL);
}

void handle_organization(exchange *self)
{
    answer_record(self, &self->state->organizations, "Organization");
}

void handle_list_organizations(exchange *self)
{
    answer_list(self, &self->state->organizations, NULL, NULL);
}

static bool membership_is_wanted(const exchange *self, const cJSON *membership)
{
    return fits(self, membership, "user_id") && fits(self, membership, "organization_id");
}

/* The API shows both ends of a membership, events only their ids. */
static cJSON *view_membership(const exchange *self, const cJSON *membership)
{
    const cJSON *user = records_find(&self->state->users, json_text(membership, "user_id"));
    const char *organization_id = json_text(membership, "organization_id");
    cJSON *view = record_view(membership);
    json_set_text(view, "organization_name", state_organization_name(self->state, organization_id));
    if (user)
        json_set(view, "user", record_view(user));
    return view;
}

void handle_list_memberships(exchange *self)
{
    answer_list(self, &self->state->memberships, membership_is_wanted, view_membership);
}

void handle_connection(exchange *self)
{
    answer_record(self, &self->state->connections, "Connection");
}

static bool connection_is_wanted(const exchange *self, const cJSON *connection)
{
    return fits(self, connection, "organization_id") && fits(self, connection, "connection_type");
}

void handle_list_connections(exchange *self)
{
    answer_list(self, &self->state->connections, connection_is_wanted, NULL);
}
