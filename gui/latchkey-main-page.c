/* The pages know nothing of each other: what one has chosen is handed to the other here. */
#include "latchkey-main-page.h"

#include "latchkey-a11y.h"
#include "latchkey-activity-page.h"
#include "latchkey-banner.h"
#include "latchkey-directory-page.h"
#include "latchkey-events-page.h"
#include "latchkey-news.h"
#include "latchkey-notifier.h"
#include "latchkey-page.h"
#include "latchkey-profile-page.h"
#include "latchkey-settings.h"

struct _LatchkeyMainPage {
    AdwBin parent_instance;
    LatchkeyBanner *banner;
    AdwViewStack *pages;
    GtkWidget *back_button;
    AdwViewSwitcherTitle *switcher_title;
    GtkWidget *switcher_bar;
    LatchkeyEventsPage *events_page;
    LatchkeyActivityPage *activity_page;
    LatchkeyDirectoryPage *directory_page;
    LatchkeyProfilePage *profile_page;
    LatchkeyAccount *account;
    LatchkeyFeed *feed;
    LatchkeySecrets *key;    /* NULL: there is no API key */
    gboolean is_left_locked; /* they do not want to unlock it now */
    guint tick_source;
    LatchkeyNews *news;
    LatchkeyNotifier *notifier;
};

G_DEFINE_FINAL_TYPE(LatchkeyMainPage, latchkey_main_page, ADW_TYPE_BIN)

/* NULL: there is no way back from what is shown. */
static const char *title_of_place(LatchkeyMainPage *self)
{
    GtkWidget *page = adw_view_stack_get_visible_child(self->pages);

    return LATCHKEY_IS_PAGE(page) ? latchkey_page_get_title(LATCHKEY_PAGE(page)) : NULL;
}

/* One bar for all: over a page with a way back, it is that page's. */
static void on_place_changed(LatchkeyMainPage *self)
{
    const char *title = title_of_place(self);

    gboolean is_entered = title != NULL && !gtk_widget_get_visible(self->back_button);

    gtk_widget_set_visible(self->back_button, title != NULL);
    if (is_entered)
        gtk_widget_grab_focus(self->back_button);
    adw_view_switcher_title_set_title(self->switcher_title, title != NULL ? title : "Latchkey");
    adw_view_switcher_title_set_view_switcher_enabled(self->switcher_title, title == NULL);
    /* Not by its property "reveal": on the way there it allocates less than nothing (GTK 4.8). */
    gtk_widget_set_visible(self->switcher_bar,
                           title == NULL &&
                               adw_view_switcher_title_get_title_visible(self->switcher_title));
    g_signal_emit_by_name(self, "place-changed");
}

/* From an event to whom it is about, and from their history back to an event. */
static void on_record_chosen(LatchkeyMainPage *self, int kind, const char *id, const char *name)
{
    adw_view_stack_set_visible_child_name(self->pages, "directories");
    latchkey_directory_page_show(self->directory_page, (LatchkeyRecordKind)kind, id, name);
}

static void on_event_chosen(LatchkeyMainPage *self, LatchkeyEvent *event)
{
    adw_view_stack_set_visible_child_name(self->pages, "events");
    latchkey_events_page_show(self->events_page, event);
}

static void on_range_chosen(LatchkeyMainPage *self, gint64 since_ms, gint64 until_ms,
                            const char *words, const char *type)
{
    adw_view_stack_set_visible_child_name(self->pages, "events");
    latchkey_events_page_show_range(self->events_page, since_ms, until_ms, words, type);
}

gboolean latchkey_main_page_show_event(LatchkeyMainPage *self, const char *id)
{
    LatchkeyStore *store = latchkey_feed_get_store(self->feed);
    lk_auto(lk_mirror_event_page) page = NULL;

    if (store == NULL ||
        lk_mirror_get_event(latchkey_store_get_mirror(store), id, &page, NULL) != LK_OK)
        return FALSE;
    const char *directory_id = page->items[0]->directory_id;
    g_autoptr(LatchkeyEvent) event =
        latchkey_event_new(page->items[0], latchkey_store_get_directory_name(store, directory_id));
    on_event_chosen(self, event);
    return TRUE;
}

/* ---- Health ---- */

static gboolean is_locked(LatchkeyMainPage *self)
{
    return self->key != NULL && !self->is_left_locked &&
           latchkey_secrets_get_place(self->key) == LATCHKEY_SECRETS_LOCKED;
}

