/* See company.h. */
#include "company.h"

#include <stdio.h>

#include "base/clock.h"
#include "chance.h"
#include "emulator-kit.h"
#include "test.h"

enum { N_USERS = 4, N_GROUPS = 2, N_CHANGES = 15, MAX_ID = 64 };

/* ---- Changes ---- */

/* Somebody or something that comes and goes. */
typedef struct thing {
    bool is_there;
    unsigned generation; /* 0: it has never been there */
} thing;

typedef struct customer {
    const company *company;
    unsigned number;
    thing directory;
    thing users[N_USERS];
    thing groups[N_GROUPS];
} customer;

static long change(const char *method, const char *path, const char *body)
{
    long status = control(method, path, body);

    if (status < 200 || status > 299)
        fail_msg("%s %s %s: %ld %s", method, path, body != NULL ? body : "", status,
                 last.body != NULL ? last.body : "");
    return status;
}

static void name_directory(const customer *c, char out[MAX_ID])
{
    snprintf(out, MAX_ID, "directory_%llu_%u_%u", (unsigned long long)c->company->seed,
             c->directory.generation, c->number);
}

static void name_thing(const customer *c, const char *kind, const thing *what, unsigned number,
                       char out[MAX_ID])
{
    snprintf(out, MAX_ID, "directory_%s_%llu_%u_%u_%u", kind, (unsigned long long)c->company->seed,
             c->number, number, what->generation);
}

static void come(const customer *c, thing *what)
{
    what->is_there = true;
    if (what->generation == 0 || !c->company->ids_return || chance_below(2) == 0)
        what->generation++;
}

static void add_directory(customer *c)
{
    char id[MAX_ID];
    char body[256];

    come(c, &c->directory);
    name_directory(c, id);
    snprintf(body, sizeof(body),
             "{\"id\":\"%s\",\"name\":\"Directory\",\"organization_id\":\"%s\"}", id,
             c->number % 2 == 0 ? JUNIPER : HARBOR);
    change("POST", "/_latchkey/directories", body);
}

/* All that is in it goes, and one event tells. */
static void remove_directory(customer *c)
{
    char path[128];
    char id[MAX_ID];

    name_directory(c, id);
    snprintf(path, sizeof(path), "/_latchkey/directories/%s", id);
    change("DELETE", path, NULL);
    c->directory.is_there = false;
    for (unsigned i = 0; i < N_USERS; i++)
        c->users[i].is_there = false;
    for (unsigned i = 0; i < N_GROUPS; i++)
        c->groups[i].is_there = false;
}

static void change_directory(customer *c)
{
    char path[128];
    char id[MAX_ID];

    name_directory(c, id);
    snprintf(path, sizeof(path), "/_latchkey/directories/%s", id);
    change("PATCH", path,
           chance_below(2) == 0 ? "{\"state\":\"active\"}" : "{\"state\":\"inactive\"}");
}

static void add_user(customer *c, unsigned number)
{
    char path[128];
    char body[512];
    char directory[MAX_ID];
    char id[MAX_ID];

    come(c, &c->users[number]);
    name_directory(c, directory);
    name_thing(c, "user", &c->users[number], number, id);
    snprintf(path, sizeof(path), "/_latchkey/directories/%s/users", directory);
    snprintf(body, sizeof(body),
             "{\"id\":\"%s\",\"email\":\"u%u@c%u.example\",\"first_name\":\"U%u\","
             "\"custom_attributes\":{\"a\":%u}}",
             id, number, c->number, chance_below(1000), chance_below(1000));
    change("POST", path, body);
}

/* Moved, renamed, suspended, come back. */
static void change_user(customer *c, unsigned number)
{
    static const struct {
        const char *head;
        const char *tail; /* after a number; NULL: without */
    } bodies[] = {
        { "{\"state\":\"suspended\"}", NULL },
        { "{\"state\":\"inactive\"}", NULL },
        { "{\"state\":\"active\"}", NULL },
        { "{\"last_name\":\"N", "\"}" },
        { "{\"email\":\"renamed.", "@juniper.example\"}" },
        { "{\"email\":null}", NULL },
        { "{\"custom_attributes\":{\"department_name\":\"D", "\"}}" },
        { "{\"custom_attributes\":{\"department_name\":null,\"a\":[", ",\"\\u00e9\"]}}" },
        { "{\"role\":\"admin\"}", NULL },
        { "{\"role\":\"member\",\"first_name\":null}", NULL },
    };
    unsigned row = chance_below(N_ROWS(bodies));
    unsigned value = chance_below(1000);
    char path[128];
    char body[256];
    char id[MAX_ID];

    name_thing(c, "user", &c->users[number], number, id);
    snprintf(path, sizeof(path), "/_latchkey/directory_users/%s", id);
    if (bodies[row].tail != NULL)
        snprintf(body, sizeof(body), "%s%u%s", bodies[row].head, value, bodies[row].tail);
    else
        snprintf(body, sizeof(body), "%s", bodies[row].head);
    change("PATCH", path, body);
}

