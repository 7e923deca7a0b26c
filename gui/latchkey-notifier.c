/* A notification replaces the one before, since both have one id: so fifty events are one line. */
#include "latchkey-notifier.h"

#include <glib/gi18n.h>

enum { MAX_NAMED = 3, NOTIFY_ALL = 2, NOTIFY_IMPORTANT = 1 };

#define NOTIFICATION_ID "events"

struct _LatchkeyNotifier {
    GObject parent_instance;
    LatchkeyNews *news;
    GSettings *settings;
    GPtrArray *latest; /* of LatchkeyEvent, up to MAX_NAMED, the newest last */
    guint n_told;      /* since the window was last in use */
    gboolean is_in_use;
};

G_DEFINE_FINAL_TYPE(LatchkeyNotifier, latchkey_notifier, G_TYPE_OBJECT)

gboolean latchkey_notifier_wants(GSettings *settings, const char *type)
{
    int notify = settings != NULL ? g_settings_get_enum(settings, "notify") : 0;

    if (notify == NOTIFY_ALL)
        return TRUE;
    if (notify != NOTIFY_IMPORTANT)
        return FALSE;
    g_auto(GStrv) types = g_settings_get_strv(settings, "notify-types");
    return g_strv_contains((const char *const *)types, type);
}

/* Some desktops take the body for markup, others do not: without angle brackets there is none. */
static char *without_tags(const char *text)
{
    g_autoptr(GString) plain = g_string_new(text);

    g_string_replace(plain, "<", "‹", 0);
    g_string_replace(plain, ">", "›", 0);
    return g_strdup(plain->str);
}

void latchkey_notifier_words(guint n, GPtrArray *latest, char **title, char **body)
{
    LatchkeyEvent *last = g_ptr_array_index(latest, latest->len - 1);
    g_autoptr(GString) lines = g_string_new(NULL);

    if (n == 1) {
        *title = g_strdup(latchkey_event_get_title(last));
        *body = without_tags(latchkey_event_get_subtitle(last));
        return;
    }
    for (guint i = latest->len; i > 0; i--)
        g_string_append_printf(lines, "%s%s", lines->len > 0 ? "\n" : "",
                               latchkey_event_get_title(g_ptr_array_index(latest, i - 1)));
    if (n > latest->len)
        g_string_append(lines, "\n…");
    *title = g_strdup_printf(ngettext("%u new event", "%u new events", n), n);
    *body = without_tags(lines->str);
}

static void tell(LatchkeyNotifier *self)
{
    GApplication *application = g_application_get_default();
    LatchkeyEvent *last = g_ptr_array_index(self->latest, self->latest->len - 1);
    g_autofree char *title = NULL;
    g_autofree char *body = NULL;

    if (application == NULL)
        return;
    latchkey_notifier_words(self->n_told, self->latest, &title, &body);
    g_autoptr(GNotification) notification = g_notification_new(title);
    g_notification_set_body(notification, body);
    g_notification_set_default_action_and_target(notification, "app.show-event", "s",
                                                 latchkey_event_get_id(last));
    g_application_send_notification(application, NOTIFICATION_ID, notification);
}

static void on_arrived(LatchkeyNotifier *self, GPtrArray *events)
{
    guint n_before = self->n_told;

    if (self->is_in_use)
        return;
    for (guint i = 0; i < events->len; i++) {
        LatchkeyEvent *event = g_ptr_array_index(events, i);
        if (!latchkey_notifier_wants(self->settings, latchkey_event_get_type_name(event)))
            continue;
        self->n_told++;
        if (self->latest->len == MAX_NAMED)
            g_ptr_array_remove_index(self->latest, 0);
        g_ptr_array_add(self->latest, g_object_ref(event));
    }
    if (self->n_told > n_before)
        tell(self);
}

void latchkey_notifier_set_in_use(LatchkeyNotifier *self, gboolean is_in_use)
{
    GApplication *application = g_application_get_default();

    self->is_in_use = is_in_use;
    if (!is_in_use || self->n_told == 0)
        return;
    self->n_told = 0;
    g_ptr_array_set_size(self->latest, 0);
    if (application != NULL)
        g_application_withdraw_notification(application, NOTIFICATION_ID);
}

static void latchkey_notifier_finalize(GObject *object)
{
    LatchkeyNotifier *self = LATCHKEY_NOTIFIER(object);

    g_clear_object(&self->news);
    g_clear_object(&self->settings);
    g_ptr_array_unref(self->latest);
    G_OBJECT_CLASS(latchkey_notifier_parent_class)->finalize(object);
}

static void latchkey_notifier_class_init(LatchkeyNotifierClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_notifier_finalize;
}

static void latchkey_notifier_init(LatchkeyNotifier *self)
{
    self->latest = g_ptr_array_new_with_free_func(g_object_unref);
}

LatchkeyNotifier *latchkey_notifier_new(LatchkeyNews *news, GSettings *settings)
{
    LatchkeyNotifier *self = g_object_new(LATCHKEY_TYPE_NOTIFIER, NULL);

    self->news = g_object_ref(news);
    self->settings = settings != NULL ? g_object_ref(settings) : NULL;
    g_signal_connect_object(news, "arrived", G_CALLBACK(on_arrived), self, G_CONNECT_SWAPPED);
    return self;
}
