/* The crowd, and everybody together. */
#include "roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory.h"
#include "json.h"
#include "people-names.h"
#include "state.h"
#include "text.h"

#define NUMBER "_number" /* of a person of the crowd */
#define LENT   "_lent"   /* there while nothing is stored of them */

static uint64_t chance(const crowd *self, size_t number)
{
    uint64_t z = self->seed + (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return z ^ (z >> 29);
}

static void make_id(const crowd *self, const char *prefix, size_t number, size_t kind,
                    char out[ID_SIZE])
{
    char time[11];
    state_write_time((uint64_t)self->begin_ms + number, time);
    snprintf(out, ID_SIZE, "%s%s%.15s%c", prefix, time, self->id_tail, (char)('0' + kind));
}

/* The groups that a person is in: the first, and another one by chance. */
static size_t groups_of(const crowd *self, size_t number, const cJSON *out[2])
{
    size_t n = 0;
    if (self->n_groups)
        out[n++] = self->groups[0];
    if (self->n_groups > 1)
        out[n++] = self->groups[1 + (chance(self, number) >> 40) % (self->n_groups - 1)];
    return n;
}

static cJSON *make_person(emulator_state *state, size_t number)
{
    const crowd *self = &state->crowd;
    uint64_t dice = chance(self, number);
    char id[ID_SIZE], idp_id[32];
    AUTO_JSON input = json_object();
    AUTO_CHARS email = people_email(self->directory, people_first_name(dice),
                                    people_last_name(dice >> 8), self->first_number + number);
    cJSON *attributes = json_object();
    make_id(self, "directory_user_", number, 0, id);
    snprintf(idp_id, sizeof idp_id, "00u%09zu", number);
    json_set_text(attributes, "department_name", people_department(dice >> 16));
    json_set_text(attributes, "job_title", people_title(dice >> 24));
    json_set_text(input, "id", id);
    json_set_text(input, "idp_id", idp_id);
    json_set_text(input, "email", email);
    json_set_text(input, "first_name", people_first_name(dice));
    json_set_text(input, "last_name", people_last_name(dice >> 8));
    json_set(input, "custom_attributes", attributes);
    int64_t frozen_ms = state->frozen_ms;
    state->frozen_ms = self->begin_ms + (int64_t)number;
    cJSON *user = directory_user_make(state, self->directory, input);
    state->frozen_ms = frozen_ms;
    json_set_number(user, NUMBER, (double)number);
    return user;
}

static cJSON *lend(emulator_state *state, size_t number)
{
    crowd *self = &state->crowd;
    if (self->kept[number] || self->is_gone[number])
        return self->kept[number];
    if (self->n_lent == self->lent_capacity) {
        self->lent_capacity = self->lent_capacity ? self->lent_capacity * 2 : 128;
        self->lent = memory_need(realloc(self->lent, self->lent_capacity * sizeof(cJSON *)));
    }
    cJSON *user = make_person(state, number);
    json_set_bool(user, LENT, true);
    self->lent[self->n_lent++] = user;
    return user;
}

/* Room for the changes of that many people, and for their events. */
static void make_room(emulator_state *state, size_t count)
{
    crowd *self = &state->crowd;
    self->count = count;
    self->n_events = 1 + (self->n_groups > 1 ? 2 : self->n_groups);
    self->kept = memory_zeroed(count * sizeof *self->kept);
    self->is_gone = memory_zeroed(count * sizeof *self->is_gone);
    event_log_add_crowd(&state->events, count * self->n_events);
}

void roster_add_crowd(emulator_state *state, const cJSON *directory, size_t count, int64_t begin_ms)
{
    crowd *self = &state->crowd;
    char id[ID_SIZE];
    if (self->count || !count)
        return;
    state_new_id(state, "", id);
    memcpy(self->id_tail, id + 10, 15); /* the last place tells their events apart */
    self->directory = json_copy(directory);
    for (size_t i = 0; i < state->directory_groups.count && self->n_groups < CROWD_MAX_GROUPS;
         i++) {
        const cJSON *group = state->directory_groups.items[i];
        if (text_equal(json_text(group, "directory_id"), json_text(directory, "id")))
            self->groups[self->n_groups++] = record_view(group);
    }
    self->n_before = state->directory_users.count;
    self->first_number = self->n_before + 1;
    self->begin_ms = begin_ms;
    self->seed = state_random(state, UINT64_MAX);
    make_room(state, count);
}

cJSON *roster_save(const crowd *self)
{
    cJSON *saved = json_object(), *groups = json_array();
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)self->seed);
    for (size_t i = 0; i < self->n_groups; i++)
        json_push(groups, json_copy(self->groups[i]));
    json_set_copy(saved, "directory", self->directory);
    json_set(saved, "groups", groups);
    json_set_number(saved, "count", (double)self->count);
    json_set_number(saved, "first_number", (double)self->first_number);
    json_set_number(saved, "begin_ms", (double)self->begin_ms);
    json_set_text(saved, "seed", seed);
    json_set_text(saved, "id_tail", self->id_tail);
    return saved;
}

