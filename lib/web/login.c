/* GET login: off to WorkOS, with a state that only this browser can finish. */
#include <string.h>
#include <strings.h>

#include "api/client.h"
#include "base/text.h"
#include "web/query.h"
#include "web/return-to.h"
#include "web/web.h"

enum {
    MAX_PARAMETER = 255,
    MAX_TOKEN = 1024,
    MAX_AGE_S = 365 * 24 * 60 * 60 /* a sign-in that is older is no recent one */
};

enum {
    RETURN_TO,
    ORGANIZATION_ID,
    LOGIN_HINT,
    DOMAIN_HINT,
    SCREEN_HINT,
    PROVIDER,
    CONNECTION,
    PROMPT,
    MAX_AGE,
    INVITATION_TOKEN,
    N_PARAMETERS
};

static const struct {
    const char *name;
    size_t limit;
    bool authkit_only; /* and dangerous to ignore: something else would happen than was asked */
} parameters[N_PARAMETERS] = {
    [RETURN_TO] = { "return_to", 4 * LK__MAX_RETURN_TO, false },
    [ORGANIZATION_ID] = { "organization_id", MAX_PARAMETER, false },
    [LOGIN_HINT] = { "login_hint", MAX_PARAMETER, false },
    [DOMAIN_HINT] = { "domain_hint", MAX_PARAMETER, false },
    [SCREEN_HINT] = { "screen_hint", MAX_PARAMETER, false },
    [PROVIDER] = { "provider", MAX_PARAMETER, false },
    [CONNECTION] = { "connection", MAX_PARAMETER, false },
    [PROMPT] = { "prompt", MAX_PARAMETER, true },
    [MAX_AGE] = { "max_age", MAX_PARAMETER, true },
    [INVITATION_TOKEN] = { "invitation_token", MAX_TOKEN, true },
};

typedef struct login_query {
    lk__buf values[N_PARAMETERS]; /* empty: not asked */
    int max_age_s;                /* 0: not asked; -1: 0 */
} login_query;

static void login_query_clear(login_query *query)
{
    for (size_t i = 0; i < N_PARAMETERS; i++)
        lk__buf_clear(&query->values[i]);
}

/* NULL: not asked. */
static const char *asked(const login_query *query, size_t i)
{
    return query->values[i].data;
}

static lk_status read_max_age(login_query *query, lk_error *err)
{
    const char *text = asked(query, MAX_AGE);
    int64_t seconds = 0;

    if (text == NULL)
        return LK_OK;
    if (!lk__parse_int64(text, 0, MAX_AGE_S, &seconds))
        return lk__fail(err, LK_ERR_INVALID, "\"max_age\" must be 0 to %d seconds", MAX_AGE_S);
    query->max_age_s = seconds == 0 ? -1 : (int)seconds;
    return LK_OK;
}

static lk_status read_query(const lk_web *web, const char *text, login_query *query, lk_error *err)
{
    for (size_t i = 0; i < N_PARAMETERS; i++) {
        bool found = false;
        query->values[i] = (lk__buf){ .limit = parameters[i].limit, .secret = true };
        LK_TRY(lk__query_get(text, parameters[i].name, &query->values[i], &found, err));
        if (found && parameters[i].authkit_only && web->mode == LK_WEB_SSO)
            return lk__fail(err, LK_ERR_INVALID, "\"%s\" does not go with single sign-on",
                            parameters[i].name);
    }
    return read_max_age(query, err);
}

/* Back to a page of this flow after sign-in would only begin another round. */
static bool is_own_path(const lk_web *web, const char *return_to)
{
    const char *const paths[] = { web->login_path, web->callback_path, web->logout_path };
    size_t len = strcspn(return_to, "?#");

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        if (strlen(paths[i]) == len && memcmp(paths[i], return_to, len) == 0)
            return true;
    return false;
}

