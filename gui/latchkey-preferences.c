/* Rows bound to settings: there is nothing to save. */
#include "latchkey-preferences.h"

#include "latchkey-a11y.h"
#include "latchkey-event.h"
#include "latchkey-retention-group.h"

#include <glib/gi18n.h>

struct _LatchkeyPreferences {
    AdwPreferencesWindow parent_instance;
    AdwComboRow *appearance_row;
    AdwComboRow *zone_row;
    GtkSwitch *mask_switch;
    GtkSwitch *background_switch;
    GtkSwitch *restore_switch;
    LatchkeyRetentionGroup *retention_group;
    AdwComboRow *interval_row;
    AdwComboRow *notify_row;
    AdwExpanderRow *types_row;
    GSettings *settings;
};

G_DEFINE_FINAL_TYPE(LatchkeyPreferences, latchkey_preferences, ADW_TYPE_PREFERENCES_WINDOW)

static const struct {
    guint seconds;
    const char *words;
} intervals[] = {
    { 5, N_("5 seconds") },   { 15, N_("15 seconds") },   { 60, N_("Minute") },
    { 300, N_("5 minutes") }, { 1800, N_("30 minutes") },
};

/* ---- Between a row and its setting ---- */

static gboolean from_enum(GValue *value, GVariant *variant, gpointer data)
{
    const char *const *nicks = data;
    const char *nick = g_variant_get_string(variant, NULL);

    for (guint i = 0; nicks[i] != NULL; i++)
        if (g_str_equal(nicks[i], nick))
            g_value_set_uint(value, i);
    return TRUE;
}

static GVariant *to_enum(const GValue *value, const GVariantType *type, gpointer data)
{
    (void)type;
    const char *const *nicks = data;

    return g_variant_new_string(nicks[g_value_get_uint(value)]);
}

static gboolean from_flag(GValue *value, GVariant *variant, gpointer data)
{
    (void)data;
    g_value_set_uint(value, g_variant_get_boolean(variant) ? 1 : 0);
    return TRUE;
}

static GVariant *to_flag(const GValue *value, const GVariantType *type, gpointer data)
{
    (void)type, (void)data;
    return g_variant_new_boolean(g_value_get_uint(value) == 1);
}

/* A value that somebody set elsewhere is shown as the next one there is. */
static gboolean from_seconds(GValue *value, GVariant *variant, gpointer data)
{
    (void)data;
    guint i = 0;

    while (i + 1 < G_N_ELEMENTS(intervals) && intervals[i].seconds < g_variant_get_uint32(variant))
        i++;
    g_value_set_uint(value, i);
    return TRUE;
}

static GVariant *to_seconds(const GValue *value, const GVariantType *type, gpointer data)
{
    (void)type, (void)data;
    return g_variant_new_uint32(intervals[g_value_get_uint(value)].seconds);
}

static void bind_all(LatchkeyPreferences *self)
{
    static const char *const appearances[] = { "system", "light", "dark", NULL };
    static const char *const notify[] = { "off", "important", "all", NULL };

    g_settings_bind_with_mapping(self->settings, "appearance", self->appearance_row, "selected",
                                 G_SETTINGS_BIND_DEFAULT, from_enum, to_enum, (gpointer)appearances,
                                 NULL);
    g_settings_bind_with_mapping(self->settings, "use-utc", self->zone_row, "selected",
                                 G_SETTINGS_BIND_DEFAULT, from_flag, to_flag, NULL, NULL);
    g_settings_bind(self->settings, "mask-personal-data", self->mask_switch, "active",
                    G_SETTINGS_BIND_DEFAULT);
    g_settings_bind(self->settings, "restore-last-filter", self->restore_switch, "active",
                    G_SETTINGS_BIND_DEFAULT);
    g_settings_bind(self->settings, "run-in-background", self->background_switch, "active",
                    G_SETTINGS_BIND_DEFAULT);
    g_settings_bind_with_mapping(self->settings, "poll-interval", self->interval_row, "selected",
                                 G_SETTINGS_BIND_DEFAULT, from_seconds, to_seconds, NULL, NULL);
    g_settings_bind_with_mapping(self->settings, "notify", self->notify_row, "selected",
                                 G_SETTINGS_BIND_DEFAULT, from_enum, to_enum, (gpointer)notify,
                                 NULL);
}

