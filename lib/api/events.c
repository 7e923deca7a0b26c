/* Events: pages of the Events API, and webhooks.
 *
 * Both give the same thing: an object with id, event, data and created_at, kept as the bytes that
 * came. All entries that are events are handed on, of whatever type: the official emulator
 * understands another form of the type filter than WorkOS does and answers with everything, and a
 * mirror that keeps what it does not know loses nothing. */
#include <latchkey/events.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "api/list.h"
#include "api/options.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json-scan.h"
#include "base/text.h"
#include "crypto/signature.h"

#define MAX_LIMIT     100
#define PART_LIMIT    10 /* of what did not fit */
#define MAX_TYPES     256
#define MAX_TYPES_LEN 6000
#define MAX_PAGE      (16 * 1024 * 1024)

/* Events stand in a list while they are counted. */
struct event_node {
    lk_event event;
    struct event_node *next;
};

/* What the caller gets, and the arena that all of it lives in. */
struct owned_page {
    lk_event_page page;
    lk__arena *arena;
    struct event_node *first; /* in the order that came, last first */
};

struct owned_event {
    lk_event event;
    lk__arena *arena;
};

/* false: no event. value may be NULL, for bytes that JSON does not allow or that would be cut. */
static bool is_event(const lk__json *value, int64_t *created_at_ms)
{
    const char *created_at = lk__json_text(value, "created_at");

    return lk__list_is_id(lk__json_text(value, "id")) &&
           lk__list_is_id(lk__json_text(value, "event")) && created_at != NULL &&
           lk__time_parse(created_at, created_at_ms);
}

static lk_status fill_event(lk_event *event, const lk__json *value, int64_t created_at_ms,
                            const char *raw, size_t raw_len, lk__arena *arena, lk_error *err)
{
    event->id = lk__arena_text(arena, lk__json_text(value, "id"));
    event->type = lk__arena_text(arena, lk__json_text(value, "event"));
    event->created_at_ms = created_at_ms;
    event->json = lk__arena_bytes(arena, raw, raw_len);
    event->json_len = raw_len;
    if (event->id == NULL || event->type == NULL || event->json == NULL)
        return lk__no_memory(err);
    return LK_OK;
}

/* What an entry of a page says of itself. */
struct head {
    lk__arena *arena;
    bool is_checked; /* the entry, as a whole */
    const char *id;
    const char *type;
    const char *created_at;
    bool has_id; /* of two with one name the first counts, even if it is no text */
    bool has_type;
    bool has_created_at;
};

/* The text of a value that was checked, or on its own merits: NULL where it is unsafe. */
static lk_status take_text(const char *raw, size_t raw_len, struct head *head, const char **out,
                           lk_error *err)
{
    lk_error unsafe = LK_ERROR_INIT;

    *out = NULL;
    if (head->is_checked || lk__json_check(raw, raw_len, &unsafe) == LK_OK)
        return lk__json_slice_text(raw, raw_len, head->arena, out, err);
    return LK_OK;
}

static lk_status take_once(const char *raw, size_t raw_len, struct head *head, bool *has,
                           const char **out, lk_error *err)
{
    if (*has)
        return LK_OK;
    *has = true;
    return take_text(raw, raw_len, head, out, err);
}

static lk_status see_member(void *ctx, const char *name, const char *raw, size_t raw_len,
                            lk_error *err)
{
    struct head *head = ctx;

    if (lk__text_equal(name, "id"))
        return take_once(raw, raw_len, head, &head->has_id, &head->id, err);
    if (lk__text_equal(name, "event"))
        return take_once(raw, raw_len, head, &head->has_type, &head->type, err);
    if (lk__text_equal(name, "created_at"))
        return take_once(raw, raw_len, head, &head->has_created_at, &head->created_at, err);
    return LK_OK;
}

/* What a line, a terminal and both databases take as it is. */
static bool is_clean(const char *raw, size_t raw_len)
{
    for (size_t n, i = 0; i < raw_len; i += n) {
        n = lk__utf8_length(raw + i, raw_len - i);
        if (n == 0 || (unsigned char)raw[i] < ' ')
            return false;
    }
    return true;
}

/* Members of an entry that is unsafe to believe as a whole: what is in it is for others to tell. */
static lk_status read_unsound(const char *raw, size_t raw_len, struct head *head, lk_error *err)
{
    lk_error unsafe = LK_ERROR_INIT;
    lk_status status;

    *head = (struct head){ .arena = head->arena };
    if (!is_clean(raw, raw_len))
        return LK_OK;
    status = lk__json_slices(raw, raw_len, true, see_member, head, &unsafe);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK)
        *head = (struct head){ .arena = head->arena };
    return LK_OK;
}

/* *is_event is false for what is no event. Nothing is parsed: whoever wants what is in the event
 * does that, and checks it first where *is_sound is false: an event that says who it is, but holds
 * what JSON does not allow, what would be cut, or what is nested too deep. */
