/* The session as cookies: one, or chunks "name.0", "name.1", … where one would be too long.
 *
 * Chunks are written whole or not at all, and the form that is not used any more is deleted in the
 * same reply. A browser that mixes chunks of two sessions all the same sends nothing that opens:
 * one seal covers all of it. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "web/web.h"

enum { MAX_NAME = 160 }; /* cookie_name and ".3" */

static void chunk_name(const lk_web *web, int i, char out[MAX_NAME])
{
    snprintf(out, MAX_NAME, "%s.%d", web->cookie_name, i);
}

/* ---- Reading ---- */

/* The first cookie of this name, or the last. */
static bool find_cookie(const lk_web_request *request, const char *name, bool last, lk__cookie *out)
{
    const char *header;
    bool found = false;
    lk__cookie cookie;

    for (size_t i = 0; (header = lk__request_next(request, "Cookie", &i)) != NULL;) {
        while (lk__cookie_next(&header, &cookie)) {
            if (!lk__cookie_is(&cookie, name))
                continue;
            *out = cookie;
            found = true;
            if (!last)
                return true;
        }
    }
    return found;
}

static lk_status join_chunks(const lk_web *web, const lk_web_request *request, bool last,
                             lk__buf *out, bool *found, lk_error *err)
{
    lk__cookie cookie;
    lk_error cause = LK_ERROR_INIT;
    char name[MAX_NAME];

    lk__buf_clear(out);
    for (int i = 0; i < LK__MAX_CHUNKS; i++) {
        chunk_name(web, i, name);
        if (!find_cookie(request, name, last, &cookie))
            break;
        lk_status status = lk__cookie_decode(&cookie, out, &cause);
        if (status == LK_ERR_NO_MEMORY)
            return lk__no_memory(err);
        if (status != LK_OK)
            return LK_OK;
    }
    *found = out->len > 0;
    return LK_OK;
}

static lk_status next_whole(const lk_web *web, const lk_web_request *request,
                            lk__candidates *cursor, lk__buf *out, bool *found, lk_error *err)
{
    while (cursor->n_seen < LK__MAX_CANDIDATES) {
        lk__cookie cookie;
        lk_error cause = LK_ERROR_INIT;
        if (!lk__cookie_next(&cursor->rest, &cookie)) {
            cursor->rest = lk__request_next(request, "Cookie", &cursor->header);
            if (cursor->rest == NULL)
                return LK_OK;
            continue;
        }
        if (!lk__cookie_is(&cookie, web->cookie_name) || cookie.value_len == 0)
            continue;
        cursor->n_seen++;
        lk__buf_clear(out);
        lk_status status = lk__cookie_decode(&cookie, out, &cause);
        if (status == LK_ERR_NO_MEMORY)
            return lk__no_memory(err);
        if (status != LK_OK)
            continue;
        *found = true;
        return LK_OK;
    }
    return LK_OK;
}

lk_status lk__web_next_candidate(const lk_web *web, const lk_web_request *request,
                                 lk__candidates *cursor, lk__buf *out, bool *found, lk_error *err)
{
    *found = false;
    LK_TRY(next_whole(web, request, cursor, out, found, err));
    /* Chunks that an attacker set from a sibling domain come before ours or behind them. */
    while (!*found && cursor->n_joined < 2)
        LK_TRY(join_chunks(web, request, cursor->n_joined++ == 1, out, found, err));
    return LK_OK;
}

/* ---- Writing ---- */

static lk_status delete_cookie(const lk_web *web, lk__reply *reply, const char *name, lk_error *err)
{
    lk__cookie_rules host_only = web->session_rules;

    LK_TRY(lk__reply_cookie(reply, &web->session_rules, name, "", 0, err));
    if (web->cookie_domain == NULL)
        return LK_OK;
    /* One from before the domain was configured would come back otherwise. */
    host_only.domain = NULL;
    return lk__reply_cookie(reply, &host_only, name, "", 0, err);
}

