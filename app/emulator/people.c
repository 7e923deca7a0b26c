/* Users and memberships. */
#include "people.h"

#include <string.h>
#include <strings.h>

#include "json.h"

static void emit_record(emulator_state *self, const char *type, const cJSON *record)
{
    AUTO_JSON view = record_view(record);
    events_emit(self, type, view);
}

static void set_name(cJSON *user)
{
    const char *first = json_text(user, "first_name"), *last = json_text(user, "last_name");
    AUTO_TEXT name = { 0 };
    text_print(&name, "%s%s%s", first ? first : "", first && last ? " " : "", last ? last : "");
    json_set_text(user, "name", name.len ? name.bytes : NULL);
}

void people_set_password(cJSON *user, const char *password)
{
    json_set_text(user, "_password", password);
}

cJSON *people_add_user(emulator_state *self, const cJSON *input)
{
    cJSON *user = record_new(self, "user", json_text(input, "id"), "user_");
    const cJSON *metadata = json_get(input, "metadata");
    json_set_text(user, "email", json_text(input, "email"));
    json_set_bool(user, "email_verified", json_is_true(input, "email_verified"));
    json_set_text(user, "first_name", json_text(input, "first_name"));
    json_set_text(user, "last_name", json_text(input, "last_name"));
    set_name(user);
    if (json_text(input, "name"))
        json_set_text(user, "name", json_text(input, "name"));
    json_set_text(user, "profile_picture_url", NULL);
    json_set_text(user, "external_id", json_text(input, "external_id"));
    json_set(user, "metadata", metadata ? json_copy(metadata) : json_object());
    json_set_text(user, "last_sign_in_at", NULL);
    json_set_text(user, "locale", json_text(input, "locale"));
    if (json_text(input, "oauth_provider"))
        json_set_text(user, "_oauth_provider", json_text(input, "oauth_provider"));
    if (json_text(input, "password"))
        people_set_password(user, json_text(input, "password"));
    if (json_get(input, "impersonator"))
        json_set_copy(user, "_impersonator", json_get(input, "impersonator"));
    records_add(&self->users, user);
    emit_record(self, "user.created", user);
    return user;
}

void people_change_user(emulator_state *self, cJSON *user, const cJSON *patch)
{
    static const char *const keys[] = { "email",       "first_name", "last_name", "email_verified",
                                        "external_id", "metadata",   "locale" };
    AUTO_JSON before = json_copy(user);
    const char *email = json_text(patch, "email");
    if (email && strcasecmp(email, json_text(user, "email")) != 0)
        json_set_bool(user, "email_verified", false);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(patch, keys[i]);
        if (value)
            json_set_copy(user, keys[i], value);
    }
    if (!json_get(user, "metadata"))
        json_set(user, "metadata", json_object());
    set_name(user);
    if (json_text(patch, "name"))
        json_set_text(user, "name", json_text(patch, "name"));
    if (json_text(patch, "password"))
        people_set_password(user, json_text(patch, "password"));
    events_emit_update(self, "user.updated", before, user, record_view);
}

void people_remove_user(emulator_state *self, cJSON *user)
{
    AUTO_JSON data = record_view(user);
    const char *id = json_text(data, "id");
    for (size_t i = self->memberships.count; i-- > 0;) {
        if (text_equal(json_text(self->memberships.items[i], "user_id"), id))
            people_remove_membership(self, self->memberships.items[i]);
    }
    for (size_t i = 0; i < self->sessions.count; i++) {
        if (text_equal(json_text(self->sessions.items[i], "user_id"), id))
            session_end(self, self->sessions.items[i]);
    }
    for (size_t i = self->factors.count; i-- > 0;) {
        if (text_equal(json_text(self->factors.items[i], "user_id"), id))
            records_remove(&self->factors, self->factors.items[i]);
    }
    records_remove(&self->users, user);
    events_emit(self, "user.deleted", data);
}

void people_verify_email(emulator_state *self, cJSON *user)
{
    AUTO_JSON before = json_copy(user);
    json_set_bool(user, "email_verified", true);
    events_emit_update(self, "user.updated", before, user, record_view);
}

static void set_role(cJSON *membership, const char *slug)
{
    cJSON *role = json_object();
    json_set_text(role, "slug", slug);
    json_set(membership, "role", role);
}

cJSON *people_add_membership(emulator_state *self, const cJSON *user, const cJSON *organization,
                             const char *role_slug, const char *status)
{
    cJSON *membership = record_new(self, "organization_membership", NULL, "om_");
    json_set_text(membership, "user_id", json_text(user, "id"));
    json_set_text(membership, "organization_id", json_text(organization, "id"));
    json_set_text(membership, "status", status ? status : "active");
    set_role(membership, role_slug ? role_slug : "member");
    json_set(membership, "custom_attributes", json_object());
    json_set_bool(membership, "directory_managed", false);
    records_add(&self->memberships, membership);
    emit_record(self, "organization_membership.created", membership);
    return membership;
}

void people_change_membership(emulator_state *self, cJSON *membership, const char *role_slug,
                              const char *status)
{
    AUTO_JSON before = json_copy(membership);
    if (role_slug)
        set_role(membership, role_slug);
    if (status)
        json_set_text(membership, "status", status);
    events_emit_update(self, "organization_membership.updated", before, membership, record_view);
}

void people_remove_membership(emulator_state *self, cJSON *membership)
{
    AUTO_JSON data = record_view(membership);
    records_remove(&self->memberships, membership);
    events_emit(self, "organization_membership.deleted", data);
}

cJSON *people_find_membership(const emulator_state *self, const char *user_id,
                              const char *organization_id)
{
    for (size_t i = 0; i < self->memberships.count; i++) {
        cJSON *membership = self->memberships.items[i];
        if (text_equal(json_text(membership, "user_id"), user_id) &&
            text_equal(json_text(membership, "organization_id"), organization_id))
            return membership;
    }
    return NULL;
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
