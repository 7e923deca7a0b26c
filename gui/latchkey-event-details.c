/* Rows are hidden where an event has nothing to say in them. Everything is plain text
 * (latchkey-event-details.ui: use-markup FALSE on each row). */
#include "latchkey-event-details.h"

#include "latchkey-a11y.h"
#include "latchkey-change-row.h"
#include "latchkey-event-row.h"
#include "latchkey-json-view.h"
#include "latchkey-record.h"
#include "latchkey-row.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"
#include "latchkey-toast.h"

#include <glib/gi18n.h>

struct _LatchkeyEventDetails {
    AdwBin parent_instance;
    GtkStack *stack;
    GtkImage *icon;
    GtkLabel *title_label;
    GtkLabel *subtitle_label;
    AdwPreferencesGroup *changes_group;
    GtkListBox *changes_list;
    AdwActionRow *person_row;
    AdwActionRow *group_row;
    AdwActionRow *directory_row;
    AdwActionRow *organization_row;
    AdwActionRow *time_row;
    AdwActionRow *type_row;
    AdwActionRow *id_row;
    AdwExpanderRow *json_row;
    LatchkeyJsonView *json_view;
    LatchkeyEvent *event; /* NULL: none */
    const char *tone;
};

G_DEFINE_FINAL_TYPE(LatchkeyEventDetails, latchkey_event_details, ADW_TYPE_BIN)

static const char *or_id(const char *name, const char *id)
{
    return name != NULL && name[0] != '\0' ? name : id;
}

static void show_head(LatchkeyEventDetails *self)
{
    gtk_image_set_from_icon_name(self->icon, latchkey_event_get_icon_name(self->event));
    if (self->tone != NULL)
        gtk_widget_remove_css_class(GTK_WIDGET(self->icon), self->tone);
    self->tone = latchkey_event_get_tone(self->event);
    gtk_widget_add_css_class(GTK_WIDGET(self->icon), self->tone);
    gtk_label_set_text(self->title_label, latchkey_event_get_title(self->event));
    gtk_label_set_text(self->subtitle_label, latchkey_event_get_subtitle(self->event));
}

static void show_changes(LatchkeyEventDetails *self, const char *json, gsize len)
{
    g_autoptr(GPtrArray) changes = latchkey_changes_read(json, len);
    GtkListBoxRow *row = NULL;

    while ((row = gtk_list_box_get_row_at_index(self->changes_list, 0)) != NULL)
        gtk_list_box_remove(self->changes_list, GTK_WIDGET(row));
    for (guint i = 0; i < changes->len; i++)
        gtk_list_box_append(self->changes_list,
                            latchkey_change_row_new(g_ptr_array_index(changes, i)));
    gtk_widget_set_visible(GTK_WIDGET(self->changes_group), changes->len > 0);
}

static void show_rows(LatchkeyEventDetails *self)
{
    LatchkeyEvent *event = self->event;
    g_autofree char *time = latchkey_text_full_time(latchkey_event_get_created_at_ms(event));

    latchkey_row_set(self->person_row,
                     or_id(latchkey_event_get_user_name(event), latchkey_event_get_user_id(event)));
    latchkey_row_set(self->group_row, or_id(latchkey_event_get_group_name(event),
                                            latchkey_event_get_group_id(event)));
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(self->person_row),
                                     latchkey_event_get_user_id(event) != NULL);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(self->group_row),
                                     latchkey_event_get_group_id(event) != NULL);
    latchkey_row_set(self->directory_row, latchkey_event_get_place(event));
    latchkey_row_set(self->organization_row, latchkey_event_get_organization_id(event));
    latchkey_row_set(self->time_row, time);
    latchkey_row_set(self->type_row, latchkey_event_get_type_name(event));
    latchkey_row_set(self->id_row, latchkey_event_get_id(event));
}

static void show_json(LatchkeyEventDetails *self)
{
    gsize len = 0;
    const char *json = latchkey_event_get_json(self->event, &len);

    gtk_widget_set_visible(GTK_WIDGET(self->json_row),
                           json != NULL && !latchkey_settings_get_masks());
    /* Laid out only for who looks at it: a long one takes its time. */
    if (json != NULL && adw_expander_row_get_expanded(self->json_row))
        latchkey_json_view_set_json(self->json_view, json, len);
}

