/* What a seed may hold: the official emulator's keys, and directories. */
#include "seed-shape.h"

#include <string.h>

#include "emulator.h"
#include "json.h"
#include "shape.h"
#include "text.h"

static const member seed_members[] = {
    { .name = "users", .kind = OBJECTS },       { .name = "organizations", .kind = OBJECTS },
    { .name = "connections", .kind = OBJECTS }, { .name = "roles", .kind = OBJECTS },
    { .name = "permissions", .kind = OBJECTS }, { .name = "directories", .kind = OBJECTS },
    { .name = "invitations", .kind = OBJECTS }, { .name = "apiKeys", .kind = OBJECT },
    { .name = "faults", .kind = OBJECTS },      { .name = "limits", .kind = OBJECT },
    { .name = "api_keys", .kind = OBJECTS },    { .name = "webhookEndpoints", .kind = OBJECTS },
};
static const member user_members[] = {
    { .name = "id", .kind = ID },
    { .name = "email", .kind = EMAIL, .is_required = true },
    { .name = "name", .kind = MAYBE },
    { .name = "first_name", .kind = MAYBE },
    { .name = "last_name", .kind = MAYBE },
    { .name = "password", .kind = TEXT },
    { .name = "email_verified", .kind = FLAG },
    { .name = "external_id", .kind = MAYBE },
    { .name = "metadata", .kind = OBJECT },
    { .name = "oauth_provider", .kind = TEXT },
    { .name = "totp_secret", .kind = TEXT },
    { .name = "impersonator", .kind = OBJECT },
};
static const member organization_members[] = {
    { .name = "id", .kind = ID },
    { .name = "name", .kind = TEXT, .is_required = true },
    { .name = "external_id", .kind = MAYBE },
    { .name = "metadata", .kind = OBJECT },
    { .name = "domains", .kind = OBJECTS },
    { .name = "allow_profiles_outside_organization", .kind = FLAG },
    { .name = "entitlements", .kind = TEXTS },
    { .name = "memberships", .kind = OBJECTS },
    { .name = "require_sso", .kind = FLAG },
    { .name = "require_mfa", .kind = FLAG },
};
static const member domain_members[] = {
    { .name = "domain", .kind = TEXT, .is_required = true },
    { .name = "state", .kind = TEXT, .choices = "verified|pending" },
};
static const member membership_members[] = {
    { .name = "email", .kind = EMAIL },
    { .name = "user_id",
      .kind = TEXT }, /* the official emulator's key: an id or an e-mail address */
    { .name = "role", .kind = TEXT },
    { .name = "status", .kind = TEXT, .choices = "active|inactive|pending" },
};
static const member role_members[] = {
    { .name = "slug", .kind = TEXT, .is_required = true },
    { .name = "name", .kind = TEXT },
    { .name = "description", .kind = MAYBE },
    { .name = "type", .kind = TEXT, .choices = "EnvironmentRole|OrganizationRole" },
    { .name = "organization_id", .kind = MAYBE },
    { .name = "is_default_role", .kind = FLAG },
    { .name = "priority", .kind = NUMBER },
    { .name = "permissions", .kind = TEXTS },
};
static const member invitation_members[] = {
    { .name = "email", .kind = EMAIL, .is_required = true },
    { .name = "organization", .kind = TEXT },
    { .name = "organization_id", .kind = MAYBE },
    { .name = "inviter_user_id", .kind = MAYBE },
    { .name = "role", .kind = TEXT },
    { .name = "role_slug", .kind = MAYBE },
    { .name = "token", .kind = ID },
};
static const member endpoint_members[] = {
    { .name = "endpoint_url", .kind = TEXT }, { .name = "url", .kind = TEXT },
    { .name = "events", .kind = TEXTS }, /* all when absent */
    { .name = "enabled", .kind = FLAG },      { .name = "secret", .kind = TEXT },
};
static const member api_key_members[] = {
    { .name = "name", .kind = TEXT, .is_required = true },
    { .name = "value", .kind = ID, .is_required = true },
    { .name = "organization", .kind = TEXT, .is_required = true },
    { .name = "permissions", .kind = TEXTS },
};
static const member permission_members[] = {
    { .name = "slug", .kind = TEXT, .is_required = true },
    { .name = "name", .kind = TEXT },
    { .name = "description", .kind = MAYBE },
};
static const member connection_members[] = {
    { .name = "id", .kind = ID },
    { .name = "name", .kind = TEXT, .is_required = true },
    { .name = "connection_type", .kind = TEXT },
    { .name = "organization", .kind = TEXT, .is_required = true },
    { .name = "state", .kind = TEXT, .choices = "active|inactive|validating" },
    { .name = "domains", .kind = TEXTS },
    { .name = "profiles", .kind = OBJECTS },
};
static const member profile_members[] = {
    { .name = "id", .kind = ID },
    { .name = "email", .kind = EMAIL, .is_required = true },
    { .name = "first_name", .kind = MAYBE },
    { .name = "last_name", .kind = MAYBE },
    { .name = "idp_id", .kind = TEXT },
    { .name = "groups", .kind = TEXTS },
    { .name = "role", .kind = TEXT },
};
static const member directory_members[] = {
    { .name = "id", .kind = ID },
    { .name = "name", .kind = TEXT, .is_required = true },
    { .name = "organization", .kind = TEXT, .is_required = true },
    { .name = "type", .kind = TEXT },
    { .name = "state", .kind = TEXT, .choices = "active|inactive|validating" },
    { .name = "groups", .kind = OBJECTS },
    { .name = "users", .kind = OBJECTS },
};
static const member group_members[] = {
    { .name = "id", .kind = ID },
    { .name = "idp_id", .kind = TEXT },
    { .name = "name", .kind = TEXT, .is_required = true },
};
static const member directory_user_members[] = {
    { .name = "id", .kind = ID },
    { .name = "idp_id", .kind = TEXT },
    { .name = "email", .kind = MAYBE },
    { .name = "first_name", .kind = MAYBE },
    { .name = "last_name", .kind = MAYBE },
    { .name = "state", .kind = TEXT, .choices = "active|suspended|inactive" },
    { .name = "custom_attributes", .kind = OBJECT },
    { .name = "role", .kind = TEXT },
    { .name = "groups", .kind = TEXTS },
};

