/* Answers and their shapes. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"

void answer_json(exchange *self, int status, const cJSON *value)
{
    AUTO_CHARS written = json_print(value);
    text_free(&self->answer);
    self->status = status;
    self->type = JSON_TYPE;
    text_add(&self->answer, written);
}

void answer_html(exchange *self, int status, const text *page)
{
    text_free(&self->answer);
    self->status = status;
    self->type = HTML_TYPE;
    text_add(&self->answer, text_get(page));
    /* Styles stand in the page; nothing else may be loaded. form-action is left out on purpose:
     * browsers apply it to the redirect after a form too, which goes to the program's own address.
     */
    text_add(&self->headers,
             "Content-Security-Policy: default-src 'none'; style-src "
             "'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'\r\n"
             "Referrer-Policy: no-referrer\r\n");
}

void answer_redirect(exchange *self, const char *url)
{
    text_free(&self->answer);
    self->status = 302;
    self->type = NULL;
    text_add(&self->headers, "Location: ");
    text_add(&self->headers, url);
    text_add(&self->headers, "\r\n");
}

void answer_nothing(exchange *self, int status)
{
    text_free(&self->answer);
    self->status = status;
    self->type = NULL;
}

void answer_error(exchange *self, int status, const char *code, const char *message)
{
    AUTO_JSON body = json_object();
    json_set_text(body, "message", message);
    if (code)
        json_set_text(body, "code", code);
    answer_json(self, status, body);
}

void answer_oauth_error(exchange *self, const char *error, const char *description)
{
    AUTO_JSON body = json_object();
    json_set_text(body, "error", error);
    json_set_text(body, "error_description", description);
    answer_json(self, 400, body);
}

void answer_field_error(exchange *self, const char *field, const char *code, const char *message)
{
    AUTO_JSON body = json_object();
    cJSON *errors = json_array(), *error = json_object();
    json_set_text(error, "code", code);
    json_set_text(error, "field", field);
    json_push(errors, error);
    json_set_text(body, "code", "invalid_request_parameters");
    json_set_text(body, "message", message);
    json_set(body, "errors", errors);
    answer_json(self, 422, body);
}

void answer_missing(exchange *self, const char *what, const char *id)
{
    AUTO_JSON body = json_object();
    AUTO_TEXT message = { 0 };
    text_print(&message, "%s not found: '%s'.", what, id ? id : "");
    json_set_text(body, "message", message.bytes);
    json_set_text(body, "code", "entity_not_found");
    json_set_text(body, "entity_id", id ? id : "");
    answer_json(self, 404, body);
}

void answer_detailed_error(exchange *self, const char *code, const char *message,
                           const char *detail_code, const char *detail)
{
    AUTO_JSON body = json_object();
    cJSON *errors = json_array(), *error = json_object();
    json_set_text(error, "code", detail_code);
    json_set_text(error, "message", detail);
    json_push(errors, error);
    json_set_text(body, "code", code);
    json_set_text(body, "message", message);
    json_set(body, "errors", errors);
    answer_json(self, 400, body);
}

void answer_record(exchange *self, int status, const cJSON *record)
{
    AUTO_JSON view = record_view(record);
    answer_json(self, status, view);
}

cJSON *exchange_find(exchange *self, const records *from, const char *what)
{
    cJSON *record = records_find(from, self->params[0]);
    if (!record)
        answer_missing(self, what, self->params[0]);
    return record;
}

bool exchange_fits(const exchange *self, const cJSON *record, const char *name)
{
    const char *wanted = form_get(&self->query, name), *value = json_text(record, name);
    return !wanted || (value && strcasecmp(value, wanted) == 0);
}

void answer_too_many(exchange *self)
{
    bool writes_people =
        text_begins(self->path, "/user_management/") && strcmp(self->method, "POST") == 0;
    if (text_equal(self->path, "/directory_users")) {
        AUTO_JSON body = memory_need(cJSON_CreateString("Ratelimited"));
        answer_json(self, 429, body);
        return;
    }
    answer_error(self, 429, writes_people ? "daily_quota_exceeded" : NULL, "Too Many Requests");
}

static bool has_type(const exchange *self, const char *type)
{
    size_t len = strlen(type);
    const char *given = self->content_type;
    return given && strncasecmp(given, type, len) == 0 && strchr("; \t", given[len]);
}

bool exchange_is_form(const exchange *self)
{
    return has_type(self, "application/x-www-form-urlencoded");
}

static cJSON *form_object(const exchange *self)
{
    form fields;
    cJSON *object = form_parse(&fields, self->body, self->body_len) ? json_object() : NULL;
    for (size_t i = 0; object && i < fields.count; i++) {
        if (!cJSON_GetObjectItemCaseSensitive(object, fields.fields[i].name))
            json_set_text(object, fields.fields[i].name, fields.fields[i].value);
    }
    form_free(&fields);
    return object;
}

cJSON *exchange_body(const exchange *self)
{
    if (exchange_is_form(self))
        return form_object(self);
    cJSON *value = json_parse(self->body, self->body_len);
    if (cJSON_IsObject(value))
        return value;
    cJSON_Delete(value);
    return NULL;
}

cJSON *exchange_read(exchange *self, const member *members, size_t n_members)
{
    char error[EMULATOR_ERROR_SIZE] = "the body must be a JSON object or a form";
    cJSON *body = self->body_len ? exchange_body(self) : json_object();
    if (body && shape_fits(body, "the body", members, n_members, error, sizeof error))
        return body;
    cJSON_Delete(body);
    answer_error(self, 422, "invalid_request_parameters", error);
    return NULL;
}

