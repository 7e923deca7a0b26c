/* See gap.h. */
#include "mirror/gap.h"

#include "mirror/mirror.h"
#include "mirror/sql.h"

enum { MAX_GAPS = 1000 }; /* more than a lifetime of outages */

/* All from before the last complete walk began is there, and so is all up to the cursor. A mirror
 * that never had anything misses nothing: what is older than all events it learns otherwise. */
void lk__gap_find(const lk__feed *feed, int64_t oldest_ms, const lk_event_page *page, lk__gap *out)
{
    int64_t since_ms =
        feed->settled_at_ms > feed->cursor_at_ms ? feed->settled_at_ms : feed->cursor_at_ms;
    bool is_older = page->count > 0 && page->items[0]->created_at_ms < oldest_ms;

    *out = (lk__gap){ 0 };
    if (since_ms > 0 && since_ms < oldest_ms && !is_older)
        *out = (lk__gap){ .since_ms = since_ms, .until_ms = oldest_ms };
}

lk_status lk__gap_note(lk__store *store, const lk__gap *gap, int64_t now_ms, lk_error *err)
{
    if (gap->until_ms == 0)
        return LK_OK;
    return lk__store_run(store, LK__SQL_NOTE_GAP,
                         LK__ARGS(lk__value_number(gap->since_ms), lk__value_number(gap->until_ms),
                                  lk__value_number(now_ms)),
                         NULL, NULL, err);
}

/* ---- Listing them ---- */

typedef struct collecting {
    lk_gap *items;
    size_t count;
} collecting;

static lk_status take_gap(void *ctx, const lk__row *row, lk_error *err)
{
    collecting *c = ctx;

    (void)err;
    c->items[c->count++] = (lk_gap){ .since_ms = row->columns[0].number,
                                     .until_ms = row->columns[1].number,
                                     .noted_at_ms = row->columns[2].number };
    return LK_OK;
}

lk_status lk_mirror_list_gaps(lk_mirror *mirror, lk_gap_page **out, lk_error *err)
{
    LK_CLEANUP(lk_gap_page_freep) lk_gap_page *page = NULL;
    collecting c = { 0 };

    lk__error_clear(err);
    if (mirror == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_list_gaps() was given NULL");
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    c.items = lk__arena_array(lk__answer_arena(page), MAX_GAPS, sizeof(*c.items));
    if (c.items == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__store_run(mirror->store, LK__SQL_GAPS, LK__ARGS(lk__value_number(MAX_GAPS)),
                         take_gap, &c, err));
    page->items = c.items;
    page->count = c.count;
    *out = lk__steal(page);
    return LK_OK;
}

void lk_gap_page_free(lk_gap_page *page)
{
    lk__answer_free(page);
}

void lk_gap_page_freep(lk_gap_page **page)
{
    lk_gap_page_free(*page);
    *page = NULL;
}
