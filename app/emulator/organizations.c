/* Organizations and their connections, and the endpoints of both. */
#include "organizations.h"

#include "directory.h"
#include "handlers.h"
#include "json.h"
#include "people.h"

/* Events show less than the API does. */
static cJSON *view_event(const cJSON *organization)
{
    cJSON *view = record_view(organization);
    cJSON_DeleteItemFromObjectCaseSensitive(view, "allow_profiles_outside_organization");
    return view;
}

/* A domain that was there before stays the same one. */
static void set_domains(emulator_state *self, cJSON *organization, const cJSON *wanted)
{
    cJSON *domains = json_array();
    const cJSON *item = NULL, *old = NULL;
    cJSON_ArrayForEach(item, wanted)
    {
        const char *name = json_text(item, "domain"), *state = json_text(item, "state");
        cJSON *domain = NULL;
        cJSON_ArrayForEach(old, json_get(organization, "domains"))
        {
            if (text_equal(json_text(old, "domain"), name) && !domain)
                domain = json_copy(old);
        }
        if (!domain) {
            domain = record_new(self, "organization_domain", NULL, "org_domain_");
            json_set_text(domain, "organization_id", json_text(organization, "id"));
            json_set_text(domain, "domain", name);
            json_set_text(domain, "verification_strategy", "manual");
        }
        json_set_text(domain, "state", state ? state : "verified");
        json_push(domains, domain);
    }
    json_set(organization, "domains", domains);
}

cJSON *organizations_add(emulator_state *self, const cJSON *input)
{
    cJSON *organization = record_new(self, "organization", json_text(input, "id"), "org_");
    const cJSON *metadata = json_get(input, "metadata");
    json_set_text(organization, "name", json_text(input, "name"));
    json_set_text(organization, "external_id", json_text(input, "external_id"));
    json_set_bool(organization, "allow_profiles_outside_organization",
                  json_is_true(input, "allow_profiles_outside_organization"));
    json_set(organization, "metadata", metadata ? json_copy(metadata) : json_object());
    if (json_get(input, "entitlements"))
        json_set_copy(organization, "_entitlements", json_get(input, "entitlements"));
    json_set_bool(organization, "_require_sso", json_is_true(input, "require_sso"));
    json_set_bool(organization, "_require_mfa", json_is_true(input, "require_mfa"));
    set_domains(self, organization, json_get(input, "domains"));
    records_add(&self->organizations, organization);
    AUTO_JSON view = view_event(organization);
    events_emit(self, "organization.created", view);
    return organization;
}

void organizations_change(emulator_state *self, cJSON *organization, const cJSON *patch)
{
    static const char *const keys[] = { "name", "external_id", "metadata", "stripe_customer_id",
                                        "allow_profiles_outside_organization" };
    AUTO_JSON before = json_copy(organization);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(patch, keys[i]);
        if (value)
            json_set_copy(organization, keys[i], value);
    }
    if (!json_get(organization, "metadata"))
        json_set(organization, "metadata", json_object());
    if (json_get(patch, "domains"))
        set_domains(self, organization, json_get(patch, "domains"));
    events_emit_update(self, "organization.updated", before, organization, view_event);
}

void connections_remove(emulator_state *self, cJSON *connection)
{
    static const char *const hidden[] = { "status", "domains" };
    AUTO_JSON data = record_view(connection);
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(data, hidden[i]);
    for (size_t i = self->profiles.count; i-- > 0;) {
        if (text_equal(json_text(self->profiles.items[i], "connection_id"), json_text(data, "id")))
            records_remove(&self->profiles, self->profiles.items[i]);
    }
    records_remove(&self->connections, connection);
    events_emit(self, "connection.deleted", data);
}

/* Calls remove() for each record that is the organization's. */
static void remove_all(emulator_state *self, records *from, const char *organization_id,
                       void (*remove)(emulator_state *, cJSON *))
{
    for (size_t i = from->count; i-- > 0;) {
        if (text_equal(json_text(from->items[i], "organization_id"), organization_id))
            remove(self, from->items[i]);
    }
}

void organizations_remove(emulator_state *self, cJSON *organization)
{
    AUTO_JSON data = view_event(organization);
    const char *id = json_text(data, "id");
    remove_all(self, &self->directories, id, directory_remove);
    remove_all(self, &self->connections, id, connections_remove);
    remove_all(self, &self->memberships, id, people_remove_membership);
    records_remove(&self->organizations, organization);
    events_emit(self, "organization.deleted", data);
}

