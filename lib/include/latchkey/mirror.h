/* The mirror: a local copy of the customers' directories, fed by the Events API.
 *
 * An lk_mirror is one database connection: one thread at a time, open one per thread. Readers go on
 * while a writer works. Rows and cursor commit together or not at all. */
#ifndef LATCHKEY_MIRROR_H
#define LATCHKEY_MIRROR_H

#include <latchkey/events.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_mirror lk_mirror;

/* store: "sqlite:PATH", or "postgresql://USER@HOST/DATABASE" with all that libpq takes (a password
 * is better off in PGPASSFILE). Creates the file (mode 0600), or a schema "latchkey" in the
 * database, where missing. LK_ERR_STORE names file or host, and the cause: unwritable, not a
 * database, another program's, or written by a newer version; all is then left as it was. A pooler
 * such as PgBouncer must pool sessions (pool_mode = session), not transactions. Blocks on
 * the disk or the network, as do all calls below; a connection that was lost is made anew. */
LK_API LK_MUST_CHECK lk_status lk_mirror_open(const char *store, lk_mirror **out, lk_error *err);
LK_API void lk_mirror_free(lk_mirror *mirror);
LK_API void lk_mirror_freep(lk_mirror **mirror);

/* ---- Events ---- */

typedef struct lk_mirror_event {
    int64_t sequence; /* in the order in which this mirror learned of them */
    const char *id;
    const char *type;
    int64_t created_at_ms;
    const char *organization_id; /* NULL when the event has none */
    const char *directory_id;
    const char *subject; /* a name for people: who or what it happened to */
    const char *json;    /* the whole event, byte for byte */
    size_t json_len;
} lk_mirror_event;

typedef struct lk_mirror_event_page {
    const lk_mirror_event *const *items;
    size_t count;
} lk_mirror_event_page;

typedef enum lk_event_order {
    LK_OLDEST_FIRST = 0, /* by created_at, then id */
    LK_NEWEST_FIRST,
    LK_ARRIVAL,       /* by sequence: to follow without missing a late one */
    LK_LATEST_ARRIVAL /* by sequence, latest first: its first id is where to begin to follow */
} lk_event_order;

typedef struct lk_mirror_event_query {
    size_t size; /* set by LK_MIRROR_EVENT_QUERY */
    lk_event_order order;
    const char *after; /* event id: what comes behind it in this order; LK_ERR_NOT_FOUND */
    const char *type;  /* exact, or a prefix that ends in "." or ".*" */
    const char *organization_id;
    const char *directory_id;
    const char *text; /* found in subject or id, ASCII case ignored */
    int limit;        /* 1-1000; 0: 100 */
    /* Events that happened to this object: a directory user or group (memberships happen to both),
     * a directory, a person of AuthKit (whose sessions and memberships count), … */
    const char *object_id;
    int64_t since_ms; /* created_at from here on; 0: from the first */
    int64_t until_ms; /* and before this; 0: to the last */
    /* Any of these, instead of type; at most 24. n_types 0: all. */
    const char *const *types;
    size_t n_types;
    /* Instead of after: behind this sequence, whether or not an event has it. In the two orders of
     * arrival only; 0: from the end at which they begin. */
    int64_t after_sequence;
} lk_mirror_event_query;

#define LK_MIRROR_EVENT_QUERY(...) \
    (&(const lk_mirror_event_query){ .size = sizeof(lk_mirror_event_query), __VA_ARGS__ })

LK_API LK_MUST_CHECK lk_status lk_mirror_list_events(lk_mirror *mirror,
                                                     const lk_mirror_event_query *query,
                                                     lk_mirror_event_page **out, lk_error *err);
/* How many the query finds; its order, after and limit do not count. Of a million events: all, one
 * type, an object or text, alone or with a type, take up to 0.1 s; other filters may have to look
 * at each. */
LK_API LK_MUST_CHECK lk_status lk_mirror_count_events(lk_mirror *mirror,
                                                      const lk_mirror_event_query *query,
                                                      int64_t *out, lk_error *err);
