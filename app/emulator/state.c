/* Records, ids and the clock of the emulated environment. */
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "json.h"
#include "text.h"

int64_t state_now(const emulator_state *self)
{
    struct timespec now;
    if (self->frozen_ms)
        return self->frozen_ms;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + self->ahead_ms;
}

/* splitmix64, so that one number repeats a whole run. */
static uint64_t next_random(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

uint64_t state_random(emulator_state *self, uint64_t below)
{
    return below ? next_random(&self->random) % below : 0;
}

bool state_chance(emulator_state *self, double percent)
{
    return (double)(next_random(&self->fault_random) % 10000) < percent * 100;
}

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's base 32 */

void state_write_time(uint64_t ms, char out[11])
{
    for (int i = 0; i < 10; i++)
        out[i] = digits[(ms >> (45 - 5 * i)) & 31];
    out[10] = '\0';
}

bool state_read_time(const char *ulid, uint64_t *out_ms)
{
    uint64_t ms = 0;
    for (int i = 0; i < 10; i++) {
        const char *digit = ulid[i] ? strchr(digits, ulid[i]) : NULL;
        if (!digit)
            return false;
        ms = ms << 5 | (uint64_t)(digit - digits);
    }
    *out_ms = ms;
    return true;
}

/* ULID: 48 bits of time, 80 of chance, in Crockford's base 32; in the same millisecond the tail is
 * counted up, so that ids sort in the order in which they were given. */
void state_new_id(emulator_state *self, const char *prefix, char out[ID_SIZE])
{
    uint64_t now = (uint64_t)state_now(self);
    if (now > self->id_ms) {
        self->id_ms = now;
        self->id_tail[0] =
            next_random(&self->id_random) >> 25; /* 39 bits each, room to count above */
        self->id_tail[1] = next_random(&self->id_random) >> 25;
    } else {
        self->id_tail[1]++;
    }
    char ulid[27] = "";
    state_write_time(self->id_ms, ulid);
    for (int i = 0; i < 16; i++)
        ulid[10 + i] = digits[(self->id_tail[i / 8] >> (35 - 5 * (i % 8))) & 31];
    snprintf(out, ID_SIZE, "%s%s", prefix, ulid);
}

/* FNV-1a */
static size_t hash(const char *id)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (; *id; id++)
        value = (value ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
    return (size_t)(value ^ (value >> 32));
}

/* Where the record of this id is, or would be put. Half of the slots are always empty. */
static size_t slot_of(const records *self, const char *id)
{
    size_t slot = hash(id) & (self->n_slots - 1);
    while (self->slots[slot] && !text_equal(json_text(self->slots[slot], "id"), id))
        slot = (slot + 1) & (self->n_slots - 1);
    return slot;
}

/* Records without an id, which nobody looks up, are in no slot. */
static void put_into_slot(records *self, cJSON *record)
{
    const char *id = json_text(record, "id");
    if (id)
        self->slots[slot_of(self, id)] = record;
}

static void rebuild_slots(records *self)
{
    free(self->slots);
    self->n_slots = self->capacity * 2;
    self->slots = memory_zeroed(self->n_slots * sizeof(cJSON *));
    for (size_t i = 0; i < self->count; i++)
        put_into_slot(self, self->items[i]);
}

void records_add(records *self, cJSON *record)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? self->capacity * 2 : 16;
        self->items = memory_need(realloc(self->items, self->capacity * sizeof(cJSON *)));
        rebuild_slots(self);
    }
    self->items[self->count++] = record;
    put_into_slot(self, record);
}

/* Empties the slot, and moves up those behind it that would not be found across the gap. */
static void empty_slot(records *self, const cJSON *record)
{
    const char *id = json_text(record, "id");
    size_t gap = id ? slot_of(self, id) : 0, mask = self->n_slots - 1;
    if (!id || self->slots[gap] != record)
        return;
    for (size_t at = (gap + 1) & mask; self->slots[at]; at = (at + 1) & mask) {
        size_t home = hash(json_text(self->slots[at], "id")) & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        self->slots[gap] = self->slots[at];
        gap = at;
    }
    self->slots[gap] = NULL;
}

void records_note_gone(records *self, const char *id)
{
    if (self->gone && id)
        json_push_text(self->gone, id);
}

static void remove_at(records *self, size_t index)
{
    empty_slot(self, self->items[index]);
    records_note_gone(self, json_text(self->items[index], "id"));
    cJSON_Delete(self->items[index]);
    self->count--;
    memmove(self->items + index, self->items + index + 1, (self->count - index) * sizeof(cJSON *));
}

void records_remove(records *self, const cJSON *record)
{
    for (size_t i = self->count; i-- > 0;) {
        if (self->items[i] == record) {
            remove_at(self, i);
            return;
        }
    }
}

cJSON *records_find_by(const records *self, const char *key, const char *value)
{
    for (size_t i = 0; i < self->count; i++) {
        if (text_equal(json_text(self->items[i], key), value))
            return self->items[i];
    }
    return NULL;
}

