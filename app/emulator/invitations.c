/* Invitations, and their endpoints. */
#include "invitations.h"

#include <string.h>
#include <strings.h>

#include "handlers.h"
#include "json.h"
#include "page.h"
#include "people.h"

#define DAY_MS   (INT64_C(24) * 60 * 60 * 1000)
#define DAYS     7
#define MAX_DAYS 30

/* Events do not carry what lets somebody in. */
static cJSON *view_event(const cJSON *invitation)
{
    cJSON *view = record_view(invitation);
    cJSON_DeleteItemFromObjectCaseSensitive(view, "token");
    return view;
}

static void emit(emulator_state *self, const char *type, const cJSON *invitation)
{
    AUTO_JSON view = view_event(invitation);
    events_emit(self, type, view);
}

cJSON *invitations_add(emulator_state *self, const invitation_wanted *wanted)
{
    cJSON *made = record_new(self, "invitation", NULL, "invitation_");
    AUTO_CHARS fresh = wanted->token ? NULL : keys_secret(self->keys, "");
    int days = wanted->days ? wanted->days : DAYS;
    json_set_text(made, "email", wanted->email);
    json_set_text(made, "state", "pending");
    json_set_text(made, "accepted_at", NULL);
    json_set_text(made, "revoked_at", NULL);
    json_set_time(made, "expires_at", state_now(self) + days * DAY_MS);
    json_set_text(made, "organization_id", wanted->organization_id);
    json_set_text(made, "inviter_user_id", wanted->inviter_user_id);
    json_set_text(made, "accepted_user_id", NULL);
    json_set_text(made, "role_slug", wanted->role_slug);
    json_set_text(made, "token", wanted->token ? wanted->token : fresh);
    records_add(&self->invitations, made);
    emit(self, "invitation.created", made);
    return made;
}

/* pending, accepted, revoked, or expired, which comes by itself. */
static const char *state_of(const emulator_state *self, const cJSON *invitation)
{
    const char *state = json_text(invitation, "state");
    int64_t expires_ms = 0;
    bool is_over = text_parse_time(json_text(invitation, "expires_at"), &expires_ms) &&
                   state_now(self) >= expires_ms;
    return is_over && text_equal(state, "pending") ? "expired" : state;
}

cJSON *invitations_find(const emulator_state *self, const char *token)
{
    cJSON *found = records_find_by(&self->invitations, "token", token);
    return found && text_equal(state_of(self, found), "pending") ? found : NULL;
}

void invitations_accept(emulator_state *self, cJSON *taken, cJSON *user)
{
    const cJSON *organization =
        records_find(&self->organizations, json_text(taken, "organization_id"));
    const char *user_id = json_text(user, "id"), *role_slug = json_text(taken, "role_slug");
    cJSON *membership = people_find_membership(self, user_id, json_text(organization, "id"));
    json_set_text(taken, "state", "accepted");
    json_set_time(taken, "accepted_at", state_now(self));
    json_set_time(taken, "updated_at", state_now(self));
    json_set_text(taken, "accepted_user_id", user_id);
    emit(self, "invitation.accepted", taken);
    people_verify_email(self, user); /* the invitation was sent to that address */
    if (membership)
        people_change_membership(self, membership, role_slug, "active");
    else if (organization)
        people_add_membership(self, user, organization, role_slug, NULL);
}

bool invitations_take(exchange *self, sign_in *of, const char *token)
{
    if (!token)
        return true;
    cJSON *taken = invitations_find(self->state, token);
    if (!taken) {
        answer_oauth_error(self, "invitation_invalid",
                           "The invitation is unknown, has expired, or was taken up before.");
        return false;
    }
    if (strcasecmp(json_text(taken, "email"), json_text(of->user, "email")) != 0) {
        answer_oauth_error(self, "invitation_cannot_be_used_for_email",
                           "The invitation is for another e-mail address.");
        return false;
    }
    invitations_accept(self->state, taken, of->user);
    if (records_find(&self->state->organizations, json_text(taken, "organization_id")))
        of->organization_id = json_text(taken, "organization_id");
    return true;
}

/* As the API shows one: as it is now, with the address that the mail would have. */
static cJSON *view(const exchange *self, const cJSON *record)
{
    cJSON *shown = record_view(record);
    AUTO_TEXT url = { 0 };
    text_print(&url, "%s/invitation?invitation_token=%s", self->base_url,
               json_text(record, "token"));
    json_set_text(shown, "state", state_of(self->state, record));
    json_set_text(shown, "accept_invitation_url", url.bytes);
    return shown;
}

