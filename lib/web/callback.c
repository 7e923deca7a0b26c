/* GET callback: the browser is back. The order of the checks is the defence: doubled parameters,
 * state, the browser that holds it, then what WorkOS says; the code is spent last, and no cookie is
 * set before the token in it is verified. */
#include <stdio.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "web/note.h"
#include "web/query.h"
#include "web/web.h"

enum { MAX_CODE = 4096, MAX_DESCRIPTION = 4096, MAX_SHOWN = 300 };

typedef struct callback {
    lk__buf state;
    lk__buf code;
    lk__buf error;
    lk__buf description;
} callback;

static void callback_clear(callback *back)
{
    lk__buf_clear(&back->state);
    lk__buf_clear(&back->code);
    lk__buf_clear(&back->error);
    lk__buf_clear(&back->description);
}

static lk_status read_callback(const char *query, callback *back, lk_error *err)
{
    const struct {
        const char *name;
        lk__buf *out;
        size_t limit;
    } parameters[] = {
        { "state", &back->state, LK__MAX_STATE },
        { "code", &back->code, MAX_CODE },
        { "error", &back->error, MAX_DESCRIPTION },
        { "error_description", &back->description, MAX_DESCRIPTION },
    };

    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        bool found = false;
        parameters[i].out->limit = parameters[i].limit;
        LK_TRY(lk__query_get(query, parameters[i].name, parameters[i].out, &found, err));
    }
    return LK_OK;
}

static lk_status answer_page(const lk_web *web, const lk_web_request *request, lk__reply *reply,
                             lk__page page, lk_error *err)
{
    page.link = web->login_path;
    page.link_text = "Sign in again";
    return lk__reply_page(reply, request, &page, err);
}

/* ---- The state ---- */

typedef enum state_verdict {
    STATE_GOOD,
    STATE_MISSING,
    STATE_FORGED,
    STATE_EXPIRED,
    STATE_NOT_HELD
} state_verdict;

static const lk__page state_pages[] = {
    [STATE_MISSING] = { .status = 400,
                        .word = "missing_state",
                        .title = "This sign-in did not start here",
                        .message = "The address has no \"state\", so nobody can tell which sign-in "
                                   "it belongs to. Start again from here." },
    [STATE_FORGED] = { .status = 400,
                       .word = "invalid_state",
                       .title = "This sign-in did not start here",
                       .message = "The \"state\" in the address is not one that this site gave "
                                  "out. Start again from here." },
    [STATE_EXPIRED] = { .status = 400,
                        .word = "state_expired",
                        .title = "This sign-in took too long",
                        .message = "A sign-in must be finished within 10 minutes. Start again from "
                                   "here." },
    [STATE_NOT_HELD] = { .status = 400,
                         .word = "missing_state_cookie",
                         .title = "This sign-in belongs to another browser",
                         .message = "It was started in another browser, it is already finished, or "
                                    "cookies are blocked. Start again from here." },
};

static lk_status is_held(const lk_web_request *request, const char *seal, bool *held, lk_error *err)
{
    const char *header;

    *held = false;
    for (size_t i = 0; (header = lk__request_next(request, "Cookie", &i)) != NULL;)
        LK_TRY(lk__state_is_held(header, seal, held, err));
    return LK_OK;
}

static lk_status judge_state(const lk_web *web, const lk_web_request *request, const char *seal,
                             lk__state *state, state_verdict *verdict, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    bool held = false;

    *verdict = STATE_MISSING;
    if (seal == NULL)
        return LK_OK;
    lk_status status =
        lk__state_open(&web->passwords, seal, lk__now_ms(web->client), state, &cause);
    if (status != LK_OK && status != LK_ERR_STATE && status != LK_ERR_EXPIRED)
        return lk__fail(err, status, "%s", cause.message);
    *verdict = STATE_FORGED;
    if (status == LK_ERR_STATE || (status == LK_OK && state->is_sso != (web->mode == LK_WEB_SSO)))
        return LK_OK;
    *verdict = STATE_EXPIRED;
    if (status == LK_ERR_EXPIRED)
        return LK_OK;
    LK_TRY(is_held(request, seal, &held, err));
    *verdict = held ? STATE_GOOD : STATE_NOT_HELD;
    return LK_OK;
}

static lk_status clear_state(const lk_web *web, const char *seal, lk__reply *reply, lk_error *err)
{
    char name[LK__STATE_NAME_SIZE];

    if (seal == NULL)
        return LK_OK;
    lk__state_cookie_name(seal, name);
    return lk__reply_cookie(reply, &web->state_rules, name, "", 0, err);
}

