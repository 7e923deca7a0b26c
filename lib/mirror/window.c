/* The windows of a long time; see window.h. */
#include "mirror/window.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "mirror/feed.h"

enum {
    SECOND_MS = 1000,
    /* Each window asks for a second more than it has, and one more may come without being wrong:
     * whether a server's ends are part of the range, or rounded, is not documented. */
    SLACK_MS = SECOND_MS,
    WANTED_PAGES = 10, /* in a window */
    WANTED_EVENTS = WANTED_PAGES * 100,
    MAX_CHANGE = 4 /* times: of one span to the next */
};

/* ---- One window ---- */

static void window_clear(lk__window *w)
{
    free(w->after);
    free(w->newest);
    *w = (lk__window){ 0 };
}

static int64_t reached_ms(const lk__window *w)
{
    return w->newest_ms > w->start_ms ? w->newest_ms : w->start_ms;
}

/* By the last page; 0 when there was none, or it is done. */
static int64_t pages_left(const lk__window *w)
{
    if (w->is_done || w->n_pages == 0)
        return 0;
    /* All of it in one second, or less: no shorter window would help. */
    return (w->end_ms - reached_ms(w)) / (w->pace_ms > SECOND_MS ? w->pace_ms : SECOND_MS);
}

/* ---- The windows ---- */

static void insert(lk__windows *self, size_t at, int64_t start_ms, int64_t end_ms)
{
    memmove(&self->items[at + 1], &self->items[at], (self->count - at) * sizeof(self->items[0]));
    self->items[at] = (lk__window){ .start_ms = start_ms, .end_ms = end_ms };
    self->count++;
}

static void remove_at(lk__windows *self, size_t at)
{
    window_clear(&self->items[at]);
    self->count--;
    memmove(&self->items[at], &self->items[at + 1], (self->count - at) * sizeof(self->items[0]));
}

void lk__windows_begin(lk__windows *self, int64_t start_ms, int64_t end_ms, int64_t span_ms)
{
    *self = (lk__windows){ .end_ms = end_ms, .span_ms = span_ms > SECOND_MS ? span_ms : SECOND_MS };
    /* Empty and done: what comes is cut from its end on. */
    insert(self, 0, start_ms, start_ms);
    self->items[0].is_done = true;
}

void lk__windows_clear(lk__windows *self)
{
    while (self->count > 0)
        remove_at(self, self->count - 1);
    *self = (lk__windows){ 0 };
}

/* ---- The plan ---- */

/* Done windows side by side are one. */
static void merge(lk__windows *self)
{
    for (size_t i = self->count - 1; i > 0; i--) {
        lk__window *w = &self->items[i];
        lk__window *before = &self->items[i - 1];

        if (!w->is_done || !before->is_done)
            continue;
        if (w->newest != NULL) {
            free(before->newest);
            before->newest = w->newest;
            before->newest_ms = w->newest_ms;
            w->newest = NULL;
        }
        before->end_ms = w->end_ms;
        remove_at(self, i);
    }
}

/* Towards the time in which WANTED_EVENTS happen, by those that ended since the last time. */
static void adapt_span(lk__windows *self)
{
    int64_t wanted_ms = self->span_ms * MAX_CHANGE;

    if (self->n_ended == 0)
        return;
    if (self->n_seen > 0)
        wanted_ms = (int64_t)((double)self->seen_ms / (double)self->n_seen * WANTED_EVENTS);
    if (wanted_ms > self->span_ms * MAX_CHANGE)
        wanted_ms = self->span_ms * MAX_CHANGE;
    if (wanted_ms < self->span_ms / MAX_CHANGE)
        wanted_ms = self->span_ms / MAX_CHANGE;
    self->span_ms = wanted_ms < SECOND_MS ? SECOND_MS : wanted_ms;
    self->seen_ms = self->n_seen = 0;
    self->n_ended = 0;
}

static size_t longest(const lk__windows *self)
{
    size_t found = 0;

    for (size_t i = 1; i < self->count; i++)
        if (pages_left(&self->items[i]) > pages_left(&self->items[found]))
            found = i;
    return found;
}

static int64_t whole_second(int64_t ms)
{
    return ms / SECOND_MS * SECOND_MS;
}

/* The second half of what is left becomes a window of its own. */
static bool cut(lk__windows *self, size_t i)
{
    lk__window *w = &self->items[i];
    int64_t middle_ms = whole_second(reached_ms(w) + (w->end_ms - reached_ms(w)) / 2);

    if (self->count == LK__MAX_WINDOWS || middle_ms <= reached_ms(w) || middle_ms >= w->end_ms)
        return false;
    insert(self, i + 1, middle_ms, w->end_ms);
    self->items[i].end_ms = middle_ms;
    return true;
}

