/* How fresh the list is, in a word or two: never more than is known. Pure, as latchkey-health.h. */
#pragma once

#include "latchkey-health.h"

G_BEGIN_DECLS

/* Says "Live" only when a poll succeeded within three intervals. Free with g_free(). */
char *latchkey_freshness_words(const LatchkeyHealth *health, gint64 now_ms);

/* When the last poll succeeded: "4 s ago", of a list that is live; NULL: it is not. Free with
 * g_free(). */
char *latchkey_freshness_age(const LatchkeyHealth *health, gint64 now_ms);

G_END_DECLS
