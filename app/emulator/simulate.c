/* Slow changes, decided by the state's own random numbers: the same seed gives the same changes. */
#include "simulate.h"

#include <ctype.h>
#include <string.h>

#include "directory.h"
#include "json.h"
#include "text.h"

#define FEWEST_PEOPLE 4
#define LARGE_COMPANY 300
#define MOST_PEOPLE   30 /* above what a seed or --people began with, never */

static const char *const first_names[] = {
    "Ada",   "Bilal", "Carla", "Dmitri", "Esra",  "Finn",   "Grace",  "Hugo",    "Ivana",
    "Jamal", "Keiko", "Liam",  "Maren",  "Nadia", "Oskar",  "Priya",  "Quentin", "Rosa",
    "Sven",  "Talia", "Uma",   "Viktor", "Wanda", "Xavier", "Yasmin", "Zoltan",
};
static const char *const last_names[] = {
    "Abara",  "Brandt", "Costa",  "Duval",  "Eriksen", "Farah",  "Greco",  "Hansen", "Ito",
    "Jansen", "Kaya",   "Lopes",  "Moreau", "Novak",   "Okafor", "Petrov", "Quist",  "Rossi",
    "Silva",  "Tanaka", "Urbina", "Vogel",  "Weiss",   "Yilmaz", "Zhang",
};
static const char *const departments[] = { "Design", "Workshop", "Sales", "Office", "Logistics" };
static const char *const titles[] = { "Apprentice", "Carpenter", "Planner", "Buyer",
                                      "Engineer",   "Team lead", "Clerk",   "Driver" };

#define PICK(self, list) (list)[state_random((self), sizeof(list) / sizeof *(list))]

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

static size_t count_of(const records *from, const cJSON *directory)
{
    size_t count = 0;
    for (size_t i = 0; i < from->count; i++)
        count += text_equal(json_text(from->items[i], "directory_id"), json_text(directory, "id"));
    return count;
}

static cJSON *first_group(const emulator_state *self, const cJSON *directory)
{
    return records_find_by(&self->directory_groups, "directory_id", json_text(directory, "id"));
}

static void add_lower(text *out, const char *name)
{
    for (; *name; name++)
        text_add_bytes(out, &(char){ (char)tolower((unsigned char)*name) }, 1);
}

static bool is_taken(const emulator_state *self, const char *email)
{
    return state_find_user(self, email) || records_find_by(&self->directory_users, "email", email);
}

/* name@domain of the organization; with a number behind the name when it is taken. In a large
 * company everybody gets a number, rather than being compared with everybody. */
static char *new_email(const emulator_state *self, const cJSON *directory, const char *first,
                       const char *last)
{
    const cJSON *domain = cJSON_GetArrayItem(json_get(directory, "domains"), 0);
    const char *host = json_text(domain, "domain");
    bool is_large = self->directory_users.count >= LARGE_COMPANY;
    for (size_t number = is_large ? self->directory_users.count : 1;; number++) {
        AUTO_TEXT email = { 0 };
        add_lower(&email, first);
        text_add(&email, ".");
        add_lower(&email, last);
        if (number > 1)
            text_print(&email, "%zu", number);
        text_print(&email, "@%s", host ? host : "company.example");
        if (is_large || !is_taken(self, email.bytes))
            return text_copy(email.bytes);
    }
}

void simulate_hire(emulator_state *self, const cJSON *directory)
{
    const char *first = PICK(self, first_names), *last = PICK(self, last_names);
    AUTO_CHARS email = new_email(self, directory, first, last);
    AUTO_JSON input = json_object();
    cJSON *attributes = json_object();
    json_set_text(attributes, "department_name", PICK(self, departments));
    json_set_text(attributes, "job_title", PICK(self, titles));
    json_set_text(input, "email", email);
    json_set_text(input, "first_name", first);
    json_set_text(input, "last_name", last);
    json_set(input, "custom_attributes", attributes);
    const cJSON *user = directory_user_add(self, directory, input);
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
    const char *next = PICK(self, departments);
    change_attribute(self, user, "department_name", text_equal(now, next) ? "Logistics" : next);
    if (state_random(self, 3) == 0)
        change_attribute(self, user, "job_title", PICK(self, titles));
}

static void change_groups(emulator_state *self, const cJSON *directory, const cJSON *user)
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
    size_t people = count_of(&self->directory_users, directory);
    cJSON *user = pick_of(self, &self->directory_users, directory);
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
