/* Webhook endpoints and deliveries. */
#include "webhooks.h"

#include <stdlib.h>
#include <string.h>

#include "handlers.h"
#include "json.h"
#include "shape.h"
#include "state.h"

#define MAX_DELIVERIES 5000
#define MAX_TRIES      7    /* "retries up to 6 times with exponential back-off" */
#define FIRST_RETRY_MS 1000 /* production takes three days for it, the emulator a minute */
#define REORDER_MS     300

/* WorkOS' specification, without those that cannot be subscribed to. */
static const char *const types[] = {
    "api_key.created",
    "api_key.revoked",
    "authentication.email_verification_succeeded",
    "authentication.magic_auth_failed",
    "authentication.magic_auth_succeeded",
    "authentication.mfa_succeeded",
    "authentication.oauth_failed",
    "authentication.oauth_succeeded",
    "authentication.passkey_failed",
    "authentication.passkey_succeeded",
    "authentication.password_failed",
    "authentication.password_succeeded",
    "authentication.radar_risk_detected",
    "authentication.sso_failed",
    "authentication.sso_started",
    "authentication.sso_succeeded",
    "authentication.sso_timed_out",
    "connection.activated",
    "connection.deactivated",
    "connection.deleted",
    "connection.saml_certificate_renewal_required",
    "connection.saml_certificate_renewed",
    "dsync.activated",
    "dsync.deleted",
    "dsync.group.created",
    "dsync.group.updated",
    "dsync.group.deleted",
    "dsync.group.user_added",
    "dsync.group.user_removed",
    "dsync.user.created",
    "dsync.user.updated",
    "dsync.user.deleted",
    "email_verification.created",
    "flag.created",
    "flag.updated",
    "flag.deleted",
    "flag.rule_updated",
    "group.created",
    "group.updated",
    "group.deleted",
    "group.member_added",
    "group.member_removed",
    "invitation.accepted",
    "invitation.created",
    "invitation.resent",
    "invitation.revoked",
    "magic_auth.created",
    "organization.created",
    "organization.updated",
    "organization.deleted",
    "organization_domain.created",
    "organization_domain.updated",
    "organization_domain.deleted",
    "organization_domain.verified",
    "organization_domain.verification_failed",
    "organization_membership.created",
    "organization_membership.updated",
    "organization_membership.deleted",
    "organization_role.created",
    "organization_role.updated",
    "organization_role.deleted",
    "password_reset.created",
    "password_reset.succeeded",
    "permission.created",
    "permission.updated",
    "permission.deleted",
    "role.created",
    "role.updated",
    "role.deleted",
    "session.created",
    "session.revoked",
    "user.created",
    "user.updated",
    "user.deleted",
    "waitlist_user.approved",
    "waitlist_user.created",
    "waitlist_user.denied",
};

cJSON *webhooks_all_types(void)
{
    cJSON *all = json_array();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        json_push_text(all, types[i]);
    return all;
}

bool webhooks_knows(const char *event_type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (text_equal(types[i], event_type))
            return true;
    }
    return false;
}

bool webhooks_parse_url(const char *url, int *out_port, const char **out_path, bool *out_is_v6)
{
    static const char *const hosts[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };
    for (size_t i = 0; url && i < sizeof hosts / sizeof *hosts; i++) {
        const char *at = url + strlen(hosts[i]);
        long port = 80;
        char digits[6] = "";
        if (!text_begins(url, hosts[i]) || strlen(url) > 2000)
            continue;
        if (*at == ':') {
            size_t len = strspn(at + 1, "0123456789");
            if (len == 0 || len > 5)
                return false;
            memcpy(digits, at + 1, len);
            at += 1 + len;
            if (!text_parse_number(digits, 65535, &port) || port == 0)
                return false;
        }
        for (const char *c = at; *c; c++) {
            if (*c <= ' ' || *c > '~' || *c == '#') /* nothing that begins another header line */
                return false;
        }
        *out_port = (int)port;
        *out_path = *at ? at : "/";
        *out_is_v6 = i == 2;
        return *at == '\0' || *at == '/';
    }
    return false;
}

static bool is_loopback(const char *url)
{
    int port = 0;
    const char *path = NULL;
    bool is_v6 = false;
    return webhooks_parse_url(url, &port, &path, &is_v6);
}

cJSON *webhooks_add(emulator_state *self, const char *url, const cJSON *events, const char *secret)
{
    if (!is_loopback(url))
        return NULL;
    AUTO_CHARS fresh = secret ? NULL : keys_secret(self->keys, "whsec_");
    cJSON *endpoint = record_new(self, "webhook_endpoint", NULL, "we_");
    json_set_text(endpoint, "endpoint_url", url);
    json_set_text(endpoint, "secret", secret ? secret : fresh);
    json_set_text(endpoint, "status", "enabled");
    json_set_copy(endpoint, "events", events);
    records_add(&self->endpoints, endpoint);
    return endpoint;
}