/* Lists of a seed, where they stand, and what their items may hold. */
static const struct seed_list {
    const char *outer, *inner; /* inner NULL: the outer list itself */
    const member *members;
    size_t n_members;
} lists[] = {
#define LIST(outer, inner, table)                            \
    {                                                        \
        outer, inner, table, sizeof(table) / sizeof *(table) \
    }
    LIST("users", NULL, user_members),
    LIST("organizations", NULL, organization_members),
    LIST("organizations", "domains", domain_members),
    LIST("organizations", "memberships", membership_members),
    LIST("roles", NULL, role_members),
    LIST("permissions", NULL, permission_members),
    LIST("invitations", NULL, invitation_members),
    LIST("api_keys", NULL, api_key_members),
    LIST("webhookEndpoints", NULL, endpoint_members),
    LIST("connections", NULL, connection_members),
    LIST("connections", "profiles", profile_members),
    LIST("directories", NULL, directory_members),
    LIST("directories", "groups", group_members),
    LIST("directories", "users", directory_user_members),
#undef LIST
};

static bool check_items(const cJSON *list, const char *path, const struct seed_list *kind,
                        char *error)
{
    int index = 0;
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        AUTO_TEXT where = { 0 };
        text_print(&where, "%s[%d]", path, index++);
        if (!shape_fits(item, where.bytes, kind->members, kind->n_members, error,
                        EMULATOR_ERROR_SIZE))
            return false;
    }
    return true;
}

static bool check_list(const cJSON *seed, const struct seed_list *kind, char *error)
{
    const cJSON *outer = json_get(seed, kind->outer), *item = NULL;
    if (!kind->inner)
        return check_items(outer, kind->outer, kind, error);
    int index = 0;
    cJSON_ArrayForEach(item, outer)
    {
        AUTO_TEXT where = { 0 };
        text_print(&where, "%s[%d].%s", kind->outer, index++, kind->inner);
        if (!check_items(json_get(item, kind->inner), where.bytes, kind, error))
            return false;
    }
    return true;
}

int64_t seed_count(const cJSON *seed)
{
    int64_t count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const cJSON *outer = json_get(seed, lists[i].outer), *item = NULL;
        if (!lists[i].inner)
            count += cJSON_GetArraySize(outer);
        else if (strcmp(lists[i].outer, "directories") == 0)
            cJSON_ArrayForEach(item, outer) count +=
                cJSON_GetArraySize(json_get(item, lists[i].inner));
    }
    return count;
}

bool seed_fits(const cJSON *seed, char *error)
{
    if (!FITS(seed, "the seed", seed_members, error, EMULATOR_ERROR_SIZE))
        return false;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!check_list(seed, &lists[i], error))
            return false;
    }
    return true;
}
