/* Sessions in a store: which of them a request brings, and what becomes of them.
 *
 * A handle is good for one sign-in: the next one draws another, so that nobody can wait in a
 * browser with a handle of their own. A record is replaced and removed only as it was read: another
 * request may have renewed it meanwhile, or a sign-out ended it. */
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "web/note.h"
#include "web/web.h"

void lk__brought_clear(lk__brought *brought)
{
    lk__buf_clear(&brought->sealed);
    lk__handle_wipe(&brought->handle);
}

static bool is_stored(const lk__brought *brought)
{
    return brought->handle.token[0] != '\0';
}

static int64_t end_of_session(const lk_web *web)
{
    int64_t lasts_s = web->mode == LK_WEB_SSO ? web->sso_session_s : web->cookie_max_age_s;

    return lk__now_ms(web->client) + lasts_s * 1000;
}

static lk_status fail_store(lk_status status, const lk_error *cause, lk_error *err)
{
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    return lk__fail(err, LK_ERR_STORE, "the store of the sessions: %s", cause->message);
}

/* ---- Reading ---- */

/* *record NULL: there is none. */
static lk_status get_record(const lk_web *web, const lk__handle *handle, char **record,
                            lk_error *err)
{
    const lk_session_store *store = &web->store;
    lk_error cause = LK_ERROR_INIT;

    lk_status status =
        store->get(store->ctx, handle->name, lk__now_ms(web->client), record, &cause);
    return status == LK_OK ? LK_OK : fail_store(status, &cause, err);
}

/* Puts the record in the place of the cookie. *found: there is one. */
static lk_status look_up(const lk_web *web, lk__candidates *cursor, lk__brought *brought,
                         bool *found, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *record = NULL;

    *found = false;
    if (web->store.get == NULL)
        return LK_OK;
    lk_status status = lk__handle_read(brought->sealed.data, lk__keyring_now(web->keyring),
                                       &brought->handle, NULL);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK)
        return LK_OK;
    /* A store that fails is told when no other cookie opens. */
    status = get_record(web, &brought->handle, &record, &cursor->store);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK || record == NULL)
        return LK_OK;
    if (strlen(record) > LK__MAX_SEALED) {
        lk__note(web->client, "a session in the store is longer than any of ours", NULL);
        return LK_OK;
    }
    lk__buf_clear(&brought->sealed);
    LK_TRY(lk__buf_text(&brought->sealed, record, err));
    *found = true;
    return LK_OK;
}

lk_status lk__web_next_session(const lk_web *web, const lk_web_request *request,
                               lk__candidates *cursor, lk__brought *out, bool *found, lk_error *err)
{
    for (;;) {
        lk__handle_wipe(&out->handle);
        LK_TRY(lk__web_next_candidate(web, request, cursor, &out->sealed, found, err));
        if (!*found && cursor->store.status != LK_OK)
            return lk__fail(err, cursor->store.status, "%s", cursor->store.message);
        if (!*found || !lk__handle_looks_like(out->sealed.data))
            return LK_OK;
        LK_TRY(look_up(web, cursor, out, found, err));
        if (*found)
            return LK_OK;
    }
}

/* ---- Writing ---- */

static lk_status set_handle(lk_web *web, const lk_web_request *request, lk__reply *reply,
                            const lk__handle *handle, lk_error *err)
{
    char cookie[LK__HANDLE_COOKIE_SIZE];

    LK_TRY(lk__handle_print(handle, lk__web_password(web), cookie, err));
    lk_status status = lk__web_set_cookies(web, request, reply, cookie, err);
    lk__wipe(cookie, sizeof(cookie));
    return status;
}

/* Where the store fails: better in cookies than lost, and with it the refresh token. */
static lk_status set_cookies_instead(lk_web *web, const lk_web_request *request, lk__reply *reply,
                                     const char *sealed, const lk_error *cause, lk_error *err)
{
    lk__note(web->client, "cannot write to the store of the sessions", cause);
    if (!lk__web_fits_cookies(web, sealed))
        return fail_store(LK_ERR_STORE, cause, err);
    return lk__web_set_cookies(web, request, reply, sealed, err);
}

