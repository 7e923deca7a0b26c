/* All directory users, in the order of their creation: records as in state.h, and between them a
 * crowd of any size of which nothing is stored. A person of the crowd is made when somebody looks,
 * always the same for the same number, and is kept from the first change on. So are the events that
 * tell of them. */
#ifndef EMULATOR_ROSTER_H
#define EMULATOR_ROSTER_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct emulator_state;
struct event_view;

#define CROWD_MAX        200000
#define CROWD_MAX_GROUPS 64

typedef struct crowd {
    cJSON *directory; /* as it was then */
    cJSON
        *groups[CROWD_MAX_GROUPS]; /* as they were then: everybody is in the first and one other */
    size_t n_groups, n_events;     /* n_events: of each person */
    size_t count, n_gone;
    size_t n_before;     /* records that are older than the crowd */
    size_t first_number; /* in the e-mail of the first; stays, whoever leaves */
    int64_t begin_ms;
    uint64_t seed;
    char id_tail[16]; /* of all their ids: the time in front of it makes them different */
    cJSON **kept;     /* by number; NULL: as made */
    bool *is_gone;
    cJSON **lent; /* made for somebody who looks; until roster_release() */
    size_t n_lent, lent_capacity;
} crowd;

/* Adds that many people to the directory; once. Their time is begin_ms and the milliseconds after
 * it, in which nothing else may happen. */
void roster_add_crowd(struct emulator_state *self, const cJSON *directory, size_t count,
                      int64_t begin_ms);
void roster_free(crowd *self);

/* What the crowd is made from, and back again: before events are, and before anybody is taken back.
 * False: it is none that was saved. */
cJSON *roster_save(const crowd *self); /* free it */
bool roster_restore(struct emulator_state *self, const cJSON *saved);
/* A directory user who was saved; true: they are of the crowd, and kept or forgotten there. */
bool roster_take_back(struct emulator_state *self, cJSON *user);

size_t roster_positions(const struct emulator_state *self);          /* some may be empty */
cJSON *roster_at(struct emulator_state *self, size_t position);      /* NULL: empty */
size_t roster_position(struct emulator_state *self, const char *id); /* all positions when absent */
cJSON *roster_find(struct emulator_state *self, const char *id);
size_t roster_count(const struct emulator_state *self, const char *directory_id, bool only_active);

/* Before a change: the person is a record from now on. */
void roster_keep(struct emulator_state *self, cJSON *user);
void roster_remove(struct emulator_state *self, cJSON *user);
void roster_remove_all(struct emulator_state *self, const char *directory_id);

/* People are lent until the request is over; drop gives back the one that was lent last, early. */
void roster_drop(struct emulator_state *self, const cJSON *user);
void roster_release(struct emulator_state *self);

/* Whether the person is of the crowd and as made; if so, whether they are in this group. */
bool roster_is_lent(const cJSON *user);
bool roster_is_in_group(const struct emulator_state *self, const cJSON *user, const char *group_id);

/* Events of the crowd by their number: without body, and with. */
void roster_event(struct emulator_state *self, size_t number, struct event_view *out);
char *roster_event_body(struct emulator_state *self, size_t number); /* free() it */

#endif
