/* Who may read what: a signed-in person sees their own organization; --allow names those who see
 * everything. */
#ifndef APP_ACCESS_H
#define APP_ACCESS_H

#include <latchkey/web.h>
#include <stdbool.h>

typedef struct access_scope {
    bool sees_everything;
    const char *organization_id; /* the only one to be seen; NULL otherwise; borrowed */
} access_scope;

/* What this session may see. Neither everything nor an organization: nothing. rules NULL: nobody
 * sees everything. */
access_scope access_of(const lk_session *session, const lk_rules *rules);

/* Whether something of an organization (NULL: of none) may be seen. */
bool access_covers(const access_scope *scope, const char *organization_id);

#endif
