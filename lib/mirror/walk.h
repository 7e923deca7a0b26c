/* A walk through the state API, in the database: how far it is, and what it says of the mirror.
 *
 * What a walk writes has a version like any event's: its stamp. That is the newest moment before
 * which no event can still turn up (WorkOS holds them back for a while, see sync.c), or 30 days ago
 * for a mirror that has none. So a walk repairs what events before that moment left wrong; what has
 * happened since comes with newer versions from the feed, and wins. */
#ifndef LK_MIRROR_WALK_H
#define LK_MIRROR_WALK_H

#include "api/directories.h"
#include "mirror/put.h"

#include <latchkey/reconcile.h>

enum { LK__ID_SIZE = 256 };

typedef struct lk__walk {
    int64_t id; /* 0: none */
    bool is_dry;
    lk_reconcile_state state;
    int64_t started_at_ms;
    int64_t finished_at_ms;
    int64_t stamp_ms;
    char stamp_id[48];
    char position[LK__ID_SIZE]; /* "" at the beginning */
    bool has_gaps;
} lk__walk;

/* kept_from_ms: the mark of forget.h, read in the transaction that writes. */
lk__version lk__walk_version(const lk__walk *walk, int64_t kept_from_ms);

/* Whether the id of a version is that of a walk. */
bool lk__walk_is_stamp(const char *version_id);

/* Goes on with one of the last day, or begins one. oldest_ms: the stamp of a walk through an empty
 * mirror. goes_on_held: also with one that was held. */
LK_MUST_CHECK lk_status lk__walk_begin(lk__store *store, int64_t now_ms, int64_t oldest_ms,
                                       bool is_dry, bool goes_on_held, lk__walk *out,
                                       lk_error *err);
LK_MUST_CHECK lk_status lk__walk_read(lk__store *store, int64_t id, lk__walk *out, lk_error *err);
/* The newest that came to its end; out->id is 0 when there is none. */
LK_MUST_CHECK lk_status lk__walk_read_last(lk__store *store, lk__walk *out, lk_error *err);

/* Inside a transaction. *moved is false when another process was faster: roll back. position: in
 * the new state. now_ms is kept as the end where the new state is one. */
LK_MUST_CHECK lk_status lk__walk_move(lk__store *store, const lk__walk *walk,
                                      lk_reconcile_state state, const char *position, bool has_gaps,
                                      int64_t now_ms, bool *moved, lk_error *err);

/* ---- Its directories ---- */

typedef enum lk__walk_phase {
    LK__WALK_GROUPS = 0,
    LK__WALK_USERS,
    LK__WALK_DONE,
    LK__WALK_FAILED
} lk__walk_phase;

typedef struct lk__walk_directory {
    char id[LK__ID_SIZE]; /* "": none */
    char organization_id[LK__ID_SIZE];
    lk__walk_phase phase;
    char position[LK__ID_SIZE];
    int64_t asked_at_ms;
} lk__walk_directory;

LK_MUST_CHECK lk_status lk__walk_add_directory(lk__store *store, const lk__walk *walk,
                                               const char *id, const char *organization_id,
                                               int64_t n_expected, lk_error *err);
/* The one that was asked least recently; out->id is "" once all are done. */
LK_MUST_CHECK lk_status lk__walk_next_directory(lk__store *store, const lk__walk *walk,
                                                lk__walk_directory *out, lk_error *err);
/* As lk__walk_move(). next: what is to be kept of the directory. */
LK_MUST_CHECK lk_status lk__walk_move_directory(lk__store *store, const lk__walk *walk,
                                                const lk__walk_directory *directory,
                                                const lk__walk_directory *next, size_t n_seen,
                                                bool has_gaps, bool *moved, lk_error *err);

/* ---- Differences ---- */

typedef enum lk__difference {
    LK__DIRECTORIES_ADDED = 0, /* in the order of lk_drift */
    LK__DIRECTORIES_CHANGED,
    LK__DIRECTORIES_DELETED,
    LK__GROUPS_ADDED,
    LK__GROUPS_CHANGED,
    LK__GROUPS_DELETED,
    LK__USERS_ADDED,
    LK__USERS_CHANGED,
    LK__USERS_DELETED,
    LK__MEMBERSHIPS_ADDED,
    LK__MEMBERSHIPS_REMOVED,
    LK__N_DIFFERENCES
} lk__difference;

LK_MUST_CHECK lk_status lk__walk_add_drift(lk__store *store, const lk__walk *walk,
                                           const char *organization_id, lk__difference what,
                                           int64_t n, lk_error *err);
/* -1 for an unknown name. */
int lk__difference_find(const char *name);

#endif
