/* The person's own way through the hosted sign-in: a password or a new account, then the steps that
 * WorkOS would insist on, an address that is verified and the code of a second factor. Between them
 * the sign-in is carried by a pass, as in the grants.
 *
 * No mail is sent: the page itself shows the code that would be in it, as the console does. */
#include <string.h>
#include <strings.h>

#include "factors.h"
#include "handlers.h"
#include "invitations.h"
#include "json.h"
#include "one-time-codes.h"
#include "page.h"
#include "people.h"
#include "sign-in.h"
#include "steps.h"

static const char *address_of(const exchange *self, text *out)
{
    text_print(out, "%s?%s", self->path, self->query_text);
    return out->bytes;
}

void own_account_add_form(const exchange *self, text *out)
{
    AUTO_TEXT action = { 0 };
    AUTO_CHARS sign_up = sign_in_address(self, "sign-up");
    const page_field fields[] = {
        { .name = "email",
          .label = "E-mail",
          .type = "email",
          .value = form_get(&self->query, "login_hint"),
          .autocomplete = "username" },
        { .name = "password",
          .label = "Password",
          .type = "password",
          .autocomplete = "current-password" },
    };
    text_add(out, "<details><summary>Sign in with a password</summary>");
    page_add_form(out, address_of(self, &action));
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        page_add_field(out, &fields[i]);
    text_add(out, "<button class=\"go\">Sign in</button></form></details>");
    text_add(out, "<p class=\"other\">New here? <a href=\"");
    text_add_html(out, sign_up);
    text_add(out, "\">Create an account</a></p>");
}

/* With what was typed, but for the password. */
void own_account_show_sign_up(exchange *self, const cJSON *click, const char *problem)
{
    const cJSON *invitation =
        invitations_find(self->state, form_get(&self->query, "invitation_token"));
    const char *hint =
        invitation ? json_text(invitation, "email") : form_get(&self->query, "login_hint");
    const char *email = json_text(click, "email");
    AUTO_TEXT html = { 0 }, action = { 0 }, more = { 0 };
    AUTO_CHARS other = sign_in_address(self, "sign-in");
    const page_field fields[] = {
        { .name = "sign_up", .type = "hidden", .value = "1" },
        { .name = "first_name",
          .label = "First name",
          .value = json_text(click, "first_name"),
          .autocomplete = "given-name",
          .is_optional = true },
        { .name = "last_name",
          .label = "Last name",
          .value = json_text(click, "last_name"),
          .autocomplete = "family-name",
          .is_optional = true },
        { .name = "email",
          .label = "E-mail",
          .type = "email",
          .value = email ? email : hint,
          .autocomplete = "username" },
        { .name = "password",
          .label = "Password, at least 10 characters",
          .type = "password",
          .autocomplete = "new-password" },
    };
    text_add(&more, "<p class=\"other\">You have an account? <a href=\"");
    text_add_html(&more, other);
    text_add(&more, "\">Sign in</a></p>");
    page_show_form(&html, &(page_form){ .heading = "Create an account",
                                        .intro = invitation ? "You are invited"
                                                            : "It is one of this emulator only",
                                        .problem = problem,
                                        .action = address_of(self, &action),
                                        .fields = fields,
                                        .n_fields = sizeof fields / sizeof *fields,
                                        .submit = "Create the account",
                                        .has_cancel = true,
                                        .more = more.bytes });
    answer_html(self, 200, &html);
}

static void ask_for_factor(exchange *self, const char *token, const char *challenge,
                           const char *problem)
{
    AUTO_TEXT html = { 0 }, action = { 0 };
    const page_field fields[] = {
        { .name = "pending", .type = "hidden", .value = token },
        { .name = "challenge", .type = "hidden", .value = challenge },
        { .name = "code", .label = "Code", .hint = "123456", .autocomplete = "one-time-code" },
    };
    page_show_form(&html, &(page_form){ .heading = "One more step",
                                        .intro = "Type the code of your authenticator",
                                        .problem = problem,
                                        .action = address_of(self, &action),
                                        .fields = fields,
                                        .n_fields = 3,
                                        .submit = "Continue",
                                        .has_cancel = true });
    answer_html(self, 200, &html);
}

/* The code that is on its way to this user. */
static const char *code_of(const emulator_state *state, const cJSON *user)
{
    const char *code = NULL;
    for (size_t i = 0; i < state->one_time_codes.count; i++) {
        const cJSON *sent = state->one_time_codes.items[i];
        if (text_equal(json_text(sent, "object"), "email_verification") &&
            text_equal(json_text(sent, "user_id"), json_text(user, "id")))
            code = json_text(sent, "code");
    }
    return code;
}

static void ask_for_verification(exchange *self, const cJSON *user, const char *token,
                                 const char *problem)
{
    AUTO_TEXT html = { 0 }, action = { 0 }, intro = { 0 }, notice = { 0 }, more = { 0 };
    const page_field fields[] = {
        { .name = "pending", .type = "hidden", .value = token },
        { .name = "verification", .type = "hidden", .value = "1" },
        { .name = "code", .label = "Code", .hint = "123456", .autocomplete = "one-time-code" },
    };
    text_print(&intro, "Type the code that was sent to %.200s", json_text(user, "email"));
    text_print(&notice, "No mail leaves this emulator. The code in it would be %s.",
               code_of(self->state, user));
    page_add_form(&more, address_of(self, &action));
    page_add_hidden(&more, "pending", token);
    page_add_hidden(&more, "resend", "1");
    text_add(&more, "<button class=\"cancel\">Send another code</button></form>");
    page_show_form(&html, &(page_form){ .heading = "Verify your e-mail address",
                                        .intro = intro.bytes,
                                        .notice = notice.bytes,
                                        .problem = problem,
                                        .action = action.bytes,
                                        .fields = fields,
                                        .n_fields = 3,
                                        .submit = "Verify",
                                        .has_cancel = true,
                                        .more = more.bytes });
    answer_html(self, 200, &html);
}

