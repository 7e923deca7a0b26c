/* Sentences from events. One table says which words each type gets; the names in them come from the
 * customers' directories, so each passes latchkey_text_clean() first. */
#include "latchkey-event.h"

#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <cjson/cJSON.h>
#include <glib/gi18n.h>
#include <string.h>

struct _LatchkeyEvent {
    GObject parent_instance;
    char *id;
    gint64 created_at_ms;
    char *type;
    char *title;
    char *masked_title;
    char *subtitle;
    char *place; /* the directory's name, else its id; NULL: none */
    char *organization_id;
    char *directory_id;
    char *user_id;
    char *user_name;
    char *masked_user_name; /* NULL as the name */
    char *group_id;
    char *group_name;
    char *json;
    gsize json_len;
    const char *icon_name;
    const char *tone;
};

G_DEFINE_FINAL_TYPE(LatchkeyEvent, latchkey_event, G_TYPE_OBJECT)

typedef struct Words {
    const char *type;
    const char *sentence; /* with {who} and {group} */
    const char *kind;
    const char *icon_name;
    const char *tone;
} Words;

static const Words words[] = {
    { "dsync.user.created", N_("{who} was added"), N_("User created"), "contact-new-symbolic",
      "created" },
    { "dsync.user.updated", N_("{who} was changed"), N_("User updated"), "document-edit-symbolic",
      "updated" },
    { "dsync.user.deleted", N_("{who} was removed"), N_("User deleted"), "user-trash-symbolic",
      "deleted" },
    { "dsync.group.created", N_("Group {who} was created"), N_("Group created"),
      "system-users-symbolic", "created" },
    { "dsync.group.updated", N_("Group {who} was changed"), N_("Group updated"),
      "document-edit-symbolic", "updated" },
    { "dsync.group.deleted", N_("Group {who} was removed"), N_("Group deleted"),
      "user-trash-symbolic", "deleted" },
    { "dsync.group.user_added", N_("{who} joined {group}"), N_("Member added"), "list-add-symbolic",
      "created" },
    { "dsync.group.user_removed", N_("{who} left {group}"), N_("Member removed"),
      "list-remove-symbolic", "deleted" },
    { "dsync.activated", N_("Directory {who} was connected"), N_("Directory connected"),
      "network-transmit-receive-symbolic", "created" },
    { "dsync.deactivated", N_("Directory {who} was paused"), N_("Directory paused"),
      "network-offline-symbolic", "updated" },
    { "dsync.deleted", N_("Directory {who} was removed"), N_("Directory removed"),
      "user-trash-symbolic", "deleted" },
};

static const Words *words_of(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_equal(words[i].type, type))
            return &words[i];
    return NULL;
}

