/* The device grant (RFC 8628), one poll at a time.
 *
 * Nothing here sleeps: what the caller sees is when the next poll is due. It moves with every
 * answer: by the interval as a rule, by 5 s more for ever after "slow_down", and by more and more
 * while WorkOS cannot be reached. */
#include <latchkey/device.h>

#include <string.h>

#include "api/call.h"
#include "api/options.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "http/retry.h"

#define MAX_BODY           16384
#define DEFAULT_INTERVAL_S 5
#define MAX_INTERVAL_S     600
#define SLOW_DOWN_S        5
#define MAX_LIFETIME_S     86400
#define MAX_BACKOFF_MS     60000
#define MAX_SHOWN          2048 /* bytes of a code or address */

/* What the caller gets, and what is behind it. */
struct device {
    lk_device_authorization shown;
    lk__arena *arena;
    lk_client *client;
    const char *device_code; /* secret */
    int64_t expires_in;      /* s, as WorkOS said it */
    int64_t interval;        /* the same; 0: not said */
    int64_t due_at_ms;
    int64_t wait_ms; /* due_at_ms was this far away: the clock may be set meanwhile */
    int n_failures;  /* in a row */
    bool is_over;
};

static const lk__field fields[] = {
    { "device_code", LK__TEXT, true, offsetof(struct device, device_code), 0, NULL },
    { "user_code", LK__TEXT, true, offsetof(struct device, shown.user_code), 0, NULL },
    { "verification_uri", LK__TEXT, true, offsetof(struct device, shown.verification_uri), 0,
      NULL },
    { "verification_uri_complete", LK__TEXT, false,
      offsetof(struct device, shown.verification_uri_complete), 0, NULL },
    { "expires_in", LK__NUMBER, true, offsetof(struct device, expires_in), 0, NULL },
    { "interval", LK__NUMBER, false, offsetof(struct device, interval), 0, NULL },
};
static const lk__shape shape = LK__SHAPE(struct device, fields);

/* It ends up on a terminal, which must not obey it. */
static bool is_showable(const char *text)
{
    size_t len = strnlen(text, MAX_SHOWN);

    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    }
    return len > 0 && len < MAX_SHOWN;
}

static bool is_address(const char *text)
{
    return is_showable(text) &&
           (lk__text_starts(text, "https://") || lk__text_starts(text, "http://"));
}

static lk_status check_answer(const struct device *device, lk_error *err)
{
    const lk_device_authorization *shown = &device->shown;
    const char *complete = shown->verification_uri_complete;

    LK_TRY(lk__require_text("device_code", device->device_code, err));
    if (!is_showable(shown->user_code))
        return lk__fail(err, LK_ERR_PROTOCOL, "\"user_code\" is no printable text");
    if (!is_address(shown->verification_uri) || (complete != NULL && !is_address(complete)))
        return lk__fail(err, LK_ERR_PROTOCOL, "\"verification_uri\" is no web address");
    if (device->expires_in < 1 || device->expires_in > MAX_LIFETIME_S)
        return lk__fail(err, LK_ERR_PROTOCOL, "\"expires_in\" is not between 1 and %d s",
                        MAX_LIFETIME_S);
    if (device->interval < 0 || device->interval > MAX_INTERVAL_S)
        return lk__fail(err, LK_ERR_PROTOCOL, "\"interval\" is not between 0 and %d s",
                        MAX_INTERVAL_S);
    return LK_OK;
}

static void plan_next(struct device *device, int64_t delay_ms)
{
    device->wait_ms = delay_ms;
    device->due_at_ms = lk__now_ms(device->client) + delay_ms;
}

static void plan_in_an_interval(struct device *device)
{
    device->n_failures = 0;
    plan_next(device, device->shown.interval_s * INT64_C(1000));
}

/* RFC 8628, 3.5: "On encountering a connection timeout, clients MUST unilaterally reduce their
 * polling frequency before retrying. The use of an exponential backoff algorithm […] is
 * RECOMMENDED." */
static void plan_after_failure(struct device *device, int retry_after_s)
{
    int64_t interval_ms = device->shown.interval_s * INT64_C(1000);
    int64_t most_ms = interval_ms > MAX_BACKOFF_MS ? interval_ms : MAX_BACKOFF_MS;
    int64_t delay_ms;

    device->n_failures += device->n_failures < 10;
    delay_ms = interval_ms << device->n_failures;
    delay_ms = delay_ms < most_ms ? delay_ms : most_ms;
    if (delay_ms < retry_after_s * INT64_C(1000))
        delay_ms = retry_after_s * INT64_C(1000);
    plan_next(device, delay_ms);
}

