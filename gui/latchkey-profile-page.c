/* Reads the session on every change. Names and ids are plain text everywhere: each row has
 * use-markup FALSE (latchkey-profile-page.ui), and a test feeds it markup. */
#include "latchkey-profile-page.h"

#include "latchkey-a11y.h"
#include "latchkey-claims.h"
#include "latchkey-json-view.h"
#include "latchkey-organization-row.h"
#include "latchkey-picture.h"
#include "latchkey-row.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>
#include <string.h>

enum { TICK_S = 10 };

struct _LatchkeyProfilePage {
    AdwBin parent_instance;
    GtkWidget *memory_bar;
    GtkLabel *memory_label;
    GtkWidget *impersonation_bar;
    GtkLabel *impersonation_label;
    AdwAvatar *avatar;
    GtkLabel *name_label;
    GtkLabel *email_label;
    GtkWidget *verified_icon;
    AdwActionRow *user_row;
    LatchkeyOrganizationRow *switch_row;
    AdwActionRow *organization_row;
    GtkWidget *copy_organization;
    AdwActionRow *role_row;
    AdwExpanderRow *permissions_row;
    AdwExpanderRow *flags_row;
    AdwActionRow *session_row;
    AdwExpanderRow *claims_row;
    LatchkeyJsonView *claims_view;
    AdwActionRow *renewal_row;
    AdwActionRow *method_row;
    AdwActionRow *kept_row;
    GPtrArray *permission_rows; /* borrowed from permissions_row */
    GPtrArray *flag_rows;       /* and from flags_row */
    LatchkeyAccount *account;
    char *picture_url;         /* that the avatar shows or waits for; NULL: initials */
    GCancellable *cancellable; /* of that wait */
    guint tick_source;
};

G_DEFINE_FINAL_TYPE(LatchkeyProfilePage, latchkey_profile_page, ADW_TYPE_BIN)

static char *full_name(const lk_user *user)
{
    g_autofree char *joined = NULL;

    if (user->first_name != NULL || user->last_name != NULL) {
        joined = g_strdup_printf("%s %s", user->first_name != NULL ? user->first_name : "",
                                 user->last_name != NULL ? user->last_name : "");
        g_autofree char *clean = latchkey_text_clean(joined);
        if (clean[0] != '\0')
            return g_steal_pointer(&clean);
    }
    const char *name = user->name != NULL ? user->name : user->email;
    return latchkey_text_clean(name != NULL ? name : user->id);
}

static void on_picture(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(GError) error = NULL;
    g_autoptr(GdkTexture) picture = latchkey_picture_fetch_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* and the page may be gone */
    LatchkeyProfilePage *self = data;
    if (error != NULL)
        g_debug("picture: %s", error->message); /* the initials stay */
    adw_avatar_set_custom_image(self->avatar, GDK_PAINTABLE(picture));
}

/* Asked for when somebody looks at the page: a start should not tell anybody else of itself. */
static void show_picture(LatchkeyProfilePage *self, const lk_user *user)
{
    const char *url = latchkey_settings_get_masks() ? NULL : user->profile_picture_url;

    if (!gtk_widget_get_mapped(GTK_WIDGET(self)) || g_strcmp0(url, self->picture_url) == 0)
        return;
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    g_free(self->picture_url);
    self->picture_url = g_strdup(url);
    adw_avatar_set_custom_image(self->avatar, NULL);
    if (url == NULL)
        return;
    self->cancellable = g_cancellable_new();
    latchkey_picture_fetch_async(latchkey_account_get_config(self->account), url, self->cancellable,
                                 on_picture, self);
}

static void show_person(LatchkeyProfilePage *self, const lk_user *user)
{
    g_autofree char *full = full_name(user);
    g_autofree char *name = latchkey_text_person(full);
    g_autofree char *email = latchkey_text_person(user->email);

    show_picture(self, user);
    adw_avatar_set_text(self->avatar, name);
    gtk_label_set_text(self->name_label, name);
    gtk_label_set_text(self->email_label, email);
    gtk_widget_set_visible(self->verified_icon, user->email_verified);
}