static bool wants(const cJSON *endpoint, const char *type)
{
    const cJSON *wanted = NULL;
    if (!text_equal(json_text(endpoint, "status"), "enabled"))
        return false;
    cJSON_ArrayForEach(wanted, json_get(endpoint, "events"))
    {
        if (text_equal(wanted->valuestring, type))
            return true;
    }
    return false;
}

static void queue_one(emulator_state *self, const cJSON *endpoint, const char *id, const char *type,
                      const char *body, int64_t wait_ms)
{
    cJSON *delivery = record_new(self, "webhook_delivery", NULL, "webhook_delivery_");
    json_set_text(delivery, "endpoint_id", json_text(endpoint, "id"));
    json_set_text(delivery, "event_id", id);
    json_set_text(delivery, "event", type);
    json_set_text(delivery, "state", "waiting");
    json_set_number(delivery, "attempts", 0);
    json_set(delivery, "response_status", NULL);
    json_set_text(delivery, "error", NULL);
    json_set_number(delivery, "_due_ms", (double)(state_now(self) + wait_ms));
    json_set_text(delivery, "_body", body);
    records_add(&self->deliveries, delivery);
    records_trim(&self->deliveries, MAX_DELIVERIES);
    if (self->wake)
        self->wake(self->wake_context);
}

void webhooks_queue(emulator_state *self, const char *id, const char *type, const char *body)
{
    webhook_mishaps *wrong = &self->mishaps;
    for (size_t i = 0; i < self->endpoints.count; i++) {
        const cJSON *endpoint = self->endpoints.items[i];
        if (!wants(endpoint, type))
            continue;
        wrong->is_odd = !wrong->is_odd;
        int64_t wait_ms = wrong->delay_ms + (wrong->is_reordered && wrong->is_odd ? REORDER_MS : 0);
        for (unsigned more = 0; more <= wrong->n_more; more++)
            queue_one(self, endpoint, id, type, body, wait_ms);
    }
}

cJSON *webhooks_due(emulator_state *self, webhooks_is_busy *is_busy, const void *context,
                    int64_t *out_ms)
{
    cJSON *earliest = NULL;
    double due_ms = 0, now = (double)state_now(self);
    for (size_t i = 0; i < self->deliveries.count; i++) {
        cJSON *delivery = self->deliveries.items[i];
        double ms = json_number(delivery, "_due_ms", 0);
        if (!text_equal(json_text(delivery, "state"), "waiting") || (earliest && ms >= due_ms) ||
            is_busy(context, json_text(delivery, "endpoint_id")))
            continue;
        earliest = delivery;
        due_ms = ms;
    }
    *out_ms = earliest ? (int64_t)due_ms : -1;
    return earliest && due_ms <= now ? earliest : NULL;
}

void webhooks_settle(emulator_state *self, cJSON *delivery, int status, const char *reason)
{
    int attempts = (int)json_number(delivery, "attempts", 0) + 1;
    bool is_taken = status >= 200 && status < 300;
    int64_t wait_ms = (int64_t)FIRST_RETRY_MS << (attempts - 1);
    json_set_number(delivery, "attempts", attempts);
    json_set_time(delivery, "updated_at", state_now(self));
    if (status)
        json_set_number(delivery, "response_status", status);
    else
        json_set(delivery, "response_status", NULL);
    json_set_text(delivery, "error", reason);
    json_set_text(delivery, "state",
                  is_taken                ? "delivered"
                  : attempts >= MAX_TRIES ? "failed"
                                          : "waiting");
    json_set_number(delivery, "_due_ms", (double)(state_now(self) + wait_ms));
}

/* False: answered with an error. */
static bool check_endpoint(exchange *self, const cJSON *body, const cJSON *other_than)
{
    const char *url = json_text(body, "endpoint_url");
    const cJSON *type = NULL, *same = records_find_by(&self->state->endpoints, "endpoint_url", url);
    if (url && !is_loopback(url)) {
        answer_error(self, 422, "invalid_url",
                     "the emulator delivers to loopback only: http://127.0.0.1:PORT/PATH");
        return false;
    }
    if (same && same != other_than) {
        answer_error(self, 409, "duplicate_endpoint", "there is an endpoint with this address");
        return false;
    }
    cJSON_ArrayForEach(type, json_get(body, "events"))
    {
        if (webhooks_knows(type->valuestring))
            continue;
        AUTO_JSON answer = json_object();
        cJSON *errors = json_array(), *error = json_object();
        AUTO_TEXT message = { 0 };
        text_print(&message, "Unknown event type: %.100s", type->valuestring);
        json_set_text(error, "code", "unknown_event_type");
        json_set_text(error, "message", message.bytes);
        json_push(errors, error);
        json_set_text(answer, "code", "invalid_request_parameters");
        json_set_text(answer, "message", "Validation failed");
        json_set(answer, "errors", errors);
        answer_json(self, 422, answer);
        return false;
    }
    return true;
}

