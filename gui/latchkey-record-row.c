/* Plain labels only: no text of a row is ever taken for markup. */
#include "latchkey-record-row.h"

#include "latchkey-text.h"

#include <glib/gi18n.h>

struct _LatchkeyRecordRow {
    AdwBin parent_instance;
    AdwAvatar *avatar;
    GtkLabel *name_label;
    GtkLabel *line_label;
};

G_DEFINE_FINAL_TYPE(LatchkeyRecordRow, latchkey_record_row, ADW_TYPE_BIN)

/* E-mail or members, then what is out of the ordinary. */
static char *line_of(LatchkeyRecord *record, gint64 now_ms)
{
    const char *state = latchkey_record_get_state(record);
    gint64 deleted_at_ms = latchkey_record_get_deleted_at_ms(record);
    g_autoptr(GPtrArray) parts = g_ptr_array_new();
    g_autofree char *time = latchkey_text_time(deleted_at_ms, now_ms);
    g_autofree char *deleted = g_strdup_printf(_("Deleted %s"), time);

    if (latchkey_record_get_subtitle(record)[0] != '\0')
        g_ptr_array_add(parts, (gpointer)latchkey_record_get_subtitle(record));
    if (deleted_at_ms != 0)
        g_ptr_array_add(parts, deleted);
    else if (state[0] != '\0' && !g_str_equal(state, "active"))
        g_ptr_array_add(parts, (gpointer)state);
    g_ptr_array_add(parts, NULL);
    return g_strjoinv(" · ", (char **)parts->pdata);
}

static void set_class(GtkWidget *widget, const char *name, gboolean is_set)
{
    if (is_set)
        gtk_widget_add_css_class(widget, name);
    else
        gtk_widget_remove_css_class(widget, name);
}

void latchkey_record_row_set_record(LatchkeyRecordRow *self, LatchkeyRecord *record, gint64 now_ms)
{
    gboolean is_person = latchkey_record_get_kind(record) == LATCHKEY_RECORD_PERSON;
    gboolean is_deleted = latchkey_record_get_deleted_at_ms(record) != 0;
    g_autofree char *line = line_of(record, now_ms);

    adw_avatar_set_text(self->avatar, latchkey_record_get_name(record));
    adw_avatar_set_show_initials(self->avatar, is_person);
    adw_avatar_set_icon_name(self->avatar, is_person ? NULL : "system-users-symbolic");
    gtk_label_set_text(self->name_label, latchkey_record_get_name(record));
    gtk_label_set_text(self->line_label, line);
    set_class(GTK_WIDGET(self), "deleted", is_deleted);
    set_class(GTK_WIDGET(self->name_label), "dim-label", is_deleted);
}

char *latchkey_record_row_spoken(LatchkeyRecord *record, gint64 now_ms)
{
    g_autofree char *line = line_of(record, now_ms);

    return g_strdup_printf("%s, %s", latchkey_record_get_name(record), line);
}

static GtkLabel *new_label(GtkWidget *box)
{
    GtkWidget *label = gtk_label_new(NULL);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_box_append(GTK_BOX(box), label);
    return GTK_LABEL(label);
}

static void latchkey_record_row_class_init(LatchkeyRecordRowClass *class)
{
    gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "recordrow");
}

static void latchkey_record_row_init(LatchkeyRecordRow *self)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *words = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);

    self->avatar = ADW_AVATAR(adw_avatar_new(32, NULL, TRUE));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(self->avatar));
    gtk_box_append(GTK_BOX(box), words);
    self->name_label = new_label(words);
    self->line_label = new_label(words);
    gtk_widget_set_hexpand(words, TRUE);
    gtk_widget_set_valign(words, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(GTK_WIDGET(self->line_label), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(self->line_label), "caption");
    adw_bin_set_child(ADW_BIN(self), box);
}

GtkWidget *latchkey_record_row_new(void)
{
    return g_object_new(LATCHKEY_TYPE_RECORD_ROW, NULL);
}
