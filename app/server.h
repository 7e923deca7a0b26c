/* The server: what its parts share. command-serve.c starts it, serve.c runs it, serve-*.c answer.
 */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "access.h"
#include "crowd.h"
#include "feed.h"
#include "journal.h"
#include "listen.h"
#include "meter.h"
#include "pool.h"
#include "sharing.h"
#include "tls.h"
#include "webhook-secrets.h"

#include <latchkey/gate.h>
#include <pthread.h>
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
    int keep_days; /* of events; 0: all are kept */
    /* As lk_web_options. redirect_uri NULL: http://localhost:PORT/callback. */
    lk_web_options web;
    const char *webhook_secret;          /* at the start; NULL: webhooks are answered with 503 */
    const char *webhook_secret_previous; /* at the start; NULL: none */
    lk_networks
        *webhook_sources; /* where webhooks come from; NULL: anywhere; outlives the server */
    lk_rules *rules;      /* who sees everything; outlives the server */
    lk_networks *proxies; /* whose word on who asks is taken; NULL: nobody's; outlives the server */
    lk_proxy_headers proxy_headers;
    journal log;
    bool logs_requests;
    int max_watchers; /* of event streams, each of which holds a thread; 0: 256 */
} server_options;

/* What CivetWeb reads before the body, in bytes. That is more than head.c lets pass, so that who
 * says too much is told so; beyond it breaks off, and all it knows is that it did not understand.
 */
#define SERVE_BUFFER "131072"

/* For requests; those who watch have theirs beside them. */
#define N_WORKERS 128
/* While fewer are free, whoever keeps the server waiting is hung up on: see crowd.h. */
#define N_SPARE_WORKERS 16

#define MAX_ROUTES      32
#define REQUEST_ID_SIZE 65

/* A connection, and the request on it. */
typedef struct guest {
    crowd_member member;      /* of the crowd */
    char id[REQUEST_ID_SIZE]; /* of the request */
    int64_t begun_us;         /* monotonic */
    size_t route;             /* MAX_ROUTES: none of ours */
    bool closes;              /* the connection ends with this answer */
} guest;

typedef enum sign_in_outcome {
    SIGN_IN_DONE,    /* somebody is signed in */
    SIGN_IN_AGAIN,   /* led on to another step */
    SIGN_IN_REFUSED, /* by WorkOS, or since the request was not to be trusted */
    SIGN_IN_FAILED,  /* WorkOS or the store could not be asked */
    N_SIGN_IN_OUTCOMES
} sign_in_outcome;

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
    int n_workers, max_watchers;
    crowd *crowd;
    char id_prefix[9]; /* of request ids: drawn at the start */
    atomic_uint n_ids;
    atomic_int n_streams;
    atomic_int n_webhook_readers;
    meter meters[MAX_ROUTES + 1]; /* by route; the last: none of ours */
    atomic_ullong n_sign_ins[N_SIGN_IN_OUTCOMES];
    atomic_ullong n_watchers_refused;
    webhook_secrets webhook_secrets;
    atomic_ullong n_webhooks_taken, n_webhooks_refused;
} server;

/* Binds, mounts everything, starts the feed. The options must outlive the server. */
LK_MUST_CHECK lk_status serve_start(const server_options *options, server **out, lk_error *err);
/* Ends the streams, lets the requests under way finish. False when the feed hangs in the network
 * and was left behind. */
bool serve_stop(server *self);

/* ---- Between its files ---- */

struct mg_callbacks;
struct mg_connection;

/* serve-guests.c: connections and requests as CivetWeb tells of them. */
void serve_guests_set(struct mg_callbacks *callbacks);
/* serve-routes.c: answers a request; ctx is the server. */
int serve_route(struct mg_connection *connection, void *ctx);
/* The nth route's path, for metrics; NULL behind the last. */
const char *serve_route_name(size_t n);

#endif