typedef struct lk_mirror_span {
    int64_t since_ms; /* where the span of time begins */
    const char *type;
    int64_t n_events; /* at least 1 */
} lk_mirror_span;

typedef struct lk_mirror_activity {
    const lk_mirror_span *items; /* by since_ms, then type */
    size_t count;
} lk_mirror_activity;

/* How many of each type the query finds in each span of span_ms from since_ms to until_ms, which
 * are required; spans without events are left out. Order, after and limit do not count. Reads all
 * of them. LK_ERR_INVALID: more than 1000 spans, or none. Free with lk_mirror_activity_free(). */
LK_API LK_MUST_CHECK lk_status lk_mirror_count_by_time(lk_mirror *mirror,
                                                       const lk_mirror_event_query *query,
                                                       int64_t span_ms, lk_mirror_activity **out,
                                                       lk_error *err);
LK_API void lk_mirror_activity_free(lk_mirror_activity *activity);
LK_API void lk_mirror_activity_freep(lk_mirror_activity **activity);

typedef struct lk_type_count {
    const char *type;
    int64_t n_events;
} lk_type_count;

typedef struct lk_type_count_page {
    const lk_type_count *items; /* sorted by type */
    size_t count;
} lk_type_count_page;

/* The event types in the mirror that no sync asks for by itself: they came by webhook, were asked
 * for in lk_sync_options, or an emulator has names of its own. Such events are kept in the log and
 * change nothing else. At most 200 types are looked at. */
LK_API LK_MUST_CHECK lk_status lk_mirror_list_other_types(lk_mirror *mirror,
                                                          lk_type_count_page **out, lk_error *err);
LK_API void lk_type_count_page_free(lk_type_count_page *page);
LK_API void lk_type_count_page_freep(lk_type_count_page **page);

/* A page with the one event. LK_ERR_NOT_FOUND. */
LK_API LK_MUST_CHECK lk_status lk_mirror_get_event(lk_mirror *mirror, const char *id,
                                                   lk_mirror_event_page **out, lk_error *err);
LK_API void lk_mirror_event_page_free(lk_mirror_event_page *page);
LK_API void lk_mirror_event_page_freep(lk_mirror_event_page **page);

/* ---- Directories ---- */

typedef struct lk_directory {
    const char *id;
    const char *organization_id;
    const char *name;
    const char *type;
    const char *state; /* active, validating, invalid_credentials, inactive, deleting */
    int64_t created_at_ms;
    int64_t updated_at_ms;
    int64_t deleted_at_ms; /* 0: it is live. See lk_mirror_query.with_deleted */
} lk_directory;

typedef struct lk_directory_page {
    const lk_directory *const *items;
    size_t count;
} lk_directory_page;

typedef struct lk_directory_user {
    const char *id;
    const char *directory_id;
    const char *organization_id;
    const char *idp_id;
    const char *email;
    const char *first_name;
    const char *last_name;
    const char *state; /* active, suspended, inactive */
    const char *role;  /* slug */
    const char *custom_attributes_json;
    const char *const *groups; /* ids, sorted */
    size_t n_groups;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    const char *json;      /* the record as WorkOS last sent it */
    int64_t deleted_at_ms; /* as of a directory */
} lk_directory_user;

typedef struct lk_directory_user_page {
    const lk_directory_user *const *items;
    size_t count;
} lk_directory_user_page;

typedef struct lk_directory_group {
    const char *id;
    const char *directory_id;
    const char *organization_id;
    const char *idp_id;
    const char *name;
    const char *const *members; /* ids of live users, sorted */
    size_t n_members;
    int64_t created_at_ms;
    int64_t updated_at_ms;
    const char *json;
    int64_t deleted_at_ms; /* as of a directory */
} lk_directory_group;

typedef struct lk_directory_group_page {
    const lk_directory_group *const *items;
    size_t count;
} lk_directory_group_page;

