/* Forwarding: sends events on to another server, as webhooks that are signed as WorkOS signs them.
 * WorkOS: https://workos.com/docs/events/data-syncing/webhooks */
#ifndef LATCHKEY_FORWARD_H
#define LATCHKEY_FORWARD_H

#include <latchkey/client.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where to, and under which secret. Any thread may send, several at once. */
typedef struct lk_forward lk_forward;

typedef struct lk_forward_options {
    size_t size;            /* set by LK_FORWARD_OPTIONS */
    const char *url;        /* required: https anywhere, http to this machine only; no fragment */
    const char *secret;     /* required: what the receiver knows as its webhook secret */
    const char *ca_file;    /* as in lk_client_options */
    int timeout_ms;         /* 0: 10 000 */
    lk_transport transport; /* zeroed, as the next: the built-in one */
    lk_clock clock;
} lk_forward_options;

#define LK_FORWARD_OPTIONS(...) \
    (&(const lk_forward_options){ .size = sizeof(lk_forward_options), __VA_ARGS__ })

/* Copies the options; no I/O. LK_ERR_INVALID names the one that is wrong, never the secret. */
LK_API LK_MUST_CHECK lk_status lk_forward_new(const lk_forward_options *options, lk_forward **out,
                                              lk_error *err);
/* No call may be under way on another thread. */
LK_API void lk_forward_free(lk_forward *forward);
LK_API void lk_forward_freep(lk_forward **forward);

/* POSTs one event, byte for byte as it is given, and waits for the answer. Never tried again by
 * itself, redirects are not followed. LK_OK: any 2xx. LK_ERR_API: another answer; LK_ERR_NETWORK,
 * LK_ERR_PROTOCOL: none that can be read: in each case the receiver may have acted on it.
 * err->http_status is set on success, too; err->retry_after when it was told. */
LK_API LK_MUST_CHECK lk_status lk_forward_send(lk_forward *forward, const void *event,
                                               size_t event_len, lk_error *err);

#ifdef __cplusplus
}
#endif
#endif
