/* Rate limits per endpoint, each over a window of time that begins with the first request. */
#include "rate-limits.h"

#include <string.h>

#include "handlers.h"
#include "json.h"
#include "shape.h"

#define MAX_QUOTAS 10000

typedef enum subject {
    ENVIRONMENT,
    KEY,        /* the API key that is sent; requests without one are not counted */
    CONNECTION, /* or the organization or provider that stands for it */
    DIRECTORY,
    ADDRESS, /* the e-mail address of the body, else the sign-in that it goes on with */
    PATH,
} subject;

/* WorkOS' documentation, "Rate limits". */
static const struct rule {
    const char *name, *method, *path; /* method NULL: any; "!GET": any other */
    subject by;
    int count, window_ms;
} rules[LIMITS_N] = {
    { "general", NULL, "/*", KEY, 6000, 60000 },
    { "sso_authorize", "GET", "/sso/authorize", CONNECTION, 1000, 60000 },
    { "directory_users", "GET", "/directory_users*", DIRECTORY, 4, 1000 },
    { "user_management_reads", "GET", "/user_management/*", ENVIRONMENT, 1000, 10000 },
    { "user_management_writes", "!GET", "/user_management/*", ENVIRONMENT, 500, 10000 },
    { "authenticate", "POST", "/user_management/authenticate", ADDRESS, 10, 60000 },
    { "magic_auth", "POST", "/user_management/magic_auth", ADDRESS, 3, 60000 },
    { "password_reset", "POST", "/user_management/password_reset", ADDRESS, 3, 60000 },
    { "email_verification", "POST", "/user_management/users/*/email_verification/send", PATH, 3,
      60000 },
    { "organization_deletion", "DELETE", "/organizations/*", KEY, 50, 60000 },
};

static bool is_method(const char *wanted, const char *method)
{
    if (!wanted)
        return true;
    return *wanted == '!' ? strcmp(wanted + 1, method) != 0 : strcmp(wanted, method) == 0;
}

/* One * stands for anything, at the end or inside. */
static bool is_path(const char *pattern, const char *path)
{
    const char *star = strchr(pattern, '*');
    if (!star)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(star - pattern), after = strlen(star + 1), len = strlen(path);
    return len >= before + after && strncmp(pattern, path, before) == 0 &&
           strcmp(path + len - after, star + 1) == 0;
}

/* Adds who is counted; false: nobody is. */
static bool add_subject(const exchange *self, subject by, const cJSON *body, text *out)
{
    static const char *const selectors[] = { "connection", "organization", "provider" };
    static const char *const addresses[] = { "email", "pending_authentication_token" };
    const char *found = "";
    if (by == KEY)
        found = exchange_bearer(self);
    else if (by == PATH)
        found = self->path;
    else if (by == DIRECTORY)
        found = form_get(&self->query, "directory");
    for (size_t i = 0; by == CONNECTION && i < 3 && !(found && *found); i++)
        found = form_get(&self->query, selectors[i]);
    for (size_t i = 0; by == ADDRESS && i < 2 && !(found && *found); i++)
        found = json_text(body, addresses[i]);
    text_print(out, "/%s", found ? found : "");
    return by == ENVIRONMENT || (found && *found);
}

/* Whether one more fits into the window, which is counted then; else when the next one begins. */
static bool count_one(emulator_state *state, size_t rule, const char *id, int64_t *out_wait_ms)
{
    int64_t now = state_now(state), window_ms = rules[rule].window_ms;
    cJSON *quota = records_find(&state->quotas, id);
    int64_t end_ms = (int64_t)json_number(quota, "end_ms", 0);
    if (!quota) {
        quota = json_object();
        json_set_text(quota, "id", id);
        records_add(&state->quotas, quota);
        records_trim(&state->quotas, MAX_QUOTAS);
    }
    /* The clock may have been moved back: no window is longer than it is. */
    bool is_over = now >= end_ms || end_ms - now > window_ms;
    double used = is_over ? 0 : json_number(quota, "used", 0);
    if (is_over)
        json_set_number(quota, "end_ms", (double)(now + window_ms));
    *out_wait_ms = is_over ? window_ms : end_ms - now;
    if (used >= state->limits.counts[rule])
        return false;
    json_set_number(quota, "used", used + 1);
    return true;
}

static void refuse(exchange *self, int64_t wait_ms)
{
    limits_retry_after kind = self->state->limits.retry_after;
    if (kind != RETRY_AFTER_NONE)
        text_print(&self->headers, "Retry-After: %d\r\n",
                   kind == RETRY_AFTER_ZERO ? 0 : (int)((wait_ms + 999) / 1000));
    answer_too_many(self);
}

bool limits_allow(exchange *self)
{
    if (!self->state->limits.is_on || text_begins(self->path, "/_latchkey/") ||
        text_begins(self->path, "/console/"))
        return true;
    AUTO_JSON body = self->body_len ? exchange_body(self) : NULL;
    for (size_t i = 0; i < LIMITS_N; i++) {
        AUTO_TEXT id = { 0 };
        int64_t wait_ms = 0;
        if (!is_method(rules[i].method, self->method) || !is_path(rules[i].path, self->path))
            continue;
        text_add(&id, rules[i].name);
        if (add_subject(self, rules[i].by, body, &id) &&
            !count_one(self->state, i, id.bytes, &wait_ms)) {
            refuse(self, wait_ms);
            return false;
        }
    }
    return true;
}

bool limits_set(emulator_state *self, const cJSON *settings, const char *path,
                char error[EMULATOR_ERROR_SIZE])
{
    static const char *const kinds[] = { "seconds", "zero", "none" };
    member members[LIMITS_N + 2] = {
        { .name = "on", .kind = FLAG },
        { .name = "retry_after", .kind = TEXT, .choices = "seconds|zero|none" },
    };
    for (size_t i = 0; i < LIMITS_N; i++)
        members[i + 2] = (member){ .name = rules[i].name, .kind = NUMBER };
    if (!shape_fits(settings, path, members, LIMITS_N + 2, error, EMULATOR_ERROR_SIZE))
        return false;
    if (json_get(settings, "on"))
        self->limits.is_on = json_is_true(settings, "on");
    for (size_t i = 0; i < 3; i++) {
        if (text_equal(json_text(settings, "retry_after"), kinds[i]))
            self->limits.retry_after = (limits_retry_after)i;
    }
    for (size_t i = 0; i < LIMITS_N; i++) {
        double otherwise = self->limits.counts[i] ? self->limits.counts[i] : rules[i].count;
        self->limits.counts[i] = (int)json_number(settings, rules[i].name, otherwise);
    }
    return true;
}

static void answer_limits(exchange *self)
{
    AUTO_JSON body = json_object();
    json_set_bool(body, "on", self->state->limits.is_on);
    for (size_t i = 0; i < LIMITS_N; i++) {
        cJSON *limit = json_object();
        json_set_number(limit, "count", self->state->limits.counts[i]);
        json_set_number(limit, "window_ms", rules[i].window_ms);
        json_set(body, rules[i].name, limit);
    }
    answer_json(self, 200, body);
}

void handle_control_show_limits(exchange *self)
{
    answer_limits(self);
}

void handle_control_set_limits(exchange *self)
{
    char error[EMULATOR_ERROR_SIZE] = "the body must be a JSON object";
    AUTO_JSON body = json_parse(self->body, self->body_len);
    if (body && limits_set(self->state, body, "the limits", error)) {
        records_trim(&self->state->quotas, 0);
        answer_limits(self);
        return;
    }
    answer_error(self, 400, "bad_request", error);
}
