/* Who may pass. A rule is its text, "role=admin organization=org_01", held against what the access
 * token says about a person; WorkOS names roles, permissions, features and entitlements by slugs,
 * so neither quotes nor patterns are needed. */
#include "web/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"

typedef struct condition condition;

/* Whether a session has the value. */
typedef bool condition_test(const lk_session *session, const char *value);

struct condition {
    condition_test *test;
    const char *value; /* in the rule's text */
};

typedef struct rule {
    char *text;
    condition conditions[LK__MAX_CONDITIONS];
    size_t n_conditions;
} rule;

struct lk_rules {
    rule items[LK__MAX_RULES];
    size_t n_items;
};

/* ---- What a session says ---- */

static bool is_same(const char *value, const char *text)
{
    return text != NULL && strcmp(text, value) == 0;
}

static bool is_among(const char *value, const char *const *texts, size_t n_texts)
{
    for (size_t i = 0; i < n_texts; i++)
        if (is_same(value, texts[i]))
            return true;
    return false;
}

static bool has_role(const lk_session *session, const char *value)
{
    return is_same(value, session->role) || is_among(value, session->roles, session->n_roles);
}

static bool has_permission(const lk_session *session, const char *value)
{
    return is_among(value, session->permissions, session->n_permissions);
}

static bool is_in_organization(const lk_session *session, const char *value)
{
    return is_same(value, session->organization_id);
}

static bool has_feature(const lk_session *session, const char *value)
{
    return is_among(value, session->feature_flags, session->n_feature_flags);
}

static bool has_entitlement(const lk_session *session, const char *value)
{
    return is_among(value, session->entitlements, session->n_entitlements);
}

static const struct kind {
    const char *word;
    condition_test *test;
} kinds[] = {
    { "role=", has_role },
    { "permission=", has_permission },
    { "organization=", is_in_organization },
    { "feature=", has_feature },
    { "entitlement=", has_entitlement },
};

/* ---- Reading ---- */

static const struct kind *find_kind(const char *text)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strncmp(text, kinds[i].word, strlen(kinds[i].word)) == 0)
            return &kinds[i];
    return NULL;
}

static lk_status read_condition(const char *text, condition *out, lk_error *err)
{
    const struct kind *found = find_kind(text);

    if (found == NULL)
        return lk__fail(err, LK_ERR_INVALID,
                        "a rule takes role=SLUG, permission=SLUG, organization=ID, feature=SLUG or "
                        "entitlement=SLUG; \"%.60s\" is none of them",
                        text);
    const char *value = text + strlen(found->word);
    if (*value == '\0')
        return lk__fail(err, LK_ERR_INVALID, "\"%s\" in a rule names nobody", found->word);
    /* They would be taken for part of a name, and the rule would let in nobody, or all but those
     * who were meant. */
    if (strpbrk(value, "\"'`,;*!") != NULL)
        return lk__fail(err, LK_ERR_INVALID,
                        "\"%.60s\": a rule knows no quotes, lists or patterns; give one name",
                        text);
    *out = (condition){ .test = found->test, .value = value };
    return LK_OK;
}

static lk_status read_rule(rule *out, lk_error *err)
{
    char *rest = out->text;

    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word == '\0')
            continue;
        if (out->n_conditions == LK__MAX_CONDITIONS)
            return lk__fail(err, LK_ERR_INVALID, "a rule has more than %d conditions",
                            (int)LK__MAX_CONDITIONS);
        LK_TRY(read_condition(word, &out->conditions[out->n_conditions], err));
        out->n_conditions++;
    }
    /* No condition is one that everybody meets. */
    if (out->n_conditions == 0)
        return lk__fail(err, LK_ERR_INVALID, "a rule is empty: it names nobody");
    return LK_OK;
}

/* ---- Public ---- */

lk_status lk_rules_new(lk_rules **out, lk_error *err)
{
    lk__error_clear(err);
    if (out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_rules_new() was given NULL");
    lk_rules *rules = calloc(1, sizeof(*rules));
    if (rules == NULL)
        return lk__no_memory(err);
    *out = rules;
    return LK_OK;
}

lk_status lk_rules_add(lk_rules *rules, const char *text, lk_error *err)
{
    rule added = { .text = NULL };

    lk__error_clear(err);
    if (rules == NULL || text == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_rules_add() was given NULL");
    if (rules->n_items == LK__MAX_RULES)
        return lk__fail(err, LK_ERR_INVALID, "there are more than %d rules", (int)LK__MAX_RULES);
    if (strlen(text) > LK__MAX_RULE_TEXT || lk__has_control(text, strlen(text)))
        return lk__fail(err, LK_ERR_INVALID,
                        "a rule is longer than %d bytes, or holds control characters",
                        (int)LK__MAX_RULE_TEXT);
    LK_CLEANUP(lk__freep) char *copy = strdup(text);
    if (copy == NULL)
        return lk__no_memory(err);
    added.text = copy;
    LK_TRY(read_rule(&added, err));
    rules->items[rules->n_items++] = added;
    copy = NULL;
    return LK_OK;
}

static bool is_met(const rule *wanted, const lk_session *session)
{
    for (size_t i = 0; i < wanted->n_conditions; i++)
        if (!wanted->conditions[i].test(session, wanted->conditions[i].value))
            return false;
    return true;
}

bool lk_rules_allow(const lk_rules *rules, const lk_session *session)
{
    if (rules == NULL || session == NULL)
        return false;
    for (size_t i = 0; i < rules->n_items; i++)
        if (is_met(&rules->items[i], session))
            return true;
    return false;
}

void lk_rules_free(lk_rules *rules)
{
    if (rules == NULL)
        return;
    for (size_t i = 0; i < rules->n_items; i++)
        free(rules->items[i].text);
    free(rules);
}

void lk_rules_freep(lk_rules **rules)
{
    lk_rules_free(*rules);
    *rules = NULL;
}
