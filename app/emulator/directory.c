/* Directories and how they change. */
#include "directory.h"

#include <stdio.h>

#include "difference.h"
#include "json.h"
#include "text.h"

/* Copies these members where the input has them, null included. */
static void take(cJSON *record, const cJSON *input, const char *const *keys)
{
    for (; *keys; keys++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(input, *keys);
        if (value)
            json_set_copy(record, *keys, value);
    }
}

/* Emits type with previous_attributes inside data, and marks the record as updated; nothing when
 * the record is as before. */
static void emit_update(emulator_state *self, const char *type, const cJSON *before, cJSON *record)
{
    AUTO_JSON previous = difference_before(before, record);
    if (!previous->child)
        return;
    json_set_time(record, "updated_at", state_now(self));
    AUTO_JSON data = record_view(record);
    json_set_copy(data, "previous_attributes", previous);
    events_emit(self, type, data);
}

static void emit_record(emulator_state *self, const char *type, const cJSON *record)
{
    AUTO_JSON data = record_view(record);
    events_emit(self, type, data);
}

static cJSON *directory_domains(const emulator_state *self, const char *organization_id)
{
    const cJSON *organization = records_find(&self->organizations, organization_id);
    const cJSON *domain = NULL;
    cJSON *list = json_array();
    cJSON_ArrayForEach(domain, json_get(organization, "domains"))
    {
        cJSON *item = json_object();
        json_set_text(item, "object", "organization_domain");
        json_set_text(item, "id", json_text(domain, "id"));
        json_set_text(item, "domain", json_text(domain, "domain"));
        json_push(list, item);
    }
    return list;
}

cJSON *directory_add(emulator_state *self, const char *organization_id, const cJSON *input)
{
    static const char *const keys[] = { "name", "type", "external_key", "state", NULL };
    cJSON *directory = record_new(self, "directory", json_text(input, "id"), "directory_");
    json_set_text(directory, "organization_id", organization_id);
    const char *id = json_text(directory, "id");
    json_set_text(directory, "external_key", text_begins(id, "directory_") ? id + 10 : id);
    json_set_text(directory, "type", "okta scim v2.0");
    json_set_text(directory, "state", "active");
    json_set_text(directory, "name", "Directory");
    take(directory, input, keys);
    json_set(directory, "domains", directory_domains(self, organization_id));
    records_add(&self->directories, directory);
    if (text_equal(json_text(directory, "state"), "active"))
        emit_record(self, "dsync.activated", directory);
    return directory;
}

void directory_change(emulator_state *self, cJSON *directory, const cJSON *patch)
{
    static const char *const keys[] = { "name", "type", "state", NULL };
    AUTO_CHARS before = text_copy(json_text(directory, "state"));
    take(directory, patch, keys);
    json_set_time(directory, "updated_at", state_now(self));
    const char *now = json_text(directory, "state");
    if (text_equal(before, now))
        return;
    if (text_equal(now, "active"))
        emit_record(self, "dsync.activated", directory);
    if (text_equal(now, "inactive"))
        emit_record(self, "dsync.deactivated", directory);
}

static void remove_all_of(records *from, const char *key, const char *value)
{
    for (size_t i = from->count; i-- > 0;) {
        if (text_equal(json_text(from->items[i], key), value))
            records_remove(from, from->items[i]);
    }
}

/* One event only: WorkOS sends none for the people and groups that go with a directory. */
void directory_remove(emulator_state *self, cJSON *directory)
{
    AUTO_CHARS id = text_copy(json_text(directory, "id"));
    AUTO_JSON data = record_view(directory);
    cJSON_DeleteItemFromObjectCaseSensitive(data, "external_key");
    cJSON_DeleteItemFromObjectCaseSensitive(data, "domains");
    json_set_time(data, "updated_at", state_now(self));
    remove_all_of(&self->links, "directory_id", id);
    roster_remove_all(self, id);
    remove_all_of(&self->directory_groups, "directory_id", id);
    records_remove(&self->directories, directory);
    events_emit(self, "dsync.deleted", data);
}

static void set_full_name(cJSON *user)
{
    const char *first = json_text(user, "first_name"), *last = json_text(user, "last_name");
    AUTO_TEXT name = { 0 };
    text_add(&name, first);
    text_add(&name, first && last ? " " : "");
    text_add(&name, last);
    json_set_text(user, "name", name.len ? name.bytes : NULL);
}

