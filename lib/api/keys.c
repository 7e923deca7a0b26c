/* The environment's signing keys.
 *
 * A set of keys is immutable and counted: whoever verifies holds a reference, so a fetch can put a
 * new set in place while others still use the old one. One thread fetches at a time; who asks
 * meanwhile waits for that answer. The mutex guards pointers and is never held across I/O or a
 * verification.
 *
 * Tokens with an invented key id must not make us ask WorkOS each time, so a fetch is followed by a
 * pause, a failed one by a shorter pause. During the pause the outcome of the last fetch is given
 * again: after a failure nobody can say that a key does not exist. */
#include "api/keys.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/call.h"
#include "base/cleanup.h"
#include "crypto/jwt.h"

#define PAUSE_MS             30000
#define PAUSE_AFTER_ERROR_MS 5000
#define MAX_ANSWER           (256 * 1024)

typedef struct key_set {
    lk__jwks *jwks;
    size_t n_users; /* guarded by the cache's mutex */
} key_set;

struct lk__keys {
    pthread_mutex_t mutex;
    pthread_cond_t fetched;
    key_set *current; /* NULL before the first success */
    bool fetching;
    bool asked;
    int64_t asked_at_ms;
    lk_error last; /* how the last fetch ended */
};

lk_status lk__keys_new(lk__keys **out, lk_error *err)
{
    lk__keys *keys = calloc(1, sizeof(*keys));

    if (keys == NULL)
        return lk__no_memory(err);
    pthread_mutex_init(&keys->mutex, NULL);
    pthread_cond_init(&keys->fetched, NULL);
    *out = keys;
    return LK_OK;
}

static void free_set(key_set *set)
{
    if (set == NULL)
        return;
    lk__jwks_free(set->jwks);
    free(set);
}

void lk__keys_free(lk__keys *keys)
{
    if (keys == NULL)
        return;
    free_set(keys->current);
    pthread_cond_destroy(&keys->fetched);
    pthread_mutex_destroy(&keys->mutex);
    free(keys);
}

static key_set *borrow(lk__keys *keys)
{
    key_set *set;

    pthread_mutex_lock(&keys->mutex);
    set = keys->current;
    if (set != NULL)
        set->n_users++;
    pthread_mutex_unlock(&keys->mutex);
    return set;
}

/* The last one out frees it, unless it is still the current set. */
static void give_back(lk__keys *keys, key_set *set)
{
    bool unused;

    if (set == NULL)
        return;
    pthread_mutex_lock(&keys->mutex);
    set->n_users--;
    unused = set->n_users == 0 && set != keys->current;
    pthread_mutex_unlock(&keys->mutex);
    if (unused)
        free_set(set);
}

static lk_status fetch(lk_client *client, key_set **out, lk_error *err)
{
    const char *const path[] = { "sso", "jwks", client->client_id, NULL };
    const lk__call call = { .path = path, .anonymous = true, .max_body = MAX_ANSWER };
    lk__auto_buf body = LK__BUF(MAX_ANSWER);
    LK_CLEANUP(lk__jwks_freep) lk__jwks *jwks = NULL;
    lk_error why = LK_ERROR_INIT;
    lk_status status;
    key_set *set;

    LK_TRY(lk__call_send(client, &call, &body, err));
    status = lk__jwks_parse(body.data, body.len, &jwks, &why);
    if (status != LK_OK)
        return lk__call_unusable(status, &why, err);
    set = calloc(1, sizeof(*set));
    if (set == NULL)
        return lk__no_memory(err);
    set->jwks = lk__steal(jwks);
    *out = set;
    return LK_OK;
}

/* Called with the mutex held: whether the last answer still stands. */
static bool is_pause(const lk__keys *keys, int64_t now_ms)
{
    int64_t pause_ms = keys->last.status == LK_OK ? PAUSE_MS : PAUSE_AFTER_ERROR_MS;

    /* A clock that was set back must not stop us from asking. */
    return keys->asked && now_ms >= keys->asked_at_ms && now_ms - keys->asked_at_ms < pause_ms;
}

/* Waits while another thread fetches. true: the caller must fetch; else *last holds the outcome. */
static bool begin_fetch(lk__keys *keys, int64_t now_ms, lk_error *last)
{
    bool waited = false;
    bool mine;

    pthread_mutex_lock(&keys->mutex);
    while (keys->fetching) {
        waited = true;
        pthread_cond_wait(&keys->fetched, &keys->mutex);
    }
    mine = !waited && !is_pause(keys, now_ms);
    if (mine)
        keys->fetching = true;
    *last = keys->last;
    pthread_mutex_unlock(&keys->mutex);
    return mine;
}

/* Swaps the set when there is a new one; an old one that nobody uses is freed. */
static void end_fetch(lk__keys *keys, int64_t now_ms, key_set *set, const lk_error *outcome)
{
    key_set *old = NULL;

    pthread_mutex_lock(&keys->mutex);
    if (set != NULL) {
        old = keys->current;
        keys->current = set;
        if (old != NULL && old->n_users > 0)
            old = NULL; /* give_back() frees it */
    }
    keys->fetching = false;
    keys->asked = true;
    keys->asked_at_ms = now_ms;
    keys->last = *outcome;
    pthread_cond_broadcast(&keys->fetched);
    pthread_mutex_unlock(&keys->mutex);
    free_set(old);
}

lk_status lk_client_refresh_keys(lk_client *client, lk_error *err)
{
    lk_error outcome = LK_ERROR_INIT;
    key_set *set = NULL;

    lk__error_clear(err);
    if (client == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client must not be NULL");
    if (begin_fetch(client->keys, lk__now_ms(client), &outcome)) {
        lk__error_clear(&outcome);
        (void)fetch(client, &set, &outcome); /* its outcome is in outcome */
        end_fetch(client->keys, lk__now_ms(client), set, &outcome);
    }
    if (err != NULL)
        *err = outcome;
    return outcome.status;
}

lk_status lk__client_verify(const lk_client *client, const char *token, lk__json **claims,
                            lk_error *err)
{
    key_set *set = borrow(client->keys);
    const lk__jwt_rules rules = {
        .keys = set == NULL ? NULL : set->jwks,
        .issuers = (const char *const *)client->issuers,
        .n_issuers = client->n_issuers,
        .client_id = client->client_id,
        .now_ms = lk__now_ms(client),
        .leeway_s = client->leeway_s,
    };
    lk_status status = lk__jwt_verify(token, &rules, claims, err);

    give_back(client->keys, set);
    return status;
}
