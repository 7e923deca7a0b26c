/* A wire that plays a script: which request must come, and what WorkOS answers.
 *
 *     fake_wire wire = FAKE_WIRE(
 *         { "POST /user_management/authenticate", .body_has = "\"grant_type\":\"refresh_token\"",
 *           .status = 200, .file = "authenticate-refresh.json" },
 *         { "GET /events?events=dsync.user.created", .failure = LK_ERR_NETWORK });
 *     … LK_CLIENT_OPTIONS(.transport = fake_wire_use(&wire)) …
 *     fake_wire_finished(&wire);
 *
 * A request that does not match, or one too many, fails with LK_ERR_PROTOCOL and is remembered:
 * fake_wire_finished() then fails the test, as it does for a request that never came. So no assert
 * jumps out of library code or from another thread. */
#ifndef LK_TESTS_FAKE_WIRE_H
#define LK_TESTS_FAKE_WIRE_H

#include <latchkey/client.h>
#include <pthread.h>

typedef struct fake_exchange {
    /* Method and path, as in "GET /events"; with "?…" the whole query must be the same, without it
     * any query will do. The scheme and host are not compared: see wire.last_url. */
    const char *request;
    const char *query_has;    /* text within the query */
    const char *body_has;     /* text within the body */
    const char *body_lacks;   /* text that must not be there */
    const char *header_has;   /* "Name: value", name in any case */
    const char *header_lacks; /* a name */

    int status;
    const char *header;   /* one header of the answer, "Retry-After: 2" */
    const char *header_2; /* another one */
    const char *body;
    size_t body_len;  /* 0: strlen(body) */
    const char *file; /* the body, from tests/data; wins over body */

    lk_status failure;           /* anything but LK_OK: no answer, send() fails with this */
    const char *failure_message; /* NULL: "the fake wire was cut" */

    void (*during)(void *ctx); /* called while the request is on its way, on the sender's thread */
    void *during_ctx;
} fake_exchange;

typedef struct fake_wire {
    const fake_exchange *script;
    size_t n_script;
    pthread_mutex_t mutex; /* guards all below; not held while an exchange's during() runs */
    size_t n_requests;     /* so far, unexpected ones too */
    int n_freed;           /* calls of the transport's free() */
    char problem[512];     /* the first one; "" when there is none */
    char last_url[4096];
    char last_headers[4096]; /* "Name: value\n" each */
    char last_body[16384];
    int last_timeout_ms;
} fake_wire;

#define FAKE_WIRE(...)                                                                      \
    {                                                                                       \
        .script = (const fake_exchange[]){ __VA_ARGS__ },                                   \
        .n_script = sizeof((const fake_exchange[]){ __VA_ARGS__ }) / sizeof(fake_exchange), \
        .mutex = PTHREAD_MUTEX_INITIALIZER                                                  \
    }
/* No request is expected at all. */
#define FAKE_WIRE_SILENT                                  \
    {                                                     \
        .n_script = 0, .mutex = PTHREAD_MUTEX_INITIALIZER \
    }

/* wire must outlive the client. */
lk_transport fake_wire_use(fake_wire *wire);

/* Fails the test unless exactly the script was played. */
void fake_wire_finished(fake_wire *wire);

#endif
