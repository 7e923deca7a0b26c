/* See directory-rows.h. */
#include "mirror/directory-rows.h"

#include "mirror/mirror.h"

lk_status lk__take_directory(lk__arena *arena, const lk__value *columns, void *item, lk_error *err)
{
    lk_directory *directory = item;

    directory->created_at_ms = columns[5].number;
    directory->updated_at_ms = columns[6].number;
    if (!lk__take_text(arena, &columns[0], &directory->id) ||
        !lk__take_text(arena, &columns[1], &directory->organization_id) ||
        !lk__take_text(arena, &columns[2], &directory->name) ||
        !lk__take_text(arena, &columns[3], &directory->type) ||
        !lk__take_text(arena, &columns[4], &directory->state))
        return lk__no_memory(err);
    return LK_OK;
}

lk_status lk__take_user(lk__arena *arena, const lk__value *columns, void *item, lk_error *err)
{
    lk_directory_user *user = item;

    user->created_at_ms = columns[10].number;
    user->updated_at_ms = columns[11].number;
    if (!lk__take_text(arena, &columns[0], &user->id) ||
        !lk__take_text(arena, &columns[1], &user->directory_id) ||
        !lk__take_text(arena, &columns[2], &user->organization_id) ||
        !lk__take_text(arena, &columns[3], &user->idp_id) ||
        !lk__take_text(arena, &columns[4], &user->email) ||
        !lk__take_text(arena, &columns[5], &user->first_name) ||
        !lk__take_text(arena, &columns[6], &user->last_name) ||
        !lk__take_text(arena, &columns[7], &user->state) ||
        !lk__take_text(arena, &columns[8], &user->role) ||
        !lk__take_text(arena, &columns[9], &user->custom_attributes_json) ||
        !lk__take_text(arena, &columns[12], &user->json))
        return lk__no_memory(err);
    return LK_OK;
}

lk_status lk__take_group(lk__arena *arena, const lk__value *columns, void *item, lk_error *err)
{
    lk_directory_group *group = item;

    group->created_at_ms = columns[5].number;
    group->updated_at_ms = columns[6].number;
    if (!lk__take_text(arena, &columns[0], &group->id) ||
        !lk__take_text(arena, &columns[1], &group->directory_id) ||
        !lk__take_text(arena, &columns[2], &group->organization_id) ||
        !lk__take_text(arena, &columns[3], &group->idp_id) ||
        !lk__take_text(arena, &columns[4], &group->name) ||
        !lk__take_text(arena, &columns[7], &group->json))
        return lk__no_memory(err);
    return LK_OK;
}

int64_t *lk__deleted_at(lk_record_kind kind, void *item)
{
    switch (kind) {
    case LK_RECORD_DIRECTORY:
        break;
    case LK_RECORD_GROUP:
        return &((lk_directory_group *)item)->deleted_at_ms;
    case LK_RECORD_USER:
        return &((lk_directory_user *)item)->deleted_at_ms;
    }
    return &((lk_directory *)item)->deleted_at_ms;
}

int64_t lk__record_created_at(lk_record_kind kind, const void *item)
{
    switch (kind) {
    case LK_RECORD_DIRECTORY:
        break;
    case LK_RECORD_GROUP:
        return ((const lk_directory_group *)item)->created_at_ms;
    case LK_RECORD_USER:
        return ((const lk_directory_user *)item)->created_at_ms;
    }
    return ((const lk_directory *)item)->created_at_ms;
}

lk_status lk__take_id(void *ctx, const lk__row *row, lk_error *err)
{
    lk__ids *list = ctx;

    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 8 : 2 * list->capacity;
        const char **items = lk__arena_array(list->arena, capacity, sizeof(*items));

        if (items == NULL)
            return lk__no_memory(err);
        for (size_t i = 0; i < list->count; i++)
            items[i] = list->items[i];
        list->items = items;
        list->capacity = capacity;
    }
    if (!lk__take_text(list->arena, &row->columns[0], &list->items[list->count]))
        return lk__no_memory(err);
    list->count++;
    return LK_OK;
}
