/* Reads seeds. First the whole seed is checked, then it is laid out: users, roles, organizations
 * with domains and memberships, connections with profiles, directories with groups, people and who
 * is in which group. Time passes while that happens, so that the events of a seed lie some minutes
 * apart. */
#include "seed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory.h"
#include "factors.h"
#include "faults.h"
#include "invitations.h"
#include "json.h"
#include "organizations.h"
#include "people.h"
#include "rate-limits.h"
#include "seed-shape.h"
#include "seed-yaml.h"
#include "text.h"

#define SEED_MAX_BYTES (16 * 1024 * 1024)
#define SEED_DAYS_MS   (INT64_C(6) * 24 * 60 * 60 * 1000)

typedef struct reading {
    emulator_state *state;
    char *error;
    int64_t end_ms;    /* now */
    const cJSON *item; /* of the list that is being laid out; NULL: none yet */
    int64_t step_ms;   /* between two things of the seed */
} reading;

static bool refuse(const reading *self, const char *what, const char *name, const char *why)
{
    char line[32] = "";
    if (self->item && self->item->valueint > 0)
        snprintf(line, sizeof line, "line %d: ", self->item->valueint);
    snprintf(self->error, EMULATOR_ERROR_SIZE, "%s%s \"%.100s\" %s", line, what, name ? name : "",
             why);
    return false;
}

static void let_time_pass(const reading *self)
{
    int64_t next = self->state->frozen_ms + self->step_ms;
    self->state->frozen_ms = next < self->end_ms ? next : self->end_ms;
}

static bool add_user(const reading *self, const cJSON *input)
{
    const char *email = json_text(input, "email"), *id = json_text(input, "id");
    if (state_find_user(self->state, email))
        return refuse(self, "the user", email, "is in the seed twice");
    if (records_find(&self->state->users, id))
        return refuse(self, "the user id", id, "is in the seed twice");
    cJSON *user = people_add_user(self->state, input);
    if (json_text(input, "totp_secret") &&
        !factors_add(self->state, user, "Latchkey emulator", json_text(input, "totp_secret")))
        return refuse(self, "the totp_secret of", email, "is no base32 of 10 to 64 bytes");
    return true;
}

/* The event says less than the API. */
static void emit_role(emulator_state *self, const cJSON *role)
{
    static const char *const hidden[] = { "id", "name", "description", "type" };
    AUTO_JSON view = record_view(role);
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(view, hidden[i]);
    json_set_text(view, "resource_type_slug", "organization");
    events_emit(self, "role.created", view);
}

static bool add_role(const reading *self, const cJSON *input)
{
    const char *slug = json_text(input, "slug"), *name = json_text(input, "name");
    if (records_find_by(&self->state->roles, "slug", slug))
        return refuse(self, "the role", slug, "is in the seed twice");
    cJSON *role = record_new(self->state, "role", NULL, "role_");
    const cJSON *permissions = json_get(input, "permissions");
    json_set_text(role, "slug", slug);
    json_set_text(role, "name", name ? name : slug);
    json_set_text(role, "description", json_text(input, "description"));
    json_set_text(role, "type", "EnvironmentRole");
    json_set(role, "permissions", permissions ? json_copy(permissions) : json_array());
    records_add(&self->state->roles, role);
    emit_role(self->state, role);
    return true;
}

static bool add_membership(const reading *self, const cJSON *organization, const cJSON *input)
{
    const char *email = json_text(input, "email"), *role_slug = json_text(input, "role");
    const char *user_id = json_text(input, "user_id");
    const cJSON *user = user_id ? records_find(&self->state->users, user_id) : NULL;
    if (!user)
        user = state_find_user(self->state, email ? email : user_id);
    if (!user)
        return refuse(self, "the membership of", email ? email : user_id,
                      "names nobody of users, neither by id nor by e-mail address");
    if (role_slug && !records_find_by(&self->state->roles, "slug", role_slug))
        return refuse(self, "the role", role_slug, "is given to a membership but is not in roles");
    people_add_membership(self->state, user, organization, role_slug, json_text(input, "status"));
    return true;
}

static bool add_organization(const reading *self, const cJSON *input)
{
    const char *name = json_text(input, "name"), *id = json_text(input, "id");
    const cJSON *item = NULL;
    if (records_find_by(&self->state->organizations, "name", name) ||
        records_find(&self->state->organizations, id))
        return refuse(self, "the organization", name, "is in the seed twice");
    const cJSON *organization = organizations_add(self->state, input);
    cJSON_ArrayForEach(item, json_get(input, "memberships"))
    {
        if (!add_membership(self, organization, item))
            return false;
    }
    return true;
}

