/* What happened to whom, and how the directories were at a time: read from the event log.
 *
 * Lists as of a time: lk_mirror_query.at_ms in mirror.h. All of it follows the rule of the mirror,
 * whatever order events came in: created_at, then id, decide. What is older than the log counts
 * from when the log begins: as the first event that changes it says it was before, by
 * previous_attributes. What is not known is said: nothing is known of the time before the log
 * begins, and of what reconciliation (reconcile.h) changed without an event only the newest change
 * is. Calls block on the disk. */
#ifndef LATCHKEY_HISTORY_H
#define LATCHKEY_HISTORY_H

#include <latchkey/mirror.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A field that has another value. Of a user's groups "group", of a group's users "user": the id,
 * and NULL on the side where there was no membership. */
typedef struct lk_change {
    const char *field;
    const char *before; /* NULL: none */
    const char *after;
} lk_change;

/* As it was then; at_ms 0: now. LK_ERR_NOT_FOUND when it was not. */
LK_API LK_MUST_CHECK lk_status lk_mirror_get_user_at(lk_mirror *mirror, const char *id,
                                                     int64_t at_ms, lk_directory_user **out,
                                                     lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_mirror_get_group_at(lk_mirror *mirror, const char *id,
                                                      int64_t at_ms, lk_directory_group **out,
                                                      lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_mirror_get_directory_at(lk_mirror *mirror, const char *id,
                                                          int64_t at_ms, lk_directory **out,
                                                          lk_error *err);

/* ---- What happened to one ---- */

typedef struct lk_history_entry {
    const char *event_id;
    const char *type;
    int64_t created_at_ms;
    int64_t learned_at_ms; /* when this mirror heard of it */
    const char *subject;   /* a name for people */
    bool is_end;           /* deleted by it, or with its directory */
    bool is_parked;        /* it could not be applied, and changed nothing */
    const lk_change *changes;
    size_t n_changes;
} lk_history_entry;

typedef struct lk_history_page {
    const lk_history_entry *const *items; /* oldest first */
    size_t count;
    int64_t log_from_ms;      /* the oldest event of the whole log; 0: there is none */
    int64_t reconciled_at_ms; /* reconciliation changed it since its newest event; 0: it did not */
} lk_history_page;

/* after: the event_id of the last entry of the page before, or NULL. limit: 1-1000; 0: 100. An id
 * that no event names gives LK_ERR_NOT_FOUND, unless the mirror holds it. */
LK_API LK_MUST_CHECK lk_status lk_mirror_list_history(lk_mirror *mirror, const char *id,
                                                      const char *after, int limit,
                                                      lk_history_page **out, lk_error *err);
LK_API void lk_history_page_free(lk_history_page *page);
LK_API void lk_history_page_freep(lk_history_page **page);

/* ---- Between two times ---- */

typedef enum lk_record_kind {
    LK_RECORD_DIRECTORY = 0,
    LK_RECORD_GROUP,
    LK_RECORD_USER /* with the groups that a user is in */
} lk_record_kind;

typedef enum lk_difference_kind {
    LK_DIFFERENCE_ADDED = 0,
    LK_DIFFERENCE_REMOVED,
    LK_DIFFERENCE_CHANGED
} lk_difference_kind;

typedef struct lk_difference {
    lk_difference_kind kind;
    const char *id;
    const char *organization_id;
    const char *directory_id;
    const char *name;         /* for people; NULL when it has none */
    const lk_change *changes; /* of an added or removed one: its fields, and groups */
    size_t n_changes;
} lk_difference;

typedef struct lk_difference_page {
    const lk_difference *const *items; /* sorted by id */
    size_t count;
    int64_t log_from_ms; /* as above */
} lk_difference_page;

typedef struct lk_difference_query {
    size_t size; /* set by LK_DIFFERENCE_QUERY */
    lk_record_kind kind;
    int64_t from_ms; /* required */
    int64_t to_ms;   /* 0: now */
    const char *organization_id;
    const char *directory_id;
    const char *after; /* id */
    int limit;         /* 1-1000; 0: 100 */
} lk_difference_query;

#define LK_DIFFERENCE_QUERY(...) \
    (&(const lk_difference_query){ .size = sizeof(lk_difference_query), __VA_ARGS__ })

/* What is different at to_ms from what was at from_ms. LK_ERR_INVALID when from_ms is not before.
 */
LK_API LK_MUST_CHECK lk_status lk_mirror_list_differences(lk_mirror *mirror,
                                                          const lk_difference_query *query,
                                                          lk_difference_page **out, lk_error *err);
LK_API void lk_difference_page_free(lk_difference_page *page);
LK_API void lk_difference_page_freep(lk_difference_page **page);

#ifdef __cplusplus
}
#endif
#endif
