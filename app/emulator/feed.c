/* GET /events. Where WorkOS' own pages contradict each other, this follows what the live service is
 * reported to do: oldest first unless order=desc says otherwise, and after goes towards newer
 * events in that order. A cursor that is not there is an error, never a silent start from the
 * beginning. */
#include <stdlib.h>
#include <string.h>

#include "handlers.h"
#include "json.h"

#define MAX_TYPES 256

typedef struct query {
    char *types[MAX_TYPES];
    size_t n_types;
    const char *organization_id;
    int64_t start_ms, end_ms;
    size_t limit;
    bool is_ascending;
} query;

static void free_query(query *self)
{
    for (size_t i = 0; i < self->n_types; i++)
        free(self->types[i]);
}

/* Any of events=a,b and events=a&events=b and events[]=a&events[]=b: official clients send all
 * three. */
static bool read_types(exchange *self, query *out)
{
    for (size_t i = 0; i < self->query.count; i++) {
        const struct form_field *field = &self->query.fields[i];
        if (strcmp(field->name, "events") != 0 && strcmp(field->name, "events[]") != 0)
            continue;
        for (const char *at = field->value; *at;) {
            size_t len = strcspn(at, ",");
            if (len && out->n_types == MAX_TYPES) {
                answer_field_error(self, "events", "too_many", "too many event types");
                return false;
            }
            if (len)
                out->types[out->n_types++] = memory_need(strndup(at, len));
            at += len + (at[len] == ',');
        }
    }
    if (out->n_types)
        return true;
    answer_field_error(self, "events", "required", "at least one event type is required");
    return false;
}

static bool read_time(exchange *self, const char *name, int64_t otherwise, int64_t *out)
{
    const char *given = form_get(&self->query, name);
    *out = otherwise;
    if (!given || text_parse_time(given, out))
        return true;
    answer_field_error(self, name, "invalid", "must be a time such as 2026-03-02T08:00:00.000Z");
    return false;
}

static bool read_query(exchange *self, query *out)
{
    if (!read_types(self, out) || !exchange_read_limit(self, &out->limit) ||
        !exchange_read_order(self, true, &out->is_ascending) ||
        !read_time(self, "range_start", 0, &out->start_ms) ||
        !read_time(self, "range_end", INT64_MAX, &out->end_ms))
        return false;
    out->organization_id = form_get(&self->query, "organization_id");
    if (form_get(&self->query, "after") && form_get(&self->query, "range_start")) {
        answer_error(self, 400, "bad_request", "range_start and after cannot be used together");
        return false;
    }
    if (form_get(&self->query, "after") && form_get(&self->query, "before")) {
        answer_error(self, 400, "bad_request", "before and after cannot be used together");
        return false;
    }
    return true;
}

static bool is_wanted(const query *self, const event_view *item)
{
    if (item->created_ms < self->start_ms || item->created_ms > self->end_ms)
        return false;
    if (self->organization_id && !text_equal(item->organization_id, self->organization_id))
        return false;
    for (size_t i = 0; i < self->n_types; i++) {
        if (strcmp(item->type, self->types[i]) == 0)
            return true;
    }
    return false;
}

/* Walks from index at, exclusive of a cursor, up or down; collects up to limit + 1. */
static size_t walk(emulator_state *state, const query *self, size_t at, bool is_up, size_t *out)
{
    size_t n = 0, left = is_up ? events_visible(&state->events) - at : at;
    for (; left > 0 && n <= self->limit; left--) {
        event_view item;
        size_t index = is_up ? at++ : --at;
        events_look(state, index, &item);
        if (is_wanted(self, &item))
            out[n++] = index;
    }
    return n;
}

/* Where to begin, between two events: 0 is before the first. False: answered with an error. */
static bool read_start(exchange *self, const query *wanted, bool is_up, size_t *out)
{
    const event_log *log = &self->state->events;
    const char *after = form_get(&self->query, "after"), *before = form_get(&self->query, "before");
    const char *cursor = after ? after : before;
    size_t visible = events_visible(log);
    (void)wanted;
    *out = is_up ? 0 : visible;
    if (!cursor)
        return true;
    size_t index = events_index(self->state, cursor);
    if (index == visible) {
        answer_error(
            self, 400, "invalid_cursor",
            "there is no event with the id given as cursor; it may be older than what is kept");
        return false;
    }
    *out = is_up ? index + 1 : index;
    return true;
}

static void answer_events(exchange *self, const size_t *found, size_t n, bool is_reversed,
                          const char *before, const char *after)
{
    AUTO_JSON metadata = json_object();
    json_set_text(metadata, "before", before);
    json_set_text(metadata, "after", after);
    AUTO_CHARS metadata_text = json_print(metadata);
    text_free(&self->answer);
    self->status = 200;
    self->type = JSON_TYPE;
    text_add(&self->answer, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < n; i++) {
        text_add(&self->answer, i ? "," : "");
        events_add_body(self->state, found[is_reversed ? n - 1 - i : i], &self->answer);
    }
    text_add(&self->answer, "],\"list_metadata\":");
    text_add(&self->answer, metadata_text);
    text_add(&self->answer, "}");
}

static void answer_query(exchange *self, const query *wanted)
{
    size_t found[102];
    event_view first = { 0 }, last = { 0 };
    bool is_backwards = form_get(&self->query, "before") != NULL;
    bool has_cursor = is_backwards || form_get(&self->query, "after");
    bool is_up = wanted->is_ascending != is_backwards;
    size_t start = 0;
    if (!read_start(self, wanted, is_up, &start))
        return;
    size_t n = walk(self->state, wanted, start, is_up, found);
    bool has_more = n > wanted->limit;
    n = has_more ? wanted->limit : n;
    if (n) {
        events_look(self->state, found[is_backwards ? n - 1 : 0], &first);
        events_look(self->state, found[is_backwards ? 0 : n - 1], &last);
    }
    bool has_before = n && (is_backwards ? has_more : has_cursor);
    bool has_after = n && (is_backwards || has_more);
    answer_events(self, found, n, is_backwards, has_before ? first.id : NULL,
                  has_after ? last.id : NULL);
}

void handle_list_events(exchange *self)
{
    query wanted __attribute__((cleanup(free_query))) = { 0 };
    if (read_query(self, &wanted))
        answer_query(self, &wanted);
}
