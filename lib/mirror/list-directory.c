/* Live directories, users and groups, sorted by id; see latchkey/mirror.h. */
#include <stdlib.h>

#include "base/text.h"
#include "mirror/directory-rows.h"
#include "mirror/history-at.h"
#include "mirror/mirror.h"
#include "mirror/select.h"
#include "mirror/sql.h"

/* ---- Rows ---- */

typedef struct collecting {
    lk__arena *arena;
    void **items; /* each an lk_directory, lk_directory_user or lk_directory_group */
    size_t count;
    size_t size; /* of one */
    lk__take_record *take;
    lk_record_kind kind;
    bool with_deleted;
} collecting;

static lk_status take_row(void *ctx, const lk__row *row, lk_error *err)
{
    collecting *c = ctx;
    void *item = lk__arena_alloc(c->arena, c->size);

    if (item == NULL)
        return lk__no_memory(err);
    LK_TRY(c->take(c->arena, row->columns, item, err));
    if (c->with_deleted)
        *lk__deleted_at(c->kind, item) = row->columns[row->n_columns - 1].number;
    c->items[c->count++] = item;
    return LK_OK;
}

/* ---- Memberships ---- */

enum { OWNERS = 50 /* whose memberships are asked for at once: a server may be far away */ };

/* What belongs to each of some records, which are sorted by id, as are the rows. */
typedef struct filling {
    lk_record_kind kind;
    void *const *items;
    size_t count;
    size_t at; /* the one that ids belong to */
    lk__ids ids;
} filling;

static const char *id_of(lk_record_kind kind, const void *item)
{
    return kind == LK_RECORD_USER ? ((const lk_directory_user *)item)->id
                                  : ((const lk_directory_group *)item)->id;
}

/* Gives the record its ids and goes on with the next one. */
static void next_owner(filling *f)
{
    lk_directory_user *user = f->items[f->at];
    lk_directory_group *group = f->items[f->at];

    if (f->kind == LK_RECORD_USER) {
        user->groups = f->ids.items;
        user->n_groups = f->ids.count;
    } else {
        group->members = f->ids.items;
        group->n_members = f->ids.count;
    }
    f->ids = (lk__ids){ .arena = f->ids.arena };
    f->at++;
}

static lk_status take_membership(void *ctx, const lk__row *row, lk_error *err)
{
    filling *f = ctx;
    const char *owner = row->columns[0].text;

    while (f->at < f->count && !lk__text_equal(id_of(f->kind, f->items[f->at]), owner))
        next_owner(f);
    if (f->at == f->count) /* a database that sorts otherwise */
        return lk__fail(err, LK_ERR_STORE, "the mirror's memberships are not in order");
    return lk__take_id(&f->ids, &(const lk__row){ .columns = row->columns + 1, .n_columns = 1 },
                       err);
}

/* The last id stands for those that are missing to a batch, so that statements are of two kinds. */
static lk_status fill_batch(lk_mirror *mirror, lk__arena *arena, lk_record_kind kind,
                            void *const *items, size_t count, lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    filling f = { .kind = kind, .items = items, .count = count, .ids = { .arena = arena } };
    size_t n = count == 1 ? 1 : OWNERS;

    lk__select_add(&select,
                   kind == LK_RECORD_USER ? LK__SQL_GROUPS_OF_USERS : LK__SQL_MEMBERS_OF_GROUPS);
    for (size_t i = 0; i < n; i++)
        lk__select_add_value(&select, i == 0 ? "" : ", ",
                             lk__value_text(id_of(kind, items[i < count ? i : count - 1])));
    lk__select_add(&select, LK__SQL_BY_OWNER);
    LK_TRY(lk__select_run(&select, mirror->store, take_membership, &f, err));
    while (f.at < f.count)
        next_owner(&f);
    return LK_OK;
}

static lk_status fill(lk_mirror *mirror, lk__arena *arena, lk_record_kind kind, void *const *items,
                      size_t count, lk_error *err)
{
    for (size_t i = 0; i < count; i += OWNERS)
        LK_TRY(fill_batch(mirror, arena, kind, items + i, count - i < OWNERS ? count - i : OWNERS,
                          err));
    return LK_OK;
}

/* ---- Lists ---- */

/* How the three lists differ. */
typedef struct list_kind {
    lk_record_kind kind;
    const char *sql;
    const char *ever; /* the same with what was deleted, and when, in one more column */
    const char *by_directory;
    const char *searched;  /* the columns that text is looked for in, as one text */
    const char *in_group;  /* NULL: nothing of this kind is in a group */
    const char *with_user; /* NULL: nothing of this kind has members */
} list_kind;

