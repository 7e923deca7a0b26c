/* Counted by the hour, shown by hours, quarters of a day or days: where clocks are changed a day is
 * as long as it is. */
#include "latchkey-activity.h"

#include "latchkey-event.h"

#include <glib/gi18n.h>

enum { N_HOURS = 24, N_DAYS_OF_WEEK = 7, N_QUARTERS = 4, N_DAYS_OF_MONTH = 30 };

#define HOUR_MS G_GINT64_CONSTANT(3600000)

static gint64 to_ms(GDateTime *time)
{
    return g_date_time_to_unix(time) * 1000;
}

static GDateTime *from_ms(gint64 ms, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);

    return g_date_time_to_timezone(utc, zone);
}

static void add_bar(GArray *bars, gint64 since_ms, gint64 until_ms)
{
    const LatchkeyActivityBar bar = { .since_ms = since_ms, .until_ms = until_ms };

    /* A quarter that a change of clocks swallowed would have no width. */
    if (until_ms > since_ms)
        g_array_append_val(bars, bar);
}

static void add_hours(GArray *bars, GDateTime *now)
{
    gint64 into_hour_ms =
        (g_date_time_get_minute(now) * 60 + g_date_time_get_second(now)) * G_GINT64_CONSTANT(1000);
    gint64 hour_ms = to_ms(now) - into_hour_ms;

    for (int i = N_HOURS - 1; i >= 0; i--)
        add_bar(bars, hour_ms - i * HOUR_MS, hour_ms - (i - 1) * HOUR_MS);
}

/* n_days days, each in n_parts. */
static void add_days(GArray *bars, GDateTime *now, GTimeZone *zone, int n_days, int n_parts)
{
    int part_hours = N_HOURS / n_parts;

    for (int i = n_days - 1; i >= 0; i--) {
        g_autoptr(GDateTime) day = g_date_time_add_days(now, -i);
        g_autoptr(GDateTime) next = g_date_time_add_days(day, 1);
        int year = 0;
        int month = 0;
        int of_month = 0;
        gint64 edges_ms[N_QUARTERS + 1];
        g_date_time_get_ymd(day, &year, &month, &of_month);
        for (int part = 0; part < n_parts; part++) {
            g_autoptr(GDateTime) edge =
                g_date_time_new(zone, year, month, of_month, part * part_hours, 0, 0);
            edges_ms[part] = to_ms(edge);
        }
        g_date_time_get_ymd(next, &year, &month, &of_month);
        g_autoptr(GDateTime) midnight = g_date_time_new(zone, year, month, of_month, 0, 0, 0);
        edges_ms[n_parts] = to_ms(midnight);
        for (int part = 0; part < n_parts; part++)
            add_bar(bars, edges_ms[part], edges_ms[part + 1]);
    }
}

GArray *latchkey_activity_bars_new(LatchkeyActivitySpan span, GTimeZone *zone, gint64 now_ms)
{
    GArray *bars = g_array_new(FALSE, TRUE, sizeof(LatchkeyActivityBar));
    g_autoptr(GDateTime) now = from_ms(now_ms, zone);

    if (span == LATCHKEY_ACTIVITY_DAY)
        add_hours(bars, now);
    else if (span == LATCHKEY_ACTIVITY_WEEK)
        add_days(bars, now, zone, N_DAYS_OF_WEEK, N_QUARTERS);
    else
        add_days(bars, now, zone, N_DAYS_OF_MONTH, 1);
    return bars;
}

gint64 latchkey_activity_step_ms(void)
{
    return HOUR_MS;
}

void latchkey_activity_add(GArray *bars, const lk_mirror_activity *found)
{
    guint at = 0;

    for (size_t i = 0; i < found->count; i++) {
        const lk_mirror_span *span = &found->items[i];
        while (at < bars->len &&
               span->since_ms >= g_array_index(bars, LatchkeyActivityBar, at).until_ms)
            at++;
        if (at == bars->len)
            return;
        LatchkeyActivityBar *bar = &g_array_index(bars, LatchkeyActivityBar, at);
        if (span->since_ms >= bar->since_ms)
            bar->n[latchkey_activity_kind_of(span->type)] += span->n_events;
    }
}

LatchkeyActivityKind latchkey_activity_kind_of(const char *type)
{
    const char *tone = latchkey_event_tone_of(type);

    if (g_str_equal(tone, "created"))
        return LATCHKEY_ACTIVITY_CREATED;
    return g_str_equal(tone, "deleted") ? LATCHKEY_ACTIVITY_DELETED : LATCHKEY_ACTIVITY_UPDATED;
}

LatchkeyActivityBar latchkey_activity_sum(const GArray *bars, guint first, guint last)
{
    LatchkeyActivityBar sum = { 0 };

    for (guint i = first; i <= last && i < bars->len; i++) {
        const LatchkeyActivityBar *bar = &g_array_index(bars, LatchkeyActivityBar, i);
        if (i == first)
            sum.since_ms = bar->since_ms;
        sum.until_ms = bar->until_ms;
        for (int kind = 0; kind < LATCHKEY_N_ACTIVITY_KINDS; kind++)
            sum.n[kind] += bar->n[kind];
    }
    return sum;
}

