/* GET callback: the browser is back. The order of the checks is the defence: doubled parameters,
 * state, the browser that holds it, then what WorkOS says; the code is spent last, and no cookie is
 * set before the token in it is verified. */
#include <inttypes.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "web/note.h"
#include "web/query.h"
#include "web/refused.h"
#include "web/web.h"

enum { MAX_CODE = 4096, MAX_DESCRIPTION = 4096, MAX_ID = 255 };

typedef struct callback {
    lk__buf state;
    lk__buf code;
    lk__buf error;
    lk__buf description;
    lk__buf connection_id;
    lk__buf organization_id;
} callback;

static void callback_clear(callback *back)
{
    lk__buf_clear(&back->state);
    lk__buf_clear(&back->code);
    lk__buf_clear(&back->error);
    lk__buf_clear(&back->description);
    lk__buf_clear(&back->connection_id);
    lk__buf_clear(&back->organization_id);
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
        /* WorkOS sends them where sign-in from the identity provider's side is off, and does not
         * document their names. */
        { "connection_id", &back->connection_id, MAX_ID },
        { "organization_id", &back->organization_id, MAX_ID },
    };

    for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
        bool found = false;
        parameters[i].out->limit = parameters[i].limit;
        LK_TRY(lk__query_get(query, parameters[i].name, parameters[i].out, &found, err));
    }
    return LK_OK;
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
        lk__state_open(lk__keyring_now(web->keyring), seal, lk__now_ms(web->client), state, &cause);
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
    return lk__refused_page(web, request, state_pages[verdict], reply, err);
}

/* ---- Spending the code ---- */

/* WorkOS: "max_age" asks for it, and "auth_time" tells where the environment has it. The person
 * may take their time after it, so it is held against when the sign-in began. */
static lk_status check_recent(const lk_web *web, const lk__state *state, const lk_session *session,
                              lk_error *err)
{
    int64_t max_age_s = state->max_age_s < 0 ? 0 : state->max_age_s;
    int64_t slack_ms = (int64_t)(web->client->leeway_s + 1) * 1000; /* it is in whole seconds */
    int64_t age_ms = state->issued_at_ms - session->authenticated_at_ms;

    if (state->max_age_s == 0 || session->authenticated_at_ms == 0 ||
        age_ms <= max_age_s * 1000 + slack_ms)
        return LK_OK;
    return lk__fail(err, LK_ERR_STATE, "signed in %" PRId64 " s before, %" PRId64 " s were allowed",
                    age_ms / 1000, max_age_s);
}

static lk_status exchange_authkit(lk_web *web, const char *code, const lk__state *state,
                                  char **sealed, lk_authentication_challenge **challenge,
                                  lk_error *err)
{
    lk_auto(lk_authentication) authentication = NULL;
    lk_auto(lk_session) session = NULL;
    LK_CLEANUP(lk__free_secretp) char *fresh = NULL;
    const char *verifier = state->code_verifier[0] == '\0' ? NULL : state->code_verifier;

    LK_TRY(lk_authkit_authenticate_with_code(
        web->client, LK_AUTHENTICATION_OPTIONS(.code = code, .code_verifier = verifier),
        &authentication, challenge, err));
    LK_TRY(lk_session_seal(web->client, lk__web_password(web), authentication, &fresh, err));
    LK_TRY(lk__session_open_fetching(web->client, lk__keyring_now(web->keyring), fresh, &session,
                                     err));
    LK_TRY(check_recent(web, state, session, err));
    *sealed = lk__steal(fresh);
    return LK_OK;
}

static lk_status exchange_sso(lk_web *web, const char *code, const lk__state *state, char **sealed,
                              lk_error *err)
{
    lk_auto(lk_profile_and_token) answer = NULL;

    LK_TRY(lk_sso_get_profile_and_token(
        web->client, code, state->code_verifier[0] == '\0' ? NULL : state->code_verifier, &answer,
        err));
    /* WorkOS: an e-mail domain is no proof of membership; the profile's organization is. */
    if (state->organization_id != NULL &&
        !lk__text_equal(state->organization_id, answer->profile->organization_id))
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "the profile belongs to another organization than the one asked for");
    if (state->connection != NULL &&
        !lk__text_equal(state->connection, answer->profile->connection_id))
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "the profile comes from another connection than the one asked for");
    return lk__session_seal_profile(web->client, lk__web_password(web), answer->profile,
                                    lk__now_ms(web->client) + (int64_t)web->sso_session_s * 1000,
                                    sealed, err);
}

