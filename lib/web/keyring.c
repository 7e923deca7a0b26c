/* The cookie passwords; see keyring.h.
 *
 * Each set of passwords is an age. A request counts in the age that it began in, and may read any
 * later one as well, so ages end in order: the oldest is wiped when nobody is left in it, then the
 * next, up to the present. */
#include "web/keyring.h"

#include <latchkey/error.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct lk__key_age {
    lk__key_age *next; /* the one after it; NULL: the present */
    char *texts[2];    /* secret */
    lk__passwords passwords;
    uint64_t id;
    size_t n_requests;
};

struct lk__keyring {
    pthread_mutex_t mutex; /* for all below, and what is in the ages but for the passwords */
    lk__key_age *oldest;
    _Atomic(lk__key_age *) present;
};

static void free_age(lk__key_age *age)
{
    if (age == NULL)
        return;
    for (size_t i = 0; i < 2; i++)
        lk_free_secret(age->texts[i]);
    free(age);
}

static void free_agep(lk__key_age **age)
{
    free_age(*age);
}

static lk_status make_age(const char *password, const char *previous, lk__key_age **out,
                          lk_error *err)
{
    const char *const given[2] = { password, previous };
    LK_CLEANUP(free_agep) lk__key_age *age = calloc(1, sizeof(*age));

    if (age == NULL)
        return lk__no_memory(err);
    for (size_t i = 0; i < 2 && given[i] != NULL; i++) {
        age->texts[i] = strdup(given[i]);
        if (age->texts[i] == NULL)
            return lk__no_memory(err);
        age->passwords.items[age->passwords.n_items++] = age->texts[i];
    }
    *out = lk__steal(age);
    return LK_OK;
}

lk_status lk__keyring_new(const char *password, const char *previous, lk__keyring **out,
                          lk_error *err)
{
    LK_CLEANUP(free_agep) lk__key_age *age = NULL;

    LK_TRY(make_age(password, previous, &age, err));
    lk__keyring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL)
        return lk__no_memory(err);
    /* Does not fail on Linux with default attributes. */
    (void)pthread_mutex_init(&ring->mutex, NULL);
    ring->oldest = age;
    atomic_init(&ring->present, lk__steal(age));
    *out = ring;
    return LK_OK;
}

void lk__keyring_free(lk__keyring *ring)
{
    if (ring == NULL)
        return;
    while (ring->oldest != NULL) {
        lk__key_age *age = ring->oldest;
        ring->oldest = age->next;
        free_age(age);
    }
    pthread_mutex_destroy(&ring->mutex);
    free(ring);
}

/* With the mutex held. */
static void end_ages(lk__keyring *ring)
{
    while (ring->oldest->next != NULL && ring->oldest->n_requests == 0) {
        lk__key_age *age = ring->oldest;
        ring->oldest = age->next;
        free_age(age);
    }
}

lk_status lk__keyring_set(lk__keyring *ring, const char *password, const char *previous,
                          lk_error *err)
{
    lk__key_age *age = NULL;

    LK_TRY(make_age(password, previous, &age, err));
    pthread_mutex_lock(&ring->mutex);
    lk__key_age *before = atomic_load(&ring->present);
    age->id = before->id + 1;
    before->next = age;
    atomic_store(&ring->present, age);
    end_ages(ring);
    pthread_mutex_unlock(&ring->mutex);
    return LK_OK;
}

lk__keyring_visit lk__keyring_enter(lk__keyring *ring)
{
    pthread_mutex_lock(&ring->mutex);
    const lk__keyring_visit visit = { .ring = ring, .age = atomic_load(&ring->present) };
    visit.age->n_requests++;
    pthread_mutex_unlock(&ring->mutex);
    return visit;
}

void lk__keyring_leave(lk__keyring_visit *visit)
{
    pthread_mutex_lock(&visit->ring->mutex);
    visit->age->n_requests--;
    end_ages(visit->ring);
    pthread_mutex_unlock(&visit->ring->mutex);
}

const lk__passwords *lk__keyring_now(const lk__keyring *ring)
{
    return &atomic_load(&ring->present)->passwords;
}

uint64_t lk__keyring_id(const lk__keyring *ring)
{
    return atomic_load(&ring->present)->id;
}
