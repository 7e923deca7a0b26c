/* The endpoints of organization memberships. */
#include <string.h>

#include "handlers.h"
#include "json.h"
#include "people.h"

/* The API shows both ends of a membership, events only their ids. */
static cJSON *view(const exchange *self, const cJSON *membership)
{
    const cJSON *user = records_find(&self->state->users, json_text(membership, "user_id"));
    const char *organization_id = json_text(membership, "organization_id");
    cJSON *shown = record_view(membership);
    json_set_text(shown, "organization_name",
                  state_organization_name(self->state, organization_id));
    if (user)
        json_set(shown, "user", record_view(user));
    return shown;
}

static void answer_one(exchange *self, int status, const cJSON *membership)
{
    AUTO_JSON shown = view(self, membership);
    answer_json(self, status, shown);
}

/* "By default only active memberships are returned. Use the statuses parameter to filter by other
 * statuses." Any of statuses=a,b and statuses=a&statuses=b and statuses[]=a. */
static bool has_wanted_status(const exchange *self, const cJSON *membership)
{
    const char *status = json_text(membership, "status");
    bool is_asked = false;
    for (size_t i = 0; i < self->query.count; i++) {
        const struct form_field *field = &self->query.fields[i];
        if (strcmp(field->name, "statuses") != 0 && strcmp(field->name, "statuses[]") != 0)
            continue;
        is_asked = true;
        for (const char *at = field->value; *at;) {
            size_t len = strcspn(at, ",");
            if (len == strlen(status) && strncmp(at, status, len) == 0)
                return true;
            at += len + (at[len] == ',');
        }
    }
    return !is_asked && text_equal(status, "active");
}

static bool is_wanted(const exchange *self, const cJSON *membership)
{
    return exchange_fits(self, membership, "user_id") &&
           exchange_fits(self, membership, "organization_id") &&
           has_wanted_status(self, membership);
}

void handle_list_memberships(exchange *self)
{
    if (form_get(&self->query, "user_id") || form_get(&self->query, "organization_id"))
        answer_list(self, &self->state->memberships, is_wanted, view);
    else
        answer_error(self, 400, "missing_user_id_or_organization_id",
                     "user_id or organization_id must be given.");
}

static cJSON *find(exchange *self)
{
    return exchange_find(self, &self->state->memberships, "Organization Membership");
}

void handle_membership(exchange *self)
{
    const cJSON *membership = find(self);
    if (membership)
        answer_one(self, 200, membership);
}

/* The role that is asked for; out NULL: none is. False: answered with an error. */
static bool read_role(exchange *self, const cJSON *body, const char **out)
{
    const cJSON *slugs = json_get(body, "role_slugs");
    const cJSON *only = cJSON_GetArrayItem(slugs, 0);
    *out = json_text(body, "role_slug");
    if (only)
        *out = only->valuestring;
    if (cJSON_GetArraySize(slugs) > 1) {
        answer_error(self, 422, "multiple_roles_not_enabled",
                     "Several roles at once are not enabled here.");
        return false;
    }
    if (*out && !records_find_by(&self->state->roles, "slug", *out)) {
        answer_error(self, 422, "invalid_role", "There is no such role.");
        return false;
    }
    return true;
}

/* "Calling this API with an organization and user that match an inactive organization membership
 * will activate the membership with the specified role(s)." */
static void add(exchange *self, const cJSON *body, const char *role_slug)
{
    const char *user_id = json_text(body, "user_id"),
               *organization_id = json_text(body, "organization_id");
    const cJSON *user = records_find(&self->state->users, user_id);
    const cJSON *organization = records_find(&self->state->organizations, organization_id);
    cJSON *there = people_find_membership(self->state, user_id, organization_id);
    const char *status = json_text(there, "status");
    if (!user)
        answer_missing(self, "User", user_id);
    else if (!organization)
        answer_missing(self, "Organization", organization_id);
    else if (text_equal(status, "pending"))
        answer_error(self, 400, "cannot_reactivate_pending_organization_membership",
                     "The membership is pending: the invitation must be accepted.");
    else if (text_equal(status, "active"))
        answer_error(self, 422, "invalid_request_parameters",
                     "The user is a member of the organization already.");
    else if (there) {
        people_change_membership(self->state, there, role_slug, "active");
        answer_one(self, 201, there);
    } else {
        answer_one(self, 201,
                   people_add_membership(self->state, user, organization, role_slug, NULL));
    }
}

void handle_add_membership(exchange *self)
{
    static const member members[] = {
        { .name = "user_id", .kind = TEXT, .is_required = true },
        { .name = "organization_id", .kind = TEXT, .is_required = true },
        { .name = "role_slug", .kind = TEXT, .is_nullable = true },
        { .name = "role_slugs", .kind = TEXTS, .is_nullable = true },
    };
    AUTO_JSON body = EXCHANGE_READ(self, members);
    const char *role_slug = NULL;
    if (body && read_role(self, body, &role_slug))
        add(self, body, role_slug);
}

void handle_change_membership(exchange *self)
{
    static const member members[] = {
        { .name = "role_slug", .kind = TEXT, .is_nullable = true },
        { .name = "role_slugs", .kind = TEXTS, .is_nullable = true },
    };
    cJSON *membership = find(self);
    AUTO_JSON body = membership ? EXCHANGE_READ(self, members) : NULL;
    const char *role_slug = NULL;
    if (!body || !read_role(self, body, &role_slug))
        return;
    people_change_membership(self->state, membership, role_slug, NULL);
    answer_one(self, 200, membership);
}

void handle_remove_membership(exchange *self)
{
    cJSON *membership = find(self);
    if (!membership)
        return;
    people_remove_membership(self->state, membership);
    answer_nothing(self, 200);
}

/* "Deactivating an inactive membership is a no-op and does not emit an event. Deactivating a
 * pending membership returns an error." */
static void set_status(exchange *self, const char *status, const char *refusal)
{
    cJSON *membership = find(self);
    if (!membership)
        return;
    if (text_equal(json_text(membership, "status"), "pending")) {
        answer_error(self, 400, refusal, "The membership is pending.");
        return;
    }
    people_change_membership(self->state, membership, NULL, status);
    answer_one(self, 200, membership);
}

void handle_deactivate_membership(exchange *self)
{
    set_status(self, "inactive", "cannot_deactivate_pending_organization_membership");
}

void handle_reactivate_membership(exchange *self)
{
    set_status(self, "active", "cannot_reactivate_pending_organization_membership");
}
