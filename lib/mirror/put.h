/* Records into their rows, by the rule of schema.h: the newer version wins. */
#ifndef LK_MIRROR_PUT_H
#define LK_MIRROR_PUT_H

#include "mirror/record.h"
#include "mirror/store.h"

typedef struct lk__version {
    lk__value ms; /* created_at of the event that speaks */
    lk__value id;
    lk__value kept_from; /* the mark of forget.h: what is older is kept beside what replaces it */
} lk__version;

/* Inside a transaction of the caller's, as all of these. json: what WorkOS sent of the record. */
LK_MUST_CHECK lk_status lk__put_directory(lk__store *store, const lk_directory *d, bool deleted,
                                          const lk__version *v, lk_error *err);
LK_MUST_CHECK lk_status lk__put_user(lk__store *store, const lk_directory_user *u,
                                     const lk__slice *json, bool deleted, const lk__version *v,
                                     lk_error *err);
LK_MUST_CHECK lk_status lk__put_group(lk__store *store, const lk_directory_group *g,
                                      const lk__slice *json, bool deleted, const lk__version *v,
                                      lk_error *err);
LK_MUST_CHECK lk_status lk__put_membership(lk__store *store, const char *group_id,
                                           const char *user_id, const char *directory_id,
                                           bool deleted, const lk__version *v, lk_error *err);
/* Remembers the newest deletion for what hangs on the row; sql is one of LK__SQL_KILL_…. Does
 * nothing unless deleted. */
LK_MUST_CHECK lk_status lk__put_deletion(lk__store *store, const char *sql, const char *id,
                                         bool deleted, const lk__version *v, lk_error *err);

#endif
