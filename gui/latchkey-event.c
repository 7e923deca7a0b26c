/* Sentences from events. One table says which words each type gets; the names in them come from the
 * customers' directories, so each passes latchkey_text_clean() first. */
#include "latchkey-event.h"

#include <cjson/cJSON.h>
#include <glib/gi18n.h>
#include <string.h>

enum { MAX_CHARACTERS = 200 };

struct _LatchkeyEvent {
    GObject parent_instance;
    char *id;
    gint64 created_at_ms;
    char *title;
    char *subtitle;
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

static gboolean is_unwanted(gunichar c)
{
    /* Marks, embeddings, overrides and isolates of the bidirectional algorithm: a name with one
     * could turn the rest of the sentence around. */
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

char *latchkey_text_clean(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    int n = 0;

    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (is_unwanted(c))
            continue;
        if (n++ == MAX_CHARACTERS) {
            g_string_append(out, "…");
            break;
        }
        g_string_append_unichar(
            out,
            g_unichar_iscntrl(c) || g_unichar_isspace(c) || c == 0x2028 || c == 0x2029 ? ' ' : c);
    }
    return g_strstrip(g_string_free(out, FALSE));
}

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

/* The names in the sentence: who or what, and the group where the event has one. */
static void read_names(const lk_mirror_event *event, char **who, char **group)
{
    cJSON *root = cJSON_ParseWithLength(event->json, event->json_len);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(root, "data");
    const cJSON *user = cJSON_GetObjectItemCaseSensitive(data, "user");

    *who = name_of(user != NULL ? user : data);
    *group = name_of(cJSON_GetObjectItemCaseSensitive(data, "group"));
    cJSON_Delete(root);
    if (*who == NULL && event->subject != NULL)
        *who = latchkey_text_clean(event->subject);
    if (*who == NULL || **who == '\0') {
        g_free(*who);
        *who = g_strdup(_("Somebody"));
    }
    if (*group == NULL || **group == '\0') {
        g_free(*group);
        *group = g_strdup(_("a group"));
    }
}

/* One pass, so that a name that contains "{group}" stays as it is. */
static char *expand(const char *sentence, const char *who, const char *group)
{
    GString *out = g_string_new(NULL);

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
    return g_string_free(out, FALSE);
}

static void latchkey_event_finalize(GObject *object)
{
    LatchkeyEvent *self = LATCHKEY_EVENT(object);

    g_free(self->id);
    g_free(self->title);
    g_free(self->subtitle);
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
    g_autofree char *type = latchkey_text_clean(event->type);
    g_autofree char *who = NULL;
    g_autofree char *group = NULL;
    const char *place = directory_name != NULL ? directory_name : event->directory_id;
    g_autofree char *where = latchkey_text_clean(place != NULL ? place : "");

    read_names(event, &who, &group);
    self->id = g_strdup(event->id);
    self->created_at_ms = event->created_at_ms;
    /* The set of types is open: a new one is shown by its own name. */
    self->title = expand(entry != NULL ? _(entry->sentence) : "{who}", who, group);
    const char *kind = entry != NULL ? _(entry->kind) : type;
    self->subtitle = where[0] != '\0' ? g_strdup_printf("%s · %s", kind, where) : g_strdup(kind);
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
    self->title = g_strdup(_("This event can no longer be read"));
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
    return self->title;
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

static GDateTime *local_time(gint64 ms)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);

    return utc != NULL ? g_date_time_to_local(utc) : NULL;
}

char *latchkey_event_time_text(gint64 created_at_ms, gint64 now_ms)
{
    g_autoptr(GDateTime) then = local_time(created_at_ms);
    g_autoptr(GDateTime) now = local_time(now_ms);

    if (then == NULL || now == NULL)
        return g_strdup("");
    if (g_date_time_get_year(then) != g_date_time_get_year(now))
        return g_date_time_format(then, _("%-d %b %Y"));
    if (g_date_time_get_day_of_year(then) == g_date_time_get_day_of_year(now))
        return g_date_time_format(then, _("%H:%M"));
    if (now_ms - created_at_ms < G_TIME_SPAN_DAY / 1000 * 6 && now_ms > created_at_ms)
        return g_date_time_format(then, _("%a %H:%M"));
    return g_date_time_format(then, _("%-d %b %H:%M"));
}

char *latchkey_event_full_time_text(gint64 created_at_ms)
{
    g_autoptr(GDateTime) then = local_time(created_at_ms);

    return then != NULL ? g_date_time_format(then, _("%A, %-d %B %Y, %H:%M:%S")) : g_strdup("");
}
