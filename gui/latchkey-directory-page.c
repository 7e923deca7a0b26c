/* The list is read when the page is first seen and when something else is asked for, not at each
 * poll: rows must not jump under the hand. What is open beside it is read anew. */
#include "latchkey-directory-page.h"

#include "latchkey-a11y.h"
#include "latchkey-event.h"
#include "latchkey-page.h"
#include "latchkey-record-details.h"
#include "latchkey-record-list.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>

enum { MAX_DIRECTORIES = 1000 };

struct _LatchkeyDirectoryPage {
    AdwBin parent_instance;
    AdwLeaflet *leaflet;
    GtkWidget *list_pane;
    GtkDropDown *directory_drop_down;
    GtkToggleButton *people_button;
    GtkSearchEntry *entry;
    GtkStack *list_stack;
    GtkListView *view;
    AdwStatusPage *nothing_page;
    LatchkeyRecordDetails *details;
    GPtrArray *directories; /* ids beside the words of the drop-down; NULL stands for all */
    LatchkeyFeed *feed;
    LatchkeyRecordList *list; /* NULL: nothing read yet */
    GCancellable *cancellable;
    gboolean is_filling;
};

static void page_init(LatchkeyPageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE(LatchkeyDirectoryPage, latchkey_directory_page, ADW_TYPE_BIN,
                              G_IMPLEMENT_INTERFACE(LATCHKEY_TYPE_PAGE, page_init))

/* ---- As a page of the window ---- */

static const char *get_title(LatchkeyPage *page)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(page);
    gboolean is_over_list =
        adw_leaflet_get_folded(self->leaflet) &&
        g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "details") == 0;

    return is_over_list ? _("Directory") : NULL;
}

static void go_back(LatchkeyPage *page)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(page);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    gtk_widget_grab_focus(GTK_WIDGET(self->view));
}

static void search(LatchkeyPage *page)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(page);

    adw_leaflet_set_visible_child_name(self->leaflet, "list");
    gtk_widget_grab_focus(GTK_WIDGET(self->entry));
}

static void page_init(LatchkeyPageInterface *iface)
{
    iface->get_title = get_title;
    iface->go_back = go_back;
    iface->search = search;
}

static void on_leaflet_changed(LatchkeyDirectoryPage *self)
{
    gboolean is_folded = adw_leaflet_get_folded(self->leaflet);
    gboolean is_list = g_strcmp0(adw_leaflet_get_visible_child_name(self->leaflet), "details") != 0;

    latchkey_a11y_set_hidden(self->list_pane, is_folded && !is_list);
    latchkey_a11y_set_hidden(GTK_WIDGET(self->details), is_folded && is_list);
    latchkey_page_place_changed(LATCHKEY_PAGE(self));
}

/* ---- One of them ---- */

void latchkey_directory_page_show(LatchkeyDirectoryPage *self, LatchkeyRecordKind kind,
                                  const char *id, const char *name)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);
    if (store == NULL)
        return;

    latchkey_record_details_show(self->details, store, kind, id, name);
    if (adw_leaflet_get_folded(self->leaflet))
        adw_leaflet_set_visible_child_name(self->leaflet, "details");
}

static void on_record_chosen(LatchkeyDirectoryPage *self, int kind, const char *id,
                             const char *name)
{
    latchkey_directory_page_show(self, (LatchkeyRecordKind)kind, id, name);
}

static void on_event_chosen(LatchkeyDirectoryPage *self, LatchkeyEvent *event)
{
    g_signal_emit_by_name(self, "event-chosen", event);
}

static void on_activate(LatchkeyDirectoryPage *self, guint position)
{
    g_autoptr(LatchkeyRecord) record =
        g_list_model_get_item(G_LIST_MODEL(gtk_list_view_get_model(self->view)), position);

    if (record != NULL)
        latchkey_directory_page_show(self, latchkey_record_get_kind(record),
                                     latchkey_record_get_id(record),
                                     latchkey_record_get_name(record));
}