void latchkey_event_details_set_event(LatchkeyEventDetails *self, LatchkeyEvent *event)
{
    if (!g_set_object(&self->event, event))
        return;
    gtk_stack_set_visible_child_name(self->stack, event != NULL ? "event" : "none");
    latchkey_event_details_refresh(self);
}

void latchkey_event_details_refresh(LatchkeyEventDetails *self)
{
    gsize len = 0;

    if (self->event == NULL)
        return;
    const char *json = latchkey_event_get_json(self->event, &len);
    show_head(self);
    show_changes(self, json != NULL ? json : "", len);
    show_rows(self);
    show_json(self);
}

LatchkeyEvent *latchkey_event_details_get_event(LatchkeyEventDetails *self)
{
    return self->event;
}

static void copy(LatchkeyEventDetails *self, const char *text)
{
    if (text != NULL)
        gtk_widget_activate_action(GTK_WIDGET(self), "win.copy-text", "s", text);
}

static void on_copy_id(LatchkeyEventDetails *self)
{
    copy(self, latchkey_event_get_id(self->event));
}

static void on_copy_organization(LatchkeyEventDetails *self)
{
    copy(self, latchkey_event_get_organization_id(self->event));
}

/* Masked, there are no names to be had this way either. */
void latchkey_event_details_copy_json(LatchkeyEventDetails *self)
{
    gsize len = 0;
    const char *json = self->event != NULL ? latchkey_event_get_json(self->event, &len) : NULL;
    g_autofree char *valid = json != NULL ? g_utf8_make_valid(json, (gssize)len) : NULL;

    if (valid != NULL && latchkey_settings_get_masks())
        latchkey_toast_show(GTK_WIDGET(self), _("Personal data is masked: nothing was copied"));
    else
        copy(self, valid);
}

void latchkey_event_details_copy_text(LatchkeyEventDetails *self)
{
    g_autofree char *text = self->event != NULL ? latchkey_event_row_text(self->event) : NULL;

    copy(self, text);
}

static void on_person_activated(LatchkeyEventDetails *self)
{
    g_signal_emit_by_name(self, "record-chosen", (int)LATCHKEY_RECORD_PERSON,
                          latchkey_event_get_user_id(self->event),
                          latchkey_event_get_user_name(self->event));
}

static void on_group_activated(LatchkeyEventDetails *self)
{
    g_signal_emit_by_name(self, "record-chosen", (int)LATCHKEY_RECORD_GROUP,
                          latchkey_event_get_group_id(self->event),
                          latchkey_event_get_group_name(self->event));
}

static void latchkey_event_details_dispose(GObject *object)
{
    g_clear_object(&LATCHKEY_EVENT_DETAILS(object)->event);
    G_OBJECT_CLASS(latchkey_event_details_parent_class)->dispose(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, stack);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, icon);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, title_label);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, subtitle_label);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, changes_group);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, changes_list);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, person_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, group_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, directory_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, organization_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, time_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, type_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, id_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, json_row);
    gtk_widget_class_bind_template_child(class, LatchkeyEventDetails, json_view);
}

static void latchkey_event_details_class_init(LatchkeyEventDetailsClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_JSON_VIEW);
    G_OBJECT_CLASS(class)->dispose = latchkey_event_details_dispose;
    g_signal_new("record-chosen", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 3, G_TYPE_INT, G_TYPE_STRING, G_TYPE_STRING);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-event-details.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, show_json);
    gtk_widget_class_bind_template_callback(widget_class, on_copy_id);
    gtk_widget_class_bind_template_callback(widget_class, on_copy_organization);
    gtk_widget_class_bind_template_callback(widget_class, latchkey_event_details_copy_json);
    gtk_widget_class_bind_template_callback(widget_class, on_person_activated);
    gtk_widget_class_bind_template_callback(widget_class, on_group_activated);
}

static void latchkey_event_details_init(LatchkeyEventDetails *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_name_lists(GTK_WIDGET(self->json_row), _("Raw JSON"));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->stack));
}
