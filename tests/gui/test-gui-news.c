/* What is new, what of it is told, and the preferences that decide. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-changes.h"
#include "latchkey-event-row.h"
#include "latchkey-news.h"
#include "latchkey-notifier.h"
#include "latchkey-preferences.h"
#include "latchkey-record.h"
#include "latchkey-settings.h"
#include "latchkey-text.h"
#include "mirror-kit.h"

static void apply(kit *mirror, const char *id, const char *type, gint64 at_ms)
{
    kit_event event;

    kit_make(&event, id, type, at_ms,
             "{\"object\":\"directory_user\",\"id\":\"directory_user_01\",\"directory_id\":"
             "\"directory_01\",\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"email\":"
             "\"ada@example.com\"}");
    kit_apply(mirror, &event);
}

/* Without a key a feed shows what is there, and each wake reports once more. */
static LatchkeyFeed *open_feed(kit *mirror)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();

    config->client_id = g_strdup("client_01");
    config->store = g_strdup(mirror->store);
    return latchkey_feed_new(config, 0);
}

static void on_arrived(LatchkeyNews *news, GPtrArray *events, guint *n)
{
    (void)news;
    *n += events->len;
}

static void close_news(LatchkeyNews *news)
{
    gboolean is_gone = FALSE;

    g_object_weak_ref(G_OBJECT(news), kit_on_gone, &is_gone);
    g_object_unref(news);
    wait_until(is_gone);
}

static void remember(GSettings *settings, kit *mirror, const char *id)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
    g_variant_builder_add(&builder, "{ss}", "sqlite:/elsewhere", "event_99");
    g_variant_builder_add(&builder, "{ss}", mirror->store, id);
    g_settings_set_value(settings, "last-seen", g_variant_builder_end(&builder));
}

static char *remembered(GSettings *settings, const char *store)
{
    g_autoptr(GVariant) all = g_settings_get_value(settings, "last-seen");
    char *id = NULL;

    g_assert_true(g_variant_lookup(all, store, "s", &id));
    return id;
}

/* From where somebody was, in the order of arrival: a late event is news, a known one is not. */
static void test_what_arrived_since_is_new_until_it_is_seen(void)
{
    g_autoptr(GSettings) settings = latchkey_settings_new();
    guint n_arrived = 0;
    kit mirror;

    g_assert_nonnull(settings);
    kit_begin(&mirror);
    kit_open(&mirror);
    apply(&mirror, "event_01", "dsync.user.created", NOON);
    apply(&mirror, "event_02", "dsync.user.updated", NOON - 5000); /* late */
    apply(&mirror, "event_03", "user.created", NOON);              /* no directory event */
    remember(settings, &mirror, "event_01");
    g_autoptr(LatchkeyFeed) feed = open_feed(&mirror);
    LatchkeyNews *news = latchkey_news_new(feed, settings);
    g_signal_connect(news, "arrived", G_CALLBACK(on_arrived), &n_arrived);
    latchkey_feed_start(feed);
    wait_until(latchkey_news_get_n_unread(news) == 1);
    g_assert_true(latchkey_news_is_unread(news, "event_02"));
    g_assert_false(latchkey_news_is_unread(news, "event_01"));
    apply(&mirror, "event_04", "dsync.user.deleted", NOON);
    g_signal_emit_by_name(feed, "changed");
    wait_until(latchkey_news_get_n_unread(news) == 2);
    g_assert_cmpuint(n_arrived, ==, 2);
    latchkey_news_mark_read(news);
    g_assert_cmpuint(latchkey_news_get_n_unread(news), ==, 0);
    g_autofree char *id = remembered(settings, mirror.store);
    g_autofree char *other = remembered(settings, "sqlite:/elsewhere");
    g_assert_cmpstr(id, ==, "event_04");
    g_assert_cmpstr(other, ==, "event_99");
    close_news(news);
    kit_close_feed(&feed);
    kit_end(&mirror);
}

