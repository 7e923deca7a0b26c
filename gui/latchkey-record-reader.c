/* Of a time, memberships are read one by one: the mirror tells them by id. */
#include "latchkey-record-reader.h"

#include "latchkey-history.h"
#include "latchkey-record-list.h"

#include <latchkey/history.h>

void latchkey_record_wanted_free(gpointer data)
{
    LatchkeyRecordWanted *wanted = data;

    g_free(wanted->id);
    g_free(wanted->directory_id);
    g_free(wanted);
}

void latchkey_record_found_free(gpointer data)
{
    LatchkeyRecordFound *found = data;

    g_clear_object(&found->record);
    g_clear_pointer(&found->related, g_ptr_array_unref);
    g_free(found);
}

static gboolean add_records(lk_mirror *mirror, LatchkeyRecordKind kind, const char *const *ids,
                            size_t n, gint64 at_ms, GPtrArray *records, lk_error *err)
{
    for (size_t i = 0; i < n && records->len < LATCHKEY_MAX_RELATED; i++) {
        GPtrArray *one =
            latchkey_records_read(mirror, kind, LK_MIRROR_QUERY(.id = ids[i], .at_ms = at_ms), err);
        if (one == NULL)
            return FALSE;
        g_ptr_array_extend_and_steal(records, one);
    }
    return TRUE;
}

/* Empty: it was not then. */
static GPtrArray *read_related_at(lk_mirror *mirror, const LatchkeyRecordWanted *wanted,
                                  gint64 at_ms, lk_error *err)
{
    g_autoptr(GPtrArray) records = g_ptr_array_new_with_free_func(g_object_unref);
    lk_auto(lk_directory_user) user = NULL;
    lk_auto(lk_directory_group) group = NULL;
    gboolean is_person = wanted->kind == LATCHKEY_RECORD_PERSON;
    lk_status status = is_person ? lk_mirror_get_user_at(mirror, wanted->id, at_ms, &user, err)
                                 : lk_mirror_get_group_at(mirror, wanted->id, at_ms, &group, err);

    if (status == LK_ERR_NOT_FOUND)
        return g_steal_pointer(&records);
    if (status != LK_OK)
        return NULL;
    if (is_person ? !add_records(mirror, LATCHKEY_RECORD_GROUP, user->groups, user->n_groups, at_ms,
                                 records, err)
                  : !add_records(mirror, LATCHKEY_RECORD_PERSON, group->members, group->n_members,
                                 at_ms, records, err))
        return NULL;
    return g_steal_pointer(&records);
}

static GPtrArray *read_related(lk_mirror *mirror, const LatchkeyRecordWanted *wanted,
                               LatchkeyRecord *record, lk_error *err)
{
    gboolean is_person = wanted->kind == LATCHKEY_RECORD_PERSON;
    gint64 deleted_at_ms = latchkey_record_get_deleted_at_ms(record);
    gint64 at_ms = deleted_at_ms > 1 ? deleted_at_ms - 1 : wanted->at_ms;

    if (at_ms != 0)
        return read_related_at(mirror, wanted, at_ms, err);
    return latchkey_records_read(mirror, is_person ? LATCHKEY_RECORD_GROUP : LATCHKEY_RECORD_PERSON,
                                 LK_MIRROR_QUERY(.user_id = is_person ? wanted->id : NULL,
                                                 .group_id = is_person ? NULL : wanted->id,
                                                 .limit = LATCHKEY_MAX_RELATED),
                                 err);
}

gpointer latchkey_record_read(lk_mirror *mirror, gpointer data, lk_error *err)
{
    const LatchkeyRecordWanted *wanted = data;
    LatchkeyRecordFound *found = g_new0(LatchkeyRecordFound, 1);
    g_autoptr(GPtrArray) records = latchkey_records_read(
        mirror, wanted->kind,
        LK_MIRROR_QUERY(.id = wanted->id, .at_ms = wanted->at_ms, .with_deleted = true), err);

    if (records != NULL && records->len > 0) {
        found->record = g_object_ref(g_ptr_array_index(records, 0));
        found->related = read_related(mirror, wanted, found->record, err);
    }
    if (records != NULL && (found->record == NULL || found->related != NULL))
        return found;
    latchkey_record_found_free(found);
    return NULL;
}

gpointer latchkey_record_read_history(lk_mirror *mirror, gpointer data, lk_error *err)
{
    const LatchkeyRecordWanted *wanted = data;

    return latchkey_history_read(mirror, wanted->id, wanted->directory_id, wanted->at_ms, err);
}
