/* Each choice is a row of words beside an array of what they stand for; the directories are read
 * anew each time that the menu is opened. */
#include "latchkey-filter-bar.h"

#include "latchkey-a11y.h"
#include "latchkey-event.h"
#include "latchkey-text.h"
#include "latchkey-toast.h"

#include <glib/gi18n.h>

enum { MAX_DIRECTORIES = 1000, N_CHOICES = 4 };

struct _LatchkeyFilterBar {
    AdwBin parent_instance;
    GtkSearchEntry *entry;
    GtkMenuButton *button;
    AdwComboRow *type_row;
    AdwComboRow *directory_row;
    AdwComboRow *organization_row;
    AdwComboRow *time_row;
    GtkWidget *summary_box;
    GtkFlowBox *chips;
    GPtrArray *types; /* char *; NULL stands for any, as in the two below */
    GPtrArray *directories;
    GPtrArray *organizations;
    gint64 range_since_ms; /* what the last choice of time_row stands for; 0: it has none */
    gint64 range_until_ms;
    guint cleared[N_CHOICES]; /* what was chosen when it was cleared last */
    char *cleared_text;       /* NULL: it never was */
    LatchkeyStore *store;
    GCancellable *cancellable;
    gboolean is_filling; /* the rows change, but not by anybody's choice */
};

G_DEFINE_FINAL_TYPE(LatchkeyFilterBar, latchkey_filter_bar, ADW_TYPE_BIN)

static const struct {
    const char *words;
    gint64 ms; /* 0: any time */
} spans[] = {
    { N_("Any time"), 0 },
    { N_("Last hour"), G_GINT64_CONSTANT(3600000) },
    { N_("Last 24 hours"), G_GINT64_CONSTANT(86400000) },
    { N_("Last 7 days"), 7 * G_GINT64_CONSTANT(86400000) },
    { N_("Last 30 days"), 30 * G_GINT64_CONSTANT(86400000) },
};

/* ---- What is chosen ---- */

static const char *chosen(AdwComboRow *row, const GPtrArray *values)
{
    guint selected = adw_combo_row_get_selected(row);

    return selected < values->len ? g_ptr_array_index(values, selected) : NULL;
}

static void read_time(LatchkeyFilterBar *self, LatchkeyEventFilter *filter, gint64 now_ms)
{
    guint selected = adw_combo_row_get_selected(self->time_row);

    if (selected < G_N_ELEMENTS(spans)) {
        filter->since_ms = spans[selected].ms != 0 ? now_ms - spans[selected].ms : 0;
        return;
    }
    filter->since_ms = self->range_since_ms;
    filter->until_ms = self->range_until_ms;
}

LatchkeyEventFilter *latchkey_filter_bar_get_filter(LatchkeyFilterBar *self, gint64 now_ms)
{
    LatchkeyEventFilter *filter = latchkey_event_filter_copy(NULL);
    g_autofree char *text = g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry)));

    g_strstrip(text);
    filter->type = g_strdup(chosen(self->type_row, self->types));
    filter->directory_id = g_strdup(chosen(self->directory_row, self->directories));
    filter->organization_id = g_strdup(chosen(self->organization_row, self->organizations));
    read_time(self, filter, now_ms);
    if (text[0] != '\0')
        filter->text = g_steal_pointer(&text);
    return filter;
}

static void on_chip(GtkWidget *chip)
{
    AdwComboRow *row = g_object_get_data(G_OBJECT(chip), "row");

    adw_combo_row_set_selected(row, 0);
}

/* A click takes the choice back. */
static void add_chip(LatchkeyFilterBar *self, AdwComboRow *row)
{
    GtkStringObject *item = adw_combo_row_get_selected_item(row);

    if (item == NULL || adw_combo_row_get_selected(row) == 0)
        return;
    const char *words = gtk_string_object_get_string(item);
    GtkWidget *chip = gtk_button_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    GtkWidget *label = gtk_label_new(words);
    g_autofree char *spoken = g_strdup_printf(_("Remove filter: %s"), words);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_label_set_max_width_chars(GTK_LABEL(label), 28);
    gtk_box_append(GTK_BOX(box), label);
    gtk_box_append(GTK_BOX(box), gtk_image_new_from_icon_name("window-close-symbolic"));
    gtk_button_set_child(GTK_BUTTON(chip), box);
    gtk_widget_set_halign(chip, GTK_ALIGN_START);
    gtk_widget_add_css_class(chip, "chip");
    gtk_widget_set_tooltip_text(chip, words);
    latchkey_a11y_set_label(chip, spoken);
    g_object_set_data(G_OBJECT(chip), "row", row);
    g_signal_connect(chip, "clicked", G_CALLBACK(on_chip), NULL);
    gtk_flow_box_insert(self->chips, chip, -1);
    /* The chip takes the focus, not the place it stands in. */
    gtk_widget_set_focusable(gtk_widget_get_parent(chip), FALSE);
}

