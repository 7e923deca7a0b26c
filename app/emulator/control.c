/* The control API under /_latchkey/: what a test needs to move the emulated world. JSON only. */
#include <string.h>

#include "directory.h"
#include "handlers.h"
#include "json.h"
#include "shape.h"
#include "simulate.h"

#define MAX_STEPS    100000
#define MAX_AHEAD_MS (INT64_C(100) * 365 * 24 * 60 * 60 * 1000)

static const member add_directory_members[] = {
    { .name = "id", .kind = ID },
    { .name = "name", .kind = TEXT, .is_required = true },
    { .name = "organization_id", .kind = TEXT, .is_required = true },
    { .name = "type", .kind = TEXT },
    { .name = "state", .kind = TEXT, .choices = "active|inactive|validating|invalid_credentials" },
};
static const member change_directory_members[] = {
    { .name = "name", .kind = TEXT },
    { .name = "type", .kind = TEXT },
    { .name = "state",
      .kind = TEXT,
      .choices = "active|inactive|validating|invalid_credentials|deleting" },
};
static const member user_members[] = {
    { .name = "id", .kind = ID },
    { .name = "idp_id", .kind = TEXT },
    { .name = "email", .kind = MAYBE },
    { .name = "first_name", .kind = MAYBE },
    { .name = "last_name", .kind = MAYBE },
    { .name = "state", .kind = TEXT, .choices = "active|suspended|inactive" },
    { .name = "custom_attributes", .kind = OBJECT },
    { .name = "role", .kind = TEXT },
};
static const member group_members[] = {
    { .name = "id", .kind = ID },
    { .name = "idp_id", .kind = TEXT },
    { .name = "name", .kind = TEXT },
};
static const member member_members[] = {
    { .name = "user_id", .kind = TEXT, .is_required = true },
};
static const member emit_members[] = {
    { .name = "event", .kind = TEXT, .is_required = true },
    { .name = "data", .kind = OBJECT, .is_required = true },
};
static const member count_members[] = {
    { .name = "count", .kind = NUMBER },
};

static const member clock_members[] = {
    { .name = "advance_s", .kind = NUMBER },
    { .name = "set", .kind = TEXT },
};

/* The body, fitting the table; NULL: answered with an error. */
static cJSON *read_body(exchange *self, const member *members, size_t n_members)
{
    char error[EMULATOR_ERROR_SIZE] = "";
    cJSON *body = self->body_len ? json_parse(self->body, self->body_len) : json_object();
    if (body && shape_fits(body, "the body", members, n_members, error, sizeof error))
        return body;
    answer_error(self, 400, "bad_request", body ? error : "the body must be a JSON object");
    cJSON_Delete(body);
    return NULL;
}

#define READ_BODY(self, members) read_body((self), (members), sizeof(members) / sizeof *(members))

static cJSON *find(exchange *self, const records *from, const char *id, const char *what)
{
    cJSON *record = records_find(from, id);
    if (!record)
        answer_missing(self, what, id);
    return record;
}

static cJSON *find_user(exchange *self, const char *id)
{
    cJSON *user = roster_find(self->state, id);
    if (!user)
        answer_missing(self, "Directory User", id);
    return user;
}

static bool is_new(exchange *self, const records *among, const cJSON *body)
{
    if (!records_find(among, json_text(body, "id")))
        return true;
    answer_error(self, 409, "conflict", "there is one with this id already");
    return false;
}

void handle_control_add_directory(exchange *self)
{
    AUTO_JSON body = READ_BODY(self, add_directory_members);
    const char *organization_id = json_text(body, "organization_id");
    if (body && is_new(self, &self->state->directories, body) &&
        find(self, &self->state->organizations, organization_id, "Organization"))
        answer_record(self, 201, directory_add(self->state, organization_id, body));
}

void handle_control_change_directory(exchange *self)
{
    cJSON *directory = find(self, &self->state->directories, self->params[0], "Directory");
    AUTO_JSON body = directory ? READ_BODY(self, change_directory_members) : NULL;
    if (!body)
        return;
    directory_change(self->state, directory, body);
    answer_record(self, 200, directory);
}

void handle_control_remove_directory(exchange *self)
{
    cJSON *directory = find(self, &self->state->directories, self->params[0], "Directory");
    if (!directory)
        return;
    directory_remove(self->state, directory);
    answer_nothing(self, 204);
}