static void add_profile(const reading *self, const cJSON *connection, const cJSON *input)
{
    static const char *const copied[] = { "email", "first_name", "last_name" };
    cJSON *profile = record_new(self->state, "profile", json_text(input, "id"), "prof_");
    const char *first = json_text(input, "first_name"), *last = json_text(input, "last_name");
    const char *idp_id = json_text(input, "idp_id"), *role_slug = json_text(input, "role");
    AUTO_TEXT name = { 0 };
    text_print(&name, "%s%s%s", first ? first : "", first && last ? " " : "", last ? last : "");
    cJSON_DeleteItemFromObjectCaseSensitive(profile, "created_at");
    cJSON_DeleteItemFromObjectCaseSensitive(profile, "updated_at");
    json_set_text(profile, "organization_id", json_text(connection, "organization_id"));
    json_set_text(profile, "connection_id", json_text(connection, "id"));
    json_set_text(profile, "connection_type", json_text(connection, "connection_type"));
    json_set_text(profile, "idp_id", idp_id ? idp_id : json_text(input, "email"));
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        json_set_text(profile, copied[i], json_text(input, copied[i]));
    json_set_text(profile, "name", name.len ? name.bytes : NULL);
    cJSON *role = json_object(), *roles = json_array();
    json_set_text(role, "slug", role_slug ? role_slug : "member");
    json_push(roles, json_copy(role));
    json_set(profile, "role", role);
    json_set(profile, "roles", roles);
    if (json_get(input, "groups"))
        json_set_copy(profile, "groups", json_get(input, "groups"));
    json_set(profile, "custom_attributes", json_object());
    json_set(profile, "raw_attributes", json_object());
    records_add(&self->state->profiles, profile);
}

static void add_connection_domains(const reading *self, cJSON *connection, const cJSON *names)
{
    cJSON *domains = json_array();
    const cJSON *name = NULL;
    cJSON_ArrayForEach(name, names)
    {
        char id[ID_SIZE];
        cJSON *domain = json_object();
        state_new_id(self->state, "conn_domain_", id);
        json_set_text(domain, "id", id);
        json_set_text(domain, "object", "connection_domain");
        json_set_text(domain, "domain", name->valuestring);
        json_push(domains, domain);
    }
    json_set(connection, "domains", domains);
}

/* The event says more than the API: a key for the identity provider. */
static void emit_connection(emulator_state *self, const cJSON *connection)
{
    const char *id = json_text(connection, "id");
    AUTO_JSON view = record_view(connection);
    json_set_text(view, "external_key", text_begins(id, "conn_") ? id + 5 : id);
    events_emit(self, "connection.activated", view);
}

static bool add_connection(const reading *self, const cJSON *input)
{
    const char *name = json_text(input, "name"), *owner = json_text(input, "organization");
    const cJSON *item = NULL,
                *organization = records_find_by(&self->state->organizations, "name", owner);
    if (!organization)
        return refuse(self, "the connection", name,
                      "is of an organization that is not in organizations");
    const char *type = json_text(input, "connection_type"), *state = json_text(input, "state");
    cJSON *connection = record_new(self->state, "connection", json_text(input, "id"), "conn_");
    json_set_text(connection, "organization_id", json_text(organization, "id"));
    json_set_text(connection, "connection_type", type ? type : "GenericSAML");
    json_set_text(connection, "name", name);
    json_set_text(connection, "state", state ? state : "active");
    json_set_text(connection, "status",
                  !state || text_equal(state, "active") ? "linked" : "unlinked");
    add_connection_domains(self, connection, json_get(input, "domains"));
    records_add(&self->state->connections, connection);
    if (!state || text_equal(state, "active"))
        emit_connection(self->state, connection);
    cJSON_ArrayForEach(item, json_get(input, "profiles")) add_profile(self, connection, item);
    return true;
}

static cJSON *find_group(const emulator_state *self, const cJSON *directory, const char *name)
{
    for (size_t i = 0; i < self->directory_groups.count; i++) {
        cJSON *group = self->directory_groups.items[i];
        if (text_equal(json_text(group, "directory_id"), json_text(directory, "id")) &&
            text_equal(json_text(group, "name"), name))
            return group;
    }
    return NULL;
}

