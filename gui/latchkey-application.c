/* Starts the parts and offers the actions that belong to no window. */
#include "latchkey-application.h"

#include "latchkey-a11y.h"
#include "latchkey-environments-window.h"
#include "latchkey-help.h"
#include "latchkey-preferences.h"
#include "latchkey-settings.h"
#include "latchkey-source.h"
#include "latchkey-window.h"

#include <glib/gi18n.h>
#include <latchkey/version.h>
#include <stdlib.h>

struct _LatchkeyApplication {
    AdwApplication parent_instance;
    GSettings *settings; /* NULL: the schema is not installed */
    LatchkeyEnvironments *environments;
    LatchkeySource *source; /* of the chosen environment */
    LatchkeyConfig *config; /* that one */
};

G_DEFINE_FINAL_TYPE(LatchkeyApplication, latchkey_application, ADW_TYPE_APPLICATION)

static void on_quit(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action, (void)parameter;
    GtkWindow *window = gtk_application_get_active_window(data);

    /* Closing is where a window remembers its size. */
    if (window != NULL)
        gtk_window_close(window);
    g_application_quit(data);
}

static void on_about(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action, (void)parameter;
    GtkWidget *window = g_object_new(
        ADW_TYPE_ABOUT_WINDOW, "transient-for", gtk_application_get_active_window(data), "modal",
        TRUE, "application-name", "Latchkey", "application-icon", APPLICATION_ID, "version",
        lk_version(), "comments", _("Sign-in and directory events with WorkOS"), "license-type",
        GTK_LICENSE_MIT_X11, "developer-name", _("The Latchkey developers"), "website",
        "https://github.com/latchkey/latchkey", "issue-url",
        "https://github.com/latchkey/latchkey/issues", "support-url",
        "https://github.com/latchkey/latchkey#readme", "copyright",
        _("© 2026 The Latchkey developers"), "translator-credits",
        /* Translators: your names, one a line. */
        _("translator-credits"), NULL);

    latchkey_a11y_cure_about(ADW_ABOUT_WINDOW(window), _("About Latchkey"), _("Back"));
    gtk_window_present(GTK_WINDOW(window));
}

/* Made when it is asked for. GTK would make one in advance from gtk/help-overlay.ui, and its 4.8
 * crashes when a screen reader asks for a top level that has just closed while the last one in its
 * list has never been shown. */
static void on_shortcuts(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action, (void)parameter;
    g_autoptr(GtkBuilder) builder =
        gtk_builder_new_from_resource("/io/github/latchkey/Latchkey/help-overlay.ui");
    GtkWindow *window = GTK_WINDOW(gtk_builder_get_object(builder, "help_overlay"));

    latchkey_a11y_cure_shortcuts(GTK_WIDGET(window), _("Keyboard Shortcuts"), _("Search"));
    gtk_window_set_transient_for(window, gtk_application_get_active_window(data));
    gtk_window_present(window);
}

static void on_help(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action, (void)parameter;
    latchkey_help_show(gtk_application_get_active_window(data));
}

static LatchkeyWindow *window_of(LatchkeyApplication *self)
{
    for (GList *at = gtk_application_get_windows(GTK_APPLICATION(self)); at != NULL; at = at->next)
        if (LATCHKEY_IS_WINDOW(at->data))
            return at->data;
    return NULL;
}

static void on_environments(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action, (void)parameter;
    LatchkeyApplication *self = LATCHKEY_APPLICATION(data);
    GtkWindow *parent = gtk_application_get_active_window(GTK_APPLICATION(self));

    gtk_window_present(GTK_WINDOW(latchkey_environments_window_new(parent, self->environments)));
}

static void on_start_fresh(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action, (void)parameter;
    latchkey_source_start_fresh(LATCHKEY_APPLICATION(data)->source);
}

static void on_environment(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action;
    latchkey_environments_choose(LATCHKEY_APPLICATION(data)->environments,
                                 g_variant_get_string(parameter, NULL));
}