/* Somebody deleted the file and began anew: nothing there is taken for news. */
static void test_place_that_is_gone_counts_as_read(void)
{
    g_autoptr(GSettings) settings = latchkey_settings_new();
    guint n_arrived = 0;
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    apply(&mirror, "event_01", "dsync.user.created", NOON);
    remember(settings, &mirror, "event_of_before");
    g_autoptr(LatchkeyFeed) feed = open_feed(&mirror);
    LatchkeyNews *news = latchkey_news_new(feed, settings);
    g_signal_connect(news, "arrived", G_CALLBACK(on_arrived), &n_arrived);
    latchkey_feed_start(feed);
    wait_until(latchkey_feed_get_state(feed) == LATCHKEY_FEED_NO_KEY);
    apply(&mirror, "event_02", "dsync.user.updated", NOON);
    for (int i = 0; i < 1000 && latchkey_news_get_n_unread(news) == 0; i++) {
        g_signal_emit_by_name(feed, "changed");
        settle();
        g_usleep(1000);
    }
    /* event_02 may have come before or after the first look, event_01 is never news */
    g_assert_cmpuint(n_arrived, <=, 1);
    g_assert_false(latchkey_news_is_unread(news, "event_01"));
    close_news(news);
    kit_close_feed(&feed);
    kit_end(&mirror);
}

/* ---- What is told ---- */

static void test_settings_say_what_is_told(void)
{
    g_autoptr(GSettings) settings = latchkey_settings_new();

    g_assert_true(latchkey_notifier_wants(settings, "dsync.user.deleted"));
    g_assert_false(latchkey_notifier_wants(settings, "dsync.user.updated"));
    g_settings_set_string(settings, "notify", "all");
    g_assert_true(latchkey_notifier_wants(settings, "dsync.user.updated"));
    g_settings_set_string(settings, "notify", "off");
    g_assert_false(latchkey_notifier_wants(settings, "dsync.user.deleted"));
    g_assert_false(latchkey_notifier_wants(NULL, "dsync.user.deleted"));
    g_settings_reset(settings, "notify");
}

static LatchkeyEvent *make_event(const char *name)
{
    g_autofree char *json = g_strdup_printf(
        "{\"data\":{\"object\":\"directory_user\",\"id\":\"u\",\"first_name\":\"%s\"}}", name);
    const lk_mirror_event row = { .id = "event_01",
                                  .type = "dsync.user.deleted",
                                  .created_at_ms = NOON,
                                  .json = json,
                                  .json_len = strlen(json) };

    return latchkey_event_new(&row, "Acme");
}

static void test_many_events_are_told_as_one(void)
{
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(g_object_unref);
    g_autofree char *title = NULL;
    g_autofree char *body = NULL;
    g_autofree char *many = NULL;
    g_autofree char *lines = NULL;

    g_ptr_array_add(events, make_event("<b>Ada"));
    latchkey_notifier_words(1, events, &title, &body);
    g_assert_cmpstr(title, ==, "<b>Ada was removed");
    g_assert_cmpstr(body, ==, "User deleted · Acme");
    g_ptr_array_add(events, make_event("Bob"));
    latchkey_notifier_words(51, events, &many, &lines);
    g_assert_cmpstr(many, ==, "51 new events");
    g_assert_cmpstr(lines, ==, "Bob was removed\n‹b›Ada was removed\n…");
}

/* ---- Preferences ---- */

