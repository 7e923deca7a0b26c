/* Two reads on a thread: the record with its memberships, which take no time, and its history,
 * which may. Each answer belongs to the record that was asked for last, or is cancelled. */
#include "latchkey-record-details.h"

#include "latchkey-a11y.h"
#include "latchkey-history.h"
#include "latchkey-json-view.h"
#include "latchkey-record-reader.h"
#include "latchkey-row.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>
#include <string.h>

struct _LatchkeyRecordDetails {
    AdwBin parent_instance;
    GtkStack *stack;
    AdwAvatar *avatar;
    GtkLabel *name_label;
    GtkLabel *subtitle_label;
    GtkLabel *gone_label;
    AdwActionRow *deleted_row;
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
    char *id; /* NULL: nothing is shown yet */
    gint64 at_ms;
};

G_DEFINE_FINAL_TYPE(LatchkeyRecordDetails, latchkey_record_details, ADW_TYPE_BIN)

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

/* related NULL: not known yet. */
static void show_related(LatchkeyRecordDetails *self, GPtrArray *related, gboolean is_deleted)
{
    const char *note = is_deleted ? _("As they were until then.") : NULL;

    empty(self->related_list);
    for (guint i = 0; related != NULL && i < related->len; i++) {
        LatchkeyRecord *record = g_ptr_array_index(related, i);
        gtk_list_box_append(self->related_list,
                            new_row(latchkey_record_get_name(record),
                                    latchkey_record_get_subtitle(record), G_OBJECT(record)));
    }
    adw_preferences_group_set_title(
        self->related_group, self->kind == LATCHKEY_RECORD_PERSON ? _("Groups") : _("Members"));
    adw_preferences_group_set_description(self->related_group,
                                          related != NULL && related->len == LATCHKEY_MAX_RELATED
                                              ? _("The first 200 are shown.")
                                              : note);
    gtk_widget_set_visible(GTK_WIDGET(self->related_group), related != NULL && related->len > 0);
}

/* What is missing at its far end. */
static const char *history_note(GPtrArray *steps)
{
    const LatchkeyHistoryStep *oldest = g_ptr_array_index(steps, steps->len - 1);

    if (steps->len == LATCHKEY_MAX_HISTORY)
        return _("The newest 50 are shown.");
    return g_str_has_suffix(latchkey_event_get_type_name(oldest->event), ".created")
               ? NULL
               : _("What was before is not kept here.");
}

/* steps NULL: not known yet. */
static void show_history(LatchkeyRecordDetails *self, GPtrArray *steps)
{
    gint64 now_ms = g_get_real_time() / 1000;
    gboolean has_any = steps != NULL && steps->len > 0;

    empty(self->history_list);
    for (guint i = 0; has_any && i < steps->len; i++) {
        const LatchkeyHistoryStep *step = g_ptr_array_index(steps, i);
        g_autofree char *words = latchkey_history_step_words(step, now_ms);
        GtkWidget *row =
            new_row(latchkey_event_get_title(step->event), words, G_OBJECT(step->event));
        adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
        gtk_list_box_append(self->history_list, row);
    }
    adw_preferences_group_set_description(self->history_group,
                                          has_any ? history_note(steps) : NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->history_group), has_any);
}

/* ---- What was read ---- */

static void read_later(LatchkeyRecordDetails *self, LatchkeyStoreRead *read,
                       GDestroyNotify result_free, const char *directory_id,
                       GAsyncReadyCallback callback)
{
    LatchkeyRecordWanted *wanted = g_new0(LatchkeyRecordWanted, 1);

    wanted->kind = self->kind;
    wanted->id = g_strdup(self->id);
    wanted->directory_id = g_strdup(directory_id);
    wanted->at_ms = self->at_ms;
    latchkey_store_read_async(self->store, read, wanted, latchkey_record_wanted_free, result_free,
                              self->cancellable, callback, g_object_ref(self));
}

static void array_free(gpointer array)
{
    g_ptr_array_unref(array);
}

static void on_history(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRecordDetails) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) steps = latchkey_store_read_finish(result, &error);

    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        show_history(self, steps);
}

