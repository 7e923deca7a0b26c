/* The log of events. */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "difference.h"
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

static char *write_with(const char *id, const char *type, const cJSON *data, int64_t created_ms,
                        cJSON *context)
{
    AUTO_JSON body = json_object();
    json_set_text(body, "object", "event");
    json_set_text(body, "id", id);
    json_set_text(body, "event", type);
    json_set_copy(body, "data", data);
    json_set_time(body, "created_at", created_ms);
    json_set(body, "context", context);
    return json_print(body);
}

char *event_write(const char *id, const char *type, const cJSON *data, int64_t created_ms)
{
    return write_with(id, type, data, created_ms, json_object());
}

static size_t crowd_left(const event_log *self)
{
    return self->n_crowd - self->n_crowd_forgotten;
}

static const event *append(event_log *self, const event *item)
{
    if (self->count == self->capacity) {
        self->capacity = self->capacity ? self->capacity * 2 : 64;
        self->items = memory_need(realloc(self->items, self->capacity * sizeof *self->items));
    }
    self->items[self->count] = *item;
    self->n_unsaved++;
    return &self->items[self->count++];
}

bool events_restore(event_log *self, const char *id, const char *body)
{
    AUTO_JSON whole = json_parse(body, strlen(body));
    const char *type = json_text(whole, "event"), *created_at = json_text(whole, "created_at");
    const event *before = self->count ? &self->items[self->count - 1] : NULL;
    int64_t created_ms = 0;
    if (!type || !created_at || !text_parse_time(created_at, &created_ms) ||
        !text_equal(json_text(whole, "id"), id) || (before && strcmp(before->id, id) >= 0))
        return false;
    (void)append(self,
                 &(event){
                     .id = text_copy(id),
                     .type = text_copy(type),
                     .organization_id = text_copy(organization_of(type, json_get(whole, "data"))),
                     .created_ms = created_ms,
                     .body = text_copy(body),
                 });
    return true;
}

/* Takes the context over. */
static const char *emit(struct emulator_state *state, const char *type, const cJSON *data,
                        cJSON *context)
{
    event_log *self = &state->events;
    char id[ID_SIZE];
    if (self->count == EVENTS_MAX)
        events_forget(self, crowd_left(self) + EVENTS_MAX / 10);
    state_new_id(state, "event_", id);
    const event *added =
        append(self, &(event){
                         .id = text_copy(id),
                         .type = text_copy(type),
                         .organization_id = text_copy(organization_of(type, data)),
                         .created_ms = (int64_t)state->id_ms,
                         .body = write_with(id, type, data, (int64_t)state->id_ms, context),
                     });
    webhooks_queue(state, added->id, added->type, added->body);
    return added->id;
}

const char *events_emit(struct emulator_state *state, const char *type, const cJSON *data)
{
    return emit(state, type, data, json_object());
}

void events_emit_update(struct emulator_state *state, const char *type, const cJSON *before,
                        cJSON *record, cJSON *(*view)(const cJSON *record))
{
    AUTO_JSON previous = difference_before(before, record);
    if (!previous->child)
        return;
    json_set_time(record, "updated_at", state_now(state));
    AUTO_JSON data = view(record);
    cJSON *context = json_object();
    json_set_copy(context, "previous_attributes", previous);
    emit(state, type, data, context);
}

void event_log_add_crowd(event_log *self, size_t count)
{
    self->crowd_at = self->count;
    self->n_crowd = count;
}

size_t events_count(const event_log *self)
{
    return self->count + crowd_left(self);
}

/* The stored event at this index; NULL: it is the crowd's one of *out_number. */
static const event *stored(const event_log *self, size_t index, size_t *out_number)
{
    if (index < self->crowd_at)
        return &self->items[index];
    if (index - self->crowd_at >= crowd_left(self))
        return &self->items[index - crowd_left(self)];
    *out_number = index - self->crowd_at + self->n_crowd_forgotten;
    return NULL;
}

void events_look(struct emulator_state *state, size_t index, event_view *out)
{
    size_t number = 0;
    const event *item = stored(&state->events, index, &number);
    if (!item) {
        roster_event(state, number, out);
        return;
    }
    snprintf(out->id, sizeof out->id, "%s", item->id);
    out->type = item->type;
    out->organization_id = item->organization_id;
    out->created_ms = item->created_ms;
}

void events_add_body(struct emulator_state *state, size_t index, struct text *out)
{
    size_t number = 0;
    const event *item = stored(&state->events, index, &number);
    AUTO_CHARS made = item ? NULL : roster_event_body(state, number);
    text_add(out, item ? item->body : made);
}

size_t events_visible(const event_log *self)
{
    return self->is_held ? self->held_at : events_count(self);
}

size_t events_index(struct emulator_state *state, const char *id)
{
    size_t visible = events_visible(&state->events), low = 0, high = visible;
    event_view view;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        events_look(state, middle, &view);
        int order = strcmp(id, view.id);
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return visible;
}

void events_hold(event_log *self, bool hold)
{
    if (hold && !self->is_held)
        self->held_at = events_count(self);
    self->is_held = hold;
}

/* The oldest items leave; how many, of n. */
static size_t forget_items(event_log *self, size_t n, size_t most)
{
    n = n < most ? n : most;
    for (size_t i = 0; i < n; i++)
        free_event(&self->items[i]);
    self->count -= n;
    self->n_unsaved = self->n_unsaved < self->count ? self->n_unsaved : self->count;
    self->is_cut = true;
    if (self->count)
        memmove(self->items, self->items + n, self->count * sizeof *self->items);
    return n;
}

void events_forget(event_log *self, size_t oldest)
{
    size_t before = events_count(self);
    size_t n = forget_items(self, oldest, self->crowd_at);
    self->crowd_at -= n;
    size_t of_crowd = oldest - n < crowd_left(self) ? oldest - n : crowd_left(self);
    self->n_crowd_forgotten += of_crowd;
    if (crowd_left(self) == 0)
        forget_items(self, oldest - n - of_crowd, self->count);
    n = before - events_count(self);
    self->held_at -= n < self->held_at ? n : self->held_at;
}

void event_log_free(event_log *self)
{
    for (size_t i = 0; i < self->count; i++)
        free_event(&self->items[i]);
    free(self->items);
}
