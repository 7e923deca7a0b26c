/* Sign-in for a web server, any web server: plain request in, plain reply out.
 *
 * Fill an lk_web_request, call lk_web_answer(). When the reply has a status, send it and be done;
 * when the status is 0 the request is yours: carry on with reply->session, and add reply->headers
 * to your answer. One lk_web serves all threads. */
#ifndef LATCHKEY_WEB_H
#define LATCHKEY_WEB_H

#include <latchkey/session.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_web lk_web;

typedef enum lk_web_mode {
    LK_WEB_AUTHKIT = 0, /* AuthKit: sessions with refresh and sign-out at WorkOS */
    LK_WEB_SSO          /* SSO profiles: the session is ours alone, of sso_session_s seconds */
} lk_web_mode;

/* Which sessions have ended although their tokens have not expired. A mirror knows:
 * lk_mirror_is_revoked(). */
typedef struct lk_revocation {
    /* Called for every session that opens, of a cookie, a Bearer token or a renewal; from any
     * thread. true in *out: nobody is signed in, and the cookie is cleared. A failure keeps the
     * session, since a store that is out of reach must not sign everybody out and the token ends
     * by itself within minutes; it is told to the client's log. */
    lk_status (*is_revoked)(void *ctx, const lk_session *session, bool *out, lk_error *err);
    void *ctx;
} lk_revocation;

/* Who renews a session where several servers share their sessions: WorkOS rotates refresh tokens,
 * and a token spent twice may end the session. A mirror has all three: lk_mirror_acquire_lease()
 * and its companions, whose contract this is.
 *
 * name stands for the refresh token and does not tell it; results are sealed. The holder asks
 * WorkOS for at most 10 s at a time, and before each time holds the lease for 20 s more where less
 * than half of that is left; so the token of a holder that died is spent again within the 30 s in
 * which WorkOS repeats its answer. The others look again every 25 to 400 ms for up to 30 s, then
 * answer with LK_ERR_NETWORK. Results are left for 30 s; failures that pass, for a second.
 *
 * Called from any thread, with nothing locked. A failure is told to the client's log, and the
 * session renewed as if there were no other server. */
typedef struct lk_refresh_lease {
    lk_status (*acquire)(void *ctx, const char *name, int64_t now_ms, int64_t ttl_ms,
                         int64_t *fence, char **result, lk_error *err);
    lk_status (*renew)(void *ctx, const char *name, int64_t fence, int64_t now_ms, int64_t ttl_ms,
                       bool *held, lk_error *err);
    lk_status (*finish)(void *ctx, const char *name, int64_t fence, int64_t now_ms, int64_t keep_ms,
                        const char *result, bool *held, lk_error *err);
    void *ctx;
} lk_refresh_lease;

/* Where sessions are kept that do not stand in cookies. A mirror has all four:
 * lk_mirror_get_session() and its companions, whose contract this is. name stands for the handle in
 * the cookie and does not tell it; records are sealed. Called from any thread, with nothing locked.
 *
 * Where get fails nobody is let in and nobody signed out. A session that cannot be written goes
 * into cookies until the store is well again, and the client's log is told. */
typedef struct lk_session_store {
    lk_status (*get)(void *ctx, const char *name, int64_t now_ms, char **record, lk_error *err);
    lk_status (*put)(void *ctx, const char *name, const char *record, int64_t now_ms,
                     int64_t ends_at_ms, lk_error *err);
    lk_status (*replace)(void *ctx, const char *name, const char *old, const char *record,
                         int64_t ends_at_ms, bool *replaced, lk_error *err);
    lk_status (*remove)(void *ctx, const char *name, const char *record, bool *removed,
                        lk_error *err);
    void *ctx;
} lk_session_store;

/* What the cookie of a new session holds. Those of the other kind are read all the same, and change
 * at the next sign-in; so does whatever is in a cookie and belongs into the store at the next
 * renewal. */
typedef enum lk_session_storage {
    LK_SESSIONS_IN_COOKIES = 0, /* the session, sealed, in up to four cookies */
    LK_SESSIONS_IN_STORE,       /* a handle: small, and void once the record is gone */
    LK_SESSIONS_AUTO            /* the session while four cookies hold it, else a handle */
} lk_session_storage;

