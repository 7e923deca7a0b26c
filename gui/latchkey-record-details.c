/* Two reads on a thread: the record with its memberships, which take no time, and its history,
 * which may. Each answer belongs to the record that was asked for last, or is cancelled. */
#include "latchkey-record-details.h"

#include "latchkey-a11y.h"
#include "latchkey-event.h"
#include "latchkey-json-view.h"
#include "latchkey-record-list.h"
#include "latchkey-row.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>
#include <string.h>

enum { MAX_RELATED = 200, MAX_HISTORY = 50 };

struct _LatchkeyRecordDetails {
    AdwBin parent_instance;
    GtkStack *stack;
    AdwAvatar *avatar;
    GtkLabel *name_label;
    GtkLabel *subtitle_label;
    GtkWidget *gone_label;
    AdwActionRow *state_row;
    AdwActionRow *role_row;
    AdwActionRow *directory_row;
    AdwActionRow *id_row;
    AdwExpanderRow *json_row;
    LatchkeyJsonView *json_view;
    AdwPreferencesGroup *related_group;
    GtkListBox *related_list;
    AdwPreferencesGroup *history_group;
    GtkListBox *history_list;
    LatchkeyStore *store;
    GCancellable *cancellable;
    LatchkeyRecordKind kind;
    char *id;
};

G_DEFINE_FINAL_TYPE(LatchkeyRecordDetails, latchkey_record_details, ADW_TYPE_BIN)

/* ---- On a thread ---- */

typedef struct Wanted {
    LatchkeyRecordKind kind;
    char *id;
    char *organization_id;
} Wanted;

typedef struct Found {
    LatchkeyRecord *record;
    GPtrArray *related; /* of LatchkeyRecord */
} Found;

static void wanted_free(gpointer data)
{
    Wanted *wanted = data;

    g_free(wanted->id);
    g_free(wanted->organization_id);
    g_free(wanted);
}

static void found_free(gpointer data)
{
    Found *found = data;

    g_clear_object(&found->record);
    g_clear_pointer(&found->related, g_ptr_array_unref);
    g_free(found);
}

static LatchkeyRecord *read_one(lk_mirror *mirror, const Wanted *wanted, lk_error *err)
{
    lk_auto(lk_directory_user) user = NULL;
    lk_auto(lk_directory_group) group = NULL;

    if (wanted->kind == LATCHKEY_RECORD_PERSON)
        return lk_mirror_get_user(mirror, wanted->id, &user, err) == LK_OK
                   ? latchkey_record_new_person(user)
                   : NULL;
    return lk_mirror_get_group(mirror, wanted->id, &group, err) == LK_OK
               ? latchkey_record_new_group(group)
               : NULL;
}

static gpointer read_record(lk_mirror *mirror, gpointer data, lk_error *err)
{
    const Wanted *wanted = data;
    gboolean is_person = wanted->kind == LATCHKEY_RECORD_PERSON;
    Found *found = g_new0(Found, 1);

    found->record = read_one(mirror, wanted, err);
    if (found->record != NULL)
        found->related = latchkey_records_read(
            mirror, is_person ? LATCHKEY_RECORD_GROUP : LATCHKEY_RECORD_PERSON,
            LK_MIRROR_QUERY(.user_id = is_person ? wanted->id : NULL,
                            .group_id = is_person ? NULL : wanted->id, .limit = MAX_RELATED),
            err);
    if (found->related != NULL)
        return found;
    found_free(found);
    return NULL;
}

static gpointer read_history(lk_mirror *mirror, gpointer data, lk_error *err)
{
    const Wanted *wanted = data;
    lk_auto(lk_mirror_event_page) page = NULL;

    if (lk_mirror_list_events(mirror,
                              LK_MIRROR_EVENT_QUERY(.order = LK_NEWEST_FIRST, .type = "dsync.",
                                                    .organization_id = wanted->organization_id,
                                                    .object_id = wanted->id, .limit = MAX_HISTORY),
                              &page, err) != LK_OK)
        return NULL;
    GPtrArray *events = g_ptr_array_new_with_free_func(g_object_unref);
    for (size_t i = 0; i < page->count; i++)
        g_ptr_array_add(events, latchkey_event_new(page->items[i], NULL));
    return events;
}