static void answer_one(exchange *self, int status, const cJSON *record)
{
    AUTO_JSON shown = view(self, record);
    answer_json(self, status, shown);
}

static bool is_wanted(const exchange *self, const cJSON *record)
{
    return exchange_fits(self, record, "email") && exchange_fits(self, record, "organization_id");
}

void handle_list_invitations(exchange *self)
{
    answer_list(self, &self->state->invitations, is_wanted, view);
}

void handle_invitation(exchange *self)
{
    const cJSON *found = exchange_find(self, &self->state->invitations, "Invitation");
    if (found)
        answer_one(self, 200, found);
}

void handle_invitation_by_token(exchange *self)
{
    const cJSON *found = records_find_by(&self->state->invitations, "token", self->params[0]);
    if (found)
        answer_one(self, 200, found);
    else
        answer_missing(self, "Invitation", self->params[0]);
}

/* NULL: nothing stands against it; else WorkOS' code for what does. */
static const char *objection(const emulator_state *self, const invitation_wanted *wanted)
{
    const cJSON *user = state_find_user(self, wanted->email);
    for (size_t i = 0; i < self->invitations.count; i++) {
        const cJSON *other = self->invitations.items[i];
        const char *organization_id = json_text(other, "organization_id");
        bool is_same = wanted->organization_id
                           ? text_equal(organization_id, wanted->organization_id)
                           : !organization_id;
        if (is_same && strcasecmp(json_text(other, "email"), wanted->email) == 0 &&
            text_equal(state_of(self, other), "pending"))
            return wanted->organization_id ? "email_already_invited_to_organization"
                                           : "email_already_invited";
    }
    if (user && !wanted->organization_id)
        return "user_already_exists";
    if (state_find_membership(self, json_text(user, "id"), wanted->organization_id))
        return "user_already_organization_member";
    return NULL;
}

static void invite(exchange *self, const invitation_wanted *wanted)
{
    const emulator_state *state = self->state;
    const char *wrong = objection(state, wanted);
    if (wanted->organization_id && !records_find(&state->organizations, wanted->organization_id))
        answer_missing(self, "Organization", wanted->organization_id);
    else if (wanted->inviter_user_id && !records_find(&state->users, wanted->inviter_user_id))
        answer_missing(self, "User", wanted->inviter_user_id);
    else if (wanted->role_slug && !records_find_by(&state->roles, "slug", wanted->role_slug))
        answer_missing(self, "Role", wanted->role_slug);
    else if (wanted->days < 1 || wanted->days > MAX_DAYS)
        answer_error(self, 400,
                     wanted->days < 1 ? "expires_in_days_too_short" : "expires_in_days_too_long",
                     "expires_in_days must be from 1 to 30.");
    else if (wrong)
        answer_error(self, 400, wrong, "This person is there already, or invited.");
    else
        answer_one(self, 201, invitations_add(self->state, wanted));
}

void handle_add_invitation(exchange *self)
{
    static const member members[] = {
        { .name = "email", .kind = EMAIL, .is_required = true },
        { .name = "organization_id", .kind = TEXT, .is_nullable = true },
        { .name = "role_slug", .kind = TEXT, .is_nullable = true },
        { .name = "expires_in_days", .kind = NUMBER, .is_nullable = true },
        { .name = "inviter_user_id", .kind = TEXT, .is_nullable = true },
        { .name = "locale", .kind = TEXT, .is_nullable = true },
    };
    AUTO_JSON body = EXCHANGE_READ(self, members);
    if (!body)
        return;
    double days = json_number(body, "expires_in_days", DAYS);
    invite(self, &(invitation_wanted){ .email = json_text(body, "email"),
                                       .organization_id = json_text(body, "organization_id"),
                                       .role_slug = json_text(body, "role_slug"),
                                       .inviter_user_id = json_text(body, "inviter_user_id"),
                                       .days = days > MAX_DAYS ? MAX_DAYS + 1 : (int)days });
}

void handle_revoke_invitation(exchange *self)
{
    cJSON *found = exchange_find(self, &self->state->invitations, "Invitation");
    if (!found)
        return;
    if (!text_equal(state_of(self->state, found), "pending")) {
        answer_error(self, 400, "invite_not_pending", "The invitation is not pending.");
        return;
    }
    json_set_text(found, "state", "revoked");
    json_set_time(found, "revoked_at", state_now(self->state));
    json_set_time(found, "updated_at", state_now(self->state));
    emit(self->state, "invitation.revoked", found);
    answer_one(self, 200, found);
}

