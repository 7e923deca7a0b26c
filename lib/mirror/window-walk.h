/* The feed through windows, side by side: see window.h.
 *
 * In rounds: one page of each open window at once, and while the next round is on its way, what
 * the last one brought is applied, in one transaction with the cursor where it can move. */
#ifndef LK_MIRROR_WINDOW_WALK_H
#define LK_MIRROR_WINDOW_WALK_H

#include "mirror/feed.h"
#include "mirror/fetch.h"
#include "mirror/window.h"

enum { LK__MAX_SIDE_BY_SIDE = LK__MAX_PAGES };

typedef struct lk__window_walk {
    lk_client *client;
    const char *const *types; /* the caller's */
    size_t n_types;
    size_t width; /* requests at once: 2 to LK__MAX_SIDE_BY_SIDE */
    lk__windows windows;
    lk__fetch fetches[LK__MAX_SIDE_BY_SIDE];
    size_t places[LK__MAX_SIDE_BY_SIDE]; /* of each fetch's window */
    size_t n_fetches;
    int64_t next_round_ms; /* by the steady clock: never more often than WorkOS allows */
    lk_error trouble;      /* of a request, to be told by the next step */
} lk__window_walk;

typedef enum lk__window_state {
    LK__WINDOWS_GO_ON = 0,
    LK__WINDOWS_DONE,
    LK__WINDOWS_IGNORED, /* the server does not know ranges, or refuses them: nothing was applied */
    LK__WINDOWS_LOST     /* somebody else moved the feed: nothing was applied */
} lk__window_state;

/* One round. Takes what the requests before brought, so it tells of a page a round after it came.
 * A request that failed is told by the step after, which asks nobody, and is repeated by the one
 * after that; any other failure, and any state but LK__WINDOWS_GO_ON, ends the walk: the cursor in
 * the store is where to go on from. No thread outlives the call. */
LK_MUST_CHECK lk_status lk__window_walk_step(lk__window_walk *self, lk__store *store,
                                             const lk__feed *feed, int64_t fence,
                                             lk_sync_result *result, lk__window_state *state,
                                             lk_error *err);
void lk__window_walk_clear(lk__window_walk *self);

#endif
