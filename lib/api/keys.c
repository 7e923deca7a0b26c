/* The environment's signing keys.
 *
 * A set of keys is immutable and counted: whoever verifies holds a reference, so a fetch can put a
 * new set in place while others still use the old one. One thread fetches at a time; who asks
 * meanwhile waits for that answer. The mutex guards pointers and is never held across I/O or a
 * verification.
 *
 * Nobody who verifies waits for keys that are merely old: a thread of ours renews them meanwhile.
 * While WorkOS does not answer they go on being used, up to a bound, and then they are not known
 * any more, which is no statement about any token.
 *
 * Tokens with an invented key id must not make us ask WorkOS each time, so a fetch is followed by a
 * pause, a failed one by a shorter pause. During the pause the outcome of the last fetch is given
 * again: after a failure nobody can say that a key does not exist. */
#include "api/keys.h"

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/key-file.h"
#include "base/cleanup.h"
#include "crypto/jwt.h"

#define PAUSE_MS             30000
#define PAUSE_AFTER_ERROR_MS 5000
#define MAX_AGE_TEXT         112

typedef struct key_set {
    lk__jwks *jwks;
    int64_t fetched_at_ms;
    uint64_t id;    /* 0 until it is in place */
    size_t n_users; /* guarded by the cache's mutex */
} key_set;

struct lk__keys {
    lk_client *client;
    int64_t refresh_ms; /* -1: never in the background */
    int64_t max_age_ms;
    char *file; /* NULL: none */
    pthread_mutex_t mutex;
    pthread_cond_t fetched;
    key_set *current; /* NULL before the first success */
    uint64_t n_sets;  /* that were in place so far */
    bool fetching;
    bool asked;
    int64_t asked_at_ms;
    lk_error last; /* how the last fetch ended */
    /* Belongs to whoever has set fetching, and to lk__keys_free(). */
    pthread_t worker;
    bool has_worker; /* to be joined: it has ended, or is about to */
};

/* ---- Sets ---- */

static void free_set(key_set *set)
{
    if (set == NULL)
        return;
    lk__jwks_free(set->jwks);
    free(set);
}

