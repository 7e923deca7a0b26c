/* The endpoints of users. */
#include <string.h>

#include "handlers.h"
#include "json.h"
#include "one-time-codes.h"
#include "people.h"

static const member user_members[] = {
    { .name = "email", .kind = EMAIL },
    { .name = "name", .kind = MAYBE },
    { .name = "first_name", .kind = MAYBE },
    { .name = "last_name", .kind = MAYBE },
    { .name = "email_verified", .kind = FLAG, .is_nullable = true },
    { .name = "external_id", .kind = MAYBE },
    { .name = "metadata", .kind = OBJECT, .is_nullable = true },
    { .name = "locale", .kind = MAYBE },
    { .name = "password", .kind = MAYBE },
    { .name = "password_hash", .kind = TEXT },
    { .name = "password_hash_type",
      .kind = TEXT,
      .choices = "bcrypt|firebase-scrypt|ssha|scrypt|pbkdf2|argon2" },
    { .name = "ip_address", .kind = MAYBE },
    { .name = "user_agent", .kind = MAYBE },
    { .name = "signals_id", .kind = MAYBE },
};

static cJSON *find(exchange *self)
{
    return exchange_find(self, &self->state->users, "User");
}

void handle_user(exchange *self)
{
    const cJSON *user = find(self);
    if (user)
        answer_record(self, 200, user);
}

void handle_user_by_external_id(exchange *self)
{
    const cJSON *user = records_find_by(&self->state->users, "external_id", self->params[0]);
    if (user)
        answer_record(self, 200, user);
    else
        answer_missing(self, "User", self->params[0]);
}

static bool is_wanted(const exchange *self, const cJSON *user)
{
    const char *organization_id = form_get(&self->query, "organization_id");
    return exchange_fits(self, user, "email") &&
           (!organization_id ||
            state_find_membership(self->state, json_text(user, "id"), organization_id));
}

void handle_list_users(exchange *self)
{
    answer_list(self, &self->state->users, is_wanted, NULL);
}

/* False: answered with an error. user NULL: it is a new one. */
static bool check(exchange *self, const cJSON *body, const cJSON *user)
{
    const char *email = json_text(body, "email"), *password = json_text(body, "password");
    const char *external_id = json_text(body, "external_id");
    const cJSON *same = state_find_user(self->state, email);
    const cJSON *other = records_find_by(&self->state->users, "external_id", external_id);
    if (!user && !email)
        answer_error(self, 422, "invalid_request_parameters", "the body: email is missing");
    else if (json_text(body, "password_hash"))
        answer_error(self, 400, "invalid_password_hash",
                     "The emulator reads no hashes: give the password itself.");
    else if (password && strlen(password) < PEOPLE_MIN_PASSWORD)
        answer_detailed_error(self, "password_strength_error",
                              "Password does not meet strength requirements.", "password_too_short",
                              "Password must be at least 10 characters long.");
    else if (same && same != user)
        answer_detailed_error(self, "user_creation_error", "Could not create user.",
                              "email_not_available", "This email is not available.");
    else if (other && !user)
        answer_detailed_error(self, "user_creation_error", "Could not create user.",
                              "external_id_already_used",
                              "The external_id is used by another user.");
    else if (other && other != user)
        answer_error(self, 400, "external_id_already_used",
                     "The external_id is used by another user.");
    else
        return true;
    return false;
}

void handle_add_user(exchange *self)
{
    AUTO_JSON body = EXCHANGE_READ(self, user_members);
    if (body && check(self, body, NULL))
        answer_record(self, 201, people_add_user(self->state, body));
}

void handle_change_user(exchange *self)
{
    cJSON *user = find(self);
    AUTO_JSON body = user ? EXCHANGE_READ(self, user_members) : NULL;
    if (!body || !check(self, body, user))
        return;
    people_change_user(self->state, user, body);
    answer_record(self, 200, user);
}

void handle_remove_user(exchange *self)
{
    cJSON *user = find(self);
    if (!user)
        return;
    people_remove_user(self->state, user);
    answer_nothing(self, 200);
}

static void answer_wrapped(exchange *self, const cJSON *user)
{
    AUTO_JSON body = json_object();
    json_set(body, "user", record_view(user));
    answer_json(self, 200, body);
}

void handle_send_verification(exchange *self)
{
    const cJSON *user = find(self);
    if (!user)
        return;
    if (json_is_true(user, "email_verified")) {
        answer_error(self, 400, "email_already_verified", "The address is verified already.");
        return;
    }
    one_time_code_add(self->state, "email_verification", user);
    answer_wrapped(self, user);
}

void handle_confirm_verification(exchange *self)
{
    static const member members[] = { { .name = "code", .kind = TEXT, .is_required = true } };
    static const struct {
        const char *why, *code; /* WorkOS has words of its own here */
    } words[] = {
        { "one_time_code_previously_used", "email_verification_code_previously_used" },
        { "one_time_code_expired", "email_verification_code_expired" },
        { "", "email_verification_code_incorrect" },
    };
    cJSON *user = find(self);
    AUTO_JSON body = user ? EXCHANGE_READ(self, members) : NULL;
    size_t i = 0;
    if (!body)
        return;
    const char *wrong = one_time_code_check(self->state, "email_verification",
                                            json_text(user, "id"), json_text(body, "code"));
    if (!wrong) {
        people_verify_email(self->state, user);
        answer_wrapped(self, user);
        return;
    }
    while (*words[i].why && !text_equal(words[i].why, wrong))
        i++;
    answer_error(self, 400, words[i].code, "The code does not verify the address.");
}

void handle_list_identities(exchange *self)
{
    const cJSON *user = find(self);
    AUTO_JSON list = json_array();
    if (!user)
        return;
    if (json_text(user, "_oauth_provider")) {
        cJSON *identity = json_object();
        json_set_text(identity, "idp_id", json_text(user, "id"));
        json_set_text(identity, "type", "OAuth");
        json_set_text(identity, "provider", json_text(user, "_oauth_provider"));
        json_push(list, identity);
    }
    answer_json(self, 200, list);
}
