/* Sign-in without a web server: RFC 8252, loopback interface redirection.
 *
 * Bind, open lk_loopback_url() in the system browser, call _process() whenever lk_loopback_fd() is
 * readable (or in a loop with _wait()), then _finish(). Freeing it at any time cancels. One thread
 * at a time. */
#ifndef LATCHKEY_LOOPBACK_H
#define LATCHKEY_LOOPBACK_H

#include <latchkey/authkit.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_loopback lk_loopback;

typedef struct lk_loopback_options {
    size_t size;       /* set by LK_LOOPBACK_OPTIONS */
    lk_client *client; /* required; must outlive the object; needs no API key */
    int port;          /* 0: any free one. WorkOS accepts "*" as port of a loopback redirect URI */
    int timeout_s;     /* 0: 300 */
    const char *organization_id;
    const char *login_hint;
    const char *screen_hint;
} lk_loopback_options;

#define LK_LOOPBACK_OPTIONS(...) \
    (&(const lk_loopback_options){ .size = sizeof(lk_loopback_options), __VA_ARGS__ })

/* Binds 127.0.0.1, and ::1 on the same port where that is to be had (never another interface), and
 * prepares PKCE and state. The redirect URI is http://127.0.0.1:PORT/callback; http://[::1]:… only
 * on a machine without IPv4. LK_ERR_NETWORK: the port is taken. Free *out with
 * lk_loopback_free(). */
LK_API LK_MUST_CHECK lk_status lk_loopback_new(const lk_loopback_options *options,
                                               lk_loopback **out, lk_error *err);
/* Open this in the browser; borrowed, valid until the object is freed. */
LK_API const char *lk_loopback_url(const lk_loopback *loopback);
/* Poll for readability. The same descriptor for the object's life (an epoll set). */
LK_API int lk_loopback_fd(const lk_loopback *loopback);
/* Milliseconds until the attempt times out; 0 when it has. Never blocks. */
LK_API int64_t lk_loopback_time_left_ms(const lk_loopback *loopback);
/* Reads and answers what has arrived; never blocks. *done becomes 1 when the browser came back with
 * our state: call _finish(). Stray, hostile and slow connections are answered or dropped and do not
 * end the wait. LK_ERR_EXPIRED: the time is over. LK_ERR_API: the browser came back with an OAuth
 * error, its word in reason (e.g. "access_denied"). */
LK_API LK_MUST_CHECK lk_status lk_loopback_process(lk_loopback *loopback, int *done, lk_error *err);
/* Waits for up to max_ms in poll(), then does what _process() does. Blocks that long at most. */
LK_API LK_MUST_CHECK lk_status lk_loopback_wait(lk_loopback *loopback, int max_ms, int *done,
                                                lk_error *err);
/* For a browser that cannot come back here, since it runs elsewhere or something keeps it from this
 * machine's ports: takes the address that it shows in the end, as a person copied it. Only the
 * address of this very sign-in with its state counts. LK_OK: call _finish(). LK_ERR_INVALID: it is
 * something else, LK_ERR_STATE: that of another sign-in; the message tells people what to paste,
 * and the wait goes on. LK_ERR_EXPIRED, LK_ERR_API: as _process(). Never blocks. */
LK_API LK_MUST_CHECK lk_status lk_loopback_paste(lk_loopback *loopback, const char *text,
                                                 lk_error *err);
/* Exchanges the code, verifies the token, then answers the browser with a page that says how it
 * went. Blocks for one POST. May run on another thread than _process(), never at the same time. */
LK_API LK_MUST_CHECK lk_status lk_loopback_finish(lk_loopback *loopback, lk_authentication **out,
                                                  lk_error *err);
/* Closes the port and wipes the secrets; NULL is fine. */
LK_API void lk_loopback_free(lk_loopback *loopback);
LK_API void lk_loopback_freep(lk_loopback **loopback);

#ifdef __cplusplus
}
#endif
#endif
