/* The rows of the menu are the filter; the directories in them are read anew each time that the
 * menu is opened. */
#include "latchkey-filter-bar.h"

#include "latchkey-a11y.h"
#include "latchkey-activity.h"
#include "latchkey-choice.h"
#include "latchkey-event.h"
#include "latchkey-saved-list.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"
#include "latchkey-toast.h"

#include <glib/gi18n.h>

enum { MAX_DIRECTORIES = 1000 };

struct _LatchkeyFilterBar {
    AdwBin parent_instance;
    GtkSearchEntry *entry;
    GtkMenuButton *button;
    AdwComboRow *type_row;
    AdwComboRow *directory_row;
    AdwComboRow *organization_row;
    AdwComboRow *time_row;
    LatchkeySavedList *saved_list;
    GtkWidget *summary_box;
    GtkFlowBox *chips;
    LatchkeyChoice type;
    LatchkeyChoice directory;
    LatchkeyChoice organization;
    gint64 range_since_ms; /* what the last choice of time_row stands for; 0: it has none */
    gint64 range_until_ms;
    LatchkeyEventFilter *cleared; /* what was cleared last; NULL: nothing yet */
    LatchkeySavedFilters *saved;  /* NULL: none are kept */
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

static void read_time(LatchkeyFilterBar *self, LatchkeyEventFilter *filter, gint64 now_ms)
{
    guint selected = adw_combo_row_get_selected(self->time_row);

    if (selected < G_N_ELEMENTS(spans)) {
        filter->span_ms = spans[selected].ms;
        filter->since_ms = filter->span_ms != 0 ? now_ms - filter->span_ms : 0;
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
    filter->type = g_strdup(latchkey_choice_get(&self->type));
    filter->directory_id = g_strdup(latchkey_choice_get(&self->directory));
    filter->organization_id = g_strdup(latchkey_choice_get(&self->organization));
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

static gboolean has_text(LatchkeyFilterBar *self)
{
    return gtk_editable_get_text(GTK_EDITABLE(self->entry))[0] != '\0';
}

static void on_chosen(LatchkeyFilterBar *self)
{
    if (self->is_filling)
        return;
    show_summary(self);
    latchkey_saved_list_set_can_save(self->saved_list,
                                     has_text(self) || gtk_widget_get_visible(self->summary_box));
    g_signal_emit_by_name(self, "changed");
}

/* ---- What there is to choose from ---- */

static void fill_types(LatchkeyFilterBar *self)
{
    const char *kind = NULL;
    const char *type = NULL;

    latchkey_choice_init(&self->type, self->type_row, _("All types"));
    latchkey_choice_add(&self->type, _("People"), "dsync.user.");
    latchkey_choice_add(&self->type, _("Groups and members"), "dsync.group.");
    for (guint i = 0; (type = latchkey_event_nth_type(i, &kind)) != NULL; i++)
        latchkey_choice_add(&self->type, kind, type);
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

static void choose_range(LatchkeyFilterBar *self, gint64 since_ms, gint64 until_ms,
                         const char *words)
{
    self->range_since_ms = since_ms;
    self->range_until_ms = until_ms;
    fill_times(self, words);
    adw_combo_row_set_selected(self->time_row, G_N_ELEMENTS(spans));
}

void latchkey_filter_bar_set_range(LatchkeyFilterBar *self, gint64 since_ms, gint64 until_ms,
                                   const char *words)
{
    self->is_filling = TRUE;
    choose_range(self, since_ms, until_ms, words);
    self->is_filling = FALSE;
    on_chosen(self);
}

void latchkey_filter_bar_set_type(LatchkeyFilterBar *self, const char *type)
{
    latchkey_choice_set(&self->type, type, NULL);
}

static void fill_directories(LatchkeyFilterBar *self, const lk_directory_page *page)
{
    self->is_filling = TRUE;
    latchkey_choice_begin_anew(&self->directory);
    latchkey_choice_begin_anew(&self->organization);
    for (size_t i = 0; i < page->count; i++) {
        const lk_directory *directory = page->items[i];
        g_autofree char *name =
            latchkey_text_clean(directory->name != NULL ? directory->name : directory->id);
        latchkey_choice_add(&self->directory, name, directory->id);
        if (directory->organization_id != NULL)
            latchkey_choice_add(&self->organization, directory->organization_id,
                                directory->organization_id);
    }
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

/* ---- Another filter ---- */

static void set_time(LatchkeyFilterBar *self, const LatchkeyEventFilter *filter)
{
    const LatchkeyActivityBar range = { .since_ms = filter->since_ms,
                                        .until_ms = filter->until_ms };
    g_autoptr(GTimeZone) zone = latchkey_settings_get_zone();
    guint chosen = 0;

    if (filter->until_ms != 0) {
        g_autofree char *words = latchkey_activity_time_words(&range, zone);
        choose_range(self, filter->since_ms, filter->until_ms, words);
        return;
    }
    /* A span that is none of ours is shown as the next longer one. */
    while (filter->span_ms > spans[chosen].ms && chosen + 1 < G_N_ELEMENTS(spans))
        chosen++;
    adw_combo_row_set_selected(self->time_row, chosen);
}

/* The name of a directory is a look-up by its key. */
static const char *directory_name(LatchkeyFilterBar *self, const char *id)
{
    return self->store != NULL ? latchkey_store_get_directory_name(self->store, id) : NULL;
}

void latchkey_filter_bar_set_filter(LatchkeyFilterBar *self, const LatchkeyEventFilter *filter)
{
    g_autofree char *name = latchkey_text_clean(directory_name(self, filter->directory_id));

    self->is_filling = TRUE;
    latchkey_choice_set(&self->type, filter->type, NULL);
    latchkey_choice_set(&self->directory, filter->directory_id, name[0] != '\0' ? name : NULL);
    latchkey_choice_set(&self->organization, filter->organization_id, NULL);
    set_time(self, filter);
    gtk_editable_set_text(GTK_EDITABLE(self->entry), filter->text != NULL ? filter->text : "");
    self->is_filling = FALSE;
    on_chosen(self);
}

void latchkey_filter_bar_clear(LatchkeyFilterBar *self)
{
    g_autoptr(LatchkeyEventFilter) nothing = latchkey_event_filter_copy(NULL);

    if (!has_text(self) && !gtk_widget_get_visible(self->summary_box))
        return;
    latchkey_event_filter_free(self->cleared);
    self->cleared = latchkey_filter_bar_get_filter(self, 0);
    latchkey_filter_bar_set_filter(self, nothing);
    latchkey_toast_offer(GTK_WIDGET(self), _("Filters cleared"), _("Undo"), "filter.undo", NULL);
}

static void on_undo(GtkWidget *widget, const char *name, GVariant *parameter)
{
    (void)name, (void)parameter;
    LatchkeyFilterBar *self = LATCHKEY_FILTER_BAR(widget);

    if (self->cleared != NULL)
        latchkey_filter_bar_set_filter(self, self->cleared);
}

static void on_saved_chosen(LatchkeyFilterBar *self, const char *name)
{
    const LatchkeyEventFilter *filter = latchkey_saved_filters_find(self->saved, name);

    if (filter != NULL)
        latchkey_filter_bar_set_filter(self, filter);
}

static void on_save(LatchkeyFilterBar *self, const char *name)
{
    g_autoptr(LatchkeyEventFilter) filter = latchkey_filter_bar_get_filter(self, 0);

    latchkey_saved_list_save(self->saved_list, name, filter);
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

    if (!has_text(self))
        return FALSE;
    on_stop_search(self);
    return TRUE;
}

static void latchkey_filter_bar_dispose(GObject *object)
{
    LatchkeyFilterBar *self = LATCHKEY_FILTER_BAR(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->store);
    g_clear_object(&self->saved);
    G_OBJECT_CLASS(latchkey_filter_bar_parent_class)->dispose(object);
}

static void latchkey_filter_bar_finalize(GObject *object)
{
    LatchkeyFilterBar *self = LATCHKEY_FILTER_BAR(object);

    g_object_unref(self->cancellable);
    latchkey_choice_clear(&self->type);
    latchkey_choice_clear(&self->directory);
    latchkey_choice_clear(&self->organization);
    latchkey_event_filter_free(self->cleared);
    G_OBJECT_CLASS(latchkey_filter_bar_parent_class)->finalize(object);
}

static void latchkey_filter_bar_class_init(LatchkeyFilterBarClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_SAVED_LIST);
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
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, saved_list);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, summary_box);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyFilterBar, chips);
    gtk_widget_class_bind_template_callback(widget_class, on_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_opened);
    gtk_widget_class_bind_template_callback(widget_class, on_save);
    gtk_widget_class_bind_template_callback(widget_class, on_saved_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_stop_search);
    gtk_widget_class_bind_template_callback(widget_class, latchkey_filter_bar_clear);
    gtk_widget_class_install_action(widget_class, "filter.undo", NULL, on_undo);
}

static void latchkey_filter_bar_init(LatchkeyFilterBar *self)
{
    self->cancellable = g_cancellable_new();
    self->is_filling = TRUE;
    gtk_widget_init_template(GTK_WIDGET(self));
    fill_types(self);
    latchkey_choice_init(&self->directory, self->directory_row, _("All directories"));
    latchkey_choice_init(&self->organization, self->organization_row, _("All organizations"));
    fill_times(self, NULL);
    self->is_filling = FALSE;
    latchkey_a11y_name_lists(GTK_WIDGET(self->type_row), _("Type"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->directory_row), _("Directory"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->organization_row), _("Organization"));
    latchkey_a11y_name_lists(GTK_WIDGET(self->time_row), _("Time"));
    latchkey_saved_list_set_can_save(self->saved_list, FALSE);
    show_summary(self);
}

void latchkey_filter_bar_set_saved(LatchkeyFilterBar *self, LatchkeySavedFilters *saved)
{
    self->saved = g_object_ref(saved);
    latchkey_saved_list_set_filters(self->saved_list, saved);
    gtk_widget_set_visible(GTK_WIDGET(self->saved_list), TRUE);
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

void latchkey_filter_bar_open(LatchkeyFilterBar *self)
{
    gtk_menu_button_popup(self->button);
}

void latchkey_filter_bar_focus(LatchkeyFilterBar *self)
{
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}
