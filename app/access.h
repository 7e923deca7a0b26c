/* Who may read what: a signed-in person sees their own organization; --allow names those who see
 * everything. */
#ifndef APP_ACCESS_H
#define APP_ACCESS_H

#include <latchkey/session.h>
#include <stdbool.h>

typedef enum access_kind { ACCESS_ROLE, ACCESS_PERMISSION, ACCESS_ORGANIZATION } access_kind;

typedef struct access_rule {
    access_kind kind;
    const char *value; /* borrowed from the text it was read from */
} access_rule;

typedef struct access_scope {
    bool sees_everything;
    const char *organization_id; /* the only one to be seen; NULL otherwise; borrowed */
} access_scope;

/* "role=admin", "permission=directory:read", "organization=org_…". LK_ERR_INVALID. */
LK_MUST_CHECK lk_status access_rule_parse(const char *text, access_rule *out, lk_error *err);

/* What this session may see. Neither everything nor an organization: nothing. */
access_scope access_of(const lk_session *session, const access_rule *rules, size_t n_rules);

/* Whether something of an organization (NULL: of none) may be seen. */
bool access_covers(const access_scope *scope, const char *organization_id);

#endif
