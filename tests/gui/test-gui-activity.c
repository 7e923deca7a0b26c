/* Bars of time, their words, and the page that counts a real mirror. */
#include <adwaita.h>

#include "gui-kit.h"
#include "latchkey-activity-chart.h"
#include "latchkey-activity-page.h"
#include "latchkey-busiest.h"
#include "latchkey-swatch.h"
#include "mirror-kit.h"

#define HOUR G_GINT64_CONSTANT(3600000)

/* ---- Bars ---- */

static gint64 at(const char *iso)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(iso, NULL);

    g_assert_nonnull(time);
    return g_date_time_to_unix(time) * 1000;
}

static const struct {
    LatchkeyActivitySpan span;
    const char *zone;
    const char *now;
    guint n;
    const char *first;
    const char *last; /* where it ends */
} spans[] = {
    { LATCHKEY_ACTIVITY_DAY, "UTC", "2026-03-02T12:00:00Z", 24, "2026-03-01T13:00:00Z",
      "2026-03-02T13:00:00Z" }, /* a full hour is the beginning of the next bar */
    { LATCHKEY_ACTIVITY_DAY, "UTC", "2026-03-02T11:59:59Z", 24, "2026-03-01T12:00:00Z",
      "2026-03-02T12:00:00Z" },
    { LATCHKEY_ACTIVITY_DAY, "+05:30", "2026-03-02T12:00:00Z", 24, "2026-03-01T12:30:00Z",
      "2026-03-02T12:30:00Z" },
    { LATCHKEY_ACTIVITY_WEEK, "UTC", "2026-03-02T12:00:00Z", 28, "2026-02-24T00:00:00Z",
      "2026-03-03T00:00:00Z" },
    { LATCHKEY_ACTIVITY_MONTH, "UTC", "2026-03-02T00:00:00Z", 30, "2026-02-01T00:00:00Z",
      "2026-03-03T00:00:00Z" },
    { LATCHKEY_ACTIVITY_MONTH, "-08:00", "2026-03-02T00:00:00Z", 30, "2026-01-31T08:00:00Z",
      "2026-03-02T08:00:00Z" },
    /* over the night of 29 March 2026, which has 23 hours in Berlin */
    { LATCHKEY_ACTIVITY_MONTH, "Europe/Berlin", "2026-04-02T12:00:00Z", 30, "2026-03-03T23:00:00Z",
      "2026-04-02T22:00:00Z" },
    { LATCHKEY_ACTIVITY_WEEK, "Europe/Berlin", "2026-03-30T12:00:00Z", 28, "2026-03-23T23:00:00Z",
      "2026-03-30T22:00:00Z" },
};

static void test_bars_begin_at_full_hours_and_days(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(spans); i++) {
        g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(spans[i].zone);
        g_assert_nonnull(zone);
        g_autoptr(GArray) bars = latchkey_activity_bars_new(spans[i].span, zone, at(spans[i].now));
        g_assert_cmpuint(bars->len, ==, spans[i].n);
        LatchkeyActivityBar all = latchkey_activity_sum(bars, 0, bars->len - 1);
        g_assert_cmpint(all.since_ms, ==, at(spans[i].first));
        g_assert_cmpint(all.until_ms, ==, at(spans[i].last));
        for (guint j = 1; j < bars->len; j++) /* no gap, no overlap */
            g_assert_cmpint(g_array_index(bars, LatchkeyActivityBar, j).since_ms, ==,
                            g_array_index(bars, LatchkeyActivityBar, j - 1).until_ms);
        /* the mirror counts up to a thousand spans */
        g_assert_cmpint((all.until_ms - all.since_ms) / latchkey_activity_step_ms(), <, 1000);
    }
}

