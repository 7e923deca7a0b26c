/* Faults that a test has asked for. */
#include "faults.h"

#include <string.h>

#include "handlers.h"
#include "json.h"
#include "shape.h"
#include "text.h"

#define MAX_DELAY_MS 60000
#define MAX_FAULTS   1000

static const member fault_members[] = {
    { .name = "method", .kind = TEXT, .choices = "GET|POST|PUT|PATCH|DELETE" },
    { .name = "path", .kind = TEXT, .is_required = true },
    { .name = "status", .kind = NUMBER },
    { .name = "count", .kind = NUMBER }, /* 1 when absent; 0: until they are removed */
    { .name = "body", .kind = TEXT, .choices = "json|html|half|empty|garbage|none" },
    { .name = "delay_ms", .kind = NUMBER },
    { .name = "retry_after", .kind = NUMBER },
    { .name = "applied", .kind = FLAG },
};

/* A path that ends with * stands for all that begin like it. */
static bool path_fits(const char *pattern, const char *path)
{
    size_t len = strlen(pattern);
    if (len && pattern[len - 1] == '*')
        return strncmp(pattern, path, len - 1) == 0;
    return strcmp(pattern, path) == 0;
}

static fault_body body_of(const char *name)
{
    static const char *const names[] = { "json", "html", "half", "empty", "garbage", "none" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text_equal(names[i], name))
            return (fault_body)i;
    }
    return FAULT_JSON;
}

static fault read_fault(const cJSON *record)
{
    double status = json_number(record, "status", 0), delay_ms = json_number(record, "delay_ms", 0);
    double retry_after = json_number(record, "retry_after", -1);
    return (fault){
        .is_set = true,
        .is_applied = json_is_true(record, "applied"),
        .status = status >= 200 && status <= 599 ? (int)status : 0,
        .body = body_of(json_text(record, "body")),
        .has_body = json_text(record, "body") != NULL,
        .delay_ms = (unsigned)(delay_ms < MAX_DELAY_MS ? delay_ms : MAX_DELAY_MS),
        .retry_after_s = (int)(retry_after < 86400 ? retry_after : 86400),
    };
}

fault fault_take(emulator_state *self, const char *method, const char *path)
{
    for (size_t i = 0; i < self->faults.count; i++) {
        cJSON *record = self->faults.items[i];
        const char *wanted = json_text(record, "method");
        if ((wanted && strcmp(wanted, method) != 0) || !path_fits(json_text(record, "path"), path))
            continue;
        fault found = read_fault(record);
        double left = json_number(record, "count", 1);
        if (left > 1)
            json_set_number(record, "count", left - 1);
        if (left == 1)
            records_remove(&self->faults, record);
        return found;
    }
    return (fault){ 0 };
}

void handle_list_faults(exchange *self)
{
    AUTO_JSON list = json_array();
    for (size_t i = 0; i < self->state->faults.count; i++)
        json_push(list, json_copy(self->state->faults.items[i]));
    answer_json(self, 200, list);
}

void handle_add_fault(exchange *self)
{
    char error[EMULATOR_ERROR_SIZE] = "";
    cJSON *body = json_parse(self->body, self->body_len);
    if (!body || !FITS(body, "the fault", fault_members, error, sizeof error)) {
        answer_error(self, 400, "bad_request", body ? error : "the body must be a JSON object");
        cJSON_Delete(body);
        return;
    }
    if (json_number(body, "count", 1) != (double)(int)json_number(body, "count", 1)) {
        answer_error(self, 400, "bad_request", "the fault: count must be a whole number");
        cJSON_Delete(body);
        return;
    }
    records_add(&self->state->faults, body);
    records_trim(&self->state->faults, MAX_FAULTS);
    answer_json(self, 201, body);
}

void handle_remove_faults(exchange *self)
{
    records_trim(&self->state->faults, 0);
    answer_nothing(self, 204);
}
