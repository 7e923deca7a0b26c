/* Events: what happened in an environment, from the Events API or a webhook.
 * WorkOS: https://workos.com/docs/reference/events, https://workos.com/docs/events/webhooks */
#ifndef LATCHKEY_EVENTS_H
#define LATCHKEY_EVENTS_H

#include <latchkey/client.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_event {
    const char *id;
    const char *type; /* e.g. "dsync.user.created"; an open set */
    int64_t created_at_ms;
    const char *json; /* the whole event, byte for byte as WorkOS sent it */
    size_t json_len;
} lk_event;

typedef struct lk_event_page {
    const lk_event *const *items; /* oldest first, by created_at then id */
    size_t count;
    const char *after; /* id to ask from next; NULL on the last page */
    size_t skipped;  /* entries that are no events: no object; no id, type, created_at; no UTF-8 */
    size_t n_unsafe; /* of the items: they say who they are, but hold what is unsafe to believe:
                      * check before reading */
} lk_event_page;

typedef struct lk_event_list_options {
    size_t size;              /* set by LK_EVENT_LIST_OPTIONS */
    const char *const *types; /* required by WorkOS: at least one */
    size_t n_types;
    const char *after;      /* event id; excludes range_start_ms */
    int64_t range_start_ms; /* 0: not sent */
    int64_t range_end_ms;   /* 0: not sent */
    const char *organization_id;
    int limit; /* 1-100; 0: 100 */
} lk_event_list_options;

#define LK_EVENT_LIST_OPTIONS(...) \
    (&(const lk_event_list_options){ .size = sizeof(lk_event_list_options), __VA_ARGS__ })

/* One page of the Events API (GET /events, order=asc). Blocks; retried. Needs an API key. Whatever
 * WorkOS sends is handed on, also types not asked for: its emulators ignore the filter. Entries
 * that cannot be read are counted in skipped, never fatal. A page beyond 16 MB comes in parts of 10
 * events, or of 1. Free *out with lk_event_page_free(). */
LK_API LK_MUST_CHECK lk_status lk_events_list(lk_client *client,
                                              const lk_event_list_options *options,
                                              lk_event_page **out, lk_error *err);
LK_API void lk_event_page_free(lk_event_page *page);
LK_API void lk_event_page_freep(lk_event_page **page);

/* Checks a webhook's WorkOS-Signature header over the raw body, then reads the event in it. No I/O.
 * tolerance_s is two-sided; 0: 180. LK_ERR_SIGNATURE: refuse with 400, never retry;
 * LK_ERR_EXPIRED: genuine but outside the tolerance; LK_ERR_PROTOCOL: signed, yet no event. Free
 * *out with lk_event_free(). */
LK_API LK_MUST_CHECK lk_status lk_webhook_open(const lk_client *client, const char *secret,
                                               const char *signature, const void *body,
                                               size_t body_len, int tolerance_s, lk_event **out,
                                               lk_error *err);
/* The same check without a client and without reading the body; now_ms is Unix milliseconds. */
LK_API LK_MUST_CHECK lk_status lk_webhook_verify(const char *secret, const char *signature,
                                                 const void *body, size_t body_len, int64_t now_ms,
                                                 int tolerance_s, lk_error *err);
/* The header value that WorkOS would send with this body at now_ms. Free *out with lk_free(). */
LK_API LK_MUST_CHECK lk_status lk_webhook_sign(const char *secret, const void *body,
                                               size_t body_len, int64_t now_ms, char **out,
                                               lk_error *err);
LK_API void lk_event_free(lk_event *event);
LK_API void lk_event_freep(lk_event **event);

#ifdef __cplusplus
}
#endif
#endif