static lk_status finish(lk_web *web, const lk_web_request *request, const char *code,
                        const lk__state *state, lk__reply *reply, lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *sealed = NULL;
    lk_auto(lk_authentication_challenge) challenge = NULL;
    lk_error cause = LK_ERROR_INIT;

    lk_status status = state->is_sso
                           ? exchange_sso(web, code, state, &sealed, &cause)
                           : exchange_authkit(web, code, state, &sealed, &challenge, &cause);
    if (status != LK_OK)
        return lk__refused_exchange(web, request, state, &cause, challenge, reply, err);
    LK_TRY(lk__web_set_session(web, request, reply, sealed, err));
    if (reply->public.status != 0)
        return LK_OK;
    /* Where the store fails it stays there until its end: no reason to refuse the new one. */
    if (lk__web_remove_records(web, request, &cause) != LK_OK)
        lk__note(web->client, "cannot end the session from before a sign-in", &cause);
    LK_TRY(lk__web_purge_states(web, request, 0, reply, err));
    LK_TRY(lk__web_count_round(web, request, reply, err));
    return lk__reply_redirect(reply, 302, state->return_to ? state->return_to : web->home_path,
                              err);
}

/* ---- Callbacks that nobody asked for ---- */

static lk_status copy(const char *text, char **out, lk_error *err)
{
    if (text == NULL)
        return LK_OK;
    *out = strdup(text);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

/* No state, so nothing tells that this browser's owner began it: whoever has a code of their own
 * could sign others in as themself. Only for sites that want it so, and for page loads; what the
 * site demands of profiles is demanded here, too. */
static lk_status finish_unasked(lk_web *web, const lk_web_request *request, const callback *back,
                                lk__reply *reply, lk_error *err)
{
    lk__auto_state state = { .is_sso = web->mode == LK_WEB_SSO };

    LK_TRY(copy(web->connection, &state.connection, err));
    LK_TRY(copy(web->organization_id, &state.organization_id, err));
    return finish(web, request, back->code.data, &state, reply, err);
}

/* WorkOS: "idp_initiated_sso_disabled" comes when somebody followed the tile of this site at their
 * identity provider. One click makes a sign-in of ours of it. */
static lk_status offer_to_begin(const lk_web *web, const lk_web_request *request,
                                const callback *back, lk__reply *reply, lk_error *err)
{
    bool has_connection = back->connection_id.len > 0;
    const lk__buf *value = has_connection ? &back->connection_id : &back->organization_id;
    const char *name = value->len == 0 ? NULL : has_connection ? "connection" : "organization_id";
    lk__auto_buf link = LK__BUF(SIZE_MAX);

    LK_TRY(lk__login_link(web, NULL, name, value->data, &link, err));
    return lk__refused_page(
        web, request,
        (lk__page){ .status = 403,
                    .mood = LK__PAGE_QUESTION,
                    .word = "idp_initiated_sso_disabled",
                    .title = "Sign in from here",
                    .message = "A sign-in that begins at your identity provider is not accepted. "
                               "It takes one click to begin it here.",
                    .link = link.data,
                    .link_text = "Sign in" },
        reply, err);
}

static lk_status answer_unasked(lk_web *web, const lk_web_request *request, const callback *back,
                                lk__reply *reply, lk_error *err)
{
    bool is_page_load = strcmp(request->method, "GET") == 0 && lk__request_navigates(request);

    if (lk__web_is_signed_in(web, request))
        return lk__reply_redirect(reply, 302, web->home_path, err);
    if (lk__text_equal(back->error.data, "idp_initiated_sso_disabled"))
        return offer_to_begin(web, request, back, reply, err);
    if (web->allows_idp_initiated && is_page_load && back->error.len == 0 && back->code.len > 0)
        return finish_unasked(web, request, back, reply, err);
    return refuse_state(web, request, STATE_MISSING, reply, err);
}

/* ---- All of it ---- */

static lk_status answer_asked(lk_web *web, const lk_web_request *request, callback *back,
                              const lk__state *state, lk__reply *reply, lk_error *err)
{
    if (back->error.len > 0)
        return lk__refused_by_callback(web, request, back->error.data, back->description.data,
                                       reply, err);
    if (back->code.len > 0)
        return finish(web, request, back->code.data, state, reply, err);
    return lk__refused_page(web, request,
                            (lk__page){ .status = 400,
                                        .word = "missing_code",
                                        .title = "This sign-in address is incomplete",
                                        .message = "WorkOS sent the browser back without a code. "
                                                   "Start again from here." },
                            reply, err);
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
        return lk__refused_page(web, request,
                                (lk__page){ .status = 400,
                                            .word = "invalid_request",
                                            .title = "This sign-in address is broken",
                                            .message = "It holds something that cannot be used. "
                                                       "Start again from here.",
                                            .detail = cause.message },
                                reply, err);
    if (status != LK_OK)
        return lk__fail(err, status, "%s", cause.message);

    LK_TRY(judge_state(web, request, back.state.data, &state, &verdict, err));
    if (verdict == STATE_MISSING)
        return answer_unasked(web, request, &back, reply, err);
    if (verdict != STATE_FORGED)
        LK_TRY(clear_state(web, back.state.data, reply, err)); /* single use */
    if (verdict != STATE_GOOD)
        return refuse_state(web, request, verdict, reply, err);
    return answer_asked(web, request, &back, &state, reply, err);
}