static const list_kind directories = {
    .kind = LK_RECORD_DIRECTORY,
    .sql = LK__SQL_DIRECTORIES,
    .ever = LK__SQL_EVER_DIRECTORIES,
    .by_directory = " AND r.id = ",
    .searched = "COALESCE(r.name, '') || ' ' || r.id",
};
static const list_kind users = {
    .kind = LK_RECORD_USER,
    .sql = LK__SQL_USERS,
    .ever = LK__SQL_EVER_USERS,
    .by_directory = " AND r.directory_id = ",
    .searched = "COALESCE(r.first_name, '') || ' ' || COALESCE(r.last_name, '') || ' ' ||"
                " COALESCE(r.email, '') || ' ' || r.id",
    .in_group = LK__SQL_IN_GROUP,
};
static const list_kind groups = {
    .kind = LK_RECORD_GROUP,
    .sql = LK__SQL_GROUPS,
    .ever = LK__SQL_EVER_GROUPS,
    .by_directory = " AND r.directory_id = ",
    .searched = "COALESCE(r.name, '') || ' ' || r.id",
    .with_user = LK__SQL_WITH_MEMBER,
};

static lk_status add_membership(lk__select *select, const char *fragment, const char *name,
                                const char *id, lk_error *err)
{
    if (id == NULL)
        return LK_OK;
    if (fragment == NULL)
        return lk__fail(err, LK_ERR_INVALID, "this list cannot be filtered by %s", name);
    lk__select_add_value(select, fragment, lk__value_text(id));
    lk__select_add(select, ")");
    return LK_OK;
}

static lk_status select_page(lk_mirror *mirror, const list_kind *kind, const lk_mirror_query *query,
                             int limit, collecting *into, lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    char pattern[LK__PATTERN_SIZE];

    if (query->at_ms != 0)
        return lk__history_select(mirror->store, kind->kind, query, limit, into->arena, into->items,
                                  &into->count, err);
    into->kind = kind->kind;
    into->with_deleted = query->with_deleted;
    lk__select_add(&select, query->with_deleted ? kind->ever : kind->sql);
    lk__select_add_text_if(&select, " AND r.id = ", query->id);
    lk__select_add_text_if(&select, " AND r.organization_id = ", query->organization_id);
    lk__select_add_text_if(&select, kind->by_directory, query->directory_id);
    LK_TRY(add_membership(&select, kind->in_group, "group_id", query->group_id, err));
    LK_TRY(add_membership(&select, kind->with_user, "user_id", query->user_id, err));
    if (!lk__text_empty(query->text)) {
        LK_TRY(lk__pattern_anywhere(query->text, pattern, err));
        lk__select_add(&select, " AND lower(");
        lk__select_add(&select, kind->searched);
        lk__select_add_value(&select, ") LIKE ", lk__value_text(pattern));
        lk__select_add(&select, " ESCAPE '\\'");
    }
    lk__select_add_text_if(&select, " AND r.id > ", query->after);
    lk__select_add(&select, " ORDER BY r.id");
    lk__select_add_value(&select, " LIMIT ", lk__value_number(limit));
    return lk__select_run(&select, mirror->store, take_row, into, err);
}

/* Prepares an array for the rows that the query may find. */
static lk_status begin_page(const lk_mirror_query *query, lk_mirror_query *known, int *limit,
                            collecting *into, lk_error *err)
{
    lk__copy_options(known, sizeof(*known), query);
    LK_TRY(lk__check_limit(known->limit, limit, err));
    into->items = lk__arena_array(into->arena, (size_t)*limit, sizeof(void *));
    return into->items != NULL ? LK_OK : lk__no_memory(err);
}

