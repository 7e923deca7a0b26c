/* That a browser was launched proves nothing: a missing program reports success. So the waiting
 * page always offers the link, another launch and a way out, and only the callback ends it. */
#include "latchkey-sign-in-page.h"

#include "latchkey-a11y.h"
#include "latchkey-error.h"
#include "latchkey-qr.h"

#include <glib/gi18n.h>

struct _LatchkeySignInPage {
    AdwBin parent_instance;
    GtkStack *stack;
    AdwStatusPage *unconfigured_page;
    AdwStatusPage *failed_page;
    GtkLabel *details_label;
    GtkLabel *retry_label;
    GtkLabel *time_label;
    GtkLabel *link_label;
    GtkWidget *retry_button;
    GtkWidget *open_button;
    AdwEntryRow *paste_row;
    GtkLabel *paste_label;
    GtkWidget *code_spinner;
    GtkImage *qr_image;
    GtkWidget *code_box;
    GtkLabel *code_label;
    GtkLabel *address_label;
    GtkLabel *code_time_label;
    GtkWidget *open_code_button;
    LatchkeyAccount *account;
    guint tick_source;
};

G_DEFINE_FINAL_TYPE(LatchkeySignInPage, latchkey_sign_in_page, ADW_TYPE_BIN)

/* NULL: the page of that state is not one of these. */
static const char *const page_names[] = {
    [LATCHKEY_ACCOUNT_UNCONFIGURED] = "unconfigured",
    [LATCHKEY_ACCOUNT_LOCKED] = "locked",
    [LATCHKEY_ACCOUNT_WAITING] = "waiting",
    [LATCHKEY_ACCOUNT_CODE] = "code",
    [LATCHKEY_ACCOUNT_EXCHANGING] = "exchanging",
    [LATCHKEY_ACCOUNT_FAILED] = "failed",
    [LATCHKEY_ACCOUNT_ENDED] = NULL,
};

char *latchkey_sign_in_page_time_left_text(gint64 left_ms)
{
    gint64 left_s = (MAX(left_ms, 0) + 999) / 1000;

    return g_strdup_printf(_("Waiting for sign-in · %d:%02d left"), (int)(left_s / 60),
                           (int)(left_s % 60));
}

static void show_time_left(LatchkeySignInPage *self)
{
    g_autofree char *text =
        latchkey_sign_in_page_time_left_text(latchkey_account_get_time_left_ms(self->account));

    gtk_label_set_text(self->time_label, text);
    gtk_label_set_text(self->code_time_label, text);
}

static gboolean on_tick(gpointer data)
{
    show_time_left(data);
    return G_SOURCE_CONTINUE;
}

/* A status page's description is markup in libadwaita 1.2. */
static void show_error(AdwStatusPage *page, const GError *error, const char *description)
{
    g_autofree char *escaped = g_markup_escape_text(description, -1);

    adw_status_page_set_title(page, latchkey_error_heading(error));
    adw_status_page_set_description(page, escaped);
}

static void show_failure(LatchkeySignInPage *self, const GError *error)
{
    show_error(self->failed_page, error, latchkey_error_advice(error));
    gtk_label_set_text(self->details_label, error->message);
    gboolean is_over = g_error_matches(error, LATCHKEY_ERROR, LATCHKEY_ERROR_ENDED);
    gtk_label_set_text_with_mnemonic(self->retry_label,
                                     is_over ? _("_Sign In Again") : _("_Try Again"));
}

static void show_waiting(LatchkeySignInPage *self)
{
    const char *url = latchkey_account_get_url(self->account);

    if (g_strcmp0(url, gtk_label_get_text(self->link_label)) == 0)
        return;
    gtk_label_set_text(self->link_label, url);
    gtk_editable_set_text(GTK_EDITABLE(self->paste_row), "");
    gtk_widget_set_visible(GTK_WIDGET(self->paste_label), FALSE);
}

/* NULL while WorkOS is being asked for one. */
static void show_code(LatchkeySignInPage *self, const lk_device_authorization *device)
{
    g_autoptr(GdkTexture) qr = NULL;
    g_autofree char *where = NULL;

    if (device != NULL) {
        qr = latchkey_qr_new(device->verification_uri_complete != NULL
                                 ? device->verification_uri_complete
                                 : device->verification_uri);
        where = g_strdup_printf(_("at %s"), device->verification_uri);
    }
    /* At its own size: its modules are whole pixels. */
    gtk_image_set_from_paintable(self->qr_image, GDK_PAINTABLE(qr));
    gtk_image_set_pixel_size(self->qr_image, qr != NULL ? gdk_texture_get_width(qr) : 0);
    gtk_widget_set_visible(GTK_WIDGET(self->qr_image), qr != NULL);
    gtk_widget_set_visible(self->code_spinner, device == NULL);
    gtk_widget_set_visible(self->code_box, device != NULL);
    gtk_label_set_text(self->code_label, device != NULL ? device->user_code : "");
    gtk_label_set_text(self->address_label, where != NULL ? where : _("Asking for a code…"));
    gtk_widget_set_visible(GTK_WIDGET(self->code_time_label), device != NULL);
    gtk_widget_set_visible(self->open_code_button, device != NULL);
}

static void focus(LatchkeySignInPage *self, LatchkeyAccountState state)
{
    if (state == LATCHKEY_ACCOUNT_FAILED)
        gtk_widget_grab_focus(self->retry_button);
    if (state == LATCHKEY_ACCOUNT_WAITING)
        gtk_widget_grab_focus(self->open_button);
}

