/* Objects and blocks; see event-index.h. */
#include "mirror/event-index.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "mirror/sql.h"

enum {
    BLOCK = 256,
    MAX_BLOCK = 1 << 18, /* bytes: ids and types are at most 255, subjects 200 */
    FILL = 256           /* events read at a time */
};

/* ---- Objects ---- */

static lk_status add_object(lk__store *store, const char *id, int64_t sequence,
                            int64_t created_at_ms, lk_error *err)
{
    if (id == NULL)
        return LK_OK;
    return lk__store_run(
        store, LK__SQL_ADD_OBJECT,
        LK__ARGS(lk__value_text(id), lk__value_number(created_at_ms), lk__value_number(sequence)),
        NULL, NULL, err);
}

lk_status lk__event_index_add(lk__store *store, int64_t sequence, int64_t created_at_ms,
                              const lk__record *record, lk_error *err)
{
    LK_TRY(add_object(store, record->object_id, sequence, created_at_ms, err));
    return add_object(store, record->other_id, sequence, created_at_ms, err);
}

/* ---- Blocks ---- */

typedef struct block {
    int64_t first_sequence;
    int64_t last_sequence;
    int64_t from_ms;
    int64_t to_ms;
    int64_t n_events;
    struct {
        size_t at; /* in owners */
        size_t len;
    } known[2 * BLOCK]; /* owners */
    size_t n_known;
    lk__buf owners;
    lk__buf types;
    lk__buf words;
} block;

static void block_clear(block *b)
{
    lk__buf_clear(&b->owners);
    lk__buf_clear(&b->types);
    lk__buf_clear(&b->words);
}

char lk__block_fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return (unsigned char)c < ' ' ? LK__BLOCK_FIELD : c;
}

static lk_status add_folded(lk__buf *out, const lk__value *text, char end, lk_error *err)
{
    LK_TRY(lk__buf_reserve(out, text->len + 1, err));
    for (size_t i = 0; i < text->len; i++)
        out->data[out->len++] = lk__block_fold(text->text[i]);
    out->data[out->len++] = end;
    out->data[out->len] = '\0';
    return LK_OK;
}

static lk_status add_line(lk__buf *out, const lk__value *text, lk_error *err)
{
    LK_TRY(lk__buf_append(out, text->text, text->len, err));
    return lk__buf_append(out, "\n", 1, err);
}

static lk_status add_owner(block *b, const lk__value *id, lk_error *err)
{
    if (id->kind != LK__VALUE_TEXT || id->len == 0 || id->len > LK__MAX_OWNER)
        return LK_OK;
    for (size_t i = b->n_known; i-- > 0;)
        if (b->known[i].len == id->len &&
            memcmp(b->owners.data + b->known[i].at, id->text, id->len) == 0)
            return LK_OK;
    b->known[b->n_known].at = b->owners.len;
    b->known[b->n_known++].len = id->len;
    return add_line(&b->owners, id, err);
}

static lk_status take_event(void *ctx, const lk__row *row, lk_error *err)
{
    block *b = ctx;
    const lk__value *columns = row->columns;
    int64_t at_ms = columns[3].number;

    if (b->n_events == 0) {
        b->first_sequence = columns[0].number;
        b->from_ms = at_ms;
        b->to_ms = at_ms;
        /* Each line stands between two ends of lines. */
        LK_TRY(lk__buf_text(&b->owners, "\n", err));
        LK_TRY(lk__buf_text(&b->types, "\n", err));
    }
    b->last_sequence = columns[0].number;
    b->from_ms = at_ms < b->from_ms ? at_ms : b->from_ms;
    b->to_ms = at_ms > b->to_ms ? at_ms : b->to_ms;
    b->n_events++;
    LK_TRY(add_owner(b, &columns[4], err));
    LK_TRY(add_owner(b, &columns[5], err));
    LK_TRY(add_line(&b->types, &columns[2], err));
    LK_TRY(add_folded(&b->words, &columns[6], LK__BLOCK_FIELD, err));
    return add_folded(&b->words, &columns[1], LK__BLOCK_LINE, err);
}

