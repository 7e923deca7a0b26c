/* Directory Sync as it is now: pages of directories, their users and groups, as the bytes that
 * came. WorkOS: https://workos.com/docs/reference/directory-sync */
#ifndef LK_API_DIRECTORIES_H
#define LK_API_DIRECTORIES_H

#include "base/arena.h"
#include "base/json.h"

#include <latchkey/client.h>

typedef enum lk__object_kind {
    LK__DIRECTORIES = 0,
    LK__DIRECTORY_GROUPS,
    LK__DIRECTORY_USERS /* each with its groups */
} lk__object_kind;

typedef struct lk__object {
    const char *id;
    const char *json; /* byte for byte */
    size_t json_len;
    struct lk__object *next;
} lk__object;

typedef struct lk__object_page {
    lk__object *first; /* in the order that came */
    size_t count;
    const char *after; /* id to ask from next; NULL on the last page */
    size_t skipped; /* entries that do not say what they are, and one where the list breaks off */
    lk__arena *arena;
} lk__object_page;

/* One page of at most 100, oldest first. directory_id: whose users or groups; the entries of others
 * are left out, for WorkOS' emulator answers with everybody's. after NULL: from the beginning.
 * Blocks; retried. Free *out with lk__object_page_free(). */
LK_MUST_CHECK lk_status lk__objects_list(lk_client *client, lk__object_kind kind,
                                         const char *directory_id, const char *after,
                                         lk__object_page **out, lk_error *err);
void lk__object_page_free(lk__object_page *page);
void lk__object_page_freep(lk__object_page **page);

#endif