static void array_free(gpointer array)
{
    g_ptr_array_unref(array);
}

/* ---- Rows ---- */

static GtkWidget *new_row(const char *title, const char *subtitle, GObject *what)
{
    GtkWidget *row = latchkey_row_new(title, subtitle);

    adw_action_row_add_suffix(ADW_ACTION_ROW(row),
                              gtk_image_new_from_icon_name("go-next-symbolic"));
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
    g_object_set_data_full(G_OBJECT(row), "what", g_object_ref(what), g_object_unref);
    return row;
}

static void empty(GtkListBox *list)
{
    GtkListBoxRow *row = NULL;

    while ((row = gtk_list_box_get_row_at_index(list, 0)) != NULL)
        gtk_list_box_remove(list, GTK_WIDGET(row));
}

static void show_related(LatchkeyRecordDetails *self, GPtrArray *related)
{
    empty(self->related_list);
    for (guint i = 0; related != NULL && i < related->len; i++) {
        LatchkeyRecord *record = g_ptr_array_index(related, i);
        gtk_list_box_append(self->related_list,
                            new_row(latchkey_record_get_name(record),
                                    latchkey_record_get_subtitle(record), G_OBJECT(record)));
    }
    adw_preferences_group_set_title(
        self->related_group, self->kind == LATCHKEY_RECORD_PERSON ? _("Groups") : _("Members"));
    adw_preferences_group_set_description(
        self->related_group,
        related != NULL && related->len == MAX_RELATED ? _("The first 200 are shown.") : NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->related_group), related != NULL && related->len > 0);
}

static void show_history(LatchkeyRecordDetails *self, GPtrArray *events)
{
    gint64 now_ms = g_get_real_time() / 1000;

    empty(self->history_list);
    for (guint i = 0; events != NULL && i < events->len; i++) {
        LatchkeyEvent *event = g_ptr_array_index(events, i);
        g_autofree char *time = latchkey_text_time(latchkey_event_get_created_at_ms(event), now_ms);
        gtk_list_box_append(self->history_list,
                            new_row(latchkey_event_get_title(event), time, G_OBJECT(event)));
    }
    gtk_widget_set_visible(GTK_WIDGET(self->history_group), events != NULL && events->len > 0);
}

/* ---- What was read ---- */

static void read_later(LatchkeyRecordDetails *self, LatchkeyStoreRead *read,
                       GDestroyNotify result_free, const char *organization_id,
                       GAsyncReadyCallback callback)
{
    Wanted *wanted = g_new0(Wanted, 1);

    wanted->kind = self->kind;
    wanted->id = g_strdup(self->id);
    wanted->organization_id = g_strdup(organization_id);
    latchkey_store_read_async(self->store, read, wanted, wanted_free, result_free,
                              self->cancellable, callback, g_object_ref(self));
}

static void on_history(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRecordDetails) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) events = latchkey_store_read_finish(result, &error);

    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        show_history(self, events);
}

static void show_record(LatchkeyRecordDetails *self, LatchkeyRecord *record)
{
    const char *json = latchkey_record_get_json(record);
    const char *name = latchkey_record_get_name(record);
    const char *directory_id = latchkey_record_get_directory_id(record);
    const char *directory_name = latchkey_store_get_directory_name(self->store, directory_id);
    g_autofree char *place =
        latchkey_text_clean(directory_name != NULL ? directory_name : directory_id);

    adw_avatar_set_text(self->avatar, name);
    gtk_label_set_text(self->name_label, name);
    gtk_label_set_text(self->subtitle_label, latchkey_record_get_subtitle(record));
    latchkey_row_set(self->state_row, latchkey_record_get_state(record));
    latchkey_row_set(self->role_row, latchkey_record_get_role(record));
    latchkey_row_set(self->directory_row, place);
    latchkey_json_view_set_json(self->json_view, json, json != NULL ? strlen(json) : 0);
    gtk_widget_set_visible(GTK_WIDGET(self->json_row),
                           json != NULL && !latchkey_settings_get_masks());
}