static lk_status refuse_state(lk_web *web, const lk_web_request *request, state_verdict verdict,
                              lk__reply *reply, lk_error *err)
{
    /* "Back" after a sign-in, or a second tab: there is nothing to complain about. */
    if ((verdict == STATE_EXPIRED || verdict == STATE_NOT_HELD) &&
        lk__web_is_signed_in(web, request))
        return lk__reply_redirect(reply, 302, web->home_path, err);
    return answer_page(web, request, reply, state_pages[verdict], err);
}

/* ---- What WorkOS says ---- */

/* Reached with our own state only, so these words come from WorkOS or from the person at the
 * keyboard; they are shown as small print, escaped. */
static lk_status refuse_error(const lk_web *web, const lk_web_request *request, callback *back,
                              lk__reply *reply, lk_error *err)
{
    lk__auto_buf detail = LK__BUF(SIZE_MAX);
    bool is_theirs = strcmp(back->error.data, "server_error") == 0 ||
                     strcmp(back->error.data, "temporarily_unavailable") == 0;
    bool is_denied = strcmp(back->error.data, "access_denied") == 0 ||
                     strcmp(back->error.data, "signin_consent_denied") == 0;

    lk__shorten(back->error.data, 100);
    LK_TRY(lk__buf_text(&detail, back->error.data, err));
    if (back->description.len > 0) {
        lk__shorten(back->description.data, MAX_SHOWN);
        LK_TRY(lk__buf_printf(&detail, err, ": %s", back->description.data));
    }
    return answer_page(
        web, request, reply,
        (lk__page){ .status = is_theirs ? 502 : 403,
                    .word = is_denied ? "access_denied" : "sign_in_refused",
                    .title = is_denied ? "Sign-in was cancelled" : "Sign-in was refused",
                    .message = "WorkOS ended this sign-in and said why:",
                    .detail = detail.data },
        err);
}

static lk__page failure_page(lk_status status, const lk_error *cause)
{
    if (status == LK_ERR_NETWORK || status == LK_ERR_RATE_LIMITED ||
        (status == LK_ERR_API && cause->http_status >= 500))
        return (lk__page){ .status = 503,
                           .word = "workos_unreachable",
                           .title = "Sign-in is not available right now",
                           .message = "The sign-in service did not answer. Nothing is wrong with "
                                      "your account: try again in a moment." };
    if (status == LK_ERR_API && strcmp(cause->reason, "invalid_grant") == 0)
        return (lk__page){ .status = 400,
                           .word = "invalid_grant",
                           .title = "This sign-in was used already",
                           .message = "A sign-in address works once and for a few minutes. Start "
                                      "again from here." };
    if (status == LK_ERR_API)
        return (lk__page){ .status = 403,
                           .word = "sign_in_refused",
                           .title = "Sign-in was refused",
                           .message = "WorkOS did not accept this sign-in:" };
    if (status == LK_ERR_SIGNATURE || status == LK_ERR_EXPIRED || status == LK_ERR_NO_KEY)
        return (lk__page){ .status = 502,
                           .word = "token_not_verified",
                           .title = "Sign-in could not be verified",
                           .message = "The answer of the sign-in service does not prove who you "
                                      "are, so you are not signed in." };
    return (lk__page){ .status = 502,
                       .word = "unreadable_answer",
                       .title = "Sign-in failed",
                       .message = "The sign-in service answered in a way that this site cannot "
                                  "read. Try again in a moment." };
}

static lk_status refuse_exchange(lk_web *web, const lk_web_request *request, lk_status status,
                                 const lk_error *cause, lk__reply *reply, lk_error *err)
{
    lk__auto_buf detail = LK__BUF(SIZE_MAX);
    char seconds[16];

    if (status == LK_ERR_NO_MEMORY || status == LK_ERR_INVALID)
        return lk__fail(err, status, "%s", cause->message);
    lk__page page = failure_page(status, cause);
    if (page.status == 400 && lk__web_is_signed_in(web, request))
        return lk__reply_redirect(reply, 302, web->home_path, err);
    if (page.status == 503) {
        snprintf(seconds, sizeof(seconds), "%d", cause->retry_after > 0 ? cause->retry_after : 5);
        LK_TRY(lk__reply_header(reply, "Retry-After", seconds, err));
    }
    LK_TRY(lk__buf_text(&detail, cause->message, err));
    if (cause->request_id[0] != '\0')
        LK_TRY(lk__buf_printf(&detail, err, " (request %s)", cause->request_id));
    page.detail = detail.data;
    return answer_page(web, request, reply, page, err);
}

