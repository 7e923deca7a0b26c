/* What the addresses of both kinds of sign-in have in common; see authorize.h. */
#include "api/authorize.h"

#include "api/call.h"
#include "api/options.h"
#include "base/cleanup.h"

enum { MAX_AUTHORIZATION_URL = 8192, MAX_WISHES = 64, MAX_NAME = 256 };

static lk_status append(lk__buf *url, const char *name, const char *value, lk_error *err)
{
    const lk__pair pair = { name, value };

    LK_TRY(lk__buf_text(url, "&", err));
    return lk__url_query(url, &pair, 1, err);
}

static lk_status check(const lk__provider_wishes *wishes, lk_error *err)
{
    if (wishes->n_scopes > MAX_WISHES || wishes->n_parameters > MAX_WISHES)
        return lk__fail(err, LK_ERR_INVALID,
                        "%zu provider_scopes and %zu provider_query_params; "
                        "%d of each are possible",
                        wishes->n_scopes, wishes->n_parameters, MAX_WISHES);
    for (size_t i = 0; i < wishes->n_scopes; i++)
        LK_TRY(lk__require_text("a member of provider_scopes", wishes->scopes[i], err));
    for (size_t i = 0; i < wishes->n_parameters; i++) {
        LK_TRY(
            lk__require_text("a name in provider_query_params", wishes->parameters[i].name, err));
        LK_TRY(
            lk__require_text("a value in provider_query_params", wishes->parameters[i].value, err));
    }
    return LK_OK;
}

/* As @workos-inc/node writes them: a key for each scope, and "provider_query_params[hd]". */
static lk_status append_wishes(lk__buf *url, const lk__provider_wishes *wishes, lk_error *err)
{
    for (size_t i = 0; i < wishes->n_scopes; i++)
        LK_TRY(append(url, "provider_scopes", wishes->scopes[i], err));
    for (size_t i = 0; i < wishes->n_parameters; i++) {
        lk__auto_buf name = LK__BUF(MAX_NAME);

        LK_TRY(lk__buf_printf(&name, err, "provider_query_params[%s]", wishes->parameters[i].name));
        LK_TRY(append(url, name.data, wishes->parameters[i].value, err));
    }
    return LK_OK;
}

lk_status lk__authorization_url(const lk_client *client, const char *const *path,
                                const lk__pair *query, size_t n_query,
                                const lk__provider_wishes *wishes, char **out, lk_error *err)
{
    LK_CLEANUP(lk__freep) char *start = NULL;
    lk__auto_buf url = LK__BUF(MAX_AUTHORIZATION_URL);
    lk_error cause = LK_ERROR_INIT;
    char *text;

    LK_TRY(check(wishes, err));
    lk_status status = lk__call_url(client, path, query, n_query, &start, &cause);
    if (status == LK_OK)
        status = lk__buf_text(&url, start, &cause);
    if (status == LK_OK)
        status = append_wishes(&url, wishes, &cause);
    if (status == LK_ERR_PROTOCOL)
        return lk__fail(err, LK_ERR_INVALID, "the address is longer than %d bytes",
                        MAX_AUTHORIZATION_URL);
    if (status != LK_OK)
        return lk__fail(err, status, "%s", cause.message);
    text = lk__buf_steal(&url);
    if (text == NULL)
        return lk__no_memory(err);
    *out = text;
    return LK_OK;
}
