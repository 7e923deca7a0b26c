/* A web server's side of the sign-in flow without a server: requests as structs, a cookie jar, and
 * WorkOS on the fake wire. */
#ifndef LK_TESTS_WEB_KIT_H
#define LK_TESTS_WEB_KIT_H

#include "test-client.h"

#include <latchkey/web.h>

#define KIT_PASSWORD "a-password-of-the-tests-0123456789"
#define KIT_JWKS                                                      \
    {                                                                 \
        "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" \
    }

typedef struct web_kit {
    test_client client;
    lk_web *web;
    char jar[65536]; /* what the browser would send as Cookie */
} web_kit;

/* https://app.example/callback, AuthKit; change is called on the options before, or NULL. */
void web_kit_open(web_kit *kit, fake_wire *wire, void (*change)(lk_web_options *options));
/* Also checks that the wire's script was played. */
void web_kit_close(web_kit *kit, fake_wire *wire);

/* Sends a request with the jar and up to four more headers, "Name: value", NULL at the end; takes
 * what the reply sets into the jar. Fails the test on an error. Free with lk_web_reply_free(). */
lk_web_reply *web_kit_send(web_kit *kit, const char *method, const char *path, const char *query,
                           const char *const *headers);
/* The same for an outcome of any kind. */
lk_status web_kit_try(web_kit *kit, const char *method, const char *path, const char *query,
                      const char *const *headers, lk_web_reply **out, lk_error *err);
/* A browser that loads a page. */
lk_web_reply *web_kit_get(web_kit *kit, const char *path, const char *query);

/* The first header of this name, or NULL. */
const char *web_kit_header(const lk_web_reply *reply, const char *name);
/* The Set-Cookie whose name begins so, or NULL. */
const char *web_kit_set_cookie(const lk_web_reply *reply, const char *prefix);
size_t web_kit_count_cookies(const lk_web_reply *reply, const char *prefix, bool deleting);
/* The value in the jar, into a static buffer; NULL when it is not there. */
const char *web_kit_jar_value(const web_kit *kit, const char *name);

/* Begins a sign-in: GET /login?query. *state receives the OAuth state, decoded. */
void web_kit_begin(web_kit *kit, const char *query, char state[8192]);

/* What WorkOS answers to a grant: user_01 with this refresh token and a token issued at now_ms,
 * good for 300 s. Free with free(). */
char *web_kit_grant(int64_t now_ms, const char *refresh_token);
char *web_kit_grant_of(const char *user_id, const char *access_token, const char *refresh_token);
/* Puts a sealed session of user_01, issued at now_ms, into the jar. */
void web_kit_sign_in(web_kit *kit, int64_t now_ms, const char *refresh_token);

#endif
