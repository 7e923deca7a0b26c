/* Slow changes, decided by the state's own random numbers: the same seed gives the same changes. */
#include "simulate.h"

#include <string.h>

#include "directory.h"
#include "json.h"
#include "people-names.h"
#include "text.h"

#define FEWEST_PEOPLE 4
#define LARGE_COMPANY 300
#define MOST_PEOPLE   30 /* above what a seed or --people began with, never */

/* One of the directory's records, by chance; NULL when there is none. */
static cJSON *pick_of(emulator_state *self, const records *from, const cJSON *directory)
{
    const char *id = json_text(directory, "id");
    cJSON *chosen = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (!text_equal(json_text(from->items[i], "directory_id"), id))
            continue;
        if (state_random(self, ++seen) == 0)
            chosen = from->items[i];
    }
    return chosen;
}

/* A directory user by chance. In a large company the dice are thrown for a place, not for each. */
static cJSON *pick_person(emulator_state *self, const cJSON *directory)
{
    const char *id = json_text(directory, "id");
    size_t n = roster_positions(self);
    if (n < LARGE_COMPANY)
        return pick_of(self, &self->directory_users, directory);
    for (int tries = 0; tries < 200; tries++) {
        cJSON *user = roster_at(self, (size_t)state_random(self, n));
        if (user && text_equal(json_text(user, "directory_id"), id))
            return user;
        roster_drop(self, user);
    }
    return NULL;
}

static cJSON *first_group(const emulator_state *self, const cJSON *directory)
{
    return records_find_by(&self->directory_groups, "directory_id", json_text(directory, "id"));
}

static bool is_taken(const emulator_state *self, const char *email)
{
    return state_find_user(self, email) || records_find_by(&self->directory_users, "email", email);
}

/* With a number behind the name when it is taken. In a large company everybody gets a number that
 * is used once, rather than being compared with everybody. */
static char *new_email(const emulator_state *self, const cJSON *directory, const char *first,
                       const char *last)
{
    bool is_large = roster_positions(self) >= LARGE_COMPANY;
    for (size_t number = is_large ? events_count(&self->events) : 1;; number++) {
        AUTO_CHARS email = people_email(directory, first, last, number);
        if (is_large || !is_taken(self, email))
            return text_copy(email);
    }
}

void simulate_hire(emulator_state *self, const cJSON *directory)
{
    const char *first = people_first_name(state_random(self, 256)),
               *last = people_last_name(state_random(self, 256));
    AUTO_CHARS email = new_email(self, directory, first, last);
    AUTO_JSON input = json_object();
    cJSON *attributes = json_object();
    json_set_text(attributes, "department_name", people_department(state_random(self, 256)));
    json_set_text(attributes, "job_title", people_title(state_random(self, 256)));
    json_set_text(input, "email", email);
    json_set_text(input, "first_name", first);
    json_set_text(input, "last_name", last);
    json_set(input, "custom_attributes", attributes);
    cJSON *user = directory_user_add(self, directory, input);
    const cJSON *everybody = first_group(self, directory);
    const cJSON *other = pick_of(self, &self->directory_groups, directory);
    if (everybody)
        directory_link(self, user, everybody);
    if (other && other != everybody)
        directory_link(self, user, other);
}

static void change_attribute(emulator_state *self, cJSON *user, const char *name, const char *value)
{
    AUTO_JSON patch = json_object();
    cJSON *attributes = json_object();
    json_set_text(attributes, name, value);
    json_set(patch, "custom_attributes", attributes);
    directory_user_change(self, user, patch);
}

static void change_state(emulator_state *self, cJSON *user, const char *value)
{
    AUTO_JSON patch = json_object();
    json_set_text(patch, "state", value);
    directory_user_change(self, user, patch);
}

static void move_department(emulator_state *self, cJSON *user)
{
    const char *now = json_text(json_get(user, "custom_attributes"), "department_name");
    const char *next = people_department(state_random(self, 256));
    change_attribute(self, user, "department_name", text_equal(now, next) ? "Logistics" : next);
    if (state_random(self, 3) == 0)
        change_attribute(self, user, "job_title", people_title(state_random(self, 256)));
}

static void change_groups(emulator_state *self, const cJSON *directory, cJSON *user)
{
    const cJSON *group = pick_of(self, &self->directory_groups, directory);
    if (group && !directory_unlink(self, user, group))
        directory_link(self, user, group);
}

static void leave(emulator_state *self, cJSON *user)
{
    if (state_find_user(self, json_text(user, "email")))
        change_groups(self, records_find(&self->directories, json_text(user, "directory_id")),
                      user);
    else
        directory_user_remove(self, user);
}

static void change_directory(emulator_state *self, const cJSON *directory)
{
    size_t people = roster_count(self, json_text(directory, "id"), false);
    cJSON *user = pick_person(self, directory);
    uint64_t dice = state_random(self, 100);
    bool is_suspended = text_equal(json_text(user, "state"), "suspended");
    if (!user || people < FEWEST_PEOPLE || (dice < 22 && people < MOST_PEOPLE))
        simulate_hire(self, directory);
    else if (is_suspended && dice < 60)
        change_state(self, user, "active");
    else if (dice < 45)
        move_department(self, user);
    else if (dice < 75)
        change_groups(self, directory, user);
    else if (dice < 82 && !is_suspended && !state_find_user(self, json_text(user, "email")))
        change_state(self, user, "suspended");
    else
        leave(self, user);
}

void simulate_step(emulator_state *self)
{
    const cJSON *active[16];
    size_t n = 0;
    for (size_t i = 0; i < self->directories.count && n < sizeof active / sizeof *active; i++) {
        if (text_equal(json_text(self->directories.items[i], "state"), "active"))
            active[n++] = self->directories.items[i];
    }
    if (n == 0)
        return;
    /* Most of what happens, happens in the first one: that is where newcomers look. */
    uint64_t chosen = state_random(self, 3) ? 0 : state_random(self, n);
    change_directory(self, active[chosen]);
}
