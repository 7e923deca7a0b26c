/* See history-change.h. */
#include "mirror/history-change.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

typedef struct field {
    const char *name;
    size_t offset; /* of its const char * */
} field;

static const field directory_fields[] = {
    { "organization_id", offsetof(lk_directory, organization_id) },
    { "name", offsetof(lk_directory, name) },
    { "type", offsetof(lk_directory, type) },
    { "state", offsetof(lk_directory, state) },
};
static const field group_fields[] = {
    { "directory_id", offsetof(lk_directory_group, directory_id) },
    { "organization_id", offsetof(lk_directory_group, organization_id) },
    { "idp_id", offsetof(lk_directory_group, idp_id) },
    { "name", offsetof(lk_directory_group, name) },
};
static const field user_fields[] = {
    { "directory_id", offsetof(lk_directory_user, directory_id) },
    { "organization_id", offsetof(lk_directory_user, organization_id) },
    { "idp_id", offsetof(lk_directory_user, idp_id) },
    { "email", offsetof(lk_directory_user, email) },
    { "first_name", offsetof(lk_directory_user, first_name) },
    { "last_name", offsetof(lk_directory_user, last_name) },
    { "state", offsetof(lk_directory_user, state) },
    { "role", offsetof(lk_directory_user, role) },
    { "custom_attributes", offsetof(lk_directory_user, custom_attributes_json) },
};

#define FIELDS(table)                               \
    {                                               \
        (table), sizeof(table) / sizeof((table)[0]) \
    }
static const struct {
    const field *fields;
    size_t count;
} kinds[] = {
    [LK_RECORD_DIRECTORY] = FIELDS(directory_fields),
    [LK_RECORD_GROUP] = FIELDS(group_fields),
    [LK_RECORD_USER] = FIELDS(user_fields),
};

lk_status lk__changes_add(lk__changes *changes, lk__arena *arena, const char *name,
                          const char *before, const char *after, lk_error *err)
{
    if (changes->count == changes->capacity) {
        size_t capacity = changes->capacity == 0 ? 8 : 2 * changes->capacity;
        lk_change *items = lk__arena_array(arena, capacity, sizeof(*items));

        if (items == NULL)
            return lk__no_memory(err);
        if (changes->count > 0)
            memcpy(items, changes->items, changes->count * sizeof(*items));
        changes->items = items;
        changes->capacity = capacity;
    }
    changes->items[changes->count++] =
        (lk_change){ .field = name, .before = before, .after = after };
    return LK_OK;
}

static const char *value_of(const void *record, const field *f)
{
    const char *value = NULL;

    if (record != NULL)
        memcpy(&value, (const char *)record + f->offset, sizeof(value));
    return value;
}

/* Both lists are sorted. */
static lk_status compare_groups(lk__changes *changes, const lk_directory_user *before,
                                const lk_directory_user *after, lk__arena *arena, lk_error *err)
{
    size_t n_before = before != NULL ? before->n_groups : 0;
    size_t n_after = after != NULL ? after->n_groups : 0;
    size_t i = 0;
    size_t j = 0;

    while (i < n_before || j < n_after) {
        int order = i == n_before  ? 1
                    : j == n_after ? -1
                                   : strcmp(before->groups[i], after->groups[j]);

        if (order < 0)
            LK_TRY(lk__changes_add(changes, arena, "group", before->groups[i], NULL, err));
        if (order > 0)
            LK_TRY(lk__changes_add(changes, arena, "group", NULL, after->groups[j], err));
        i += order <= 0;
        j += order >= 0;
    }
    return LK_OK;
}

lk_status lk__changes_between(lk__changes *changes, lk_record_kind kind, const void *before,
                              const void *after, lk__arena *arena, lk_error *err)
{
    for (size_t i = 0; i < kinds[kind].count; i++) {
        const field *f = &kinds[kind].fields[i];
        const char *old = value_of(before, f);
        const char *new = value_of(after, f);

        if (!lk__text_equal(old, new))
            LK_TRY(lk__changes_add(changes, arena, f->name, old, new, err));
    }
    if (kind == LK_RECORD_USER)
        LK_TRY(compare_groups(changes, before, after, arena, err));
    return LK_OK;
}
