/* The history of one object; see latchkey/history.h. Its events are read in order, and each is
 * compared with the last one before it that told how the object was. What ends with its directory
 * names only the directory, so the ends of that are merged in. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mirror/forget.h"
#include "mirror/history-change.h"
#include "mirror/history-state.h"
#include "mirror/list-events.h"
#include "mirror/mirror.h"
#include "mirror/record.h"
#include "mirror/sql.h"
#include "mirror/walk.h"

enum { LOOK_BACK = 20 };

typedef struct history {
    lk__store *store;
    lk__arena *arena;
    const char *id;
    bool has_kind; /* it is a directory, a group or a user; else nothing is compared */
    lk_record_kind kind;
    const char *directory_id; /* that it ends with; NULL: none */
    lk__state now;
    const void *before; /* how it was at the last event that told; NULL: it was not */
} history;

/* ---- What it is ---- */

static lk_status find_kind(history *h, lk_error *err)
{
    static const lk_record_kind kinds[] = { LK_RECORD_USER, LK_RECORD_GROUP, LK_RECORD_DIRECTORY };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && !h->has_kind; i++) {
        h->kind = kinds[i];
        LK_TRY(lk__state_read(h->store, h->kind, h->id, INT64_MAX, h->arena, &h->now, err));
        h->has_kind = h->now.is_known;
    }
    if (h->has_kind && h->kind == LK_RECORD_USER)
        h->directory_id = ((const lk_directory_user *)h->now.record)->directory_id;
    if (h->has_kind && h->kind == LK_RECORD_GROUP)
        h->directory_id = ((const lk_directory_group *)h->now.record)->directory_id;
    return LK_OK;
}

/* ---- One event ---- */

static lk_status read_event(const history *h, const lk_mirror_event *event, lk__record *out,
                            lk_error *err)
{
    return lk__record_read(&(const lk_event){ .id = event->id,
                                              .type = event->type,
                                              .created_at_ms = event->created_at_ms,
                                              .json = event->json,
                                              .json_len = event->json_len },
                           false, h->arena, out, err);
}

/* How the object is by this event; NULL when that is not told. Nobody is told of by being removed
 * from a group: see apply.c. */
static const void *told_by(const history *h, const lk__record *r)
{
    const lk_directory *directory = r->directory;

    if (r->parked != NULL || (r->kind == LK__EFFECT_MEMBERSHIP && r->is_deletion))
        return NULL;
    if (h->kind == LK_RECORD_USER && r->user != NULL)
        return lk__text_equal(r->user->id, h->id) ? r->user : NULL;
    if (h->kind == LK_RECORD_GROUP && r->group != NULL)
        return lk__text_equal(r->group->id, h->id) ? r->group : NULL;
    if (h->kind == LK_RECORD_DIRECTORY && directory != NULL)
        return lk__text_equal(directory->id, h->id) ? directory : NULL;
    return NULL;
}

static lk_status note_membership(const history *h, const lk__record *r, lk__changes *changes,
                                 lk_error *err)
{
    bool is_user = h->kind == LK_RECORD_USER;
    const char *other;

    if (r->kind != LK__EFFECT_MEMBERSHIP || r->parked != NULL || h->kind == LK_RECORD_DIRECTORY)
        return LK_OK;
    other = is_user ? r->group->id : r->user->id;
    return lk__changes_add(changes, h->arena, is_user ? "group" : "user",
                           r->is_deletion ? other : NULL, r->is_deletion ? NULL : other, err);
}

static lk_status take_logged(void *ctx, const lk__row *row, lk_error *err)
{
    lk_history_entry *entry = ctx;

    (void)err;
    entry->learned_at_ms = row->columns[0].number;
    entry->is_parked = row->columns[1].kind != LK__VALUE_NULL;
    return LK_OK;
}