cJSON *records_find(const records *self, const char *id)
{
    return id && self->n_slots ? self->slots[slot_of(self, id)] : NULL;
}

size_t records_index(const records *self, const char *id)
{
    const cJSON *record = records_find(self, id);
    size_t i = record ? 0 : self->count;
    while (i < self->count && self->items[i] != record)
        i++;
    return i;
}

void records_trim(records *self, size_t max)
{
    while (self->count > max)
        remove_at(self, 0);
}

static void records_free(records *self)
{
    for (size_t i = 0; i < self->count; i++)
        cJSON_Delete(self->items[i]);
    free(self->items);
    free(self->slots);
    cJSON_Delete(self->gone);
}

cJSON *record_new(emulator_state *self, const char *object, const char *id, const char *prefix)
{
    char fresh[ID_SIZE];
    cJSON *record = json_object();
    json_set_text(record, "object", object);
    if (!id)
        state_new_id(self, prefix, fresh);
    json_set_text(record, "id", id ? id : fresh);
    json_set_time(record, "created_at", state_now(self));
    json_set_time(record, "updated_at", state_now(self));
    return record;
}

cJSON *record_view(const cJSON *record)
{
    cJSON *view = json_copy(record);
    for (cJSON *member = view->child, *next; member; member = next) {
        next = member->next;
        if (member->string[0] == '_')
            cJSON_Delete(cJSON_DetachItemViaPointer(view, member));
    }
    return view;
}

cJSON *state_find_user(const emulator_state *self, const char *email)
{
    for (size_t i = 0; email && i < self->users.count; i++) {
        if (strcasecmp(json_text(self->users.items[i], "email"), email) == 0)
            return self->users.items[i];
    }
    return NULL;
}

cJSON *state_find_membership(const emulator_state *self, const char *user_id,
                             const char *organization_id)
{
    for (size_t i = 0; i < self->memberships.count; i++) {
        cJSON *membership = self->memberships.items[i];
        if (text_equal(json_text(membership, "user_id"), user_id) &&
            text_equal(json_text(membership, "organization_id"), organization_id) &&
            text_equal(json_text(membership, "status"), "active"))
            return membership;
    }
    return NULL;
}

size_t state_count_memberships(const emulator_state *self, const char *user_id)
{
    size_t count = 0;
    for (size_t i = 0; i < self->memberships.count; i++) {
        count += text_equal(json_text(self->memberships.items[i], "user_id"), user_id) &&
                 text_equal(json_text(self->memberships.items[i], "status"), "active");
    }
    return count;
}

const char *state_organization_name(const emulator_state *self, const char *id)
{
    const char *name = json_text(records_find(&self->organizations, id), "name");
    return name ? name : "";
}

/* Where each kind of records is, and its name in a file. */
static const struct kind {
    const char *name;
    size_t offset;
} kinds[STATE_N_RECORDS] = {
#define KIND(member)                              \
    {                                             \
#member, offsetof(emulator_state, member) \
    }
    KIND(users),           KIND(organizations), KIND(memberships), KIND(roles),
    KIND(connections),     KIND(profiles),      KIND(directories), KIND(directory_groups),
    KIND(directory_users), KIND(links),         KIND(sessions),    KIND(codes),
    KIND(refresh_tokens),  KIND(sso_tokens),    KIND(passes),      KIND(one_time_codes),
    KIND(factors),         KIND(challenges),    KIND(devices),     KIND(invitations),
    KIND(password_resets), KIND(api_keys),      KIND(logouts),     KIND(endpoints),
    KIND(deliveries),
#undef KIND
};

records *state_records(emulator_state *self, size_t which)
{
    return (records *)(void *)((char *)self + kinds[which].offset);
}

const char *state_records_name(size_t which)
{
    return kinds[which].name;
}

emulator_state *state_new(uint64_t random_seed)
{
    emulator_state *self = memory_zeroed(sizeof *self);
    self->keys = keys_new();
    if (!self->keys) {
        state_free(self);
        return NULL;
    }
    self->random = random_seed ? random_seed : keys_number(self->keys);
    self->fault_random = ~self->random;
    self->id_random = keys_number(self->keys);
    return self;
}

bool state_make_key(emulator_state *self)
{
    char key_id[ID_SIZE];
    uint64_t id_ms = self->id_ms;
    state_new_id(self, "sso_oidc_key_pair_", key_id);
    self->id_ms = id_ms; /* a seed's past begins before now */
    return keys_rotate(self->keys, key_id, false);
}

void state_free(emulator_state *self)
{
    if (!self)
        return;
    for (size_t i = 0; i < STATE_N_RECORDS; i++)
        records_free(state_records(self, i));
    records_free(&self->faults);
    records_free(&self->quotas);
    cJSON_Delete(self->more_keys);
    roster_free(&self->crowd);
    event_log_free(&self->events);
    keys_free(self->keys);
    free(self);
}