lk_status lk_mirror_list_directories(lk_mirror *mirror, const lk_mirror_query *query,
                                     lk_directory_page **out, lk_error *err)
{
    LK_CLEANUP(lk_directory_page_freep) lk_directory_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    collecting c = { .size = sizeof(lk_directory), .take = lk__take_directory };
    lk_mirror_query known;
    int limit = 0;

    lk__error_clear(err);
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    LK_TRY(begin_page(query, &known, &limit, &c, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(select_page(mirror, &directories, &known, limit, &c, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    page->items = (const lk_directory *const *)c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

lk_status lk_mirror_list_users(lk_mirror *mirror, const lk_mirror_query *query,
                               lk_directory_user_page **out, lk_error *err)
{
    LK_CLEANUP(lk_directory_user_page_freep) lk_directory_user_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    collecting c = { .size = sizeof(lk_directory_user), .take = lk__take_user };
    lk_mirror_query known;
    int limit = 0;

    lk__error_clear(err);
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    LK_TRY(begin_page(query, &known, &limit, &c, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(select_page(mirror, &users, &known, limit, &c, err));
    if (known.at_ms == 0)
        LK_TRY(fill(mirror, c.arena, LK_RECORD_USER, c.items, c.count, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    page->items = (const lk_directory_user *const *)c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

lk_status lk_mirror_list_groups(lk_mirror *mirror, const lk_mirror_query *query,
                                lk_directory_group_page **out, lk_error *err)
{
    LK_CLEANUP(lk_directory_group_page_freep) lk_directory_group_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    collecting c = { .size = sizeof(lk_directory_group), .take = lk__take_group };
    lk_mirror_query known;
    int limit = 0;

    lk__error_clear(err);
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.arena = lk__answer_arena(page);
    LK_TRY(begin_page(query, &known, &limit, &c, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(select_page(mirror, &groups, &known, limit, &c, err));
    if (known.at_ms == 0)
        LK_TRY(fill(mirror, c.arena, LK_RECORD_GROUP, c.items, c.count, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    page->items = (const lk_directory_group *const *)c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

/* ---- One record ---- */

/* The record is the answer itself, so it is filled in place. */
typedef struct finding {
    lk__arena *arena;
    void *record;
    bool is_found;
    lk_status (*take)(lk__arena *arena, const lk__value *columns, void *item, lk_error *err);
} finding;

static lk_status take_found(void *ctx, const lk__row *row, lk_error *err)
{
    finding *f = ctx;

    f->is_found = true;
    return f->take(f->arena, row->columns, f->record, err);
}

static lk_status find(lk_mirror *mirror, const char *sql, const char *what, const char *id,
                      finding *f, lk_error *err)
{
    if (lk__text_empty(id))
        return lk__fail(err, LK_ERR_INVALID, "the id of the %s is missing", what);
    LK_TRY(lk__store_run(mirror->store, sql, LK__ARGS(lk__value_text(id)), take_found, f, err));
    if (!f->is_found)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror holds no %s \"%.64s\"", what, id);
    return LK_OK;
}

lk_status lk_mirror_get_user(lk_mirror *mirror, const char *id, lk_directory_user **out,
                             lk_error *err)
{
    LK_CLEANUP(lk_directory_user_freep) lk_directory_user *user = NULL;
    lk__auto_transaction transaction = { 0 };
    finding f = { .take = lk__take_user };

    lk__error_clear(err);
    user = lk__answer_new(sizeof(*user));
    if (user == NULL)
        return lk__no_memory(err);
    f.arena = lk__answer_arena(user);
    f.record = user;
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(find(mirror, LK__SQL_USERS " AND r.id = $1", "directory user", id, &f, err));
    LK_TRY(fill(mirror, f.arena, LK_RECORD_USER, &f.record, 1, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    *out = lk__steal(user);
    return LK_OK;
}

lk_status lk_mirror_get_group(lk_mirror *mirror, const char *id, lk_directory_group **out,
                              lk_error *err)
{
    LK_CLEANUP(lk_directory_group_freep) lk_directory_group *group = NULL;
    lk__auto_transaction transaction = { 0 };
    finding f = { .take = lk__take_group };

    lk__error_clear(err);
    group = lk__answer_new(sizeof(*group));
    if (group == NULL)
        return lk__no_memory(err);
    f.arena = lk__answer_arena(group);
    f.record = group;
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(find(mirror, LK__SQL_GROUPS " AND r.id = $1", "directory group", id, &f, err));
    LK_TRY(fill(mirror, f.arena, LK_RECORD_GROUP, &f.record, 1, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    *out = lk__steal(group);
    return LK_OK;
}

lk_status lk_mirror_get_directory(lk_mirror *mirror, const char *id, lk_directory **out,
                                  lk_error *err)
{
    LK_CLEANUP(lk_directory_freep) lk_directory *directory = NULL;
    finding f = { .take = lk__take_directory };

    lk__error_clear(err);
    directory = lk__answer_new(sizeof(*directory));
    if (directory == NULL)
        return lk__no_memory(err);
    f.arena = lk__answer_arena(directory);
    f.record = directory;
    LK_TRY(find(mirror, LK__SQL_DIRECTORIES " AND r.id = $1", "directory", id, &f, err));
    *out = lk__steal(directory);
    return LK_OK;
}

void lk_directory_page_free(lk_directory_page *page)
{
    lk__answer_free(page);
}

void lk_directory_page_freep(lk_directory_page **page)
{
    lk_directory_page_free(*page);
    *page = NULL;
}

void lk_directory_user_page_free(lk_directory_user_page *page)
{
    lk__answer_free(page);
}

void lk_directory_user_page_freep(lk_directory_user_page **page)
{
    lk_directory_user_page_free(*page);
    *page = NULL;
}

void lk_directory_group_page_free(lk_directory_group_page *page)
{
    lk__answer_free(page);
}

void lk_directory_group_page_freep(lk_directory_group_page **page)
{
    lk_directory_group_page_free(*page);
    *page = NULL;
}

void lk_directory_user_free(lk_directory_user *user)
{
    lk__answer_free(user);
}

void lk_directory_user_freep(lk_directory_user **user)
{
    lk_directory_user_free(*user);
    *user = NULL;
}

void lk_directory_free(lk_directory *directory)
{
    lk__answer_free(directory);
}

void lk_directory_freep(lk_directory **directory)
{
    lk_directory_free(*directory);
    *directory = NULL;
}

void lk_directory_group_free(lk_directory_group *group)
{
    lk__answer_free(group);
}

void lk_directory_group_freep(lk_directory_group **group)
{
    lk_directory_group_free(*group);
    *group = NULL;
}
