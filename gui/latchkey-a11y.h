/* Cures for what GTK 4.8 gets wrong in the accessibility tree. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* GTK leaves the pages of a stack that are not shown in the tree, where a screen reader walks into
 * them. From now on they carry the state HIDDEN. Works for GtkStack and AdwViewStack. */
void latchkey_a11y_follow_stack(GtkWidget *stack);

/* Takes one widget, with all below it, out of the tree or back in. */
void latchkey_a11y_set_hidden(GtkWidget *widget, gboolean is_hidden);

/* A button made with a mnemonic is read as "_Cancel Cancel": the same for all below widget, cured.
 */
void latchkey_a11y_cure_mnemonics(GtkWidget *widget);

/* An AdwExpanderRow is two list boxes inside, and libadwaita 1.2 names neither: all list boxes
 * below widget get this name. */
void latchkey_a11y_name_lists(GtkWidget *widget, const char *label);

/* A GtkDropDown is a button around a row, both focusable, around a list: all three get this name.
 */
void latchkey_a11y_name_drop_down(GtkDropDown *drop_down, const char *label);

/* The same for all buttons below widget that show this icon, as those that libadwaita makes. */
void latchkey_a11y_name_icons(GtkWidget *widget, const char *icon_name, const char *label);

/* An AdwPreferencesWindow has lists, an entry and tabs of its own without names; the tabs of one
 * page are not even seen. */
void latchkey_a11y_cure_preferences(AdwPreferencesWindow *window, const char *label);

/* The same of an AdwAboutWindow; its ways back are named back. */
void latchkey_a11y_cure_about(AdwAboutWindow *window, const char *label, const char *back);

/* The same of GTK's own window of shortcuts: its menu is named label, what searches in it search.
 */
void latchkey_a11y_cure_shortcuts(GtkWidget *window, const char *label, const char *search);

void latchkey_a11y_set_label(GtkWidget *widget, const char *label);
void latchkey_a11y_set_description(GtkWidget *widget, const char *description);

G_END_DECLS
