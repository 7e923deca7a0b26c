/* See moment-kit.h. */
#include "moment-kit.h"

#include "latchkey-record.h"

void moment_kit_add(kit *mirror, const char *id, const char *type, gint64 at_ms, const char *data)
{
    kit_event event;

    kit_make(&event, id, type, at_ms, "%s", data);
    kit_apply(mirror, &event);
}

#define USER(id, directory, first, last)                                                   \
    "\"id\":\"" id "\",\"object\":\"directory_user\",\"directory_id\":\"" directory        \
    "\",\"organization_id\":\"org_01\",\"first_name\":\"" first "\",\"last_name\":\"" last \
    "\",\"email\":\"" id "@x.example\",\"state\":\"active\""
#define NIGHT                                                                     \
    "{\"id\":\"group_1\",\"object\":\"directory_group\",\"directory_id\":\"d1\"," \
    "\"organization_id\":\"org_01\",\"name\":\"Night\"}"

static void fill(kit *mirror)
{
    moment_kit_add(mirror, "event_00", "dsync.activated", NOON,
                   "{\"id\":\"d1\",\"name\":\"Okta\"}");
    moment_kit_add(mirror, "event_01", "dsync.activated", NOON,
                   "{\"id\":\"d2\",\"name\":\"Entra\"}");
    moment_kit_add(mirror, "event_02", "dsync.user.created", NOON,
                   "{" USER("ada", "d1", "Ada", "King") "}");
    moment_kit_add(mirror, "event_03", "dsync.user.created", NOON,
                   "{" USER("dan", "d2", "Dan", "Two") "}");
    moment_kit_add(mirror, "event_04", "dsync.group.created", NOON, NIGHT);
    moment_kit_add(mirror, "event_05", "dsync.group.user_added", NOON,
                   "{\"user\":{" USER("ada", "d1", "Ada", "King") "},\"group\":" NIGHT "}");
    moment_kit_add(
        mirror, "event_06", "dsync.user.updated", NOON + HOUR,
        "{" USER("ada", "d1", "Ada", "Byron") ",\"previous_attributes\":{\"last_name\":\"King\"}}");
    moment_kit_add(mirror, "event_07", "dsync.user.created", NOON + HOUR,
                   "{" USER("bob", "d1", "Bob", "<b>&") "}");
    moment_kit_add(mirror, "event_08", "dsync.group.user_removed", NOON + 2 * HOUR,
                   "{\"user\":{" USER("ada", "d1", "Ada", "Byron") "},\"group\":" NIGHT "}");
    moment_kit_add(mirror, "event_09", "dsync.user.deleted", NOON + 3 * HOUR,
                   "{" USER("bob", "d1", "Bob", "<b>&") "}");
    moment_kit_add(mirror, "event_10", "dsync.user.created", NOON + 4 * HOUR,
                   "{" USER("cleo", "d1", "Cleo", "Three") "}");
    moment_kit_add(mirror, "event_11", "dsync.deleted", NOON + 4 * HOUR,
                   "{\"id\":\"d2\",\"name\":\"Entra\"}");
}

void moment_kit_begin(kit *mirror)
{
    kit_begin(mirror);
    kit_open(mirror);
    fill(mirror);
}

LatchkeyStore *moment_kit_store(kit *mirror)
{
    lk_mirror *reader = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(mirror->store, &reader, &err) != LK_OK)
        g_error("%s", err.message);
    return latchkey_store_new(mirror->store, reader);
}

char *moment_kit_names(GListModel *records)
{
    g_autoptr(GString) out = g_string_new(NULL);

    for (guint i = 0; i < g_list_model_get_n_items(records); i++) {
        g_autoptr(LatchkeyRecord) record = g_list_model_get_item(records, i);
        g_string_append_printf(out, i > 0 ? ", %s%s" : "%s%s", latchkey_record_get_name(record),
                               latchkey_record_get_deleted_at_ms(record) != 0 ? " deleted" : "");
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