static lk_status put_session(lk_web *web, const lk_web_request *request, bool is_new,
                             const char *sealed, lk__reply *reply, lk_error *err)
{
    const lk_session_store *store = &web->store;
    LK_CLEANUP(lk__handle_wipe) lk__handle handle = { .token = "" };
    lk_error cause = LK_ERROR_INIT;

    LK_TRY(is_new ? lk__handle_new(&web->client->random, &handle, err)
                  : lk__handle_of(sealed, lk__web_password(web), &handle, err));
    if (store->put(store->ctx, handle.name, sealed, lk__now_ms(web->client), end_of_session(web),
                   &cause) != LK_OK)
        return set_cookies_instead(web, request, reply, sealed, &cause, err);
    return set_handle(web, request, reply, &handle, err);
}

static lk_status set_session(lk_web *web, const lk_web_request *request, bool is_new,
                             const char *sealed, lk__reply *reply, lk_error *err)
{
    bool fits = lk__web_fits_cookies(web, sealed);

    if (web->storage == LK_SESSIONS_IN_STORE || (web->storage == LK_SESSIONS_AUTO && !fits))
        return put_session(web, request, is_new, sealed, reply, err);
    return fits ? lk__web_set_cookies(web, request, reply, sealed, err)
                : lk__web_refuse_size(web, request, sealed, reply, err);
}

lk_status lk__web_set_session(lk_web *web, const lk_web_request *request, lk__reply *reply,
                              const char *sealed, lk_error *err)
{
    return set_session(web, request, true, sealed, reply, err);
}

/* The record is not the one that was read: gone, or renewed by somebody else. */
static lk_status is_gone(const lk_web *web, const lk__handle *handle, bool *gone, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *record = NULL;

    LK_TRY(get_record(web, handle, &record, err));
    *gone = record == NULL;
    return LK_OK;
}

lk_status lk__web_replace_session(lk_web *web, const lk_web_request *request,
                                  const lk__brought *old, const char *sealed, bool *ended,
                                  lk__reply *reply, lk_error *err)
{
    const lk_session_store *store = &web->store;
    lk_error cause = LK_ERROR_INIT;
    bool replaced = false;

    *ended = false;
    if (!is_stored(old))
        return set_session(web, request, false, sealed, reply, err);
    if (store->replace(store->ctx, old->handle.name, old->sealed.data, sealed, end_of_session(web),
                       &replaced, &cause) != LK_OK)
        return set_cookies_instead(web, request, reply, sealed, &cause, err);
    if (!replaced)
        LK_TRY(is_gone(web, &old->handle, ended, err));
    return *ended ? LK_OK : set_handle(web, request, reply, &old->handle, err);
}

/* ---- Ending ---- */

static lk_status remove_record(const lk_web *web, const lk__handle *handle, const char *record,
                               bool *removed, lk_error *err)
{
    const lk_session_store *store = &web->store;
    lk_error cause = LK_ERROR_INIT;

    lk_status status = store->remove(store->ctx, handle->name, record, removed, &cause);
    return status == LK_OK ? LK_OK : fail_store(status, &cause, err);
}

lk_status lk__web_end_session(lk_web *web, const lk_web_request *request, const lk__brought *old,
                              bool *changed, lk__reply *reply, lk_error *err)
{
    bool removed = true;

    if (is_stored(old))
        LK_TRY(remove_record(web, &old->handle, old->sealed.data, &removed, err));
    *changed = !removed;
    return removed ? lk__web_clear_session(web, request, reply, err) : LK_OK;
}

lk_status lk__web_remove_records(lk_web *web, const lk_web_request *request, lk_error *err)
{
    lk__auto_buf cookie = LK__SECRET_BUF(LK__MAX_SEALED);
    lk__candidates cursor = { .rest = NULL };
    bool found = false;

    if (web->store.remove == NULL)
        return LK_OK;
    for (;;) {
        LK_CLEANUP(lk__handle_wipe) lk__handle handle = { .token = "" };
        bool removed = false;
        LK_TRY(lk__web_next_candidate(web, request, &cursor, &cookie, &found, err));
        if (!found)
            return LK_OK;
        lk_status status =
            lk__handle_read(cookie.data, lk__keyring_now(web->keyring), &handle, NULL);
        if (status == LK_ERR_NO_MEMORY)
            return lk__no_memory(err);
        if (status == LK_OK)
            LK_TRY(remove_record(web, &handle, NULL, &removed, err));
    }
}
