/* Renewal under a lease; see lease.h and lk_refresh_lease.
 *
 * What the holder leaves is a letter and a seal: "s" and the new cookie, or "f" and how it failed.
 * Both are believed only where our password opens them and they speak of this very renewal: who can
 * write to the store must not be able to sign anybody in or out.
 *
 * A refusal counts only while the lease is ours. Whoever lost it, to a pause of the machine for
 * one, may have been refused because somebody else has spent the token: they must not sign anybody
 * out, nor spend it again. */
#include "web/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "web/note.h"
#include "web/refresh.h"

enum {
    LEASE_MS = 20 * 1000,
    ATTEMPT_MS = LEASE_MS / 2,
    PATIENCE_MS = 30 * 1000, /* longer than a lease without its holder */
    FAILURE_MEMORY_MS = 1000,
    FIRST_PAUSE_MS = 25,
    MAX_PAUSE_MS = 400,
    NAME_SIZE = 8 + 2 * LK__SHA256_SIZE + 1, /* "refresh:" and hex */
    MAX_FAILURE = 4096
};

static void print_name(const unsigned char hash[LK__SHA256_SIZE], char out[NAME_SIZE])
{
    int n = snprintf(out, NAME_SIZE, "refresh:");

    for (size_t i = 0; i < LK__SHA256_SIZE; i++)
        n += snprintf(out + n, (size_t)(NAME_SIZE - n), "%02x", hash[i]);
}

static lk_status renew_alone(const lk__lease *lease, const lk__grant *grant,
                             const lk__attempts *attempts, char **out, lk_error *err)
{
    lk_auto(lk_session) session = NULL;

    return lk__session_renew(lease->client, lk__keyring_now(lease->keyring)->items[0], grant, NULL,
                             attempts, out, &session, err);
}

/* ---- What a holder leaves ---- */

static lk_status write_failure(const char *name, const lk_error *cause, lk__buf *out, lk_error *err)
{
    lk__json_writer writer = LK__JSON_WRITER(out);

    lk__json_open_object(&writer, NULL);
    lk__json_put_text(&writer, "lease", name);
    lk__json_put_number(&writer, "status", cause->status);
    lk__json_put_number(&writer, "httpStatus", cause->http_status);
    lk__json_put_number(&writer, "retryAfter", cause->retry_after);
    lk__json_put_text(&writer, "requestId", cause->request_id);
    lk__json_put_text(&writer, "reason", cause->reason);
    lk__json_put_text(&writer, "message", cause->message);
    lk__json_close_object(&writer);
    return lk__json_end(&writer, err);
}

/* sealed NULL: it failed, as cause says. */
static lk_status write_result(const lk__lease *lease, const char *name, const char *sealed,
                              const lk_error *cause, lk__buf *out, lk_error *err)
{
    lk__auto_buf failure = LK__BUF(MAX_FAILURE);

    LK_TRY(lk__buf_text(out, sealed != NULL ? "s" : "f", err));
    if (sealed != NULL)
        return lk__buf_text(out, sealed, err);
    LK_TRY(write_failure(name, cause, &failure, err));
    return lk__seal(&lease->client->random, lk__keyring_now(lease->keyring)->items[0], failure.data,
                    failure.len, lk__now_ms(lease->client), 0, out, err);
}

static int read_number(const lk__json *json, const char *name)
{
    int64_t number = 0;

    return lk__json_int64(json, name, &number) && number >= 0 && number <= INT32_MAX ? (int)number
                                                                                     : 0;
}

static void read_text(const lk__json *json, const char *name, char *out, size_t size)
{
    const char *text = lk__json_text(json, name);

    snprintf(out, size, "%s", text != NULL ? text : "");
}

