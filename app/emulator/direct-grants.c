/* The grants that know the person by what the program sends itself: a password, a code, a choice.
 */
#include <string.h>

#include "factors.h"
#include "grants.h"
#include "invitations.h"
#include "json.h"
#include "one-time-codes.h"
#include "people.h"
#include "steps.h"

/* False: answered with an error, OAuth-shaped as malformed requests are on every grant. */
static bool has_members(exchange *self, const cJSON *body, const char *const *names)
{
    for (; *names; names++) {
        AUTO_TEXT why = { 0 };
        if (json_text(body, *names))
            continue;
        text_print(&why, "%s is missing.", *names);
        answer_oauth_error(self, "invalid_request", why.bytes);
        return false;
    }
    return true;
}

#define HAS_MEMBERS(self, body, ...) \
    has_members((self), (body), (const char *const[]){ __VA_ARGS__, NULL })

/* WorkOS: a program that keeps a secret sends it with these grants. */
static bool is_confidential(exchange *self, bool has_secret)
{
    if (!has_secret)
        answer_oauth_error(self, "invalid_client", "client_secret is missing.");
    return has_secret;
}

static void refuse(exchange *self, const char *code)
{
    static const struct {
        const char *code, *message;
    } messages[] = {
        { "invalid_credentials", "Incorrect email or password." },
        { "invalid_one_time_code", "The code is not correct." },
        { "one_time_code_previously_used", "The code has been used before." },
        { "one_time_code_expired", "The code has expired." },
        { "one_time_code_too_many_attempts", "Too many wrong codes: ask for a new one." },
        { "code_challenge_not_found", "There is no such challenge." },
    };
    size_t i = 0;
    while (i + 1 < sizeof messages / sizeof *messages && strcmp(messages[i].code, code) != 0)
        i++;
    answer_error(self, 400, code, messages[i].message);
}

static void finish(exchange *self, sign_in *of, cJSON *pass, const cJSON *body)
{
    bool is_done = steps_are_done(self, of);
    if (is_done)
        grant_tokens(self, of, body);
    if (pass)
        steps_forget(self, pass);
}

void grant_password(exchange *self, const cJSON *body, bool has_secret)
{
    if (!HAS_MEMBERS(self, body, "email", "password") || !is_confidential(self, has_secret))
        return;
    cJSON *user = state_find_user(self->state, json_text(body, "email"));
    if (!user || !text_equal(json_text(user, "_password"), json_text(body, "password"))) {
        session_tell_failure(self, "Password", user, json_text(body, "email"),
                             "invalid_credentials", body);
        refuse(self, "invalid_credentials");
        return;
    }
    sign_in of = { .user = user, .method = "Password", .is_told = true };
    if (!invitations_take(self, &of, json_text(body, "invitation_token")))
        return;
    session_tell(self, &of, NULL, body);
    finish(self, &of, NULL, body);
}

void grant_magic_auth(exchange *self, const cJSON *body, bool has_secret)
{
    if (!HAS_MEMBERS(self, body, "code", "email") || !is_confidential(self, has_secret))
        return;
    cJSON *user = state_find_user(self->state, json_text(body, "email"));
    const char *wrong = one_time_code_check(self->state, "magic_auth", json_text(user, "id"),
                                            json_text(body, "code"));
    if (wrong) {
        session_tell_failure(self, "MagicAuth", user, json_text(body, "email"), wrong, body);
        refuse(self, wrong);
        return;
    }
    sign_in of = { .user = user, .method = "MagicAuth", .is_told = true };
    if (!invitations_take(self, &of, json_text(body, "invitation_token")))
        return;
    people_verify_email(self->state, user);
    session_tell(self, &of, NULL, body);
    finish(self, &of, NULL, body);
}

void grant_email_verification(exchange *self, const cJSON *body, bool has_secret)
{
    sign_in of = { 0 };
    if (!HAS_MEMBERS(self, body, "code", "pending_authentication_token") ||
        !is_confidential(self, has_secret))
        return;
    cJSON *pass = steps_resume(self, json_text(body, "pending_authentication_token"), &of);
    if (!pass)
        return;
    const char *wrong = one_time_code_check(self->state, "email_verification",
                                            json_text(of.user, "id"), json_text(body, "code"));
    if (wrong) {
        session_tell_failure(self, "EmailVerification", of.user, NULL, wrong, body);
        refuse(self, wrong);
        return;
    }
    people_verify_email(self->state, of.user);
    session_tell(self, &(sign_in){ .user = of.user, .method = "EmailVerification" }, NULL, body);
    finish(self, &of, pass, body);
}

void grant_totp(exchange *self, const cJSON *body, bool has_secret)
{
    sign_in of = { 0 };
    if (!HAS_MEMBERS(self, body, "code", "pending_authentication_token",
                     "authentication_challenge_id") ||
        !is_confidential(self, has_secret))
        return;
    cJSON *pass = steps_resume(self, json_text(body, "pending_authentication_token"), &of);
    if (!pass)
        return;
    cJSON *challenge =
        records_find(&self->state->challenges, json_text(body, "authentication_challenge_id"));
    const cJSON *factor =
        records_find(&self->state->factors, json_text(challenge, "authentication_factor_id"));
    bool is_theirs = text_equal(json_text(factor, "user_id"), json_text(of.user, "id"));
    const char *wrong = !challenge ? "code_challenge_not_found"
                        : !is_theirs
                            ? "user_mismatch"
                            : factors_check(self->state, challenge, json_text(body, "code"));
    if (text_equal(wrong, "user_mismatch")) {
        answer_error(self, 400, wrong, "The challenge is of another user.");
        return;
    }
    if (wrong) {
        session_tell_failure(self, "MFA", of.user, NULL, wrong, body);
        refuse(self, wrong);
        return;
    }
    of.has_second_factor = true;
    session_tell(self, &(sign_in){ .user = of.user, .method = "MFA" }, NULL, body);
    finish(self, &of, pass, body);
}

void grant_organization(exchange *self, const cJSON *body, bool has_secret)
{
    sign_in of = { 0 };
    const char *organization_id = json_text(body, "organization_id");
    if (!HAS_MEMBERS(self, body, "organization_id", "pending_authentication_token") ||
        !is_confidential(self, has_secret))
        return;
    cJSON *pass = steps_resume(self, json_text(body, "pending_authentication_token"), &of);
    if (!pass)
        return;
    if (!state_find_membership(self->state, json_text(of.user, "id"), organization_id)) {
        answer_error(self, 400, "invalid_organization_id",
                     "The user is not a member of this organization.");
        return;
    }
    of.organization_id = organization_id;
    finish(self, &of, pass, body);
}