/* ---- Rows ---- */

typedef struct Row {
    AdwAvatar *avatar;
    GtkLabel *name;
    GtkLabel *subtitle;
} Row;

static GtkLabel *new_label(GtkWidget *box)
{
    GtkWidget *label = gtk_label_new(NULL);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_box_append(GTK_BOX(box), label);
    return GTK_LABEL(label);
}

static void on_setup(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *words = gtk_box_new(GTK_ORIENTATION_VERTICAL, 2);
    Row *row = g_new0(Row, 1);

    row->avatar = ADW_AVATAR(adw_avatar_new(32, NULL, TRUE));
    gtk_box_append(GTK_BOX(box), GTK_WIDGET(row->avatar));
    gtk_box_append(GTK_BOX(box), words);
    row->name = new_label(words);
    row->subtitle = new_label(words);
    gtk_widget_set_hexpand(words, TRUE);
    gtk_widget_set_valign(words, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(GTK_WIDGET(row->subtitle), "dim-label");
    gtk_widget_add_css_class(GTK_WIDGET(row->subtitle), "caption");
    gtk_widget_add_css_class(box, "record");
    g_object_set_data_full(G_OBJECT(box), "row", row, g_free);
    gtk_list_item_set_child(item, box);
}

static void on_bind(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *box = gtk_list_item_get_child(item);
    const Row *row = g_object_get_data(G_OBJECT(box), "row");
    LatchkeyRecord *record = gtk_list_item_get_item(item);
    gboolean is_person = latchkey_record_get_kind(record) == LATCHKEY_RECORD_PERSON;
    const char *state = latchkey_record_get_state(record);
    gboolean is_unusual = state[0] != '\0' && !g_str_equal(state, "active");
    g_autofree char *subtitle =
        g_strdup_printf(is_unusual ? "%s · %s" : "%s", latchkey_record_get_subtitle(record), state);
    g_autofree char *spoken = g_strdup_printf("%s, %s", latchkey_record_get_name(record), subtitle);

    adw_avatar_set_text(row->avatar, latchkey_record_get_name(record));
    adw_avatar_set_show_initials(row->avatar, is_person);
    adw_avatar_set_icon_name(row->avatar, is_person ? NULL : "system-users-symbolic");
    gtk_label_set_text(row->name, latchkey_record_get_name(record));
    gtk_label_set_text(row->subtitle, subtitle);
    latchkey_a11y_set_label(gtk_widget_get_parent(box), spoken);
}

/* A directory may be called whatever its customer likes: no name widens the window. */
static void on_setup_word(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkWidget *label = gtk_label_new(NULL);

    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
    gtk_list_item_set_child(item, label);
}

static void on_bind_word(GtkSignalListItemFactory *factory, GtkListItem *item)
{
    (void)factory;
    GtkStringObject *word = gtk_list_item_get_item(item);

    gtk_label_set_text(GTK_LABEL(gtk_list_item_get_child(item)),
                       gtk_string_object_get_string(word));
}

/* ---- The list ---- */

static void show_nothing(LatchkeyDirectoryPage *self)
{
    gboolean is_search = gtk_editable_get_text(GTK_EDITABLE(self->entry))[0] != '\0';

    adw_status_page_set_title(self->nothing_page, is_search ? _("No Results") : _("Nobody Yet"));
    adw_status_page_set_description(
        self->nothing_page,
        is_search ? _("Nobody matches. Look for something else.")
                  : _("Who is in your customers’ directories appears here by itself."));
}

static void on_loaded(LatchkeyDirectoryPage *self, LatchkeyRecordList *list)
{
    gboolean is_empty = g_list_model_get_n_items(G_LIST_MODEL(list)) == 0;
    GtkSelectionModel *shown = gtk_list_view_get_model(self->view);

    if (list != self->list)
        return;
    if (shown == NULL ||
        gtk_single_selection_get_model(GTK_SINGLE_SELECTION(shown)) != G_LIST_MODEL(list)) {
        GtkSingleSelection *selection = gtk_single_selection_new(NULL);
        gtk_single_selection_set_autoselect(selection, FALSE);
        gtk_single_selection_set_can_unselect(selection, TRUE);
        gtk_single_selection_set_model(selection, G_LIST_MODEL(list));
        gtk_list_view_set_model(self->view, GTK_SELECTION_MODEL(selection));
        g_object_unref(selection);
    }
    show_nothing(self);
    gtk_stack_set_visible_child_name(self->list_stack, is_empty ? "nothing" : "rows");
}

static const char *chosen_directory(LatchkeyDirectoryPage *self)
{
    guint selected = gtk_drop_down_get_selected(self->directory_drop_down);

    return selected < self->directories->len ? g_ptr_array_index(self->directories, selected)
                                             : NULL;
}

static void on_filter_changed(LatchkeyDirectoryPage *self)
{
    LatchkeyStore *store = self->feed != NULL ? latchkey_feed_get_store(self->feed) : NULL;
    g_autofree char *text = g_strdup(gtk_editable_get_text(GTK_EDITABLE(self->entry)));

    if (store == NULL || self->is_filling)
        return;
    g_strstrip(text);
    const LatchkeyRecordFilter filter = {
        .kind = gtk_toggle_button_get_active(self->people_button) ? LATCHKEY_RECORD_PERSON
                                                                  : LATCHKEY_RECORD_GROUP,
        .directory_id = (char *)chosen_directory(self),
        .text = text[0] != '\0' ? text : NULL,
    };
    g_clear_object(&self->list);
    self->list = latchkey_record_list_new(store, &filter);
    g_signal_connect_object(self->list, "loaded", G_CALLBACK(on_loaded), self, G_CONNECT_SWAPPED);
}

static void on_stop_search(LatchkeyDirectoryPage *self)
{
    gtk_editable_set_text(GTK_EDITABLE(self->entry), "");
}

/* ---- The directories ---- */

static gpointer read_directories(lk_mirror *mirror, gpointer data, lk_error *err)
{
    (void)data;
    lk_directory_page *page = NULL;

    return lk_mirror_list_directories(mirror, LK_MIRROR_QUERY(.limit = MAX_DIRECTORIES), &page,
                                      err) == LK_OK
               ? page
               : NULL;
}

static void directories_free(gpointer page)
{
    lk_directory_page_free(page);
}

static void fill_directories(LatchkeyDirectoryPage *self, const lk_directory_page *page)
{
    g_autoptr(GtkStringList) words = gtk_string_list_new(NULL);
    g_autofree char *was = g_strdup(chosen_directory(self));
    guint selected = 0;

    g_ptr_array_set_size(self->directories, 0);
    g_ptr_array_add(self->directories, NULL);
    gtk_string_list_append(words, _("All directories"));
    for (size_t i = 0; i < page->count; i++) {
        const lk_directory *directory = page->items[i];
        g_autofree char *name =
            latchkey_text_clean(directory->name != NULL ? directory->name : directory->id);
        gtk_string_list_append(words, name);
        g_ptr_array_add(self->directories, g_strdup(directory->id));
        if (g_strcmp0(directory->id, was) == 0)
            selected = self->directories->len - 1;
    }
    self->is_filling = TRUE;
    gtk_drop_down_set_model(self->directory_drop_down, G_LIST_MODEL(words));
    gtk_drop_down_set_selected(self->directory_drop_down, selected);
    latchkey_a11y_name_drop_down(self->directory_drop_down, _("Directory"));
    self->is_filling = FALSE;
}

static void on_directories(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    g_autoptr(LatchkeyDirectoryPage) self = data;
    lk_auto(lk_directory_page) page = latchkey_store_read_finish(result, NULL);

    if (page != NULL)
        fill_directories(self, page);
}

static void reload(LatchkeyDirectoryPage *self)
{
    LatchkeyStore *store = self->feed != NULL ? latchkey_feed_get_store(self->feed) : NULL;

    if (store == NULL || !gtk_widget_get_mapped(GTK_WIDGET(self)))
        return;
    latchkey_store_read_async(store, read_directories, NULL, NULL, directories_free,
                              self->cancellable, on_directories, g_object_ref(self));
    on_filter_changed(self);
}

/* Until there is something to show, each poll may bring it. */
static void on_feed_changed(LatchkeyDirectoryPage *self)
{
    if (self->list == NULL || g_list_model_get_n_items(G_LIST_MODEL(self->list)) == 0)
        reload(self);
}

/* ---- The widget ---- */

static void latchkey_directory_page_map(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(latchkey_directory_page_parent_class)->map(widget);
    reload(LATCHKEY_DIRECTORY_PAGE(widget));
}

static gboolean latchkey_directory_page_grab_focus(GtkWidget *widget)
{
    return gtk_widget_grab_focus(GTK_WIDGET(LATCHKEY_DIRECTORY_PAGE(widget)->view));
}

static void latchkey_directory_page_dispose(GObject *object)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(object);

    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->list);
    g_clear_object(&self->feed);
    G_OBJECT_CLASS(latchkey_directory_page_parent_class)->dispose(object);
}

