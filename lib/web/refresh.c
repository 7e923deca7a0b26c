/* Single flight per refresh token; see refresh.h.
 *
 * Flights are looked up by the SHA-256 of the token, so no token stays in memory beyond the
 * request. The mutex guards the list and the flights' results and is never held across the call to
 * WorkOS. A flight is freed by the last one who needs it: the list (until it is forgotten) and each
 * waiting thread hold a reference. */
#include "web/refresh.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "crypto/crypto.h"
#include "web/lease.h"

/* Results remembered at once; beyond, the oldest is forgotten first. */
enum { MAX_REMEMBERED = 1024 };

typedef struct flight {
    struct flight *next;
    unsigned char key[LK__SHA256_SIZE];
    unsigned n_references;
    bool landed;
    int64_t landed_at_ms;
    lk_status status;
    lk_error error;
    char *sealed; /* secret; LK_OK only */
} flight;

struct lk__refresher {
    lk_client *client;
    const lk__keyring *keyring;
    lk__lease lease;
    pthread_mutex_t mutex;
    pthread_cond_t landing;
    flight *flights; /* newest first */
    size_t n_flights;
};

/* ---- All below: with the mutex held ---- */

static void release(flight *f)
{
    if (--f->n_references > 0)
        return;
    lk_free_secret(f->sealed);
    free(f);
}

static void forget(lk__refresher *refresher, flight *forgotten)
{
    for (flight **link = &refresher->flights; *link != NULL; link = &(*link)->next) {
        if (*link != forgotten)
            continue;
        *link = forgotten->next;
        refresher->n_flights--;
        release(forgotten);
        return;
    }
}

static bool is_stale(const flight *f, int64_t now_ms)
{
    /* A clock that was set back must not keep results for ever. */
    return f->landed &&
           (now_ms - f->landed_at_ms >= LK__REFRESH_MEMORY_MS || now_ms < f->landed_at_ms);
}

static void forget_stale(lk__refresher *refresher, int64_t now_ms)
{
    flight *oldest = NULL;

    for (flight *f = refresher->flights, *next; f != NULL; f = next) {
        next = f->next;
        if (is_stale(f, now_ms))
            forget(refresher, f);
        else if (f->landed)
            oldest = f;
    }
    if (refresher->n_flights >= MAX_REMEMBERED && oldest != NULL)
        forget(refresher, oldest);
}

static flight *find(lk__refresher *refresher, const unsigned char key[LK__SHA256_SIZE])
{
    for (flight *f = refresher->flights; f != NULL; f = f->next)
        if (lk__bytes_equal(f->key, key, LK__SHA256_SIZE))
            return f;
    return NULL;
}

/* NULL without memory. */
static flight *take_off(lk__refresher *refresher, const unsigned char key[LK__SHA256_SIZE])
{
    flight *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return NULL;
    memcpy(f->key, key, LK__SHA256_SIZE);
    f->n_references = 1; /* the list's */
    f->next = refresher->flights;
    refresher->flights = f;
    refresher->n_flights++;
    return f;
}

static void land(lk__refresher *refresher, flight *f, lk_status status, const lk_error *error,
                 char *sealed, int64_t now_ms)
{
    f->landed = true;
    f->landed_at_ms = now_ms;
    f->status = status;
    f->error = *error;
    f->sealed = sealed;
    pthread_cond_broadcast(&refresher->landing);
    /* A passing failure is told to those who waited, not to those who try again. */
    if (status != LK_OK && !lk_authkit_is_terminal(error))
        forget(refresher, f);
}

static lk_status read_result(const flight *f, char **out, lk_error *err)
{
    if (f->status != LK_OK) {
        if (err != NULL && err->status == LK_OK)
            *err = f->error;
        return f->status;
    }
    char *copy = strdup(f->sealed);
    if (copy == NULL)
        return lk__no_memory(err);
    *out = copy;
    return LK_OK;
}

/* ---- Without the mutex ---- */

