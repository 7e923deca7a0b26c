/* The one place that calls WorkOS: adds the key, sends, retries, reads the request id, maps errors.
 */
#ifndef LK_API_CALL_H
#define LK_API_CALL_H

#include "api/client.h"
#include "http/url.h"

typedef enum lk__call_retry {
    LK__RETRY_SAFE = 0, /* GET and the like: retried on network errors and lk__retry_status() */
    LK__RETRY_NEVER     /* the request may have taken effect */
} lk__call_retry;

/* A call sleeps at most so long before a retry. When WorkOS asks for more, it fails at once and
 * err->retry_after says for how long: a thread of a server is not for waiting. */
#define LK__MAX_WAIT_MS 8000

#define LK__CALL_SECRETS 3

/* For a caller who must know of each attempt. */
typedef struct lk__attempts {
    lk_status (*begin)(void *ctx, lk_error *err); /* before each; a failure ends the call */
    void *ctx;
    int max_timeout_ms; /* of each; 0: the client's own limit */
} lk__attempts;

typedef struct lk__call {
    const char *method;      /* NULL: GET */
    const char *const *path; /* segments, NULL at the end; each is escaped */
    const lk__pair *query;
    size_t n_query;
    const char *body;         /* NULL: none */
    const char *content_type; /* NULL: application/json */
    bool anonymous;           /* no Authorization header */
    lk__call_retry retry;
    int64_t retry_within_ms; /* of the first attempt; 0: no such limit */
    size_t max_body;         /* bytes; 0: 1 MiB */
    /* What must not come back in a message beside the client's API key: codes, tokens. */
    const char *secrets[LK__CALL_SECRETS];
    bool body_optional;           /* a 2xx answer counts with any body, or none */
    lk__buf *refusal;             /* NULL, or receives the body of a refusal, for typed results */
    const lk__attempts *attempts; /* NULL: none of the caller's business */
} lk__call;

/* Sends and appends the body of a 2xx answer to out, if it looks like a JSON object or array.
 * Anything else is an error: LK_ERR_NETWORK, LK_ERR_RATE_LIMITED (429), LK_ERR_API (other statuses;
 * reason is the body's code or error word), LK_ERR_PROTOCOL. LK_ERR_INVALID: not anonymous, and the
 * client has no API key. err->http_status and err->request_id are set on success, too. */
LK_MUST_CHECK lk_status lk__call_send(lk_client *client, const lk__call *call, lk__buf *out,
                                      lk_error *err);
/* The same, then parses and decodes by shape into a new arena. Free the arena, not the result. */
LK_MUST_CHECK lk_status lk__call_decode(lk_client *client, const lk__call *call,
                                        const lk__shape *shape, lk__arena **arena, void **out,
                                        lk_error *err);

/* {"name":"value",…} for a body; pairs without a value are left out. */
LK_MUST_CHECK lk_status lk__call_write_json(const lk__pair *pairs, size_t n_pairs, lk__buf *out,
                                            lk_error *err);

/* Passes on why a 2xx answer cannot be used; to a LK_ERR_PROTOCOL it adds that it is about one. */
lk_status lk__call_unusable(lk_status status, const lk_error *why, lk_error *err);
/* base URL + path + query as text of its own, for addresses that a browser opens. */
LK_MUST_CHECK lk_status lk__call_url(const lk_client *client, const char *const *path,
                                     const lk__pair *query, size_t n_query, char **out,
                                     lk_error *err);

#endif