typedef struct lk_web_options {
    size_t size;                 /* set by LK_WEB_OPTIONS */
    lk_client *client;           /* required; must outlive the object */
    const char *cookie_password; /* required, at least 32 characters */
    const char *redirect_uri;    /* required: absolute; its path is the callback */
    lk_web_mode mode;
    const char *login_path;  /* NULL: "/login" */
    const char *logout_path; /* NULL: "/logout" */
    const char *home_path;   /* NULL: "/"; where sign-in and sign-out end by default */
    const char *cookie_name; /* NULL: "wos-session" */
    const char *cookie_domain;
    const char *cookie_same_site; /* "lax" (NULL), "strict", "none" */
    int64_t cookie_max_age_s;     /* 0: 34 560 000 (400 days) */
    int sso_session_s;            /* 0: 28 800 (8 hours) */
    const char *connection;       /* SSO defaults, when the login request names none */
    const char *organization_id;
    const char *provider;
    /* The cookie_password before this one: opens what it sealed, seals nothing. NULL: none. Drop it
     * once cookies from before the change may end. */
    const char *cookie_password_previous;
    lk_revocation revocation;       /* NULL inside: sessions last as long as their tokens */
    lk_refresh_lease refresh_lease; /* all NULL: no other server renews these sessions */
    /* Sessions kept opened in memory, about 7 KB each, so that not every request verifies a token
     * anew: for the same cookie only, until token or seal expire, while WorkOS' keys are the same;
     * revocation is asked each time. 0: 1024; -1: none. */
    int cached_sessions;
    lk_session_store session_store;     /* all NULL: none */
    lk_session_storage session_storage; /* but for the first, session_store is required */
    /* Takes callbacks without a state: sign-ins that begin at an identity provider's own page.
     * Nothing then tells that the visitor began it, so somebody with an account of their own can
     * sign others in as themself ("login CSRF": what these then enter, that one reads). Nobody who
     * is signed in is signed in anew. false: such a visitor gets a page that begins a sign-in here,
     * which takes them one click. Needs a client with an API key. */
    bool allow_idp_initiated;
} lk_web_options;

#define LK_WEB_OPTIONS(...) (&(const lk_web_options){ .size = sizeof(lk_web_options), __VA_ARGS__ })

typedef struct lk_web_request {
    const char *method;
    const char *path;  /* as sent, percent-encoded, without the query */
    const char *query; /* without "?"; NULL when there is none */
    const lk_header
        *headers; /* as sent; Cookie, Authorization, Origin, Accept, Sec-Fetch-* count */
    size_t n_headers;
} lk_web_request;

typedef struct lk_web_reply {
    int status;               /* 0: not ours to answer, carry on with session */
    const lk_header *headers; /* to send, Set-Cookie and Location among them */
    size_t n_headers;
    const char *body; /* NULL when there is none */
    size_t body_len;
    const lk_session *session; /* who is asking; NULL when nobody is signed in */
} lk_web_reply;

/* Copies the options; no I/O. LK_ERR_INVALID names the option that is wrong. */
LK_API LK_MUST_CHECK lk_status lk_web_new(const lk_web_options *options, lk_web **out,
                                          lk_error *err);
/* Exchanges the cookie passwords while the server runs, as cookie_password and
 * cookie_password_previous of the options: give the one in use until now as previous, and nobody is
 * signed out. NULL for previous: none. Requests under way go on with those they began with. Wipes
 * what nobody uses any more. LK_ERR_INVALID: one of them is no password, and nothing has changed.
 * No I/O; from any thread. */
LK_API LK_MUST_CHECK lk_status lk_web_set_cookie_passwords(lk_web *web, const char *password,
                                                           const char *previous, lk_error *err);
/* No request may be under way. NULL is fine. */
LK_API void lk_web_free(lk_web *web);
LK_API void lk_web_freep(lk_web **web);

/* The paths that lk_web_answer() answers itself; borrowed. The callback's is redirect_uri's. */
LK_API const char *lk_web_login_path(const lk_web *web);
LK_API const char *lk_web_callback_path(const lk_web *web);
LK_API const char *lk_web_logout_path(const lk_web *web);

/* Answers login, callback and logout; for every other path finds out who is asking, by session
 * cookie or Bearer token, and refreshes a stale cookie; for a page load one that is about to be.
 * May block for one exchange with WorkOS (callback, refresh, unknown key, sign-out of a custom
 * OpenID Connect connection), for up to 30 s on another server that renews the session, and as long
 * as the seams of the options do, never otherwise. Bad input is a reply, not an error; an error
 * (LK_ERR_NETWORK, LK_ERR_NO_MEMORY, …) means that nobody may be let in: answer 503. Free *out with
 * lk_web_reply_free(). */
LK_API LK_MUST_CHECK lk_status lk_web_answer(lk_web *web, const lk_web_request *request,
                                             lk_web_reply **out, lk_error *err);
