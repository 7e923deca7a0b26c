/* Who is asking: session cookie or Bearer token, and the cookie renewed where it is stale. */
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "api/client.h"
#include "base/text.h"
#include "web/note.h"
#include "web/web.h"

/* Renewal before the end: how long before, and how long not again after a failure. */
enum {
    EARLY_MARGIN_MS = 60 * 1000,
    EARLY_SHORT_MARGIN_MS = 30 * 1000, /* of tokens that live for 5 minutes or less */
    EARLY_SHORT_LIFE_MS = 300 * 1000,
    EARLY_REST_MS = 10 * 1000
};

/* The modes do not mix: where only SSO profiles may come in, an AuthKit token, which anybody who
 * may sign up can get, opens nothing. */
static bool is_of_mode(const lk_web *web, const lk_session *session)
{
    return (session->profile != NULL) == (web->mode == LK_WEB_SSO);
}

static bool is_revoked(const lk_web *web, const lk_session *session)
{
    lk_error cause = LK_ERROR_INIT;
    bool revoked = false;

    if (web->revocation.is_revoked == NULL)
        return false;
    if (web->revocation.is_revoked(web->revocation.ctx, session, &revoked, &cause) == LK_OK)
        return revoked;
    lk__note(web->client, "cannot tell whether a session was revoked", &cause);
    return false;
}

/* Which keys and passwords a session that opens now is opened with. */
static uint64_t opened_with(const lk_web *web)
{
    return lk__client_keys_id(web->client) ^ lk__keyring_id(web->keyring) << 40;
}

/* As lk__session_open(). The keys are asked for before: those that come in between are not the ones
 * that the token was verified with. */
static lk_status open_cookie(lk_web *web, const lk__buf *sealed, lk_session **out, lk_error *err)
{
    int64_t now_ms = lk__now_ms(web->client);
    uint64_t keys_id = opened_with(web);

    lk_session *session =
        lk__session_cache_find(web->cache, sealed->data, sealed->len, keys_id, now_ms);

    if (session == NULL) {
        LK_TRY(lk__session_open(web->client, lk__keyring_now(web->keyring), sealed->data, &session,
                                err));
        lk__session_cache_keep(web->cache, sealed->data, sealed->len, session, keys_id, now_ms);
    }
    *out = session;
    return LK_OK;
}

bool lk__web_is_signed_in(lk_web *web, const lk_web_request *request)
{
    lk__auto_brought brought = LK__BROUGHT;
    lk__candidates cursor = { .rest = NULL };
    bool found = false;

    while (lk__web_next_session(web, request, &cursor, &brought, &found, NULL) == LK_OK && found) {
        lk_auto(lk_session) session = NULL;
        if (open_cookie(web, &brought.sealed, &session, NULL) == LK_OK &&
            is_of_mode(web, session) && !is_revoked(web, session))
            return true;
    }
    return false;
}

/* ---- Bearer ---- */

/* RFC 6750, 2.1: "Bearer" 1*SP b64token. NULL when it is anything else. */
static const char *bearer_token(const char *authorization)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
    const char *token = authorization + strlen("Bearer");

    if (*token != ' ')
        return NULL;
    token += strspn(token, " ");
    return *token != '\0' && token[strspn(token, letters)] == '\0' ? token : NULL;
}

static bool is_bearer(const char *authorization)
{
    return authorization != NULL && strncasecmp(authorization, "Bearer", strlen("Bearer")) == 0;
}

static lk_status open_token(lk_web *web, const char *token, lk_session **out, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    lk_status status = lk_session_from_token(web->client, token, out, &cause);

    if (status == LK_ERR_NO_KEY) {
        LK_TRY(lk_client_refresh_keys(web->client, err));
        status = lk_session_from_token(web->client, token, out, &cause);
    }
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    return LK_OK; /* whatever is wrong with it: nobody is signed in */
}

static lk_status identify_bearer(lk_web *web, const lk_web_request *request,
                                 const char *authorization, lk__reply *reply, lk_error *err)
{
    const char *token = bearer_token(authorization);
    lk_auto(lk_session) session = NULL;

    if (token == NULL || lk__request_count(request, "Authorization") != 1)
        return LK_OK;
    LK_TRY(open_token(web, token, &session, err));
    if (session != NULL && is_of_mode(web, session) && !is_revoked(web, session))
        reply->session = lk__steal(session);
    return LK_OK;
}

/* ---- Cookie ---- */

/* A result remembered for a few seconds may hold a token that lives even shorter: it is renewed in
 * its turn, once. */
