/* Shows the page that fits the account's state, opens the browser, and remembers its size. */
#include "latchkey-window.h"

#include "latchkey-a11y.h"
#include "latchkey-activity-page.h"
#include "latchkey-directory-page.h"
#include "latchkey-events-page.h"
#include "latchkey-page.h"
#include "latchkey-profile-page.h"
#include "latchkey-settings.h"
#include "latchkey-sign-in-page.h"

#include <glib/gi18n.h>

struct _LatchkeyWindow {
    AdwApplicationWindow parent_instance;
    AdwToastOverlay *toasts;
    GtkStack *stack;
    LatchkeySignInPage *sign_in_page;
    AdwViewStack *pages;
    GtkWidget *back_button;
    AdwViewSwitcherTitle *switcher_title;
    GtkWidget *switcher_bar;
    LatchkeyEventsPage *events_page;
    LatchkeyActivityPage *activity_page;
    LatchkeyDirectoryPage *directory_page;
    LatchkeyProfilePage *profile_page;
    LatchkeyAccount *account;
    LatchkeyFeed *feed;
    GSettings *settings; /* NULL: the schema is not installed */
    LatchkeyAccountState shown;
};

G_DEFINE_FINAL_TYPE(LatchkeyWindow, latchkey_window, ADW_TYPE_APPLICATION_WINDOW)

/* Toast titles are markup (libadwaita 1.2), and texts may hold names from outside. */
static void show_toast(LatchkeyWindow *self, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);

    adw_toast_overlay_add_toast(self->toasts, adw_toast_new(escaped));
    latchkey_a11y_name_icons(GTK_WIDGET(self->toasts), "window-close-symbolic", _("Close"));
}

static void on_launched(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyWindow) self = data;
    g_autoptr(GError) error = NULL;

    if (g_app_info_launch_default_for_uri_finish(result, &error))
        return;
    g_debug("browser: %s", error->message);
    show_toast(self, _("No web browser could be opened"));
}

static void on_open_uri(LatchkeyAccount *account, const char *uri, LatchkeyWindow *self)
{
    (void)account;
    g_autoptr(GdkAppLaunchContext) context =
        gdk_display_get_app_launch_context(gtk_widget_get_display(GTK_WIDGET(self)));

    g_app_info_launch_default_for_uri_async(uri, G_APP_LAUNCH_CONTEXT(context), NULL, on_launched,
                                            g_object_ref(self));
}

static void on_notice(LatchkeyAccount *account, const char *text, LatchkeyWindow *self)
{
    (void)account;
    show_toast(self, text);
}

static void on_account_changed(LatchkeyAccount *account, LatchkeyWindow *self)
{
    LatchkeyAccountState state = latchkey_account_get_state(account);
    gboolean is_signed_in = state == LATCHKEY_ACCOUNT_SIGNED_IN;

    gtk_stack_set_visible_child_name(self->stack, is_signed_in ? "main" : "sign-in");
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.sign-out", is_signed_in);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.check-events", is_signed_in);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.show-page", is_signed_in);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.search", is_signed_in);
    /* The browser is in front by now: come back, as far as the desktop allows. */
    if (is_signed_in &&
        (self->shown == LATCHKEY_ACCOUNT_EXCHANGING || self->shown == LATCHKEY_ACCOUNT_CODE))
        gtk_window_present(GTK_WINDOW(self));
    self->shown = state;
}

static void on_sign_out_answered(AdwMessageDialog *dialog, const char *response,
                                 LatchkeyWindow *self)
{
    (void)dialog;
    if (g_str_equal(response, "sign-out"))
        latchkey_account_sign_out(self->account);
}