static bool add_person(const reading *self, const cJSON *directory, const cJSON *input)
{
    const cJSON *name = NULL;
    const char *id = json_text(input, "id");
    let_time_pass(self);
    if (roster_find(self->state, id))
        return refuse(self, "the directory user id", id, "is in the seed twice");
    cJSON *user = directory_user_add(self->state, directory, input);
    cJSON_ArrayForEach(name, json_get(input, "groups"))
    {
        const cJSON *group = find_group(self->state, directory, name->valuestring);
        if (!group)
            return refuse(self, "the group", name->valuestring,
                          "has a person but is not in groups");
        directory_link(self->state, user, group);
    }
    return true;
}

static bool add_directory(const reading *self, const cJSON *input)
{
    const char *name = json_text(input, "name"), *owner = json_text(input, "organization");
    const cJSON *organization = records_find_by(&self->state->organizations, "name", owner),
                *item = NULL;
    if (!organization)
        return refuse(self, "the directory", name,
                      "is of an organization that is not in organizations");
    if (records_find(&self->state->directories, json_text(input, "id")))
        return refuse(self, "the directory", name, "has an id that is in the seed twice");
    const cJSON *directory = directory_add(self->state, json_text(organization, "id"), input);
    cJSON_ArrayForEach(item, json_get(input, "groups"))
    {
        const char *id = json_text(item, "id");
        let_time_pass(self);
        if (records_find(&self->state->directory_groups, id))
            return refuse(self, "the directory group id", id, "is in the seed twice");
        directory_group_add(self->state, directory, item);
    }
    cJSON_ArrayForEach(item, json_get(input, "users"))
    {
        if (!add_person(self, directory, item))
            return false;
    }
    return true;
}

static bool add_invitation(const reading *self, const cJSON *input)
{
    const char *email = json_text(input, "email"), *owner = json_text(input, "organization");
    const cJSON *organization = records_find_by(&self->state->organizations, "name", owner);
    if (!organization)
        organization =
            records_find(&self->state->organizations, json_text(input, "organization_id"));
    if (!organization && (owner || json_text(input, "organization_id")))
        return refuse(self, "the invitation of", email,
                      "is into an organization that is not in organizations");
    const char *role = json_text(input, "role");
    invitations_add(self->state,
                    &(invitation_wanted){ .email = email,
                                          .organization_id = json_text(organization, "id"),
                                          .role_slug = role ? role : json_text(input, "role_slug"),
                                          .token = json_text(input, "token") });
    return true;
}

/* A key of a customer of the program, as POST /api_keys/validations knows it. */
static bool add_api_key(const reading *self, const cJSON *input)
{
    const char *value = json_text(input, "value"), *owner = json_text(input, "organization");
    const cJSON *organization = records_find_by(&self->state->organizations, "name", owner);
    if (!organization || records_find_by(&self->state->api_keys, "_value", value))
        return refuse(self, "the API key", json_text(input, "name"),
                      organization ? "has a value that is in the seed twice"
                                   : "is of an organization that is not in organizations");
    size_t len = strlen(value);
    AUTO_TEXT shown = { 0 };
    text_print(&shown, "%.3s...%s", value, value + (len > 8 ? len - 4 : len));
    cJSON *key = record_new(self->state, "api_key", NULL, "api_key_"), *holder = json_object();
    const cJSON *permissions = json_get(input, "permissions");
    json_set_text(holder, "type", "organization");
    json_set_text(holder, "id", json_text(organization, "id"));
    json_set(key, "owner", holder);
    json_set_text(key, "name", json_text(input, "name"));
    json_set_text(key, "obfuscated_value", shown.bytes);
    json_set_text(key, "last_used_at", NULL);
    json_set(key, "permissions", permissions ? json_copy(permissions) : json_array());
    json_set_text(key, "_value", value);
    records_add(&self->state->api_keys, key);
    AUTO_JSON view = record_view(key);
    events_emit(self->state, "api_key.created", view);
    return true;
}

static bool add_endpoint(const reading *self, const cJSON *input)
{
    const cJSON *type = NULL, *events = json_get(input, "events");
    cJSON_ArrayForEach(type, events)
    {
        if (!webhooks_knows(type->valuestring))
            return refuse(self, "the event type", type->valuestring,
                          "of webhookEndpoints is none that WorkOS delivers");
    }
    const char *url = json_text(input, "endpoint_url");
    url = url ? url : json_text(input, "url");
    AUTO_JSON all = json_get(input, "events") ? NULL : webhooks_all_types();
    cJSON *endpoint =
        webhooks_add(self->state, url, all ? all : events, json_text(input, "secret"));
    if (endpoint && json_get(input, "enabled") && !json_is_true(input, "enabled"))
        json_set_text(endpoint, "status", "disabled");
    if (endpoint)
        return true;
    return refuse(self, "the webhook endpoint", url,
                  "is no address on loopback, such as http://127.0.0.1:3000/webhooks");
}