static lk_status ask(lk__refresher *refresher, const flight *f, const lk__grant *grant, bool waits,
                     char **out, lk_error *err)
{
    lk_auto(lk_session) session = NULL;

    if (refresher->lease.seam.acquire != NULL)
        return lk__lease_renew(&refresher->lease, f->key, grant, waits, out, err);
    return lk__session_renew(refresher->client, lk__keyring_now(refresher->keyring)->items[0],
                             grant, NULL, NULL, out, &session, err);
}

static lk_status fly(lk__refresher *refresher, flight *f, const lk__grant *grant, bool waits,
                     char **out, lk_error *err)
{
    char *sealed = NULL;
    lk_error error = LK_ERROR_INIT;
    lk_status status = ask(refresher, f, grant, waits, &sealed, &error);
    int64_t now_ms = lk__now_ms(refresher->client);

    pthread_mutex_lock(&refresher->mutex);
    f->n_references++;
    land(refresher, f, status, &error, sealed, now_ms);
    status = read_result(f, out, err);
    release(f);
    pthread_mutex_unlock(&refresher->mutex);
    return status;
}

static lk_status await(lk__refresher *refresher, flight *f, bool waits, char **out, lk_error *err)
{
    if (!f->landed && !waits)
        return lk__fail(err, LK_ERR_CANCELLED, "another request is renewing this session");
    f->n_references++;
    while (!f->landed)
        pthread_cond_wait(&refresher->landing, &refresher->mutex);
    lk_status status = read_result(f, out, err);
    release(f);
    return status;
}

/* *was_shared: the outcome is that of another thread's flight. */
static lk_status renew_once(lk__refresher *refresher, const unsigned char key[LK__SHA256_SIZE],
                            const lk__grant *grant, bool waits, bool *was_shared, char **out,
                            lk_error *err)
{
    int64_t now_ms = lk__now_ms(refresher->client);

    pthread_mutex_lock(&refresher->mutex);
    forget_stale(refresher, now_ms);
    flight *f = find(refresher, key);
    *was_shared = f != NULL;
    if (f != NULL) {
        lk_status status = await(refresher, f, waits, out, err);
        pthread_mutex_unlock(&refresher->mutex);
        return status;
    }
    f = take_off(refresher, key);
    pthread_mutex_unlock(&refresher->mutex);
    if (f == NULL)
        return lk__no_memory(err);
    return fly(refresher, f, grant, waits, out, err);
}

lk_status lk__refresher_renew(lk__refresher *refresher, const lk__grant *grant, bool waits,
                              char **out, lk_error *err)
{
    unsigned char key[LK__SHA256_SIZE];
    lk_error cause = LK_ERROR_INIT;
    bool was_shared = false;
    lk_status status;

    LK_TRY(lk__sha256(grant->refresh_token, strlen(grant->refresh_token), key, err));
    do {
        lk__error_clear(&cause);
        status = renew_once(refresher, key, grant, waits, &was_shared, out, &cause);
        /* The other thread did not want to wait for another server: we do. */
    } while (waits && was_shared && status == LK_ERR_CANCELLED);
    if (status != LK_OK && err != NULL)
        *err = cause;
    return status;
}

lk_status lk__refresher_new(lk_client *client, const lk__keyring *keyring,
                            const lk_refresh_lease *lease, lk__refresher **out, lk_error *err)
{
    lk__refresher *refresher = calloc(1, sizeof(*refresher));

    if (refresher == NULL)
        return lk__no_memory(err);
    refresher->client = client;
    refresher->keyring = keyring;
    refresher->lease = (lk__lease){ .client = client, .keyring = keyring, .seam = *lease };
    /* Neither fails on Linux with default attributes. */
    (void)pthread_mutex_init(&refresher->mutex, NULL);
    (void)pthread_cond_init(&refresher->landing, NULL);
    *out = refresher;
    return LK_OK;
}

void lk__refresher_free(lk__refresher *refresher)
{
    if (refresher == NULL)
        return;
    while (refresher->flights != NULL)
        forget(refresher, refresher->flights);
    pthread_cond_destroy(&refresher->landing);
    pthread_mutex_destroy(&refresher->mutex);
    free(refresher);
}

void lk__refresher_freep(lk__refresher **refresher)
{
    lk__refresher_free(*refresher);
    *refresher = NULL;
}
