/* The list is asked for when it is opened, and again whenever it is: memberships change elsewhere.
 */
#include "latchkey-organization-row.h"

#include "latchkey-a11y.h"
#include "latchkey-memberships.h"
#include "latchkey-row.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>

struct _LatchkeyOrganizationRow {
    AdwExpanderRow parent_instance;
    LatchkeyAccount *account;
    LatchkeyFeed *feed;
    GPtrArray *rows; /* borrowed */
    char *name;      /* of the organization name_id, once it was told */
    char *name_id;
    GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE(LatchkeyOrganizationRow, latchkey_organization_row, ADW_TYPE_EXPANDER_ROW)

static const char *current_id(LatchkeyOrganizationRow *self)
{
    const lk_session *session = latchkey_account_get_session(self->account);

    return session != NULL ? session->organization_id : NULL;
}

static void show_current(LatchkeyOrganizationRow *self)
{
    const char *id = current_id(self);
    g_autofree char *text = latchkey_text_clean(id == NULL                          ? _("None")
                                                : g_strcmp0(id, self->name_id) == 0 ? self->name
                                                                                    : id);
    const char *words = latchkey_account_is_switching(self->account) ? _("Switching…") : text;

    adw_expander_row_set_subtitle(ADW_EXPANDER_ROW(self), words);
    latchkey_a11y_set_description(GTK_WIDGET(self), words);
}

static void remove_rows(LatchkeyOrganizationRow *self)
{
    for (guint i = 0; i < self->rows->len; i++)
        adw_expander_row_remove(ADW_EXPANDER_ROW(self), g_ptr_array_index(self->rows, i));
    g_ptr_array_set_size(self->rows, 0);
}

static void add_row(LatchkeyOrganizationRow *self, GtkWidget *row)
{
    adw_expander_row_add_row(ADW_EXPANDER_ROW(self), row);
    g_ptr_array_add(self->rows, row);
}

static void on_switch(LatchkeyOrganizationRow *self, GtkWidget *button)
{
    latchkey_account_switch_organization(self->account,
                                         g_object_get_data(G_OBJECT(button), "organization"));
}

/* A button, since a row has no action that a screen reader could call. */
static GtkWidget *switch_button_new(LatchkeyOrganizationRow *self, const char *id, const char *name)
{
    GtkWidget *button = gtk_button_new_with_label(_("Switch"));
    g_autofree char *label = g_strdup_printf(_("Switch to %s"), name);

    gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
    latchkey_a11y_set_label(button, label);
    g_object_set_data_full(G_OBJECT(button), "organization", g_strdup(id), g_free);
    g_signal_connect_object(button, "clicked", G_CALLBACK(on_switch), self, G_CONNECT_SWAPPED);
    return button;
}

static void add_membership(LatchkeyOrganizationRow *self, const lk_membership *membership)
{
    const char *id = membership->organization_id;
    g_autofree char *name = latchkey_text_clean(
        membership->organization_name != NULL ? membership->organization_name : id);
    g_autofree char *role = latchkey_text_clean(membership->role != NULL ? membership->role : "");
    GtkWidget *row = latchkey_row_new(name, role);

    if (g_strcmp0(id, current_id(self)) != 0) {
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), switch_button_new(self, id, name));
    } else {
        GtkWidget *mark = gtk_image_new_from_icon_name("object-select-symbolic");
        latchkey_a11y_set_label(mark, _("Signed in to this one"));
        adw_action_row_add_suffix(ADW_ACTION_ROW(row), mark);
        g_free(self->name);
        g_free(self->name_id);
        self->name = g_strdup(name);
        self->name_id = g_strdup(id);
    }
    add_row(self, row);
}

static void on_listed(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GError) error = NULL;
    lk_auto(lk_membership_page) page = latchkey_memberships_list_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* and the row may be gone */
    LatchkeyOrganizationRow *self = data;
    remove_rows(self);
    if (page == NULL) {
        add_row(self, latchkey_row_new(_("The list could not be had"), error->message));
        return;
    }
    for (size_t i = 0; i < page->count; i++)
        add_membership(self, page->items[i]);
    if (page->count == 0)
        add_row(self, latchkey_row_new(_("No organization"), NULL));
    show_current(self);
}

static void list(LatchkeyOrganizationRow *self)
{
    const lk_session *session = latchkey_account_get_session(self->account);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    if (session == NULL)
        return;
    self->cancellable = g_cancellable_new();
    char *credential = latchkey_feed_dup_credential(self->feed);
    latchkey_memberships_list_async(latchkey_account_get_config(self->account), credential,
                                    session->user->id, self->cancellable, on_listed, self);
    latchkey_secret_free(credential);
}

static void on_expanded(LatchkeyOrganizationRow *self)
{
    if (adw_expander_row_get_expanded(ADW_EXPANDER_ROW(self)))
        list(self);
}

static void on_changed(LatchkeyOrganizationRow *self)
{
    show_current(self);
    if (g_strcmp0(self->name_id, current_id(self)) != 0)
        on_expanded(self);
}

static void latchkey_organization_row_dispose(GObject *object)
{
    LatchkeyOrganizationRow *self = LATCHKEY_ORGANIZATION_ROW(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    g_clear_object(&self->account);
    g_clear_object(&self->feed);
    g_clear_pointer(&self->rows, g_ptr_array_unref);
    g_clear_pointer(&self->name, g_free);
    g_clear_pointer(&self->name_id, g_free);
    G_OBJECT_CLASS(latchkey_organization_row_parent_class)->dispose(object);
}

static void latchkey_organization_row_class_init(LatchkeyOrganizationRowClass *class)
{
    G_OBJECT_CLASS(class)->dispose = latchkey_organization_row_dispose;
}

static void latchkey_organization_row_init(LatchkeyOrganizationRow *self)
{
    self->rows = g_ptr_array_new();
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(self), FALSE);
    g_signal_connect(self, "notify::expanded", G_CALLBACK(on_expanded), NULL);
}

void latchkey_organization_row_set_account(LatchkeyOrganizationRow *self, LatchkeyAccount *account,
                                           LatchkeyFeed *feed)
{
    self->account = g_object_ref(account);
    self->feed = g_object_ref(feed);
    g_signal_connect_object(account, "changed", G_CALLBACK(on_changed), self, G_CONNECT_SWAPPED);
    on_changed(self);
}
