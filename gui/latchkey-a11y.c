/* The state of hidden pages, and names for what has none. */
#include "latchkey-a11y.h"

static void update(GtkWidget *stack)
{
    g_autoptr(GtkWidget) shown = NULL;

    g_object_get(stack, "visible-child", &shown, NULL);
    for (GtkWidget *page = gtk_widget_get_first_child(stack); page != NULL;
         page = gtk_widget_get_next_sibling(page))
        latchkey_a11y_set_hidden(page, page != shown);
}

void latchkey_a11y_set_hidden(GtkWidget *widget, gboolean is_hidden)
{
    if (is_hidden)
        gtk_accessible_update_state(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_STATE_HIDDEN, TRUE, -1);
    else
        gtk_accessible_reset_state(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_STATE_HIDDEN);
}

void latchkey_a11y_follow_stack(GtkWidget *stack)
{
    g_signal_connect(stack, "notify::visible-child", G_CALLBACK(update), NULL);
    update(stack);
}

void latchkey_a11y_set_label(GtkWidget *widget, const char *label)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                   -1);
}

void latchkey_a11y_set_description(GtkWidget *widget, const char *description)
{
    gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                   description, -1);
}

void latchkey_a11y_cure_mnemonics(GtkWidget *widget)
{
    if (GTK_IS_BUTTON(widget) && gtk_button_get_use_underline(GTK_BUTTON(widget)) &&
        gtk_button_get_label(GTK_BUTTON(widget)) != NULL)
        gtk_accessible_reset_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL);
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        latchkey_a11y_cure_mnemonics(child);
}

void latchkey_a11y_name_lists(GtkWidget *widget, const char *label)
{
    if (GTK_IS_LIST_BOX(widget) || GTK_IS_LIST_VIEW(widget))
        latchkey_a11y_set_label(widget, label);
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        latchkey_a11y_name_lists(child, label);
}

void latchkey_a11y_name_icons(GtkWidget *widget, const char *icon_name, const char *label)
{
    if (GTK_IS_BUTTON(widget) &&
        g_strcmp0(gtk_button_get_icon_name(GTK_BUTTON(widget)), icon_name) == 0) {
        latchkey_a11y_set_label(widget, label);
        gtk_widget_set_tooltip_text(widget, label);
    }
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        latchkey_a11y_name_icons(child, icon_name, label);
}

static void name_focusable(GtkWidget *widget, const char *label)
{
    if (gtk_widget_get_focusable(widget))
        latchkey_a11y_set_label(widget, label);
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        name_focusable(child, label);
}

void latchkey_a11y_name_drop_down(GtkDropDown *drop_down, const char *label)
{
    name_focusable(gtk_widget_get_first_child(GTK_WIDGET(drop_down)), label);
    latchkey_a11y_name_lists(GTK_WIDGET(drop_down), label);
}

static void cure_below(GtkWidget *widget, const char *label)
{
    if (GTK_IS_SEARCH_ENTRY(widget) || GTK_IS_LIST_BOX(widget))
        latchkey_a11y_set_label(widget, label);
    if (ADW_IS_VIEW_SWITCHER(widget) || ADW_IS_VIEW_SWITCHER_BAR(widget))
        latchkey_a11y_set_hidden(widget, TRUE);
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        cure_below(child, label);
}

void latchkey_a11y_cure_preferences(AdwPreferencesWindow *window, const char *label)
{
    cure_below(GTK_WIDGET(window), label);
}

/* Pages are numbered with a mnemonic, which is read, too: "_1". */
static void name_menus_and_pages(GtkWidget *widget, const char *label)
{
    GtkWidget *inside = gtk_widget_get_first_child(widget);

    if (GTK_IS_MENU_BUTTON(widget))
        latchkey_a11y_set_label(widget, label);
    if (GTK_IS_TOGGLE_BUTTON(widget) && GTK_IS_LABEL(inside))
        latchkey_a11y_set_label(widget, gtk_label_get_text(GTK_LABEL(inside)));
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        name_menus_and_pages(child, label);
}

void latchkey_a11y_cure_shortcuts(GtkWidget *window, const char *label, const char *search)
{
    cure_below(window, search);
    latchkey_a11y_name_icons(window, "edit-find-symbolic", search);
    name_menus_and_pages(window, label);
}

static gboolean is_nameless(GtkWidget *widget)
{
    if (GTK_IS_TEXT_VIEW(widget))
        return TRUE;
    return GTK_IS_BUTTON(widget) && gtk_button_get_label(GTK_BUTTON(widget)) == NULL &&
           gtk_widget_get_ancestor(widget, GTK_TYPE_WINDOW_CONTROLS) == NULL;
}

static void name_nameless(GtkWidget *widget, const char *label)
{
    const char *tooltip = gtk_widget_get_tooltip_text(widget);

    if (is_nameless(widget))
        latchkey_a11y_set_label(widget, tooltip != NULL ? tooltip : label);
    for (GtkWidget *child = gtk_widget_get_first_child(widget); child != NULL;
         child = gtk_widget_get_next_sibling(child))
        name_nameless(child, label);
}

void latchkey_a11y_cure_about(AdwAboutWindow *window, const char *label, const char *back)
{
    latchkey_a11y_cure_mnemonics(GTK_WIDGET(window));
    cure_below(GTK_WIDGET(window), label);
    name_nameless(GTK_WIDGET(window), label);
    latchkey_a11y_name_icons(GTK_WIDGET(window), "go-previous-symbolic", back);
}
