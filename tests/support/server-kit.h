/* Servers that share a store: each with a web_kit of its own, one database for all. */
#ifndef LK_TESTS_SERVER_KIT_H
#define LK_TESTS_SERVER_KIT_H

#include "shared-store.h"
#include "web-kit.h"

#define RENEWAL "POST /user_management/authenticate"
#define REFUSAL \
    RENEWAL, .status = 400, .body = "{\"error\":\"invalid_grant\",\"error_description\":\"spent\"}"

#define SERVER_LEASE_MS  20000
#define SERVER_MEMORY_MS 30000

typedef struct server {
    web_kit kit;
    shared_store store;
} server;

/* For cmocka: the database. */
int server_kit_set_up(void **state);
int server_kit_tear_down(void **state);
/* A new one in its place, for the next row of a table. */
void server_kit_start_over(void);

/* The keys are known, and the jar is empty; sessions go into cookies. change may be NULL. */
void server_kit_open(server *self, fake_wire *wire, void (*change)(lk_web_options *options));
/* The same, with sessions kept there. */
void server_kit_open_at(server *self, fake_wire *wire, lk_session_storage storage);
/* With a stale session of rt_01 in the jar. */
void server_kit_open_stale(server *self, fake_wire *wire);
void server_kit_close(server *self, fake_wire *wire);

/* As a browser does; the wire's script has the exchange. */
void server_kit_sign_in(server *self);
/* The session cookie in the jar, until the next call; NULL: none. */
const char *server_kit_cookie(const server *self);

/* GET /app: with a session or without one; no cookie is touched. */
void server_kit_expect(server *self, bool somebody);
/* With a token issued at noon and a cookie for it; without a session or a cookie; with
 * an error that says so, and the session kept. */
void server_kit_expect_signed_in(server *self);
void server_kit_expect_signed_out(server *self);
void server_kit_expect_failure(server *self, lk_status status, const char *words);

/* Another process that holds the lease: from the first look of the server at it. */
typedef struct server_holder {
    server *of;
    int64_t fence;
    int finishes_at; /* before which look of the waiting one; 0: never */
    const char *result;
    bool keeps_on;
} server_holder;

void server_kit_hold(server_holder *holder);

#endif