static void on_sign_out(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    GtkWidget *dialog = adw_message_dialog_new(
        GTK_WINDOW(widget), _("Sign Out?"),
        _("Latchkey forgets the session on this computer and ends it at WorkOS in your browser. "
          "Events that were already received stay here."));

    adw_message_dialog_add_responses(ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "sign-out",
                                     _("_Sign Out"), NULL);
    adw_message_dialog_set_response_appearance(ADW_MESSAGE_DIALOG(dialog), "sign-out",
                                               ADW_RESPONSE_DESTRUCTIVE);
    adw_message_dialog_set_default_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    adw_message_dialog_set_close_response(ADW_MESSAGE_DIALOG(dialog), "cancel");
    latchkey_a11y_cure_mnemonics(dialog);
    g_signal_connect_object(dialog, "response", G_CALLBACK(on_sign_out_answered), widget, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void on_check_events(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_feed_wake(LATCHKEY_WINDOW(widget)->feed);
}

static void on_show_page(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    AdwViewStack *pages = LATCHKEY_WINDOW(widget)->pages;

    adw_view_stack_set_visible_child_name(pages, g_variant_get_string(parameter, NULL));
    gtk_widget_grab_focus(adw_view_stack_get_visible_child(pages));
}

static void on_copy_text(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    gdk_clipboard_set_text(gtk_widget_get_clipboard(widget), g_variant_get_string(parameter, NULL));
    show_toast(LATCHKEY_WINDOW(widget), _("Copied to clipboard"));
}

/* NULL: there is no way back from what is shown. */
static const char *title_of_place(LatchkeyWindow *self)
{
    GtkWidget *page = adw_view_stack_get_visible_child(self->pages);

    return LATCHKEY_IS_PAGE(page) ? latchkey_page_get_title(LATCHKEY_PAGE(page)) : NULL;
}

static void on_go_back(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyWindow *self = LATCHKEY_WINDOW(widget);

    if (title_of_place(self) != NULL)
        latchkey_page_go_back(LATCHKEY_PAGE(adw_view_stack_get_visible_child(self->pages)));
}

static void on_search(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    GtkWidget *page = adw_view_stack_get_visible_child(LATCHKEY_WINDOW(widget)->pages);

    if (LATCHKEY_IS_PAGE(page))
        latchkey_page_search(LATCHKEY_PAGE(page));
}

/* One bar for all: over a page with a way back, it is that page's. */
static void on_place_changed(LatchkeyWindow *self)
{
    const char *title = title_of_place(self);

    gboolean is_entered = title != NULL && !gtk_widget_get_visible(self->back_button);

    gtk_widget_set_visible(self->back_button, title != NULL);
    if (is_entered)
        gtk_widget_grab_focus(self->back_button);
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.go-back", title != NULL);
    adw_view_switcher_title_set_title(self->switcher_title, title != NULL ? title : "Latchkey");
    adw_view_switcher_title_set_view_switcher_enabled(self->switcher_title, title == NULL);
    /* Not by its property "reveal": on the way there it allocates less than nothing (GTK 4.8). */
    gtk_widget_set_visible(self->switcher_bar,
                           title == NULL &&
                               adw_view_switcher_title_get_title_visible(self->switcher_title));
}

/* From an event to whom it is about, and from their history back to an event. */
static void on_record_chosen(LatchkeyWindow *self, int kind, const char *id, const char *name)
{
    adw_view_stack_set_visible_child_name(self->pages, "directories");
    latchkey_directory_page_show(self->directory_page, (LatchkeyRecordKind)kind, id, name);
}

static void on_event_chosen(LatchkeyWindow *self, LatchkeyEvent *event)
{
    adw_view_stack_set_visible_child_name(self->pages, "events");
    latchkey_events_page_show(self->events_page, event);
}

static void on_range_chosen(LatchkeyWindow *self, gint64 since_ms, gint64 until_ms,
                            const char *words)
{
    adw_view_stack_set_visible_child_name(self->pages, "events");
    latchkey_events_page_show_range(self->events_page, since_ms, until_ms, words);
}

static gboolean latchkey_window_close_request(GtkWindow *window)
{
    LatchkeyWindow *self = LATCHKEY_WINDOW(window);
    int width = 0;
    int height = 0;

    if (self->settings != NULL) {
        gtk_window_get_default_size(window, &width, &height);
        g_settings_set(self->settings, "window-size", "(ii)", width, height);
        g_settings_set_boolean(self->settings, "window-maximized", gtk_window_is_maximized(window));
    }
    return GTK_WINDOW_CLASS(latchkey_window_parent_class)->close_request(window);
}

static void restore_size(LatchkeyWindow *self)
{
    int width = 0;
    int height = 0;

    self->settings = latchkey_settings_new();
    if (self->settings == NULL)
        return;
    g_settings_get(self->settings, "window-size", "(ii)", &width, &height);
    gtk_window_set_default_size(GTK_WINDOW(self), width, height);
    if (g_settings_get_boolean(self->settings, "window-maximized"))
        gtk_window_maximize(GTK_WINDOW(self));
}

static void latchkey_window_dispose(GObject *object)
{
    LatchkeyWindow *self = LATCHKEY_WINDOW(object);

    g_clear_object(&self->account);
    g_clear_object(&self->feed);
    g_clear_object(&self->settings);
    G_OBJECT_CLASS(latchkey_window_parent_class)->dispose(object);
}

static void latchkey_window_class_init(LatchkeyWindowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_SIGN_IN_PAGE);
    g_type_ensure(LATCHKEY_TYPE_EVENTS_PAGE);
    g_type_ensure(LATCHKEY_TYPE_ACTIVITY_PAGE);
    g_type_ensure(LATCHKEY_TYPE_DIRECTORY_PAGE);
    g_type_ensure(LATCHKEY_TYPE_PROFILE_PAGE);
    G_OBJECT_CLASS(class)->dispose = latchkey_window_dispose;
    GTK_WINDOW_CLASS(class)->close_request = latchkey_window_close_request;
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/io/github/latchkey/Latchkey/latchkey-window.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, toasts);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, stack);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, sign_in_page);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, pages);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, back_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, switcher_title);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, switcher_bar);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, events_page);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, activity_page);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, directory_page);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, profile_page);
    gtk_widget_class_bind_template_callback(widget_class, on_event_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_range_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_record_chosen);
    gtk_widget_class_install_action(widget_class, "win.sign-out", NULL, on_sign_out);
    gtk_widget_class_install_action(widget_class, "win.go-back", NULL, on_go_back);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Left, GDK_ALT_MASK, "win.go-back",
                                        NULL);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "win.go-back", NULL);
    gtk_widget_class_install_action(widget_class, "win.search", NULL, on_search);
    gtk_widget_class_install_action(widget_class, "win.check-events", NULL, on_check_events);
    gtk_widget_class_install_action(widget_class, "win.show-page", "s", on_show_page);
    gtk_widget_class_install_action(widget_class, "win.copy-text", "s", on_copy_text);
}

