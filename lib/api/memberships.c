/* Which organizations a person belongs to. */
#include <latchkey/authkit.h>

#include "api/call.h"
#include "api/list.h"
#include "api/options.h"
#include "base/cleanup.h"
#include "base/text.h"

#define MAX_PAGE    (1024 * 1024)
#define MAX_LIMIT   "100"
#define MAX_IN_PAGE 100

/* What the caller gets, and the arena that all of it lives in. */
struct owned_page {
    lk_membership_page page;
    lk__arena *arena;
    const lk_membership *items[MAX_IN_PAGE];
};

static const lk__field membership_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_membership, id), 0, NULL },
    { "organization_id", LK__TEXT, true, offsetof(lk_membership, organization_id), 0, NULL },
    { "organization_name", LK__TEXT, false, offsetof(lk_membership, organization_name), 0, NULL },
    { "role", LK__SLUG, false, offsetof(lk_membership, role), 0, NULL },
};
static const lk__shape membership_shape = LK__SHAPE(lk_membership, membership_fields);

static lk_status add_entry(void *ctx, const char *name, const char *raw, size_t raw_len,
                           const lk__json *value, lk_error *err)
{
    struct owned_page *owned = ctx;
    lk_membership *membership;

    (void)name;
    (void)raw;
    (void)raw_len;
    if (owned->page.count == MAX_IN_PAGE)
        return LK_OK;
    membership = lk__arena_alloc(owned->arena, sizeof(*membership));
    if (membership == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__json_decode(value, &membership_shape, owned->arena, membership, err));
    owned->items[owned->page.count++] = membership;
    return LK_OK;
}

static lk_status read_page(const lk__buf *body, lk_membership_page **out, lk_error *err)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    struct owned_page *owned = arena == NULL ? NULL : lk__arena_alloc(arena, sizeof(*owned));
    const char *after = NULL;

    if (owned == NULL)
        return lk__no_memory(err);
    owned->arena = arena;
    LK_TRY(lk__list_read(body, add_entry, owned, arena, &after, NULL, err));
    owned->page.items = owned->items;
    owned->arena = lk__steal(arena);
    *out = &owned->page;
    return LK_OK;
}

lk_status lk_authkit_list_memberships(lk_client *client, const char *user_id,
                                      lk_membership_page **out, lk_error *err)
{
    static const char *const path[] = { "user_management", "organization_memberships", NULL };
    const lk__pair query[] = { { "user_id", user_id },
                               { "statuses", "active" },
                               { "limit", MAX_LIMIT } };
    const lk__call call = { .path = path,
                            .query = query,
                            .n_query = sizeof(query) / sizeof(query[0]),
                            .max_body = MAX_PAGE };
    lk__auto_buf body = LK__BUF(MAX_PAGE);
    lk_error why = LK_ERROR_INIT;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("user_id", user_id, err));
    LK_TRY(lk__call_send(client, &call, &body, err));
    lk_status status = read_page(&body, out, &why);
    return status == LK_OK ? LK_OK : lk__call_unusable(status, &why, err);
}

void lk_membership_page_free(lk_membership_page *page)
{
    if (page != NULL)
        lk__arena_free(((struct owned_page *)page)->arena);
}

void lk_membership_page_freep(lk_membership_page **page)
{
    lk_membership_page_free(*page);
    *page = NULL;
}
