/* What happened to one person or group, newest first, with what each event changed. */
#pragma once

#include "latchkey-event.h"

G_BEGIN_DECLS

enum { LATCHKEY_MAX_HISTORY = 50 };

typedef struct LatchkeyHistoryStep {
    LatchkeyEvent *event;
    GPtrArray *changes; /* of LatchkeyChange; empty: it is no update, or does not say */
} LatchkeyHistoryStep;

/* For threads: the newest LATCHKEY_MAX_HISTORY, of LatchkeyHistoryStep. What ends with its
 * directory has that end among them. directory_id NULL: not known. at_ms: up to then; 0: to now.
 * NULL: it failed. Free with g_ptr_array_unref(). */
GPtrArray *latchkey_history_read(lk_mirror *mirror, const char *id, const char *directory_id,
                                 gint64 at_ms, lk_error *err);

/* A step in words: when it was, and the first of its changes. Main thread only; free with g_free().
 */
char *latchkey_history_step_words(const LatchkeyHistoryStep *step, gint64 now_ms);

G_END_DECLS
