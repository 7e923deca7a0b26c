/* Times whose events could not be fetched any more, and where in a list they belong. */
#pragma once

#include "latchkey-event-filter.h"

G_BEGIN_DECLS

typedef struct LatchkeyGap {
    gint64 since_ms;
    gint64 until_ms;
} LatchkeyGap;

/* On a thread. Of LatchkeyGap, oldest first; NULL with err filled in: it failed. */
GArray *latchkey_gaps_read(lk_mirror *mirror, lk_error *err);

/* Those that a filter's times leave in sight. Free with g_array_unref(). */
GArray *latchkey_gaps_within(const GArray *gaps, const LatchkeyEventFilter *filter);

/* A sentence for each gap that ends between two events that stand beside each other, a line each;
 * NULL: there is none. older_ms G_MININT64: there is no older one, newer_ms G_MAXINT64: no newer.
 * Main thread only. Free with g_free(). */
char *latchkey_gaps_words(const GArray *gaps, gint64 older_ms, gint64 newer_ms, gint64 now_ms);

G_END_DECLS
