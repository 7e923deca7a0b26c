/* A consumer's row: where it is, and the ways to move it. */
#ifndef LK_MIRROR_CONSUMER_ROW_H
#define LK_MIRROR_CONSUMER_ROW_H

#include "mirror/store.h"

#include <latchkey/consumer.h>

typedef struct lk__consumer_row {
    int64_t position;
    int64_t reached;
    int64_t n_failures;
    char failed_id[256]; /* "" when all is well */
} lk__consumer_row;

/* LK_ERR_NOT_FOUND. */
LK_MUST_CHECK lk_status lk__consumer_read(lk__store *store, const char *name, lk__consumer_row *out,
                                          lk_error *err);
/* The newest sequence. All up to it are committed, and all that follow will be higher: writers take
 * turns (store.h), and a sequence is given to one that has its turn. */
LK_MUST_CHECK lk_status lk__consumer_head(lk__store *store, int64_t *out, lk_error *err);
/* Adds it at this place; leaves one that is there as it is. */
LK_MUST_CHECK lk_status lk__consumer_add(lk__store *store, const char *name,
                                         const lk_consumer_place *start, int64_t now_ms,
                                         lk_error *err);

/* What a step may change, as long as nobody else has moved the row since it was read or taken over
 * the lease. */
typedef struct lk__consumer_turn {
    const char *name;
    const char *lease;
    int64_t fence;
    int64_t position; /* as it was read */
} lk__consumer_turn;

/* reached: of what was handled; 0: nothing was. */
LK_MUST_CHECK lk_status lk__consumer_move(lk__store *store, const lk__consumer_turn *turn,
                                          int64_t position, int64_t reached, int64_t now_ms,
                                          bool *moved, lk_error *err);
/* For those who ask how it is. Where this fails, no more than the note is lost. */
void lk__consumer_note_failure(lk__store *store, const lk__consumer_turn *turn,
                               const char *event_id, const char *failure, int64_t now_ms);

/* LK_ERR_INVALID says what is wrong with it. */
LK_MUST_CHECK lk_status lk__consumer_check_name(const char *name, lk_error *err);
LK_MUST_CHECK lk_status lk__consumer_check_place(const lk_consumer_place *place, lk_error *err);
/* Inside a transaction. The sequence behind which it lies. */
LK_MUST_CHECK lk_status lk__consumer_find(lk__store *store, const lk_consumer_place *place,
                                          int64_t *out, lk_error *err);

#endif
