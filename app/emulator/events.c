/* The log of events. */
#include "events.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "state.h"
#include "text.h"

static void free_event(event *item)
{
    free(item->id);
    free(item->type);
    free(item->organization_id);
    free(item->body);
}

/* Membership events carry the organization in the user; an organization's own events are its own.
 */
static const char *organization_of(const char *type, const cJSON *data)
{
    const char *id = json_text(data, "organization_id");
    if (id)
        return id;
    if (text_begins(type, "organization.") || text_begins(type, "organization_domain."))
        return json_text(data, "id");
    return json_text(json_get(data, "user"), "organization_id");
}

static char *event_body(const char *id, const char *type, const cJSON *data, int64_t created_ms)
{
    AUTO_JSON body = json_object();
    json_set_text(body, "object", "event");
    json_set_text(body, "id", id);
    json_set_text(body, "event", type);
    json_set_copy(body, "data", data);
    json_set_time(body, "created_at", created_ms);
    json_set(body, "context", json_object());
    return json_print(body);
}

const char *events_emit(struct emulator_state *state, const char *type, const cJSON *data)
{
    event_log *self = &state->events;
    char id[ID_SIZE];
    if (self->count == EVENTS_MAX)
        events_forget(self, EVENTS_MAX / 10);
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? self->capacity * 2 : 64;
        self->items = memory_need(realloc(self->items, self->capacity * sizeof *self->items));
    }
    state_new_id(state, "event_", id);
    self->items[self->count] = (event){
        .id = text_copy(id),
        .type = text_copy(type),
        .organization_id = text_copy(organization_of(type, data)),
        .created_ms = (int64_t)state->id_ms,
        .body = event_body(id, type, data, (int64_t)state->id_ms),
    };
    return self->items[self->count++].id;
}

size_t events_visible(const event_log *self)
{
    return self->is_held ? self->held_at : self->count;
}

static int compare_id(const void *id, const void *item)
{
    return strcmp(id, ((const event *)item)->id);
}

size_t events_index(const event_log *self, const char *id)
{
    size_t visible = events_visible(self);
    const event *found =
        visible ? bsearch(id, self->items, visible, sizeof *self->items, compare_id) : NULL;
    return found ? (size_t)(found - self->items) : visible;
}

void events_hold(event_log *self, bool hold)
{
    if (hold && !self->is_held)
        self->held_at = self->count;
    self->is_held = hold;
}

void events_forget(event_log *self, size_t oldest)
{
    size_t n = oldest < self->count ? oldest : self->count;
    for (size_t i = 0; i < n; i++)
        free_event(&self->items[i]);
    self->count -= n;
    self->held_at -= n < self->held_at ? n : self->held_at;
    if (self->count)
        memmove(self->items, self->items + n, self->count * sizeof *self->items);
}

void event_log_free(event_log *self)
{
    for (size_t i = 0; i < self->count; i++)
        free_event(&self->items[i]);
    free(self->items);
}
