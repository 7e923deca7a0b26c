/* The endpoints of sessions. */
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
