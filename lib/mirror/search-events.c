/* Blocks that may hold what is sought are looked into, one after the other, in the order of the
 * first event that each could give; so the search ends when the next block can give nothing that
 * would be in the page. Behind the last block stand the events that fill none yet: they are looked
 * into as a block without end. See event-index.h. */
#include "mirror/search-events.h"

#include <string.h>

#include "base/text.h"
#include "mirror/event-index.h"
#include "mirror/sql.h"

enum { BATCH = 32 /* blocks asked for at a time */ };

typedef struct block {
    int64_t first_sequence;
    int64_t last_sequence;
    int64_t from_ms;
    int64_t to_ms;
} block;

/* What a search needs for as long as it goes on. */
typedef struct search {
    lk__store *store;
    const lk_mirror_event_query *query;
    const lk__event_place *after; /* NULL: from the first */
    lk__patterns patterns;
    char folded[LK__MAX_SOUGHT + 1]; /* the text, as it stands in a block */
    size_t prefix_len;               /* of a family of types; 0: there is none */
    char words[LK__PATTERN_SIZE];
    char type[LK__PATTERN_SIZE];
    char organization[LK__PATTERN_SIZE];
    char directory[LK__PATTERN_SIZE];
} search;

bool lk__is_search(const lk_mirror_event_query *query)
{
    bool is_sought = !lk__text_empty(query->text) || !lk__text_empty(query->directory_id);

    return is_sought && lk__text_empty(query->object_id);
}

/* ---- Blocks ---- */

/* Each with the value behind it. "+ 0" keeps a planner from another index than the order's. */
static const struct {
    const char *after; /* what a block must have beyond the place */
    const char *next;  /* behind the last block; two values where is_pair */
    const char *order;
    bool is_pair;
} orders[] = {
    [LK_OLDEST_FIRST] = { " AND k.to_ms + 0 >= ", " AND (k.from_ms, k.last_sequence) > (",
                          " ORDER BY k.from_ms, k.last_sequence", true },
    [LK_NEWEST_FIRST] = { " AND k.from_ms + 0 <= ", " AND (k.to_ms, k.last_sequence) < (",
                          " ORDER BY k.to_ms DESC, k.last_sequence DESC", true },
    [LK_ARRIVAL] = { " AND k.last_sequence > ", " AND k.last_sequence > ",
                     " ORDER BY k.last_sequence", false },
    [LK_LATEST_ARRIVAL] = { " AND k.first_sequence < ", " AND k.last_sequence < ",
                            " ORDER BY k.last_sequence DESC", false },
};

static lk_status begin(search *s, lk_error *err)
{
    const char *text = s->query->text != NULL ? s->query->text : "";
    size_t len = strlen(text);

    s->prefix_len = s->query->type != NULL ? lk__type_prefix(s->query->type) : 0;
    if (len > LK__MAX_SOUGHT)
        return lk__pattern_anywhere(text, s->words, err); /* which says so */
    for (size_t i = 0; i <= len; i++)
        s->folded[i] = i < len ? lk__block_fold(text[i]) : '\0';
    return lk__pattern_anywhere(s->folded, s->words, err);
}

/* A whole line of a block, or with is_prefix its beginning. Nothing that long stands in a block:
 * then the events are looked at. */
static lk_status add_line(lk__select *select, const char *fragment, const char *text, size_t len,
                          bool is_prefix, char *pattern, lk_error *err)
{
    char line[LK__MAX_SOUGHT + 1];

    if (len + 2 > LK__MAX_SOUGHT)
        return LK_OK;
    line[0] = LK__BLOCK_LINE;
    memcpy(line + 1, text, len);
    line[len + 1] = is_prefix ? '\0' : LK__BLOCK_LINE;
    line[len + 2] = '\0';
    LK_TRY(lk__pattern_exact(line, pattern, err));
    lk__select_add_value(select, fragment, lk__value_text(pattern));
    lk__select_add(select, " ESCAPE '\\'");
    return LK_OK;
}