static void latchkey_directory_page_finalize(GObject *object)
{
    LatchkeyDirectoryPage *self = LATCHKEY_DIRECTORY_PAGE(object);

    g_object_unref(self->cancellable);
    g_ptr_array_unref(self->directories);
    G_OBJECT_CLASS(latchkey_directory_page_parent_class)->finalize(object);
}

static void bind_children(GtkWidgetClass *class)
{
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, leaflet);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, list_pane);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, directory_drop_down);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, people_button);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, entry);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, list_stack);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, view);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, nothing_page);
    gtk_widget_class_bind_template_child(class, LatchkeyDirectoryPage, details);
}

static void latchkey_directory_page_class_init(LatchkeyDirectoryPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    g_type_ensure(LATCHKEY_TYPE_RECORD_DETAILS);
    G_OBJECT_CLASS(class)->dispose = latchkey_directory_page_dispose;
    G_OBJECT_CLASS(class)->finalize = latchkey_directory_page_finalize;
    widget_class->grab_focus = latchkey_directory_page_grab_focus;
    widget_class->map = latchkey_directory_page_map;
    g_signal_new("event-chosen", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 1, LATCHKEY_TYPE_EVENT);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-directory-page.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, on_activate);
    gtk_widget_class_bind_template_callback(widget_class, on_bind);
    gtk_widget_class_bind_template_callback(widget_class, on_bind_word);
    gtk_widget_class_bind_template_callback(widget_class, on_event_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_filter_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_leaflet_changed);
    gtk_widget_class_bind_template_callback(widget_class, on_record_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_setup);
    gtk_widget_class_bind_template_callback(widget_class, on_setup_word);
    gtk_widget_class_bind_template_callback(widget_class, on_stop_search);
}

static void latchkey_directory_page_init(LatchkeyDirectoryPage *self)
{
    const lk_directory_page none = { 0 };

    self->cancellable = g_cancellable_new();
    self->directories = g_ptr_array_new_with_free_func(g_free);
    gtk_widget_init_template(GTK_WIDGET(self));
    gtk_list_view_set_single_click_activate(self->view, TRUE);
    latchkey_a11y_follow_stack(GTK_WIDGET(self->list_stack));
    fill_directories(self, &none);
    on_leaflet_changed(self);
    gtk_search_entry_set_key_capture_widget(self->entry, self->list_pane);
}

void latchkey_directory_page_set_feed(LatchkeyDirectoryPage *self, LatchkeyFeed *feed)
{
    self->feed = g_object_ref(feed);
    g_signal_connect_object(feed, "changed", G_CALLBACK(on_feed_changed), self, G_CONNECT_SWAPPED);
}
