/* Pages of a walk into the mirror; see walk-merge.h. */
#include "mirror/walk-merge.h"

#include <string.h>

#include "base/text.h"
#include "mirror/forget.h"
#include "mirror/sql.h"

typedef struct merge {
    lk__store *store;
    const lk__walk *walk;
    lk__version version;
    lk__arena *arena; /* of the object */
    const char *organization_id;
    size_t n_bad;
} merge;

static lk_status note(const merge *m, lk__difference what, int64_t n, lk_error *err)
{
    return lk__walk_add_drift(m->store, m->walk, m->organization_id, what, n, err);
}

/* ---- Comparing ---- */

enum { MAX_FIELDS = 8 };

/* What a live row should hold, in the order of its SELECT. */
typedef struct comparison {
    const char *fields[MAX_FIELDS];
    bool last_is_json;
    bool is_there;
    bool is_same;
} comparison;

static bool is_same_json(const char *a, const char *b)
{
    LK_CLEANUP(lk__json_freep) lk__json *left = NULL;
    LK_CLEANUP(lk__json_freep) lk__json *right = NULL;

    if (lk__text_equal(a, b))
        return true;
    if (a == NULL || b == NULL || lk__json_parse(a, strlen(a), &left, NULL) != LK_OK ||
        lk__json_parse(b, strlen(b), &right, NULL) != LK_OK)
        return false;
    return lk__json_equal(left, right);
}

static lk_status compare_row(void *ctx, const lk__row *row, lk_error *err)
{
    comparison *c = ctx;

    (void)err;
    c->is_there = true;
    c->is_same = true;
    for (size_t i = 0; i < row->n_columns; i++) {
        const char *found = row->columns[i].text;
        bool is_json = c->last_is_json && i + 1 == row->n_columns;

        c->is_same = c->is_same && (is_json ? is_same_json(found, c->fields[i])
                                            : lk__text_equal(found, c->fields[i]));
    }
    return LK_OK;
}

/* added is followed by "changed" in the list of differences. */
static lk_status compare(const merge *m, const char *sql, const char *id, comparison *c,
                         lk__difference added, lk_error *err)
{
    LK_TRY(lk__store_run(m->store, sql, LK__ARGS(lk__value_text(id)), compare_row, c, err));
    if (!c->is_there)
        return note(m, added, 1, err);
    return c->is_same ? LK_OK : note(m, added + 1, 1, err);
}

static lk_status see(const merge *m, const char *id, lk_error *err)
{
    return lk__store_run(m->store, LK__SQL_SEE,
                         LK__ARGS(lk__value_number(m->walk->id), lk__value_text(id)), NULL, NULL,
                         err);
}

/* ---- Memberships ---- */

typedef struct id_list {
    lk__arena *arena;
    struct id_node *first;
} id_list;

struct id_node {
    const char *id;
    bool is_seen;
    struct id_node *next;
};

static lk_status take_id(void *ctx, const lk__row *row, lk_error *err)
{
    id_list *list = ctx;
    struct id_node *node = lk__arena_alloc(list->arena, sizeof(*node));

    if (node == NULL)
        return lk__no_memory(err);
    node->id = lk__arena_text(list->arena, row->columns[0].text);
    if (node->id == NULL)
        return lk__no_memory(err);
    node->next = list->first;
    list->first = node;
    return LK_OK;
}

static bool find_id(id_list *list, const char *id)
{
    for (struct id_node *node = list->first; node != NULL; node = node->next) {
        if (strcmp(node->id, id) == 0) {
            node->is_seen = true;
            return true;
        }
    }
    return false;
}

static lk_status put_membership(const merge *m, const char *group_id, const lk_directory_user *user,
                                bool deleted, lk_error *err)
{
    if (m->walk->is_dry)
        return LK_OK;
    return lk__put_membership(m->store, group_id, user->id, user->directory_id, deleted,
                              &m->version, err);
}

/* A user without a list of groups says nothing of memberships: then they stay. */
static lk_status merge_memberships(const merge *m, const lk_directory_user *user,
                                   const lk__json *groups, lk_error *err)
{
    id_list live = { .arena = m->arena };

    if (!lk__json_is_array(groups))
        return LK_OK;
    LK_TRY(lk__store_run(m->store, LK__SQL_GROUPS_OF_USER, LK__ARGS(lk__value_text(user->id)),
                         take_id, &live, err));
    for (const lk__json *group = lk__json_first(groups); group != NULL;
         group = lk__json_next(group)) {
        const char *id = lk__json_text(group, "id");

        if (lk__text_empty(id))
            continue;
        if (!find_id(&live, id))
            LK_TRY(note(m, LK__MEMBERSHIPS_ADDED, 1, err));
        LK_TRY(put_membership(m, id, user, false, err));
    }
    for (const struct id_node *node = live.first; node != NULL; node = node->next) {
        if (node->is_seen)
            continue;
        LK_TRY(note(m, LK__MEMBERSHIPS_REMOVED, 1, err));
        LK_TRY(put_membership(m, node->id, user, true, err));
    }
    return LK_OK;
}

