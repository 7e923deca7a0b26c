/* What holds, and what a setting has relaxed; see security.h. */
#include "security.h"

#include "fail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_plain_http(const char *value)
{
    return value != NULL && strncasecmp(value, "http://", 7) == 0;
}

/* Unset it is http://localhost:PORT/callback. */
static bool is_not_https(const char *value)
{
    return value == NULL || strncasecmp(value, "https://", 8) != 0;
}

static bool is_none(const char *value)
{
    return value != NULL && strcasecmp(value, "none") == 0;
}

static bool is_elsewhere(const char *value)
{
    return value != NULL && strncmp(value, "127.", 4) != 0 && strncmp(value, "[::1]", 5) != 0 &&
           strncasecmp(value, "localhost", 9) != 0 && strspn(value, "0123456789") != strlen(value);
}

static bool is_set(const char *value)
{
    return value != NULL;
}

static bool is_off(const char *value)
{
    return value != NULL && (strcasecmp(value, "false") == 0 || strcasecmp(value, "no") == 0 ||
                             strcmp(value, "0") == 0);
}

static const struct promise {
    const char *text;
    const char *ways;                   /* all that relaxes it; NULL: nothing does */
    const char *variables[2];           /* those of the ways that can be looked at from here */
    bool (*relaxes)(const char *value); /* of a variable; NULL: it is not set */
} promises[] = {
    { .text = "each sign-in has PKCE (S256) and a state bound to its browser" },
    { .text = "no sign-in begins at an identity provider's side", .ways = "--allow-idp-initiated" },
    { .text = "tokens are verified on each request: RS256, a known key, issuer, subject, time" },
    { .text = "a renewed token is verified before it is used" },
    { .text = "a session is renewed once among servers on one store" },
    { .text = "a renewal signs out on WorkOS' final word alone" },
    { .text = "a session revoked at WorkOS is refused at the next poll" },
    { .text = "redirects of WorkOS' API are not followed: no secret goes elsewhere" },
    { .text = "no secret is a command line's argument, and none is logged" },
    { .text = "who is signed in sees their own organization alone", .ways = "--allow" },
    { .text = "forwarded headers count for nothing", .ways = "--trusted-proxy" },
    { .text = "WorkOS is reached over verified TLS",
      .ways = "--base-url, WORKOS_API_BASE_URL",
      .variables = { "WORKOS_API_BASE_URL" },
      .relaxes = is_plain_http },
    { .text = "WorkOS is asked for over https",
      .ways = "WORKOS_API_HTTPS",
      .variables = { "WORKOS_API_HTTPS" },
      .relaxes = is_off },
    { .text = "TLS trusts the system's authorities alone",
      .ways = "SSL_CERT_FILE, CURL_CA_BUNDLE",
      .variables = { "SSL_CERT_FILE", "CURL_CA_BUNDLE" },
      .relaxes = is_set },
    { .text = "issuers are those WorkOS is known to use",
      .ways = "WORKOS_ISSUER",
      .variables = { "WORKOS_ISSUER" },
      .relaxes = is_set },
    { .text = "session cookies go over https alone (Secure)",
      .ways = "--redirect-uri, WORKOS_REDIRECT_URI",
      .variables = { "WORKOS_REDIRECT_URI" },
      .relaxes = is_not_https },
    { .text = "session cookies do not come along from other sites (SameSite)",
      .ways = "WORKOS_COOKIE_SAMESITE, WORKOS_COOKIE_SAME_SITE",
      .variables = { "WORKOS_COOKIE_SAMESITE", "WORKOS_COOKIE_SAME_SITE" },
      .relaxes = is_none },
    { .text = "session cookies are for one host alone",
      .ways = "WORKOS_COOKIE_DOMAIN",
      .variables = { "WORKOS_COOKIE_DOMAIN" },
      .relaxes = is_set },
    { .text = "one cookie password opens sessions",
      .ways = "--cookie-password-previous-file, WORKOS_COOKIE_PASSWORD_PREVIOUS, SIGHUP",
      .variables = { "WORKOS_COOKIE_PASSWORD_PREVIOUS", "WORKOS_COOKIE_PASSWORD_PREVIOUS_FILE" },
      .relaxes = is_set },
    { .text = "the API key is in a file, not in the environment",
      .ways = "WORKOS_API_KEY",
      .variables = { "WORKOS_API_KEY" },
      .relaxes = is_set },
    { .text = "the server listens on this machine alone",
      .ways = "--listen, LATCHKEY_LISTEN",
      .variables = { "LATCHKEY_LISTEN" },
      .relaxes = is_elsewhere },
};

static const char *variable_text(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

bool security_promise_at(unsigned n, security_promise *out)
{
    if (n >= N_ITEMS(promises))
        return false;
    const struct promise *promise = &promises[n];
    *out = (security_promise){ .promise = promise->text, .may_be_relaxed_by = promise->ways };
    for (size_t i = 0; i < N_ITEMS(promise->variables) && out->relaxed_by == NULL; i++) {
        const char *name = promise->variables[i];
        if (name != NULL && promise->relaxes(variable_text(name)))
            out->relaxed_by = name;
    }
    return true;
}