static const char *member(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* A person by name, else by e-mail; a group or directory by name. NULL: it has neither. */
static char *name_of(const cJSON *object)
{
    const char *first = member(object, "first_name");
    const char *last = member(object, "last_name");

    if (first != NULL && last != NULL) {
        g_autofree char *full = g_strdup_printf("%s %s", first, last);
        return latchkey_text_clean(full);
    }
    const char *name = member(object, "name");
    if (name == NULL)
        name = first != NULL ? first : last;
    if (name == NULL)
        name = member(object, "email");
    return name != NULL ? latchkey_text_clean(name) : NULL;
}

static gboolean is_object(const cJSON *object, const char *name)
{
    return g_strcmp0(member(object, "object"), name) == 0;
}

static void take_subject(const cJSON *object, char **id, char **name)
{
    *id = g_strdup(member(object, "id"));
    *name = name_of(object);
}

/* Who and what it is about; returns what the sentence calls {who}. */
static char *read_subjects(LatchkeyEvent *self, const lk_mirror_event *event)
{
    cJSON *root = cJSON_ParseWithLength(event->json, event->json_len);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
    const cJSON *user = cJSON_GetObjectItemCaseSensitive(data, "user");
    const cJSON *group = cJSON_GetObjectItemCaseSensitive(data, "group");

    take_subject(is_object(data, "directory_user") ? data : user, &self->user_id, &self->user_name);
    take_subject(is_object(data, "directory_group") ? data : group, &self->group_id,
                 &self->group_name);
    char *who = name_of(user != NULL ? user : data);
    cJSON_Delete(root);
    if (who == NULL)
        who = latchkey_text_clean(event->subject);
    if (who[0] != '\0')
        return who;
    g_free(who);
    return g_strdup(_("Somebody"));
}

/* One pass, so that a name that contains "{group}" stays as it is. */
static char *expand(const char *sentence, const char *who_name, const char *group_name)
{
    g_autofree char *who = latchkey_text_isolate(who_name);
    g_autofree char *group = latchkey_text_isolate(group_name);
    g_autoptr(GString) out = g_string_new(NULL);

    while (*sentence != '\0') {
        if (g_str_has_prefix(sentence, "{who}")) {
            g_string_append(out, who);
            sentence += strlen("{who}");
        } else if (g_str_has_prefix(sentence, "{group}")) {
            g_string_append(out, group);
            sentence += strlen("{group}");
        } else {
            g_string_append_c(out, *sentence++);
        }
    }
    return latchkey_text_anchor(out->str);
}

static void latchkey_event_finalize(GObject *object)
{
    LatchkeyEvent *self = LATCHKEY_EVENT(object);

    g_free(self->id);
    g_free(self->type);
    g_free(self->title);
    g_free(self->masked_title);
    g_free(self->subtitle);
    g_free(self->place);
    g_free(self->organization_id);
    g_free(self->directory_id);
    g_free(self->user_id);
    g_free(self->user_name);
    g_free(self->masked_user_name);
    g_free(self->group_id);
    g_free(self->group_name);
    g_free(self->json);
    G_OBJECT_CLASS(latchkey_event_parent_class)->finalize(object);
}

static void latchkey_event_class_init(LatchkeyEventClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_event_finalize;
}

static void latchkey_event_init(LatchkeyEvent *self)
{
    self->icon_name = "dialog-information-symbolic";
    self->tone = "updated";
}

LatchkeyEvent *latchkey_event_new(const lk_mirror_event *event, const char *directory_name)
{
    LatchkeyEvent *self = g_object_new(LATCHKEY_TYPE_EVENT, NULL);
    const Words *entry = words_of(event->type);
    const char *place = directory_name != NULL ? directory_name : event->directory_id;
    g_autofree char *who = read_subjects(self, event);
    const char *group =
        self->group_name != NULL && self->group_name[0] != '\0' ? self->group_name : _("a group");

    self->id = g_strdup(event->id);
    self->type = latchkey_text_clean(event->type);
    self->created_at_ms = event->created_at_ms;
    self->organization_id = g_strdup(event->organization_id);
    self->directory_id = g_strdup(event->directory_id);
    self->place = place != NULL ? latchkey_text_clean(place) : NULL;
    self->json = g_strndup(event->json, event->json_len);
    self->json_len = event->json_len;
    /* The set of types is open: a new one is shown by its own name. */
    const char *sentence = entry != NULL ? _(entry->sentence) : "{who}";
    gboolean is_personal = self->user_id != NULL;
    g_autofree char *masked_who = is_personal ? latchkey_text_mask(who) : g_strdup(who);
    self->title = expand(sentence, who, group);
    self->masked_title = expand(sentence, masked_who, group);
    if (self->user_name != NULL)
        self->masked_user_name = latchkey_text_mask(self->user_name);
    const char *kind = entry != NULL ? _(entry->kind) : self->type;
    self->subtitle =
        self->place != NULL ? g_strdup_printf("%s · %s", kind, self->place) : g_strdup(kind);
    if (entry != NULL) {
        self->icon_name = entry->icon_name;
        self->tone = entry->tone;
    }
    return self;
}

LatchkeyEvent *latchkey_event_new_missing(void)
{
    LatchkeyEvent *self = g_object_new(LATCHKEY_TYPE_EVENT, NULL);

    self->id = g_strdup("");
    self->type = g_strdup("");
    self->title = g_strdup(_("This event can no longer be read"));
    self->masked_title = g_strdup(self->title);
    self->subtitle = g_strdup(_("Local history changed"));
    return self;
}

const char *latchkey_event_get_id(LatchkeyEvent *self)
{
    return self->id;
}

gint64 latchkey_event_get_created_at_ms(LatchkeyEvent *self)
{
    return self->created_at_ms;
}

const char *latchkey_event_get_title(LatchkeyEvent *self)
{
    return latchkey_settings_get_masks() ? self->masked_title : self->title;
}

const char *latchkey_event_get_subtitle(LatchkeyEvent *self)
{
    return self->subtitle;
}

const char *latchkey_event_get_icon_name(LatchkeyEvent *self)
{
    return self->icon_name;
}

const char *latchkey_event_get_tone(LatchkeyEvent *self)
{
    return self->tone;
}

const char *latchkey_event_get_type_name(LatchkeyEvent *self)
{
    return self->type;
}

const char *latchkey_event_get_place(LatchkeyEvent *self)
{
    return self->place;
}

const char *latchkey_event_get_organization_id(LatchkeyEvent *self)
{
    return self->organization_id;
}

const char *latchkey_event_get_directory_id(LatchkeyEvent *self)
{
    return self->directory_id;
}

const char *latchkey_event_get_user_id(LatchkeyEvent *self)
{
    return self->user_id;
}

const char *latchkey_event_get_user_name(LatchkeyEvent *self)
{
    return latchkey_settings_get_masks() ? self->masked_user_name : self->user_name;
}

const char *latchkey_event_get_full_user_name(LatchkeyEvent *self)
{
    return self->user_name;
}

const char *latchkey_event_get_group_id(LatchkeyEvent *self)
{
    return self->group_id;
}

const char *latchkey_event_get_group_name(LatchkeyEvent *self)
{
    return self->group_name;
}

const char *latchkey_event_get_json(LatchkeyEvent *self, gsize *len)
{
    *len = self->json_len;
    return self->json;
}

const char *latchkey_event_tone_of(const char *type)
{
    const Words *entry = words_of(type);

    return entry != NULL ? entry->tone : "updated";
}

const char *latchkey_event_nth_type(guint n, const char **kind)
{
    if (n >= G_N_ELEMENTS(words))
        return NULL;
    *kind = _(words[n].kind);
    return words[n].type;
}
