/* WorkOS names in previous_attributes what was different before: root members, and within
 * custom_attributes the members that changed. What was not there before has the value null. */
#include "latchkey-changes.h"

#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <cjson/cJSON.h>
#include <glib/gi18n.h>
#include <string.h>

enum { MAX_DEPTH = 8, MAX_CHANGES = 200 };

typedef struct Label {
    const char *field;
    const char *words;
} Label;

static const Label labels[] = {
    { "email", N_("E-mail") },
    { "emails", N_("E-mail addresses") },
    { "first_name", N_("First name") },
    { "idp_id", N_("ID at the provider") },
    { "job_title", N_("Job title") },
    { "last_name", N_("Last name") },
    { "name", N_("Name") },
    { "role.slug", N_("Role") },
    { "state", N_("State") },
    { "username", N_("User name") },
};

static void change_free(gpointer data)
{
    LatchkeyChange *change = data;

    g_free(change->field);
    g_free(change->before);
    g_free(change->after);
    g_free(change);
}

static char *value_text(const cJSON *value)
{
    if (value == NULL || cJSON_IsNull(value))
        return NULL;
    if (cJSON_IsString(value))
        return latchkey_text_clean(value->valuestring);

    char *printed = cJSON_PrintUnformatted(value);
    char *clean = latchkey_text_clean(printed != NULL ? printed : "");
    cJSON_free(printed);
    return clean;
}

static void add_changes(GPtrArray *changes, const char *path, const cJSON *before,
                        const cJSON *after, int depth)
{
    const cJSON *member = NULL;

    cJSON_ArrayForEach(member, before)
    {
        const cJSON *now = cJSON_GetObjectItemCaseSensitive(after, member->string);
        g_autofree char *name = latchkey_text_clean(member->string);
        g_autofree char *field = g_strconcat(path, path[0] != '\0' ? "." : "", name, NULL);
        if (changes->len == MAX_CHANGES)
            return;
        if (cJSON_IsObject(member) && cJSON_IsObject(now) && depth < MAX_DEPTH) {
            add_changes(changes, field, member, now, depth + 1);
            continue;
        }
        LatchkeyChange *change = g_new0(LatchkeyChange, 1);
        change->field = g_steal_pointer(&field);
        change->before = value_text(member);
        change->after = value_text(now);
        g_ptr_array_add(changes, change);
    }
}

GPtrArray *latchkey_changes_read(const char *json, gsize len)
{
    GPtrArray *changes = g_ptr_array_new_with_free_func(change_free);
    cJSON *root = cJSON_ParseWithLength(json, len);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
    const cJSON *before = cJSON_GetObjectItemCaseSensitive(data, "previous_attributes");

    /* Directory events have it in their data, other families in their context. */
    if (before == NULL)
        before = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "context"),
                                                  "previous_attributes");
    if (cJSON_IsObject(before))
        add_changes(changes, "", before, data, 0);
    cJSON_Delete(root);
    return changes;
}

char *latchkey_change_label(const LatchkeyChange *change)
{
    for (size_t i = 0; i < G_N_ELEMENTS(labels); i++)
        if (g_str_equal(labels[i].field, change->field))
            return g_strdup(_(labels[i].words));
    return g_strdup(change->field);
}

static gboolean is_personal(const LatchkeyChange *change, const char *value)
{
    static const char *const fields[] = { "email",     "emails", "first_name", "idp_id",
                                          "last_name", "name",   "username" };

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (g_str_equal(fields[i], change->field))
            return TRUE;
    return strchr(value, '@') != NULL;
}

static char *shown(const LatchkeyChange *change, const char *value)
{
    if (value == NULL || !latchkey_settings_get_masks() || !is_personal(change, value))
        return g_strdup(value);
    return latchkey_text_mask(value);
}

char *latchkey_change_shown_before(const LatchkeyChange *change)
{
    return shown(change, change->before);
}

char *latchkey_change_shown_after(const LatchkeyChange *change)
{
    return shown(change, change->after);
}

char *latchkey_change_words(const LatchkeyChange *change)
{
    g_autofree char *name = latchkey_change_label(change);
    g_autofree char *before = latchkey_change_shown_before(change);
    g_autofree char *after = latchkey_change_shown_after(change);

    return g_strdup_printf(_("%s: was %s, now %s"), name, before != NULL ? before : _("not set"),
                           after != NULL ? after : _("not set"));
}
