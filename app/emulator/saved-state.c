/* What of the state is in the file, and how it comes back. */
#include "saved-state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"

#define SETTING "setting" /* the kind of rows that are there once: world, keys, crowd, gone */
#define EVENT   "event"

struct saved_state {
    archive *file;
    emulator_state *state;
    char *world, *key_id; /* as written last; NULL: never */
    size_t n_gone;        /* of the crowd, as written last */
    bool has_crowd;
};

saved_state *saved_state_new(archive *file, emulator_state *state)
{
    saved_state *self = memory_zeroed(sizeof *self);
    *self = (saved_state){ .file = file, .state = state };
    for (size_t i = 0; i < STATE_N_RECORDS; i++)
        state_records(state, i)->gone = json_array();
    return self;
}

void saved_state_free(saved_state *self)
{
    if (!self)
        return;
    archive_close(self->file);
    free(self->world);
    free(self->key_id);
    free(self);
}

/* Numbers of 64 bits do not fit into those of JSON. */
static void set_number(cJSON *object, const char *name, uint64_t number)
{
    char written[24];
    snprintf(written, sizeof written, "%llu", (unsigned long long)number);
    json_set_text(object, name, written);
}

static uint64_t get_number(const cJSON *object, const char *name)
{
    const char *written = json_text(object, name);
    return written ? strtoull(written, NULL, 10) : 0;
}

static char *write_world(const emulator_state *state)
{
    AUTO_JSON world = json_object();
    set_number(world, "random", state->random);
    set_number(world, "id_random", state->id_random);
    set_number(world, "id_ms", state->id_ms);
    set_number(world, "id_tail_high", state->id_tail[0]);
    set_number(world, "id_tail_low", state->id_tail[1]);
    json_set_number(world, "ahead_ms", (double)state->ahead_ms);
    json_set_number(world, "crowd_at", (double)state->events.crowd_at);
    json_set_number(world, "crowd_forgotten", (double)state->events.n_crowd_forgotten);
    json_set_number(world, "before_crowd", (double)state->crowd.n_before);
    json_set_copy(world, "api_keys", state->more_keys);
    return json_print(world);
}

static void read_world(emulator_state *state, const cJSON *world)
{
    state->random = get_number(world, "random");
    state->id_random = get_number(world, "id_random");
    state->id_ms = get_number(world, "id_ms");
    state->id_tail[0] = get_number(world, "id_tail_high");
    state->id_tail[1] = get_number(world, "id_tail_low");
    state->ahead_ms = (int64_t)json_number(world, "ahead_ms", 0);
    state->more_keys = json_copy(json_get(world, "api_keys"));
}

/* The places of the crowd that are empty now, in hexadecimal, four to a digit. */
static char *write_gone(const crowd *them)
{
    AUTO_TEXT written = { 0 };
    text_add(&written, "");
    for (size_t i = 0; i < them->count; i += 4) {
        unsigned four = 0;
        for (size_t j = 0; j < 4; j++)
            four |= (unsigned)(i + j < them->count && them->is_gone[i + j]) << j;
        text_add_bytes(&written, &"0123456789abcdef"[four], 1);
    }
    return text_copy(written.bytes);
}

static bool read_gone(crowd *them, const char *written)
{
    for (size_t i = 0; written && i < them->count; i++) {
        char digit[2] = { written[i / 4] };
        char *end = digit;
        them->is_gone[i] = strtoul(digit, &end, 16) >> (i % 4) & 1;
        them->n_gone += them->is_gone[i];
        if (end == digit)
            return false;
    }
    return true;
}

static bool put_record(saved_state *self, const char *kind, const cJSON *record)
{
    AUTO_CHARS body = json_print(record);
    return archive_put(self->file, kind, json_text(record, "id"), body);
}

static bool write_records(saved_state *self, size_t which)
{
    const records *from = state_records(self->state, which);
    const char *kind = state_records_name(which);
    const cJSON *id = NULL;
    cJSON_ArrayForEach(id, from->gone)
    {
        if (!archive_remove(self->file, kind, id->valuestring))
            return false;
    }
    for (size_t i = 0; i < from->count; i++) {
        if (json_is_marked(from->items[i]) && !put_record(self, kind, from->items[i]))
            return false;
    }
    return true;
}

static bool write_crowd(saved_state *self)
{
    const crowd *them = &self->state->crowd;
    if (them->count && !self->has_crowd) {
        AUTO_JSON saved = roster_save(them);
        AUTO_CHARS body = json_print(saved);
        if (!archive_put(self->file, SETTING, "crowd", body))
            return false;
    }
    if (them->n_gone != self->n_gone) {
        AUTO_CHARS gone = write_gone(them);
        if (!archive_put(self->file, SETTING, "gone", gone))
            return false;
    }
    for (size_t i = 0; i < them->count; i++) {
        if (them->kept[i] && json_is_marked(them->kept[i]) &&
            !put_record(self, "directory_users", them->kept[i]))
            return false;
    }
    return true;
}

static bool write_events(saved_state *self)
{
    const event_log *log = &self->state->events;
    /* "~" sorts behind every id: none is left. */
    if (log->is_cut &&
        !archive_remove_before(self->file, EVENT, log->count ? log->items[0].id : "~"))
        return false;
    for (size_t i = log->count - log->n_unsaved; i < log->count; i++) {
        if (!archive_put(self->file, EVENT, log->items[i].id, log->items[i].body))
            return false;
    }
    return true;
}