static bool fits(exchange *self, const cJSON *body, const member *members, size_t n_members)
{
    char error[EMULATOR_ERROR_SIZE] = "the body must be an object";
    if (body && shape_fits(body, "the body", members, n_members, error, sizeof error))
        return true;
    answer_error(self, 422, "invalid_request_parameters", error);
    return false;
}

void handle_list_webhook_endpoints(exchange *self)
{
    answer_list(self, &self->state->endpoints, NULL, NULL);
}

void handle_add_webhook_endpoint(exchange *self)
{
    static const member members[] = {
        { .name = "endpoint_url", .kind = TEXT, .is_required = true },
        { .name = "events", .kind = TEXTS, .is_required = true },
    };
    AUTO_JSON body = exchange_body(self);
    if (!fits(self, body, members, 2) || !check_endpoint(self, body, NULL))
        return;
    if (self->state->endpoints.count >= WEBHOOKS_MAX_ENDPOINTS) {
        answer_error(self, 422, "invalid_request_parameters", "there are too many endpoints");
        return;
    }
    answer_record(
        self, 201,
        webhooks_add(self->state, json_text(body, "endpoint_url"), json_get(body, "events"), NULL));
}

void handle_change_webhook_endpoint(exchange *self)
{
    static const member members[] = {
        { .name = "endpoint_url", .kind = TEXT },
        { .name = "status", .kind = TEXT, .choices = "enabled|disabled" },
        { .name = "events", .kind = TEXTS },
    };
    cJSON *endpoint = records_find(&self->state->endpoints, self->params[0]);
    AUTO_JSON body = exchange_body(self);
    if (!endpoint) {
        answer_missing(self, "Webhook Endpoint", self->params[0]);
        return;
    }
    if (!fits(self, body, members, 3) || !check_endpoint(self, body, endpoint))
        return;
    for (const cJSON *item = body->child; item; item = item->next)
        json_set_copy(endpoint, item->string, item);
    json_set_time(endpoint, "updated_at", state_now(self->state));
    answer_record(self, 200, endpoint);
}

void handle_remove_webhook_endpoint(exchange *self)
{
    cJSON *endpoint = records_find(&self->state->endpoints, self->params[0]);
    if (!endpoint) {
        answer_missing(self, "Webhook Endpoint", self->params[0]);
        return;
    }
    records_remove(&self->state->endpoints, endpoint);
    answer_nothing(self, 204);
}

void handle_control_deliveries(exchange *self)
{
    answer_list(self, &self->state->deliveries, NULL, NULL);
}

/* Sends it once more, as a new delivery of the same event. */
void handle_control_resend(exchange *self)
{
    const cJSON *old = records_find(&self->state->deliveries, self->params[0]);
    const cJSON *endpoint = records_find(&self->state->endpoints, json_text(old, "endpoint_id"));
    if (!old || !endpoint) {
        answer_missing(self, old ? "Webhook Endpoint" : "Webhook delivery", self->params[0]);
        return;
    }
    AUTO_CHARS body = text_copy(json_text(old, "_body"));
    AUTO_CHARS id = text_copy(json_text(old, "event_id"));
    AUTO_CHARS type = text_copy(json_text(old, "event"));
    queue_one(self->state, endpoint, id, type, body, 0);
    answer_record(self, 201, self->state->deliveries.items[self->state->deliveries.count - 1]);
}

void handle_control_mishaps(exchange *self)
{
    static const member members[] = {
        { .name = "duplicate", .kind = NUMBER },
        { .name = "delay_ms", .kind = NUMBER },
        { .name = "reorder", .kind = FLAG },
    };
    AUTO_JSON body = exchange_body(self);
    if (!fits(self, body, members, 3))
        return;
    double n_more = json_number(body, "duplicate", 0), delay = json_number(body, "delay_ms", 0);
    self->state->mishaps = (webhook_mishaps){
        .n_more = (unsigned)(n_more < 10 ? n_more : 10),
        .delay_ms = (unsigned)(delay < 60000 ? delay : 60000),
        .is_reordered = json_is_true(body, "reorder"),
    };
    answer_nothing(self, 204);
}