static lk_status make_set(const lk__buf *text, int64_t fetched_at_ms, key_set **out, lk_error *err)
{
    LK_CLEANUP(lk__jwks_freep) lk__jwks *jwks = NULL;
    key_set *set;

    LK_TRY(lk__jwks_parse(text->data == NULL ? "" : text->data, text->len, &jwks, err));
    set = calloc(1, sizeof(*set));
    if (set == NULL)
        return lk__no_memory(err);
    set->jwks = lk__steal(jwks);
    set->fetched_at_ms = fetched_at_ms;
    *out = set;
    return LK_OK;
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

static void tell_log(const lk_client *client, const lk_error *cause)
{
    if (client->log.line != NULL)
        client->log.line(client->log.ctx, cause->message);
}

static lk__key_file file_of(const lk__keys *keys)
{
    return (lk__key_file){ .path = keys->file,
                           .client_id = keys->client->client_id,
                           .base_url = keys->client->base_url };
}

/* ---- Fetching ---- */

/* The keys are good whether or not they can be kept. */
static void keep(const lk__keys *keys, const key_set *set, const lk__buf *text)
{
    const lk__key_file file = file_of(keys);
    lk_error cause = LK_ERROR_INIT;

    if (keys->file != NULL && lk__key_file_write(&file, set->fetched_at_ms, text, &cause) != LK_OK)
        tell_log(keys->client, &cause);
}

static lk_status fetch(lk__keys *keys, lk__call_retry retry, key_set **out, lk_error *err)
{
    lk_client *client = keys->client;
    const char *const path[] = { "sso", "jwks", client->client_id, NULL };
    const lk__call call = {
        .path = path, .anonymous = true, .max_body = LK__MAX_KEY_SET, .retry = retry
    };
    lk__auto_buf body = LK__BUF(LK__MAX_KEY_SET);
    lk_error why = LK_ERROR_INIT;
    lk_status status;

    LK_TRY(lk__call_send(client, &call, &body, err));
    status = make_set(&body, lk__now_ms(client), out, &why);
    if (status != LK_OK)
        return lk__call_unusable(status, &why, err);
    keep(keys, *out, &body);
    return LK_OK;
}

/* Keys that seem to come from the future are those from before the clock was set back: how old they
 * are nobody knows, and they are renewed soon. */
static int64_t age_ms(const key_set *set, int64_t now_ms)
{
    return now_ms > set->fetched_at_ms ? now_ms - set->fetched_at_ms : 0;
}

/* Called with the mutex held: whether the last answer is so recent that it still stands. */
static bool is_pause(const lk__keys *keys, int64_t now_ms, int64_t pause_ms)
{
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
    mine = !waited &&
           !is_pause(keys, now_ms, keys->last.status == LK_OK ? PAUSE_MS : PAUSE_AFTER_ERROR_MS);
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
        set->id = ++keys->n_sets;
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

/* "; those of 1441 min ago are …", or nothing where that is not the cause. */
static void tell_age(lk__keys *keys, int64_t now_ms, char out[MAX_AGE_TEXT])
{
    int64_t old_ms = 0;

    pthread_mutex_lock(&keys->mutex);
    if (keys->current != NULL)
        old_ms = age_ms(keys->current, now_ms);
    pthread_mutex_unlock(&keys->mutex);
    out[0] = '\0';
    if (old_ms > keys->max_age_ms)
        snprintf(out, MAX_AGE_TEXT,
                 "; those of %" PRId64 " min ago are not used for more than %" PRId64 " min",
                 old_ms / 60000, keys->max_age_ms / 60000);
}

/* Says what it is about, so that nobody takes it for the refusal of a token. */
static void explain(lk__keys *keys, int64_t now_ms, lk_error *outcome)
{
    static const char what[] = "the signing keys cannot be fetched";
    char cause[sizeof(outcome->message)];
    char age[MAX_AGE_TEXT];

    tell_age(keys, now_ms, age);
    memcpy(cause, outcome->message, sizeof(cause));
    snprintf(outcome->message, sizeof(outcome->message), "%s: %.*s%s", what,
             (int)(sizeof(cause) - sizeof(what) - 2 - strlen(age)), cause, age);
}

static void fetch_and_end(lk__keys *keys, lk__call_retry retry, lk_error *outcome)
{
    key_set *set = NULL;

    lk__error_clear(outcome);
    if (lk__client_count(keys->client, LK__COUNT_KEY_FETCH, fetch(keys, retry, &set, outcome)) !=
        LK_OK)
        explain(keys, lk__now_ms(keys->client), outcome);
    end_fetch(keys, lk__now_ms(keys->client), set, outcome);
}

lk_status lk_client_refresh_keys(lk_client *client, lk_error *err)
{
    lk_error outcome = LK_ERROR_INIT;

    lk__error_clear(err);
    if (client == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client must not be NULL");
    if (begin_fetch(client->keys, lk__now_ms(client), &outcome))
        fetch_and_end(client->keys, LK__RETRY_SAFE, &outcome);
    if (err != NULL)
        *err = outcome;
    return outcome.status;
}

/* ---- In the background ---- */

static void *work(void *ctx)
{
    lk_error outcome;

    /* No second attempt: the next token begins one, and lk_client_free() waits for this one. */
    fetch_and_end(ctx, LK__RETRY_NEVER, &outcome);
    return NULL;
}

/* Signals are for the program's own threads. */
static int start_worker(lk__keys *keys)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&keys->worker, NULL, work, keys);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static void renew_in_background(lk__keys *keys, int64_t now_ms)
{
    lk_error outcome = LK_ERROR_INIT;

    if (keys->has_worker)
        pthread_join(keys->worker, NULL);
    keys->has_worker = start_worker(keys) == 0;
    if (keys->has_worker)
        return;
    (void)lk__no_memory(&outcome); /* told to who asks next; the old keys stay */
    end_fetch(keys, now_ms, NULL, &outcome);
}

static bool is_old(const lk__keys *keys, int64_t now_ms)
{
    return keys->refresh_ms >= 0 && (keys->current->fetched_at_ms > now_ms ||
                                     age_ms(keys->current, now_ms) > keys->refresh_ms);
}

/* The set to verify with: *set is NULL where there is none that may be used. true: the caller must
 * renew it in the background. */
static bool borrow(lk__keys *keys, int64_t now_ms, key_set **set)
{
    bool is_due = false;

    *set = NULL;
    pthread_mutex_lock(&keys->mutex);
    if (keys->current != NULL && age_ms(keys->current, now_ms) <= keys->max_age_ms) {
        *set = keys->current;
        keys->current->n_users++;
        is_due = is_old(keys, now_ms) && !keys->fetching && !is_pause(keys, now_ms, PAUSE_MS);
        if (is_due)
            keys->fetching = true;
    }
    pthread_mutex_unlock(&keys->mutex);
    return is_due;
}

/* ---- All of it ---- */

static void tell_no_keys(lk__keys *keys, int64_t now_ms, lk_error *err)
{
    char age[MAX_AGE_TEXT];

    tell_age(keys, now_ms, age);
    lk__error_clear(err);
    (void)lk__fail(err, LK_ERR_NO_KEY, "no signing keys to verify the access token with%s", age);
}

lk_status lk__client_verify(const lk_client *client, const char *token, lk__json **claims,
                            lk_error *err)
{
    int64_t now_ms = lk__now_ms(client);
    int64_t skew_ms = 0;
    key_set *set = NULL;

    if (borrow(client->keys, now_ms, &set))
        renew_in_background(client->keys, now_ms);
    (void)lk_client_get_clock_skew(client, &skew_ms); /* 0 while it is not known */
    const lk__jwt_rules rules = {
        .keys = set == NULL ? NULL : set->jwks,
        .issuers = (const char *const *)client->issuers,
        .n_issuers = client->n_issuers,
        .client_id = client->client_id,
        .now_ms = now_ms,
        .leeway_s = client->leeway_s,
        .clock_skew_ms = skew_ms,
    };
    lk_status status = lk__jwt_verify(token, &rules, claims, err);

    if (status == LK_ERR_NO_KEY && set == NULL)
        tell_no_keys(client->keys, now_ms, err);
    give_back(client->keys, set);
    return status;
}

uint64_t lk__client_keys_id(const lk_client *client)
{
    int64_t now_ms = lk__now_ms(client);
    key_set *set = NULL;

    if (borrow(client->keys, now_ms, &set))
        renew_in_background(client->keys, now_ms);
    uint64_t id = set == NULL ? 0 : set->id;
    give_back(client->keys, set);
    return id;
}

int64_t lk_client_get_keys_fetched_at_ms(const lk_client *client)
{
    lk__keys *keys = client->keys;
    int64_t fetched_at_ms;

    pthread_mutex_lock(&keys->mutex);
    fetched_at_ms = keys->current == NULL ? 0 : keys->current->fetched_at_ms;
    pthread_mutex_unlock(&keys->mutex);
    return fetched_at_ms;
}

/* A file that is no good is as good as none. */
static lk_status load(lk__keys *keys, lk_error *err)
{
    const lk__key_file file = file_of(keys);
    lk__auto_buf text = LK__BUF(LK__MAX_KEY_SET);
    lk_error cause = LK_ERROR_INIT;
    lk_error why = LK_ERROR_INIT;
    int64_t fetched_at_ms = 0;
    lk_status status = lk__key_file_read(&file, lk__now_ms(keys->client), keys->max_age_ms, &text,
                                         &fetched_at_ms, &cause);

    if (status == LK_OK)
        status = make_set(&text, fetched_at_ms, &keys->current, &why);
    if (keys->current != NULL)
        keys->current->id = ++keys->n_sets;
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (why.status != LK_OK)
        (void)lk__fail(&cause, LK_ERR_STORE, "key file %.120s is not used: %.100s", keys->file,
                       why.message);
    if (status != LK_OK && status != LK_ERR_NOT_FOUND)
        tell_log(keys->client, &cause);
    return LK_OK;
}

static void keys_freep(lk__keys **keys)
{
    lk__keys_free(*keys);
}

lk_status lk__keys_new(lk_client *client, const lk__keys_rules *rules, lk__keys **out,
                       lk_error *err)
{
    LK_CLEANUP(keys_freep) lk__keys *keys = calloc(1, sizeof(*keys));

    if (keys == NULL)
        return lk__no_memory(err);
    pthread_mutex_init(&keys->mutex, NULL);
    pthread_cond_init(&keys->fetched, NULL);
    keys->client = client;
    keys->refresh_ms = rules->refresh_ms;
    keys->max_age_ms = rules->max_age_ms;
    if (rules->file != NULL) {
        keys->file = strdup(rules->file);
        if (keys->file == NULL)
            return lk__no_memory(err);
        LK_TRY(load(keys, err));
    }
    *out = lk__steal(keys);
    return LK_OK;
}

void lk__keys_free(lk__keys *keys)
{
    if (keys == NULL)
        return;
    if (keys->has_worker)
        pthread_join(keys->worker, NULL);
    free_set(keys->current);
    free(keys->file);
    pthread_cond_destroy(&keys->fetched);
    pthread_mutex_destroy(&keys->mutex);
    free(keys);
}