void handle_control_add_user(exchange *self)
{
    const cJSON *directory = find(self, &self->state->directories, self->params[0], "Directory");
    AUTO_JSON body = directory ? READ_BODY(self, user_members) : NULL;
    if (body && roster_find(self->state, json_text(body, "id")))
        answer_error(self, 409, "conflict", "there is one with this id already");
    else if (body)
        answer_record(self, 201, directory_user_add(self->state, directory, body));
}

void handle_control_change_user(exchange *self)
{
    cJSON *user = find_user(self, self->params[0]);
    AUTO_JSON body = user ? READ_BODY(self, user_members) : NULL;
    if (!body)
        return;
    directory_user_change(self->state, user, body);
    answer_record(self, 200, user);
}

void handle_control_remove_user(exchange *self)
{
    cJSON *user = find_user(self, self->params[0]);
    if (!user)
        return;
    directory_user_remove(self->state, user);
    answer_nothing(self, 204);
}

void handle_control_add_group(exchange *self)
{
    const cJSON *directory = find(self, &self->state->directories, self->params[0], "Directory");
    AUTO_JSON body = directory ? READ_BODY(self, group_members) : NULL;
    if (body && is_new(self, &self->state->directory_groups, body))
        answer_record(self, 201, directory_group_add(self->state, directory, body));
}

void handle_control_change_group(exchange *self)
{
    cJSON *group = find(self, &self->state->directory_groups, self->params[0], "Directory Group");
    AUTO_JSON body = group ? READ_BODY(self, group_members) : NULL;
    if (!body)
        return;
    directory_group_change(self->state, group, body);
    answer_record(self, 200, group);
}

void handle_control_remove_group(exchange *self)
{
    cJSON *group = find(self, &self->state->directory_groups, self->params[0], "Directory Group");
    if (!group)
        return;
    directory_group_remove(self->state, group);
    answer_nothing(self, 204);
}

/* The user of this id, in the group's directory. NULL: answered with an error. */
static cJSON *find_member(exchange *self, const cJSON *group, const char *user_id)
{
    cJSON *user = find_user(self, user_id);
    if (!user || text_equal(json_text(user, "directory_id"), json_text(group, "directory_id")))
        return user;
    answer_error(self, 400, "bad_request", "the user and the group are of different directories");
    return NULL;
}

void handle_control_add_member(exchange *self)
{
    const cJSON *group =
        find(self, &self->state->directory_groups, self->params[0], "Directory Group");
    AUTO_JSON body = group ? READ_BODY(self, member_members) : NULL;
    cJSON *user = body ? find_member(self, group, json_text(body, "user_id")) : NULL;
    if (user)
        answer_nothing(self, directory_link(self->state, user, group) ? 201 : 200);
}

void handle_control_remove_member(exchange *self)
{
    const cJSON *group =
        find(self, &self->state->directory_groups, self->params[0], "Directory Group");
    cJSON *user = group ? find_member(self, group, self->params[1]) : NULL;
    if (!user)
        return;
    if (directory_unlink(self->state, user, group))
        answer_nothing(self, 204);
    else
        answer_missing(self, "Member", self->params[1]);
}

static void answer_events(exchange *self)
{
    const event_log *log = &self->state->events;
    size_t count = events_count(log);
    event_view latest = { 0 };
    if (count)
        events_look(self->state, count - 1, &latest);
    AUTO_JSON body = json_object();
    json_set_number(body, "count", (double)count);
    json_set_number(body, "visible", (double)events_visible(log));
    json_set_bool(body, "is_held", log->is_held);
    json_set_text(body, "last", count ? latest.id : NULL);
    answer_json(self, 200, body);
}

void handle_control_hold(exchange *self)
{
    events_hold(&self->state->events, true);
    answer_events(self);
}

void handle_control_release(exchange *self)
{
    events_hold(&self->state->events, false);
    answer_events(self);
}

void handle_control_forget(exchange *self)
{
    AUTO_JSON body = READ_BODY(self, count_members);
    if (!body)
        return;
    events_forget(&self->state->events, (size_t)json_number(body, "count", 0));
    answer_events(self);
}

void handle_control_emit(exchange *self)
{
    AUTO_JSON body = READ_BODY(self, emit_members);
    if (!body)
        return;
    events_emit(self->state, json_text(body, "event"), json_get(body, "data"));
    answer_events(self);
}