gint64 latchkey_activity_total(const LatchkeyActivityBar *bar)
{
    gint64 total = 0;

    for (int kind = 0; kind < LATCHKEY_N_ACTIVITY_KINDS; kind++)
        total += bar->n[kind];
    return total;
}

/* 1, 2 or 5 with zeros. */
gint64 latchkey_activity_tick(gint64 highest)
{
    static const int factors[] = { 1, 2, 5 };

    for (gint64 power = 1; power < G_MAXINT64 / 50; power *= 10)
        for (size_t i = 0; i < G_N_ELEMENTS(factors); i++)
            if (power * factors[i] * 4 >= highest)
                return power * factors[i];
    return highest;
}

char *latchkey_activity_count_words(const LatchkeyActivityBar *bar)
{
    gint64 total = latchkey_activity_total(bar);
    g_autofree char *events =
        g_strdup_printf(ngettext("%d event", "%d events", (gulong)total), (int)total);

    if (total == 0)
        return g_strdup(_("No events"));
    return g_strdup_printf(
        _("%s: %d added, %d changed, %d removed"), events, (int)bar->n[LATCHKEY_ACTIVITY_CREATED],
        (int)bar->n[LATCHKEY_ACTIVITY_UPDATED], (int)bar->n[LATCHKEY_ACTIVITY_DELETED]);
}

/* Midnight is the end of the day before, not the beginning of the next. */
char *latchkey_activity_time_words(const LatchkeyActivityBar *bar, GTimeZone *zone)
{
    g_autoptr(GDateTime) since = from_ms(bar->since_ms, zone);
    g_autoptr(GDateTime) until = from_ms(bar->until_ms, zone);
    g_autoptr(GDateTime) last = from_ms(bar->until_ms - 1, zone);
    gboolean is_one_day = g_date_time_get_day_of_year(since) == g_date_time_get_day_of_year(last) &&
                          bar->until_ms - bar->since_ms <= 25 * HOUR_MS;
    gboolean is_from_midnight = g_date_time_get_hour(since) == 0;
    gboolean is_to_midnight = g_date_time_get_hour(until) == 0;

    g_autofree char *day = g_date_time_format(since, _("%a %-d %b"));
    g_autofree char *last_day = g_date_time_format(last, _("%a %-d %b"));
    g_autofree char *from = g_date_time_format(since, _("%H:%M"));
    g_autofree char *to =
        is_to_midnight ? g_strdup(_("24:00")) : g_date_time_format(until, _("%H:%M"));
    if (is_from_midnight && is_to_midnight)
        return is_one_day ? g_strdup(day) : g_strdup_printf("%s – %s", day, last_day);
    if (is_one_day)
        return g_strdup_printf("%s, %s – %s", day, from, to);
    return g_strdup_printf("%s, %s – %s, %s", day, from, last_day, to);
}

static gint64 total_at(const GArray *bars, guint i)
{
    return latchkey_activity_total(&g_array_index(bars, LatchkeyActivityBar, i));
}

/* The longest run of bars that hold as few as any; of several, the latest. The last bar is not over
 * yet. */
static LatchkeyActivityBar quietest(const GArray *bars)
{
    gint64 fewest = G_MAXINT64;
    guint first = 0;
    guint n = 0;

    for (guint i = 0; i + 1 < bars->len; i++)
        fewest = MIN(fewest, total_at(bars, i));
    for (guint i = 0, run = 0; i + 1 < bars->len; i++) {
        run = total_at(bars, i) == fewest ? run + 1 : 0;
        if (run >= MAX(n, 1)) {
            n = run;
            first = i + 1 - run;
        }
    }
    return latchkey_activity_sum(bars, first, first + MAX(n, 1) - 1);
}

/* 0: there was an event in the last bar or in the one before. */
static gint64 quiet_since_ms(const GArray *bars)
{
    guint first = bars->len;

    while (first > 0 && total_at(bars, first - 1) == 0)
        first--;
    if (first == 0 || bars->len - first < 2)
        return 0;
    return g_array_index(bars, LatchkeyActivityBar, first).since_ms;
}

char *latchkey_activity_quiet_words(const GArray *bars, GTimeZone *zone)
{
    gint64 since_ms = quiet_since_ms(bars);

    if (since_ms != 0) {
        g_autoptr(GDateTime) since = from_ms(since_ms, zone);
        g_autofree char *when = g_date_time_format(since, _("%a %-d %b, %H:%M"));
        return g_strdup_printf(_("Quiet since %s"), when);
    }
    LatchkeyActivityBar bar = quietest(bars);
    g_autofree char *when = latchkey_activity_time_words(&bar, zone);
    return g_strdup_printf(_("Quietest: %s"), when);
}