/* The cheapest first: what is sought may stand in a few blocks only. */
static lk_status add_block_filters(search *s, lk__select *select, lk_error *err)
{
    const lk_mirror_event_query *query = s->query;

    if (query->since_ms != 0)
        lk__select_add_value(select, " AND k.to_ms + 0 >= ", lk__value_number(query->since_ms));
    if (query->until_ms != 0)
        lk__select_add_value(select, " AND k.from_ms + 0 < ", lk__value_number(query->until_ms));
    if (query->organization_id != NULL)
        LK_TRY(add_line(select, " AND k.owners LIKE ", query->organization_id,
                        strlen(query->organization_id), false, s->organization, err));
    if (query->directory_id != NULL)
        LK_TRY(add_line(select, " AND k.owners LIKE ", query->directory_id,
                        strlen(query->directory_id), false, s->directory, err));
    if (query->type != NULL && strcmp(query->type, "*") != 0) {
        size_t prefix_len = lk__type_prefix(query->type);
        size_t len = prefix_len > 0 ? prefix_len : strlen(query->type);

        LK_TRY(
            add_line(select, " AND k.types LIKE ", query->type, len, prefix_len > 0, s->type, err));
    }
    if (s->folded[0] == '\0')
        return LK_OK;
    lk__select_add_value(select, " AND k.words LIKE ", lk__value_text(s->words));
    lk__select_add(select, " ESCAPE '\\'");
    return LK_OK;
}

static void add_block_place(const search *s, const block *last, lk__select *select)
{
    lk_event_order order = s->query->order;
    bool is_newest = order == LK_NEWEST_FIRST;

    if (s->after != NULL)
        lk__select_add_value(
            select, orders[order].after,
            lk__value_number(orders[order].is_pair ? s->after->created_at_ms : s->after->sequence));
    if (last == NULL)
        return;
    if (orders[order].is_pair)
        lk__select_add_value(select, orders[order].next,
                             lk__value_number(is_newest ? last->to_ms : last->from_ms));
    lk__select_add_value(select, orders[order].is_pair ? ", " : orders[order].next,
                         lk__value_number(last->last_sequence));
    lk__select_add(select, orders[order].is_pair ? ")" : "");
}

/* ---- Their lines ---- */

static bool is_of_type(const search *s, const char *line, size_t len)
{
    const char *type = s->query->type;

    if (type == NULL || strcmp(type, "*") == 0)
        return true;
    if (s->prefix_len > 0)
        return len >= s->prefix_len && memcmp(line, type, s->prefix_len) == 0;
    return len == strlen(type) && memcmp(line, type, len) == 0;
}

/* The line behind this one; the end where there is none. */
static const char *next_line(const char *at, const char *end)
{
    const char *line = memchr(at, LK__BLOCK_LINE, (size_t)(end - at));

    return line != NULL ? line + 1 : end;
}

/* How many events have text and type, up to the limit. Both texts have a line for each event, and
 * begin with the end of one; where somebody else wrote them, types may have fewer. */
static int64_t count_lines(const search *s, const lk__value *types, const lk__value *words,
                           int64_t limit)
{
    const char *types_text = types->text != NULL ? types->text : "";
    const char *types_end = types_text + types->len;
    const char *type = types->len > 0 ? types_text + 1 : types_text;
    size_t len = strlen(s->folded);
    const char *at = words->text;
    const char *end = words->text + words->len;
    int64_t count = 0;

    while (count < limit && at < end) {
        const char *match = memmem(at, (size_t)(end - at), s->folded, len);

        if (match == NULL)
            return count;
        for (const char *line = memchr(at, LK__BLOCK_LINE, (size_t)(match - at)); line != NULL;
             line = memchr(at, LK__BLOCK_LINE, (size_t)(match - at))) {
            at = line + 1;
            type = next_line(type, types_end);
        }
        count += is_of_type(s, type, strcspn(type, "\n"));
        at = next_line(match, end);
        type = next_line(type, types_end);
    }
    return count;
}

typedef struct batch {
    const search *search;
    block items[BATCH];
    size_t count;
    block last; /* of those that were looked at */
    size_t n_seen;
} batch;