static const member organization_members[] = {
    { .name = "name", .kind = TEXT },
    { .name = "allow_profiles_outside_organization", .kind = FLAG, .is_nullable = true },
    { .name = "domains", .kind = TEXTS },
    { .name = "domain_data", .kind = OBJECTS },
    { .name = "metadata", .kind = OBJECT, .is_nullable = true },
    { .name = "external_id", .kind = MAYBE },
    { .name = "stripe_customer_id", .kind = MAYBE },
};

static cJSON *find(exchange *self)
{
    return exchange_find(self, &self->state->organizations, "Organization");
}

void handle_organization(exchange *self)
{
    const cJSON *organization = find(self);
    if (organization)
        answer_record(self, 200, organization);
}

void handle_organization_by_external_id(exchange *self)
{
    const cJSON *organization =
        records_find_by(&self->state->organizations, "external_id", self->params[0]);
    if (organization)
        answer_record(self, 200, organization);
    else
        answer_missing(self, "Organization", self->params[0]);
}

static bool is_wanted(const exchange *self, const cJSON *organization)
{
    const char *wanted = form_get(&self->query, "domains");
    const cJSON *domain = NULL;
    wanted = wanted ? wanted : form_get(&self->query, "domains[]");
    cJSON_ArrayForEach(domain, json_get(organization, "domains"))
    {
        if (text_equal(json_text(domain, "domain"), wanted))
            return true;
    }
    return !wanted;
}

void handle_list_organizations(exchange *self)
{
    answer_list(self, &self->state->organizations, is_wanted, NULL);
}

/* domains, of names alone, in the shape of domain_data. False: answered with an error. */
static bool read_domains(exchange *self, cJSON *body)
{
    static const member members[] = {
        { .name = "domain", .kind = TEXT, .is_required = true },
        { .name = "state", .kind = TEXT, .is_required = true, .choices = "pending|verified" },
    };
    char error[EMULATOR_ERROR_SIZE];
    const cJSON *names = json_get(body, "domains"), *data = json_get(body, "domain_data");
    const cJSON *item = NULL;
    cJSON *domains = json_array();
    cJSON_ArrayForEach(item, data)
    {
        if (!FITS(item, "domain_data", members, error, sizeof error)) {
            cJSON_Delete(domains);
            answer_error(self, 422, "invalid_request_parameters", error);
            return false;
        }
        json_push(domains, json_copy(item));
    }
    cJSON_ArrayForEach(item, names)
    {
        if (data) /* says the same, and more */
            break;
        cJSON *domain = json_object();
        json_set_text(domain, "domain", item->valuestring);
        json_push(domains, domain);
    }
    if (names || data)
        json_set(body, "domains", domains);
    else
        cJSON_Delete(domains);
    return true;
}

/* False: answered with an error. organization NULL: it is a new one. */
static bool check(exchange *self, cJSON *body, const cJSON *organization)
{
    const cJSON *other =
        records_find_by(&self->state->organizations, "external_id", json_text(body, "external_id"));
    if (!organization && !json_text(body, "name"))
        answer_error(self, 422, "invalid_request_parameters", "the body: name is missing");
    else if (other && other != organization)
        answer_error(self, 400, "external_id_already_used",
                     "The external_id is used by another organization.");
    else
        return read_domains(self, body);
    return false;
}

void handle_add_organization(exchange *self)
{
    AUTO_JSON body = EXCHANGE_READ(self, organization_members);
    if (body && check(self, body, NULL))
        answer_record(self, 201, organizations_add(self->state, body));
}

void handle_change_organization(exchange *self)
{
    cJSON *organization = find(self);
    AUTO_JSON body = organization ? EXCHANGE_READ(self, organization_members) : NULL;
    if (!body || !check(self, body, organization))
        return;
    organizations_change(self->state, organization, body);
    answer_record(self, 200, organization);
}

void handle_remove_organization(exchange *self)
{
    cJSON *organization = find(self);
    if (!organization)
        return;
    organizations_remove(self->state, organization);
    answer_nothing(self, 202);
}

void handle_connection(exchange *self)
{
    const cJSON *connection = exchange_find(self, &self->state->connections, "Connection");
    if (connection)
        answer_record(self, 200, connection);
}

static bool connection_is_wanted(const exchange *self, const cJSON *connection)
{
    return exchange_fits(self, connection, "organization_id") &&
           exchange_fits(self, connection, "connection_type");
}

void handle_list_connections(exchange *self)
{
    answer_list(self, &self->state->connections, connection_is_wanted, NULL);
}

void handle_remove_connection(exchange *self)
{
    cJSON *connection = exchange_find(self, &self->state->connections, "Connection");
    if (!connection)
        return;
    connections_remove(self->state, connection);
    answer_nothing(self, 204);
}