static void on_preferences(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action, (void)parameter;
    GSettings *settings = latchkey_settings_get_default();

    if (settings == NULL)
        return; /* nothing to choose from: the schema is not installed */
    GtkWidget *window = latchkey_preferences_new(settings);
    latchkey_preferences_set_feed(LATCHKEY_PREFERENCES(window),
                                  latchkey_source_get_feed(LATCHKEY_APPLICATION(data)->source));
    gtk_window_set_transient_for(GTK_WINDOW(window), gtk_application_get_active_window(data));
    gtk_window_set_modal(GTK_WINDOW(window), TRUE);
    gtk_window_present(GTK_WINDOW(window));
}

/* What a notification is about, or the command line. */
static void on_show_event(GSimpleAction *action, GVariant *parameter, gpointer data)
{
    (void)action;
    g_application_activate(data);
    gtk_widget_activate_action(GTK_WIDGET(window_of(data)), "win.show-event", "s",
                               g_variant_get_string(parameter, NULL));
}

static const GActionEntry actions[] = {
    { .name = "environments", .activate = on_environments },
    { .name = "environment", .activate = on_environment, .parameter_type = "s", .state = "''" },
    { .name = "preferences", .activate = on_preferences },
    { .name = "show-event", .activate = on_show_event, .parameter_type = "s" },
    { .name = "start-fresh", .activate = on_start_fresh },
    { .name = "shortcuts", .activate = on_shortcuts },
    { .name = "help", .activate = on_help },
    { .name = "quit", .activate = on_quit },
    { .name = "about", .activate = on_about },
};

static void set_accel(GtkApplication *application, const char *action, const char *first,
                      const char *second)
{
    gtk_application_set_accels_for_action(application, action,
                                          (const char *[]){ first, second, NULL });
}

/* ---- The environment in use ---- */

static void show_source(LatchkeyApplication *self)
{
    LatchkeyWindow *window = window_of(self);

    if (window != NULL)
        latchkey_window_set_source(window, latchkey_source_get_account(self->source),
                                   latchkey_source_get_feed(self->source),
                                   latchkey_source_get_key(self->source));
}

static void leave_source(LatchkeyApplication *self)
{
    if (self->source != NULL)
        latchkey_source_stop(self->source);
    g_clear_object(&self->source);
    g_clear_pointer(&self->config, latchkey_config_unref);
}

static void on_environments_changed(LatchkeyApplication *self)
{
    LatchkeyConfig *config = latchkey_environments_get_current(self->environments);
    GAction *choice = g_action_map_lookup_action(G_ACTION_MAP(self), "environment");

    g_simple_action_set_state(G_SIMPLE_ACTION(choice),
                              g_variant_new_string(config->id != NULL ? config->id : ""));
    if (config == self->config)
        return;
    leave_source(self);
    self->config = latchkey_config_ref(config);
    self->source = latchkey_source_new(config);
    g_signal_connect_object(self->source, "changed", G_CALLBACK(show_source), self,
                            G_CONNECT_SWAPPED);
    show_source(self);
    latchkey_source_start(self->source);
}

static void on_notice(LatchkeyApplication *self, const char *text)
{
    LatchkeyWindow *window = window_of(self);

    if (window != NULL)
        latchkey_window_tell(window, text);
}

