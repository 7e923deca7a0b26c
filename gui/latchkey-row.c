/* Cures for AdwActionRow 1.2. */
#include "latchkey-row.h"

#include "latchkey-a11y.h"

void latchkey_row_set(AdwActionRow *row, const char *text)
{
    const char *shown = text != NULL ? text : "";

    gtk_widget_set_visible(GTK_WIDGET(row), shown[0] != '\0');
    adw_action_row_set_subtitle(row, shown);
    /* The row's accessible name is its title only. */
    latchkey_a11y_set_description(GTK_WIDGET(row), shown);
}

GtkWidget *latchkey_row_new(const char *title, const char *text)
{
    GtkWidget *row = adw_action_row_new();

    /* One by one: in g_object_new() the labels learn last that their text is no markup. */
    adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 1);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 1);
    if (text != NULL) {
        adw_action_row_set_subtitle(ADW_ACTION_ROW(row), text);
        latchkey_a11y_set_description(row, text);
    }
    return row;
}