/* The events page says it itself where it has nothing to list; what it cannot know is said here. */
static gboolean is_said(LatchkeyMainPage *self, const LatchkeyHealth *health)
{
    return adw_view_stack_get_visible_child(self->pages) == GTK_WIDGET(self->events_page) &&
           !latchkey_events_page_is_listing(self->events_page) && !health->has_ended &&
           !health->is_locked;
}

static void show_health(LatchkeyMainPage *self)
{
    LatchkeyHealth health = latchkey_feed_get_health(self->feed);

    health.has_ended = latchkey_account_get_state(self->account) == LATCHKEY_ACCOUNT_ENDED;
    health.is_locked = is_locked(self);
    health.is_server = latchkey_account_get_config(self->account)->server != NULL;
    LatchkeyHealthWords words = latchkey_health_words(&health, g_get_real_time() / 1000);
    if (is_said(self, &health))
        g_clear_pointer(&words.text, g_free);
    latchkey_banner_show(self->banner, &words);
    g_free(words.text);
}

static gboolean on_tick(gpointer data)
{
    show_health(data);
    return G_SOURCE_CONTINUE;
}

void latchkey_main_page_leave_locked(LatchkeyMainPage *self)
{
    self->is_left_locked = TRUE;
    show_health(self);
}

/* ---- News ---- */

/* What is in sight needs no number. */
static void show_news(LatchkeyMainPage *self)
{
    AdwViewStackPage *page = adw_view_stack_get_page(self->pages, GTK_WIDGET(self->events_page));
    gboolean is_in_sight =
        adw_view_stack_get_visible_child(self->pages) == GTK_WIDGET(self->events_page);

    if (self->news != NULL)
        adw_view_stack_page_set_badge_number(
            page, is_in_sight ? 0 : latchkey_news_get_n_unread(self->news));
}

static void on_active_changed(LatchkeyMainPage *self)
{
    GtkRoot *root = gtk_widget_get_root(GTK_WIDGET(self));

    latchkey_notifier_set_in_use(self->notifier, root != NULL &&
                                                     gtk_widget_get_mapped(GTK_WIDGET(self)) &&
                                                     gtk_window_is_active(GTK_WINDOW(root)));
}

/* Until somebody chooses one, it is the feed's own. */
static void on_interval_changed(LatchkeyMainPage *self, const char *key, GSettings *settings)
{
    g_autoptr(GVariant) chosen = g_settings_get_user_value(settings, key);

    if (chosen != NULL)
        latchkey_feed_set_interval_ms(self->feed, (int)g_settings_get_uint(settings, key) * 1000);
}

static void latchkey_main_page_root(GtkWidget *widget)
{
    GTK_WIDGET_CLASS(latchkey_main_page_parent_class)->root(widget);
    g_signal_connect_object(gtk_widget_get_root(widget), "notify::is-active",
                            G_CALLBACK(on_active_changed), widget, G_CONNECT_SWAPPED);
}

static void latchkey_main_page_unroot(GtkWidget *widget)
{
    g_signal_handlers_disconnect_by_data(gtk_widget_get_root(widget), widget);
    GTK_WIDGET_CLASS(latchkey_main_page_parent_class)->unroot(widget);
}

static void latchkey_main_page_map(GtkWidget *widget)
{
    LatchkeyMainPage *self = LATCHKEY_MAIN_PAGE(widget);

    GTK_WIDGET_CLASS(latchkey_main_page_parent_class)->map(widget);
    on_active_changed(self);
    show_health(self);
    self->tick_source = g_timeout_add_seconds(1, on_tick, self);
}

static void latchkey_main_page_unmap(GtkWidget *widget)
{
    g_clear_handle_id(&LATCHKEY_MAIN_PAGE(widget)->tick_source, g_source_remove);
    GTK_WIDGET_CLASS(latchkey_main_page_parent_class)->unmap(widget);
}

static void latchkey_main_page_dispose(GObject *object)
{
    LatchkeyMainPage *self = LATCHKEY_MAIN_PAGE(object);

    g_clear_object(&self->notifier);
    g_clear_object(&self->news);
    g_clear_object(&self->feed);
    g_clear_object(&self->account);
    g_clear_object(&self->key);
    g_clear_handle_id(&self->tick_source, g_source_remove);
    G_OBJECT_CLASS(latchkey_main_page_parent_class)->dispose(object);
}