static lk_status read_entry(const char *raw, size_t raw_len, lk__arena *arena, lk_event *out,
                            bool *is_event, bool *is_sound, lk_error *err)
{
    struct head head = { .arena = arena, .is_checked = true };
    lk_error unsafe = LK_ERROR_INIT;
    lk_status status;

    *is_event = false;
    *is_sound = true;
    if (raw_len == 0 || raw[0] != '{')
        return LK_OK;
    status = lk__json_members(raw, raw_len, see_member, &head, &unsafe);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    *is_sound = status == LK_OK;
    if (!*is_sound)
        LK_TRY(read_unsound(raw, raw_len, &head, err));
    if (!lk__list_is_id(head.id) || !lk__list_is_id(head.type) || head.created_at == NULL ||
        !lk__time_parse(head.created_at, &out->created_at_ms))
        return LK_OK;
    out->id = head.id;
    out->type = head.type;
    out->json = lk__arena_bytes(arena, raw, raw_len);
    out->json_len = raw_len;
    *is_event = true;
    return out->json != NULL ? LK_OK : lk__no_memory(err);
}

static lk_status add_entry(void *ctx, const char *name, const char *raw, size_t raw_len,
                           lk_error *err)
{
    struct owned_page *owned = ctx;
    struct event_node *node = lk__arena_alloc(owned->arena, sizeof(*node));
    bool is_event = false;
    bool is_sound = true;

    (void)name; /* entries of an array have none */
    if (node == NULL)
        return lk__no_memory(err);
    LK_TRY(read_entry(raw, raw_len, owned->arena, &node->event, &is_event, &is_sound, err));
    if (!is_event) {
        owned->page.skipped++;
        return LK_OK;
    }
    owned->page.n_unsafe += !is_sound;
    node->next = owned->first;
    owned->first = node;
    owned->page.count++;
    return LK_OK;
}

static int compare_events(const void *a, const void *b)
{
    const lk_event *left = *(const lk_event *const *)a;
    const lk_event *right = *(const lk_event *const *)b;

    if (left->created_at_ms != right->created_at_ms)
        return left->created_at_ms < right->created_at_ms ? -1 : 1;
    return strcmp(left->id, right->id);
}

static lk_status sort_events(struct owned_page *owned, lk_error *err)
{
    const lk_event **items;
    size_t i = owned->page.count;

    if (i == 0)
        return LK_OK;
    items = lk__arena_array(owned->arena, i, sizeof(*items));
    if (items == NULL)
        return lk__no_memory(err);
    for (struct event_node *node = owned->first; node != NULL; node = node->next)
        items[--i] = &node->event;
    qsort(items, owned->page.count, sizeof(*items), compare_events);
    owned->page.items = items;
    return LK_OK;
}

static lk_status read_page(struct owned_page *owned, const lk__buf *body, const char *asked_after,
                           lk_error *err)
{
    const char *data = NULL;
    size_t data_len = 0;

    LK_TRY(lk__list_open(body, owned->arena, &data, &data_len, &owned->page.after, NULL, err));
    LK_TRY(lk__json_slices(data, data_len, true, add_entry, owned, err));
    LK_TRY(sort_events(owned, err));
    /* A cursor that does not move would be followed for ever. */
    if ((owned->page.count == 0 && owned->page.skipped == 0) ||
        lk__text_equal(owned->page.after, asked_after))
        owned->page.after = NULL;
    return LK_OK;
}

static lk_status join_types(const lk_event_list_options *options, lk__buf *out, lk_error *err)
{
    if (options->types == NULL || options->n_types == 0 || options->n_types > MAX_TYPES)
        return lk__fail(err, LK_ERR_INVALID, "%zu event types are given; 1 to %d are possible",
                        options->types == NULL ? 0 : options->n_types, MAX_TYPES);
    for (size_t i = 0; i < options->n_types; i++) {
        if (!lk__list_is_id(options->types[i]) || strchr(options->types[i], ',') != NULL)
            return lk__fail(err, LK_ERR_INVALID, "event type %zu is not one word", i + 1);
        if (i > 0)
            LK_TRY(lk__buf_text(out, ",", err));
        LK_TRY(lk__buf_text(out, options->types[i], err));
    }
    return LK_OK;
}

static lk_status check_list(const lk_event_list_options *options, lk_error *err)
{
    if (options->limit < 0 || options->limit > MAX_LIMIT)
        return lk__fail(err, LK_ERR_INVALID, "limit is %d; 0 to %d are possible", options->limit,
                        MAX_LIMIT);
    /* WorkOS: "range_start" and "after" exclude each other. */
    if (options->after != NULL && options->range_start_ms != 0)
        return lk__fail(err, LK_ERR_INVALID, "after and range_start_ms exclude each other");
    if (options->after != NULL && !lk__list_is_id(options->after))
        return lk__fail(err, LK_ERR_INVALID, "after is no event id");
    if (options->range_start_ms < 0 || options->range_end_ms < 0)
        return lk__fail(err, LK_ERR_INVALID,
                        "range_start_ms and range_end_ms must not be negative");
    return LK_OK;
}

