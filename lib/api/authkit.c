/* AuthKit: addresses to send the browser to, and the end of a session. The grants behind them:
 * grants.c. */
#include "api/authkit.h"

#include <stdio.h>
#include <string.h>

#include "api/authorize.h"
#include "api/call.h"
#include "api/options.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "crypto/pkce.h"

#define MAX_BODY   65536
#define MAX_ANSWER 65536

lk_status lk_pkce_new(const lk_client *client, lk_pkce *out, lk_error *err)
{
    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    return lk__pkce_make(&client->random, out, err);
}

/* RFC 7636, 4.2: BASE64URL-ENCODE(SHA256(…)) has 43 characters. */
lk_status lk__check_challenge(const char *challenge, lk_error *err)
{
    LK_TRY(lk__require_text("code_challenge", challenge, err));
    for (const char *c = challenge; *c != '\0'; c++) {
        if ((*c < 'a' || *c > 'z') && (*c < 'A' || *c > 'Z') && (*c < '0' || *c > '9') &&
            *c != '-' && *c != '_')
            return lk__fail(err, LK_ERR_INVALID, "code_challenge is no base64url text");
    }
    if (strlen(challenge) != LK__TOKEN_SIZE - 1)
        return lk__fail(err, LK_ERR_INVALID, "code_challenge has %zu characters instead of %d",
                        strlen(challenge), LK__TOKEN_SIZE - 1);
    return LK_OK;
}

static lk_status check_authorization(const lk_authkit_authorization_options *options,
                                     const char *provider, lk_error *err)
{
    const char *hint = options->screen_hint;

    LK_TRY(lk__require_text("redirect_uri", options->redirect_uri, err));
    LK_TRY(lk__require_text("state", options->state, err));
    LK_TRY(lk__check_challenge(options->code_challenge, err));
    if (hint != NULL && strcmp(hint, "sign-in") != 0 && strcmp(hint, "sign-up") != 0)
        return lk__fail(err, LK_ERR_INVALID, "screen_hint must be \"sign-in\" or \"sign-up\"");
    if (hint != NULL && !lk__text_equal(provider, "authkit"))
        return lk__fail(err, LK_ERR_INVALID, "screen_hint goes with provider \"authkit\" alone");
    if (options->max_age_s < -1)
        return lk__fail(err, LK_ERR_INVALID, "max_age_s is %d; -1 and more are possible",
                        options->max_age_s);
    return LK_OK;
}

lk_status lk_authkit_authorization_url(const lk_client *client,
                                       const lk_authkit_authorization_options *given, char **out,
                                       lk_error *err)
{
    static const char *const path[] = { "user_management", "authorize", NULL };
    lk_authkit_authorization_options options;
    const char *provider;
    char max_age[16] = "0";

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__options_read(given, &options, sizeof(options), "lk_authkit_authorization_options",
                            err));
    provider = options.provider;
    if (provider == NULL && options.connection_id == NULL && options.organization_id == NULL)
        provider = "authkit";
    LK_TRY(check_authorization(&options, provider, err));
    if (options.max_age_s > 0)
        snprintf(max_age, sizeof(max_age), "%d", options.max_age_s);

    const lk__pair query[] = {
        { "response_type", "code" },
        { "client_id", client->client_id },
        { "redirect_uri", options.redirect_uri },
        { "provider", provider },
        { "connection_id", options.connection_id },
        { "organization_id", options.organization_id },
        { "state", options.state },
        { "code_challenge", options.code_challenge },
        { "code_challenge_method", "S256" },
        { "login_hint", options.login_hint },
        { "domain_hint", options.domain_hint },
        { "screen_hint", options.screen_hint },
        { "invitation_token", options.invitation_token },
        { "prompt", options.prompt },
        { "max_age", options.max_age_s == 0 ? NULL : max_age },
        { "claim_nonce", options.claim_nonce },
    };
    const lk__provider_wishes wishes = { options.provider_scopes, options.n_provider_scopes,
                                         options.provider_query_params,
                                         options.n_provider_query_params };
    return lk__authorization_url(client, path, query, sizeof(query) / sizeof(query[0]), &wishes,
                                 out, err);
}

lk_status lk_authkit_logout_url(const lk_client *client, const char *session_id,
                                const char *return_to, char **out, lk_error *err)
{
    static const char *const path[] = { "user_management", "sessions", "logout", NULL };
    const lk__pair query[] = { { "session_id", session_id }, { "return_to", return_to } };

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("session_id", session_id, err));
    return lk__call_url(client, path, query, 2, out, err);
}

lk_status lk_authkit_revoke_session(lk_client *client, const char *session_id, lk_error *err)
{
    static const char *const path[] = { "user_management", "sessions", "revoke", NULL };
    const lk__pair pairs[] = { { "session_id", session_id } };
    lk__auto_buf body = LK__BUF(MAX_BODY);
    lk__auto_buf answer = LK__BUF(MAX_ANSWER);

    lk__error_clear(err);
    if (client == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client must not be NULL");
    LK_TRY(lk__require_text("session_id", session_id, err));
    LK_TRY(lk__call_write_json(pairs, 1, &body, err));

    /* WorkOS documents no body for the answer. */
    const lk__call call = { .method = "POST",
                            .path = path,
                            .body = body.data,
                            .max_body = MAX_ANSWER,
                            .body_optional = true };
    return lk__call_send(client, &call, &answer, err);
}