static lk_status copy(const char *text, char **out, lk_error *err)
{
    if (text == NULL)
        return LK_OK;
    *out = strdup(text);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

/* What the profile will be checked against. */
static lk_status remember_selector(const lk_web *web, const login_query *query, lk__state *state,
                                   lk_error *err)
{
    bool names_one = asked(query, CONNECTION) != NULL || asked(query, ORGANIZATION_ID) != NULL ||
                     asked(query, PROVIDER) != NULL;

    if (!state->is_sso)
        return LK_OK;
    LK_TRY(copy(names_one ? asked(query, CONNECTION) : web->connection, &state->connection, err));
    return copy(names_one ? asked(query, ORGANIZATION_ID) : web->organization_id,
                &state->organization_id, err);
}

static lk_status prepare_state(const lk_web *web, const login_query *query, lk__state *state,
                               lk_error *err)
{
    lk__auto_buf return_to = LK__BUF(4 * LK__MAX_RETURN_TO);

    state->is_sso = web->mode == LK_WEB_SSO;
    state->max_age_s = query->max_age_s;
    LK_TRY(lk__random_token(&web->client->random, state->code_verifier, err));
    LK_TRY(lk__return_to(asked(query, RETURN_TO), web->home_path, &return_to, err));
    if (!is_own_path(web, return_to.data))
        LK_TRY(copy(return_to.data, &state->return_to, err));
    return remember_selector(web, query, state, err);
}

static lk_status authkit_url(const lk_web *web, const login_query *query, const char *state,
                             const char *challenge, char **out, lk_error *err)
{
    const char *provider = asked(query, PROVIDER);
    const char *organization_id = asked(query, ORGANIZATION_ID);

    /* With the hosted sign-in an organization only pre-selects; alone it would go straight to that
     * organization's identity provider. */
    if (provider == NULL && asked(query, CONNECTION) == NULL)
        provider = web->provider ? web->provider : "authkit";
    return lk_authkit_authorization_url(
        web->client,
        LK_AUTHKIT_AUTHORIZATION_OPTIONS(
                .redirect_uri = web->redirect_uri, .state = state, .code_challenge = challenge,
                .provider = provider, .connection_id = asked(query, CONNECTION),
                .organization_id = organization_id ? organization_id : web->organization_id,
                .login_hint = asked(query, LOGIN_HINT), .domain_hint = asked(query, DOMAIN_HINT),
                .screen_hint = asked(query, SCREEN_HINT), .prompt = asked(query, PROMPT),
                .max_age_s = query->max_age_s, .invitation_token = asked(query, INVITATION_TOKEN)),
        out, err);
}

static lk_status sso_url(const lk_web *web, const login_query *query, const lk__state *state,
                         const char *seal, const char *challenge, char **out, lk_error *err)
{
    const char *provider = asked(query, PROVIDER);

    if (provider == NULL && state->connection == NULL && state->organization_id == NULL)
        provider = web->provider;
    return lk_sso_authorization_url(
        web->client,
        LK_SSO_AUTHORIZATION_OPTIONS(.redirect_uri = web->redirect_uri, .state = seal,
                                     .code_challenge = challenge, .connection = state->connection,
                                     .organization = state->organization_id, .provider = provider,
                                     .login_hint = asked(query, LOGIN_HINT),
                                     .domain_hint = asked(query, DOMAIN_HINT)),
        out, err);
}

static lk_status refuse_query(lk__reply *reply, const lk_web_request *request,
                              const lk_error *cause, lk_error *err)
{
    return lk__reply_page(reply, request,
                          &(lk__page){ .status = 400,
                                       .word = "invalid_request",
                                       .title = "This sign-in link is broken",
                                       .message = "The address that led here holds something that "
                                                  "cannot be used. Go back and try again.",
                                       .detail = cause->message },
                          err);
}

static lk_status seal_state(lk_web *web, const lk_web_request *request, lk__state *state,
                            lk__buf *seal, lk__reply *reply, lk_error *err)
{
    char name[LK__STATE_NAME_SIZE];

    LK_TRY(lk__state_seal(&web->client->random, lk__web_password(web), state, web->redirect_uri,
                          lk__now_ms(web->client), seal, err));
    LK_TRY(lk__web_purge_states(web, request, LK__MAX_PENDING - 1, reply, err));
    lk__state_cookie_name(seal->data, name);
    return lk__reply_cookie(reply, &web->state_rules, name, seal->data, LK__STATE_TTL_S, err);
}

/* "prefetch" or "prefetch;prerender". */
static bool is_prefetch(const lk_web_request *request)
{
    const char *purpose = lk__request_header(request, "Sec-Purpose");

    if (purpose == NULL)
        purpose = lk__request_header(request, "Purpose");
    return purpose != NULL && strncasecmp(purpose, "prefetch", strlen("prefetch")) == 0;
}

/* A script that follows a redirect here cannot show the sign-in page, and a link that is fetched
 * ahead may never be followed: each would leave a state behind, and of those a browser keeps five.
 */
static bool begins_sign_in(const lk_web_request *request)
{
    const char *mode = lk__request_header(request, "Sec-Fetch-Mode");
    const char *destination = lk__request_header(request, "Sec-Fetch-Dest");

    if (is_prefetch(request))
        return false;
    return mode == NULL || strcmp(mode, "navigate") == 0 || !lk__text_equal(destination, "empty");
}

lk_status lk__web_login(lk_web *web, const lk_web_request *request, lk__reply *reply, lk_error *err)
{
    LK_CLEANUP(login_query_clear) login_query query = { .max_age_s = 0 };
    lk__auto_state state = { .return_to = NULL };
    lk__auto_buf seal = LK__SECRET_BUF(LK__MAX_STATE);
    LK_CLEANUP(lk__freep) char *url = NULL;
    char challenge[LK__TOKEN_SIZE];
    lk_error cause = LK_ERROR_INIT;

    LK_TRY(lk__reply_no_store(reply, err));
    if (!begins_sign_in(request)) {
        /* RFC 9110, 15.5.2: a 401 "MUST send a WWW-Authenticate header field". */
        LK_TRY(lk__reply_header(reply, "WWW-Authenticate", "Bearer", err));
        return lk__reply_json_error(reply, 401, "not_signed_in",
                                    "sign-in begins with a page load: lead the browser here", err);
    }
    LK_TRY(lk__web_stop_circle(web, request, reply, err));
    if (reply->public.status != 0)
        return LK_OK;
    lk_status status = read_query(web, request->query, &query, &cause);
    if (status == LK_ERR_INVALID)
        return refuse_query(reply, request, &cause, err);
    if (status != LK_OK)
        return lk__fail(err, status, "%s", cause.message);
    LK_TRY(prepare_state(web, &query, &state, err));
    LK_TRY(lk__pkce_challenge(state.code_verifier, challenge, err));
    LK_TRY(seal_state(web, request, &state, &seal, reply, err));

    status = state.is_sso ? sso_url(web, &query, &state, seal.data, challenge, &url, &cause)
                          : authkit_url(web, &query, seal.data, challenge, &url, &cause);
    if (status == LK_ERR_INVALID)
        return refuse_query(reply, request, &cause, err);
    if (status != LK_OK)
        return lk__fail(err, status, "%s", cause.message);
    return lk__reply_redirect(reply, 302, url, err);
}
