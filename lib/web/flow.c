/* Sign-in for any web server: which part of the flow answers which request. */
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "web/return-to.h"
#include "web/web.h"

lk_status lk__web_purge_states(lk_web *web, const lk_web_request *request, size_t keep,
                               lk__reply *reply, lk_error *err)
{
    lk__pending pending = { .n_items = 0 };
    const char *header;

    for (size_t i = 0; (header = lk__request_next(request, "Cookie", &i)) != NULL;)
        LK_TRY(lk__pending_read(lk__keyring_now(web->keyring), header, lk__now_ms(web->client),
                                &pending, err));
    lk__pending_sort(&pending);
    for (size_t i = 0; i < pending.n_items; i++)
        if (pending.n_items - i > keep || pending.items[i].issued_at_ms == 0)
            LK_TRY(lk__reply_cookie(reply, &web->state_rules, pending.items[i].name, "", 0, err));
    return LK_OK;
}

static lk_status refuse_method(const lk_web_request *request, const char *allow, lk__reply *reply,
                               lk_error *err)
{
    LK_TRY(lk__reply_no_store(reply, err));
    LK_TRY(lk__reply_header(reply, "Allow", allow, err));
    return lk__reply_page(reply, request,
                          &(lk__page){ .status = 405,
                                       .word = "method_not_allowed",
                                       .title = "This does not work here",
                                       .message = "The page was asked for in a way that it does "
                                                  "not answer.",
                                       .detail = allow },
                          err);
}

static lk_status dispatch(lk_web *web, const lk_web_request *request, lk__reply *reply,
                          lk_error *err)
{
    bool reads = lk__request_reads(request);

    if (strcmp(request->path, web->login_path) == 0)
        return reads ? lk__web_login(web, request, reply, err)
                     : refuse_method(request, "GET, HEAD", reply, err);
    if (strcmp(request->path, web->callback_path) == 0)
        return reads ? lk__web_callback(web, request, reply, err)
                     : refuse_method(request, "GET, HEAD", reply, err);
    if (strcmp(request->path, web->logout_path) == 0)
        return reads || strcmp(request->method, "POST") == 0
                   ? lk__web_logout(web, request, reply, err)
                   : refuse_method(request, "GET, HEAD, POST", reply, err);
    return lk__web_identify(web, request, reply, err);
}

/* RFC 9110, 9.3.2: "the server MUST NOT send content in the response" to HEAD. */
static lk_web_reply *hand_over(lk__reply *reply, const lk_web_request *request)
{
    if (strcmp(request->method, "HEAD") == 0) {
        reply->public.body = NULL;
        reply->public.body_len = 0;
    }
    return &reply->public;
}

static bool is_usable(const lk_web *web, const lk_web_request *request, lk_web_reply **out)
{
    return web != NULL && request != NULL && request->method != NULL && request->path != NULL &&
           (request->headers != NULL || request->n_headers == 0) && out != NULL;
}

lk_status lk_web_answer(lk_web *web, const lk_web_request *request, lk_web_reply **out,
                        lk_error *err)
{
    lk_auto(lk__reply) reply = NULL;

    lk__error_clear(err);
    if (!is_usable(web, request, out))
        return lk__fail(err, LK_ERR_INVALID, "lk_web_answer() was given an incomplete request");
    lk__auto_keyring_visit visit = lk__keyring_enter(web->keyring);
    LK_TRY(lk__reply_new(&reply, err));
    LK_TRY(dispatch(web, request, reply, err));
    *out = hand_over(lk__steal(reply), request);
    return LK_OK;
}

static lk_status redirect_to_login(lk_web *web, const lk_web_request *request, lk__reply *reply,
                                   lk_error *err)
{
    lk__auto_buf location = LK__BUF(SIZE_MAX);
    size_t query_len = request->query ? strlen(request->query) : 0;

    LK_TRY(lk__buf_text(&location, web->login_path, err));
    /* Longer than what login would take: better home than nowhere. */
    if (strlen(request->path) + 1 + query_len <= LK__MAX_RETURN_TO) {
        LK_TRY(lk__buf_text(&location, "?return_to=", err));
        LK_TRY(lk__percent_encode(&location, request->path, err));
        if (query_len > 0) {
            LK_TRY(lk__buf_text(&location, "%3F", err));
            LK_TRY(lk__percent_encode(&location, request->query, err));
        }
    }
    return lk__reply_redirect(reply, 302, location.data, err);
}

lk_status lk_web_challenge(lk_web *web, const lk_web_request *request, lk_web_reply **out,
                           lk_error *err)
{
    lk_auto(lk__reply) reply = NULL;

    lk__error_clear(err);
    if (!is_usable(web, request, out))
        return lk__fail(err, LK_ERR_INVALID, "lk_web_challenge() was given an incomplete request");
    LK_TRY(lk__reply_new(&reply, err));
    LK_TRY(lk__reply_no_store(reply, err));
    if (lk__request_navigates(request)) {
        LK_TRY(redirect_to_login(web, request, reply, err));
    } else {
        /* RFC 9110, 15.5.2: a 401 "MUST send a WWW-Authenticate header field". */
        LK_TRY(lk__reply_header(reply, "WWW-Authenticate", "Bearer", err));
        LK_TRY(lk__reply_json_error(reply, 401, "not_signed_in",
                                    "sign in first: this needs a session", err));
    }
    *out = hand_over(lk__steal(reply), request);
    return LK_OK;
}

lk_status lk_web_forbid(lk_web *web, const lk_web_request *request, lk_web_reply **out,
                        lk_error *err)
{
    lk_auto(lk__reply) reply = NULL;

    lk__error_clear(err);
    if (!is_usable(web, request, out))
        return lk__fail(err, LK_ERR_INVALID, "lk_web_forbid() was given an incomplete request");
    LK_TRY(lk__reply_new(&reply, err));
    LK_TRY(lk__reply_no_store(reply, err));
    if (lk__request_navigates(request))
        LK_TRY(lk__reply_page(reply, request,
                              &(lk__page){ .status = 403,
                                           .word = "forbidden",
                                           .title = "This is not open to you",
                                           .message = "You are signed in, but this needs a role "
                                                      "or an organization that you do not have "
                                                      "here. Ask who runs this site, or sign in "
                                                      "as somebody else.",
                                           .link = web->logout_path,
                                           .link_text = "Sign out" },
                              err));
    else
        LK_TRY(lk__reply_json_error(reply, 403, "forbidden",
                                    "you are signed in, but this is not open to you", err));
    *out = hand_over(lk__steal(reply), request);
    return LK_OK;
}

void lk_web_reply_free(lk_web_reply *reply)
{
    lk__reply_free((lk__reply *)reply);
}

void lk_web_reply_freep(lk_web_reply **reply)
{
    lk_web_reply_free(*reply);
    *reply = NULL;
}