static lk_status delete_chunks(const lk_web *web, const lk_web_request *request, int from,
                               lk__reply *reply, lk_error *err)
{
    lk__cookie cookie;
    char name[MAX_NAME];

    for (int i = from; i < LK__MAX_CHUNKS; i++) {
        chunk_name(web, i, name);
        if (find_cookie(request, name, false, &cookie))
            LK_TRY(delete_cookie(web, reply, name, err));
    }
    return LK_OK;
}

/* What it is cleared for, a sign-out or a session that has ended, ends it in memory as well. */
static void forget_sessions(lk_web *web, const lk_web_request *request)
{
    lk__auto_buf sealed = LK__SECRET_BUF(LK__MAX_SEALED);
    lk__candidates cursor = { .rest = NULL };
    bool found = false;

    while (lk__web_next_candidate(web, request, &cursor, &sealed, &found, NULL) == LK_OK && found)
        lk__session_cache_forget(web->cache, sealed.data, sealed.len);
}

lk_status lk__web_clear_session(lk_web *web, const lk_web_request *request, lk__reply *reply,
                                lk_error *err)
{
    forget_sessions(web, request);
    LK_TRY(delete_cookie(web, reply, web->cookie_name, err));
    return delete_chunks(web, request, 0, reply, err);
}

/* How much of the seal goes into a cookie beside its name and attributes. */
static size_t capacity_of(const lk_web *web, const char *name)
{
    size_t overhead = lk__cookie_overhead(&web->session_rules, name, web->cookie_max_age_s);

    return overhead < LK__MAX_SET_COOKIE ? LK__MAX_SET_COOKIE - overhead : 0;
}

static size_t chunk_capacity(const lk_web *web)
{
    char name[MAX_NAME];

    chunk_name(web, 0, name);
    return capacity_of(web, name);
}

static lk_status set_chunks(const lk_web *web, const lk_web_request *request, const char *sealed,
                            size_t capacity, lk__reply *reply, lk_error *err)
{
    size_t left = strlen(sealed);
    lk__cookie cookie;
    int n = 0;

    for (; left > 0; n++) {
        lk__auto_buf part = LK__SECRET_BUF(LK__MAX_SET_COOKIE);
        size_t len = left < capacity ? left : capacity;
        char name[MAX_NAME];
        chunk_name(web, n, name);
        LK_TRY(lk__buf_append(&part, sealed, len, err));
        LK_TRY(lk__reply_cookie(reply, &web->session_rules, name, part.data, web->cookie_max_age_s,
                                err));
        sealed += len;
        left -= len;
    }
    if (find_cookie(request, web->cookie_name, false, &cookie))
        LK_TRY(delete_cookie(web, reply, web->cookie_name, err));
    return delete_chunks(web, request, n, reply, err);
}

lk_status lk__web_refuse_size(const lk_web *web, const lk_web_request *request, const char *sealed,
                              lk__reply *reply, lk_error *err)
{
    char message[240];

    snprintf(message, sizeof(message),
             "This session takes %zu bytes, and browsers keep at most %zu of it in %d cookies. The "
             "profile, its metadata or the token's claims are too large.",
             strlen(sealed), LK__MAX_CHUNKS * chunk_capacity(web), (int)LK__MAX_CHUNKS);
    return lk__reply_page(reply, request,
                          &(lk__page){ .status = 500,
                                       .word = "session_too_large",
                                       .title = "This session does not fit into cookies",
                                       .message = message },
                          err);
}

bool lk__web_fits_cookies(const lk_web *web, const char *sealed)
{
    size_t len = strlen(sealed);

    return len <= capacity_of(web, web->cookie_name) || len <= LK__MAX_CHUNKS * chunk_capacity(web);
}

lk_status lk__web_set_cookies(lk_web *web, const lk_web_request *request, lk__reply *reply,
                              const char *sealed, lk_error *err)
{
    if (strlen(sealed) > capacity_of(web, web->cookie_name))
        return set_chunks(web, request, sealed, chunk_capacity(web), reply, err);
    LK_TRY(delete_chunks(web, request, 0, reply, err));
    return lk__reply_cookie(reply, &web->session_rules, web->cookie_name, sealed,
                            web->cookie_max_age_s, err);
}
