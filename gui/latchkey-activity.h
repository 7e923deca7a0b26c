/* How many events there were over time: bars of hours or days, by what happened. */
#pragma once

#include <glib.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

typedef enum {
    LATCHKEY_ACTIVITY_DAY,   /* the last 24 hours, by the hour */
    LATCHKEY_ACTIVITY_WEEK,  /* 7 days, in quarters */
    LATCHKEY_ACTIVITY_MONTH, /* 30 days */
} LatchkeyActivitySpan;

typedef enum {
    LATCHKEY_ACTIVITY_CREATED,
    LATCHKEY_ACTIVITY_UPDATED,
    LATCHKEY_ACTIVITY_DELETED,
    LATCHKEY_N_ACTIVITY_KINDS,
} LatchkeyActivityKind;

typedef struct LatchkeyActivityBar {
    gint64 since_ms;
    gint64 until_ms;
    gint64 n[LATCHKEY_N_ACTIVITY_KINDS];
} LatchkeyActivityBar;

/* Of LatchkeyActivityBar, oldest first, the last of them with now in it, all empty. They begin at
 * full hours and days of the time zone, also where a day has 23 hours. Free with g_array_unref().
 */
GArray *latchkey_activity_bars_new(LatchkeyActivitySpan span, GTimeZone *zone, gint64 now_ms);
/* The step to count in: each such step lies within one bar. */
gint64 latchkey_activity_step_ms(void);
/* Adds what was found to the bars it belongs to; what lies outside is left out. */
void latchkey_activity_add(GArray *bars, const lk_mirror_activity *found);

LatchkeyActivityKind latchkey_activity_kind_of(const char *type);

/* One bar that stands for those from first to last. */
LatchkeyActivityBar latchkey_activity_sum(const GArray *bars, guint first, guint last);
gint64 latchkey_activity_total(const LatchkeyActivityBar *bar);
/* The height of a line of a scale with up to four of them, none of which is a fraction. */
gint64 latchkey_activity_tick(gint64 highest);

/* "3 events: 2 created, 1 updated" and "Tue 14:00 – 15:00". Free with g_free(). */
char *latchkey_activity_count_words(const LatchkeyActivityBar *bar);
char *latchkey_activity_time_words(const LatchkeyActivityBar *bar, GTimeZone *zone);

/* "Quiet since Tue 3 Mar, 03:00" where nothing happened any more, else when least did. Of bars with
 * events. Free with g_free(). */
char *latchkey_activity_quiet_words(const GArray *bars, GTimeZone *zone);

G_END_DECLS