static void test_events_are_added_to_their_bars(void)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
    g_autoptr(GArray) bars = latchkey_activity_bars_new(LATCHKEY_ACTIVITY_DAY, zone, NOON);
    gint64 first_ms = g_array_index(bars, LatchkeyActivityBar, 0).since_ms;
    const lk_mirror_span found[] = {
        { first_ms - 1, "dsync.user.created", 100 }, /* before the first */
        { first_ms, "dsync.user.created", 1 },
        { first_ms, "dsync.group.user_added", 2 },
        { first_ms, "dsync.user.updated", 4 },
        { first_ms, "dsync.group.user_removed", 8 },
        { first_ms + HOUR - 1, "dsync.robot.rebooted", 16 }, /* a type nobody knows */
        { first_ms + HOUR, "dsync.deleted", 32 },
        { first_ms + 24 * HOUR, "dsync.user.created", 100 }, /* behind the last */
    };
    const lk_mirror_activity activity = { .items = found, .count = G_N_ELEMENTS(found) };

    latchkey_activity_add(bars, &activity);
    const LatchkeyActivityBar *bar = &g_array_index(bars, LatchkeyActivityBar, 0);
    g_assert_cmpint(bar->n[LATCHKEY_ACTIVITY_CREATED], ==, 3);
    g_assert_cmpint(bar->n[LATCHKEY_ACTIVITY_UPDATED], ==, 20);
    g_assert_cmpint(bar->n[LATCHKEY_ACTIVITY_DELETED], ==, 8);
    LatchkeyActivityBar all = latchkey_activity_sum(bars, 0, 23);
    g_assert_cmpint(latchkey_activity_total(&all), ==, 63);
}

static const struct {
    gint64 highest;
    gint64 tick;
} ticks[] = {
    { 0, 1 }, { 1, 1 },  { 4, 1 },   { 5, 2 },   { 8, 2 },
    { 9, 5 }, { 20, 5 }, { 21, 10 }, { 66, 20 }, { 1000000, 500000 },
};

static void test_scale_has_round_numbers(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ticks); i++)
        g_assert_cmpint(latchkey_activity_tick(ticks[i].highest), ==, ticks[i].tick);
}

static const struct {
    const char *since;
    const char *until;
    const char *words;
} times[] = {
    { "2026-03-02T14:00:00Z", "2026-03-02T15:00:00Z", "Mon 2 Mar, 14:00 – 15:00" },
    { "2026-03-02T18:00:00Z", "2026-03-03T00:00:00Z", "Mon 2 Mar, 18:00 – 24:00" },
    { "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "Mon 2 Mar" },
    { "2026-03-02T00:00:00Z", "2026-03-04T00:00:00Z", "Mon 2 Mar – Tue 3 Mar" },
    { "2026-03-01T14:00:00Z", "2026-03-02T13:00:00Z", "Sun 1 Mar, 14:00 – Mon 2 Mar, 13:00" },
    { "2025-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "Sun 2 Mar – Mon 2 Mar" },
};

static void test_times_are_put_in_words(void)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

    for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
        const LatchkeyActivityBar bar = { .since_ms = at(times[i].since),
                                          .until_ms = at(times[i].until) };
        g_autofree char *words = latchkey_activity_time_words(&bar, zone);
        g_assert_cmpstr(words, ==, times[i].words);
    }
}

static const struct {
    const char *n; /* events of the last hours, a digit each; before them one in each hour */
    const char *words;
} quiet[] = {
    { "111", "Quietest: Sun 1 Mar, 13:00 – Mon 2 Mar, 12:00" }, /* all are alike */
    { "10111", "Quietest: Mon 2 Mar, 09:00 – 10:00" },
    { "1001101", "Quietest: Mon 2 Mar, 07:00 – 09:00" },        /* the longest of them */
    { "10110111", "Quietest: Mon 2 Mar, 09:00 – 10:00" },       /* the latest of two alike */
    { "110", "Quietest: Sun 1 Mar, 13:00 – Mon 2 Mar, 12:00" }, /* the last hour is not over */
    { "100", "Quiet since Mon 2 Mar, 11:00" },
    { "10000", "Quiet since Mon 2 Mar, 09:00" },
};

static void test_quiet_is_told(void)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

    for (size_t i = 0; i < G_N_ELEMENTS(quiet); i++) {
        g_autoptr(GArray) bars = latchkey_activity_bars_new(LATCHKEY_ACTIVITY_DAY, zone, NOON);
        guint n = (guint)strlen(quiet[i].n);
        for (guint at = 0; at < bars->len; at++)
            g_array_index(bars, LatchkeyActivityBar, at).n[LATCHKEY_ACTIVITY_CREATED] =
                at < bars->len - n ? 1 : quiet[i].n[at - (bars->len - n)] - '0';
        g_autofree char *words = latchkey_activity_quiet_words(bars, zone);
        g_assert_cmpstr(words, ==, quiet[i].words);
    }
}