bool roster_restore(emulator_state *state, const cJSON *saved)
{
    crowd *self = &state->crowd;
    const char *seed = json_text(saved, "seed"), *id_tail = json_text(saved, "id_tail");
    double count = json_number(saved, "count", 0);
    const cJSON *group = NULL;
    if (!seed || !id_tail || strlen(id_tail) != 15 || !json_get(saved, "directory") || count < 1 ||
        count > CROWD_MAX || self->count)
        return false;
    cJSON_ArrayForEach(group, json_get(saved, "groups"))
    {
        if (self->n_groups < CROWD_MAX_GROUPS)
            self->groups[self->n_groups++] = json_copy(group);
    }
    self->directory = json_copy(json_get(saved, "directory"));
    self->first_number = (size_t)json_number(saved, "first_number", 1);
    self->begin_ms = (int64_t)json_number(saved, "begin_ms", 0);
    self->seed = strtoull(seed, NULL, 10);
    memcpy(self->id_tail, id_tail, 15);
    make_room(state, (size_t)count);
    return true;
}

bool roster_take_back(emulator_state *state, cJSON *user)
{
    crowd *self = &state->crowd;
    double number = json_number(user, NUMBER, -1);
    if (number < 0 || number >= (double)self->count)
        return false;
    if (self->kept[(size_t)number] || self->is_gone[(size_t)number])
        cJSON_Delete(user);
    else
        self->kept[(size_t)number] = user;
    return true;
}

void roster_free(crowd *self)
{
    for (size_t i = 0; i < self->count; i++)
        cJSON_Delete(self->kept[i]);
    for (size_t i = 0; i < self->n_groups; i++)
        cJSON_Delete(self->groups[i]);
    for (size_t i = 0; i < self->n_lent; i++)
        cJSON_Delete(self->lent[i]);
    cJSON_Delete(self->directory);
    free(self->kept);
    free(self->is_gone);
    free(self->lent);
}

size_t roster_positions(const emulator_state *state)
{
    return state->directory_users.count + state->crowd.count;
}

cJSON *roster_at(emulator_state *state, size_t position)
{
    const crowd *self = &state->crowd;
    if (position < self->n_before || self->count == 0)
        return state->directory_users.items[position];
    position -= self->n_before;
    return position < self->count
               ? lend(state, position)
               : state->directory_users.items[position - self->count + self->n_before];
}

/* The number in the crowd that this id stands for; count when it is none of theirs. */
static size_t number_of(const crowd *self, const char *id)
{
    static const char prefix[] = "directory_user_";
    char right[ID_SIZE];
    uint64_t ms = 0;
    if (!self->count || !text_begins(id, prefix) || !state_read_time(id + sizeof prefix - 1, &ms) ||
        ms < (uint64_t)self->begin_ms || ms - (uint64_t)self->begin_ms >= self->count)
        return self->count;
    size_t number = (size_t)(ms - (uint64_t)self->begin_ms);
    make_id(self, prefix, number, 0, right);
    return strcmp(right, id) == 0 ? number : self->count;
}

size_t roster_position(emulator_state *state, const char *id)
{
    const crowd *self = &state->crowd;
    size_t number = number_of(self, id);
    if (number < self->count)
        return self->is_gone[number] ? roster_positions(state) : self->n_before + number;
    size_t index = records_index(&state->directory_users, id);
    if (index == state->directory_users.count)
        return roster_positions(state);
    return index < self->n_before ? index : index + self->count;
}

cJSON *roster_find(emulator_state *state, const char *id)
{
    size_t number = number_of(&state->crowd, id);
    return number < state->crowd.count ? lend(state, number)
                                       : records_find(&state->directory_users, id);
}

static size_t count_if(const cJSON *user, const char *directory_id, bool only_active)
{
    return user && text_equal(json_text(user, "directory_id"), directory_id) &&
           (!only_active || text_equal(json_text(user, "state"), "active"));
}

size_t roster_count(const emulator_state *state, const char *directory_id, bool only_active)
{
    const crowd *self = &state->crowd;
    bool is_theirs = text_equal(json_text(self->directory, "id"), directory_id);
    size_t count = is_theirs ? self->count - self->n_gone : 0;
    for (size_t i = 0; i < state->directory_users.count; i++)
        count += count_if(state->directory_users.items[i], directory_id, only_active);
    for (size_t i = 0; is_theirs && only_active && i < self->count; i++)
        count -= self->kept[i] && !count_if(self->kept[i], directory_id, true);
    return count;
}