static bool append(lk__windows *self)
{
    int64_t start_ms = self->items[self->count - 1].end_ms;
    int64_t left_ms = self->end_ms - start_ms;
    int64_t span_ms = whole_second(self->span_ms);

    if (self->count == LK__MAX_WINDOWS || left_ms <= 0)
        return false;
    insert(self, self->count, start_ms, span_ms < left_ms ? start_ms + span_ms : self->end_ms);
    return true;
}

/* A long one first: the cursor waits for it. Then new ones, then whatever can be cut. */
static bool add_one(lk__windows *self)
{
    size_t i = longest(self);
    int64_t n_left = pages_left(&self->items[i]);

    if (n_left > WANTED_PAGES && cut(self, i))
        return true;
    return append(self) || (n_left > 1 && cut(self, i));
}

static size_t list_open(const lk__windows *self, size_t n, size_t *out)
{
    size_t count = 0;

    for (size_t i = 0; i < self->count && count < n; i++)
        if (!self->items[i].is_done)
            out[count++] = i;
    return count;
}

size_t lk__windows_plan(lk__windows *self, size_t n, size_t *out)
{
    merge(self);
    adapt_span(self);
    while (list_open(self, n, out) < n && add_one(self))
        ;
    return list_open(self, n, out);
}

lk_event_list_options lk__windows_ask(lk__windows *self, size_t i)
{
    lk__window *w = &self->items[i];

    w->asked_ms = w->end_ms + SLACK_MS;
    return (lk_event_list_options){ .size = sizeof(lk_event_list_options),
                                    .after = w->after,
                                    .range_start_ms = w->after == NULL ? w->start_ms : 0,
                                    .range_end_ms = w->asked_ms };
}

/* ---- What came ---- */

/* After the end: a server that ignores the end together with a cursor has passed it when it goes
 * towards newer events, which the first page of the window cannot tell. */
static bool is_past_end(const lk__window *w, const lk_event_page *page)
{
    return page->count > 0 && page->items[page->count - 1]->created_at_ms > w->asked_ms + SLACK_MS;
}

static bool is_foreign(const lk__window *w, const lk_event_page *page)
{
    if (page->count == 0)
        return false;
    if (page->items[0]->created_at_ms < w->start_ms - SLACK_MS)
        return true;
    return is_past_end(w, page) &&
           (w->n_pages == 0 || page->items[0]->created_at_ms < w->newest_ms);
}

static lk_status replace(char **text, const char *with, lk_error *err)
{
    char *copy = with != NULL ? strdup(with) : NULL;

    if (with != NULL && copy == NULL)
        return lk__no_memory(err);
    free(*text);
    *text = copy;
    return LK_OK;
}

static lk_status note_newest(lk__window *w, const lk_event_page *page, lk_error *err)
{
    size_t n = page->count;
    const lk_event *newest;

    /* What is behind the window's end is the next one's to tell. */
    while (n > 0 && page->items[n - 1]->created_at_ms >= w->end_ms)
        n--;
    if (n == 0)
        return LK_OK;
    newest = page->items[n - 1];
    if (w->newest != NULL &&
        (newest->created_at_ms < w->newest_ms ||
         (newest->created_at_ms == w->newest_ms && strcmp(newest->id, w->newest) <= 0)))
        return LK_OK;
    LK_TRY(replace(&w->newest, newest->id, err));
    w->newest_ms = newest->created_at_ms;
    return LK_OK;
}

lk_status lk__windows_note(lk__windows *self, size_t i, const lk_event_page *page, bool *honoured,
                           lk_error *err)
{
    lk__window *w = &self->items[i];
    int64_t before_ms = reached_ms(w);

    *honoured = !is_foreign(w, page);
    if (!*honoured)
        return LK_OK;
    w->is_done = lk__feed_ends_with(page, w->after) || is_past_end(w, page);
    LK_TRY(note_newest(w, page, err));
    LK_TRY(replace(&w->after, page->after, err));
    w->pace_ms = reached_ms(w) - before_ms;
    w->n_pages++;
    w->n_events += (int64_t)page->count;
    if (w->is_done) {
        self->n_ended++;
        self->n_seen += w->n_events;
        self->seen_ms += w->end_ms - w->start_ms;
    }
    return LK_OK;
}

const lk__window *lk__windows_front(const lk__windows *self)
{
    const lk__window *front = NULL;

    for (size_t i = 0; i < self->count && (i == 0 || self->items[i - 1].is_done); i++)
        if (self->items[i].newest != NULL)
            front = &self->items[i];
    return front;
}
