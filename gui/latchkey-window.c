/* Shows the page that fits the account's state, opens the browser, and remembers its size. What is
 * shown while the keyring is asked comes with the window; all else is made when it is first shown,
 * so that the first frame waits for nothing that is not in it. */
#include "latchkey-window.h"

#include "latchkey-a11y.h"
#include "latchkey-key-dialog.h"
#include "latchkey-main-page.h"
#include "latchkey-settings.h"
#include "latchkey-sign-in-page.h"
#include "latchkey-signed-out-page.h"
#include "latchkey-starting-page.h"
#include "latchkey-toast.h"

#include <glib/gi18n.h>

enum { POLLS_TO_GIVE_UP = 3 };

struct _LatchkeyWindow {
    AdwApplicationWindow parent_instance;
    GtkStack *stack;
    GtkStack *sign_in_stack;
    /* Borrowed from the stacks; NULL: not made yet. */
    LatchkeySignedOutPage *signed_out_page;
    LatchkeySignInPage *sign_in_page;
    LatchkeyMainPage *main_page;
    LatchkeyAccount *account;
    LatchkeyFeed *feed;
    LatchkeySecrets *key;               /* where the API key is kept; NULL: nowhere */
    LatchkeyEnvironments *environments; /* NULL: there is nothing to choose from */
    GSettings *settings;                /* NULL: the schema is not installed */
    char *wanted_event;                 /* its id: to be shown once it is here; NULL: none */
    guint n_polls;                      /* that came to their end without it */
    LatchkeyAccountState shown;
};

G_DEFINE_FINAL_TYPE(LatchkeyWindow, latchkey_window, ADW_TYPE_APPLICATION_WINDOW)

static void on_launched(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyWindow) self = data;
    g_autoptr(GError) error = NULL;

    if (g_app_info_launch_default_for_uri_finish(result, &error))
        return;
    g_debug("browser: %s", error->message);
    latchkey_toast_show(GTK_WIDGET(self->stack), _("No web browser could be opened"));
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
    latchkey_toast_show(GTK_WIDGET(self->stack), text);
}

static void on_place_changed(LatchkeyWindow *self)
{
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.go-back",
                                  latchkey_main_page_can_go_back(self->main_page));
}

static void make_signed_out_page(LatchkeyWindow *self)
{
    if (self->signed_out_page != NULL)
        return;
    self->signed_out_page = g_object_new(LATCHKEY_TYPE_SIGNED_OUT_PAGE, NULL);
    gtk_stack_add_named(self->sign_in_stack, GTK_WIDGET(self->signed_out_page), "signed-out");
    latchkey_signed_out_page_set_account(self->signed_out_page, self->account);
    latchkey_signed_out_page_set_environments(self->signed_out_page, self->environments);
}

static void make_sign_in_page(LatchkeyWindow *self)
{
    if (self->sign_in_page != NULL)
        return;
    self->sign_in_page = g_object_new(LATCHKEY_TYPE_SIGN_IN_PAGE, NULL);
    gtk_stack_add_named(self->sign_in_stack, GTK_WIDGET(self->sign_in_page), "sign-in");
    latchkey_sign_in_page_set_account(self->sign_in_page, self->account);
}

static const char *make_page_outside(LatchkeyWindow *self, LatchkeyAccountState state)
{
    if (state == LATCHKEY_ACCOUNT_STARTING)
        return "starting";
    if (state == LATCHKEY_ACCOUNT_SIGNED_OUT) {
        make_signed_out_page(self);
        return "signed-out";
    }
    make_sign_in_page(self);
    return "sign-in";
}

static void make_main_page(LatchkeyWindow *self)
{
    if (self->main_page != NULL)
        return;
    self->main_page = latchkey_main_page_new(self->account, self->feed, self->key);
    gtk_stack_add_named(self->stack, GTK_WIDGET(self->main_page), "main");
    if (self->settings != NULL) {
        g_autofree char *page = g_settings_get_string(self->settings, "page");
        latchkey_main_page_show(self->main_page, page);
    }
    g_signal_connect_object(self->main_page, "place-changed", G_CALLBACK(on_place_changed), self,
                            G_CONNECT_SWAPPED);
}

