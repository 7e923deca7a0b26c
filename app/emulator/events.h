/* The environment's events, oldest first: what GET /events reads. An event may be in the log and
 * not yet be visible, as in production, where an event can appear after a later one was read. */
#ifndef EMULATOR_EVENTS_H
#define EMULATOR_EVENTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SIZE 64

#define EVENTS_MAX 200000 /* older ones leave, as with production's retention */

struct emulator_state;
struct text;

typedef struct event {
    char *id, *type;
    char *organization_id; /* NULL: not of one organization */
    int64_t created_ms;
    char *body; /* the whole event as JSON */
} event;

/* What an event is looked for by; texts until the next change. */
typedef struct event_view {
    char id[ID_SIZE];
    const char *type, *organization_id;
    int64_t created_ms;
} event_view;

typedef struct event_log {
    event *items;
    size_t count, capacity; /* of items */
    size_t crowd_at, n_crowd,
        n_crowd_forgotten; /* events of the crowd stand before items[crowd_at] */
    size_t held_at;        /* while is_held: only this many are visible */
    bool is_held;
    size_t n_unsaved; /* of the newest items: not in a file yet */
    bool is_cut;      /* the oldest have left since then */
} event_log;

/* Appends one. The data is copied. Returns its id, which belongs to the log. */
const char *events_emit(struct emulator_state *state, const char *type, const cJSON *data);

/* A record was changed: marks it as updated, and appends an event with context.previous_attributes,
 * unless it is as before. before: a copy of then. view: what the event shows of the record now. */
void events_emit_update(struct emulator_state *state, const char *type, const cJSON *before,
                        cJSON *record, cJSON *(*view)(const cJSON *record));

/* An event as JSON; free() it. */
char *event_write(const char *id, const char *type, const cJSON *data, int64_t created_ms);

void event_log_add_crowd(event_log *self, size_t count); /* that many, after those that are there */
size_t events_count(const event_log *self);
void events_look(struct emulator_state *state, size_t index, event_view *out);
void events_add_body(struct emulator_state *state, size_t index, struct text *out);
size_t events_visible(const event_log *self);
size_t events_index(struct emulator_state *state, const char *id); /* visible count when absent */
void events_hold(event_log *self, bool hold);
void events_forget(event_log *self, size_t oldest);
void event_log_free(event_log *self);

/* Appends one that was written before; nobody is told. False: it is none, or out of order. */
bool events_restore(event_log *self, const char *id, const char *body);

#endif