static void show_summary(LatchkeyFilterBar *self)
{
    GtkFlowBoxChild *child = NULL;

    while ((child = gtk_flow_box_get_child_at_index(self->chips, 0)) != NULL)
        gtk_flow_box_remove(self->chips, GTK_WIDGET(child));
    add_chip(self, self->type_row);
    add_chip(self, self->directory_row);
    add_chip(self, self->organization_row);
    add_chip(self, self->time_row);
    gboolean is_filtered = gtk_flow_box_get_child_at_index(self->chips, 0) != NULL;
    gtk_widget_set_visible(self->summary_box, is_filtered);
    if (is_filtered)
        gtk_widget_add_css_class(GTK_WIDGET(self->button), "accent");
    else
        gtk_widget_remove_css_class(GTK_WIDGET(self->button), "accent");
}

static void on_chosen(LatchkeyFilterBar *self)
{
    if (self->is_filling)
        return;
    show_summary(self);
    g_signal_emit_by_name(self, "changed");
}

/* What a click on "Clear" takes away, to be given back. */
static void keep_choices(LatchkeyFilterBar *self)
{
    g_free(self->cleared_text);
    self->cleared_text = g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry)));
    self->cleared[0] = adw_combo_row_get_selected(self->type_row);
    self->cleared[1] = adw_combo_row_get_selected(self->directory_row);
    self->cleared[2] = adw_combo_row_get_selected(self->organization_row);
    self->cleared[3] = adw_combo_row_get_selected(self->time_row);
}

static void choose_all(LatchkeyFilterBar *self, const guint *choices, const char *text)
{
    self->is_filling = TRUE;
    adw_combo_row_set_selected(self->type_row, choices[0]);
    adw_combo_row_set_selected(self->directory_row, choices[1]);
    adw_combo_row_set_selected(self->organization_row, choices[2]);
    adw_combo_row_set_selected(self->time_row, choices[3]);
    gtk_editable_set_text(GTK_EDITABLE(self->entry), text);
    self->is_filling = FALSE;
    on_chosen(self);
}

void latchkey_filter_bar_clear(LatchkeyFilterBar *self)
{
    static const guint nothing[N_CHOICES] = { 0 };

    keep_choices(self);
    choose_all(self, nothing, "");
    latchkey_toast_offer(GTK_WIDGET(self), _("Filters cleared"), _("Undo"), "filter.undo", NULL);
}

static void on_undo(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyFilterBar *self = LATCHKEY_FILTER_BAR(widget);

    if (self->cleared_text != NULL)
        choose_all(self, self->cleared, self->cleared_text);
}

/* ---- What there is to choose from ---- */

static void add_choice(GtkStringList *words, GPtrArray *values, const char *word, const char *value)
{
    gtk_string_list_append(words, word);
    g_ptr_array_add(values, g_strdup(value));
}

static void fill_types(LatchkeyFilterBar *self)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new(NULL);
    const char *kind = NULL;
    const char *type = NULL;

    add_choice(words, self->types, _("All types"), NULL);
    add_choice(words, self->types, _("People"), "dsync.user.");
    add_choice(words, self->types, _("Groups and members"), "dsync.group.");
    for (guint i = 0; (type = latchkey_event_nth_type(i, &kind)) != NULL; i++)
        add_choice(words, self->types, kind, type);
    adw_combo_row_set_model(self->type_row, G_LIST_MODEL(words));
}

/* range: words for one more choice, behind the others; NULL: none. */
static void fill_times(LatchkeyFilterBar *self, const char *range)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++)
        gtk_string_list_append(words, _(spans[i].words));
    if (range != NULL)
        gtk_string_list_append(words, range);
    adw_combo_row_set_model(self->time_row, G_LIST_MODEL(words));
}

void latchkey_filter_bar_set_range(LatchkeyFilterBar *self, gint64 since_ms, gint64 until_ms,
                                   const char *words)
{
    self->is_filling = TRUE;
    self->range_since_ms = since_ms;
    self->range_until_ms = until_ms;
    fill_times(self, words);
    adw_combo_row_set_selected(self->time_row, G_N_ELEMENTS(spans));
    self->is_filling = FALSE;
    on_chosen(self);
}

/* Keeps the choice where it is still there. */
static void replace_choices(AdwComboRow *row, GPtrArray **values, GPtrArray *fresh,
                            GtkStringList *words)
{
    const char *was = chosen(row, *values);
    guint selected = 0;

    for (guint i = 1; i < fresh->len && was != NULL; i++)
        if (g_str_equal(g_ptr_array_index(fresh, i), was))
            selected = i;
    adw_combo_row_set_model(row, G_LIST_MODEL(words));
    adw_combo_row_set_selected(row, selected);
    g_ptr_array_unref(*values);
    *values = fresh;
}

