/* The directories as of a time, and how much is known of that time. */
#pragma once

#include "latchkey-store.h"

G_BEGIN_DECLS

/* How far back a mirror can tell how things were. */
typedef struct LatchkeyKnowledge {
    gint64 log_from_ms;  /* from here on it knows; 0: it has no events */
    gint64 gap_since_ms; /* the newest time whose events never came */
    gint64 gap_until_ms; /* 0: there is none */
} LatchkeyKnowledge;

/* Whether anything is known of the time; at_ms 0, now, always is. */
gboolean latchkey_knowledge_reaches(const LatchkeyKnowledge *known, gint64 at_ms);
/* "As of 24 November 2026, 09:00", and what is missing. Main thread only; free with g_free(). */
char *latchkey_knowledge_words(const LatchkeyKnowledge *known, gint64 at_ms);

typedef struct LatchkeyDirectories {
    lk_directory_page *page; /* NULL: nothing is known of that time */
    LatchkeyKnowledge known;
} LatchkeyDirectories;

void latchkey_directories_free(LatchkeyDirectories *self);

/* at_ms 0: now. Take what it ends in from latchkey_store_read_finish(). */
void latchkey_directories_read_async(LatchkeyStore *store, gint64 at_ms, gboolean with_deleted,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer data);

/* Its name, or its id, and whether it is a deleted one. Free with g_free(). */
char *latchkey_directory_words(const lk_directory *directory, gint64 now_ms);

G_END_DECLS
