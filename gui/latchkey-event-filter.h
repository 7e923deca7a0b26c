/* Which events a list holds. A value: copied, compared, never changed behind anybody's back. */
#pragma once

#include <glib.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

typedef struct LatchkeyEventFilter {
    char *type;         /* exact, or a prefix that ends in "."; NULL: all directory events */
    char *directory_id; /* NULL: any */
    char *organization_id;
    char *object_id; /* of a user or group; NULL: whoever it is about */
    char *text;      /* NULL: whatever it says */
    gint64 since_ms; /* 0: from the first */
    gint64 until_ms; /* before this; 0: to the last */
    gint64 span_ms;  /* since_ms is as long ago as this, and moves on; 0: it stands */
} LatchkeyEventFilter;

/* NULL is copied as the filter that lets all events through. */
LatchkeyEventFilter *latchkey_event_filter_copy(const LatchkeyEventFilter *filter);
void latchkey_event_filter_free(LatchkeyEventFilter *filter);
/* Whether both let the same events through. */
gboolean latchkey_event_filter_equal(const LatchkeyEventFilter *a, const LatchkeyEventFilter *b);
/* Whether it lets all events through, the text aside: that one is seen in its own entry. */
gboolean latchkey_event_filter_is_open(const LatchkeyEventFilter *filter);

/* Borrows from the filter. */
lk_mirror_event_query latchkey_event_filter_query(const LatchkeyEventFilter *filter,
                                                  lk_event_order order, const char *after,
                                                  guint limit);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LatchkeyEventFilter, latchkey_event_filter_free)

G_END_DECLS