/* Whoever comes with the invitation that was sent to them has shown that the address is theirs. */
static bool is_invited(const exchange *self, const cJSON *user)
{
    const cJSON *invitation =
        invitations_find(self->state, form_get(&self->query, "invitation_token"));
    return invitation && strcasecmp(json_text(invitation, "email"), json_text(user, "email")) == 0;
}

/* The next step that is missing, or the end of them. */
static void take_next_step(exchange *self, const authorization *request, const sign_in *of)
{
    const cJSON *factor = factors_of(self->state, json_text(of->user, "id"));
    if (!json_is_true(of->user, "email_verified") && !is_invited(self, of->user)) {
        one_time_code_add(self->state, "email_verification", of->user);
        ask_for_verification(self, of->user, steps_add_pass(self, of), NULL);
    } else if (factor && !of->has_second_factor) {
        const char *challenge = json_text(factors_challenge(self->state, factor), "id");
        ask_for_factor(self, steps_add_pass(self, of), challenge, NULL);
    } else {
        sign_in_go_on(self, request, of->user);
    }
}

static void check_password(exchange *self, const authorization *request, const cJSON *click)
{
    const char *email = json_text(click, "email");
    cJSON *user = state_find_user(self->state, email);
    if (user && text_equal(json_text(user, "_password"), json_text(click, "password"))) {
        take_next_step(self, request, &(sign_in){ .user = user, .method = "Password" });
        return;
    }
    session_tell_failure(self, "Password", user, email, "invalid_credentials", NULL);
    sign_in_show_people(self, request, "The e-mail address or the password is wrong.");
}

static void create_account(exchange *self, const authorization *request, const cJSON *click)
{
    static const char *const keys[] = { "email", "password", "first_name", "last_name" };
    const char *email = json_text(click, "email"), *password = json_text(click, "password");
    const char *at = email ? strchr(email, '@') : NULL, *problem = NULL;
    if (!at || at == email || !at[1] || strpbrk(email, " \t\r\n"))
        problem = "An e-mail address is needed.";
    else if (state_find_user(self->state, email))
        problem = "There is an account with this e-mail address: sign in with it.";
    else if (!password || strlen(password) < PEOPLE_MIN_PASSWORD)
        problem = "The password is too short: at least 10 characters, please.";
    if (problem) {
        own_account_show_sign_up(self, click, problem);
        return;
    }
    AUTO_JSON input = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = json_text(click, keys[i]);
        if (value && *value)
            json_set_text(input, keys[i], value);
    }
    cJSON *user = people_add_user(self->state, input);
    take_next_step(self, request, &(sign_in){ .user = user, .method = "Password" });
}

static void check_verification(exchange *self, const authorization *request, const sign_in *of,
                               cJSON *pass, const cJSON *click)
{
    const char *token = json_text(click, "pending");
    if (json_text(click, "resend")) {
        one_time_code_add(self->state, "email_verification", of->user);
        ask_for_verification(self, of->user, token, NULL);
        return;
    }
    const char *wrong = one_time_code_check(self->state, "email_verification",
                                            json_text(of->user, "id"), json_text(click, "code"));
    if (wrong) {
        session_tell_failure(self, "EmailVerification", of->user, NULL, wrong, NULL);
        ask_for_verification(self, of->user, token, "The code is wrong, or too old.");
        return;
    }
    people_verify_email(self->state, of->user);
    session_tell(self, &(sign_in){ .user = of->user, .method = "EmailVerification" }, NULL, NULL);
    take_next_step(self, request, of);
    steps_forget(self, pass);
}

static void check_factor(exchange *self, const authorization *request, sign_in *of, cJSON *pass,
                         const cJSON *click)
{
    const char *id = json_text(click, "challenge");
    cJSON *challenge = records_find(&self->state->challenges, id);
    const cJSON *factor =
        records_find(&self->state->factors, json_text(challenge, "authentication_factor_id"));
    if (!text_equal(json_text(factor, "user_id"), json_text(of->user, "id"))) {
        sign_in_show_people(self, request, "That took too long. Please begin again.");
        return;
    }
    if (factors_check(self->state, challenge, json_text(click, "code"))) {
        ask_for_factor(self, json_text(click, "pending"), id,
                       "The code is wrong, or was used before.");
        return;
    }
    of->has_second_factor = true;
    take_next_step(self, request, of);
    steps_forget(self, pass);
}

bool own_account_take(exchange *self, const authorization *request, const cJSON *click)
{
    sign_in of = { 0 };
    if (json_text(click, "sign_up")) {
        create_account(self, request, click);
        return true;
    }
    if (json_text(click, "password")) {
        check_password(self, request, click);
        return true;
    }
    if (!json_text(click, "pending"))
        return false;
    cJSON *pass = steps_find(self, json_text(click, "pending"), &of);
    if (!pass)
        sign_in_show_people(self, request, "That took too long. Please begin again.");
    else if (json_text(click, "challenge"))
        check_factor(self, request, &of, pass, click);
    else
        check_verification(self, request, &of, pass, click);
    return true;
}