typedef struct lk_mirror_query {
    size_t size; /* set by LK_MIRROR_QUERY */
    const char *organization_id;
    const char *directory_id;
    const char *after;    /* id: lists are sorted by id */
    int limit;            /* 1-1000; 0: 100 */
    const char *text;     /* found in name, e-mail address or id, ASCII case ignored */
    const char *group_id; /* users: who is in this group. Other lists: LK_ERR_INVALID */
    const char *user_id;  /* groups: those that this user is in. Other lists: LK_ERR_INVALID */
    /* As it was then, by the event log; 0: now. What the log does not know, see history.h, is left
     * out. With text, group_id and user_id: LK_ERR_INVALID. */
    int64_t at_ms;
    const char *id; /* this one alone */
    /* Also those that were deleted by then, alone or with their directory, as they last were: their
     * deleted_at_ms says when. They belong to no group, and nobody belongs to them. */
    bool with_deleted;
} lk_mirror_query;

#define LK_MIRROR_QUERY(...) \
    (&(const lk_mirror_query){ .size = sizeof(lk_mirror_query), __VA_ARGS__ })

/* Sorted by id; live records only, unless with_deleted is set. query may be NULL. */
LK_API LK_MUST_CHECK lk_status lk_mirror_list_directories(lk_mirror *mirror,
                                                          const lk_mirror_query *query,
                                                          lk_directory_page **out, lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_mirror_list_users(lk_mirror *mirror, const lk_mirror_query *query,
                                                    lk_directory_user_page **out, lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_mirror_list_groups(lk_mirror *mirror,
                                                     const lk_mirror_query *query,
                                                     lk_directory_group_page **out, lk_error *err);
/* LK_ERR_NOT_FOUND for an unknown or deleted one. */
LK_API LK_MUST_CHECK lk_status lk_mirror_get_user(lk_mirror *mirror, const char *id,
                                                  lk_directory_user **out, lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_mirror_get_group(lk_mirror *mirror, const char *id,
                                                   lk_directory_group **out, lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_mirror_get_directory(lk_mirror *mirror, const char *id,
                                                       lk_directory **out, lk_error *err);

LK_API void lk_directory_page_free(lk_directory_page *page);
LK_API void lk_directory_page_freep(lk_directory_page **page);
LK_API void lk_directory_user_page_free(lk_directory_user_page *page);
LK_API void lk_directory_user_page_freep(lk_directory_user_page **page);
LK_API void lk_directory_group_page_free(lk_directory_group_page *page);
LK_API void lk_directory_group_page_freep(lk_directory_group_page **page);
LK_API void lk_directory_user_free(lk_directory_user *user);
LK_API void lk_directory_user_freep(lk_directory_user **user);
LK_API void lk_directory_group_free(lk_directory_group *group);
LK_API void lk_directory_group_freep(lk_directory_group **group);
LK_API void lk_directory_free(lk_directory *directory);
LK_API void lk_directory_freep(lk_directory **directory);

/* ---- Sessions ---- */

/* Whether events say that a session has ended although its token may not have expired: by
 * session.revoked, or for a token issued before by user.deleted, organization_membership.deleted,
 * or organization_membership.updated that makes it inactive. Each text may be NULL; issued_at_ms 0:
 * not told, so older than any event. Fits lk_web_options.revocation. Blocks on the disk for one
 * look-up. */
LK_API LK_MUST_CHECK lk_status lk_mirror_is_revoked(lk_mirror *mirror, const char *session_id,
                                                    const char *user_id,
                                                    const char *organization_id,
                                                    int64_t issued_at_ms, bool *out, lk_error *err);

/* What lk_web_options.refresh_lease needs: one process at a time does what name stands for, and
 * leaves a result to the others. now_ms is the caller's clock; those of machines that share a store
 * must agree to within seconds. Times are 1 ms to 5 minutes. Each call blocks on the disk, for up
 * to 5 s while others write; LK_ERR_STORE says nothing about who holds the lease.
 *
 * *fence: not 0 when the lease is the caller's until now_ms + ttl_ms; taken over from a holder that
 * let it end. *result: what the last holder left, still remembered; free it with lk_free_secret().
 * 0 and NULL: somebody else holds it. */
LK_API LK_MUST_CHECK lk_status lk_mirror_acquire_lease(lk_mirror *mirror, const char *name,
                                                       int64_t now_ms, int64_t ttl_ms,
                                                       int64_t *fence, char **result,
                                                       lk_error *err);
/* Holds it until now_ms + ttl_ms. *held: false when somebody has taken it over; what the caller
 * does then no longer counts. */
LK_API LK_MUST_CHECK lk_status lk_mirror_renew_lease(lk_mirror *mirror, const char *name,
                                                     int64_t fence, int64_t now_ms, int64_t ttl_ms,
                                                     bool *held, lk_error *err);
/* Ends it and leaves the result for keep_ms. *held: false when somebody has taken it over; nothing
 * is left then. */
LK_API LK_MUST_CHECK lk_status lk_mirror_finish_lease(lk_mirror *mirror, const char *name,
                                                      int64_t fence, int64_t now_ms,
                                                      int64_t keep_ms, const char *result,
                                                      bool *held, lk_error *err);

/* What lk_web_options.session_store needs: texts by name, each with its end. They are kept as they
 * come: seal what is secret. Each call blocks on the disk. *record: NULL when there is none, or it
 * has ended; free it with lk_free_secret(). */
LK_API LK_MUST_CHECK lk_status lk_mirror_get_session(lk_mirror *mirror, const char *name,
                                                     int64_t now_ms, char **record, lk_error *err);
/* Adds one, unless there is one of this name, and removes those that have ended. */
LK_API LK_MUST_CHECK lk_status lk_mirror_put_session(lk_mirror *mirror, const char *name,
                                                     const char *record, int64_t now_ms,
                                                     int64_t ends_at_ms, lk_error *err);
/* *replaced: false, and nothing changed, when the record is not old any more, or gone. */
LK_API LK_MUST_CHECK lk_status lk_mirror_replace_session(lk_mirror *mirror, const char *name,
                                                         const char *old, const char *record,
                                                         int64_t ends_at_ms, bool *replaced,
                                                         lk_error *err);
/* record NULL: whatever it is. *removed: false when it is another one, or gone. */
LK_API LK_MUST_CHECK lk_status lk_mirror_remove_session(lk_mirror *mirror, const char *name,
                                                        const char *record, bool *removed,
                                                        lk_error *err);

/* ---- Feeding it ---- */

/* Applies one event outside the feed, as from a webhook: durable when it returns, idempotent by id,
 * never moves the cursor. *added (may be NULL): false for a known one. */
LK_API LK_MUST_CHECK lk_status lk_mirror_apply_event(lk_mirror *mirror, const lk_event *event,
                                                     bool *added, lk_error *err);

/* Blocks until the mirror may have learned something new, through whatever process, or for
 * timeout_ms (0-60000). *news: true for "look", also at the first call and, rarely, for nothing. On
 * an lk_mirror of the caller's own, in a loop with reading what is new. LK_ERR_STORE: wait a
 * little, then call again. */
LK_API LK_MUST_CHECK lk_status lk_mirror_wait(lk_mirror *mirror, int timeout_ms, bool *news,
                                              lk_error *err);

/* Where the feed stands. Times are Unix milliseconds, 0 for never. */
typedef struct lk_mirror_status {
    size_t size;          /* set by the caller to sizeof */
    char cursor[128];     /* id of the last event applied from the feed; "" before the first */
    int64_t cursor_at_ms; /* its created_at */
    int64_t newest_event_at_ms;
    int64_t last_poll_at_ms; /* last successful one */
    int64_t n_events;
    int64_t n_users;  /* live */
    int64_t n_groups; /* live */
    int64_t n_directories;
    int64_t n_parked;         /* events kept aside with a reason, since they could not be applied */
    int64_t settled_at_ms;    /* when the last poll began that reached the end, by WorkOS' clock */
    int64_t reconciled_at_ms; /* end of the last walk: see reconcile.h */
    bool reconciled_held;     /* that walk deleted nothing, for it was too much */
    /* Who polls under a lease (lk_sync_options.lease_ms), "HOST, process N", and until when unless
     * it renews; "" and 0: nobody did since the lease was forgotten. */
    char poller[96];
    int64_t poller_until_ms;
    int64_t reconciled_walk; /* the number of that walk, for lk_mirror_list_drift(); 0: there was
                                none */
    int64_t kept_from_ms;    /* events created before this were forgotten; 0: none were */
} lk_mirror_status;

LK_API LK_MUST_CHECK lk_status lk_mirror_get_status(lk_mirror *mirror, lk_mirror_status *status,
                                                    lk_error *err);

/* ---- Events that were set aside ---- */

/* They could not be applied: a field is missing, or is not what it should be. They are in the log
 * as all others, stop nothing, and are tried again when the mirror is first opened by a version
 * that reads more. */
typedef struct lk_parked_event {
    int64_t sequence;
    const char *id;
    const char *type;
    int64_t created_at_ms;
    const char *reason;
} lk_parked_event;

typedef struct lk_parked_page {
    const lk_parked_event *const *items; /* by sequence */
    size_t count;
} lk_parked_page;

/* after_sequence: of the last one of the page before, or 0. limit: 1-1000; 0: 100. */
LK_API LK_MUST_CHECK lk_status lk_mirror_list_parked(lk_mirror *mirror, int64_t after_sequence,
                                                     int limit, lk_parked_page **out,
                                                     lk_error *err);
LK_API void lk_parked_page_free(lk_parked_page *page);
LK_API void lk_parked_page_freep(lk_parked_page **page);
/* Tries all of them again, now. *n_applied (may be NULL): how many are no longer parked. */
LK_API LK_MUST_CHECK lk_status lk_mirror_retry_parked(lk_mirror *mirror, int64_t *n_applied,
                                                      lk_error *err);

/* ---- How much is kept ---- */

/* Forgets events that were created before before_ms, with their bodies: the oldest first, in short
 * transactions of up to 256, between which others read and write. on_progress is called after each,
 * on the caller's thread; false leaves off (NULL: never). Whoever calls again goes on, also after a
 * kill or a failure. *n_forgotten may be NULL.
 *
 * People, groups, directories and memberships stay as they are, deleted ones remembered; so do
 * events that were set aside, those that a consumer is not done with, and those of the last minute
 * before the cursor. What was at a time before lk_mirror_status.kept_from_ms nobody can say then:
 * LK_ERR_NOT_FOUND; what was later is as exact as before. An event that comes later, and is older
 * than that, is applied and not logged. INT64_MAX: all but what must stay. */
LK_API LK_MUST_CHECK lk_status lk_mirror_forget_events(
    lk_mirror *mirror, int64_t before_ms, bool (*on_progress)(void *ctx, int64_t n_forgotten),
    void *ctx, int64_t *n_forgotten, lk_error *err);
/* Gives the disk what forgotten events took; without it, new ones use that room. SQLite writes the
 * file anew: writers wait until it is done (a second for each 100 MB or so), and it needs as much
 * room again meanwhile. PostgreSQL holds nobody up, and returns what lies at the end of the
 * tables. LK_ERR_STORE: nothing was changed. */
LK_API LK_MUST_CHECK lk_status lk_mirror_compact(lk_mirror *mirror, lk_error *err);
/* Bytes on disk: of the file with its log, or of the tables with their indexes. */
LK_API LK_MUST_CHECK lk_status lk_mirror_get_size(lk_mirror *mirror, int64_t *n_bytes,
                                                  lk_error *err);

/* A time whose events never came, since the mirror was away for longer than WorkOS keeps them: how
 * the directories are was found out by reconciliation, what happened in it never will be. */
typedef struct lk_gap {
    int64_t since_ms;
    int64_t until_ms;
    int64_t noted_at_ms; /* when the mirror came back */
} lk_gap;

typedef struct lk_gap_page {
    const lk_gap *items; /* oldest first */
    size_t count;
} lk_gap_page;

/* All of them, but those that end before kept_from_ms. A new mirror has none. */
LK_API LK_MUST_CHECK lk_status lk_mirror_list_gaps(lk_mirror *mirror, lk_gap_page **out,
                                                   lk_error *err);
LK_API void lk_gap_page_free(lk_gap_page *page);
LK_API void lk_gap_page_freep(lk_gap_page **page);

typedef struct lk_sync lk_sync;

typedef struct lk_sync_options {
    size_t size;       /* set by LK_SYNC_OPTIONS */
    lk_client *client; /* required, with an API key; must outlive the object */
    lk_mirror *mirror; /* required; this object's alone while a call runs */
    /* NULL: dsync.*, user.*, organization.*, organization_membership.*, session.*, and of
     * connection.* and authentication.* what was activated, deactivated, deleted, succeeded and
     * failed. Each spelled out: WorkOS knows no patterns. */
    const char *const *types;
    size_t n_types;
    int interval_ms; /* between polls once caught up; 0: 5000 */
    /* Events alone. Else a mirror that never had one, or that was away for longer than WorkOS keeps
     * events, begins with a reconciliation: see reconcile.h. */
    bool no_reconcile;
    /* For several processes on one store: of the syncs with a lease, one polls and the others stand
     * by; when it ends, stops or fails, another takes over within the lease. 100-300000 (10000 is
     * fine, longer than a poll takes); 0: polls in any case. Clocks must agree to within seconds.
     */
    int lease_ms;
    /* How many requests at once in a long catch-up whose answers take long: the time that is left
     * is cut into windows, read side by side, never more than 95 pages a second. 1-20; 0: 10; 1:
     * one after the other, as is done in any case where WorkOS ignores range_start. */
    int n_windows;
    /* Forgets events older than this, a few hundred at each poll: lk_mirror_forget_events(). Of
     * syncs with a lease only the one that polls does. 0: keeps all. */
    int keep_days;
} lk_sync_options;

#define LK_SYNC_OPTIONS(...) \
    (&(const lk_sync_options){ .size = sizeof(lk_sync_options), __VA_ARGS__ })

typedef struct lk_sync_result {
    size_t n_fetched;   /* events in the pages */
    size_t n_applied;   /* of them new to the mirror, parked ones included */
    size_t n_parked;    /* of them kept aside */
    bool caught_up;     /* nothing more now */
    bool standing_by;   /* another process polls: see lease_ms. caught_up is set, too */
    bool reconciling;   /* the step went through the state API instead: nothing was fetched */
    int64_t reached_ms; /* created_at up to which all events are there; 0: none is */
    int64_t n_seen;     /* reconciling: users and groups so far, … */
    int64_t n_expected; /* … and of them in all, as far as WorkOS says; never below n_seen */
    size_t n_skipped;   /* entries of the pages that no event can be read from: what they told is
                         * not here, and a reconciliation finds it. Again each time they are read */
} lk_sync_result;

LK_API LK_MUST_CHECK lk_status lk_sync_new(const lk_sync_options *options, lk_sync **out,
                                           lk_error *err);
/* Applies a page of events, or those that came while the ones before were written (up to eight), or
 * one of each window, or a page of a reconciliation, committed together with its cursor. Blocks on
 * network and disk; reads ahead while it writes, with threads that end before it does, so the
 * client's transport and clock are used from several. A failure leaves the mirror as it was: call
 * again after lk_sync_wait_ms(). result may be NULL. */
LK_API LK_MUST_CHECK lk_status lk_sync_step(lk_sync *sync, lk_sync_result *result, lk_error *err);
/* Until the next step is worth taking: 0 in the middle of a catch-up, the interval once caught up,
 * longer after failures (back-off, Retry-After). Never blocks. */
LK_API int64_t lk_sync_wait_ms(const lk_sync *sync);
/* Steps and waits on the caller's thread until lk_sync_stop(); returns LK_OK then. Failures are
 * handed to on_error (may be NULL) and retried. */
LK_API LK_MUST_CHECK lk_status lk_sync_run(lk_sync *sync,
                                           void (*on_error)(void *ctx, const lk_error *err),
                                           void *ctx, lk_error *err);
/* The only two calls allowed from another thread: end _run(), and poll at once. */
LK_API void lk_sync_stop(lk_sync *sync);
LK_API void lk_sync_wake(lk_sync *sync);
LK_API void lk_sync_free(lk_sync *sync);
LK_API void lk_sync_freep(lk_sync **sync);

#ifdef __cplusplus
}
#endif
#endif