static void latchkey_window_init(LatchkeyWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->pages));
    g_signal_connect_object(self->switcher_title, "notify::title-visible",
                            G_CALLBACK(on_place_changed), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->pages, "notify::visible-child", G_CALLBACK(on_place_changed),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->events_page, "place-changed", G_CALLBACK(on_place_changed), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->directory_page, "place-changed", G_CALLBACK(on_place_changed),
                            self, G_CONNECT_SWAPPED);
    on_place_changed(self);
    restore_size(self);
}

LatchkeyWindow *latchkey_window_new(GtkApplication *application, LatchkeyAccount *account,
                                    LatchkeyFeed *feed)
{
    LatchkeyWindow *self = g_object_new(LATCHKEY_TYPE_WINDOW, "application", application, NULL);

    self->account = g_object_ref(account);
    self->feed = g_object_ref(feed);
    latchkey_sign_in_page_set_account(self->sign_in_page, account);
    latchkey_profile_page_set_account(self->profile_page, account);
    latchkey_events_page_set_feed(self->events_page, feed);
    latchkey_activity_page_set_feed(self->activity_page, feed);
    latchkey_directory_page_set_feed(self->directory_page, feed);
    g_signal_connect_object(account, "changed", G_CALLBACK(on_account_changed), self, 0);
    g_signal_connect_object(account, "open-uri", G_CALLBACK(on_open_uri), self, 0);
    g_signal_connect_object(account, "notice", G_CALLBACK(on_notice), self, 0);
    on_account_changed(account, self);
    return self;
}