static lk_status renew(lk_web *web, const char *sealed, bool waits, bool again, char **out,
                       lk_session **session, lk_error *err)
{
    lk__auto_grant grant = { .refresh_token = NULL };
    LK_CLEANUP(lk__free_secretp) char *renewed = NULL;
    lk_error cause = LK_ERROR_INIT;

    LK_TRY(lk__session_peek(web->client, lk__keyring_now(web->keyring), sealed, &grant, err));
    if (grant.is_sso || web->mode == LK_WEB_SSO || lk__text_empty(grant.refresh_token))
        return lk__fail(err, LK_ERR_EXPIRED, "the session is over");
    LK_TRY(lk__refresher_renew(web->refresher, &grant, waits, &renewed, err));
    lk_status status = lk__session_open_fetching(web->client, lk__keyring_now(web->keyring),
                                                 renewed, session, &cause);
    if (status == LK_ERR_EXPIRED && again)
        return renew(web, renewed, waits, false, out, session, err);
    if (status == LK_ERR_EXPIRED)
        return lk__fail(err, LK_ERR_PROTOCOL, "WorkOS renews sessions for no time at all");
    if (status != LK_OK)
        return lk__fail(err, status, "%s", cause.message);
    *out = lk__steal(renewed);
    return LK_OK;
}

/* What the cookies bring. */
typedef struct findings {
    lk_session *session; /* good as it is; NULL: none */
    lk__brought brought; /* its seal, or else the first that is genuine and needs renewal */
    lk__brought revoked; /* the first that was good but for that */
} findings;

static void findings_clear(findings *in)
{
    lk_session_freep(&in->session);
    lk__brought_clear(&in->brought);
    lk__brought_clear(&in->revoked);
}

/* *again: the stored session is another one by now, and nothing has been done. */
static lk_status keep_renewed(lk_web *web, const lk_web_request *request, const findings *in,
                              const char *renewed, bool *again, lk__reply *reply, lk_error *err)
{
    bool ended = false;

    if (is_revoked(web, reply->session)) {
        lk_session_freep(&reply->session);
        return lk__web_end_session(web, request, &in->brought, again, reply, err);
    }
    LK_TRY(lk__web_replace_session(web, request, &in->brought, renewed, &ended, reply, err));
    if (ended)
        lk_session_freep(&reply->session);
    return LK_OK;
}

/* Signs nobody out unless WorkOS refused for good. */
static lk_status renew_stale(lk_web *web, const lk_web_request *request, const findings *in,
                             bool *again, lk__reply *reply, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *renewed = NULL;
    lk_error cause = LK_ERROR_INIT;
    lk_status status =
        renew(web, in->brought.sealed.data, true, true, &renewed, &reply->session, &cause);

    if (status == LK_ERR_EXPIRED || lk_authkit_is_terminal(&cause))
        return lk__web_end_session(web, request, &in->brought, again, reply, err);
    if (status == LK_OK)
        return keep_renewed(web, request, in, renewed, again, reply, err);
    if (err != NULL)
        *err = cause;
    return status;
}

/* ---- Before the end ---- */

/* A page load is followed by a dozen requests, and by a form that a redirect would not bring back:
 * better renewed before than amid them. Scripts renew when they must. */
static bool expects_page(const lk_web_request *request)
{
    const char *mode = lk__request_header(request, "Sec-Fetch-Mode");

    if (strcmp(request->method, "GET") != 0)
        return false;
    return mode != NULL ? strcmp(mode, "navigate") == 0 : lk__request_navigates(request);
}

static bool ends_soon(const lk_session *session, int64_t now_ms)
{
    int64_t lifetime_ms = session->expires_at_ms - session->issued_at_ms;
    int64_t margin_ms = lifetime_ms > EARLY_SHORT_LIFE_MS ? EARLY_MARGIN_MS : EARLY_SHORT_MARGIN_MS;

    /* Tokens that live shorter than that would be due from the first moment. */
    if (lifetime_ms < 2 * margin_ms)
        margin_ms = lifetime_ms / 2;
    return session->expires_at_ms - now_ms <= margin_ms;
}

static bool is_due(lk_web *web, const lk_web_request *request, const lk_session *session)
{
    int64_t now_ms = lk__now_ms(web->client);
    int64_t rested_ms = atomic_load(&web->early_failed_at_ms);

    if (session->profile != NULL || session->issued_at_ms == 0 || !expects_page(request))
        return false;
    /* A clock that was set back must not end renewals for ever. */
    if (rested_ms != 0 && now_ms >= rested_ms && now_ms - rested_ms < EARLY_REST_MS)
        return false;
    return ends_soon(session, now_ms);
}

/* The session is still good: whatever goes wrong here, it stays. For a while nobody tries again,
 * so that an outage of WorkOS does not hold up each page; neither after a renewal that is due
 * again at once, for a gate that sends the browser back with its new cookie would do so for ever.
 */
