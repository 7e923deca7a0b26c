/* Codes sent by mail. */
#include "one-time-codes.h"

#include <stdio.h>

#include "handlers.h"
#include "invitations.h"
#include "json.h"
#include "people.h"
#include "shape.h"

#define CODE_LIFETIME_MS (10 * 60 * 1000) /* WorkOS: valid for ten minutes */
#define MAX_ATTEMPTS     5
#define MAX_CODES        1000

cJSON *one_time_code_add(emulator_state *self, const char *object, const cJSON *user)
{
    char prefix[32], code[8], type[32];
    snprintf(prefix, sizeof prefix, "%s_", object);
    snprintf(code, sizeof code, "%06u", (unsigned)(keys_number(self->keys) % 1000000));
    snprintf(type, sizeof type, "%s.created", object);
    cJSON *record = record_new(self, object, NULL, prefix);
    json_set_text(record, "user_id", json_text(user, "id"));
    json_set_text(record, "email", json_text(user, "email"));
    json_set_time(record, "expires_at", state_now(self) + CODE_LIFETIME_MS);
    AUTO_JSON data = record_view(record); /* the event does not carry the code */
    json_set_text(record, "code", code);
    records_add(&self->one_time_codes, record);
    records_trim(&self->one_time_codes, MAX_CODES);
    events_emit(self, type, data);
    return record;
}

/* The latest one: an earlier code does not work any more. */
static cJSON *latest(const emulator_state *self, const char *object, const char *user_id)
{
    for (size_t i = self->one_time_codes.count; i-- > 0;) {
        cJSON *record = self->one_time_codes.items[i];
        if (text_equal(json_text(record, "object"), object) &&
            text_equal(json_text(record, "user_id"), user_id))
            return record;
    }
    return NULL;
}

const char *one_time_code_check(emulator_state *self, const char *object, const char *user_id,
                                const char *code)
{
    cJSON *record = latest(self, object, user_id);
    double attempts = json_number(record, "_attempts", 0);
    int64_t expires_ms = 0;
    if (!record || !text_parse_time(json_text(record, "expires_at"), &expires_ms))
        return "invalid_one_time_code";
    if (attempts >= MAX_ATTEMPTS)
        return "one_time_code_too_many_attempts";
    if (!text_equal(json_text(record, "code"), code)) {
        json_set_number(record, "_attempts", attempts + 1);
        return "invalid_one_time_code";
    }
    if (json_is_true(record, "_is_used"))
        return "one_time_code_previously_used";
    if (state_now(self) >= expires_ms)
        return "one_time_code_expired";
    json_set_bool(record, "_is_used", true);
    return NULL;
}

/* Somebody new becomes a user: magic auth is a sign-up, too. */
void handle_create_magic_auth(exchange *self)
{
    static const member members[] = {
        { .name = "email", .kind = EMAIL, .is_required = true },
        { .name = "invitation_token", .kind = MAYBE },
    };
    char error[EMULATOR_ERROR_SIZE] = "";
    AUTO_JSON body = exchange_body(self);
    if (!body || !FITS(body, "the body", members, error, sizeof error)) {
        answer_field_error(self, "email", "invalid", body ? error : "the body must be an object");
        return;
    }
    const char *token = json_text(body, "invitation_token");
    if (token && !invitations_find(self->state, token)) {
        answer_oauth_error(self, "invitation_invalid", "The invitation is not valid.");
        return;
    }
    const cJSON *user = state_find_user(self->state, json_text(body, "email"));
    if (!user) {
        AUTO_JSON input = json_object();
        json_set_text(input, "email", json_text(body, "email"));
        user = people_add_user(self->state, input);
    }
    AUTO_JSON view = record_view(one_time_code_add(self->state, "magic_auth", user));
    answer_json(self, 201, view);
}

static void answer_code(exchange *self, const char *object, const char *what)
{
    const cJSON *record = records_find(&self->state->one_time_codes, self->params[0]);
    if (!record || !text_equal(json_text(record, "object"), object)) {
        answer_missing(self, what, self->params[0]);
        return;
    }
    AUTO_JSON view = record_view(record);
    answer_json(self, 200, view);
}

void handle_magic_auth(exchange *self)
{
    answer_code(self, "magic_auth", "Magic Auth");
}

void handle_email_verification(exchange *self)
{
    answer_code(self, "email_verification", "Email Verification");
}
