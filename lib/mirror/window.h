/* A long time cut into windows that are read side by side: which there are, how far each is, and
 * where the feed may stand. No I/O.
 *
 * Windows lie side by side without a gap, oldest first. The cursor passes a window once it was read
 * to its end and all before it were; what is read further on is applied and not counted on. So the
 * windows are kept short, by what the last ones held, and one that turns out to be long is cut
 * again: little is read twice by whoever goes on after a crash. */
#ifndef LK_MIRROR_WINDOW_H
#define LK_MIRROR_WINDOW_H

#include <latchkey/events.h>

enum { LK__MAX_WINDOWS = 48 };

typedef struct lk__window {
    int64_t start_ms; /* created_at from here on */
    int64_t end_ms;   /* and before this */
    int64_t asked_ms; /* end of the request that is under way */
    char *after;      /* event id to go on after; NULL: from start_ms */
    char *newest;     /* id of the newest event; NULL: none */
    int64_t newest_ms;
    int64_t pace_ms; /* the time that the last page held */
    int64_t n_events;
    int64_t n_pages;
    bool is_done;
} lk__window;

typedef struct lk__windows {
    lk__window items[LK__MAX_WINDOWS];
    size_t count;
    int64_t end_ms;  /* of the last one there will be */
    int64_t span_ms; /* of the next one */
    int64_t seen_ms; /* time and events of those that ended since the last plan */
    int64_t n_seen;
    size_t n_ended;
} lk__windows;

/* From start_ms, which is done up to there, to end_ms; both on whole seconds. span_ms: a guess at
 * the time in which ten pages happen. Clear with lk__windows_clear(). */
void lk__windows_begin(lk__windows *self, int64_t start_ms, int64_t end_ms, int64_t span_ms);
void lk__windows_clear(lk__windows *self);

/* Adds and cuts windows until n are to be read, or there is no more to do: places of those go to
 * out (of n), and their number is returned. 0: all is read. */
size_t lk__windows_plan(lk__windows *self, size_t n, size_t *out);
/* What to ask next for the window. .types are the caller's to set; .after is the window's. */
lk_event_list_options lk__windows_ask(lk__windows *self, size_t i);
/* A page came for the window. *honoured is false, and nothing was noted, when it holds events that
 * were not asked for: the server does not know ranges. */
LK_MUST_CHECK lk_status lk__windows_note(lk__windows *self, size_t i, const lk_event_page *page,
                                         bool *honoured, lk_error *err);
/* The window that holds the newest event up to which all is read: of those that are done, as are
 * all before them, and of the one behind them, which is read in order. NULL: none. */
const lk__window *lk__windows_front(const lk__windows *self);

#endif
