/* Pages of Directory Sync's state API; see directories.h. */
#include "api/directories.h"

#include <string.h>

#include "api/call.h"
#include "api/list.h"
#include "base/cleanup.h"
#include "base/text.h"

#define MAX_PAGE  (16 * 1024 * 1024)
#define MAX_LIMIT "100"

typedef struct reading {
    lk__object_page *page;
    lk__object **end; /* where the next one is hung */
    const char *directory_id;
} reading;

static lk_status add_entry(void *ctx, const char *name, const char *raw, size_t raw_len,
                           const lk__json *value, lk_error *err)
{
    reading *r = ctx;
    const char *id = lk__json_text(value, "id");
    const char *directory_id = lk__json_text(value, "directory_id");
    lk__object *object;

    (void)name; /* entries of an array have none */
    if (!lk__list_is_id(id) || (r->directory_id != NULL && !lk__list_is_id(directory_id))) {
        r->page->skipped++;
        return LK_OK;
    }
    if (r->directory_id != NULL && strcmp(directory_id, r->directory_id) != 0)
        return LK_OK;
    object = lk__arena_alloc(r->page->arena, sizeof(*object));
    if (object == NULL)
        return lk__no_memory(err);
    object->id = lk__arena_text(r->page->arena, id);
    object->json = lk__arena_bytes(r->page->arena, raw, raw_len);
    object->json_len = raw_len;
    if (object->id == NULL || object->json == NULL)
        return lk__no_memory(err);
    *r->end = object;
    r->end = &object->next;
    r->page->count++;
    return LK_OK;
}

/* NULL without memory. */
static lk__object_page *new_page(void)
{
    lk__arena *arena = lk__arena_new();
    lk__object_page *page = arena == NULL ? NULL : lk__arena_alloc(arena, sizeof(*page));

    if (page == NULL) {
        lk__arena_free(arena);
        return NULL;
    }
    page->arena = arena;
    return page;
}

static lk_status read_page(const lk__buf *body, const char *directory_id, const char *asked_after,
                           lk__object_page *page, lk_error *err)
{
    reading r = { .page = page, .end = &page->first, .directory_id = directory_id };
    bool is_cut = false;

    LK_TRY(lk__list_read(body, add_entry, &r, page->arena, &page->after, &is_cut, err));
    /* A cursor that does not move would be followed for ever. */
    if (page->after != NULL && lk__text_equal(page->after, asked_after)) {
        page->after = NULL;
        is_cut = true;
    }
    page->skipped += is_cut; /* at least: whoever deletes what is not listed must not */
    return LK_OK;
}

lk_status lk__objects_list(lk_client *client, lk__object_kind kind, const char *directory_id,
                           const char *after, lk__object_page **out, lk_error *err)
{
    static const char *const names[] = {
        [LK__DIRECTORIES] = "directories",
        [LK__DIRECTORY_GROUPS] = "directory_groups",
        [LK__DIRECTORY_USERS] = "directory_users",
    };
    const char *const path[] = { names[kind], NULL };
    const lk__pair query[] = {
        { "directory", directory_id },
        { "limit", MAX_LIMIT },
        { "order", "asc" },
        { "after", after },
    };
    const lk__call call = { .path = path,
                            .query = query,
                            .n_query = sizeof(query) / sizeof(query[0]),
                            .max_body = MAX_PAGE };
    LK_CLEANUP(lk__object_page_freep) lk__object_page *page = NULL;
    lk__auto_buf body = LK__BUF(MAX_PAGE);
    lk_error why = LK_ERROR_INIT;
    lk_status status;

    LK_TRY(lk__call_send(client, &call, &body, err));
    page = new_page();
    if (page == NULL)
        return lk__no_memory(err);
    status = read_page(&body, directory_id, after, page, &why);
    if (status != LK_OK)
        return lk__call_unusable(status, &why, err);
    *out = lk__steal(page);
    return LK_OK;
}

void lk__object_page_free(lk__object_page *page)
{
    if (page != NULL)
        lk__arena_free(page->arena);
}

void lk__object_page_freep(lk__object_page **page)
{
    lk__object_page_free(*page);
    *page = NULL;
}
