/* The client: one per WorkOS environment, shared freely between threads.
 *
 * Everything outside is a value passed in: transport, clock, randomness, log. Zeroed means the
 * built-in one. A client is immutable after lk_client_new() except for its API key, its key cache
 * and its pool of connections, each behind a mutex of its own that is never held across I/O, and
 * for what it knows of WorkOS' clock. */
#ifndef LATCHKEY_CLIENT_H
#define LATCHKEY_CLIENT_H

#include <latchkey/error.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_client lk_client;

typedef struct lk_header {
    const char *name;
    const char *value;
} lk_header;

/* One parameter of a query. */
typedef struct lk_parameter {
    const char *name;
    const char *value;
} lk_parameter;

/* One HTTP request, as a transport receives it. Valid during send() only. */
typedef struct lk_http_request {
    const char *method; /* "GET", "POST", "DELETE" */
    const char *url;    /* absolute */
    const lk_header *headers;
    size_t n_headers;
    const void *body; /* NULL when there is none */
    size_t body_len;
    int timeout_ms;  /* for the whole exchange */
    size_t max_body; /* bytes: a longer answer must fail with LK_ERR_PROTOCOL */
} lk_http_request;

typedef struct lk_http_response lk_http_response;

/* A transport fills the answer with these three. */
LK_API void lk_http_response_set_status(lk_http_response *response, int status);
/* Copies name and value. LK_ERR_NO_MEMORY or LK_ERR_PROTOCOL (more than 100 headers). */
LK_API LK_MUST_CHECK lk_status lk_http_response_add_header(lk_http_response *response,
                                                           const char *name, const char *value);
/* Copies. LK_ERR_PROTOCOL when the answer grows past the request's max_body. */
LK_API LK_MUST_CHECK lk_status lk_http_response_append(lk_http_response *response, const void *data,
                                                       size_t len);

/* Sends one request and waits for the answer. Called from many threads at once. Must verify TLS,
 * must not follow redirects, must keep to timeout_ms. Fails with LK_ERR_NETWORK, LK_ERR_PROTOCOL
 * or LK_ERR_NO_MEMORY. lk_client_free() calls free(ctx) where it is set. */
typedef struct lk_transport {
    lk_status (*send)(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err);
    void (*free)(void *ctx);
    void *ctx;
} lk_transport;

/* Wall clock in Unix milliseconds, and a sleep (used between retries). Called from any thread. */
typedef struct lk_clock {
    int64_t (*now_ms)(void *ctx);
    void (*sleep_ms)(void *ctx, int64_t ms);
    void *ctx;
} lk_clock;

/* Cryptographically secure bytes. Called from any thread. */
typedef struct lk_random {
    lk_status (*fill)(void *ctx, void *out, size_t len);
    void *ctx;
} lk_random;

/* One line of debugging text per request; secrets are masked. Called from any thread. */
typedef struct lk_log {
    void (*line)(void *ctx, const char *text);
    void *ctx;
} lk_log;

typedef struct lk_client_options {
    size_t size;           /* set by LK_CLIENT_OPTIONS */
    const char *client_id; /* required, "client_…" */
    /* "sk_…", or at a Latchkey server an access token; NULL in a program that keeps no secret. */
    const char *api_key;
    const char *base_url; /* NULL: https://api.workos.com; http only for loopback addresses */
    /* Accepted token issuers, comma-separated; one trailing slash is ignored. NULL: the shapes
     * WorkOS is known to use for this client id and base URL. */
    const char *issuer;
    const char *proxy; /* NULL: from the environment (https_proxy, no_proxy, …) */
    /* PEM bundle; NULL: CURL_CA_BUNDLE or SSL_CERT_FILE of the environment, else the system's. TLS
     * is always verified. */
    const char *ca_file;
    int timeout_ms;  /* 0: 10 000, for one exchange */
    int max_retries; /* 0: 2; -1: never. Safe calls only */
    int leeway_s;    /* clock difference tolerated in tokens; 0: 30; -1: none; at most 300 */
    lk_transport transport;
    lk_clock clock;
    lk_random random;
    lk_log log;
    /* The environment's signing keys. Those older than key_refresh_s are renewed in the background,
     * by a thread of the client's own, while tokens are verified; where WorkOS does not answer they
     * go on being used until they are older than key_max_age_s. */
    int key_refresh_s; /* 0: 600; -1: asked for only when a token names an unknown key */
    int key_max_age_s; /* 0: 86 400; at most 2 592 000 (30 days) */
    /* Keeps the keys in this file, too, so that a program that starts while WorkOS is out of reach
     * can verify. Its directory must be there. Who can write to it can forge tokens: it is made
     * for its owner alone, and not read when others could have written to it, or when it is of
     * another client_id or base_url. What goes wrong with it is told to the log. NULL: none. */
    const char *key_cache_path;
} lk_client_options;