/* ---- Where most come from ---- */

static void apply_of(kit *mirror, const char *id, const char *type, gint64 at_ms,
                     const char *organization, const char *directory)
{
    kit_event event;

    if (g_str_equal(type, "dsync.activated"))
        kit_make(&event, id, type, at_ms,
                 "{\"object\":\"directory\",\"id\":\"%s\",\"organization_id\":\"%s\",\"name\":"
                 "\"Staff <b>of %s\",\"state\":\"active\",\"type\":\"okta scim v2.0\"}",
                 directory, organization, directory);
    else
        kit_make(&event, id, type, at_ms,
                 "{\"object\":\"directory_user\",\"id\":\"u_%s\",\"directory_id\":\"%s\","
                 "\"organization_id\":\"%s\"}",
                 id, directory, organization);
    kit_apply(mirror, &event);
}

/* Of org_2. */
static void name_organization(kit *mirror, const char *id, const char *type, gint64 at_ms,
                              const char *name)
{
    kit_event event;

    kit_make(&event, id, type, at_ms,
             "{\"object\":\"organization\",\"id\":\"org_2\",\"name\":\"%s\"}", name);
    kit_apply(mirror, &event);
}

static char *busiest(kit *mirror, const lk_mirror_event_query *query)
{
    lk_error err = LK_ERROR_INIT;
    g_autoptr(LatchkeyBusiest) found = latchkey_busiest_read(mirror->mirror, query, &err);

    if (found == NULL)
        g_error("%s", err.message);
    return latchkey_busiest_words(found);
}

static void test_busiest_is_found(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    g_assert_null(busiest(&mirror, LK_MIRROR_EVENT_QUERY(.type = "dsync.")));
    apply_of(&mirror, "e1", "dsync.activated", NOON, "org_1", "d1");
    apply_of(&mirror, "e2", "dsync.activated", NOON, "org_2", "d2");
    apply_of(&mirror, "e3", "dsync.activated", NOON, "org_2", "d3");
    apply_of(&mirror, "e4", "dsync.user.created", NOON + 1, "org_2", "d3");
    for (int i = 0; i < 4; i++) {
        g_autofree char *id = g_strdup_printf("late_%d", i);
        apply_of(&mirror, id, "dsync.user.updated", NOON + HOUR, "org_1", "d1");
    }
    g_autofree char *unnamed =
        busiest(&mirror, LK_MIRROR_EVENT_QUERY(.type = "dsync.", .until_ms = NOON + HOUR));
    name_organization(&mirror, "e5", "organization.created", NOON, "Pine");
    name_organization(&mirror, "e6", "organization.updated", NOON + HOUR, "<i>Harbor & Pine");
    name_organization(&mirror, "e7", "organization_domain.created", NOON + 2 * HOUR,
                      "pine.example");
    g_autofree char *all = busiest(&mirror, LK_MIRROR_EVENT_QUERY(.type = "dsync."));
    g_autofree char *early =
        busiest(&mirror, LK_MIRROR_EVENT_QUERY(.type = "dsync.", .until_ms = NOON + HOUR));
    g_autofree char *created = busiest(
        &mirror, LK_MIRROR_EVENT_QUERY(.type = "dsync.user.created", .until_ms = NOON + HOUR));
    g_assert_cmpstr(unnamed, ==, "Busiest: org_2, 3 events · Staff <b>of d3, 2 events");
    g_assert_cmpstr(all, ==, "Busiest: Staff <b>of d1, 5 events");
    g_assert_cmpstr(early, ==, "Busiest: <i>Harbor & Pine, 3 events · Staff <b>of d3, 2 events");
    g_assert_cmpstr(created, ==, "Busiest: <i>Harbor & Pine, 1 event · Staff <b>of d3, 1 event");
    g_assert_null(busiest(&mirror, LK_MIRROR_EVENT_QUERY(.type = "dsync.", .until_ms = 1)));
    kit_end(&mirror);
}

/* ---- The page ---- */

