/* Sign-ins that run in a circle: WorkOS signs in at once who is signed in there, so where the
 * session cookie is not kept the browser goes from page to login to callback and back without end.
 * A cookie counts the sign-ins that ended moments ago; its number is not sealed, for all that
 * somebody gains by changing it is their own page or circle. */
#include <string.h>

#include "web/web.h"

#define ROUNDS_COOKIE "latchkey-rounds"

enum { MAX_ROUNDS = 3, MEMORY_S = 30 };

static bool next_cookie(const lk_web_request *request, const char *name, lk__cookie *out)
{
    const char *header;

    for (size_t i = 0; (header = lk__request_next(request, "Cookie", &i)) != NULL;)
        while (lk__cookie_next(&header, out))
            if (lk__cookie_is(out, name))
                return true;
    return false;
}

/* 0 without the cookie, or with one that is none of ours. */
static int rounds_of(const lk_web_request *request)
{
    lk__cookie cookie;

    if (!next_cookie(request, ROUNDS_COOKIE, &cookie) || cookie.value_len != 1)
        return 0;
    return cookie.value[0] >= '1' && cookie.value[0] <= '0' + MAX_ROUNDS ? cookie.value[0] - '0'
                                                                         : 0;
}

lk_status lk__web_count_round(const lk_web *web, const lk_web_request *request, lk__reply *reply,
                              lk_error *err)
{
    int n = rounds_of(request);
    const char text[] = { (char)('0' + (n < MAX_ROUNDS ? n + 1 : MAX_ROUNDS)), '\0' };

    return lk__reply_cookie(reply, &web->state_rules, ROUNDS_COOKIE, text, MEMORY_S, err);
}

lk_status lk__web_forget_rounds(const lk_web *web, const lk_web_request *request, lk__reply *reply,
                                lk_error *err)
{
    lk__cookie cookie;

    if (!next_cookie(request, ROUNDS_COOKIE, &cookie))
        return LK_OK;
    return lk__reply_cookie(reply, &web->state_rules, ROUNDS_COOKIE, "", 0, err);
}

/* What keeps the session from being seen. */
static lk_status name_condition(const lk_web *web, const lk_web_request *request, const char **out,
                                lk_error *err)
{
    lk__auto_buf sealed = LK__SECRET_BUF(LK__MAX_SEALED);
    lk__candidates cursor = { .rest = NULL };
    bool found = false;

    LK_TRY(lk__web_next_candidate(web, request, &cursor, &sealed, &found, err));
    *out = found ? "The session cookie came back, but it does not open, or its session is over at "
                   "once: servers behind this address use different cookie passwords, another "
                   "program uses the same cookie name, or a clock is wrong."
                 : "Sign-in succeeded, but the browser did not send the session cookie back: it "
                   "is blocked, its domain is not this site's, or it is only for https.";
    return LK_OK;
}

lk_status lk__web_stop_circle(lk_web *web, const lk_web_request *request, lk__reply *reply,
                              lk_error *err)
{
    const char *condition = NULL;

    if (rounds_of(request) < MAX_ROUNDS || lk__web_is_signed_in(web, request))
        return LK_OK;
    LK_TRY(name_condition(web, request, &condition, err));
    LK_TRY(lk__web_forget_rounds(web, request, reply, err)); /* the link below tries anew */
    return lk__reply_page(reply, request,
                          &(lk__page){ .status = 500,
                                       .word = "sign_in_circle",
                                       .title = "Sign-in runs in a circle",
                                       .message = condition,
                                       .detail = web->cookie_name,
                                       .link = web->login_path,
                                       .link_text = "Try again" },
                          err);
}