#define LK_CLIENT_OPTIONS(...) \
    (&(const lk_client_options){ .size = sizeof(lk_client_options), __VA_ARGS__ })

/* Checks and copies the options; no I/O but for key_cache_path. The first call initialises libcurl
 * for the process. LK_ERR_INVALID names the option that is wrong. *out is set on LK_OK only; free
 * it with lk_client_free(). */
LK_API LK_MUST_CHECK lk_status lk_client_new(const lk_client_options *options, lk_client **out,
                                             lk_error *err);
/* Accepts NULL. No call may be under way on another thread. Blocks while keys are being renewed in
 * the background: for timeout_ms at most. */
LK_API void lk_client_free(lk_client *client);
LK_API void lk_client_freep(lk_client **client);

/* Exchanges the API key while the program runs: calls under way go on with the one they began with.
 * Wipes the old one. LK_ERR_INVALID: this is no key, or the client was made without one; nothing
 * has changed. No I/O; from any thread. */
LK_API LK_MUST_CHECK lk_status lk_client_set_api_key(lk_client *client, const char *api_key,
                                                     lk_error *err);

/* Fetches the environment's signing keys (GET /sso/jwks/{client_id}). Blocks. Call it after
 * LK_ERR_NO_KEY; it asks WorkOS at most once in 30 s (5 s after a failure) and in between gives the
 * outcome of the last time again: LK_OK means that a key still unknown does not exist. A failed
 * fetch (LK_ERR_NETWORK, LK_ERR_PROTOCOL, LK_ERR_API) keeps the keys it has, up to key_max_age_s;
 * it says nothing about any token. */
LK_API LK_MUST_CHECK lk_status lk_client_refresh_keys(lk_client *client, lk_error *err);

/* When the keys in use were fetched from WorkOS, Unix milliseconds; 0: there are none. No I/O; from
 * any thread. */
LK_API int64_t lk_client_get_keys_fetched_at_ms(const lk_client *client);

/* How far this machine's clock is ahead of WorkOS' (behind: negative), in milliseconds, to about a
 * second, by the Date of the last answer. false: not known yet, and *out_ms stays as it was. It is
 * named in the errors of tokens that are refused for their time, and never makes one acceptable. No
 * I/O; from any thread. */
LK_API bool lk_client_get_clock_skew(const lk_client *client, int64_t *out_ms);

/* What a client has asked WorkOS for since it was made, for metrics. Of each the failed ones are
 * counted as well: refused, unanswered, or answered with what cannot be used. */
typedef struct lk_client_counts {
    size_t size; /* set by the caller to sizeof */
    uint64_t n_calls, n_calls_failed;
    uint64_t n_key_fetches, n_key_fetches_failed; /* of the signing keys */
    uint64_t n_refreshes, n_refreshes_failed;     /* of sessions */
} lk_client_counts;

/* No I/O; from any thread. LK_ERR_INVALID: NULL, or a size that is none. */
LK_API LK_MUST_CHECK lk_status lk_client_get_counts(const lk_client *client, lk_client_counts *out,
                                                    lk_error *err);

#ifdef __cplusplus
}
#endif
#endif
