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
    N_WAYS = 4,
    N_SHARDS = 16,
    TAIL_SIZE = 64, /* bytes: MAC and version, and a part of the salt */
    MAX_KEPT = 8192 /* bytes of a seal */
};

typedef struct entry {
    char *sealed; /* secret; NULL: free */
    size_t len;
    uint64_t hash;
    uint64_t keys_id;
    int64_t from_ms;
    int64_t until_ms;
    uint64_t used; /* the shard's count at the last use */
    lk_session *session;
} entry;

typedef struct shard {
    pthread_mutex_t mutex; /* guards the entries of every N_SHARDS-th set */
    uint64_t n_uses;
} shard;

struct lk__session_cache {
    unsigned char key[LK__SIPHASH_KEY];
    shard shards[N_SHARDS];
    size_t n_sets;
    entry entries[];
};

/* What is looked for, and where. */
typedef struct place {
    const char *sealed;
    size_t len;
    uint64_t hash;
    shard *lock;
    entry *set; /* N_WAYS of them */
} place;

static void entry_clear(entry *e)
{
    if (e->sealed != NULL)
        lk__wipe(e->sealed, e->len);
    free(e->sealed);
    lk_session_free(e->session);
    *e = (entry){ .sealed = NULL };
}

static place place_of(lk__session_cache *cache, const char *sealed, size_t len)
{
    size_t tail = len < TAIL_SIZE ? len : TAIL_SIZE;
    uint64_t hash = lk__siphash(cache->key, sealed + len - tail, tail);
    size_t set = (size_t)(hash % cache->n_sets);

    return (place){ .sealed = sealed,
                    .len = len,
                    .hash = hash,
                    .lock = &cache->shards[set % N_SHARDS],
                    .set = &cache->entries[set * N_WAYS] };
}

/* ---- With the lock held ---- */

static entry *find(const place *p)
{
    for (entry *e = p->set; e < p->set + N_WAYS; e++)
        if (e->sealed != NULL && e->hash == p->hash && e->len == p->len &&
            memcmp(e->sealed, p->sealed, p->len) == 0)
            return e;
    return NULL;
}

/* The same seal's, else a free one, else the one used longest ago: 0 stands for free. */
static entry *choose(const place *p)
{
    entry *oldest = find(p);

    if (oldest != NULL)
        return oldest;
    oldest = p->set;
    for (entry *e = p->set + 1; e < p->set + N_WAYS; e++)
        if (e->used < oldest->used)
            oldest = e;
    return oldest;
}

/* Leaves the place free; what was there is cleared by the caller, without the lock. */
static entry take_out(entry *e)
{
    entry taken = *e;

    *e = (entry){ .sealed = NULL };
    return taken;
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
    entry ended = { .sealed = NULL };

    if (cache->n_sets == 0 || len > MAX_KEPT)
        return NULL;
    const place p = place_of(cache, sealed, len);
    pthread_mutex_lock(&p.lock->mutex);
    entry *e = find(&p);
    if (e != NULL && is_good(e, keys_id, now_ms)) {
        e->used = ++p.lock->n_uses;
        session = lk__session_share(e->session);
    } else if (e != NULL) {
        ended = take_out(e);
    }
    pthread_mutex_unlock(&p.lock->mutex);
    entry_clear(&ended);
    return session;
}

void lk__session_cache_keep(lk__session_cache *cache, const char *sealed, size_t len,
                            lk_session *session, uint64_t keys_id, int64_t now_ms)
{
    int64_t sealed_until_ms = lk__seal_expiry_ms(sealed, len);
    int64_t until_ms = session->expires_at_ms;

    if (until_ms > sealed_until_ms)
        until_ms = sealed_until_ms;
    /* No keys before, and a token that was verified: they came in between. */
    if (keys_id == 0 && session->profile == NULL)
        return;
    if (cache->n_sets == 0 || len > MAX_KEPT || now_ms >= until_ms)
        return;
    char *copy = malloc(len);
    if (copy == NULL)
        return;
    memcpy(copy, sealed, len);

    const place p = place_of(cache, sealed, len);
    pthread_mutex_lock(&p.lock->mutex);
    entry *e = choose(&p);
    entry old = take_out(e);
    *e = (entry){ .sealed = copy,
                  .len = len,
                  .hash = p.hash,
                  .keys_id = keys_id,
                  .from_ms = now_ms,
                  .until_ms = until_ms,
                  .used = ++p.lock->n_uses,
                  .session = lk__session_share(session) };
    pthread_mutex_unlock(&p.lock->mutex);
    entry_clear(&old);
}

void lk__session_cache_forget(lk__session_cache *cache, const char *sealed, size_t len)
{
    entry forgotten = { .sealed = NULL };

    if (cache->n_sets == 0 || len > MAX_KEPT)
        return;
    const place p = place_of(cache, sealed, len);
    pthread_mutex_lock(&p.lock->mutex);
    entry *e = find(&p);
    if (e != NULL)
        forgotten = take_out(e);
    pthread_mutex_unlock(&p.lock->mutex);
    entry_clear(&forgotten);
}

/* ---- Making ---- */

lk_status lk__session_cache_new(const lk_random *random, size_t n_entries, lk__session_cache **out,
                                lk_error *err)
{
    size_t n_sets = n_entries / N_WAYS + (n_entries % N_WAYS > 0);
    lk__session_cache *cache;

    if (n_sets > (SIZE_MAX - sizeof(*cache)) / (N_WAYS * sizeof(entry)))
        return lk__no_memory(err);
    cache = calloc(1, sizeof(*cache) + n_sets * N_WAYS * sizeof(entry));
    if (cache == NULL)
        return lk__no_memory(err);
    lk_status status = random->fill(random->ctx, cache->key, sizeof(cache->key));
    if (status != LK_OK) {
        free(cache);
        return lk__fail(err, status, "the source of random bytes failed");
    }
    cache->n_sets = n_sets;
    for (size_t i = 0; i < N_SHARDS; i++)
        pthread_mutex_init(&cache->shards[i].mutex, NULL);
    *out = cache;
    return LK_OK;
}

void lk__session_cache_free(lk__session_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->n_sets * N_WAYS; i++)
        entry_clear(&cache->entries[i]);
    for (size_t i = 0; i < N_SHARDS; i++)
        pthread_mutex_destroy(&cache->shards[i].mutex);
    lk__wipe(cache->key, sizeof(cache->key));
    free(cache);
}