static void fill_directories(LatchkeyFilterBar *self, const lk_directory_page *page)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new(NULL);
    g_autoptr(GtkStringList) organization_words = gtk_string_list_new(NULL);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *directories = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *organizations = g_ptr_array_new_with_free_func(g_free);

    add_choice(words, directories, _("All directories"), NULL);
    add_choice(organization_words, organizations, _("All organizations"), NULL);
    for (size_t i = 0; i < page->count; i++) {
        const lk_directory *directory = page->items[i];
        const char *organization_id = directory->organization_id;
        g_autofree char *name =
            latchkey_text_clean(directory->name != NULL ? directory->name : directory->id);
        add_choice(words, directories, name, directory->id);
        if (organization_id != NULL && g_hash_table_add(seen, (gpointer)organization_id))
            add_choice(organization_words, organizations, organization_id, organization_id);
    }
    self->is_filling = TRUE;
    replace_choices(self->directory_row, &self->directories, directories, words);
    replace_choices(self->organization_row, &self->organizations, organizations,
                    organization_words);
    self->is_filling = FALSE;
}

static gpointer read_directories(lk_mirror *mirror, gpointer data, lk_error *err)
{
    (void)data;
    lk_directory_page *page = NULL;

    return lk_mirror_list_directories(mirror, LK_MIRROR_QUERY(.limit = MAX_DIRECTORIES), &page,
                                      err) == LK_OK
               ? page
               : NULL;
}

static void page_free(gpointer data)
{
    lk_directory_page_free(data);
}

static void on_directories(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyFilterBar) self = data;
    g_autoptr(GError) error = NULL;
    lk_auto(lk_directory_page) page = latchkey_store_read_finish(result, &error);

    if (page != NULL)
        fill_directories(self, page);
    else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_warning("directories: %s", error->message);
}

static void on_opened(LatchkeyFilterBar *self)
{
    if (self->store != NULL)
        latchkey_store_read_async(self->store, read_directories, NULL, NULL, page_free,
                                  self->cancellable, on_directories, g_object_ref(self));
}

/* ---- The widget ---- */

static void on_stop_search(LatchkeyFilterBar *self)
{
    gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
}

/* FALSE: there is nothing to clear, so the key is somebody else's. */
static gboolean on_escape(GtkWidget *widget, GVariant *arguments, gpointer data)
{
    (void)widget, (void)arguments;
    LatchkeyFilterBar *self = data;

    if (gtk_editable_get_text(GTK_EDITABLE(self->entry))[0] == '\0')
        return FALSE;
    on_stop_search(self);
    return TRUE;
}

static void latchkey_filter_bar_dispose(GObject *object)
{
    LatchkeyFilterBar *self = LATCHKEY_FILTER_BAR(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->store);
    G_OBJECT_CLASS(latchkey_filter_bar_parent_class)->dispose(object);
}

static void latchkey_filter_bar_finalize(GObject *object)
{
    LatchkeyFilterBar *self = LATCHKEY_FILTER_BAR(object);

    g_object_unref(self->cancellable);
    g_ptr_array_unref(self->types);
    g_ptr_array_unref(self->directories);
    g_ptr_array_unref(self->organizations);
    g_free(LATCHKEY_FILTER_BAR(object)->cleared_text);
    G_OBJECT_CLASS(latchkey_filter_bar_parent_class)->finalize(object);
}

static void latchkey_filter_bar_class_init(LatchkeyFilterBarClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_filter_bar_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_filter_bar_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-filter-bar.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, entry);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, type_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, directory_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, organization_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, time_row);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, summary_box);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, chips);
    gtk_widget_class_bind_template_callback(widget_class, on_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_opened);
    gtk_widget_class_bind_template_callback(widget_class, on_stop_search);
    gtk_widget_class_bind_template_callback(widget_class, latchkey_filter_bar_clear);
    gtk_widget_class_install_action(widget_class, "filter.undo", NULL, on_undo);
}

static void latchkey_filter_bar_init(LatchkeyFilterBar *self)
{
    const lk_directory_page none = { 0 };

    self->cancellable = g_cancellable_new();
    self->types = g_ptr_array_new_with_free_func(g_free);
    self->directories = g_ptr_array_new_with_free_func(g_free);
    self->organizations = g_ptr_array_new_with_free_func(g_free);
    self->is_filling = TRUE;
    gtk_widget_init_template(GTK_WIDGET(self));
    fill_types(self);
    fill_times(self, NULL);
    fill_directories(self, &none);
    latchkey_a11y_name_lists(GTK_WIDGET(self->type_row), _("Type"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->directory_row), _("Directory"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->organization_row), _("Organization"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->time_row), _("Time"));
    show_summary(self);
}

void latchkey_filter_bar_set_store(LatchkeyFilterBar *self, LatchkeyStore *store)
{
    g_set_object(&self->store, store);
}

void latchkey_filter_bar_capture_keys(LatchkeyFilterBar *self, GtkWidget *widget)
{
    GtkEventController *controller = gtk_shortcut_controller_new();

    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(controller),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                         gtk_callback_action_new(on_escape, self, NULL)));
    gtk_widget_add_controller(widget, controller);
    gtk_search_entry_set_key_capture_widget(self->entry, widget);
}

void latchkey_filter_bar_focus(LatchkeyFilterBar *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}