static lk_status put_block(lk__store *store, const block *b, lk_error *err)
{
    return lk__store_run(store, LK__SQL_ADD_BLOCK,
                         LK__ARGS(lk__value_number(b->last_sequence),
                                  lk__value_number(b->first_sequence), lk__value_number(b->from_ms),
                                  lk__value_number(b->to_ms), lk__value_number(b->n_events),
                                  lk__value_bytes(b->owners.data, b->owners.len),
                                  lk__value_bytes(b->types.data, b->types.len),
                                  lk__value_bytes(b->words.data, b->words.len)),
                         NULL, NULL, err);
}

static lk_status seal_one(lk__store *store, bool *sealed, lk_error *err)
{
    LK_CLEANUP(block_clear)
    block b = { .owners = LK__BUF(MAX_BLOCK),
                .types = LK__BUF(MAX_BLOCK),
                .words = LK__BUF(MAX_BLOCK) };

    LK_TRY(lk__store_run(store, LK__SQL_UNSEALED, LK__ARGS(lk__value_number(BLOCK)), take_event, &b,
                         err));
    *sealed = b.n_events == BLOCK;
    return *sealed ? put_block(store, &b, err) : LK_OK;
}

lk_status lk__event_index_seal(lk__store *store, lk_error *err)
{
    int64_t n_unsealed = 0;
    bool sealed = true;

    LK_TRY(lk__store_run(store, LK__SQL_COUNT_UNSEALED, LK__NO_ARGS, lk__take_number, &n_unsealed,
                         err));
    for (; sealed && n_unsealed >= BLOCK; n_unsealed -= BLOCK)
        LK_TRY(seal_one(store, &sealed, err));
    return LK_OK;
}

lk_status lk__event_index_reseal(lk__store *store, int64_t first_sequence, int64_t last_sequence,
                                 lk_error *err)
{
    LK_CLEANUP(block_clear)
    block b = { .owners = LK__BUF(MAX_BLOCK),
                .types = LK__BUF(MAX_BLOCK),
                .words = LK__BUF(MAX_BLOCK) };

    LK_TRY(lk__store_run(store, LK__SQL_DROP_BLOCK, LK__ARGS(lk__value_number(last_sequence)), NULL,
                         NULL, err));
    LK_TRY(
        lk__store_run(store, LK__SQL_REST_OF_BLOCK,
                      LK__ARGS(lk__value_number(first_sequence), lk__value_number(last_sequence)),
                      take_event, &b, err));
    return b.n_events > 0 ? put_block(store, &b, err) : LK_OK;
}

/* ---- A log without them ---- */

typedef struct filling {
    lk__store *store;
    int64_t sequence; /* of the last one */
    bool is_done;
} filling;

/* The same bytes were read when they came: what cannot be read then names nothing now. */
static lk_status take_logged(void *ctx, const lk__row *row, lk_error *err)
{
    filling *f = ctx;
    const lk__value *columns = row->columns;
    const lk_event event = { .id = columns[1].text,
                             .type = columns[2].text,
                             .created_at_ms = columns[3].number,
                             .json = columns[4].text,
                             .json_len = columns[4].len };
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    lk_error ignored = LK_ERROR_INIT;
    lk__record record = { 0 };
    lk_status status;

    if (arena == NULL)
        return lk__no_memory(err);
    f->sequence = columns[0].number;
    f->is_done = false;
    if (event.json == NULL)
        return LK_OK;
    status = lk__record_read(&event, false, arena, &record, &ignored);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    return lk__event_index_add(f->store, f->sequence, event.created_at_ms, &record, err);
}

lk_status lk__event_index_fill(lk__store *store, lk_error *err)
{
    filling f = { .store = store };

    while (!f.is_done) {
        f.is_done = true;
        LK_TRY(lk__store_run(store, LK__SQL_LOGGED_AFTER,
                             LK__ARGS(lk__value_number(f.sequence), lk__value_number(FILL)),
                             take_logged, &f, err));
    }
    return lk__event_index_seal(store, err);
}
