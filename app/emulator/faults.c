/* Faults that a test has asked for. */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers.h"
#include "json.h"
#include "shape.h"
#include "text.h"

#define MAX_DELAY_MS 60000
#define MAX_FAULTS   1000

static const member fault_members[] = {
    { .name = "method", .kind = TEXT, .choices = "GET|POST|PUT|PATCH|DELETE" },
    { .name = "path", .kind = TEXT },
    { .name = "status", .kind = NUMBER },
    { .name = "count", .kind = NUMBER }, /* 1 when absent; 0: until they are removed */
    { .name = "body", .kind = TEXT, .choices = "json|html|half|empty|garbage|none" },
    { .name = "delay_ms", .kind = NUMBER },
    { .name = "retry_after", .kind = NUMBER },
    { .name = "applied", .kind = FLAG },
    { .name = "ignores", .kind = TEXT },   /* query parameters, with commas between */
    { .name = "json", .kind = OBJECT },    /* the body of the answer; with status */
    { .name = "contains", .kind = TEXT },  /* only requests whose body holds this */
    { .name = "chance", .kind = NUMBER },  /* in percent; a request that is spared is not counted */
    { .name = "after_s", .kind = NUMBER }, /* an outage: begins in that many seconds */
    { .name = "for_s", .kind = NUMBER },   /* … and is gone after that many more */
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
    const char *ignores = json_text(record, "ignores");
    const cJSON *json = json_get(record, "json");
    return (fault){
        .is_set = true,
        .is_applied = json_is_true(record, "applied"),
        .status = status >= 200 && status <= 599 ? (int)status : 0,
        .body = body_of(json_text(record, "body")),
        .has_body = json_text(record, "body") != NULL,
        .delay_ms = (unsigned)(delay_ms < MAX_DELAY_MS ? delay_ms : MAX_DELAY_MS),
        .retry_after_s = (int)(retry_after < 86400 ? retry_after : 86400),
        .json = json ? json_print(json) : NULL,
        .ignores = ignores ? memory_need(strdup(ignores)) : NULL,
    };
}

void fault_free(fault *self)
{
    free(self->json);
    free(self->ignores);
    *self = (fault){ 0 };
}

void fault_blind(const fault *self, form *query)
{
    for (const char *at = self->ignores; at && *at;) {
        size_t len = strcspn(at, ",");
        AUTO_CHARS name = memory_need(strndup(at, len));
        form_drop(query, name);
        at += len + (at[len] == ',');
    }
}

static bool is_due(const cJSON *record, const char *method, const char *path, const char *body)
{
    const char *wanted = json_text(record, "method"), *part = json_text(record, "contains");
    return (!wanted || strcmp(wanted, method) == 0) && path_fits(json_text(record, "path"), path) &&
           (!part || (body && strstr(body, part)));
}

static bool is_now(emulator_state *self, const cJSON *record)
{
    double chance = json_number(record, "chance", 100);
    return (double)state_now(self) >= json_number(record, "_from_ms", 0) &&
           (chance >= 100 || state_chance(self, chance));
}

static void end_outages(emulator_state *self)
{
    double now = (double)state_now(self);
    for (size_t i = self->faults.count; i-- > 0;) {
        if (now >= json_number(self->faults.items[i], "_until_ms", now + 1))
            records_remove(&self->faults, self->faults.items[i]);
    }
}

fault fault_take(emulator_state *self, const char *method, const char *path, const char *body)
{
    end_outages(self);
    for (size_t i = 0; i < self->faults.count; i++) {
        cJSON *record = self->faults.items[i];
        if (!is_due(record, method, path, body) || !is_now(self, record))
            continue;
        fault found = read_fault(record);
        double left = json_number(record, "count", json_get(record, "for_s") ? 0 : 1);
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
        json_push(list, record_view(self->state->faults.items[i]));
    answer_json(self, 200, list);
}

/* False: a sentence is in error. */
static bool check(const cJSON *record, const char *path, char error[EMULATOR_ERROR_SIZE])
{
    if (!FITS(record, path, fault_members, error, EMULATOR_ERROR_SIZE))
        return false;
    double count = json_number(record, "count", 1);
    if (count == (double)(int)count)
        return true;
    snprintf(error, EMULATOR_ERROR_SIZE, "%s: count must be a whole number", path);
    return false;
}

fault fault_read(const char *header)
{
    char error[EMULATOR_ERROR_SIZE] = "the header Latchkey-Fault must be a JSON object";
    AUTO_JSON record = json_parse(header, strlen(header));
    if (record && check(record, "the header Latchkey-Fault", error))
        return read_fault(record);
    AUTO_JSON answer = json_object();
    json_set_text(answer, "message", error);
    json_set_text(answer, "code", "bad_request");
    return (
        fault){ .is_set = true, .status = 400, .retry_after_s = -1, .json = json_print(answer) };
}

bool faults_add(emulator_state *self, cJSON *record, const char *path,
                char error[EMULATOR_ERROR_SIZE])
{
    bool fits = check(record, path, error);
    if (fits && !json_text(record, "path")) {
        snprintf(error, EMULATOR_ERROR_SIZE, "%s: path is missing", path);
        fits = false;
    }
    if (!fits) {
        cJSON_Delete(record);
        return false;
    }
    double from_ms = (double)state_now(self) + json_number(record, "after_s", 0) * 1000;
    json_set_number(record, "_from_ms", from_ms);
    if (json_get(record, "for_s"))
        json_set_number(record, "_until_ms", from_ms + json_number(record, "for_s", 0) * 1000);
    records_add(&self->faults, record);
    records_trim(&self->faults, MAX_FAULTS);
    return true;
}

void handle_add_fault(exchange *self)
{
    char error[EMULATOR_ERROR_SIZE] = "the body must be a JSON object";
    cJSON *body = json_parse(self->body, self->body_len);
    AUTO_JSON shown = json_copy(body);
    if (body && faults_add(self->state, body, "the fault", error))
        answer_json(self, 201, shown);
    else
        answer_error(self, 400, "bad_request", error);
}

void handle_remove_faults(exchange *self)
{
    records_trim(&self->state->faults, 0);
    answer_nothing(self, 204);
}
