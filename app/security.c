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

static const struct promise {
    const char *text;
    const char *variable;               /* NULL: nothing relaxes it */
    bool (*relaxes)(const char *value); /* of the variable; NULL: it is not set */
} promises[] = {
    { .text = "each sign-in has PKCE (S256) and a state bound to its browser" },
    { .text = "tokens are verified on each request: RS256, a known key, issuer, subject, time" },
    { .text = "a renewed token is verified before it is used" },
    { .text = "a session is renewed once among servers on one store" },
    { .text = "a renewal signs out on WorkOS' final word alone" },
    { .text = "a session revoked at WorkOS is refused at the next poll" },
    { .text = "redirects of WorkOS' API are not followed: no secret goes elsewhere" },
    { .text = "no secret is a command line's argument, and none is logged" },
    { .text = "WorkOS is reached over verified TLS",
      .variable = "WORKOS_API_BASE_URL",
      .relaxes = is_plain_http },
    { .text = "TLS trusts the system's authorities alone",
      .variable = "SSL_CERT_FILE",
      .relaxes = is_set },
    { .text = "issuers are those WorkOS is known to use",
      .variable = "WORKOS_ISSUER",
      .relaxes = is_set },
    { .text = "session cookies go over https alone (Secure)",
      .variable = "WORKOS_REDIRECT_URI",
      .relaxes = is_not_https },
    { .text = "session cookies do not come along from other sites (SameSite)",
      .variable = "WORKOS_COOKIE_SAMESITE",
      .relaxes = is_none },
    { .text = "session cookies are for one host alone",
      .variable = "WORKOS_COOKIE_DOMAIN",
      .relaxes = is_set },
    { .text = "one cookie password opens sessions",
      .variable = "WORKOS_COOKIE_PASSWORD_PREVIOUS",
      .relaxes = is_set },
    { .text = "the API key is in a file, not in the environment",
      .variable = "WORKOS_API_KEY",
      .relaxes = is_set },
    { .text = "the server listens on this machine alone",
      .variable = "LATCHKEY_LISTEN",
      .relaxes = is_elsewhere },
};

bool security_promise_at(unsigned n, security_promise *out)
{
    if (n >= N_ITEMS(promises))
        return false;
    const struct promise *promise = &promises[n];
    const char *value = promise->variable != NULL ? getenv(promise->variable) : NULL;
    if (value != NULL && *value == '\0')
        value = NULL;
    bool is_relaxed = promise->variable != NULL && promise->relaxes(value);
    *out = (security_promise){
        .promise = promise->text,
        .relaxed_by = is_relaxed ? promise->variable : NULL,
    };
    return true;
}