static void show_texts(AdwExpanderRow *expander, GPtrArray *rows, const char *const *texts,
                       size_t n_texts, const char *count)
{
    for (guint i = 0; i < rows->len; i++)
        adw_expander_row_remove(expander, g_ptr_array_index(rows, i));
    g_ptr_array_set_size(rows, 0);
    for (size_t i = 0; i < n_texts; i++) {
        g_autofree char *text = latchkey_text_clean(texts[i]);
        GtkWidget *row = latchkey_row_new(text, NULL);
        adw_expander_row_add_row(expander, row);
        g_ptr_array_add(rows, row);
    }
    const char *words = n_texts > 0 ? count : _("None");
    adw_expander_row_set_subtitle(expander, words);
    latchkey_a11y_set_description(GTK_WIDGET(expander), words);
    adw_expander_row_set_enable_expansion(expander, n_texts > 0);
    gtk_widget_set_sensitive(GTK_WIDGET(expander), n_texts > 0);
}

static void show_rights(LatchkeyProfilePage *self, const lk_session *session)
{
    size_t n_permissions = session->n_permissions;
    size_t n_flags = session->n_feature_flags;
    g_autofree char *permissions = g_strdup_printf(
        ngettext("%d permission", "%d permissions", (gulong)n_permissions), (int)n_permissions);
    g_autofree char *flags =
        g_strdup_printf(ngettext("%d flag", "%d flags", (gulong)n_flags), (int)n_flags);

    show_texts(self->permissions_row, self->permission_rows, session->permissions, n_permissions,
               permissions);
    show_texts(self->flags_row, self->flag_rows, session->feature_flags, n_flags, flags);
    gtk_widget_set_visible(GTK_WIDGET(self->flags_row), n_flags > 0);
}

static void show_organization(LatchkeyProfilePage *self, const lk_session *session)
{
    g_autofree char *organization =
        latchkey_text_clean(session->organization_id != NULL ? session->organization_id : "");
    g_autofree char *role = latchkey_text_clean(session->role != NULL ? session->role : "");

    latchkey_row_set(self->organization_row, organization[0] != '\0' ? organization : _("None"));
    gtk_widget_set_visible(self->copy_organization, organization[0] != '\0');
    latchkey_row_set(self->role_row, role[0] != '\0' ? role : _("None"));
    show_rights(self, session);
}

/* Decoded when they are asked for: nobody looks at them every five minutes. */
static void show_claims(LatchkeyProfilePage *self)
{
    const lk_authentication *authentication = latchkey_account_get_authentication(self->account);

    /* They may say anything of a person. */
    gtk_widget_set_visible(GTK_WIDGET(self->claims_row), !latchkey_settings_get_masks());
    if (authentication == NULL || !adw_expander_row_get_expanded(self->claims_row))
        return;
    g_autofree char *claims = latchkey_claims_of(authentication->access_token);
    latchkey_json_view_set_json(self->claims_view, claims, claims != NULL ? strlen(claims) : 0);
}

char *latchkey_profile_page_renewal_text(gint64 expires_at_ms, gint64 now_ms, gboolean is_failing)
{
    gint64 left_s = (expires_at_ms - now_ms) / 1000;

    if (expires_at_ms == 0)
        return g_strdup(_("Until you sign out"));
    if (left_s <= 0)
        return g_strdup(is_failing ? _("Expired · could not be renewed yet")
                                   : _("Expired · renewing now"));
    if (is_failing)
        return g_strdup_printf(_("Could not be renewed yet · %d:%02d left"), (int)(left_s / 60),
                               (int)(left_s % 60));
    if (left_s < 60)
        return g_strdup(_("Renews in less than a minute"));
    return g_strdup_printf(
        ngettext("Renews in %d minute", "Renews in %d minutes", (gulong)(left_s / 60)),
        (int)(left_s / 60));
}

