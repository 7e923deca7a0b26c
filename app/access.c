/* Who may read what; see access.h. */
#include "access.h"

#include "fail.h"

#include <string.h>

static const char *const kinds[] = {
    [ACCESS_ROLE] = "role=",
    [ACCESS_PERMISSION] = "permission=",
    [ACCESS_ORGANIZATION] = "organization=",
};

lk_status access_rule_parse(const char *text, access_rule *out, lk_error *err)
{
    for (size_t i = 0; i < N_ITEMS(kinds); i++) {
        size_t len = strlen(kinds[i]);
        if (strncmp(text, kinds[i], len) != 0 || text[len] == '\0')
            continue;
        *out = (access_rule){ .kind = (access_kind)i, .value = text + len };
        return LK_OK;
    }
    return failed(err, LK_ERR_INVALID,
                  "--allow takes role=SLUG, permission=SLUG or organization=ID");
}

static bool is_among(const char *value, const char *const *texts, size_t n_texts)
{
    for (size_t i = 0; i < n_texts; i++)
        if (strcmp(texts[i], value) == 0)
            return true;
    return false;
}

static bool is_met(const access_rule *rule, const lk_session *session)
{
    switch (rule->kind) {
    case ACCESS_ROLE:
        return (session->role != NULL && strcmp(session->role, rule->value) == 0) ||
               is_among(rule->value, session->roles, session->n_roles);
    case ACCESS_PERMISSION:
        return is_among(rule->value, session->permissions, session->n_permissions);
    case ACCESS_ORGANIZATION:
        return session->organization_id != NULL &&
               strcmp(session->organization_id, rule->value) == 0;
    }
    return false;
}

access_scope access_of(const lk_session *session, const access_rule *rules, size_t n_rules)
{
    access_scope scope = { .organization_id = session->organization_id };

    if (scope.organization_id != NULL && *scope.organization_id == '\0')
        scope.organization_id = NULL;
    for (size_t i = 0; i < n_rules; i++)
        if (is_met(&rules[i], session))
            return (access_scope){ .sees_everything = true };
    return scope;
}

bool access_covers(const access_scope *scope, const char *organization_id)
{
    if (scope->sees_everything)
        return true;
    return scope->organization_id != NULL && organization_id != NULL &&
           strcmp(scope->organization_id, organization_id) == 0;
}
