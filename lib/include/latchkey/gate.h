/* The CivetWeb binding (liblatchkey-civetweb): sign-in on a server that you already run.
 *
 * Uses request and authorization handlers only; the callbacks struct and the connection's user
 * pointer stay yours. What the host must set itself: "tcp_nodelay" "1", a short
 * "request_timeout_ms", enough "num_threads", "max_request_size" of 16384 or more (cookies are
 * 2-4 KB; 32768 where large sessions take up to four of them), no "document_root" that is not meant
 * to be public. With "enable_keep_alive" also a begin_request callback that calls
 * mg_disable_connection_keep_alive() while fewer than two workers are free, or busy connections
 * starve newcomers. With Debian's CivetWeb never pass a TLS port: it crashes at the first
 * handshake.
 *
 * Requests that two readers take for different ones (lk_web_check_headers()) or that carry more
 * headers than CivetWeb reads are refused with 400 wherever the gate looks at them; what is longer
 * than "max_request_size" CivetWeb refuses itself. Behind a proxy nothing is to be set: the
 * redirect_uri of lk_web says where people are, and forwarded headers are not read.
 * Register before the server gets its first request: a gate may be shared by threads afterwards,
 * not while it is being set up. */
#ifndef LATCHKEY_GATE_H
#define LATCHKEY_GATE_H

#include <latchkey/web.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mg_connection;
struct mg_context;

typedef struct lk_gate lk_gate;

/* Answers a request of somebody who is signed in: who->session is never NULL. who is valid during
 * the call. Returns what a CivetWeb request handler returns; use lk_gate_send() to answer. */
typedef int lk_gate_handler(struct mg_connection *connection, const lk_web_reply *who, void *ctx);

/* web must outlive the gate. */
LK_API LK_MUST_CHECK lk_status lk_gate_new(lk_web *web, lk_gate **out, lk_error *err);
/* Only after mg_stop(), never before. NULL is fine. */
LK_API void lk_gate_free(lk_gate *gate);
LK_API void lk_gate_freep(lk_gate **gate);

/* Registers the login, callback and logout paths. */
LK_API LK_MUST_CHECK lk_status lk_gate_mount(lk_gate *gate, struct mg_context *server,
                                             lk_error *err);
/* Keeps everybody who is not signed in out of uri (a CivetWeb pattern, or "/" for all) and what
 * lies below, whatever answers there. CivetWeb runs only the first matching authorization handler,
 * exact before prefix before pattern: a narrower one of yours replaces this guard. A stale cookie
 * is renewed by a redirect to the same address (307, keeps method and body). */
LK_API LK_MUST_CHECK lk_status lk_gate_guard(lk_gate *gate, struct mg_context *server,
                                             const char *uri, lk_error *err);
/* The same, and those who are signed in must also meet one of the rules, which must outlive the
 * gate; others are told so with 403. NULL is an error, not a guard without rules. */
LK_API LK_MUST_CHECK lk_status lk_gate_guard_rules(lk_gate *gate, struct mg_context *server,
                                                   const char *uri, const lk_rules *rules,
                                                   lk_error *err);
/* Registers a handler that runs only for people who are signed in; it checks for itself and needs
 * no guard. */
LK_API LK_MUST_CHECK lk_status lk_gate_handle(lk_gate *gate, struct mg_context *server,
                                              const char *uri, lk_gate_handler *handler, void *ctx,
                                              lk_error *err);
/* The same for those among them who meet one of the rules, which must outlive the gate. */
LK_API LK_MUST_CHECK lk_status lk_gate_handle_rules(lk_gate *gate, struct mg_context *server,
                                                    const char *uri, const lk_rules *rules,
                                                    lk_gate_handler *handler, void *ctx,
                                                    lk_error *err);

/* Finds out who is asking, for a handler that answers everybody. As lk_web_answer();
 * LK_ERR_INVALID: a request to be refused with 400, and its connection will be closed. */
LK_API LK_MUST_CHECK lk_status lk_gate_identify(lk_gate *gate, struct mg_connection *connection,
                                                lk_web_reply **out, lk_error *err);
/* Answers in one write, with who's headers (renewed cookie, Vary, Cache-Control) added; who may be
 * NULL. content_type NULL: "text/plain; charset=utf-8". Returns the status. */
LK_API int lk_gate_send(struct mg_connection *connection, const lk_web_reply *who, int status,
                        const char *content_type, const void *body, size_t body_len);
/* Sends a reply that has a status. */
LK_API int lk_gate_send_reply(struct mg_connection *connection, const lk_web_reply *reply);
/* Tells somebody to sign in first, as lk_web_challenge(), with who's cookies added: that of a
 * session which is over goes. who may be NULL. Returns the status. */
LK_API int lk_gate_challenge(lk_gate *gate, struct mg_connection *connection,
                             const lk_web_reply *who);

/* Tells somebody who is signed in that this is not open to them, as lk_web_forbid(), with who's
 * cookies added. who may be NULL. Returns the status. */
LK_API int lk_gate_forbid(lk_gate *gate, struct mg_connection *connection, const lk_web_reply *who);

#ifdef __cplusplus
}
#endif
#endif