/* With a new time to run, and the same token. */
void handle_resend_invitation(exchange *self)
{
    static const member members[] = { { .name = "locale", .kind = TEXT, .is_nullable = true } };
    cJSON *found = exchange_find(self, &self->state->invitations, "Invitation");
    AUTO_JSON body = found ? EXCHANGE_READ(self, members) : NULL;
    const char *state = found ? state_of(self->state, found) : NULL;
    if (!body)
        return;
    if (!text_equal(state, "pending")) {
        AUTO_TEXT code = { 0 };
        text_print(&code, "invite_%s", state);
        answer_error(self, 400, code.bytes, "The invitation is not pending.");
        return;
    }
    json_set_time(found, "expires_at", state_now(self->state) + DAYS * DAY_MS);
    json_set_time(found, "updated_at", state_now(self->state));
    emit(self->state, "invitation.resent", found);
    answer_one(self, 200, found);
}

/* For a person who is a user already; others sign up with the token. */
void handle_accept_invitation(exchange *self)
{
    cJSON *found = exchange_find(self, &self->state->invitations, "Invitation");
    cJSON *user = state_find_user(self->state, json_text(found, "email"));
    if (!found)
        return;
    if (!text_equal(state_of(self->state, found), "pending"))
        answer_error(self, 400, "invite_not_pending", "The invitation is not pending.");
    else if (!user)
        answer_error(self, 400, "invalid_invite", "There is no user with this e-mail address.");
    else {
        invitations_accept(self->state, found, user);
        answer_one(self, 200, found);
    }
}

/* The page that the mail leads to. Whoever is no user yet gives a name and a password. */
static void show(exchange *self, const cJSON *found, const char *problem)
{
    const cJSON *user = state_find_user(self->state, json_text(found, "email"));
    const char *name = state_organization_name(self->state, json_text(found, "organization_id"));
    AUTO_TEXT html = { 0 }, heading = { 0 }, intro = { 0 };
    const page_field fields[] = {
        { .name = "token", .type = "hidden", .value = json_text(found, "token") },
        { .name = "first_name", .label = "First name", .autocomplete = "given-name" },
        { .name = "last_name", .label = "Last name", .autocomplete = "family-name" },
        { .name = "password",
          .label = "Password, at least 10 characters",
          .type = "password",
          .autocomplete = "new-password" },
    };
    text_print(&heading, "Join %.80s", *name ? name : "in");
    text_print(&intro, "You are invited as %.200s", json_text(found, "email"));
    page_show_form(&html, &(page_form){ .heading = heading.bytes,
                                        .intro = intro.bytes,
                                        .problem = problem,
                                        .action = "/invitation",
                                        .fields = fields,
                                        .n_fields = user ? 1 : 4,
                                        .submit = "Accept the invitation" });
    answer_html(self, problem ? 400 : 200, &html);
}

static void show_end(exchange *self, int status, const char *heading, const char *words)
{
    AUTO_TEXT html = { 0 };
    page_show_problem(&html, heading, words);
    answer_html(self, status, &html);
}

static void show_over(exchange *self)
{
    show_end(self, 404, "This invitation does not work any more",
             "It was taken up or taken back, or it is too old.");
}

void handle_show_invitation(exchange *self)
{
    const cJSON *found = invitations_find(self->state, form_get(&self->query, "invitation_token"));
    if (found)
        show(self, found, NULL);
    else
        show_over(self);
}

/* A user of the invitation's address, from what was typed. */
static cJSON *sign_up(emulator_state *state, const cJSON *found, const cJSON *click)
{
    static const char *const keys[] = { "first_name", "last_name", "password" };
    AUTO_JSON input = json_object();
    json_set_text(input, "email", json_text(found, "email"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *value = json_text(click, keys[i]);
        if (value && *value)
            json_set_text(input, keys[i], value);
    }
    return people_add_user(state, input);
}

void handle_choose_invitation(exchange *self)
{
    AUTO_JSON click = exchange_body(self);
    cJSON *found = invitations_find(self->state, json_text(click, "token"));
    cJSON *user = state_find_user(self->state, json_text(found, "email"));
    const char *password = json_text(click, "password");
    if (!found) {
        show_over(self);
        return;
    }
    if (!user && (!password || strlen(password) < PEOPLE_MIN_PASSWORD)) {
        show(self, found, "The password is too short: at least 10 characters, please.");
        return;
    }
    invitations_accept(self->state, found, user ? user : sign_up(self->state, found, click));
    show_end(self, 200, "Welcome", "The invitation is accepted. Go to the program and sign in.");
}
