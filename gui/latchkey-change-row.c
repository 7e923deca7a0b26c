/* Signs and a line through the old value stand beside the colours: neither light nor eyes are the
 * same for everybody. */
#include "latchkey-change-row.h"

#include "latchkey-a11y.h"

#include <glib/gi18n.h>

static GtkWidget *new_label(const char *text, const char *class)
{
    GtkWidget *label = gtk_label_new(text);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
    gtk_widget_set_hexpand(label, TRUE);
    if (class != NULL)
        gtk_widget_add_css_class(label, class);
    return label;
}

/* NULL stands for "not set", which no value can be taken for: it is in words and dim. */
static GtkWidget *new_value(const char *sign, const char *value, const char *class)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *sign_label = gtk_label_new(sign);
    GtkWidget *label =
        new_label(value != NULL ? value : _("not set"), value != NULL ? class : "dim-label");

    gtk_widget_add_css_class(sign_label, "change-sign");
    gtk_widget_add_css_class(sign_label, class);
    gtk_widget_set_valign(sign_label, GTK_ALIGN_START);
    gtk_label_set_selectable(GTK_LABEL(label), value != NULL);
    gtk_box_append(GTK_BOX(box), sign_label);
    gtk_box_append(GTK_BOX(box), label);
    return box;
}

GtkWidget *latchkey_change_row_new(const LatchkeyChange *change)
{
    GtkWidget *row = adw_preferences_row_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
    g_autofree char *name = latchkey_change_label(change);
    g_autofree char *before = latchkey_change_shown_before(change);
    g_autofree char *after = latchkey_change_shown_after(change);
    g_autofree char *spoken = latchkey_change_words(change);

    gtk_widget_add_css_class(box, "change");
    gtk_box_append(GTK_BOX(box), new_label(name, "caption"));
    gtk_box_append(GTK_BOX(box), new_value("−", before, "was"));
    gtk_box_append(GTK_BOX(box), new_value("+", after, "now"));
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
    gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), FALSE);
    latchkey_a11y_set_label(row, spoken);
    return row;
}
