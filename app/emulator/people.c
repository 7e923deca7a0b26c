/* Users, memberships and invitations. */
#include "people.h"

#include <string.h>
#include <strings.h>

#include "json.h"

#define INVITATION_LIFETIME_MS (INT64_C(7) * 24 * 60 * 60 * 1000)

static void emit_record(emulator_state *self, const char *type, const cJSON *record)
{
    AUTO_JSON view = record_view(record);
    events_emit(self, type, view);
}

cJSON *people_add_user(emulator_state *self, const cJSON *input)
{
    cJSON *user = record_new(self, "user", json_text(input, "id"), "user_");
    const char *first = json_text(input, "first_name"), *last = json_text(input, "last_name");
    AUTO_TEXT name = { 0 };
    text_print(&name, "%s%s%s", first ? first : "", first && last ? " " : "", last ? last : "");
    json_set_text(user, "email", json_text(input, "email"));
    json_set_bool(user, "email_verified", json_is_true(input, "email_verified"));
    json_set_text(user, "first_name", first);
    json_set_text(user, "last_name", last);
    json_set_text(user, "name",
                  json_text(input, "name") ? json_text(input, "name")
                  : name.len               ? name.bytes
                                           : NULL);
    json_set_text(user, "profile_picture_url", NULL);
    json_set_text(user, "external_id", json_text(input, "external_id"));
    json_set(user, "metadata",
             json_get(input, "metadata") ? json_copy(json_get(input, "metadata")) : json_object());
    json_set_text(user, "last_sign_in_at", NULL);
    json_set_text(user, "locale", NULL);
    if (json_text(input, "oauth_provider"))
        json_set_text(user, "_oauth_provider", json_text(input, "oauth_provider"));
    if (json_text(input, "password"))
        json_set_text(user, "_password", json_text(input, "password"));
    if (json_get(input, "impersonator"))
        json_set_copy(user, "_impersonator", json_get(input, "impersonator"));
    records_add(&self->users, user);
    emit_record(self, "user.created", user);
    return user;
}

cJSON *people_add_membership(emulator_state *self, const cJSON *user, const cJSON *organization,
                             const char *role_slug, const char *status)
{
    cJSON *membership = record_new(self, "organization_membership", NULL, "om_");
    cJSON *role = json_object();
    json_set_text(role, "slug", role_slug ? role_slug : "member");
    json_set_text(membership, "user_id", json_text(user, "id"));
    json_set_text(membership, "organization_id", json_text(organization, "id"));
    json_set_text(membership, "status", status ? status : "active");
    json_set(membership, "role", role);
    json_set(membership, "custom_attributes", json_object());
    json_set_bool(membership, "directory_managed", false);
    records_add(&self->memberships, membership);
    emit_record(self, "organization_membership.created", membership);
    return membership;
}

cJSON *people_invite(emulator_state *self, const char *email, const cJSON *organization,
                     const char *role_slug, const char *token, const char *base_url)
{
    cJSON *invitation = record_new(self, "invitation", NULL, "invitation_");
    AUTO_CHARS fresh = token ? NULL : keys_secret(self->keys, "");
    AUTO_TEXT url = { 0 };
    text_print(&url, "%s/?invitation_token=%s", base_url, token ? token : fresh);
    json_set_text(invitation, "email", email);
    json_set_text(invitation, "state", "pending");
    json_set_text(invitation, "accepted_at", NULL);
    json_set_text(invitation, "revoked_at", NULL);
    json_set_time(invitation, "expires_at", state_now(self) + INVITATION_LIFETIME_MS);
    json_set_text(invitation, "organization_id", json_text(organization, "id"));
    json_set_text(invitation, "inviter_user_id", NULL);
    json_set_text(invitation, "accepted_user_id", NULL);
    json_set_text(invitation, "role_slug", role_slug);
    json_set_text(invitation, "token", token ? token : fresh);
    json_set_text(invitation, "accept_invitation_url", url.bytes);
    records_add(&self->invitations, invitation);
    AUTO_JSON data = record_view(invitation); /* events do not carry what lets somebody in */
    cJSON_DeleteItemFromObjectCaseSensitive(data, "token");
    cJSON_DeleteItemFromObjectCaseSensitive(data, "accept_invitation_url");
    events_emit(self, "invitation.created", data);
    return invitation;
}

cJSON *people_find_invitation(const emulator_state *self, const char *token)
{
    cJSON *invitation = records_find_by(&self->invitations, "token", token);
    int64_t expires_ms = 0;
    bool is_open = text_equal(json_text(invitation, "state"), "pending") &&
                   text_parse_time(json_text(invitation, "expires_at"), &expires_ms) &&
                   state_now(self) < expires_ms;
    return is_open ? invitation : NULL;
}

static void accept(emulator_state *self, cJSON *invitation, const cJSON *user)
{
    json_set_text(invitation, "state", "accepted");
    json_set_time(invitation, "accepted_at", state_now(self));
    json_set_time(invitation, "updated_at", state_now(self));
    json_set_text(invitation, "accepted_user_id", json_text(user, "id"));
    AUTO_JSON data = record_view(invitation);
    cJSON_DeleteItemFromObjectCaseSensitive(data, "token");
    cJSON_DeleteItemFromObjectCaseSensitive(data, "accept_invitation_url");
    events_emit(self, "invitation.accepted", data);
}

bool people_take_invitation(exchange *self, sign_in *of, const char *token)
{
    if (!token)
        return true;
    cJSON *invitation = people_find_invitation(self->state, token);
    if (!invitation) {
        answer_oauth_error(self, "invitation_invalid",
                           "The invitation is unknown, has expired, or was taken up before.");
        return false;
    }
    if (strcasecmp(json_text(invitation, "email"), json_text(of->user, "email")) != 0) {
        answer_oauth_error(self, "invitation_cannot_be_used_for_email",
                           "The invitation is for another e-mail address.");
        return false;
    }
    const char *organization_id = json_text(invitation, "organization_id");
    const cJSON *organization = records_find(&self->state->organizations, organization_id);
    const char *user_id = json_text(of->user, "id");
    accept(self->state, invitation, of->user);
    people_verify_email(self->state, of->user); /* the invitation was sent to that address */
    if (!organization)
        return true;
    if (!state_find_membership(self->state, user_id, organization_id))
        people_add_membership(self->state, of->user, organization,
                              json_text(invitation, "role_slug"), NULL);
    of->organization_id = json_text(organization, "id");
    return true;
}

const char *people_only_organization(const emulator_state *self, const char *user_id)
{
    const char *found = NULL;
    for (size_t i = 0; i < self->memberships.count; i++) {
        const cJSON *membership = self->memberships.items[i];
        if (!text_equal(json_text(membership, "user_id"), user_id) ||
            !text_equal(json_text(membership, "status"), "active"))
            continue;
        if (found)
            return NULL;
        found = json_text(membership, "organization_id");
    }
    return found;
}

void people_verify_email(emulator_state *self, cJSON *user)
{
    if (json_is_true(user, "email_verified"))
        return;
    json_set_bool(user, "email_verified", true);
    json_set_time(user, "updated_at", state_now(self));
    emit_record(self, "user.updated", user);
}