/* ---- Which types are important ---- */

static void on_type_switched(GtkSwitch *type_switch, GParamSpec *pspec, GSettings *settings)
{
    (void)pspec;
    const char *changed = g_object_get_data(G_OBJECT(type_switch), "type");
    g_auto(GStrv) types = g_settings_get_strv(settings, "notify-types");
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (guint i = 0; types[i] != NULL; i++)
        if (!g_str_equal(types[i], changed))
            g_strv_builder_add(builder, types[i]);
    if (gtk_switch_get_active(type_switch))
        g_strv_builder_add(builder, changed);
    g_auto(GStrv) fresh = g_strv_builder_end(builder);
    g_settings_set_strv(settings, "notify-types", (const char *const *)fresh);
}

static void add_type(LatchkeyPreferences *self, const char *type, const char *kind)
{
    g_auto(GStrv) types = g_settings_get_strv(self->settings, "notify-types");
    GtkWidget *row = adw_action_row_new();
    GtkWidget *type_switch = gtk_switch_new();

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), kind);
    gtk_widget_set_valign(type_switch, GTK_ALIGN_CENTER);
    gtk_switch_set_active(GTK_SWITCH(type_switch),
                          g_strv_contains((const char *const *)types, type));
    latchkey_a11y_set_label(type_switch, kind);
    g_object_set_data(G_OBJECT(type_switch), "type", (gpointer)type);
    g_signal_connect_object(type_switch, "notify::active", G_CALLBACK(on_type_switched),
                            self->settings, 0);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), type_switch);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), type_switch);
    adw_expander_row_add_row(self->types_row, row);
}

static void on_notify_chosen(LatchkeyPreferences *self)
{
    gtk_widget_set_visible(GTK_WIDGET(self->types_row),
                           adw_combo_row_get_selected(self->notify_row) == 1);
}

/* ---- The window ---- */

static void latchkey_preferences_finalize(GObject *object)
{
    g_clear_object(&LATCHKEY_PREFERENCES(object)->settings);
    G_OBJECT_CLASS(latchkey_preferences_parent_class)->finalize(object);
}

static void latchkey_preferences_class_init(LatchkeyPreferencesClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_RETENTION_GROUP);
    G_OBJECT_CLASS(class)->finalize = latchkey_preferences_finalize;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-preferences.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, appearance_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, zone_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, mask_switch);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, background_switch);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, restore_switch);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, retention_group);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, interval_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, notify_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyPreferences, types_row);
    gtk_widget_class_bind_template_callback(widget_class, on_notify_chosen);
}

static void latchkey_preferences_init(LatchkeyPreferences *self)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new(NULL);

    gtk_widget_init_template(GTK_WIDGET(self));
    for (size_t i = 0; i < G_N_ELEMENTS(intervals); i++)
        gtk_string_list_append(words, _(intervals[i].words));
    adw_combo_row_set_model(self->interval_row, G_LIST_MODEL(words));
    latchkey_a11y_cure_preferences(ADW_PREFERENCES_WINDOW(self), _("Preferences"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->appearance_row), _("Appearance"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->zone_row), _("Times"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->interval_row), _("Look for New Events Every"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->notify_row), _("Notify About"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->types_row), _("Important Events"));
}

GtkWidget *latchkey_preferences_new(GSettings *settings)
{
    LatchkeyPreferences *self = g_object_new(LATCHKEY_TYPE_PREFERENCES, NULL);
    const char *kind = NULL;
    const char *type = NULL;

    self->settings = g_object_ref(settings);
    bind_all(self);
    for (guint i = 0; (type = latchkey_event_nth_type(i, &kind)) != NULL; i++)
        add_type(self, type, kind);
    on_notify_chosen(self);
    return GTK_WIDGET(self);
}

void latchkey_preferences_set_feed(LatchkeyPreferences *self, LatchkeyFeed *feed)
{
    latchkey_retention_group_set_feed(self->retention_group, feed, self->settings);
    gtk_widget_set_visible(GTK_WIDGET(self->retention_group), TRUE);
}