static lk_status renew_early(lk_web *web, const lk_web_request *request, const findings *in,
                             bool *again, lk__reply *reply, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *renewed = NULL;
    lk_auto(lk_session) session = NULL;
    lk_status status = renew(web, in->brought.sealed.data, false, true, &renewed, &session, NULL);

    if (status == LK_ERR_CANCELLED) /* somebody else is at it */
        return LK_OK;
    if (status != LK_OK || ends_soon(session, lk__now_ms(web->client)))
        atomic_store(&web->early_failed_at_ms, lk__now_ms(web->client));
    if (status != LK_OK)
        return LK_OK;
    lk_session_freep(&reply->session);
    reply->session = lk__steal(session);
    return keep_renewed(web, request, in, renewed, again, reply, err);
}

/* ---- All of it ---- */

static lk_status remember(const lk__brought *brought, lk__brought *out, lk_error *err)
{
    lk__buf_clear(&out->sealed);
    out->handle = brought->handle;
    return lk__buf_append(&out->sealed, brought->sealed.data, brought->sealed.len, err);
}

/* *cause: why *out stays NULL. */
static lk_status open_brought(lk_web *web, const lk__brought *brought, lk_session **out,
                              lk_error *cause, lk_error *err)
{
    lk_status status = open_cookie(web, &brought->sealed, out, cause);

    if (status == LK_ERR_NO_KEY) {
        LK_TRY(lk_client_refresh_keys(web->client, err));
        lk__error_clear(cause);
        status = open_cookie(web, &brought->sealed, out, cause);
    }
    if (status == LK_ERR_NO_MEMORY || status == LK_ERR_INVALID)
        return lk__fail(err, status, "%s", cause->message);
    if (status == LK_ERR_SIGNATURE && brought->handle.token[0] != '\0')
        lk__note(web->client, "a session in the store does not open", cause);
    return LK_OK;
}

/* Tries each cookie of our name: an attacker on a sibling domain can set one, but none that opens.
 */
static lk_status find_session(lk_web *web, const lk_web_request *request, findings *out,
                              lk_error *err)
{
    lk__auto_brought brought = LK__BROUGHT;
    lk__candidates cursor = { .rest = NULL };
    bool found = false;

    for (;;) {
        lk_auto(lk_session) session = NULL;
        lk_error cause = LK_ERROR_INIT;
        LK_TRY(lk__web_next_session(web, request, &cursor, &brought, &found, err));
        if (!found)
            return LK_OK;
        LK_TRY(open_brought(web, &brought, &session, &cause, err));
        if (session != NULL && is_of_mode(web, session) && !is_revoked(web, session)) {
            LK_TRY(remember(&brought, &out->brought, err));
            out->session = lk__steal(session);
            return LK_OK;
        }
        if (session != NULL && is_of_mode(web, session) && out->revoked.sealed.len == 0)
            LK_TRY(remember(&brought, &out->revoked, err));
        /* A key that WorkOS has withdrawn: the refresh token still says who this is. */
        if ((cause.status == LK_ERR_EXPIRED || cause.status == LK_ERR_NO_KEY) &&
            out->brought.sealed.len == 0)
            LK_TRY(remember(&brought, &out->brought, err));
    }
}

static lk_status identify_once(lk_web *web, const lk_web_request *request, bool *again,
                               lk__reply *reply, lk_error *err)
{
    LK_CLEANUP(findings_clear) findings in = { .brought = LK__BROUGHT, .revoked = LK__BROUGHT };

    LK_TRY(find_session(web, request, &in, err));
    reply->session = lk__steal(in.session);
    if (reply->session != NULL && is_due(web, request, reply->session))
        return renew_early(web, request, &in, again, reply, err);
    if (reply->session != NULL)
        return LK_OK;
    if (in.brought.sealed.len > 0)
        return renew_stale(web, request, &in, again, reply, err);
    if (in.revoked.sealed.len > 0)
        return lk__web_end_session(web, request, &in.revoked, again, reply, err);
    return LK_OK;
}

/* Another request may have replaced the stored session while this one tried to: the refusal that
 * ours got is not for the new one. */
static lk_status identify_cookie(lk_web *web, const lk_web_request *request, lk__reply *reply,
                                 lk_error *err)
{
    bool again = false;

    LK_TRY(identify_once(web, request, &again, reply, err));
    if (!again)
        return LK_OK;
    LK_TRY(identify_once(web, request, &again, reply, err));
    return LK_OK;
}

lk_status lk__web_identify(lk_web *web, const lk_web_request *request, lk__reply *reply,
                           lk_error *err)
{
    const char *authorization = lk__request_header(request, "Authorization");

    LK_TRY(lk__reply_no_store(reply, err));
    if (is_bearer(authorization))
        LK_TRY(identify_bearer(web, request, authorization, reply, err));
    else
        LK_TRY(identify_cookie(web, request, reply, err));
    if (reply->public.status == 0)
        reply->public.session = reply->session;
    return LK_OK;
}
