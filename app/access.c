/* Who may read what; see access.h. */
#include "access.h"

#include <string.h>

access_scope access_of(const lk_session *session, const lk_rules *rules)
{
    const char *organization_id = session->organization_id;

    if (lk_rules_allow(rules, session))
        return (access_scope){ .sees_everything = true };
    if (organization_id != NULL && *organization_id == '\0')
        organization_id = NULL;
    return (access_scope){ .organization_id = organization_id };
}

bool access_covers(const access_scope *scope, const char *organization_id)
{
    if (scope->sees_everything)
        return true;
    return scope->organization_id != NULL && organization_id != NULL &&
           strcmp(scope->organization_id, organization_id) == 0;
}
