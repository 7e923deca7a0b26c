/* The server as it runs, in this process, and a browser that visits it: real HTTP on loopback,
 * against the emulator, with a store of its own. */
#ifndef TESTS_SERVE_KIT_H
#define TESTS_SERVE_KIT_H

#include "emulator-kit.h"

#include "server.h"

#include <curl/curl.h>
#include <string.h>

#define SERVE_KIT_SECRET "whsec_test_only"
#define N_WATCHERS       8
#define MIRA_ID          "user_01JUNIPER0000000000000MIRA"

#define assert_has(part)                                                         \
    do {                                                                         \
        if (strstr(got.body, (part)) == NULL)                                    \
            fail_msg("status %ld lacks \"%s\": %s", got.status, part, got.body); \
    } while (0)
#define assert_lacks(part)                                                     \
    do {                                                                       \
        if (strstr(got.body, (part)) != NULL)                                  \
            fail_msg("status %ld has \"%s\": %s", got.status, part, got.body); \
    } while (0)

/* Made anew for each test. */
extern struct serve_kit {
    char directory[64], store[96];
    lk_client *client;
    server_options options;
    server *running;
    CURL *browser; /* keeps cookies */
} it;

/* The last answer; body is never NULL. */
extern struct serve_kit_answer {
    long status;
    char *body;
    size_t len;
    int failed;             /* libcurl's code */
    const char *stop_at;    /* end the transfer once this has come */
    void (*at_first)(void); /* run when something comes, once */
} got;

int serve_kit_set_up(void **state);
int serve_kit_tear_down(void **state);

/* Empties the answer: before each visit. */
void forget(void);
/* path may be a whole address. Returns the status. */
long visit(const char *path, const char *header, const char *form);
/* Forgets, and visits with GET. */
long ask(const char *path);
const char *redirect(char out[8192]);
void sign_in_as(const char *user_id);
/* The feed runs on its own thread: asks until the answer holds the part. */
void wait_for(const char *path, const char *part);

#endif