static lk_status ask_page(lk_client *client, const lk_event_list_options *options, int n_at_most,
                          lk__buf *body, lk_error *err)
{
    static const char *const path[] = { "events", NULL };
    lk__auto_buf types = LK__BUF(MAX_TYPES_LEN);
    char start[LK__TIME_SIZE];
    char end[LK__TIME_SIZE];
    char limit[16];

    LK_TRY(join_types(options, &types, err));
    lk__time_format(options->range_start_ms, start);
    lk__time_format(options->range_end_ms, end);
    snprintf(limit, sizeof(limit), "%d", n_at_most);

    const lk__pair query[] = {
        { "events", types.data },
        { "limit", limit },
        { "order", "asc" },
        { "after", options->after },
        { "range_start", options->range_start_ms == 0 ? NULL : start },
        { "range_end", options->range_end_ms == 0 ? NULL : end },
        { "organization_id", options->organization_id },
    };
    const lk__call call = { .path = path,
                            .query = query,
                            .n_query = sizeof(query) / sizeof(query[0]),
                            .max_body = MAX_PAGE };
    return lk__call_send(client, &call, body, err);
}

/* What is too large for one answer comes in parts: it must not stand in the way for ever. The
 * transport gives up such an answer, so that none was read. */
static lk_status ask_page_that_fits(lk_client *client, const lk_event_list_options *options,
                                    lk__buf *body, lk_error *err)
{
    int n_at_most = options->limit == 0 ? MAX_LIMIT : options->limit;
    lk_error problem = LK_ERROR_INIT;
    lk_status status = ask_page(client, options, n_at_most, body, &problem);

    while (status == LK_ERR_PROTOCOL && problem.http_status == 0 && n_at_most > 1) {
        lk__error_clear(&problem);
        n_at_most = n_at_most > PART_LIMIT ? PART_LIMIT : 1;
        status = ask_page(client, options, n_at_most, body, &problem);
    }
    if (err != NULL) /* also of a success: what came may still be no page */
        *err = problem;
    return status;
}

/* An answer that lives in its own arena; NULL without memory. */
static struct owned_page *new_page(void)
{
    lk__arena *arena = lk__arena_new();
    struct owned_page *owned = arena == NULL ? NULL : lk__arena_alloc(arena, sizeof(*owned));

    if (owned == NULL) {
        lk__arena_free(arena);
        return NULL;
    }
    owned->arena = arena;
    return owned;
}

lk_status lk_events_list(lk_client *client, const lk_event_list_options *given, lk_event_page **out,
                         lk_error *err)
{
    lk_event_list_options options;
    lk__auto_buf body = LK__BUF(MAX_PAGE);
    lk_auto(lk_event_page) page = NULL;
    lk_error why = LK_ERROR_INIT;
    struct owned_page *owned;
    lk_status status;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__options_read(given, &options, sizeof(options), "lk_event_list_options", err));
    LK_TRY(check_list(&options, err));
    LK_TRY(ask_page_that_fits(client, &options, &body, err));
    owned = new_page();
    if (owned == NULL)
        return lk__no_memory(err);
    page = &owned->page;
    status = read_page(owned, &body, options.after, &why);
    if (status != LK_OK)
        return lk__call_unusable(status, &why, err);
    *out = lk__steal(page);
    return LK_OK;
}

void lk_event_page_free(lk_event_page *page)
{
    if (page != NULL)
        lk__arena_free(((struct owned_page *)page)->arena);
}

void lk_event_page_freep(lk_event_page **page)
{
    lk_event_page_free(*page);
    *page = NULL;
}

static lk_status read_event(const void *body, size_t body_len, lk_event **out, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = NULL;
    struct owned_event *owned;
    int64_t created_at_ms = 0;

    LK_TRY(lk__json_parse(body, body_len, &json, err));
    if (!is_event(json, &created_at_ms))
        return lk__fail(err, LK_ERR_PROTOCOL,
                        "the body is signed, but no event: it needs id, event and created_at");
    arena = lk__arena_new();
    owned = arena == NULL ? NULL : lk__arena_alloc(arena, sizeof(*owned));
    if (owned == NULL)
        return lk__no_memory(err);
    LK_TRY(fill_event(&owned->event, json, created_at_ms, body, body_len, arena, err));
    owned->arena = lk__steal(arena);
    *out = &owned->event;
    return LK_OK;
}

lk_status lk_webhook_open(const lk_client *client, const char *secret, const char *signature,
                          const void *body, size_t body_len, int tolerance_s, lk_event **out,
                          lk_error *err)
{
    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__signature_verify(secret, signature, body, body_len, lk__now_ms(client), tolerance_s,
                                err));
    return read_event(body, body_len, out, err);
}

void lk_event_free(lk_event *event)
{
    if (event != NULL)
        lk__arena_free(((struct owned_event *)event)->arena);
}

void lk_event_freep(lk_event **event)
{
    lk_event_free(*event);
    *event = NULL;
}