static lk_status make_entry(history *h, const lk_mirror_event *event, const lk_history_entry **out,
                            lk_error *err)
{
    lk_history_entry *entry = lk__arena_alloc(h->arena, sizeof(*entry));
    lk__changes changes = { 0 };
    lk__record record = { 0 };
    const void *told;

    if (entry == NULL)
        return lk__no_memory(err);
    *entry = (lk_history_entry){ .event_id = event->id,
                                 .type = event->type,
                                 .created_at_ms = event->created_at_ms,
                                 .subject = event->subject };
    LK_TRY(lk__store_run(h->store, LK__SQL_HOW_LOGGED, LK__ARGS(lk__value_number(event->sequence)),
                         take_logged, entry, err));
    *out = entry;
    if (!h->has_kind || entry->is_parked)
        return LK_OK;
    LK_TRY(read_event(h, event, &record, err));
    told = told_by(h, &record);
    entry->is_end = record.is_deletion && record.parked == NULL &&
                    (told != NULL || record.kind == LK__EFFECT_DIRECTORY);
    if (told != NULL && !entry->is_end)
        LK_TRY(lk__changes_between(&changes, h->kind, h->before, told, h->arena, err));
    LK_TRY(note_membership(h, &record, &changes, err));
    if (told != NULL || entry->is_end)
        h->before = entry->is_end ? NULL : told;
    entry->changes = changes.items;
    entry->n_changes = changes.count;
    return LK_OK;
}

/* ---- What came before the page ---- */

/* Whether this event tells how the object was then. */
static lk_status look_at(history *h, const lk_mirror_event *event, bool *found, lk_error *err)
{
    lk_history_entry logged = { 0 };
    lk__record record = { 0 };
    const void *told;

    LK_TRY(lk__store_run(h->store, LK__SQL_HOW_LOGGED, LK__ARGS(lk__value_number(event->sequence)),
                         take_logged, &logged, err));
    if (logged.is_parked)
        return LK_OK;
    LK_TRY(read_event(h, event, &record, err));
    told = told_by(h, &record);
    *found = told != NULL || record.kind == LK__EFFECT_DIRECTORY;
    h->before = record.is_deletion ? NULL : told;
    return LK_OK;
}

static lk_status look_back(history *h, const char *after, lk_error *err)
{
    lk_mirror_event_query query = { .order = LK_NEWEST_FIRST, .object_id = h->id, .after = after };
    lk__event_rows last;
    bool found = false;
    size_t n = LOOK_BACK;

    LK_TRY(lk__event_rows_begin(&last, h->arena, 1, err));
    LK_TRY(lk__store_run(h->store, LK__SQL_EVENTS " AND e.id = $1", LK__ARGS(lk__value_text(after)),
                         lk__event_rows_take, &last, err));
    if (last.count == 1)
        LK_TRY(look_at(h, last.items[0], &found, err));
    while (!found && n == LOOK_BACK) {
        lk__event_rows rows;

        LK_TRY(lk__event_rows_begin(&rows, h->arena, 2 * LOOK_BACK, err));
        LK_TRY(lk__list_events(h->store, &query, LOOK_BACK, &rows, err));
        n = rows.count;
        for (size_t i = 0; i < n && !found; i++)
            LK_TRY(look_at(h, rows.items[i], &found, err));
        if (n > 0)
            query.after = rows.items[n - 1]->id;
    }
    return LK_OK;
}

/* How it was before the first event of the page; first: NULL for none. Where events are forgotten
 * that is what they said, as of the time at which the log begins. */
static lk_status find_before(history *h, const char *after, const lk_mirror_event *first,
                             lk_error *err)
{
    int64_t kept_from_ms = 0;
    lk__state state = { 0 };

    if (!h->has_kind || first == NULL)
        return LK_OK;
    if (after != NULL)
        LK_TRY(look_back(h, after, err));
    if (h->before != NULL)
        return LK_OK;
    LK_TRY(lk__kept_from(h->store, &kept_from_ms, err));
    if (kept_from_ms == 0 || after != NULL)
        return LK_OK;
    LK_TRY(lk__state_read(h->store, h->kind, h->id, kept_from_ms - 1, h->arena, &state, err));
    if (state.is_known && !state.is_deleted)
        h->before = state.record;
    return LK_OK;
}

