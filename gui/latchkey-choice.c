/* The row's model and the values change together. */
#include "latchkey-choice.h"

void latchkey_choice_init(LatchkeyChoice *self, AdwComboRow *row, const char *any)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new((const char *[]){ any, NULL });

    self->row = row;
    self->values = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(self->values, NULL);
    adw_combo_row_set_model(row, G_LIST_MODEL(words));
}

void latchkey_choice_clear(LatchkeyChoice *self)
{
    g_clear_pointer(&self->values, g_ptr_array_unref);
}

static GtkStringList *words_of(LatchkeyChoice *self)
{
    return GTK_STRING_LIST(adw_combo_row_get_model(self->row));
}

/* 0: it is not there. */
static guint find(const LatchkeyChoice *self, const char *value)
{
    for (guint i = 1; i < self->values->len; i++)
        if (g_strcmp0(g_ptr_array_index(self->values, i), value) == 0)
            return i;
    return 0;
}

void latchkey_choice_add(LatchkeyChoice *self, const char *words, const char *value)
{
    if (find(self, value) != 0)
        return;
    g_ptr_array_add(self->values, g_strdup(value));
    gtk_string_list_append(words_of(self), words);
}

void latchkey_choice_begin_anew(LatchkeyChoice *self)
{
    guint chosen = adw_combo_row_get_selected(self->row);

    for (guint i = self->values->len - 1; i > 0; i--)
        if (i != chosen) {
            g_ptr_array_remove_index(self->values, i);
            gtk_string_list_remove(words_of(self), i);
        }
}

const char *latchkey_choice_get(const LatchkeyChoice *self)
{
    guint selected = adw_combo_row_get_selected(self->row);

    return selected < self->values->len ? g_ptr_array_index(self->values, selected) : NULL;
}

void latchkey_choice_set(LatchkeyChoice *self, const char *value, const char *words)
{
    if (value != NULL)
        latchkey_choice_add(self, words != NULL ? words : value, value);
    adw_combo_row_set_selected(self->row, value != NULL ? find(self, value) : 0);
}
