/* Password resets: the endpoints, and the page that the mail would lead to. */
#include <string.h>

#include "handlers.h"
#include "json.h"
#include "page.h"
#include "people.h"

#define LIFETIME_MS (INT64_C(60) * 60 * 1000)
#define MAX_RESETS  1000

/* Events do not carry what changes a password. */
static void emit(emulator_state *self, const char *type, const cJSON *reset)
{
    AUTO_JSON view = record_view(reset);
    cJSON_DeleteItemFromObjectCaseSensitive(view, "password_reset_token");
    cJSON_DeleteItemFromObjectCaseSensitive(view, "updated_at");
    events_emit(self, type, view);
}

static void answer_one(exchange *self, int status, const cJSON *reset)
{
    AUTO_JSON view = record_view(reset);
    AUTO_TEXT url = { 0 };
    text_print(&url, "%s/reset-password?token=%s", self->base_url,
               json_text(reset, "password_reset_token"));
    json_set_text(view, "password_reset_url", url.bytes);
    cJSON_DeleteItemFromObjectCaseSensitive(view, "updated_at");
    answer_json(self, status, view);
}

void handle_add_password_reset(exchange *self)
{
    static const member members[] = { { .name = "email", .kind = EMAIL, .is_required = true } };
    AUTO_JSON body = EXCHANGE_READ(self, members);
    const cJSON *user = state_find_user(self->state, json_text(body, "email"));
    if (!body)
        return;
    if (!user) {
        answer_missing(self, "User", json_text(body, "email"));
        return;
    }
    AUTO_CHARS token = keys_secret(self->state->keys, "");
    cJSON *reset = record_new(self->state, "password_reset", NULL, "password_reset_");
    json_set_text(reset, "user_id", json_text(user, "id"));
    json_set_text(reset, "email", json_text(user, "email"));
    json_set_time(reset, "expires_at", state_now(self->state) + LIFETIME_MS);
    json_set_text(reset, "password_reset_token", token);
    records_add(&self->state->password_resets, reset);
    records_trim(&self->state->password_resets, MAX_RESETS);
    emit(self->state, "password_reset.created", reset);
    answer_one(self, 201, reset);
}

void handle_password_reset(exchange *self)
{
    const cJSON *reset = exchange_find(self, &self->state->password_resets, "Password Reset");
    if (reset)
        answer_one(self, 200, reset);
}

/* The one that can still be used; NULL: none. */
static cJSON *find_open(const emulator_state *state, const char *token)
{
    cJSON *reset = records_find_by(&state->password_resets, "password_reset_token", token);
    int64_t expires_ms = 0;
    bool is_open = reset && !json_is_true(reset, "_is_used") &&
                   text_parse_time(json_text(reset, "expires_at"), &expires_ms) &&
                   state_now(state) < expires_ms;
    return is_open ? reset : NULL;
}

/* "Successfully resetting the password will verify a user's email, if it hasn't been verified yet."
 * NULL: the person is gone. */
static cJSON *use(emulator_state *state, cJSON *reset, const char *password)
{
    cJSON *user = records_find(&state->users, json_text(reset, "user_id"));
    if (!user)
        return NULL;
    json_set_bool(reset, "_is_used", true);
    people_set_password(user, password);
    people_verify_email(state, user);
    emit(state, "password_reset.succeeded", reset);
    return user;
}

void handle_confirm_password_reset(exchange *self)
{
    static const member members[] = {
        { .name = "token", .kind = TEXT, .is_required = true },
        { .name = "new_password", .kind = TEXT, .is_required = true },
    };
    AUTO_JSON body = EXCHANGE_READ(self, members);
    if (!body)
        return;
    cJSON *reset = find_open(self->state, json_text(body, "token"));
    const char *password = json_text(body, "new_password");
    if (reset && strlen(password) < PEOPLE_MIN_PASSWORD) {
        answer_detailed_error(self, "password_reset_error", "Could not reset the password.",
                              "password_too_short",
                              "Password must be at least 10 characters long.");
        return;
    }
    const cJSON *user = reset ? use(self->state, reset, password) : NULL;
    if (!user) {
        answer_missing(self, "Password Reset", NULL);
        return;
    }
    AUTO_JSON answer = json_object();
    json_set(answer, "user", record_view(user));
    answer_json(self, 200, answer);
}

static void show(exchange *self, const cJSON *reset, const char *notice)
{
    AUTO_TEXT html = { 0 }, intro = { 0 };
    const page_field fields[] = {
        { .name = "token", .type = "hidden", .value = json_text(reset, "password_reset_token") },
        { .name = "password",
          .label = "New password",
          .type = "password",
          .autocomplete = "new-password" },
    };
    text_print(&intro, "For %s", json_text(reset, "email"));
    page_show_form(&html, &(page_form){ .heading = "Choose a new password",
                                        .intro = intro.bytes,
                                        .notice = notice,
                                        .action = "/reset-password",
                                        .fields = fields,
                                        .n_fields = 2,
                                        .submit = "Change the password" });
    answer_html(self, notice ? 400 : 200, &html);
}

static void show_end(exchange *self, int status, const char *heading, const char *words)
{
    AUTO_TEXT html = { 0 };
    page_show_problem(&html, heading, words);
    answer_html(self, status, &html);
}

void handle_show_password_reset(exchange *self)
{
    const cJSON *reset = find_open(self->state, form_get(&self->query, "token"));
    if (reset)
        show(self, reset, NULL);
    else
        show_end(self, 404, "This link does not work any more",
                 "It was used, or is older than an hour. Ask for a new one.");
}

void handle_choose_password(exchange *self)
{
    AUTO_JSON click = exchange_body(self);
    cJSON *reset = find_open(self->state, json_text(click, "token"));
    const char *password = json_text(click, "password");
    if (reset && (!password || strlen(password) < PEOPLE_MIN_PASSWORD))
        show(self, reset, "At least 10 characters, please.");
    else if (reset && use(self->state, reset, password))
        show_end(self, 200, "The password is changed", "You can sign in with it now.");
    else
        show_end(self, 404, "This link does not work any more",
                 "It was used, or is older than an hour. Ask for a new one.");
}