/* ---- Spending the code ---- */

static lk_status exchange_authkit(lk_web *web, const char *code, const lk__state *state,
                                  char **sealed, lk_error *err)
{
    lk_auto(lk_authentication) authentication = NULL;
    lk_auto(lk_session) session = NULL;
    LK_CLEANUP(lk__free_secretp) char *fresh = NULL;

    LK_TRY(lk_authkit_exchange_code(web->client, code, state->code_verifier, &authentication, err));
    LK_TRY(lk_session_seal(web->client, web->password, authentication, &fresh, err));
    LK_TRY(lk__session_open_fetching(web->client, &web->passwords, fresh, &session, err));
    *sealed = lk__steal(fresh);
    return LK_OK;
}

static lk_status exchange_sso(lk_web *web, const char *code, const lk__state *state, char **sealed,
                              lk_error *err)
{
    lk_auto(lk_profile_and_token) answer = NULL;

    LK_TRY(lk_sso_get_profile_and_token(web->client, code, state->code_verifier, &answer, err));
    /* WorkOS: an e-mail domain is no proof of membership; the profile's organization is. */
    if (state->organization_id != NULL &&
        !lk__text_equal(state->organization_id, answer->profile->organization_id))
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "the profile belongs to another organization than the one asked for");
    if (state->connection != NULL &&
        !lk__text_equal(state->connection, answer->profile->connection_id))
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "the profile comes from another connection than the one asked for");
    return lk__session_seal_profile(web->client, web->password, answer->profile,
                                    lk__now_ms(web->client) + (int64_t)web->sso_session_s * 1000,
                                    sealed, err);
}

static lk_status finish(lk_web *web, const lk_web_request *request, const char *code,
                        const lk__state *state, lk__reply *reply, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *sealed = NULL;
    lk_error cause = LK_ERROR_INIT;

    lk_status status = state->is_sso ? exchange_sso(web, code, state, &sealed, &cause)
                                     : exchange_authkit(web, code, state, &sealed, &cause);
    if (status != LK_OK)
        return refuse_exchange(web, request, status, &cause, reply, err);
    /* One that stays behind is void without its handle, which no browser has any more. */
    if (lk__web_remove_records(web, request, &cause) != LK_OK)
        lk__note(web->client, "cannot end the session from before a sign-in", &cause);
    LK_TRY(lk__web_set_session(web, request, reply, sealed, err));
    if (reply->public.status != 0)
        return LK_OK;
    LK_TRY(lk__web_purge_states(web, request, 0, reply, err));
    LK_TRY(lk__web_count_round(web, request, reply, err));
    return lk__reply_redirect(reply, 302, state->return_to ? state->return_to : web->home_path,
                              err);
}

lk_status lk__web_callback(lk_web *web, const lk_web_request *request, lk__reply *reply,
                           lk_error *err)
{
    LK_CLEANUP(callback_clear) callback back = { .state = { .data = NULL } };
    lk__auto_state state = { .return_to = NULL };
    state_verdict verdict;
    lk_error cause = LK_ERROR_INIT;

    LK_TRY(lk__reply_no_store(reply, err));
    lk_status status = read_callback(request->query, &back, &cause);
    if (status == LK_ERR_INVALID)
        return answer_page(web, request, reply,
                           (lk__page){ .status = 400,
                                       .word = "invalid_request",
                                       .title = "This sign-in address is broken",
                                       .message = "It holds something that cannot be used. Start "
                                                  "again from here.",
                                       .detail = cause.message },
                           err);
    if (status != LK_OK)
        return lk__fail(err, status, "%s", cause.message);

    LK_TRY(judge_state(web, request, back.state.data, &state, &verdict, err));
    if (verdict != STATE_FORGED)
        LK_TRY(clear_state(web, back.state.data, reply, err)); /* single use */
    if (verdict != STATE_GOOD)
        return refuse_state(web, request, verdict, reply, err);
    if (back.error.len > 0)
        return refuse_error(web, request, &back, reply, err);
    if (back.code.len == 0)
        return answer_page(web, request, reply,
                           (lk__page){ .status = 400,
                                       .word = "missing_code",
                                       .title = "This sign-in address is incomplete",
                                       .message = "WorkOS sent the browser back without a code. "
                                                  "Start again from here." },
                           err);
    return finish(web, request, back.code.data, &state, reply, err);
}
