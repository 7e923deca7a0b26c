/* The Directory Sync state API: directories, their users and groups as they are now. */
#include "directory.h"
#include "handlers.h"
#include "json.h"

#include <string.h>

static bool directory_is_wanted(const exchange *self, const cJSON *directory)
{
    const char *organization_id = form_get(&self->query, "organization_id");
    const char *search = form_get(&self->query, "search"),
               *domain = form_get(&self->query, "domain");
    const cJSON *first = cJSON_GetArrayItem(json_get(directory, "domains"), 0);
    if (organization_id && !text_equal(json_text(directory, "organization_id"), organization_id))
        return false;
    if (domain && !text_equal(json_text(first, "domain"), domain))
        return false;
    return !search || strcasestr(json_text(directory, "name"), search);
}

static cJSON *view_directory(const exchange *self, const cJSON *directory)
{
    return directory_view(self->state, directory);
}

static cJSON *view_user(const exchange *self, const cJSON *user)
{
    return directory_user_view(self->state, user);
}

void handle_list_directories(exchange *self)
{
    answer_list(self, &self->state->directories, directory_is_wanted, view_directory);
}

static cJSON *find(exchange *self, const records *from, const char *what)
{
    cJSON *record = records_find(from, self->params[0]);
    if (!record)
        answer_missing(self, what, self->params[0]);
    return record;
}

void handle_directory(exchange *self)
{
    const cJSON *directory = find(self, &self->state->directories, "Directory");
    if (!directory)
        return;
    AUTO_JSON view = directory_view(self->state, directory);
    answer_json(self, 200, view);
}

void handle_delete_directory(exchange *self)
{
    cJSON *directory = find(self, &self->state->directories, "Directory");
    if (!directory)
        return;
    directory_remove(self->state, directory);
    answer_nothing(self, 202);
}

void handle_directory_user(exchange *self)
{
    const cJSON *user = roster_find(self->state, self->params[0]);
    if (!user) {
        answer_missing(self, "Directory User", self->params[0]);
        return;
    }
    AUTO_JSON view = directory_user_view(self->state, user);
    answer_json(self, 200, view);
}

void handle_directory_group(exchange *self)
{
    const cJSON *group = find(self, &self->state->directory_groups, "Directory Group");
    if (!group)
        return;
    AUTO_JSON view = record_view(group);
    answer_json(self, 200, view);
}

static cJSON *find_group(exchange *self, const char *id)
{
    return records_find(&self->state->directory_groups, id);
}

static cJSON *find_user(exchange *self, const char *id)
{
    return roster_find(self->state, id);
}

/* The directory, or the other thing, by which a list must be narrowed. False: answered with an
 * error. */
static bool check_owner(exchange *self, const char *other,
                        cJSON *(*find_other)(exchange *, const char *), const char *what)
{
    const char *directory_id = form_get(&self->query, "directory");
    const char *other_id = form_get(&self->query, other);
    if (!directory_id && !other_id) {
        answer_field_error(self, "directory", "required",
                           "a directory, or what is in one, must be named");
        return false;
    }
    if (directory_id && !records_find(&self->state->directories, directory_id)) {
        answer_missing(self, "Directory", directory_id);
        return false;
    }
    if (other_id && !find_other(self, other_id)) {
        answer_missing(self, what, other_id);
        return false;
    }
    return true;
}

static bool user_is_wanted(const exchange *self, const cJSON *user)
{
    const char *directory_id = form_get(&self->query, "directory");
    const char *group_id = form_get(&self->query, "group");
    if (directory_id && !text_equal(json_text(user, "directory_id"), directory_id))
        return false;
    return !group_id || directory_is_linked(self->state, user,
                                            records_find(&self->state->directory_groups, group_id));
}

static bool group_is_wanted(const exchange *self, const cJSON *group)
{
    const char *directory_id = form_get(&self->query, "directory");
    const char *user_id = form_get(&self->query, "user");
    if (directory_id && !text_equal(json_text(group, "directory_id"), directory_id))
        return false;
    return !user_id || directory_is_linked(self->state, roster_find(self->state, user_id), group);
}

void handle_list_directory_users(exchange *self)
{
    if (check_owner(self, "group", find_group, "Directory Group"))
        answer_roster(self, user_is_wanted, view_user);
}

void handle_list_directory_groups(exchange *self)
{
    if (check_owner(self, "user", find_user, "Directory User"))
        answer_list(self, &self->state->directory_groups, group_is_wanted, NULL);
}