/* ---- The page ---- */

static lk_status select_events(history *h, const char *after, int limit, lk__event_rows *rows,
                               lk_error *err)
{
    lk_mirror_event_query query = { .order = LK_OLDEST_FIRST, .object_id = h->id, .after = after };
    size_t room = 2 * (size_t)limit;
    lk__event_rows ends;

    LK_TRY(lk__event_rows_begin(rows, h->arena, 2 * room, err));
    LK_TRY(lk__list_events(h->store, &query, limit, rows, err));
    if (h->directory_id == NULL)
        return LK_OK;
    query.object_id = h->directory_id;
    query.type = "dsync.deleted";
    LK_TRY(lk__event_rows_begin(&ends, h->arena, room, err));
    LK_TRY(lk__list_events(h->store, &query, limit, &ends, err));
    for (size_t i = 0; i < ends.count; i++)
        rows->items[rows->count++] = ends.items[i];
    lk__event_rows_keep(rows, LK_OLDEST_FIRST, (size_t)limit);
    return LK_OK;
}

/* A version that no event has is reconciliation's, unless the event is forgotten. */
static lk_status note_reconciliation(const history *h, lk_history_page *page, lk_error *err)
{
    int64_t sequence = 0;

    if (!h->has_kind)
        return LK_OK;
    LK_TRY(lk__store_run(h->store, LK__SQL_EVENT_PLACE, LK__ARGS(lk__value_text(h->now.version.id)),
                         lk__take_number, &sequence, err));
    if (sequence == 0 && lk__walk_is_stamp(h->now.version.id))
        page->reconciled_at_ms = h->now.version.ms;
    return LK_OK;
}

static lk_status fill_page(history *h, const char *after, int limit, lk_history_page *page,
                           lk_error *err)
{
    const lk_history_entry **items;
    lk__event_rows rows;

    LK_TRY(find_kind(h, err));
    LK_TRY(select_events(h, after, limit, &rows, err));
    if (rows.count == 0 && after == NULL && !h->has_kind)
        return lk__fail(err, LK_ERR_NOT_FOUND, "the mirror knows nothing of \"%.64s\"", h->id);
    LK_TRY(find_before(h, after, rows.count > 0 ? rows.items[0] : NULL, err));
    items = lk__arena_array(h->arena, rows.count + 1, sizeof(const lk_history_entry *));
    if (items == NULL)
        return lk__no_memory(err);
    for (size_t i = 0; i < rows.count; i++)
        LK_TRY(make_entry(h, rows.items[i], &items[i], err));
    page->items = items;
    page->count = rows.count;
    LK_TRY(lk__store_run(h->store, LK__SQL_LOG_BEGIN, LK__NO_ARGS, lk__take_number,
                         &page->log_from_ms, err));
    return note_reconciliation(h, page, err);
}

lk_status lk_mirror_list_history(lk_mirror *mirror, const char *id, const char *after, int limit,
                                 lk_history_page **out, lk_error *err)
{
    LK_CLEANUP(lk_history_page_freep) lk_history_page *page = NULL;
    lk__auto_transaction transaction = { 0 };
    int known_limit = 0;

    lk__error_clear(err);
    if (lk__text_empty(id))
        return lk__fail(err, LK_ERR_INVALID, "the id is missing");
    LK_TRY(lk__check_limit(limit, &known_limit, err));
    page = lk__answer_new(sizeof(*page));
    if (page == NULL)
        return lk__no_memory(err);
    history h = { .store = mirror->store, .arena = lk__answer_arena(page), .id = id };
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__READ, err));
    LK_TRY(fill_page(&h, after, known_limit, page, err));
    LK_TRY(lk__transaction_commit(&transaction, err));
    *out = lk__steal(page);
    return LK_OK;
}

void lk_history_page_free(lk_history_page *page)
{
    lk__answer_free(page);
}

void lk_history_page_freep(lk_history_page **page)
{
    lk_history_page_free(*page);
    *page = NULL;
}
