/* Reconciliation: a walk through WorkOS' state API that repairs what the events did not tell.
 *
 * The first one fills the mirror with what is older than the events that WorkOS still has. A sync
 * begins one by itself when the mirror has never had one, or when it was away for longer than
 * WorkOS keeps events. Each page commits together with the place reached: a walk that was
 * interrupted is gone on with, by any process. Nothing is deleted before all of a directory has
 * been seen, nor when more would be deleted than allowed. */
#ifndef LATCHKEY_RECONCILE_H
#define LATCHKEY_RECONCILE_H

#include <latchkey/mirror.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_reconcile lk_reconcile;

typedef struct lk_reconcile_options {
    size_t size;       /* set by LK_RECONCILE_OPTIONS */
    lk_client *client; /* required, with an API key; must outlive the object */
    lk_mirror *mirror; /* required; this object's alone while a call runs */
    bool dry_run;      /* compares and counts; changes no record */
    bool force;        /* deletes however much; goes on with a walk of the last day that was held */
    /* More deletions than both of these hold the walk: per cent of the live users and groups
     * (1-100), and a number. Both 0: 5 per cent, and 10. One of them 0: the other alone counts. */
    int max_delete_percent;
    int max_delete;
} lk_reconcile_options;

#define LK_RECONCILE_OPTIONS(...) \
    (&(const lk_reconcile_options){ .size = sizeof(lk_reconcile_options), __VA_ARGS__ })

typedef enum lk_reconcile_state {
    LK_RECONCILE_LISTING = 0, /* the directories */
    LK_RECONCILE_WALKING,     /* through their groups and users */
    LK_RECONCILE_SWEEPING,    /* deleting what is no longer there */
    LK_RECONCILE_DONE,
    LK_RECONCILE_HELD, /* done but for the deletions: they are too many */
    LK_RECONCILE_LEFT  /* too old, or another one was begun */
} lk_reconcile_state;

typedef struct lk_reconcile_progress {
    size_t size;  /* set by the caller to sizeof */
    int64_t walk; /* its number */
    lk_reconcile_state state;
    int64_t started_at_ms;
    int64_t finished_at_ms; /* 0: under way */
    int64_t n_directories;
    int64_t n_directories_done;   /* failed ones included */
    int64_t n_directories_failed; /* WorkOS refused their lists: nothing is deleted in them */
    int64_t n_seen;               /* users and groups */
    int64_t n_expected;           /* of them, as far as WorkOS says; never below n_seen */
    int64_t n_doomed;             /* users and groups to delete; once held or done */
} lk_reconcile_progress;

/* Begins a walk, or goes on with the one that was interrupted less than a day ago. No network.
 * Free *out with lk_reconcile_free(). */
LK_API LK_MUST_CHECK lk_status lk_reconcile_new(const lk_reconcile_options *options,
                                                lk_reconcile **out, lk_error *err);
/* One page, or one batch of deletions. Blocks on network and disk, and sleeps by the client's clock
 * to keep to 4 requests a second for each directory. *goes_on: false once the walk is over: look at
 * the progress. A failure leaves all as it was: call again later. */
LK_API LK_MUST_CHECK lk_status lk_reconcile_step(lk_reconcile *reconcile, bool *goes_on,
                                                 lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_reconcile_get_progress(lk_reconcile *reconcile,
                                                         lk_reconcile_progress *progress,
                                                         lk_error *err);
LK_API void lk_reconcile_free(lk_reconcile *reconcile);
LK_API void lk_reconcile_freep(lk_reconcile **reconcile);

/* How the mirror differed from WorkOS, per organization. A difference may be an event that was on
 * its way. */
typedef struct lk_drift {
    const char *organization_id; /* NULL: of no organization */
    int64_t directories_added, directories_changed, directories_deleted;
    int64_t groups_added, groups_changed, groups_deleted;
    int64_t users_added, users_changed, users_deleted;
    int64_t memberships_added, memberships_removed;
} lk_drift;

typedef struct lk_drift_page {
    const lk_drift *items; /* sorted by organization; those without differences are left out */
    size_t count;
} lk_drift_page;

LK_API LK_MUST_CHECK lk_status lk_mirror_list_drift(lk_mirror *mirror, int64_t walk,
                                                    lk_drift_page **out, lk_error *err);
LK_API void lk_drift_page_free(lk_drift_page *page);
LK_API void lk_drift_page_freep(lk_drift_page **page);

#ifdef __cplusplus
}
#endif
#endif