static void latchkey_main_page_class_init(LatchkeyMainPageClass *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = latchkey_main_page_dispose;
    widget_class->map = latchkey_main_page_map;
    widget_class->unmap = latchkey_main_page_unmap;
    widget_class->root = latchkey_main_page_root;
    widget_class->unroot = latchkey_main_page_unroot;
    g_type_ensure(LATCHKEY_TYPE_BANNER);
    g_type_ensure(LATCHKEY_TYPE_EVENTS_PAGE);
    g_type_ensure(LATCHKEY_TYPE_ACTIVITY_PAGE);
    g_type_ensure(LATCHKEY_TYPE_DIRECTORY_PAGE);
    g_type_ensure(LATCHKEY_TYPE_PROFILE_PAGE);
    gtk_widget_class_set_template_from_resource(
        widget_class, "/io/github/latchkey/Latchkey/latchkey-main-page.ui");
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, banner);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, pages);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, back_button);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, switcher_title);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, switcher_bar);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, events_page);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, activity_page);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, directory_page);
    gtk_widget_class_bind_template_child(widget_class, LatchkeyMainPage, profile_page);
    gtk_widget_class_bind_template_callback(widget_class, on_event_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_range_chosen);
    gtk_widget_class_bind_template_callback(widget_class, on_record_chosen);
    g_signal_new("place-changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_main_page_init(LatchkeyMainPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    latchkey_a11y_follow_stack(GTK_WIDGET(self->pages));
    g_signal_connect_object(self->switcher_title, "notify::title-visible",
                            G_CALLBACK(on_place_changed), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->pages, "notify::visible-child", G_CALLBACK(on_place_changed),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->events_page, "place-changed", G_CALLBACK(on_place_changed), self,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(self->directory_page, "place-changed", G_CALLBACK(on_place_changed),
                            self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->pages, "notify::visible-child", G_CALLBACK(show_news), self,
                            G_CONNECT_SWAPPED);
    on_place_changed(self);
}

LatchkeyMainPage *latchkey_main_page_new(LatchkeyAccount *account, LatchkeyFeed *feed,
                                         LatchkeySecrets *key)
{
    LatchkeyMainPage *self = g_object_new(LATCHKEY_TYPE_MAIN_PAGE, NULL);
    GSettings *settings = latchkey_settings_get_default();

    self->account = g_object_ref(account);
    self->feed = g_object_ref(feed);
    g_set_object(&self->key, key);
    self->news = latchkey_news_new(feed, settings);
    self->notifier = latchkey_notifier_new(self->news, settings);
    if (settings != NULL)
        g_signal_connect_object(settings, "changed::poll-interval", G_CALLBACK(on_interval_changed),
                                self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->news, "changed", G_CALLBACK(show_news), self, G_CONNECT_SWAPPED);
    latchkey_profile_page_set_account(self->profile_page, account, feed);
    latchkey_events_page_set_news(self->events_page, self->news);
    latchkey_events_page_set_feed(self->events_page, feed);
    latchkey_activity_page_set_feed(self->activity_page, feed);
    latchkey_directory_page_set_feed(self->directory_page, feed);
    /* After the pages, which know better then whether they say it themselves. */
    g_signal_connect_object(feed, "changed", G_CALLBACK(show_health), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(account, "changed", G_CALLBACK(show_health), self, G_CONNECT_SWAPPED);
    g_signal_connect_object(self->pages, "notify::visible-child", G_CALLBACK(show_health), self,
                            G_CONNECT_SWAPPED);
    if (key != NULL)
        g_signal_connect_object(key, "changed", G_CALLBACK(show_health), self, G_CONNECT_SWAPPED);
    show_health(self);
    return self;
}

void latchkey_main_page_show(LatchkeyMainPage *self, const char *name)
{
    if (adw_view_stack_get_child_by_name(self->pages, name) == NULL)
        return;
    adw_view_stack_set_visible_child_name(self->pages, name);
    gtk_widget_grab_focus(adw_view_stack_get_visible_child(self->pages));
}

const char *latchkey_main_page_get_shown(LatchkeyMainPage *self)
{
    return adw_view_stack_get_visible_child_name(self->pages);
}

gboolean latchkey_main_page_can_go_back(LatchkeyMainPage *self)
{
    return title_of_place(self) != NULL;
}

void latchkey_main_page_go_back(LatchkeyMainPage *self)
{
    if (title_of_place(self) != NULL)
        latchkey_page_go_back(LATCHKEY_PAGE(adw_view_stack_get_visible_child(self->pages)));
}

void latchkey_main_page_search(LatchkeyMainPage *self)
{
    GtkWidget *page = adw_view_stack_get_visible_child(self->pages);

    if (LATCHKEY_IS_PAGE(page))
        latchkey_page_search(LATCHKEY_PAGE(page));
}

void latchkey_main_page_export(LatchkeyMainPage *self)
{
    adw_view_stack_set_visible_child_name(self->pages, "events");
    latchkey_events_page_export(self->events_page);
}