const char *exchange_bearer(const exchange *self)
{
    const char *given = self->authorization;
    return given && strncasecmp(given, "Bearer ", 7) == 0 ? given + 7 : NULL;
}

bool exchange_knows_key(const exchange *self, const char *key)
{
    return key && (text_equal(key, self->options->api_key) ||
                   cJSON_GetObjectItemCaseSensitive(self->state->more_keys, key));
}

bool exchange_read_limit(exchange *self, size_t *out)
{
    const char *given = form_get(&self->query, "limit");
    long limit = 10;
    if (given && (!text_parse_number(given, 100, &limit) || limit < 1)) {
        answer_field_error(self, "limit", "invalid", "limit must be a number from 1 to 100");
        return false;
    }
    *out = (size_t)limit;
    return true;
}

bool exchange_read_order(exchange *self, bool otherwise, bool *out_is_ascending)
{
    const char *given = form_get(&self->query, "order");
    bool is_ascending = given ? strcmp(given, "asc") == 0 : otherwise;
    if (given && !is_ascending && strcmp(given, "desc") != 0 && strcmp(given, "normal") != 0) {
        answer_field_error(self, "order", "invalid", "order must be asc, desc or normal");
        return false;
    }
    *out_is_ascending = is_ascending;
    return true;
}

/* What of a list is wanted: from the cursor on, forwards or backwards. */
typedef struct page {
    size_t limit;
    bool is_ascending, is_backwards; /* backwards: the page that ends at the cursor */
    bool has_cursor;
    size_t cursor; /* index among the records */
} page;

/* Where a list comes from. */
typedef struct source {
    const records *records; /* NULL: the roster */
    size_t count;           /* places; those of the roster may be empty */
} source;

static const cJSON *source_at(const source *from, emulator_state *state, size_t place)
{
    return from->records ? from->records->items[place] : roster_at(state, place);
}

static bool read_page(exchange *self, const source *from, page *out)
{
    const char *before = form_get(&self->query, "before"), *after = form_get(&self->query, "after");
    if (!exchange_read_limit(self, &out->limit) ||
        !exchange_read_order(self, false, &out->is_ascending))
        return false;
    if (before && after) {
        answer_field_error(self, "before", "invalid", "before and after cannot be used together");
        return false;
    }
    out->has_cursor = before || after;
    out->is_backwards = before != NULL;
    out->cursor = !out->has_cursor ? 0
                  : from->records  ? records_index(from->records, before ? before : after)
                                   : roster_position(self->state, before ? before : after);
    if (out->has_cursor && out->cursor == from->count) {
        answer_field_error(self, before ? "before" : "after", "invalid",
                           "the cursor names nothing in this list");
        return false;
    }
    return true;
}

/* Collects up to limit + 1 records, walking away from the cursor: one more than is shown tells
 * whether there are more. */
static size_t walk(const exchange *self, const source *from, const page *wanted,
                   record_filter *keep, const cJSON **out)
{
    bool is_up = wanted->is_ascending != wanted->is_backwards;
    size_t n = 0, left = wanted->has_cursor
                             ? (is_up ? from->count - wanted->cursor - 1 : wanted->cursor)
                             : from->count;
    size_t at = is_up ? from->count - left : left;
    for (; left > 0 && n <= wanted->limit; left--) {
        const cJSON *record = source_at(from, self->state, is_up ? at++ : --at);
        if (record && (!keep || keep(self, record)))
            out[n++] = record;
        else if (!from->records)
            roster_drop(self->state, record);
    }
    return n;
}

static void answer_source(exchange *self, const source *from, record_filter *keep,
                          record_viewer *view)
{
    page wanted = { 0 };
    const cJSON *found[101];
    if (!read_page(self, from, &wanted))
        return;
    size_t n = walk(self, from, &wanted, keep, found);
    bool has_more = n > wanted.limit;
    n = has_more ? wanted.limit : n;

    AUTO_JSON body = json_object();
    cJSON *data = json_array(), *metadata = json_object();
    for (size_t i = 0; i < n; i++) {
        const cJSON *record = found[wanted.is_backwards ? n - 1 - i : i];
        json_push(data, view ? view(self, record) : record_view(record));
    }
    bool has_before = wanted.is_backwards ? has_more : wanted.has_cursor && n;
    bool has_after = wanted.is_backwards ? n > 0 : has_more;
    const cJSON *first = cJSON_GetArrayItem(data, 0);
    const cJSON *last = cJSON_GetArrayItem(data, (int)n - 1);
    json_set_text(metadata, "before", has_before ? json_text(first, "id") : NULL);
    json_set_text(metadata, "after", has_after ? json_text(last, "id") : NULL);
    json_set_text(body, "object", "list");
    json_set(body, "data", data);
    json_set(body, "list_metadata", metadata);
    answer_json(self, 200, body);
}

void answer_list(exchange *self, const records *from, record_filter *keep, record_viewer *view)
{
    answer_source(self, &(source){ .records = from, .count = from->count }, keep, view);
}

void answer_roster(exchange *self, record_filter *keep, record_viewer *view)
{
    answer_source(self, &(source){ .count = roster_positions(self->state) }, keep, view);
}