bool roster_is_lent(const cJSON *user)
{
    return json_is_true(user, LENT);
}

bool roster_is_in_group(const emulator_state *state, const cJSON *user, const char *group_id)
{
    const cJSON *groups[2];
    size_t n = groups_of(&state->crowd, (size_t)json_number(user, NUMBER, 0), groups);
    bool is_in = false;
    for (size_t i = 0; i < n; i++)
        is_in = is_in || text_equal(json_text(groups[i], "id"), group_id);
    /* A group that is gone has no members, however they were made. */
    return is_in && records_find(&state->directory_groups, group_id);
}

static void end_loan(crowd *self, const cJSON *user)
{
    size_t at = self->n_lent;
    while (at > 0 && self->lent[at - 1] != user)
        at--;
    if (at == 0)
        return;
    memmove(self->lent + at - 1, self->lent + at, (self->n_lent - at) * sizeof(cJSON *));
    self->n_lent--;
}

void roster_keep(emulator_state *state, cJSON *user)
{
    const cJSON *groups[2];
    if (!roster_is_lent(user))
        return;
    size_t number = (size_t)json_number(user, NUMBER, 0);
    size_t n = groups_of(&state->crowd, number, groups);
    end_loan(&state->crowd, user);
    cJSON_DeleteItemFromObjectCaseSensitive(user, LENT);
    state->crowd.kept[number] = user;
    for (size_t i = 0; i < n; i++) {
        if (records_find(&state->directory_groups, json_text(groups[i], "id")))
            directory_add_link(state, user, groups[i]);
    }
}

void roster_remove(emulator_state *state, cJSON *user)
{
    crowd *self = &state->crowd;
    size_t number = (size_t)json_number(user, NUMBER, (double)self->count);
    if (number < self->count) {
        end_loan(self, user);
        records_note_gone(&state->directory_users,
                          self->kept[number] ? json_text(user, "id") : NULL);
        self->kept[number] = NULL;
        self->is_gone[number] = true;
        self->n_gone++;
        cJSON_Delete(user);
        return;
    }
    if (records_index(&state->directory_users, json_text(user, "id")) < self->n_before)
        self->n_before--;
    records_remove(&state->directory_users, user);
}

void roster_remove_all(emulator_state *state, const char *directory_id)
{
    for (size_t i = roster_positions(state); i-- > 0;) {
        size_t number = i - state->crowd.n_before;
        bool is_made = state->crowd.count && i >= state->crowd.n_before &&
                       number < state->crowd.count && !state->crowd.kept[number];
        if (is_made) { /* nothing is stored that could be removed */
            bool is_theirs = text_equal(json_text(state->crowd.directory, "id"), directory_id);
            state->crowd.n_gone += is_theirs && !state->crowd.is_gone[number];
            state->crowd.is_gone[number] = state->crowd.is_gone[number] || is_theirs;
            continue;
        }
        cJSON *user = roster_at(state, i);
        if (text_equal(json_text(user, "directory_id"), directory_id))
            roster_remove(state, user);
    }
}

void roster_drop(emulator_state *state, const cJSON *user)
{
    crowd *self = &state->crowd;
    if (self->n_lent && self->lent[self->n_lent - 1] == user)
        cJSON_Delete(self->lent[--self->n_lent]);
}

void roster_release(emulator_state *state)
{
    while (state->crowd.n_lent)
        cJSON_Delete(state->crowd.lent[--state->crowd.n_lent]);
}

void roster_event(emulator_state *state, size_t number, event_view *out)
{
    const crowd *self = &state->crowd;
    size_t person = number / self->n_events, kind = number % self->n_events;
    make_id(self, "event_", person, kind, out->id);
    out->type = kind ? "dsync.group.user_added" : "dsync.user.created";
    out->organization_id = json_text(self->directory, "organization_id");
    out->created_ms = self->begin_ms + (int64_t)person;
}

char *roster_event_body(emulator_state *state, size_t number)
{
    const crowd *self = &state->crowd;
    size_t person = number / self->n_events, kind = number % self->n_events;
    const cJSON *groups[2];
    event_view head;
    roster_event(state, number, &head);
    AUTO_JSON user = make_person(state, person);
    cJSON_DeleteItemFromObjectCaseSensitive(user, NUMBER);
    groups_of(self, person, groups);
    if (kind == 0)
        return event_write(head.id, head.type, user, head.created_ms);
    AUTO_JSON data = json_object();
    json_set_text(data, "directory_id", json_text(user, "directory_id"));
    json_set_copy(data, "user", user);
    json_set_copy(data, "group", groups[kind - 1]);
    return event_write(head.id, head.type, data, head.created_ms);
}