static void on_record(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRecordDetails) self = data;
    g_autoptr(GError) error = NULL;
    Found *found = latchkey_store_read_finish(result, &error);

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    gtk_widget_set_visible(self->gone_label, found == NULL);
    if (found != NULL)
        show_record(self, found->record);
    show_related(self, found != NULL ? found->related : NULL);
    read_later(self, read_history, array_free,
               found != NULL ? latchkey_record_get_organization_id(found->record) : NULL,
               on_history);
    if (found != NULL)
        found_free(found);
}

void latchkey_record_details_show(LatchkeyRecordDetails *self, LatchkeyStore *store,
                                  LatchkeyRecordKind kind, const char *id, const char *name)
{
    g_autofree char *clean = latchkey_text_clean(name != NULL ? name : id);
    g_autofree char *copy = g_strdup(id);

    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    self->cancellable = g_cancellable_new();
    g_set_object(&self->store, store);
    g_free(self->id);
    self->id = g_steal_pointer(&copy);
    self->kind = kind;
    adw_avatar_set_text(self->avatar, clean);
    adw_avatar_set_icon_name(self->avatar,
                             kind == LATCHKEY_RECORD_GROUP ? "system-users-symbolic" : NULL);
    adw_avatar_set_show_initials(self->avatar, kind == LATCHKEY_RECORD_PERSON);
    gtk_label_set_text(self->name_label, clean);
    gtk_label_set_text(self->subtitle_label, "");
    latchkey_row_set(self->state_row, NULL);
    latchkey_row_set(self->role_row, NULL);
    latchkey_row_set(self->directory_row, NULL);
    latchkey_row_set(self->id_row, self->id);
    gtk_widget_set_visible(GTK_WIDGET(self->json_row), FALSE);
    gtk_widget_set_visible(self->gone_label, FALSE);
    show_related(self, NULL);
    show_history(self, NULL);
    gtk_stack_set_visible_child_name(self->stack, "record");
    read_later(self, read_record, found_free, NULL, on_record);
}

/* ---- The widget ---- */

static void on_related_chosen(LatchkeyRecordDetails *self, GtkListBoxRow *row)
{
    LatchkeyRecord *record = g_object_get_data(G_OBJECT(row), "what");

    g_signal_emit_by_name(self, "record-chosen", (int)latchkey_record_get_kind(record),
                          latchkey_record_get_id(record), latchkey_record_get_name(record));
}

static void on_event_chosen(LatchkeyRecordDetails *self, GtkListBoxRow *row)
{
    g_signal_emit_by_name(self, "event-chosen", g_object_get_data(G_OBJECT(row), "what"));
}

static void on_copy_id(LatchkeyRecordDetails *self)
{
    gtk_widget_activate_action(GTK_WIDGET(self), "win.copy-text", "s", self->id);
}

static void latchkey_record_details_dispose(GObject *object)
{
    LatchkeyRecordDetails *self = LATCHKEY_RECORD_DETAILS(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->store);
    G_OBJECT_CLASS(latchkey_record_details_parent_class)->dispose(object);
}

static void latchkey_record_details_finalize(GObject *object)
{
    g_object_unref(LATCHKEY_RECORD_DETAILS(object)->cancellable);
    g_free(LATCHKEY_RECORD_DETAILS(object)->id);
    G_OBJECT_CLASS(latchkey_record_details_parent_class)->finalize(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, stack);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, avatar);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, name_label);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, subtitle_label);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, gone_label);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, state_row);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, role_row);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, directory_row);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, id_row);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, json_row);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, json_view);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, related_group);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, related_list);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, history_group);
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, history_list);
}

static void latchkey_record_details_class_init(LatchkeyRecordDetailsClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);
    GType type = G_TYPE_FROM_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_JSON_VIEW);
    G_OBJECT_CLASS(class)->dispose = latchkey_record_details_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_record_details_finalize;
    g_signal_new("record-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                 G_TYPE_INT, G_TYPE_STRING, G_TYPE_STRING);
    g_signal_new("event-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                 LATCHKEY_TYPE_EVENT);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-record-details.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, on_related_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_event_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_copy_id);
}

static void latchkey_record_details_init(LatchkeyRecordDetails *self)
{
    self->cancellable = g_cancellable_new();
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_name_lists(GTK_WIDGET(self->json_row), _("Raw JSON"));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
}
