/* What takes how much of a sealed session. Text in a seal is base64url: four characters for three
 * bytes; what stands in the token was made so once before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/seal.h"
#include "web/session.h"
#include "web/web.h"

/* Parts beyond are told as one. */
enum { MAX_PARTS = 200, MAX_PART_NAME = 96 };

typedef struct sizes_tree {
    lk_session_sizes sizes; /* first: the public pointer is this struct's */
    lk__arena *arena;
    lk_session_part parts[MAX_PARTS + 2]; /* the rest, and the seal */
    size_t told;                          /* bytes of all parts */
    size_t rest;
} sizes_tree;

/* ---- Parts ---- */

typedef struct walk {
    sizes_tree *tree;
    const char *within; /* "user." */
    bool is_token;
} walk;

static lk_status add(sizes_tree *tree, const char *within, const char *name, size_t bytes,
                     lk_error *err)
{
    char full[MAX_PART_NAME];

    tree->told += bytes;
    if (tree->sizes.n_parts == MAX_PARTS) {
        tree->rest += bytes;
        return LK_OK;
    }
    snprintf(full, sizeof(full), "%s%s", within, name);
    lk__shorten(full, sizeof(full) - 4);
    const char *kept = lk__arena_text(tree->arena, full);
    if (kept == NULL)
        return lk__no_memory(err);
    tree->parts[tree->sizes.n_parts++] = (lk_session_part){ .name = kept, .bytes = bytes };
    return LK_OK;
}

static size_t in_base64(size_t len)
{
    return len * 4 / 3;
}

static lk_status visit(void *ctx, const char *name, const char *raw, size_t raw_len,
                       const lk__json *value, lk_error *err);

static lk_status walk_object(const walk *from, const char *name, const char *raw, size_t len,
                             lk_error *err)
{
    char within[MAX_PART_NAME];
    walk below = { .tree = from->tree, .within = within, .is_token = from->is_token };

    snprintf(within, sizeof(within), "%s%s.", from->within, name);
    return lk__json_each(raw, len, visit, &below, err);
}

/* false: none that can be read. */
static lk_status walk_token(const walk *from, const char *name, const char *token, bool *walked,
                            lk_error *err)
{
    const char *payload = strchr(token, '.');
    const char *signature = payload != NULL ? strchr(payload + 1, '.') : NULL;
    lk__auto_buf claims = LK__SECRET_BUF(SIZE_MAX);
    walk below = { .tree = from->tree, .within = "accessToken.", .is_token = true };
    size_t n_parts = from->tree->sizes.n_parts, told = from->tree->told, rest = from->tree->rest;
    lk_error cause = LK_ERROR_INIT;

    *walked = false;
    if (signature == NULL)
        return LK_OK;
    lk_status status =
        lk__base64url_decode(&claims, payload + 1, (size_t)(signature - payload - 1), true, &cause);
    if (status == LK_OK)
        status = lk__json_each(claims.data, claims.len, visit, &below, &cause);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK) {
        /* Told as a whole, then: some of its claims may have been told already. */
        from->tree->sizes.n_parts = n_parts;
        from->tree->told = told;
        from->tree->rest = rest;
        return LK_OK;
    }
    *walked = true;
    LK_TRY(add(from->tree, name, " header", in_base64((size_t)(payload - token) + 1), err));
    return add(from->tree, name, " signature", in_base64(strlen(signature)), err);
}

static lk_status visit(void *ctx, const char *name, const char *raw, size_t raw_len,
                       const lk__json *value, lk_error *err)
{
    static const char *const opened[] = { "user", "profile", "impersonator" };
    const walk *self = ctx;
    const char *text = lk__json_string(value);
    size_t bytes = in_base64(raw_len + (name != NULL ? strlen(name) + 4 : 1)); /* "":, */
    bool walked = false;

    if (name == NULL)
        return lk__fail(err, LK_ERR_PROTOCOL, "an array");
    for (size_t i = 0; i < sizeof(opened) / sizeof(opened[0]); i++)
        if (self->within[0] == '\0' && strcmp(name, opened[i]) == 0 && lk__json_is_object(value))
            return walk_object(self, name, raw, raw_len, err);
    if (self->within[0] == '\0' && strcmp(name, "accessToken") == 0 && text != NULL)
        LK_TRY(walk_token(self, name, text, &walked, err));
    if (walked)
        return LK_OK;
    return add(self->tree, self->within, name, self->is_token ? in_base64(bytes) : bytes, err);
}