/* ---- Objects ---- */

static lk_status merge_user(merge *m, const lk__object *object, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk__record r = { 0 };

    LK_TRY(
        lk__record_read_object(LK__EFFECT_USER, object->json, object->json_len, m->arena, &r, err));
    comparison c = { .fields = { r.user->organization_id, r.user->idp_id, r.user->email,
                                 r.user->first_name, r.user->last_name, r.user->state, r.user->role,
                                 r.user->custom_attributes_json },
                     .last_is_json = true };
    m->organization_id = r.user->organization_id;
    LK_TRY(compare(m, LK__SQL_COMPARE_USER, r.user->id, &c, LK__USERS_ADDED, err));
    if (!m->walk->is_dry)
        LK_TRY(lk__put_user(m->store, r.user, &r.user_json, false, &m->version, err));
    LK_TRY(lk__json_parse(object->json, object->json_len, &json, err));
    LK_TRY(merge_memberships(m, r.user, lk__json_get(json, "groups"), err));
    return see(m, r.user->id, err);
}

static lk_status merge_group(merge *m, const lk__object *object, lk_error *err)
{
    lk__record r = { 0 };

    LK_TRY(lk__record_read_object(LK__EFFECT_GROUP, object->json, object->json_len, m->arena, &r,
                                  err));
    comparison c = { .fields = { r.group->organization_id, r.group->idp_id, r.group->name } };
    m->organization_id = r.group->organization_id;
    LK_TRY(compare(m, LK__SQL_COMPARE_GROUP, r.group->id, &c, LK__GROUPS_ADDED, err));
    if (!m->walk->is_dry)
        LK_TRY(lk__put_group(m->store, r.group, &r.group_json, false, &m->version, err));
    return see(m, r.group->id, err);
}

/* {"users":{"active":…,"inactive":…},"groups":…}; 0 when WorkOS does not say. */
static int64_t expected_in(const lk__json *directory)
{
    const lk__json *metadata = lk__json_get(directory, "metadata");
    const lk__json *users = lk__json_get(metadata, "users");
    int64_t active = 0;
    int64_t inactive = 0;
    int64_t groups = 0;

    (void)lk__json_int64(users, "active", &active); /* 0 where it is missing */
    (void)lk__json_int64(users, "inactive", &inactive);
    (void)lk__json_int64(metadata, "groups", &groups);
    return active > 0 || inactive > 0 || groups > 0 ? active + inactive + groups : 0;
}

static lk_status merge_directory(merge *m, const lk__object *object, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk__record r = { 0 };

    LK_TRY(lk__record_read_object(LK__EFFECT_DIRECTORY, object->json, object->json_len, m->arena,
                                  &r, err));
    comparison c = { .fields = { r.directory->organization_id, r.directory->name, r.directory->type,
                                 r.directory->state } };
    m->organization_id = r.directory->organization_id;
    LK_TRY(compare(m, LK__SQL_COMPARE_DIRECTORY, r.directory->id, &c, LK__DIRECTORIES_ADDED, err));
    if (!m->walk->is_dry)
        LK_TRY(lk__put_directory(m->store, r.directory, false, &m->version, err));
    LK_TRY(lk__json_parse(object->json, object->json_len, &json, err));
    LK_TRY(lk__walk_add_directory(m->store, m->walk, r.directory->id, r.directory->organization_id,
                                  expected_in(json), err));
    return see(m, r.directory->id, err);
}

typedef lk_status merge_fn(merge *m, const lk__object *object, lk_error *err);

static lk_status merge_object(merge *m, lk__object_kind kind, const lk__object *object,
                              lk_error *err)
{
    static merge_fn *const kinds[] = {
        [LK__DIRECTORIES] = merge_directory,
        [LK__DIRECTORY_GROUPS] = merge_group,
        [LK__DIRECTORY_USERS] = merge_user,
    };
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    lk_error cause = LK_ERROR_INIT;
    lk_status status;

    if (arena == NULL)
        return lk__no_memory(err);
    m->arena = arena;
    status = kinds[kind](m, object, &cause);
    if (status == LK_ERR_PROTOCOL) { /* read before anything is written */
        m->n_bad++;
        return LK_OK;
    }
    return status == LK_OK ? LK_OK : lk__fail(err, status, "%s", cause.message);
}

lk_status lk__walk_merge(lk__store *store, const lk__walk *walk, lk__object_kind kind,
                         const lk__object_page *page, size_t *n_bad, lk_error *err)
{
    merge m = { .store = store, .walk = walk };
    int64_t kept_from_ms = 0;

    LK_TRY(lk__kept_from(store, &kept_from_ms, err));
    m.version = lk__walk_version(walk, kept_from_ms);
    for (const lk__object *object = page->first; object != NULL; object = object->next)
        LK_TRY(merge_object(&m, kind, object, err));
    *n_bad = m.n_bad + page->skipped;
    return LK_OK;
}