static void set_role(cJSON *user, const char *slug)
{
    cJSON *role = json_object(), *roles = json_array();
    json_set_text(role, "slug", slug);
    json_push(roles, json_copy(role));
    json_set(user, "role", role);
    json_set(user, "roles", roles);
}

static void take_user(cJSON *user, const cJSON *input)
{
    static const char *const keys[] = {
        "idp_id", "email", "first_name", "last_name", "state", NULL
    };
    const cJSON *attribute = NULL;
    take(user, input, keys);
    set_full_name(user);
    if (json_text(input, "role"))
        set_role(user, json_text(input, "role"));
    cJSON *attributes = cJSON_GetObjectItemCaseSensitive(user, "custom_attributes");
    cJSON_ArrayForEach(attribute, json_get(input, "custom_attributes"))
    {
        if (cJSON_IsNull(attribute))
            cJSON_DeleteItemFromObjectCaseSensitive(attributes, attribute->string);
        else
            json_set_copy(attributes, attribute->string, attribute);
    }
}

cJSON *directory_user_make(emulator_state *self, const cJSON *directory, const cJSON *input)
{
    char idp_id[ID_SIZE] = "";
    if (!json_text(input, "idp_id"))
        snprintf(idp_id, sizeof idp_id, "00u%09llu",
                 (unsigned long long)state_random(self, 1000000000));
    cJSON *user = record_new(self, "directory_user", json_text(input, "id"), "directory_user_");
    json_set_text(user, "directory_id", json_text(directory, "id"));
    json_set_text(user, "organization_id", json_text(directory, "organization_id"));
    json_set_text(user, "idp_id", idp_id);
    json_set_text(user, "email", NULL);
    json_set_text(user, "first_name", NULL);
    json_set_text(user, "last_name", NULL);
    json_set_text(user, "name", NULL);
    /* Since 15 April 2026 the values of these stand in custom_attributes. */
    json_set(user, "emails", json_array());
    json_set_text(user, "job_title", NULL);
    json_set_text(user, "username", NULL);
    json_set_text(user, "state", "active");
    json_set(user, "raw_attributes", json_object());
    json_set(user, "custom_attributes", json_object());
    set_role(user, "member");
    take_user(user, input);
    return user;
}

cJSON *directory_user_add(emulator_state *self, const cJSON *directory, const cJSON *input)
{
    cJSON *user = directory_user_make(self, directory, input);
    records_add(&self->directory_users, user);
    emit_record(self, "dsync.user.created", user);
    return user;
}

void directory_user_change(emulator_state *self, cJSON *user, const cJSON *patch)
{
    roster_keep(self, user);
    AUTO_JSON before = json_copy(user);
    take_user(user, patch);
    emit_update(self, "dsync.user.updated", before, user);
}

void directory_user_remove(emulator_state *self, cJSON *user)
{
    AUTO_JSON data = record_view(user);
    remove_all_of(&self->links, "user_id", json_text(data, "id"));
    roster_remove(self, user);
    events_emit(self, "dsync.user.deleted", data);
}

cJSON *directory_group_add(emulator_state *self, const cJSON *directory, const cJSON *input)
{
    static const char *const keys[] = { "idp_id", "name", NULL };
    char idp_id[ID_SIZE];
    snprintf(idp_id, sizeof idp_id, "00g%09llu",
             (unsigned long long)state_random(self, 1000000000));
    cJSON *group = record_new(self, "directory_group", json_text(input, "id"), "directory_group_");
    json_set_text(group, "idp_id", idp_id);
    json_set_text(group, "directory_id", json_text(directory, "id"));
    json_set_text(group, "organization_id", json_text(directory, "organization_id"));
    json_set_text(group, "name", "");
    json_set(group, "raw_attributes", json_object());
    take(group, input, keys);
    records_add(&self->directory_groups, group);
    emit_record(self, "dsync.group.created", group);
    return group;
}

void directory_group_change(emulator_state *self, cJSON *group, const cJSON *patch)
{
    static const char *const keys[] = { "idp_id", "name", NULL };
    AUTO_JSON before = json_copy(group);
    take(group, patch, keys);
    emit_update(self, "dsync.group.updated", before, group);
}

