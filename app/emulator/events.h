/* The environment's events, oldest first: what GET /events reads. An event may be in the log and
 * not yet be visible, as in production, where an event can appear after a later one was read. */
#ifndef EMULATOR_EVENTS_H
#define EMULATOR_EVENTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENTS_MAX 200000 /* older ones leave, as with production's retention */

struct emulator_state;

typedef struct event {
    char *id, *type;
    char *organization_id; /* NULL: not of one organization */
    int64_t created_ms;
    char *body; /* the whole event as JSON */
} event;

typedef struct event_log {
    event *items;
    size_t count, capacity;
    size_t held_at; /* while is_held: only this many are visible */
    bool is_held;
} event_log;

/* Appends one. The data is copied. Returns its id, which belongs to the log. */
const char *events_emit(struct emulator_state *state, const char *type, const cJSON *data);

size_t events_visible(const event_log *self);
size_t events_index(const event_log *self, const char *id); /* visible count when absent */
void events_hold(event_log *self, bool hold);
void events_forget(event_log *self, size_t oldest);
void event_log_free(event_log *self);

#endif
