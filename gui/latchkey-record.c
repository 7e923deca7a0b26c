/* Copies of what the mirror holds, cleaned once. */
#include "latchkey-record.h"

#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>
#include <string.h>

struct _LatchkeyRecord {
    GObject parent_instance;
    LatchkeyRecordKind kind;
    char *id;
    char *directory_id;
    char *organization_id;
    char *name;
    char *subtitle;
    char *masked_name; /* NULL, and the next: nothing in it is personal */
    char *masked_subtitle;
    char *state;
    char *role;
    char *json;
    gint64 deleted_at_ms;
};

G_DEFINE_FINAL_TYPE(LatchkeyRecord, latchkey_record, G_TYPE_OBJECT)

static void latchkey_record_finalize(GObject *object)
{
    LatchkeyRecord *self = LATCHKEY_RECORD(object);

    g_free(self->id);
    g_free(self->directory_id);
    g_free(self->organization_id);
    g_free(self->name);
    g_free(self->subtitle);
    g_free(self->masked_name);
    g_free(self->masked_subtitle);
    g_free(self->state);
    g_free(self->role);
    g_free(self->json);
    G_OBJECT_CLASS(latchkey_record_parent_class)->finalize(object);
}

static void latchkey_record_class_init(LatchkeyRecordClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_record_finalize;
}

static void latchkey_record_init(LatchkeyRecord *self)
{
    (void)self;
}

static char *person_name(const lk_directory_user *user)
{
    g_autofree char *both =
        g_strdup_printf("%s %s", user->first_name != NULL ? user->first_name : "",
                        user->last_name != NULL ? user->last_name : "");
    char *name = latchkey_text_clean(both);

    if (name[0] != '\0')
        return name;
    g_free(name);
    return latchkey_text_clean(user->email != NULL ? user->email : user->id);
}

LatchkeyRecord *latchkey_record_new_person(const lk_directory_user *user)
{
    LatchkeyRecord *self = g_object_new(LATCHKEY_TYPE_RECORD, NULL);

    self->kind = LATCHKEY_RECORD_PERSON;
    self->id = g_strdup(user->id);
    self->directory_id = g_strdup(user->directory_id);
    self->organization_id = g_strdup(user->organization_id);
    self->name = person_name(user);
    self->subtitle = latchkey_text_clean(user->email);
    self->masked_name = latchkey_text_mask(self->name);
    self->masked_subtitle = latchkey_text_mask(self->subtitle);
    self->state = latchkey_text_clean(user->state);
    self->role = latchkey_text_clean(user->role);
    self->json = g_strdup(user->json);
    self->deleted_at_ms = user->deleted_at_ms;
    return self;
}

LatchkeyRecord *latchkey_record_new_group(const lk_directory_group *group)
{
    LatchkeyRecord *self = g_object_new(LATCHKEY_TYPE_RECORD, NULL);

    self->kind = LATCHKEY_RECORD_GROUP;
    self->id = g_strdup(group->id);
    self->directory_id = g_strdup(group->directory_id);
    self->organization_id = g_strdup(group->organization_id);
    self->name = latchkey_text_clean(group->name);
    if (self->name[0] == '\0') {
        g_free(self->name);
        self->name = latchkey_text_clean(group->id);
    }
    /* A deleted one has none, which says nothing of it. */
    self->subtitle =
        group->deleted_at_ms != 0
            ? g_strdup("")
            : g_strdup_printf(ngettext("%d member", "%d members", (gulong)group->n_members),
                              (int)group->n_members);
    self->state = g_strdup("");
    self->role = g_strdup("");
    self->json = g_strdup(group->json);
    self->deleted_at_ms = group->deleted_at_ms;
    return self;
}

static const char *shown(const char *text, const char *masked)
{
    return masked != NULL && latchkey_settings_get_masks() ? masked : text;
}

LatchkeyRecordKind latchkey_record_get_kind(LatchkeyRecord *self)
{
    return self->kind;
}

const char *latchkey_record_get_id(LatchkeyRecord *self)
{
    return self->id;
}

const char *latchkey_record_get_directory_id(LatchkeyRecord *self)
{
    return self->directory_id;
}

const char *latchkey_record_get_organization_id(LatchkeyRecord *self)
{
    return self->organization_id;
}

const char *latchkey_record_get_name(LatchkeyRecord *self)
{
    return shown(self->name, self->masked_name);
}

const char *latchkey_record_get_subtitle(LatchkeyRecord *self)
{
    return shown(self->subtitle, self->masked_subtitle);
}

const char *latchkey_record_get_state(LatchkeyRecord *self)
{
    return self->state;
}

const char *latchkey_record_get_role(LatchkeyRecord *self)
{
    return self->role;
}

const char *latchkey_record_get_json(LatchkeyRecord *self)
{
    return self->json;
}

gint64 latchkey_record_get_deleted_at_ms(LatchkeyRecord *self)
{
    return self->deleted_at_ms;
}

gboolean latchkey_record_matches(LatchkeyRecord *self, const char *text)
{
    const char *email = self->kind == LATCHKEY_RECORD_PERSON ? self->subtitle : "";
    g_autofree char *all = g_strjoin(" ", self->name, email, self->id, NULL);
    g_autofree char *folded = g_ascii_strdown(all, -1);
    g_autofree char *sought = g_ascii_strdown(text, -1);

    return strstr(folded, sought) != NULL;
}