/* *out stays LK_OK: not a failure of this renewal, or none that can be read. */
static lk_status read_failure(const lk__lease *lease, const char *name, const char *sealed,
                              lk_error *out, lk_error *err)
{
    lk_auto(lk__json) json = NULL;
    lk_error failure = LK_ERROR_INIT;
    lk_status opened =
        lk__session_unseal(lease->client, lk__keyring_now(lease->keyring), sealed, &json, NULL);

    if (opened == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    int status = read_number(json, "status");
    if (!lk__text_equal(lk__json_text(json, "lease"), name) || status > LK_ERR_CANCELLED)
        return LK_OK;
    failure.status = (lk_status)status;
    failure.http_status = read_number(json, "httpStatus");
    failure.retry_after = read_number(json, "retryAfter");
    read_text(json, "requestId", failure.request_id, sizeof(failure.request_id));
    read_text(json, "reason", failure.reason, sizeof(failure.reason));
    read_text(json, "message", failure.message, sizeof(failure.message));
    *out = failure;
    return LK_OK;
}

/* A cookie of somebody else's, put under this name, is none. */
static lk_status check_renewed(const lk__lease *lease, const lk__grant *grant, const char *sealed,
                               bool *is_renewed, lk_error *err)
{
    lk__auto_grant renewed = { .refresh_token = NULL };
    lk_status status =
        lk__session_peek(lease->client, lk__keyring_now(lease->keyring), sealed, &renewed, NULL);

    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    *is_renewed = status == LK_OK && lk__text_equal(renewed.user_id, grant->user_id);
    return LK_OK;
}

static lk_status pass_on(const lk_error *cause, lk_error *err)
{
    if (err != NULL)
        *err = *cause;
    return cause->status;
}

/* Somebody has renewed the session, but we cannot read how: WorkOS will repeat its answer, unless
 * that is too long ago. */
static lk_status renew_after(const lk__lease *lease, const lk__grant *grant, char **out,
                             lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;

    lk__note(lease->client,
             "another server left a renewed session that this one cannot open: are the cookie "
             "passwords the same?",
             NULL);
    lk_status status = renew_alone(lease, grant, NULL, out, &cause);
    if (lk_authkit_is_terminal(&cause))
        return lk__fail(err, LK_ERR_STORE,
                        "another server has renewed this session, and left what this one cannot "
                        "open: are the cookie passwords the same?");
    return status == LK_OK ? LK_OK : pass_on(&cause, err);
}

static lk_status take_result(const lk__lease *lease, const char *name, const char *result,
                             const lk__grant *grant, char **out, lk_error *err)
{
    lk_error failure = LK_ERROR_INIT;
    bool is_renewed = false;

    if (result[0] == 'f')
        LK_TRY(read_failure(lease, name, result + 1, &failure, err));
    if (failure.status != LK_OK)
        return pass_on(&failure, err);
    if (result[0] == 's')
        LK_TRY(check_renewed(lease, grant, result + 1, &is_renewed, err));
    if (!is_renewed)
        return renew_after(lease, grant, out, err);
    *out = strdup(result + 1);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

/* ---- Holding it ---- */

typedef struct holding {
    const lk__lease *lease;
    const char *name;
    int64_t fence;
    int64_t until_ms;
    bool is_lost; /* somebody has taken it over */
} holding;

/* An attempt that begins with half the lease left is over before the lease is. A store that fails
 * here ends nothing: the lease may run out, and then the outcome does not count for all. */
static lk_status keep(void *ctx, lk_error *err)
{
    holding *self = ctx;
    const lk_refresh_lease *seam = &self->lease->seam;
    int64_t now_ms = lk__now_ms(self->lease->client);
    lk_error cause = LK_ERROR_INIT;
    bool held = true;

    if (self->until_ms - now_ms > ATTEMPT_MS)
        return LK_OK;
    if (seam->renew(seam->ctx, self->name, self->fence, now_ms, LEASE_MS, &held, &cause) != LK_OK) {
        lk__note(self->lease->client, "cannot hold on to the renewal of a session", &cause);
        return LK_OK;
    }
    self->is_lost = !held;
    if (self->is_lost)
        return lk__fail(err, LK_ERR_CANCELLED, "another server has taken over the renewal");
    self->until_ms = now_ms + LEASE_MS;
    return LK_OK;
}

/* Leaves the outcome to the others; is_lost then tells whether it counts. */
static void leave(holding *self, const char *sealed, const lk_error *cause)
{
    const lk_refresh_lease *seam = &self->lease->seam;
    const lk_client *client = self->lease->client;
    bool lasts = sealed != NULL || lk_authkit_is_terminal(cause);
    lk__auto_buf result = LK__SECRET_BUF(2 * LK__MAX_SEALED);
    lk_error problem = LK_ERROR_INIT;
    bool held = false;

    if (write_result(self->lease, self->name, sealed, cause, &result, &problem) == LK_OK &&
        seam->finish(seam->ctx, self->name, self->fence, lk__now_ms(client),
                     lasts ? LK__REFRESH_MEMORY_MS : FAILURE_MEMORY_MS, result.data, &held,
                     &problem) == LK_OK) {
        self->is_lost = !held;
        return;
    }
    lk__note(client, "cannot tell other servers of a renewed session", &problem);
    self->is_lost = lk__now_ms(client) >= self->until_ms;
}

/* *counts is false when the outcome is a failure that others may know better. */
static lk_status hold(const lk__lease *lease, const char *name, int64_t fence, int64_t since_ms,
                      const lk__grant *grant, bool *counts, char **out, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *sealed = NULL;
    lk_error cause = LK_ERROR_INIT;
    holding own = { .lease = lease, .name = name, .fence = fence, .until_ms = since_ms + LEASE_MS };
    const lk__attempts attempts = { .begin = keep, .ctx = &own, .max_timeout_ms = ATTEMPT_MS };

    lk_status status = renew_alone(lease, grant, &attempts, &sealed, &cause);
    if (!own.is_lost)
        leave(&own, sealed, &cause);
    *counts = status == LK_OK || !own.is_lost;
    if (status != LK_OK)
        return pass_on(&cause, err);
    *out = lk__steal(sealed);
    return LK_OK;
}

/* Ours once more, but by then nobody remembers what the one who took it over was told. */
static lk_status give_back(const lk__lease *lease, const char *name, int64_t fence, lk_error *err)
{
    const lk_error cause = { .status = LK_ERR_NETWORK,
                             .message = "another server has renewed this session meanwhile" };
    holding own = { .lease = lease, .name = name, .fence = fence };

    leave(&own, NULL, &cause);
    return pass_on(&cause, err);
}

/* ---- All of it ---- */

lk_status lk__lease_renew(const lk__lease *lease, const unsigned char token_hash[LK__SHA256_SIZE],
                          const lk__grant *grant, bool waits, char **out, lk_error *err)
{
    const lk_refresh_lease *seam = &lease->seam;
    const lk_clock *clock = &lease->client->clock;
    char name[NAME_SIZE];
    bool counts = true;

    print_name(token_hash, name);
    for (int64_t waited_ms = 0, pause_ms = FIRST_PAUSE_MS;;) {
        LK_CLEANUP(lk__free_secretp) char *result = NULL;
        lk_error cause = LK_ERROR_INIT;
        int64_t now_ms = lk__now_ms(lease->client);
        int64_t fence = 0;

        lk_status asked = seam->acquire(seam->ctx, name, now_ms, LEASE_MS, &fence, &result, &cause);
        if (asked == LK_ERR_NO_MEMORY)
            return lk__no_memory(err);
        if (asked != LK_OK) {
            lk__note(lease->client, "cannot ask other servers about a session", &cause);
            return counts
                       ? renew_alone(lease, grant, NULL, out, err)
                       : lk__fail(err, LK_ERR_STORE, "cannot ask other servers: %s", cause.message);
        }
        if (result != NULL)
            return take_result(lease, name, result, grant, out, err);
        if (fence != 0 && !counts)
            return give_back(lease, name, fence, err);
        if (fence != 0) {
            lk_status status = hold(lease, name, fence, now_ms, grant, &counts, out, &cause);
            if (counts)
                return status == LK_OK ? LK_OK : pass_on(&cause, err);
            continue;
        }
        if (!waits)
            return lk__fail(err, LK_ERR_CANCELLED, "another server is renewing this session");
        if (waited_ms >= PATIENCE_MS)
            return lk__fail(err, LK_ERR_NETWORK,
                            "another server has been renewing this session for %" PRId64 " s",
                            waited_ms / 1000);
        clock->sleep_ms(clock->ctx, pause_ms);
        waited_ms += pause_ms;
        pause_ms = 2 * pause_ms < MAX_PAUSE_MS ? 2 * pause_ms : MAX_PAUSE_MS;
    }
}