static void show_record(LatchkeyRecordDetails *self, LatchkeyRecord *record)
{
    const char *json = latchkey_record_get_json(record);
    const char *name = latchkey_record_get_name(record);
    const char *directory_id = latchkey_record_get_directory_id(record);
    const char *directory_name = latchkey_store_get_directory_name(self->store, directory_id);
    g_autofree char *place =
        latchkey_text_clean(directory_name != NULL ? directory_name : directory_id);
    gint64 deleted_at_ms = latchkey_record_get_deleted_at_ms(record);
    g_autofree char *deleted = deleted_at_ms != 0 ? latchkey_text_full_time(deleted_at_ms) : NULL;

    adw_avatar_set_text(self->avatar, name);
    gtk_label_set_text(self->name_label, name);
    gtk_label_set_text(self->subtitle_label, latchkey_record_get_subtitle(record));
    latchkey_row_set(self->deleted_row, deleted);
    latchkey_row_set(self->state_row, latchkey_record_get_state(record));
    latchkey_row_set(self->role_row, latchkey_record_get_role(record));
    latchkey_row_set(self->directory_row, place);
    latchkey_json_view_set_json(self->json_view, json, json != NULL ? strlen(json) : 0);
    gtk_widget_set_visible(GTK_WIDGET(self->json_row),
                           json != NULL && !latchkey_settings_get_masks());
}

/* record NULL: it was not, as far as is known. */
static void show_absence(LatchkeyRecordDetails *self, LatchkeyRecord *record)
{
    gtk_label_set_text(self->gone_label,
                       record == NULL && self->at_ms != 0
                           ? _("Not in the directory at that time, as far as is known")
                           : _("Not in the directory any more"));
    gtk_widget_set_visible(GTK_WIDGET(self->gone_label),
                           record == NULL || latchkey_record_get_deleted_at_ms(record) != 0);
}

static void on_record(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyRecordDetails) self = data;
    g_autoptr(GError) error = NULL;
    LatchkeyRecordFound *found = latchkey_store_read_finish(result, &error);
    LatchkeyRecord *record = found != NULL ? found->record : NULL;

    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    show_absence(self, record);
    if (record != NULL)
        show_record(self, record);
    show_related(self, found != NULL ? found->related : NULL,
                 record != NULL && latchkey_record_get_deleted_at_ms(record) != 0);
    read_later(self, latchkey_record_read_history, array_free,
               record != NULL ? latchkey_record_get_directory_id(record) : NULL, on_history);
    if (found != NULL)
        latchkey_record_found_free(found);
}

static void read_anew(LatchkeyRecordDetails *self)
{
    g_cancellable_cancel(self->cancellable);
    g_object_unref(self->cancellable);
    self->cancellable = g_cancellable_new();
    read_later(self, latchkey_record_read, latchkey_record_found_free, NULL, on_record);
}

static void forget(LatchkeyRecordDetails *self)
{
    gtk_label_set_text(self->subtitle_label, "");
    latchkey_row_set(self->deleted_row, NULL);
    latchkey_row_set(self->state_row, NULL);
    latchkey_row_set(self->role_row, NULL);
    latchkey_row_set(self->directory_row, NULL);
    gtk_widget_set_visible(GTK_WIDGET(self->json_row), FALSE);
    gtk_widget_set_visible(GTK_WIDGET(self->gone_label), FALSE);
    show_related(self, NULL, FALSE);
    show_history(self, NULL);
}

void latchkey_record_details_show(LatchkeyRecordDetails *self, LatchkeyStore *store,
                                  LatchkeyRecordKind kind, const char *id, const char *name)
{
    g_autofree char *clean = latchkey_text_clean(name != NULL ? name : id);
    g_autofree char *copy = g_strdup(id);

    g_set_object(&self->store, store);
    g_free(self->id);
    self->id = g_steal_pointer(&copy);
    self->kind = kind;
    adw_avatar_set_text(self->avatar, clean);
    adw_avatar_set_icon_name(self->avatar,
                             kind == LATCHKEY_RECORD_GROUP ? "system-users-symbolic" : NULL);
    adw_avatar_set_show_initials(self->avatar, kind == LATCHKEY_RECORD_PERSON);
    gtk_label_set_text(self->name_label, clean);
    latchkey_row_set(self->id_row, self->id);
    forget(self);
    gtk_stack_set_visible_child_name(self->stack, "record");
    read_anew(self);
}

void latchkey_record_details_set_moment(LatchkeyRecordDetails *self, gint64 at_ms)
{
    if (at_ms == self->at_ms)
        return;
    self->at_ms = at_ms;
    if (self->id == NULL)
        return;
    forget(self);
    read_anew(self);
}

const char *latchkey_record_details_get_id(LatchkeyRecordDetails *self)
{
    return self->id;
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
    gtk_widget_class_bind_template_child(class, LatchkeyRecordDetails, deleted_row);
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