lk_status lk_device_start(lk_client *client, lk_device_authorization **out, lk_error *err)
{
    static const char *const path[] = { "user_management", "authorize", "device", NULL };
    lk__auto_buf body = LK__BUF(MAX_BODY);
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = NULL;
    lk_error why = LK_ERROR_INIT;
    struct device *device;
    void *result = NULL;
    int64_t now_ms;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    const lk__pair pairs[] = { { "client_id", client->client_id } };
    LK_TRY(lk__call_write_json(pairs, 1, &body, err));

    const lk__call call = { .method = "POST", .path = path, .body = body.data, .anonymous = true };
    now_ms = lk__now_ms(client); /* it may live shorter than it seems, never longer */
    LK_TRY(lk__call_decode(client, &call, &shape, &arena, &result, err));
    device = result;
    if (check_answer(device, &why) != LK_OK)
        return lk__call_unusable(LK_ERR_PROTOCOL, &why, err);

    device->client = client;
    device->shown.expires_at_ms = now_ms + device->expires_in * 1000;
    /* RFC 8628, 3.2: "If no value is provided, clients MUST use 5 as the default." */
    device->shown.interval_s = device->interval == 0 ? DEFAULT_INTERVAL_S : (int)device->interval;
    plan_in_an_interval(device);
    device->arena = lk__steal(arena);
    *out = &device->shown;
    return LK_OK;
}

/* The same news as another status, with a sentence of ours. */
static lk_status rename_error(lk_error *err, lk_status status, const char *sentence)
{
    err->status = LK_OK;
    return lk__fail(err, status, "%s", sentence);
}

/* RFC 8628, 3.5. err holds the refusal. LK_OK: go on. */
static lk_status judge(struct device *device, lk_error *err)
{
    if (err->status != LK_ERR_API || lk__retry_status(err->http_status)) {
        plan_after_failure(device, err->retry_after);
        return err->status;
    }
    if (strcmp(err->reason, "slow_down") == 0) {
        /* "the interval MUST be increased by 5 seconds for this and all subsequent requests" */
        if (device->shown.interval_s <= MAX_INTERVAL_S - SLOW_DOWN_S)
            device->shown.interval_s += SLOW_DOWN_S;
    } else if (strcmp(err->reason, "authorization_pending") != 0) {
        device->is_over = true;
        if (strcmp(err->reason, "expired_token") == 0)
            return rename_error(err, LK_ERR_EXPIRED, "the code expired before it was entered");
        if (strcmp(err->reason, "access_denied") == 0)
            return rename_error(err, LK_ERR_API, "the person refused to sign this device in");
        return err->status;
    }
    plan_in_an_interval(device);
    lk__error_clear(err);
    return LK_OK;
}

/* Whether it is too early. A clock that was set back must not stop the polling for as long. */
static bool must_wait(struct device *device, int64_t now_ms)
{
    if (device->due_at_ms - now_ms > device->wait_ms)
        device->due_at_ms = now_ms + device->wait_ms;
    return now_ms < device->due_at_ms;
}

static lk_status poll_once(struct device *device, lk_device_result *result, lk_authentication **out,
                           lk_error *err)
{
    int64_t now_ms = lk__now_ms(device->client);
    lk_status status;

    if (device->is_over)
        return lk__fail(err, LK_ERR_INVALID, "this sign-in of a device has ended: start another");
    if (now_ms >= device->shown.expires_at_ms) {
        device->is_over = true;
        return lk__fail(err, LK_ERR_EXPIRED, "the code expired before it was entered");
    }
    if (must_wait(device, now_ms))
        return LK_OK;
    status = lk_authkit_authenticate_with_device_code(
        device->client, LK_AUTHENTICATION_OPTIONS(.device_code = device->device_code), out, NULL,
        err);
    if (status != LK_OK)
        return judge(device, err);
    device->is_over = true;
    *result = LK_DEVICE_DONE;
    return LK_OK;
}

lk_status lk_device_poll(lk_device_authorization *device, lk_device_result *result,
                         lk_authentication **out, lk_error *err)
{
    lk_device_result done = LK_DEVICE_PENDING;
    lk_error why = LK_ERROR_INIT; /* is needed even when the caller lends none */
    lk_status status;

    lk__error_clear(err);
    if (device == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "device and out must not be NULL");
    status = poll_once((struct device *)device, &done, out, &why);
    if (err != NULL)
        *err = why;
    if (status == LK_OK && result != NULL)
        *result = done;
    return status;
}

int64_t lk_device_wait_ms(const lk_device_authorization *device)
{
    const struct device *self = (const struct device *)device;
    int64_t now_ms;
    int64_t ms;

    if (device == NULL || self->is_over)
        return 0;
    now_ms = lk__now_ms(self->client);
    ms = self->due_at_ms - now_ms;
    ms = ms < self->wait_ms ? ms : self->wait_ms;
    if (ms > device->expires_at_ms - now_ms)
        ms = device->expires_at_ms - now_ms;
    return ms > 0 ? ms : 0;
}

void lk_device_authorization_free(lk_device_authorization *device)
{
    if (device != NULL)
        lk__arena_free(((struct device *)device)->arena);
}

void lk_device_authorization_freep(lk_device_authorization **device)
{
    lk_device_authorization_free(*device);
    *device = NULL;
}