static void on_account_changed(LatchkeyAccount *account, LatchkeyWindow *self)
{
    LatchkeyAccountState state = latchkey_account_get_state(account);
    static const char *const inside[] = { "win.sign-out",  "win.check-events", "win.export-events",
                                          "win.show-page", "win.search",       "win.enter-key" };
    gboolean is_signed_in = state == LATCHKEY_ACCOUNT_SIGNED_IN;
    /* What somebody has seen stays in sight when their session ends, until they leave. */
    gboolean is_inside = is_signed_in || state == LATCHKEY_ACCOUNT_ENDED;

    if (is_inside)
        make_main_page(self);
    else
        gtk_stack_set_visible_child_name(self->sign_in_stack, make_page_outside(self, state));
    gtk_stack_set_visible_child_name(self->stack, is_inside ? "main" : "sign-in");
    for (size_t i = 0; i < G_N_ELEMENTS(inside); i++)
        gtk_widget_action_set_enabled(GTK_WIDGET(self), inside[i], is_inside);
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

static void on_sign_in(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_account_sign_in(LATCHKEY_WINDOW(widget)->account);
}

static void on_check_events(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_feed_wake(LATCHKEY_WINDOW(widget)->feed);
}

/* ---- The API key ---- */

static void on_key_stored(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(LatchkeyWindow) self = data;

    if (!latchkey_secrets_store_finish(LATCHKEY_SECRETS(source), result, NULL))
        latchkey_window_tell(self, _("API key kept for this run only"));
}

static void on_key_answered(LatchkeyKeyDialog *dialog, const char *response, LatchkeyWindow *self)
{
    if (!g_str_equal(response, "save"))
        return;
    char *key = latchkey_key_dialog_dup_key(dialog);
    latchkey_feed_set_credential(self->feed, key);
    if (self->key != NULL)
        latchkey_secrets_store_async(self->key, key, TRUE, NULL, on_key_stored, g_object_ref(self));
    latchkey_secret_free(key);
}

static void on_enter_key(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyWindow *self = LATCHKEY_WINDOW(widget);
    GtkWidget *dialog =
        latchkey_key_dialog_new(GTK_WINDOW(self), latchkey_account_get_config(self->account));

    g_signal_connect_object(dialog, "response", G_CALLBACK(on_key_answered), self, 0);
    gtk_window_present(GTK_WINDOW(dialog));
}

static void on_unlocked(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(LatchkeyWindow) self = data;

    if (!latchkey_secrets_unlock_finish(LATCHKEY_SECRETS(source), result, NULL))
        latchkey_window_tell(self, _("The keyring is still locked."));
}

static void on_unlock_key(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyWindow *self = LATCHKEY_WINDOW(widget);

    if (self->key != NULL)
        latchkey_secrets_unlock_async(self->key, NULL, on_unlocked, g_object_ref(self));
}

static void on_leave_locked(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_main_page_leave_locked(LATCHKEY_WINDOW(widget)->main_page);
}

/* ---- Events ---- */

static void on_export_events(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_main_page_export(LATCHKEY_WINDOW(widget)->main_page);
}

/* Asked for at the start, it waits for the sign-in; named elsewhere before it came here, for the
 * feed. TRUE: nothing is wanted any more. */
static gboolean show_wanted_event(LatchkeyWindow *self)
{
    if (self->wanted_event != NULL && self->main_page != NULL &&
        latchkey_main_page_show_event(self->main_page, self->wanted_event))
        g_clear_pointer(&self->wanted_event, g_free);
    return self->wanted_event == NULL;
}

static void on_feed_changed(LatchkeyWindow *self)
{
    if (show_wanted_event(self) || self->main_page == NULL ||
        latchkey_feed_get_state(self->feed) != LATCHKEY_FEED_CURRENT)
        return;
    /* The first one may have begun before it was wanted. */
    if (++self->n_polls < POLLS_TO_GIVE_UP)
        return;
    g_clear_pointer(&self->wanted_event, g_free);
    latchkey_window_tell(self, _("This event could not be found"));
}

static void on_show_event(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    LatchkeyWindow *self = LATCHKEY_WINDOW(widget);

    g_free(self->wanted_event);
    self->wanted_event = g_variant_dup_string(parameter, NULL);
    self->n_polls = 0;
    if (!show_wanted_event(self))
        latchkey_feed_wake(self->feed);
}

static void on_show_page(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    latchkey_main_page_show(LATCHKEY_WINDOW(widget)->main_page,
                            g_variant_get_string(parameter, NULL));
}

static void on_go_back(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_main_page_go_back(LATCHKEY_WINDOW(widget)->main_page);
}

static void on_search(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    latchkey_main_page_search(LATCHKEY_WINDOW(widget)->main_page);
}

static void on_copy_text(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name;
    gdk_clipboard_set_text(gtk_widget_get_clipboard(widget), g_variant_get_string(parameter, NULL));
    latchkey_toast_show(GTK_WIDGET(LATCHKEY_WINDOW(widget)->stack), _("Copied to clipboard"));
}

static void remember_page(LatchkeyWindow *self)
{
    if (self->settings != NULL && self->main_page != NULL)
        g_settings_set_string(self->settings, "page",
                              latchkey_main_page_get_shown(self->main_page));
}

static void remember(LatchkeyWindow *self)
{
    int width = 0;
    int height = 0;

    gtk_window_get_default_size(GTK_WINDOW(self), &width, &height);
    g_settings_set(self->settings, "window-size", "(ii)", width, height);
    g_settings_set_boolean(self->settings, "window-maximized",
                           gtk_window_is_maximized(GTK_WINDOW(self)));
    remember_page(self);
}

/* In the background the window is hidden: its feed goes on, and so do its notifications. */
static gboolean latchkey_window_close_request(GtkWindow *window)
{
    LatchkeyWindow *self = LATCHKEY_WINDOW(window);

    if (self->settings != NULL)
        remember(self);
    if (self->settings == NULL || !g_settings_get_boolean(self->settings, "run-in-background"))
        return GTK_WINDOW_CLASS(latchkey_window_parent_class)->close_request(window);
    gtk_widget_set_visible(GTK_WIDGET(self), FALSE);
    return TRUE;
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
    g_clear_object(&self->key);
    g_clear_object(&self->environments);
    g_clear_object(&self->settings);
    g_clear_pointer(&self->wanted_event, g_free);
    G_OBJECT_CLASS(latchkey_window_parent_class)->dispose(object);
}

static void latchkey_window_class_init(LatchkeyWindowClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_window_dispose;
    GTK_WINDOW_CLASS(class)->close_request = latchkey_window_close_request;
    g_type_ensure(LATCHKEY_TYPE_STARTING_PAGE);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/io/github/latchkey/Latchkey/latchkey-window.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, stack);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyWindow, sign_in_stack);
    gtk_widget_class_install_action(widget_class, "win.sign-in", NULL, on_sign_in);
    gtk_widget_class_install_action(widget_class, "win.sign-out", NULL, on_sign_out);
    gtk_widget_class_install_action(widget_class, "win.enter-key", NULL, on_enter_key);
    gtk_widget_class_install_action(widget_class, "win.unlock-key", NULL, on_unlock_key);
    gtk_widget_class_install_action(widget_class, "win.leave-locked", NULL, on_leave_locked);
    gtk_widget_class_install_action(widget_class, "win.go-back", NULL, on_go_back);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Left, GDK_ALT_MASK, "win.go-back",
                                        NULL);
    gtk_widget_class_add_binding_action(widget_class, GDK_KEY_Escape, 0, "win.go-back", NULL);
    gtk_widget_class_install_action(widget_class, "win.search", NULL, on_search);
    gtk_widget_class_install_action(widget_class, "win.check-events", NULL, on_check_events);
    gtk_widget_class_install_action(widget_class, "win.export-events", NULL, on_export_events);
    gtk_widget_class_install_action(widget_class, "win.show-event", "s", on_show_event);
    gtk_widget_class_install_action(widget_class, "win.show-page", "s", on_show_page);
    gtk_widget_class_install_action(widget_class, "win.copy-text", "s", on_copy_text);
}