typedef struct range {
    gint64 since_ms;
    gint64 until_ms;
    int n;
    const char *type; /* that is expected */
} range;

static void on_range(LatchkeyActivityPage *page, gint64 since_ms, gint64 until_ms,
                     const char *words, const char *type, range *out)
{
    (void)page;
    g_assert_cmpstr(type, ==, out->type);
    g_assert_true(g_utf8_validate(words, -1, NULL));
    out->since_ms = since_ms;
    out->until_ms = until_ms;
    out->n++;
}

static GtkWidget *find_types(GtkWidget *root)
{
    GtkWidget *found = GTK_IS_DROP_DOWN(root) ? root : NULL;

    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL && found == NULL;
         child = gtk_widget_get_next_sibling(child))
        found = find_types(child);
    return found;
}

static GtkWidget *find_chart(GtkWidget *root)
{
    GtkWidget *found = LATCHKEY_IS_ACTIVITY_CHART(root) ? root : NULL;

    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL && found == NULL;
         child = gtk_widget_get_next_sibling(child))
        found = find_chart(child);
    return found;
}

static void test_page_counts_what_the_mirror_holds(void)
{
    kit mirror;
    kit_event event;
    range chosen = { 0 };
    gint64 now_ms = g_get_real_time() / 1000;

    kit_begin(&mirror);
    kit_open(&mirror);
    kit_make(&event, "event_01", "dsync.user.created", now_ms, "{\"id\":\"u1\"}");
    kit_apply(&mirror, &event);
    kit_make(&event, "event_02", "dsync.user.deleted", now_ms, "{\"id\":\"u1\"}");
    kit_apply(&mirror, &event);
    kit_make(&event, "event_03", "user.created", now_ms, "{\"id\":\"x\"}"); /* another family */
    kit_apply(&mirror, &event);

    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    config->client_id = g_strdup("client_01");
    config->store = g_strdup(mirror.store);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 0);
    GtkWidget *window = adw_window_new();
    GtkWidget *page = g_object_new(LATCHKEY_TYPE_ACTIVITY_PAGE, NULL);
    g_signal_connect(page, "range-chosen", G_CALLBACK(on_range), &chosen);
    latchkey_activity_page_set_feed(LATCHKEY_ACTIVITY_PAGE(page), feed);
    adw_window_set_content(ADW_WINDOW(window), page);
    gtk_window_present(GTK_WINDOW(window));
    settle();
    g_assert_nonnull(kit_find_label(window, "No Activity Yet"));
    latchkey_feed_start(feed);
    wait_until(kit_find_label(window, "2 events: 1 added, 0 changed, 1 removed") != NULL);
    g_assert_null(kit_find_label(window, "No Activity Yet"));

    g_signal_emit_by_name(find_chart(window), "activated");
    g_assert_cmpint(chosen.n, ==, 1);
    g_assert_cmpint(chosen.until_ms - chosen.since_ms, ==, 24 * HOUR);
    g_assert_cmpint(chosen.since_ms, <=, now_ms);
    g_assert_cmpint(chosen.until_ms, >, now_ms);

    gtk_drop_down_set_selected(GTK_DROP_DOWN(find_types(window)), 2);
    wait_until(kit_find_label(window, "No events") != NULL);
    gtk_drop_down_set_selected(GTK_DROP_DOWN(find_types(window)), 1);
    wait_until(kit_find_label(window, "2 events: 1 added, 0 changed, 1 removed") != NULL);
    chosen.type = "dsync.user.";
    g_signal_emit_by_name(find_chart(window), "activated");
    g_assert_cmpint(chosen.n, ==, 2);
    gtk_window_destroy(GTK_WINDOW(window));
    kit_close_feed(&feed);
    kit_end(&mirror);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/activity/bars", test_bars_begin_at_full_hours_and_days);
    g_test_add_func("/activity/add", test_events_are_added_to_their_bars);
    g_test_add_func("/activity/scale", test_scale_has_round_numbers);
    g_test_add_func("/activity/words", test_times_are_put_in_words);
    g_test_add_func("/activity/quiet", test_quiet_is_told);
    g_test_add_func("/activity/busiest", test_busiest_is_found);
    g_test_add_func("/activity/page", test_page_counts_what_the_mirror_holds);
    return g_test_run();
}