static void latchkey_application_startup(GApplication *application)
{
    LatchkeyApplication *self = LATCHKEY_APPLICATION(application);
    GtkApplication *gtk = GTK_APPLICATION(application);

    G_APPLICATION_CLASS(latchkey_application_parent_class)->startup(application);
    g_action_map_add_action_entries(G_ACTION_MAP(self), actions, G_N_ELEMENTS(actions), self);
    latchkey_settings_follow_appearance();
    set_accel(gtk, "app.preferences", "<Control>comma", NULL);
    set_accel(gtk, "app.shortcuts", "<Control>question", NULL);
    set_accel(gtk, "app.help", "F1", NULL);
    set_accel(gtk, "app.quit", "<Control>q", NULL);
    set_accel(gtk, "window.close", "<Control>w", NULL);
    set_accel(gtk, "win.check-events", "F5", "<Control>r");
    set_accel(gtk, "win.export-events", "<Control>e", NULL);
    set_accel(gtk, "win.search", "<Control>f", NULL);
    set_accel(gtk, "win.show-page('events')", "<Alt>1", NULL);
    set_accel(gtk, "win.show-page('activity')", "<Alt>2", NULL);
    set_accel(gtk, "win.show-page('directories')", "<Alt>3", NULL);
    set_accel(gtk, "win.show-page('profile')", "<Alt>4", NULL);
    self->settings = latchkey_settings_new();
    self->environments = latchkey_environments_new(self->settings);
    g_signal_connect_object(self->environments, "changed", G_CALLBACK(on_environments_changed),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->environments, "notice", G_CALLBACK(on_notice), self,
                            G_CONNECT_SWAPPED);
    on_environments_changed(self);
}

/* GTK draws it where a window is realized, from its file: the first frame does not wait for that.
 */
static gboolean set_icon(gpointer window)
{
    gtk_window_set_default_icon_name(APPLICATION_ID);
    gtk_window_set_icon_name(window, APPLICATION_ID); /* the default is for windows to come */
    return G_SOURCE_REMOVE;
}

static void latchkey_application_activate(GApplication *application)
{
    LatchkeyApplication *self = LATCHKEY_APPLICATION(application);
    LatchkeyWindow *window = window_of(self);

    if (window == NULL) {
        window = latchkey_window_new(
            GTK_APPLICATION(self), latchkey_source_get_account(self->source),
            latchkey_source_get_feed(self->source), latchkey_source_get_key(self->source));
        latchkey_window_set_environments(window, self->environments);
        g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, set_icon, g_object_ref(window), g_object_unref);
    }
    gtk_window_present(GTK_WINDOW(window));
}

/* The action goes to the instance that runs already, where there is one. */
static int latchkey_application_handle_local_options(GApplication *application,
                                                     GVariantDict *options)
{
    g_autoptr(GError) error = NULL;
    const char *id = NULL;

    if (!g_variant_dict_lookup(options, "show-event", "&s", &id))
        return -1;
    if (!g_application_register(application, NULL, &error)) {
        g_printerr("latchkey-desktop: %s\n", error->message);
        return EXIT_FAILURE;
    }
    g_action_group_activate_action(G_ACTION_GROUP(application), "show-event",
                                   g_variant_new_string(id));
    return g_application_get_is_remote(application) ? EXIT_SUCCESS : -1;
}

static void latchkey_application_shutdown(GApplication *application)
{
    LatchkeyApplication *self = LATCHKEY_APPLICATION(application);

    latchkey_source_stop(self->source);
    G_APPLICATION_CLASS(latchkey_application_parent_class)->shutdown(application);
    leave_source(self);
    g_clear_object(&self->environments);
    g_clear_object(&self->settings);
}

static void latchkey_application_class_init(LatchkeyApplicationClass *class)
{
    GApplicationClass *application_class = G_APPLICATION_CLASS(class);

    application_class->startup = latchkey_application_startup;
    application_class->activate = latchkey_application_activate;
    application_class->shutdown = latchkey_application_shutdown;
    application_class->handle_local_options = latchkey_application_handle_local_options;
}

static void latchkey_application_init(LatchkeyApplication *self)
{
    static const GOptionEntry options[] = {
        { .long_name = "show-event",
          .arg = G_OPTION_ARG_STRING,
          .description = N_("Show the event with this ID"),
          .arg_description = N_("ID") },
        { .long_name = NULL },
    };

    g_application_add_main_option_entries(G_APPLICATION(self), options);
}

LatchkeyApplication *latchkey_application_new(void)
{
    return g_object_new(LATCHKEY_TYPE_APPLICATION, "application-id", APPLICATION_ID, "flags",
                        G_APPLICATION_DEFAULT_FLAGS, "resource-base-path",
                        "/io/github/latchkey/Latchkey", NULL);
}