static void latchkey_window_init(LatchkeyWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->sign_in_stack));
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.go-back", FALSE);
    restore_size(self);
}

static void leave_source(LatchkeyWindow *self)
{
    if (self->account != NULL)
        g_signal_handlers_disconnect_by_data(self->account, self);
    if (self->feed != NULL)
        g_signal_handlers_disconnect_by_data(self->feed, self);
    if (self->signed_out_page != NULL)
        gtk_stack_remove(self->sign_in_stack, GTK_WIDGET(self->signed_out_page));
    self->signed_out_page = NULL;
    if (self->sign_in_page != NULL)
        gtk_stack_remove(self->sign_in_stack, GTK_WIDGET(self->sign_in_page));
    self->sign_in_page = NULL;
    if (self->main_page != NULL) {
        remember_page(self);
        gtk_stack_remove(self->stack, GTK_WIDGET(self->main_page));
    }
    self->main_page = NULL;
    gtk_widget_action_set_enabled(GTK_WIDGET(self), "win.go-back", FALSE);
}

void latchkey_window_set_source(LatchkeyWindow *self, LatchkeyAccount *account, LatchkeyFeed *feed,
                                LatchkeySecrets *key)
{
    leave_source(self);
    g_set_object(&self->account, account);
    g_set_object(&self->feed, feed);
    g_set_object(&self->key, key);
    g_signal_connect_object(account, "changed", G_CALLBACK(on_account_changed), self, 0);
    g_signal_connect_object(account, "open-uri", G_CALLBACK(on_open_uri), self, 0);
    g_signal_connect_object(account, "notice", G_CALLBACK(on_notice), self, 0);
    g_signal_connect_object(feed, "changed", G_CALLBACK(on_feed_changed), self, G_CONNECT_SWAPPED);
    on_account_changed(account, self);
    (void)show_wanted_event(self); /* else it is wanted on */
}

void latchkey_window_set_environments(LatchkeyWindow *self, LatchkeyEnvironments *environments)
{
    g_set_object(&self->environments, environments);
    if (self->signed_out_page != NULL)
        latchkey_signed_out_page_set_environments(self->signed_out_page, environments);
}

LatchkeyWindow *latchkey_window_new(GtkApplication *application, LatchkeyAccount *account,
                                    LatchkeyFeed *feed, LatchkeySecrets *key)
{
    LatchkeyWindow *self = g_object_new(LATCHKEY_TYPE_WINDOW, "application", application, NULL);

    latchkey_window_set_source(self, account, feed, key);
    return self;
}

void latchkey_window_tell(LatchkeyWindow *self, const char *text)
{
    latchkey_toast_show(GTK_WIDGET(self->stack), text);
}