/* What shall go wrong from the first request on. Not saved: these are settings of a test. */
static bool set_mishaps(const reading *self, const cJSON *seed)
{
    const cJSON *item = NULL, *limits = json_get(seed, "limits");
    cJSON_ArrayForEach(item, json_get(seed, "faults"))
    {
        if (!faults_add(self->state, json_copy(item), "faults", self->error))
            return false;
    }
    return !limits || limits_set(self->state, limits, "limits", self->error);
}

static bool lay_out(reading *self, const cJSON *seed)
{
    static const struct {
        const char *list;
        bool (*add)(const reading *, const cJSON *);
    } order[] = { { "users", add_user },
                  { "roles", add_role },
                  { "organizations", add_organization },
                  { "invitations", add_invitation },
                  { "api_keys", add_api_key },
                  { "connections", add_connection },
                  { "directories", add_directory },
                  /* last: nothing of the past is delivered */
                  { "webhookEndpoints", add_endpoint } };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const cJSON *item = NULL;
        cJSON_ArrayForEach(item, json_get(seed, order[i].list))
        {
            let_time_pass(self);
            self->item = item;
            if (!order[i].add(self, item))
                return false;
        }
    }
    return true;
}

static char *read_file(const char *path, char *error)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(error, EMULATOR_ERROR_SIZE, "cannot read the seed %.200s: %s", path,
                 strerror(errno));
        return NULL;
    }
    AUTO_TEXT all = { 0 };
    char piece[8192];
    size_t n = 0;
    while (all.len <= SEED_MAX_BYTES && (n = fread(piece, 1, sizeof piece, file)) > 0)
        text_add_bytes(&all, piece, n);
    bool is_read = !ferror(file) && all.len <= SEED_MAX_BYTES;
    fclose(file);
    if (is_read && strlen(text_get(&all)) == all.len)
        return text_copy(text_get(&all));
    snprintf(error, EMULATOR_ERROR_SIZE,
             "cannot read the seed %.200s: it must be a file of text, at most %d bytes", path,
             SEED_MAX_BYTES);
    return NULL;
}

/* JSON quickly; YAML, and JSON in which something is wrong, with lines. */
static cJSON *parse(const char *written, char *error)
{
    cJSON *seed = json_parse(written, strlen(written));
    if (seed && seed_fits(seed, error))
        return seed;
    cJSON_Delete(seed);
    seed = yaml_parse(written, strlen(written), error, EMULATOR_ERROR_SIZE);
    if (seed && seed_fits(seed, error))
        return seed;
    cJSON_Delete(seed);
    return NULL;
}

static bool seed_from(emulator_state *self, const char *written, int people, char *error)
{
    AUTO_JSON seed = parse(written, error);
    if (!seed)
        return false;
    reading all = { .state = self, .error = error, .end_ms = state_now(self) - people - 1 };
    size_t wanted = (size_t)people;
    all.step_ms = SEED_DAYS_MS / (seed_count(seed) + 1);
    self->frozen_ms = all.end_ms - SEED_DAYS_MS;
    self->more_keys = json_copy(json_get(seed, "apiKeys"));
    bool is_laid_out = lay_out(&all, seed);
    if (is_laid_out && self->directories.count && self->directory_users.count < wanted)
        roster_add_crowd(self, self->directories.items[0], wanted - self->directory_users.count,
                         all.end_ms + 1);
    self->frozen_ms = 0;
    return is_laid_out && set_mishaps(&all, seed);
}

bool seed_state(emulator_state *self, const emulator_options *options,
                char error[EMULATOR_ERROR_SIZE])
{
    AUTO_CHARS written = options->seed_file   ? read_file(options->seed_file, error)
                         : options->seed_json ? text_copy(options->seed_json)
                                              : seed_default();
    char why[EMULATOR_ERROR_SIZE] = "";
    if (!written)
        return false;
    if (seed_from(self, written, options->people, why))
        return true;
    snprintf(error, EMULATOR_ERROR_SIZE, "%.120s: %.380s",
             options->seed_file ? options->seed_file : "seed", why);
    return false;
}