/* Text and type may be in a block, but in different events. */
static lk_status take_block(void *ctx, const lk__row *row, lk_error *err)
{
    batch *found = ctx;
    const lk__value *columns = row->columns;

    (void)err;
    found->n_seen++;
    found->last = (block){ .first_sequence = columns[0].number,
                           .last_sequence = columns[1].number,
                           .from_ms = columns[2].number,
                           .to_ms = columns[3].number };
    if (count_lines(found->search, &columns[4], &columns[5], 1) > 0)
        found->items[found->count++] = found->last;
    return LK_OK;
}

/* Those behind the last batch; an empty one gives the first. */
static lk_status find_blocks(search *s, batch *found, lk_error *err)
{
    lk__auto_select select = LK__SELECT;

    lk__select_add(&select, LK__SQL_BLOCKS);
    add_block_place(s, found->n_seen > 0 ? &found->last : NULL, &select);
    *found = (batch){ .search = s };
    LK_TRY(add_block_filters(s, &select, err));
    lk__select_add(&select, orders[s->query->order].order);
    lk__select_add_value(&select, " LIMIT ", lk__value_number(BATCH));
    return lk__select_run(&select, s->store, take_block, found, err);
}

static lk_status find_tail(lk__store *store, block *out, lk_error *err)
{
    int64_t last = 0;

    LK_TRY(lk__store_run(store, LK__SQL_LAST_SEALED, LK__NO_ARGS, lk__take_number, &last, err));
    *out = (block){ .first_sequence = last + 1, .last_sequence = INT64_MAX };
    return LK_OK;
}

/* ---- A page ---- */

static void add_block(lk__select *select, const char *what, const block *b)
{
    lk__select_add_value(select, what, lk__value_number(b->first_sequence));
    lk__select_add_value(select, LK__SQL_BLOCK_TO, lk__value_number(b->last_sequence));
}

/* Once the page is full only what would push its last event out is of interest. */
static lk_status look_into(search *s, const block *b, size_t limit, lk__event_rows *rows,
                           lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    lk_event_order order = s->query->order;
    lk__event_place end;

    add_block(&select, LK__SQL_BLOCK_EVENTS, b);
    lk__select_add(&select, LK__SQL_BLOCK_WITH_BODY);
    LK_TRY(lk__event_filters_add(&select, s->query, false, &s->patterns, err));
    if (s->after != NULL)
        lk__event_place_add(&select, order, true, s->after);
    if (rows->count == limit) {
        end = lk__event_rows_end(rows);
        lk__event_place_add(&select, order, false, &end);
    }
    lk__select_add(&select, lk__event_order_sql(s->query));
    lk__select_add_value(&select, " LIMIT ", lk__value_number((int64_t)limit));
    LK_TRY(lk__select_run(&select, s->store, lk__event_rows_take, rows, err));
    lk__event_rows_keep(rows, order, limit);
    return LK_OK;
}

/* Nothing in it, or in what follows it, comes before the place. */
static bool is_beyond(const block *b, lk_event_order order, const lk__event_place *end)
{
    switch (order) {
    case LK_OLDEST_FIRST:
        return b->from_ms > end->created_at_ms;
    case LK_NEWEST_FIRST:
        return b->to_ms < end->created_at_ms;
    case LK_ARRIVAL:
        return b->first_sequence > end->sequence;
    case LK_LATEST_ARRIVAL:
        return b->last_sequence < end->sequence;
    }
    return false;
}

/* *is_done: the rest can give nothing. */
static lk_status look_into_all(search *s, const batch *found, size_t limit, lk__event_rows *rows,
                               bool *is_done, lk_error *err)
{
    for (size_t i = 0; i < found->count && !*is_done; i++) {
        if (rows->count == limit) {
            lk__event_place end = lk__event_rows_end(rows);

            *is_done = is_beyond(&found->items[i], s->query->order, &end);
        }
        if (!*is_done)
            LK_TRY(look_into(s, &found->items[i], limit, rows, err));
    }
    *is_done = *is_done || found->n_seen < BATCH;
    return LK_OK;
}