static void show_renewal(LatchkeyProfilePage *self)
{
    const lk_session *session = latchkey_account_get_session(self->account);

    if (session == NULL) {
        latchkey_row_set(self->renewal_row, _("Ended"));
        return;
    }
    g_autofree char *text = latchkey_profile_page_renewal_text(
        session->expires_at_ms, latchkey_account_now_ms(self->account),
        latchkey_account_get_error(self->account) != NULL);
    latchkey_row_set(self->renewal_row, text);
}

/* WorkOS' words for methods, spaced: "GoogleOAuth" reads "Google". */
static char *method_words(const char *method)
{
    if (method == NULL)
        return g_strdup(_("Your browser"));
    if (g_str_equal(method, "MagicAuth"))
        return g_strdup(_("A code by e-mail"));
    if (g_str_has_suffix(method, "OAuth") && !g_str_equal(method, "OAuth")) {
        g_autofree char *provider = g_strndup(method, strlen(method) - strlen("OAuth"));
        return latchkey_text_clean(provider);
    }
    return latchkey_text_clean(method);
}

static void show_kept(LatchkeyProfilePage *self)
{
    LatchkeySecrets *secrets = latchkey_account_get_secrets(self->account);
    gboolean is_memory = latchkey_secrets_get_place(secrets) == LATCHKEY_SECRETS_MEMORY;
    const char *reason = latchkey_secrets_get_reason(secrets);
    const char *keyring = latchkey_secrets_get_keyring(secrets);
    g_autofree char *named = g_strdup_printf(_("Keyring “%s”"), keyring != NULL ? keyring : "");

    latchkey_row_set(self->kept_row, is_memory         ? _("Memory, for this run only")
                                     : keyring != NULL ? named
                                                       : _("Keyring"));
    gtk_widget_set_visible(self->memory_bar, is_memory);
    gtk_info_bar_set_revealed(GTK_INFO_BAR(self->memory_bar), is_memory);
    g_autofree char *text = g_strdup_printf(_("%s You will have to sign in again next time."),
                                            reason != NULL ? reason : _("No keyring can be used."));
    gtk_label_set_text(self->memory_label, text);
}

static void show_impersonator(LatchkeyProfilePage *self, const lk_session *session)
{
    gboolean is_impersonated = session->impersonator != NULL;

    gtk_widget_set_visible(self->impersonation_bar, is_impersonated);
    gtk_info_bar_set_revealed(GTK_INFO_BAR(self->impersonation_bar), is_impersonated);
    if (!is_impersonated)
        return;
    g_autofree char *email = session->impersonator->email != NULL
                                 ? latchkey_text_person(session->impersonator->email)
                                 : g_strdup(_("Somebody"));
    g_autofree char *text = g_strdup_printf(_("%s is acting as this person."), email);
    gtk_label_set_text(self->impersonation_label, text);
}

static void on_changed(LatchkeyProfilePage *self)
{
    const lk_authentication *authentication = latchkey_account_get_authentication(self->account);
    const lk_session *session = latchkey_account_get_session(self->account);

    if (session == NULL) {
        show_renewal(self); /* the rest stays as it was */
        return;
    }
    g_autofree char *method = method_words(authentication->authentication_method);
    show_person(self, authentication->user);
    show_organization(self, session);
    show_impersonator(self, session);
    latchkey_row_set(self->method_row, method);
    latchkey_row_set(self->user_row, authentication->user->id);
    latchkey_row_set(self->session_row, session->session_id);
    show_claims(self);
    show_renewal(self);
    show_kept(self);
}

static gboolean on_tick(gpointer data)
{
    show_renewal(data);
    return G_SOURCE_CONTINUE;
}