static GtkWidget *find_row(GtkWidget *root, const char *title)
{
    if (ADW_IS_ACTION_ROW(root) &&
        g_str_equal(adw_preferences_row_get_title(ADW_PREFERENCES_ROW(root)), title))
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find_row(child, title);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void choose(GtkWidget *window, const char *title, guint choice)
{
    adw_combo_row_set_selected(ADW_COMBO_ROW(find_row(window, title)), choice);
}

static GtkWidget *switch_of(GtkWidget *root, const char *title)
{
    return adw_action_row_get_activatable_widget(ADW_ACTION_ROW(find_row(root, title)));
}

static void test_preferences_count_at_once(void)
{
    g_autoptr(GSettings) settings = latchkey_settings_new();
    GtkWidget *window = latchkey_preferences_new(settings);
    AdwStyleManager *style = adw_style_manager_get_default();

    latchkey_settings_follow_appearance();
    gtk_window_present(GTK_WINDOW(window));
    settle();
    choose(window, "Appearance", 2);
    g_assert_cmpint(adw_style_manager_get_color_scheme(style), ==, ADW_COLOR_SCHEME_FORCE_DARK);
    choose(window, "Appearance", 0);
    g_assert_cmpint(adw_style_manager_get_color_scheme(style), ==, ADW_COLOR_SCHEME_DEFAULT);
    choose(window, "Times", 1);
    g_assert_true(g_settings_get_boolean(settings, "use-utc"));
    choose(window, "Look for New Events Every", 3);
    g_assert_cmpuint(g_settings_get_uint(settings, "poll-interval"), ==, 300);
    choose(window, "Notify About", 2);
    g_autofree char *notify = g_settings_get_string(settings, "notify");
    g_assert_cmpstr(notify, ==, "all");
    choose(window, "Notify About", 1);

    GtkWidget *created = switch_of(window, "User created");
    g_assert_false(gtk_switch_get_active(GTK_SWITCH(created)));
    gtk_switch_set_active(GTK_SWITCH(created), TRUE);
    g_assert_true(latchkey_notifier_wants(settings, "dsync.user.created"));
    g_assert_true(latchkey_notifier_wants(settings, "dsync.user.deleted"));
    gtk_switch_set_active(GTK_SWITCH(created), FALSE);
    g_assert_false(latchkey_notifier_wants(settings, "dsync.user.created"));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
    g_settings_reset(settings, "use-utc");
    g_settings_reset(settings, "poll-interval");
}

static const struct {
    const char *text;
    const char *masked;
} masks[] = {
    { "Mira Holt", "M. H." },
    { "mira.holt@juniper.example", "m…@…" },
    { "Zoë", "Z." },
    { "", "" },
    { "ليلى حداد", "ل. ح." },
    { "@", "@." },
    { "Anna-Maria  von B", "A. v. B." },
};

static void test_people_are_masked_where_it_is_asked_for(void)
{
    g_autoptr(GSettings) settings = latchkey_settings_new();
    g_autoptr(LatchkeyEvent) event = make_event("Ada");
    const lk_directory_user user = {
        .id = "u1", .first_name = "Ada", .last_name = "King", .email = "ada@x.example"
    };
    g_autoptr(LatchkeyRecord) record = latchkey_record_new_person(&user);
    const LatchkeyChange change = { .field = (char[]){ "email" },
                                    .before = (char[]){ "a@b.example" } };
    const LatchkeyChange other = { .field = (char[]){ "state" }, .before = (char[]){ "active" } };

    for (size_t i = 0; i < G_N_ELEMENTS(masks); i++) {
        g_autofree char *masked = latchkey_text_mask(masks[i].text);
        g_assert_cmpstr(masked, ==, masks[i].masked);
    }
    g_assert_cmpstr(latchkey_event_get_title(event), ==, "Ada was removed");
    g_settings_set_boolean(settings, "mask-personal-data", TRUE);
    g_assert_cmpstr(latchkey_event_get_title(event), ==, "A. was removed");
    g_assert_cmpstr(latchkey_event_get_user_name(event), ==, "A.");
    g_assert_cmpstr(latchkey_event_get_full_user_name(event), ==, "Ada");
    g_assert_cmpstr(latchkey_record_get_name(record), ==, "A. K.");
    g_assert_cmpstr(latchkey_record_get_subtitle(record), ==, "a…@…");
    g_autofree char *before = latchkey_change_shown_before(&change);
    g_autofree char *after = latchkey_change_shown_after(&change);
    g_autofree char *state = latchkey_change_shown_before(&other);
    g_assert_cmpstr(before, ==, "a…@…");
    g_assert_null(after);
    g_assert_cmpstr(state, ==, "active");
    g_settings_reset(settings, "mask-personal-data");
    g_assert_cmpstr(latchkey_record_get_name(record), ==, "Ada King");
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/news/unread", test_what_arrived_since_is_new_until_it_is_seen);
    g_test_add_func("/news/gone", test_place_that_is_gone_counts_as_read);
    g_test_add_func("/news/wants", test_settings_say_what_is_told);
    g_test_add_func("/news/words", test_many_events_are_told_as_one);
    g_test_add_func("/news/preferences", test_preferences_count_at_once);
    g_test_add_func("/news/mask", test_people_are_masked_where_it_is_asked_for);
    return g_test_run();
}