static void on_changed(LatchkeyAccount *account, LatchkeySignInPage *self)
{
    LatchkeyAccountState state = latchkey_account_get_state(account);
    const GError *error = latchkey_account_get_error(account);
    gboolean is_waiting = state == LATCHKEY_ACCOUNT_WAITING || state == LATCHKEY_ACCOUNT_CODE;

    if (!is_waiting)
        g_clear_handle_id(&self->tick_source, g_source_remove);
    if (page_names[state] == NULL)
        return;
    if (state == LATCHKEY_ACCOUNT_WAITING)
        show_waiting(self);
    if (state == LATCHKEY_ACCOUNT_CODE)
        show_code(self, latchkey_account_get_device(account));
    if (is_waiting) {
        show_time_left(self);
        if (self->tick_source == 0)
            self->tick_source = g_timeout_add_seconds(1, on_tick, self);
    }
    if (state == LATCHKEY_ACCOUNT_FAILED)
        show_failure(self, error);
    if (state == LATCHKEY_ACCOUNT_UNCONFIGURED)
        show_error(self->unconfigured_page, error, error->message);
    gtk_stack_set_visible_child_name(self->stack, page_names[state]);
    focus(self, state);
}

static void on_sign_in(LatchkeySignInPage *self)
{
    latchkey_account_sign_in(self->account);
}

static void on_use_code(LatchkeySignInPage *self)
{
    latchkey_account_sign_in_with_code(self->account);
}

static void on_copy_code(LatchkeySignInPage *self)
{
    const lk_device_authorization *device = latchkey_account_get_device(self->account);

    if (device != NULL)
        gtk_widget_activate_action(GTK_WIDGET(self), "win.copy-text", "s", device->user_code);
}

static void on_open_code(LatchkeySignInPage *self)
{
    const lk_device_authorization *device = latchkey_account_get_device(self->account);

    if (device != NULL)
        g_signal_emit_by_name(self->account, "open-uri",
                              device->verification_uri_complete != NULL
                                  ? device->verification_uri_complete
                                  : device->verification_uri);
}

static void on_paste(LatchkeySignInPage *self)
{
    g_autofree char *address = g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->paste_row)));
    g_autoptr(GError) error = NULL;

    if (!latchkey_account_paste(self->account, g_strstrip(address), &error))
        gtk_label_set_text(self->paste_label, error->message);
    gtk_widget_set_visible(GTK_WIDGET(self->paste_label), error != NULL);
}

static void on_cancel(LatchkeySignInPage *self)
{
    latchkey_account_cancel(self->account);
}

static void on_retry(LatchkeySignInPage *self)
{
    latchkey_account_retry(self->account);
}

static void on_unlock(LatchkeySignInPage *self)
{
    latchkey_account_unlock(self->account);
}

static void on_copy_link(LatchkeySignInPage *self)
{
    const char *url = latchkey_account_get_url(self->account);

    if (url != NULL)
        gtk_widget_activate_action(GTK_WIDGET(self), "win.copy-text", "s", url);
}

static gboolean on_escape(GtkWidget *widget, GVariant *arguments, gpointer data)
{
    (void)arguments, (void)data;
    LatchkeySignInPage *self = LATCHKEY_SIGN_IN_PAGE(widget);
    LatchkeyAccountState state = latchkey_account_get_state(self->account);

    if (state != LATCHKEY_ACCOUNT_WAITING && state != LATCHKEY_ACCOUNT_CODE &&
        state != LATCHKEY_ACCOUNT_EXCHANGING && state != LATCHKEY_ACCOUNT_FAILED)
        return FALSE;
    latchkey_account_cancel(self->account);
    return TRUE;
}

static void latchkey_sign_in_page_dispose(GObject *object)
{
    LatchkeySignInPage *self = LATCHKEY_SIGN_IN_PAGE(object);

    g_clear_handle_id(&self->tick_source, g_source_remove);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(latchkey_sign_in_page_parent_class)->dispose(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, stack);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, unconfigured_page);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, failed_page);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, details_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, retry_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, time_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, link_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, retry_button);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, open_button);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, paste_row);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, paste_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, code_spinner);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, qr_image);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, code_box);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, code_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, address_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, code_time_label);
    gtk_widget_class_bind_template_child(class, LatchkeySignInPage, open_code_button);
}

static void latchkey_sign_in_page_class_init(LatchkeySignInPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_sign_in_page_dispose;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-sign-in-page.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, on_sign_in);
    gtk_widget_class_bind_template_callback(widget_class, on_cancel);
    gtk_widget_class_bind_template_callback(widget_class, on_retry);
    gtk_widget_class_bind_template_callback(widget_class, on_unlock);
    gtk_widget_class_bind_template_callback(widget_class, on_copy_link);
    gtk_widget_class_bind_template_callback(widget_class, on_use_code);
    gtk_widget_class_bind_template_callback(widget_class, on_copy_code);
    gtk_widget_class_bind_template_callback(widget_class, on_open_code);
    gtk_widget_class_bind_template_callback(widget_class, on_paste);
    gtk_widget_class_add_binding(widget_class, GDK_KEY_Escape, 0, on_escape, NULL);
}

static void latchkey_sign_in_page_init(LatchkeySignInPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
    latchkey_a11y_name_icons(GTK_WIDGET(self->paste_row), "adw-entry-apply-symbolic", _("Apply"));
}

void latchkey_sign_in_page_set_account(LatchkeySignInPage *self, LatchkeyAccount *account)
{
    self->account = g_object_ref(account);
    g_signal_connect_object(account, "changed", G_CALLBACK(on_changed), self, 0);
    on_changed(account, self);
}