/* What to tell somebody who must sign in first: a redirect to the login path for a page load, 401
 * JSON for anything else. No I/O. */
LK_API LK_MUST_CHECK lk_status lk_web_challenge(lk_web *web, const lk_web_request *request,
                                                lk_web_reply **out, lk_error *err);
LK_API void lk_web_reply_free(lk_web_reply *reply);
LK_API void lk_web_reply_freep(lk_web_reply **reply);

/* Who among those who are signed in may pass, by what their access token says of them. Fill it
 * before it is shared; read it from any thread then. Without a rule nobody may. */
typedef struct lk_rules lk_rules;

LK_API LK_MUST_CHECK lk_status lk_rules_new(lk_rules **out, lk_error *err);
/* Adds one rule: conditions with spaces between, all of which must be met, e.g.
 * "role=admin organization=org_01". A condition is role=SLUG, permission=SLUG, organization=ID,
 * feature=SLUG or entitlement=SLUG. Who meets any one rule passes. At most 64 rules of 1000 bytes
 * and 8 conditions. LK_ERR_INVALID: a rule that cannot be read; the rules are as they were. */
LK_API LK_MUST_CHECK lk_status lk_rules_add(lk_rules *rules, const char *text, lk_error *err);
/* False for NULL of either. */
LK_API bool lk_rules_allow(const lk_rules *rules, const lk_session *session);
LK_API void lk_rules_free(lk_rules *rules);
LK_API void lk_rules_freep(lk_rules **rules);

/* What to tell somebody who is signed in but may not pass: a page with 403 for a page load, 403
 * JSON for anything else. It does not tell the rules. No I/O. */
LK_API LK_MUST_CHECK lk_status lk_web_forbid(lk_web *web, const lk_web_request *request,
                                             lk_web_reply **out, lk_error *err);

/* Whether everybody who reads these headers takes the request for the same one. LK_ERR_INVALID
 * says why not: refuse it with 400 and close the connection. Names that are no names, control
 * characters, two lengths, a length beside an encoding, two Hosts, and names that only differ from
 * one that counts by "_" for "-". For servers that hand over what they were sent; the gate asks for
 * itself. No I/O. */
LK_API LK_MUST_CHECK lk_status lk_web_check_headers(const lk_header *headers, size_t n_headers,
                                                    lk_error *err);

/* Address ranges, e.g. those of proxies. Fill it before it is shared; read it from any thread then.
 */
typedef struct lk_networks lk_networks;

LK_API LK_MUST_CHECK lk_status lk_networks_new(lk_networks **out, lk_error *err);
/* "10.0.0.0/8", "192.0.2.7", "2001:db8::/32"; at most 256. LK_ERR_INVALID: no range, bits set
 * behind the slash's number, or everybody ("/0"); the ranges are as they were. */
LK_API LK_MUST_CHECK lk_status lk_networks_add(lk_networks *networks, const char *range,
                                               lk_error *err);
/* Whether an address lies in one of them; IPv4 in its IPv6 form ("::ffff:10.0.0.1") as such. False
 * for NULL, and for what is no address. */
LK_API bool lk_networks_contain(const lk_networks *networks, const char *address);
LK_API void lk_networks_free(lk_networks *networks);
LK_API void lk_networks_freep(lk_networks **networks);

/* Which headers the proxies in front set. Only these are read: of others they let through whatever
 * the visitor wrote. */
typedef enum lk_proxy_headers {
    LK_PROXY_X_FORWARDED = 0, /* X-Forwarded-For, -Proto, -Host */
    LK_PROXY_FORWARDED        /* Forwarded (RFC 7239) */
} lk_proxy_headers;

enum { LK_ADDRESS_SIZE = 46 }; /* of an IPv6 address as text */

/* Who asks. For logs and limits; who is signed in never depends on it. */
typedef struct lk_visitor {
    char address[LK_ADDRESS_SIZE]; /* "" when not even the peer's is one */
    char scheme[8];                /* "http" or "https"; "" when no trusted proxy tells */
    char host[256];                /* with the port, if told; "" as above */
} lk_visitor;

/* Without trusted (or NULL) the visitor is the peer, the address that the connection comes from.
 * Else the headers tell, as far as those who wrote them are trusted. No I/O. */
LK_API void lk_web_visitor(const lk_networks *trusted, lk_proxy_headers style, const char *peer,
                           const lk_web_request *request, lk_visitor *out);

#ifdef __cplusplus
}
#endif
#endif