static int by_size(const void *a, const void *b)
{
    const lk_session_part *first = a;
    const lk_session_part *second = b;

    if (first->bytes != second->bytes)
        return first->bytes < second->bytes ? 1 : -1;
    return strcmp(first->name, second->name);
}

static void finish_parts(sizes_tree *tree)
{
    size_t told = tree->told < tree->sizes.sealed ? tree->told : tree->sizes.sealed;

    if (tree->rest > 0)
        tree->parts[tree->sizes.n_parts++] =
            (lk_session_part){ .name = "(all others)", .bytes = tree->rest };
    tree->parts[tree->sizes.n_parts++] =
        (lk_session_part){ .name = "(the seal itself)", .bytes = tree->sizes.sealed - told };
    qsort(tree->parts, tree->sizes.n_parts, sizeof(tree->parts[0]), by_size);
    tree->sizes.parts = tree->parts;
}

/* ---- Cookies ---- */

/* With the longest attributes: what a server sets may be some bytes shorter. */
static size_t room(const char *name, const char *suffix, const char *domain)
{
    const lk__cookie_rules rules = { .domain = domain, .same_site = "Strict", .secure = true };
    size_t overhead = lk__cookie_overhead(&rules, name, LK__COOKIE_MAX_AGE_S) + strlen(suffix);

    return overhead < LK__MAX_SET_COOKIE ? LK__MAX_SET_COOKIE - overhead : 0;
}

static void count_cookies(lk_session_sizes *sizes, const char *name, const char *domain)
{
    size_t chunk = room(name, ".0", domain);

    sizes->one_cookie = room(name, "", domain);
    sizes->all_cookies = LK__MAX_CHUNKS * chunk;
    sizes->fits_store = sizes->sealed <= LK__MAX_SEALED;
    if (sizes->sealed <= sizes->one_cookie)
        sizes->n_cookies = 1;
    else if (sizes->sealed <= sizes->all_cookies)
        sizes->n_cookies = (int)((sizes->sealed + chunk - 1) / chunk);
}

/* ---- Public ---- */

static lk_status tree_new(sizes_tree **out, lk_error *err)
{
    lk_auto(lk__arena) arena = lk__arena_new();

    if (arena == NULL)
        return lk__no_memory(err);
    sizes_tree *tree = lk__arena_alloc(arena, sizeof(*tree));
    if (tree == NULL)
        return lk__no_memory(err);
    tree->arena = lk__steal(arena);
    *out = tree;
    return LK_OK;
}

lk_status lk_session_size(const char *json, const char *cookie_name, const char *cookie_domain,
                          lk_session_sizes **out, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    sizes_tree *tree = NULL;

    lk__error_clear(err);
    if (json == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_session_size() was given NULL");
    if (cookie_name == NULL)
        cookie_name = LK__COOKIE_NAME;
    if (!lk__cookie_name_valid(cookie_name) ||
        (cookie_domain != NULL && !lk__cookie_domain_valid(cookie_domain)))
        return lk__fail(err, LK_ERR_INVALID, "cookie_name or cookie_domain is none");
    if (json[strspn(json, " \t\r\n")] != '{')
        return lk__fail(err, LK_ERR_INVALID, "the session is no JSON object");
    LK_TRY(tree_new(&tree, err));
    lk_auto(lk_session_sizes) sizes = &tree->sizes;
    walk top = { .tree = tree, .within = "" };
    sizes->sealed = lk__seal_size(strlen(json));
    lk_status status = lk__json_each(json, strlen(json), visit, &top, &cause);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK)
        return lk__fail(err, LK_ERR_INVALID, "the session is no JSON object: %s", cause.message);
    finish_parts(tree);
    count_cookies(sizes, cookie_name, cookie_domain);
    *out = lk__steal(sizes);
    return LK_OK;
}

void lk_session_sizes_free(lk_session_sizes *sizes)
{
    if (sizes != NULL)
        lk__arena_free(((sizes_tree *)sizes)->arena);
}

void lk_session_sizes_freep(lk_session_sizes **sizes)
{
    lk_session_sizes_free(*sizes);
    *sizes = NULL;
}