void handle_control_simulate(exchange *self)
{
    AUTO_JSON body = READ_BODY(self, count_members);
    double count = json_number(body, "count", 1);
    if (!body)
        return;
    for (int i = 0; i < MAX_STEPS && i < count; i++)
        simulate_step(self->state);
    answer_events(self);
}

/* Time passes, or jumps: codes, tokens and the grace of refresh tokens run out. "set" may go back,
 * as the clock of a wrong server; ids and the order of events do not. */
void handle_control_clock(exchange *self)
{
    AUTO_JSON body = READ_BODY(self, clock_members);
    const char *set = json_text(body, "set");
    int64_t wanted_ms = 0, ahead_ms = self->state->ahead_ms;
    if (!body)
        return;
    if (set && !text_parse_time(set, &wanted_ms)) {
        answer_error(self, 400, "bad_request", "set must be a time such as 2033-05-18T03:33:20Z");
        return;
    }
    if (set)
        ahead_ms += wanted_ms - state_now(self->state);
    ahead_ms += (int64_t)json_number(body, "advance_s", 0) * 1000;
    self->state->ahead_ms = ahead_ms < MAX_AHEAD_MS ? ahead_ms : MAX_AHEAD_MS;
    AUTO_JSON answer = json_object();
    json_set_time(answer, "now", state_now(self->state));
    answer_json(self, 200, answer);
}

/* As after a leak, or on schedule: tokens are signed with a new key; drop_old takes the old one out
 * of the set at once. */
void handle_control_rotate(exchange *self)
{
    static const member members[] = { { .name = "drop_old", .kind = FLAG } };
    AUTO_JSON body = READ_BODY(self, members);
    char key_id[ID_SIZE];
    if (!body)
        return;
    state_new_id(self->state, "sso_oidc_key_pair_", key_id);
    if (!keys_rotate(self->state->keys, key_id, !json_is_true(body, "drop_old"))) {
        answer_error(self, 500, "server_error", "the signing key could not be made");
        return;
    }
    AUTO_JSON set = keys_set(self->state->keys);
    answer_json(self, 200, set);
}

static cJSON *group_with_members(emulator_state *self, const cJSON *group)
{
    cJSON *view = record_view(group), *members = json_array();
    for (size_t i = 0; i < self->links.count; i++) {
        if (text_equal(json_text(self->links.items[i], "group_id"), json_text(group, "id")))
            json_push_text(members, json_text(self->links.items[i], "user_id"));
    }
    for (size_t i = 0; self->crowd.count && i < roster_positions(self); i++) {
        const cJSON *user = roster_at(self, i);
        if (user && roster_is_lent(user) && directory_is_linked(self, user, group))
            json_push_text(members, json_text(user, "id"));
        roster_drop(self, user);
    }
    json_set(view, "members", members);
    return view;
}

/* The whole truth, in creation order, for a test to compare with. */
void handle_control_state(exchange *self)
{
    const emulator_state *state = self->state;
    const struct {
        const char *name;
        const records *from;
    } plain[] = { { "users", &state->users },
                  { "organizations", &state->organizations },
                  { "roles", &state->roles },
                  { "memberships", &state->memberships },
                  { "connections", &state->connections },
                  { "profiles", &state->profiles },
                  { "sessions", &state->sessions },
                  { "directories", &state->directories } };
    AUTO_JSON body = json_object();
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        cJSON *list = json_array();
        for (size_t j = 0; j < plain[i].from->count; j++)
            json_push(list, record_view(plain[i].from->items[j]));
        json_set(body, plain[i].name, list);
    }
    cJSON *groups = json_array(), *events = json_array(), *people = json_array();
    for (size_t i = 0; i < roster_positions(state); i++) {
        cJSON *user = roster_at(self->state, i);
        if (user)
            json_push(people, record_view(user));
        roster_drop(self->state, user);
    }
    json_set(body, "directory_users", people);
    for (size_t i = 0; i < state->directory_groups.count; i++)
        json_push(groups, group_with_members(self->state, state->directory_groups.items[i]));
    for (size_t i = 0; i < events_count(&state->events); i++) {
        event_view item;
        events_look(self->state, i, &item);
        json_push_text(events, item.id);
    }
    json_set(body, "directory_groups", groups);
    json_set(body, "event_ids", events);
    json_set_number(body, "visible_events", (double)events_visible(&state->events));
    answer_json(self, 200, body);
}
