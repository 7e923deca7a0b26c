/* The grants without a browser from the command line, for the tests in Node beside this file:
 *
 *     grants VERB ARGUMENT…        (WORKOS_API_BASE_URL, WORKOS_CLIENT_ID, WORKOS_API_KEY)
 *
 * Prints what came as lines "name value" and ends with 0; what was refused likewise, with 3. */
#include <latchkey.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef lk_status grant(lk_client *client, const lk_authentication_options *options,
                        lk_authentication **out, lk_authentication_challenge **challenge,
                        lk_error *err);

/* The members that the arguments fill, in their order; 0 ends them. */
#define MEMBER(name) offsetof(lk_authentication_options, name)

static const struct {
    const char *verb;
    grant *call;
    size_t members[4];
} grants[] = {
    { "code", lk_authkit_authenticate_with_code, { MEMBER(code), MEMBER(code_verifier) } },
    { "refresh",
      lk_authkit_authenticate_with_refresh_token,
      { MEMBER(refresh_token), MEMBER(organization_id) } },
    { "password", lk_authkit_authenticate_with_password, { MEMBER(email), MEMBER(password) } },
    { "magic-auth", lk_authkit_authenticate_with_magic_auth, { MEMBER(email), MEMBER(code) } },
    { "email-verification",
      lk_authkit_authenticate_with_email_verification,
      { MEMBER(code), MEMBER(pending_authentication_token) } },
    { "totp",
      lk_authkit_authenticate_with_totp,
      { MEMBER(code), MEMBER(pending_authentication_token), MEMBER(authentication_challenge_id) } },
    { "organization",
      lk_authkit_authenticate_with_organization_selection,
      { MEMBER(pending_authentication_token), MEMBER(organization_id) } },
    { "device-code", lk_authkit_authenticate_with_device_code, { MEMBER(device_code) } },
};

static void show(const char *name, const char *value)
{
    if (value != NULL)
        printf("%s %s\n", name, value);
}

static int refuse(const lk_error *err)
{
    show("error", lk_status_name(err->status));
    show("message", err->message);
    show("reason", err->reason[0] != '\0' ? err->reason : NULL);
    printf("http_status %d\n", err->http_status);
    return 3;
}

static void show_challenge(const lk_authentication_challenge *challenge)
{
    show("code", challenge->code);
    show("pending_authentication_token", challenge->pending_authentication_token);
    show("email_verification_id", challenge->email_verification_id);
    for (size_t i = 0; i < challenge->n_factors; i++)
        show("factor", challenge->factors[i]->id);
    for (size_t i = 0; i < challenge->n_organizations; i++)
        show("organization", challenge->organizations[i]->id);
    for (size_t i = 0; i < challenge->n_connection_ids; i++)
        show("connection", challenge->connection_ids[i]);
}

/* Only a token that verifies counts as a sign-in. */
static int show_authentication(lk_client *client, const lk_authentication *answer)
{
    lk_auto(lk_session) session = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_client_refresh_keys(client, &err) != LK_OK ||
        lk_session_from_token(client, answer->access_token, &session, &err) != LK_OK)
        return refuse(&err);
    show("user", answer->user->id);
    show("email", answer->user->email);
    show("email_verified", answer->user->email_verified ? "true" : "false");
    show("organization", session->organization_id);
    show("role", session->role);
    show("session", session->session_id);
    show("method", answer->authentication_method);
    show("refresh_token", answer->refresh_token);
    if (answer->impersonator != NULL)
        show("impersonator", answer->impersonator->email);
    return 0;
}

static int run_grant(lk_client *client, size_t which, char **arguments)
{
    lk_authentication_options options = { .size = sizeof(options) };
    lk_auto(lk_authentication) answer = NULL;
    lk_auto(lk_authentication_challenge) challenge = NULL;
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; grants[which].members[i] != 0 && arguments[i] != NULL; i++)
        *(const char **)(void *)((char *)&options + grants[which].members[i]) = arguments[i];
    if (grants[which].call(client, &options, &answer, &challenge, &err) == LK_OK)
        return show_authentication(client, answer);
    if (challenge != NULL)
        show_challenge(challenge);
    return refuse(&err);
}

/* ---- What belongs to grants ---- */

static int create_magic_auth(lk_client *client, const char *email)
{
    lk_auto(lk_magic_auth) made = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_authkit_create_magic_auth(client, email, NULL, &made, &err) != LK_OK)
        return refuse(&err);
    show("code", made->code);
    return 0;
}

static int challenge_factor(lk_client *client, const char *factor_id)
{
    lk_auto(lk_factor_challenge) challenge = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_authkit_challenge_factor(client, factor_id, &challenge, &err) != LK_OK)
        return refuse(&err);
    show("challenge", challenge->id);
    return 0;
}

static int revoke(lk_client *client, const char *session_id)
{
    lk_error err = LK_ERROR_INIT;

    return lk_authkit_revoke_session(client, session_id, &err) == LK_OK ? 0 : refuse(&err);
}

static int validate_key(lk_client *client, const char *value)
{
    lk_auto(lk_api_key) key = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_api_key_validate(client, value, &key, &err) != LK_OK)
        return refuse(&err);
    show("name", key->name);
    show("organization", key->organization_id);
    return 0;
}

static int end_sso(lk_client *client, const char *profile_id)
{
    char *url = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_sso_logout_url(client, profile_id, &url, &err) != LK_OK)
        return refuse(&err);
    show("url", url);
    lk_free_secret(url);
    return 0;
}

static int start_device(lk_client *client, const char *unused)
{
    lk_auto(lk_device_authorization) device = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)unused;
    if (lk_device_start(client, &device, &err) != LK_OK)
        return refuse(&err);
    show("user_code", device->user_code);
    return 0;
}

static const struct {
    const char *verb;
    int (*call)(lk_client *client, const char *argument);
} helpers[] = {
    { "create-magic-auth", create_magic_auth },
    { "challenge-factor", challenge_factor },
    { "revoke", revoke },
    { "validate-key", validate_key },
    { "end-sso", end_sso },
    { "start-device", start_device },
};

int main(int argc, char **argv)
{
    lk_auto(lk_client) client = NULL;
    lk_error err = LK_ERROR_INIT;

    if (argc < 2 || lk_client_new(LK_CLIENT_OPTIONS(.client_id = getenv("WORKOS_CLIENT_ID"),
                                                    .api_key = getenv("WORKOS_API_KEY"),
                                                    .base_url = getenv("WORKOS_API_BASE_URL")),
                                  &client, &err) != LK_OK) {
        fprintf(stderr, "grants: %s\n", argc < 2 ? "which one?" : err.message);
        return 2;
    }
    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++)
        if (strcmp(grants[i].verb, argv[1]) == 0)
            return run_grant(client, i, argv + 2);
    for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
        if (strcmp(helpers[i].verb, argv[1]) == 0)
            return helpers[i].call(client, argv[2]);
    fprintf(stderr, "grants: no verb %s\n", argv[1]);
    return 2;
}
