/* The server: what its parts share. command-serve.c starts it, serve.c runs it, serve-*.c answer.
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "access.h"
#include "feed.h"
#include "listen.h"
#include "pool.h"
#include "sharing.h"
#include "tls.h"

#include <latchkey/gate.h>
#include <stdatomic.h>

typedef struct server_options {
    listen_address address; /* port 0: any free one */
    tls *tls;               /* NULL: plain HTTP; outlives the server */
    lk_client *client;      /* outlives the server */
    const char *store;
    const char *client_id;
    const char *base_url; /* of WorkOS; NULL: the real one */
    const char *issuer;   /* NULL: the library's default */
    bool follows;         /* there is an API key: follow the feed */
    int poll_ms;
    /* As lk_web_options. redirect_uri NULL: http://localhost:PORT/callback. */
    lk_web_options web;
    const char *webhook_secret; /* NULL: webhooks are answered with 503 */
    lk_rules *rules;            /* who sees everything; outlives the server */
    lk_networks *proxies; /* whose word on who asks is taken; NULL: nobody's; outlives the server */
    lk_proxy_headers proxy_headers;
    bool logs_requests;
} server_options;

/* More than one visitor who says nothing, or little by little, can hold. */
#define N_WORKERS 128

typedef struct server {
    const server_options *options;
    listen_address address;
    char origin[160]; /* of the redirect URI: scheme://host[:port] */
    char redirect_uri[256];
    bool is_strict; /* browsers are to use HTTPS alone here (HSTS) */
    lk_web *web;
    lk_gate *gate;
    pool *readers;
    sharing sharing;
    feed *news;
    struct mg_context *http;
    char complaint[256];    /* what CivetWeb said last */
    atomic_bool has_warned; /* of a proxy with another address */
    atomic_int n_workers_busy;
    atomic_int n_streams;
    atomic_int n_webhook_readers;
    atomic_ullong n_answers[6]; /* by the first digit of the status */
    atomic_ullong n_webhooks_taken, n_webhooks_refused;
} server;

/* Binds, mounts everything, starts the feed. The options must outlive the server. */
LK_MUST_CHECK lk_status serve_start(const server_options *options, server **out, lk_error *err);
/* Ends the streams, lets the requests under way finish. False when the feed hangs in the network
 * and was left behind. */
bool serve_stop(server *self);

#endif