static bool write_keys(saved_state *self)
{
    if (text_equal(self->key_id, keys_id(self->state->keys)))
        return true;
    AUTO_JSON saved = keys_save(self->state->keys);
    AUTO_CHARS body = json_print(saved);
    return archive_put(self->file, SETTING, "keys", body);
}

static bool write_all(saved_state *self, const char *world)
{
    for (size_t i = 0; i < STATE_N_RECORDS; i++) {
        if (!write_records(self, i))
            return false;
    }
    bool is_same = text_equal(world, self->world);
    return write_crowd(self) && write_events(self) && write_keys(self) &&
           (is_same || archive_put(self->file, SETTING, "world", world)) &&
           archive_commit(self->file);
}

/* From now on only what is touched again is written again. */
static void unmark(saved_state *self)
{
    emulator_state *state = self->state;
    for (size_t i = 0; i < STATE_N_RECORDS; i++) {
        records *from = state_records(state, i);
        for (size_t j = 0; j < from->count; j++)
            json_unmark(from->items[j]);
        if (from->gone->child) {
            cJSON_Delete(from->gone);
            from->gone = json_array();
        }
    }
    for (size_t i = 0; i < state->crowd.count; i++) {
        if (state->crowd.kept[i])
            json_unmark(state->crowd.kept[i]);
    }
    state->events.n_unsaved = 0;
    state->events.is_cut = false;
    self->has_crowd = state->crowd.count > 0;
    self->n_gone = state->crowd.n_gone;
    if (text_equal(self->key_id, keys_id(state->keys)))
        return;
    free(self->key_id);
    self->key_id = text_copy(keys_id(state->keys));
}

bool saved_state_write(saved_state *self, char error[EMULATOR_ERROR_SIZE])
{
    char *world = write_world(self->state);
    if (!write_all(self, world)) {
        snprintf(error, EMULATOR_ERROR_SIZE, "%s", archive_complaint(self->file));
        archive_undo(self->file);
        free(world);
        return false;
    }
    free(self->world);
    self->world = world;
    unmark(self);
    return true;
}

static bool take_setting(void *self_, const char *id, const char *body)
{
    saved_state *self = self_;
    emulator_state *state = self->state;
    if (text_equal(id, "gone"))
        return read_gone(&state->crowd, body);
    AUTO_JSON saved = json_parse(body, strlen(body));
    if (text_equal(id, "keys") && saved)
        return keys_restore(state->keys, saved);
    if (text_equal(id, "crowd") && saved)
        return roster_restore(state, saved);
    if (!text_equal(id, "world") || !saved)
        return false;
    free(self->world);
    self->world = text_copy(body);
    return true;
}

/* Where a row of this kind goes. */
typedef struct shelf {
    emulator_state *state;
    records *to;
} shelf;

static bool take_record(void *shelf_, const char *id, const char *body)
{
    const shelf *self = shelf_;
    cJSON *record = json_parse(body, strlen(body));
    if (!cJSON_IsObject(record) || !text_equal(json_text(record, "id"), id)) {
        cJSON_Delete(record);
        return false;
    }
    if (self->to != &self->state->directory_users || !roster_take_back(self->state, record))
        records_add(self->to, record);
    return true;
}

static bool take_event(void *self_, const char *id, const char *body)
{
    const saved_state *self = self_;
    return events_restore(&self->state->events, id, body);
}

/* What only fits when the rest is there. */
static bool finish(saved_state *self)
{
    emulator_state *state = self->state;
    AUTO_JSON world = self->world ? json_parse(self->world, strlen(self->world)) : NULL;
    double crowd_at = json_number(world, "crowd_at", 0);
    double forgotten = json_number(world, "crowd_forgotten", 0);
    double before = json_number(world, "before_crowd", 0);
    if (!world || !keys_id(state->keys) || crowd_at > (double)state->events.count ||
        forgotten > (double)state->events.n_crowd || before > (double)state->directory_users.count)
        return false;
    read_world(state, world);
    state->events.crowd_at = (size_t)crowd_at;
    state->events.n_crowd_forgotten = (size_t)forgotten;
    state->crowd.n_before = (size_t)before;
    return true;
}

bool saved_state_read(saved_state *self, char error[EMULATOR_ERROR_SIZE])
{
    bool is_read = archive_each(self->file, SETTING, take_setting, self);
    for (size_t i = 0; is_read && i < STATE_N_RECORDS; i++) {
        shelf to = { .state = self->state, .to = state_records(self->state, i) };
        is_read = archive_each(self->file, state_records_name(i), take_record, &to);
    }
    is_read = is_read && archive_each(self->file, EVENT, take_event, self);
    if (!is_read) {
        snprintf(error, EMULATOR_ERROR_SIZE, "%s", archive_complaint(self->file));
        return false;
    }
    if (!finish(self)) {
        snprintf(error, EMULATOR_ERROR_SIZE,
                 "the state is damaged: parts of it do not fit together; remove the file to begin "
                 "anew, or bring back a copy");
        return false;
    }
    unmark(self);
    return true;
}