lk_status lk__search_events(lk__store *store, const lk_mirror_event_query *query, int limit,
                            const lk__event_place *after, lk__event_rows *rows, lk_error *err)
{
    search s = { .store = store, .query = query, .after = after };
    batch found = { .search = &s };
    block tail = { .last_sequence = 0 };
    bool is_done = false;

    LK_TRY(begin(&s, err));
    LK_TRY(find_tail(store, &tail, err));
    LK_TRY(look_into(&s, &tail, (size_t)limit, rows, err));
    while (!is_done) {
        LK_TRY(find_blocks(&s, &found, err));
        LK_TRY(look_into_all(&s, &found, (size_t)limit, rows, &is_done, err));
    }
    return LK_OK;
}

/* ---- Counting ---- */

static lk_status count_block(search *s, const block *b, int64_t *count, lk_error *err)
{
    lk__auto_select select = LK__SELECT;
    int64_t n = 0;

    add_block(&select, LK__SQL_COUNT_BLOCK, b);
    lk__select_add(&select, LK__SQL_BLOCK_FOR_COUNT);
    LK_TRY(lk__event_filters_add(&select, s->query, false, &s->patterns, err));
    LK_TRY(lk__select_run(&select, s->store, lk__take_number, &n, err));
    *count += n;
    return LK_OK;
}

static lk_status count_in_blocks(search *s, int64_t *count, lk_error *err)
{
    batch found = { .search = s };

    do {
        LK_TRY(find_blocks(s, &found, err));
        for (size_t i = 0; i < found.count; i++)
            LK_TRY(count_block(s, &found.items[i], count, err));
    } while (found.n_seen == BATCH);
    return LK_OK;
}

/* ---- Counting in the text of the blocks alone ---- */

typedef struct counting {
    const search *search;
    int64_t count;
    int64_t last_sequence;
    size_t n_blocks;
} counting;

static lk_status take_lines(void *ctx, const lk__row *row, lk_error *err)
{
    counting *c = ctx;

    (void)err;
    c->last_sequence = row->columns[1].number;
    c->n_blocks++;
    c->count += count_lines(c->search, &row->columns[4], &row->columns[5], INT64_MAX);
    return LK_OK;
}

static lk_status count_in_lines(search *s, int64_t *count, lk_error *err)
{
    counting c = { .search = s };

    do {
        lk__auto_select select = LK__SELECT;

        c.n_blocks = 0;
        lk__select_add_value(&select, LK__SQL_BLOCKS " AND k.last_sequence > ",
                             lk__value_number(c.last_sequence));
        LK_TRY(add_block_filters(s, &select, err));
        lk__select_add_value(&select, " ORDER BY k.last_sequence LIMIT ", lk__value_number(BATCH));
        LK_TRY(lk__select_run(&select, s->store, take_lines, &c, err));
    } while (c.n_blocks == BATCH);
    *count += c.count;
    return LK_OK;
}

/* Type, subject and id stand in the blocks; but of control characters all are the same there. */
static bool stands_in_blocks(const lk_mirror_event_query *query)
{
    if (query->organization_id != NULL || query->directory_id != NULL || query->since_ms != 0 ||
        query->until_ms != 0 || query->n_types > 0)
        return false;
    for (const char *at = query->text; *at != '\0'; at++)
        if (lk__block_fold(*at) == LK__BLOCK_FIELD)
            return false;
    return true;
}

lk_status lk__search_count(lk__store *store, const lk_mirror_event_query *query, int64_t *out,
                           lk_error *err)
{
    lk_mirror_event_query in_order = *query;
    search s = { .store = store, .query = &in_order };
    block tail = { .last_sequence = 0 };
    int64_t count = 0;

    in_order.order = LK_ARRIVAL;
    LK_TRY(begin(&s, err));
    LK_TRY(find_tail(store, &tail, err));
    LK_TRY(count_block(&s, &tail, &count, err));
    LK_TRY(stands_in_blocks(query) ? count_in_lines(&s, &count, err)
                                   : count_in_blocks(&s, &count, err));
    *out = count;
    return LK_OK;
}