/* What the button's row says. */
static void on_copy(LatchkeyProfilePage *self, GtkWidget *button)
{
    GtkWidget *row = gtk_widget_get_ancestor(button, ADW_TYPE_ACTION_ROW);

    gtk_widget_activate_action(GTK_WIDGET(self), "win.copy-text", "s",
                               adw_action_row_get_subtitle(ADW_ACTION_ROW(row)));
}

static void latchkey_profile_page_map(GtkWidget *widget)
{
    LatchkeyProfilePage *self = LATCHKEY_PROFILE_PAGE(widget);

    GTK_WIDGET_CLASS(latchkey_profile_page_parent_class)->map(widget);
    on_changed(self);
    self->tick_source = g_timeout_add_seconds(TICK_S, on_tick, self);
}

static void latchkey_profile_page_unmap(GtkWidget *widget)
{
    g_clear_handle_id(&LATCHKEY_PROFILE_PAGE(widget)->tick_source, g_source_remove);
    GTK_WIDGET_CLASS(latchkey_profile_page_parent_class)->unmap(widget);
}

static void latchkey_profile_page_dispose(GObject *object)
{
    LatchkeyProfilePage *self = LATCHKEY_PROFILE_PAGE(object);

    g_clear_handle_id(&self->tick_source, g_source_remove);
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    g_clear_pointer(&self->picture_url, g_free);
    g_clear_pointer(&self->permission_rows, g_ptr_array_unref);
    g_clear_pointer(&self->flag_rows, g_ptr_array_unref);
    g_clear_object(&self->account);
    G_OBJECT_CLASS(latchkey_profile_page_parent_class)->dispose(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, memory_bar);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, memory_label);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, impersonation_bar);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, impersonation_label);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, avatar);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, name_label);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, email_label);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, verified_icon);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, organization_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, copy_organization);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, role_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, permissions_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, user_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, switch_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, flags_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, session_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, claims_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, claims_view);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, renewal_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, method_row);
    gtk_widget_class_bind_template_child(class, LatchkeyProfilePage, kept_row);
}

static void latchkey_profile_page_class_init(LatchkeyProfilePageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_ORGANIZATION_ROW);
    g_type_ensure(LATCHKEY_TYPE_JSON_VIEW);
    G_OBJECT_CLASS(class)->dispose = latchkey_profile_page_dispose;
    widget_class->map = latchkey_profile_page_map;
    widget_class->unmap = latchkey_profile_page_unmap;
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-profile-page.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, on_copy);
    gtk_widget_class_bind_template_callback(widget_class, show_claims);
}

/* An expander's own row has no name (libadwaita 1.2), nor have the lists in it. */
static void name_expander(AdwExpanderRow *row)
{
    const char *title = adw_preferences_row_get_title(ADW_PREFERENCES_ROW(row));

    latchkey_a11y_name_lists(GTK_WIDGET(row), title);
    latchkey_a11y_set_label(GTK_WIDGET(row), title);
}

static void latchkey_profile_page_init(LatchkeyProfilePage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    name_expander(self->permissions_row);
    name_expander(self->flags_row);
    name_expander(self->claims_row);
    name_expander(ADW_EXPANDER_ROW(self->switch_row));
    self->permission_rows = g_ptr_array_new();
    self->flag_rows = g_ptr_array_new();
}

void latchkey_profile_page_set_account(LatchkeyProfilePage *self, LatchkeyAccount *account,
                                       LatchkeyFeed *feed)
{
    GSettings *settings = latchkey_settings_get_default();

    self->account = g_object_ref(account);
    latchkey_organization_row_set_account(self->switch_row, account, feed);
    g_signal_connect_object(account, "changed", G_CALLBACK(on_changed), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(latchkey_account_get_secrets(account), "changed",
                            G_CALLBACK(on_changed), self, G_CONNECT_SWAPPED);
    if (settings != NULL)
        g_signal_connect_object(settings, "changed::mask-personal-data", G_CALLBACK(on_changed),
                                self, G_CONNECT_SWAPPED);
    on_changed(self);
}