/* No user_removed for its members: WorkOS leaves them to the reader. */
void directory_group_remove(emulator_state *self, cJSON *group)
{
    AUTO_JSON data = record_view(group);
    remove_all_of(&self->links, "group_id", json_text(data, "id"));
    records_remove(&self->directory_groups, group);
    events_emit(self, "dsync.group.deleted", data);
}

static void link_id(const cJSON *user, const cJSON *group, char out[2 * ID_SIZE])
{
    snprintf(out, 2 * ID_SIZE, "%.63s/%.63s", json_text(user, "id"), json_text(group, "id"));
}

static cJSON *find_link(const emulator_state *self, const cJSON *user, const cJSON *group)
{
    char id[2 * ID_SIZE];
    if (!user || !group)
        return NULL;
    link_id(user, group, id);
    return records_find(&self->links, id);
}

bool directory_is_linked(const emulator_state *self, const cJSON *user, const cJSON *group)
{
    if (user && group && roster_is_lent(user))
        return roster_is_in_group(self, user, json_text(group, "id"));
    return find_link(self, user, group) != NULL;
}

/* Membership changes leave updated_at of the user and the group alone, as in production. */
static void emit_membership(emulator_state *self, const char *type, const cJSON *user,
                            const cJSON *group)
{
    AUTO_JSON data = json_object();
    json_set_text(data, "directory_id", json_text(user, "directory_id"));
    json_set(data, "user", record_view(user));
    json_set(data, "group", record_view(group));
    events_emit(self, type, data);
}

void directory_add_link(emulator_state *self, const cJSON *user, const cJSON *group)
{
    char id[2 * ID_SIZE];
    cJSON *link = json_object();
    link_id(user, group, id);
    json_set_text(link, "id", id);
    json_set_text(link, "directory_id", json_text(user, "directory_id"));
    json_set_text(link, "user_id", json_text(user, "id"));
    json_set_text(link, "group_id", json_text(group, "id"));
    records_add(&self->links, link);
}

bool directory_link(emulator_state *self, cJSON *user, const cJSON *group)
{
    roster_keep(self, user);
    if (find_link(self, user, group))
        return false;
    directory_add_link(self, user, group);
    emit_membership(self, "dsync.group.user_added", user, group);
    return true;
}

bool directory_unlink(emulator_state *self, cJSON *user, const cJSON *group)
{
    roster_keep(self, user);
    cJSON *link = find_link(self, user, group);
    if (!link)
        return false;
    records_remove(&self->links, link);
    emit_membership(self, "dsync.group.user_removed", user, group);
    return true;
}

/* The state API has other words for a directory's state than the events. */
static const char *api_state(const char *state)
{
    if (text_equal(state, "active"))
        return "linked";
    return text_equal(state, "inactive") ? "unlinked" : state;
}

static cJSON *directory_metadata(const emulator_state *self, const char *directory_id)
{
    cJSON *metadata = json_object(), *users = json_object();
    size_t groups = 0;
    for (size_t i = 0; i < self->directory_groups.count; i++)
        groups +=
            text_equal(json_text(self->directory_groups.items[i], "directory_id"), directory_id);
    size_t all = roster_count(self, directory_id, false);
    size_t active = roster_count(self, directory_id, true);
    json_set_number(users, "active", (double)active);
    json_set_number(users, "inactive", (double)(all - active));
    json_set(metadata, "users", users);
    json_set_number(metadata, "groups", (double)groups);
    return metadata;
}

cJSON *directory_view(const emulator_state *self, const cJSON *directory)
{
    cJSON *view = record_view(directory);
    const cJSON *domain = cJSON_GetArrayItem(json_get(view, "domains"), 0);
    AUTO_CHARS name = text_copy(json_text(domain, "domain"));
    cJSON_DeleteItemFromObjectCaseSensitive(view, "domains");
    if (name)
        json_set_text(view, "domain", name);
    json_set_text(view, "state", api_state(json_text(directory, "state")));
    json_set(view, "metadata", directory_metadata(self, json_text(directory, "id")));
    return view;
}

cJSON *directory_user_view(const emulator_state *self, const cJSON *user)
{
    cJSON *view = record_view(user), *groups = json_array();
    for (size_t i = 0; i < self->directory_groups.count; i++) {
        const cJSON *group = self->directory_groups.items[i];
        if (directory_is_linked(self, user, group))
            json_push(groups, record_view(group));
    }
    json_set(view, "groups", groups);
    return view;
}
