/* Sessions that were opened before; see session-cache.h.
 *
 * The place of a seal comes from a keyed hash of its end, where its MAC stands: only who knows the
 * password makes seals that open and are kept, and nobody can aim them at one set. memcmp() over
 * the rest tells no more by its time: to come so far, the MAC must be right already. */
#include "web/session-cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/seal.h"
#include "crypto/siphash.h"

enum {
    TAIL_SIZE = 64, /* bytes: MAC and version, and a part of the salt */
    MAX_KEPT = 8192 /* bytes of a seal */
};

typedef struct entry {
    struct entry *next; /* in its bucket */
    struct entry *newer;
    struct entry *older;
    uint64_t hash;
    uint64_t keys_id;
    int64_t from_ms;
    int64_t until_ms;
    lk_session *session;
    size_t len;
    char sealed[]; /* secret */
} entry;

struct lk__session_cache {
    unsigned char key[LK__SIPHASH_KEY];
    pthread_mutex_t mutex; /* guards all below */
    entry *newest;
    entry *oldest;
    size_t n_entries;
    size_t limit;
    entry *buckets[]; /* limit of them */
};

static uint64_t hash_of(const lk__session_cache *cache, const char *sealed, size_t len)
{
    size_t tail = len < TAIL_SIZE ? len : TAIL_SIZE;

    return lk__siphash(cache->key, sealed + len - tail, tail);
}

static void entry_free(entry *e)
{
    if (e == NULL)
        return;
    lk_session_free(e->session);
    lk__wipe(e->sealed, e->len);
    free(e);
}

/* ---- With the lock held ---- */

static entry **bucket_of(lk__session_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash % cache->limit];
}

static entry *find(lk__session_cache *cache, const char *sealed, size_t len, uint64_t hash)
{
    for (entry *e = *bucket_of(cache, hash); e != NULL; e = e->next)
        if (e->hash == hash && e->len == len && memcmp(e->sealed, sealed, len) == 0)
            return e;
    return NULL;
}

static void leave_order(lk__session_cache *cache, entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &cache->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &cache->oldest) = e->newer;
}

static void become_newest(lk__session_cache *cache, entry *e)
{
    e->newer = NULL;
    e->older = cache->newest;
    *(e->older != NULL ? &e->older->newer : &cache->oldest) = e;
    cache->newest = e;
}

/* Freed by the caller, without the lock. NULL is fine. */
static entry *take_out(lk__session_cache *cache, entry *e)
{
    if (e == NULL)
        return NULL;
    for (entry **link = bucket_of(cache, e->hash); *link != NULL; link = &(*link)->next) {
        if (*link != e)
            continue;
        *link = e->next;
        break;
    }
    leave_order(cache, e);
    cache->n_entries--;
    return e;
}

static void put_in(lk__session_cache *cache, entry *e)
{
    entry **bucket = bucket_of(cache, e->hash);

    e->next = *bucket;
    *bucket = e;
    become_newest(cache, e);
    cache->n_entries++;
}

/* A clock that was set back could revive what has ended. */
static bool is_good(const entry *e, uint64_t keys_id, int64_t now_ms)
{
    return e->keys_id == keys_id && now_ms >= e->from_ms && now_ms < e->until_ms;
}

/* ---- Shared ---- */

lk_session *lk__session_cache_find(lk__session_cache *cache, const char *sealed, size_t len,
                                   uint64_t keys_id, int64_t now_ms)
{
    lk_session *session = NULL;
    entry *ended = NULL;

    if (cache->limit == 0 || len > MAX_KEPT)
        return NULL;
    uint64_t hash = hash_of(cache, sealed, len);
    pthread_mutex_lock(&cache->mutex);
    entry *e = find(cache, sealed, len, hash);
    if (e != NULL && is_good(e, keys_id, now_ms)) {
        leave_order(cache, e);
        become_newest(cache, e);
        session = lk__session_share(e->session);
    } else {
        ended = take_out(cache, e);
    }
    pthread_mutex_unlock(&cache->mutex);
    entry_free(ended);
    return session;
}

/* The first moment at which it must not be served any more. */
static int64_t end_of(const lk_session *session, const char *sealed, size_t len)
{
    int64_t seal_ms = lk__seal_expiry_ms(sealed, len);

    return session->expires_at_ms < seal_ms ? session->expires_at_ms : seal_ms;
}

void lk__session_cache_keep(lk__session_cache *cache, const char *sealed, size_t len,
                            lk_session *session, uint64_t keys_id, int64_t now_ms)
{
    entry *oldest = NULL;

    /* No keys before, and a token that was verified: they came in between. */
    if (keys_id == 0 && session->profile == NULL)
        return;
    if (cache->limit == 0 || len > MAX_KEPT || now_ms >= end_of(session, sealed, len))
        return;
    entry *e = malloc(sizeof(*e) + len);
    if (e == NULL)
        return;
    *e = (entry){ .hash = hash_of(cache, sealed, len),
                  .keys_id = keys_id,
                  .from_ms = now_ms,
                  .until_ms = end_of(session, sealed, len),
                  .session = lk__session_share(session),
                  .len = len };
    memcpy(e->sealed, sealed, len);

    pthread_mutex_lock(&cache->mutex);
    entry *same = take_out(cache, find(cache, sealed, len, e->hash));
    if (cache->n_entries == cache->limit)
        oldest = take_out(cache, cache->oldest);
    put_in(cache, e);
    pthread_mutex_unlock(&cache->mutex);
    entry_free(same);
    entry_free(oldest);
}

void lk__session_cache_forget(lk__session_cache *cache, const char *sealed, size_t len)
{
    if (cache->limit == 0 || len > MAX_KEPT)
        return;
    uint64_t hash = hash_of(cache, sealed, len);
    pthread_mutex_lock(&cache->mutex);
    entry *forgotten = take_out(cache, find(cache, sealed, len, hash));
    pthread_mutex_unlock(&cache->mutex);
    entry_free(forgotten);
}

/* ---- Making ---- */

lk_status lk__session_cache_new(const lk_random *random, size_t limit, lk__session_cache **out,
                                lk_error *err)
{
    lk__session_cache *cache;

    if (limit > (SIZE_MAX - sizeof(*cache)) / sizeof(entry *))
        return lk__no_memory(err);
    cache = calloc(1, sizeof(*cache) + limit * sizeof(entry *));
    if (cache == NULL)
        return lk__no_memory(err);
    lk_status status = random->fill(random->ctx, cache->key, sizeof(cache->key));
    if (status != LK_OK) {
        free(cache);
        return lk__fail(err, status, "the source of random bytes failed");
    }
    cache->limit = limit;
    pthread_mutex_init(&cache->mutex, NULL);
    *out = cache;
    return LK_OK;
}

void lk__session_cache_free(lk__session_cache *cache)
{
    if (cache == NULL)
        return;
    while (cache->newest != NULL)
        entry_free(take_out(cache, cache->newest));
    pthread_mutex_destroy(&cache->mutex);
    lk__wipe(cache->key, sizeof(cache->key));
    free(cache);
}
