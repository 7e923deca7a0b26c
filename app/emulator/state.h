/* What the emulated environment holds. Every record is a cJSON object in the shape in which WorkOS
 * shows it; members whose name begins with "_" are for the emulator and are left out by
 * record_view(). Nothing here locks: whoever holds the emulator's lock may read and change. */
#ifndef EMULATOR_STATE_H
#define EMULATOR_STATE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "keys.h"
#include "roster.h"
#include "webhooks.h"

typedef struct records {
    cJSON **items; /* in the order of creation, which is the order of lists */
    size_t count, capacity;
    cJSON **slots; /* the same ones by a hash of their id; n_slots is a power of two, or 0 */
    size_t n_slots;
    cJSON *gone; /* ids of those that left since they were saved; NULL: nobody saves them */
} records;

#define LIMITS_N 10

typedef enum limits_retry_after {
    RETRY_AFTER_SECONDS,
    RETRY_AFTER_ZERO,
    RETRY_AFTER_NONE
} limits_retry_after;

/* How often one may ask; rate-limits.c knows which is which. */
typedef struct limit_settings {
    bool is_on;
    limits_retry_after retry_after;
    int counts[LIMITS_N];
} limit_settings;

typedef struct emulator_state {
    key_ring *keys;
    uint64_t random;       /* of simulated changes; not of secrets */
    uint64_t fault_random; /* of faults that come by chance: other requests do not change it */
    uint64_t id_random;    /* of ids: how many are used up depends on the time */
    int64_t frozen_ms;     /* while a seed is read: the time that passes there; else 0 */
    int64_t ahead_ms;      /* how far a test has moved the clock */
    uint64_t id_ms;        /* of the last id given */
    uint64_t id_tail[2];

    records users, organizations, memberships, roles;
    records connections, profiles;
    crowd crowd; /* directory users, too: roster.h shows all of them */
    records directories, directory_users, directory_groups,
        links; /* links: who is in which group */
    records sessions, codes, refresh_tokens, sso_tokens;
    records passes;              /* pending_authentication_token: sign-ins half done */
    records one_time_codes;      /* of magic auth and of e-mail verification */
    records factors, challenges; /* second factors */
    records devices, invitations, password_resets, api_keys, logouts;
    records faults, quotas;
    limit_settings limits;
    records endpoints, deliveries; /* of webhooks */
    cJSON *more_keys; /* API keys that are accepted, too, as names of an object; NULL: none */
    webhook_mishaps mishaps;
    void (*wake)(void *context); /* told of each new delivery; NULL: nobody sends */
    void *wake_context;
    event_log events;
} emulator_state;

/* Without a signing key: make one, or bring back a saved one. NULL: there is no randomness. */
emulator_state *state_new(uint64_t random_seed);
bool state_make_key(emulator_state *self); /* takes some tenths of a second */
void state_free(emulator_state *self);

/* All records that outlive a test's settings, each kind with its name. */
#define STATE_N_RECORDS 25
records *state_records(emulator_state *self, size_t which);
const char *state_records_name(size_t which);

int64_t state_now(const emulator_state *self); /* Unix milliseconds */
uint64_t state_random(emulator_state *self, uint64_t below);
bool state_chance(emulator_state *self, double percent); /* of a fault */

/* Prefix and ULID; later ids sort after earlier ones of the same prefix. */
void state_new_id(emulator_state *self, const char *prefix, char out[ID_SIZE]);

void state_write_time(uint64_t ms, char out[11]);         /* the first half of a ULID */
bool state_read_time(const char *ulid, uint64_t *out_ms); /* false: it is none */

void records_add(records *self, cJSON *record); /* takes it over */
void records_remove(records *self, const cJSON *record);
cJSON *records_find(const records *self,
                    const char *id); /* NULL when absent; NULL id finds nothing */
cJSON *records_find_by(const records *self, const char *key, const char *value);
size_t records_index(const records *self, const char *id); /* count when absent */
void records_trim(records *self, size_t max);              /* forgets the oldest */
void records_note_gone(records *self, const char *id);     /* it was kept elsewhere, and left */

/* A new object of this kind with object, id (the given one, or a new one), created_at, updated_at;
 * not yet among the records. */
cJSON *record_new(emulator_state *self, const char *object, const char *id, const char *prefix);
cJSON *record_view(const cJSON *record); /* a copy without the emulator's own members */

cJSON *state_find_user(const emulator_state *self, const char *email); /* ignores case */
cJSON *state_find_membership(const emulator_state *self, const char *user_id,
                             const char *organization_id);
size_t state_count_memberships(const emulator_state *self, const char *user_id); /* active ones */
const char *state_organization_name(const emulator_state *self,
                                    const char *id); /* "" when unknown */

#endif
