/* Event to rows; see apply.h.
 *
 * A membership event carries its user and group whole. When somebody is added both are written like
 * events of their own, for it may come before them. When somebody is removed they are not: the
 * removal may follow the user's or the group's deletion, and must not bring them back. */
#include "mirror/apply.h"

#include "mirror/event-index.h"
#include "mirror/forget.h"
#include "mirror/former.h"
#include "mirror/put.h"
#include "mirror/record.h"
#include "mirror/revocation.h"
#include "mirror/sql.h"

/* *sequence stays 0 for a known event. Told when the store settles. */
static lk_status add_event(lk__store *store, const lk_event *event, const lk__record *record,
                           int64_t now_ms, int64_t *sequence, lk_error *err)
{
    return lk__store_add(store, LK__SQL_ADD_EVENT,
                         LK__ARGS(lk__value_text(event->id), lk__value_text(event->type),
                                  lk__value_number(event->created_at_ms), lk__value_number(now_ms),
                                  lk__value_text(record->organization_id),
                                  lk__value_text(record->directory_id),
                                  lk__value_text(record->subject)),
                         sequence, err);
}

static lk_status apply_membership(lk__store *store, const lk__record *r, const lk__version *v,
                                  lk_error *err)
{
    if (!r->is_deletion) {
        LK_TRY(lk__put_user(store, r->user, &r->user_json, false, v, err));
        LK_TRY(lk__put_group(store, r->group, &r->group_json, false, v, err));
    }
    return lk__put_membership(store, r->group->id, r->user->id, r->group->directory_id,
                              r->is_deletion, v, err);
}

static lk_status apply_record(lk__store *store, const lk__record *r, const lk__version *v,
                              lk_error *err)
{
    switch (r->kind) {
    case LK__EFFECT_NONE:
    case LK__EFFECT_SEAT_CHANGE: /* read as the one or the other */
        return LK_OK;
    case LK__EFFECT_DIRECTORY:
        LK_TRY(lk__put_directory(store, r->directory, r->is_deletion, v, err));
        return lk__put_deletion(store, LK__SQL_KILL_DIRECTORY, r->directory->id, r->is_deletion, v,
                                err);
    case LK__EFFECT_USER:
        LK_TRY(lk__put_user(store, r->user, &r->user_json, r->is_deletion, v, err));
        return lk__put_deletion(store, LK__SQL_KILL_USER, r->user->id, r->is_deletion, v, err);
    case LK__EFFECT_GROUP:
        LK_TRY(lk__put_group(store, r->group, &r->group_json, r->is_deletion, v, err));
        return lk__put_deletion(store, LK__SQL_KILL_GROUP, r->group->id, r->is_deletion, v, err);
    case LK__EFFECT_MEMBERSHIP:
        return apply_membership(store, r, v, err);
    case LK__EFFECT_SESSION_END:
    case LK__EFFECT_PERSON_END:
    case LK__EFFECT_SEAT_END:
        return lk__revocation_put(store, r, v->ms.number, err);
    }
    return LK_OK;
}

/* An event on its way into the tables. */
typedef struct entry {
    lk__record record;
    int64_t sequence; /* 0: not told yet, or known before */
} entry;

/* What goes with a new event. */
static lk_status write_entry(lk__store *store, const lk_event *event, const entry *e,
                             const lk__version *v, lk__applied *out, lk_error *err)
{
    LK_TRY(lk__store_run(
        store, LK__SQL_ADD_BODY,
        LK__ARGS(lk__value_number(e->sequence), lk__value_bytes(event->json, event->json_len)),
        NULL, NULL, err));
    LK_TRY(lk__event_index_add(store, e->sequence, event->created_at_ms, &e->record, err));
    if (e->record.parked != NULL) {
        *out = LK__APPLIED_PARKED;
        return lk__store_run(
            store, LK__SQL_PARK,
            LK__ARGS(lk__value_number(e->sequence), lk__value_text(e->record.parked)), NULL, NULL,
            err);
    }
    *out = LK__APPLIED_NEW;
    return apply_record(store, &e->record, v, err);
}

/* From before the mark of forget.h: the log may have known it once. To apply it twice does no harm.
 */
static lk_status apply_late(lk__store *store, const lk__record *r, const lk__version *v,
                            lk_error *err)
{
    if (r->parked != NULL)
        return LK_OK;
    LK_TRY(apply_record(store, r, v, err));
    return lk__former_note(store, r, v, err);
}

static lk__version version_of(const lk_event *event, int64_t kept_from_ms)
{
    return (lk__version){ .ms = lk__value_number(event->created_at_ms),
                          .id = lk__value_text(event->id),
                          .kept_from = lk__value_number(kept_from_ms) };
}

/* First the log, which tells what is new; then all that goes with it. Each part is a batch whose
 * statements do not wait for one another. */
lk_status lk__apply_events(lk__store *store, const lk_event *const *events, size_t n, bool is_sound,
                           int64_t now_ms, int64_t kept_from_ms, lk__applied *out, lk_error *err)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    entry *entries = arena != NULL ? lk__arena_array(arena, n, sizeof(*entries)) : NULL;

    if (entries == NULL)
        return lk__no_memory(err);
    for (size_t i = 0; i < n; i++) {
        LK_TRY(lk__record_read(events[i], is_sound, arena, &entries[i].record, err));
        if (events[i]->created_at_ms >= kept_from_ms)
            LK_TRY(
                add_event(store, events[i], &entries[i].record, now_ms, &entries[i].sequence, err));
    }
    LK_TRY(lk__store_settle(store, err));
    for (size_t i = 0; i < n; i++) {
        const lk__version v = version_of(events[i], kept_from_ms);

        out[i] = LK__APPLIED_KNOWN;
        if (entries[i].sequence != 0)
            LK_TRY(write_entry(store, events[i], &entries[i], &v, &out[i], err));
        else if (events[i]->created_at_ms < kept_from_ms)
            LK_TRY(apply_late(store, &entries[i].record, &v, err));
    }
    return LK_OK;
}

lk_status lk__apply_event(lk__store *store, const lk_event *event, int64_t now_ms, lk__applied *out,
                          lk_error *err)
{
    int64_t kept_from_ms = 0;

    LK_TRY(lk__kept_from(store, &kept_from_ms, err));
    return lk__apply_events(store, &event, 1, false, now_ms, kept_from_ms, out, err);
}

lk_status lk__apply_parked(lk__store *store, const lk_event *event, int64_t sequence,
                           bool *is_applied, lk_error *err)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    lk__record record = { 0 };
    int64_t kept_from_ms = 0;
    lk__version v;

    if (arena == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__kept_from(store, &kept_from_ms, err));
    v = version_of(event, kept_from_ms);
    LK_TRY(lk__record_read(event, false, arena, &record, err));
    *is_applied = record.parked == NULL;
    if (!*is_applied)
        return lk__store_run(store, LK__SQL_PARK_AGAIN,
                             LK__ARGS(lk__value_number(sequence), lk__value_text(record.parked)),
                             NULL, NULL, err);
    LK_TRY(apply_record(store, &record, &v, err));
    return lk__store_run(store, LK__SQL_UNPARK, LK__ARGS(lk__value_number(sequence)), NULL, NULL,
                         err);
}