static void remove_thing(const customer *c, const char *kind, thing *what, unsigned number)
{
    char path[128];
    char id[MAX_ID];

    name_thing(c, kind, what, number, id);
    snprintf(path, sizeof(path), "/_latchkey/directory_%ss/%s", kind, id);
    change("DELETE", path, NULL);
    what->is_there = false;
}

/* Late, and for nobody: a removal that comes after the deletion must not bring anybody back. */
static void emit_removal(const customer *c, const char *user_id, const char *group_id)
{
    char body[512];
    char id[MAX_ID];

    name_directory(c, id);
    snprintf(body, sizeof(body),
             "{\"event\":\"dsync.group.user_removed\",\"data\":{\"directory_id\":\"%s\","
             "\"user\":{\"id\":\"%s\",\"directory_id\":\"%s\"},"
             "\"group\":{\"id\":\"%s\",\"directory_id\":\"%s\"}}}",
             id, user_id, id, group_id, id);
    change("POST", "/_latchkey/events", body);
}

/* A user leaves that group, if in it, by leaving altogether. */
static void remove_user(customer *c, unsigned user, unsigned group)
{
    char user_id[MAX_ID];
    char group_id[MAX_ID];

    name_thing(c, "user", &c->users[user], user, user_id);
    name_thing(c, "group", &c->groups[group], group, group_id);
    remove_thing(c, "user", &c->users[user], user);
    if (chance_below(3) == 0)
        emit_removal(c, user_id, group_id);
}

static void add_group(customer *c, unsigned number)
{
    char path[128];
    char body[256];
    char directory[MAX_ID];
    char id[MAX_ID];

    come(c, &c->groups[number]);
    name_directory(c, directory);
    name_thing(c, "group", &c->groups[number], number, id);
    snprintf(path, sizeof(path), "/_latchkey/directories/%s/groups", directory);
    snprintf(body, sizeof(body), "{\"id\":\"%s\",\"name\":\"Group %u\"}", id, number);
    change("POST", path, body);
}

static void change_group(customer *c, unsigned number)
{
    char path[128];
    char body[128];
    char id[MAX_ID];

    name_thing(c, "group", &c->groups[number], number, id);
    snprintf(path, sizeof(path), "/_latchkey/directory_groups/%s", id);
    snprintf(body, sizeof(body), "{\"name\":\"Renamed %u\"}", chance_below(1000));
    change("PATCH", path, body);
}

/* In, if not in yet; else out. */
static void change_membership(customer *c, unsigned user, unsigned group)
{
    char user_id[MAX_ID];
    char group_id[MAX_ID];
    char path[192];
    char body[128];

    name_thing(c, "user", &c->users[user], user, user_id);
    name_thing(c, "group", &c->groups[group], group, group_id);
    snprintf(path, sizeof(path), "/_latchkey/directory_groups/%s/users", group_id);
    snprintf(body, sizeof(body), "{\"user_id\":\"%s\"}", user_id);
    if (change("POST", path, body) == 201)
        return;
    snprintf(path, sizeof(path), "/_latchkey/directory_groups/%s/users/%s", group_id, user_id);
    change("DELETE", path, NULL);
}

/* What WorkOS has no words for yet, and what cannot be read: kept, and set aside. */
static void emit_stranger(const customer *c)
{
    char body[256];
    char id[MAX_ID];

    name_directory(c, id);
    snprintf(body, sizeof(body),
             "{\"event\":\"dsync.user.updated\",\"data\":{\"id\":17,"
             "\"directory_id\":\"%s\"}}",
             id);
    change("POST", "/_latchkey/events", body);
}

static void change_by_chance(customer *c)
{
    unsigned user = chance_below(N_USERS);
    unsigned group = chance_below(N_GROUPS);
    unsigned dice = chance_below(100);
    bool has_user = c->users[user].is_there;
    bool has_group = c->groups[group].is_there;

    if (!c->directory.is_there)
        add_directory(c);
    else if (dice < 2)
        remove_directory(c);
    else if (dice < 4)
        change_directory(c);
    else if (dice < 6)
        emit_stranger(c);
    else if (!has_user)
        add_user(c, user);
    else if (!has_group)
        add_group(c, group);
    else if (dice < 60)
        change_membership(c, user, group);
    else if (dice < 78)
        change_user(c, user);
    else if (dice < 85)
        change_group(c, group);
    else if (dice < 94)
        remove_user(c, user, group);
    else
        remove_thing(c, "group", &c->groups[group], group);
}

/* ---- What the emulator says ---- */

static const cJSON *ask(const char *path)
{
    if (get(path) != 200)
        fail_msg("GET %s: %ld %s", path, last.status, last.body != NULL ? last.body : "");
    return last.json;
}

static void pass_time(unsigned seconds, int64_t *now_ms)
{
    char body[64];

    snprintf(body, sizeof(body), "{\"advance_s\":%u}", seconds);
    change("POST", "/_latchkey/clock", body);
    assert_true(lk__time_parse(text("now"), now_ms));
}

static void add_event(company *self, const cJSON *event)
{
    kit_event *out = &self->events[self->n_events++];
    char *json = cJSON_PrintUnformatted(event);
    size_t len = strlen(json);

    assert_true(len < sizeof(out->json));
    memcpy(out->json, json, len + 1);
    free(json);
    snprintf(out->id, sizeof(out->id), "%s", cJSON_GetStringValue(at(event, "id")));
    out->event = (lk_event){ .id = out->id,
                             .type = strdup(cJSON_GetStringValue(at(event, "event"))),
                             .json = out->json,
                             .json_len = len };
    assert_true(
        lk__time_parse(cJSON_GetStringValue(at(event, "created_at")), &out->event.created_at_ms));
    self->n_same += self->n_events > 1 && out[-1].event.created_at_ms == out->event.created_at_ms;
}

static void read_events(company *self)
{
    char after[80] = "";
    bool is_more = true;

    while (is_more) {
        const cJSON *event;
        const cJSON *list;
        char path[512];

        snprintf(path, sizeof(path),
                 "/events?limit=100&events=dsync.activated,dsync.deactivated,dsync.deleted,"
                 "dsync.user.created,dsync.user.updated,dsync.user.deleted,dsync.group.created,"
                 "dsync.group.updated,dsync.group.deleted,dsync.group.user_added,"
                 "dsync.group.user_removed%s",
                 after);
        list = ask(path);
        cJSON_ArrayForEach(event, at(list, "data")) add_event(self, event);
        is_more = cJSON_IsString(at(list, "list_metadata.after"));
        if (is_more)
            snprintf(after, sizeof(after), "&after=%s", text("list_metadata.after"));
    }
}

static cJSON *take_list(const char *path)
{
    const cJSON *list = ask(path);

    assert_true(cJSON_IsNull(at(list, "list_metadata.after")));
    return cJSON_Duplicate(at(list, "data"), true);
}

static void look(company *self, const customer *customers, moment *m)
{
    pass_time(300, &m->now_ms); /* what happens next is of another millisecond */
    m->directories = take_list("/directories?limit=100&order=asc");
    for (unsigned i = 0; i < self->n_directories; i++) {
        char path[160];
        char id[MAX_ID];

        if (!customers[i].directory.is_there)
            continue;
        name_directory(&customers[i], id);
        snprintf(path, sizeof(path), "/directory_groups?directory=%s&limit=100&order=asc", id);
        m->groups[i] = take_list(path);
        snprintf(path, sizeof(path), "/directory_users?directory=%s&limit=100&order=asc", id);
        m->users[i] = take_list(path);
    }
}

static size_t count_events(void)
{
    change("POST", "/_latchkey/events/release", "{}");
    return (size_t)cJSON_GetNumberValue(at(last.json, "count"));
}

static void empty_emulator(void)
{
    cJSON *directories = take_list("/directories?limit=100");
    const cJSON *directory;

    cJSON_ArrayForEach(directory, directories)
    {
        char path[128];

        snprintf(path, sizeof(path), "/_latchkey/directories/%s",
                 cJSON_GetStringValue(at(directory, "id")));
        change("DELETE", path, NULL);
    }
    cJSON_Delete(directories);
    change("POST", "/_latchkey/events/forget", "{\"count\":1000000}");
}

/* ---- Living ---- */

void company_live(company *self, uint64_t seed, unsigned n_directories)
{
    customer customers[COMPANY_MOST] = { 0 };
    unsigned n_changes = n_directories * N_CHANGES;
    int64_t now_ms = 0;
    size_t at_moment = 0;

    assert_true(n_directories <= COMPANY_MOST);
    *self = (company){ .seed = seed, .n_directories = n_directories, .ids_return = seed % 2 == 1 };
    chance_begin(seed);
    empty_emulator();
    for (unsigned i = 0; i < n_directories; i++)
        customers[i] = (customer){ .company = self, .number = i };
    for (unsigned i = 1; i <= n_changes; i++) {
        change_by_chance(&customers[chance_below(n_directories)]);
        if (chance_below(10) == 0)
            pass_time(chance_below(100), &now_ms);
        if (i * COMPANY_MOMENTS / n_changes > at_moment) {
            look(self, customers, &self->moments[at_moment]);
            self->moments[at_moment++].n_events = count_events();
        }
    }
    self->events = calloc(2 * n_changes, sizeof(*self->events));
    assert_non_null(self->events);
    read_events(self);
    assert_int_equal(self->n_events, self->moments[COMPANY_MOMENTS - 1].n_events);
}

void company_clear(company *self)
{
    for (size_t i = 0; i < self->n_events; i++)
        free((char *)self->events[i].event.type);
    free(self->events);
    for (size_t m = 0; m < COMPANY_MOMENTS; m++) {
        cJSON_Delete(self->moments[m].directories);
        for (unsigned i = 0; i < COMPANY_MOST; i++) {
            cJSON_Delete(self->moments[m].groups[i]);
            cJSON_Delete(self->moments[m].users[i]);
        }
    }
    *self = (company){ 0 };
}
