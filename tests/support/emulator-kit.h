/* For tests of the emulator: one that runs on a free port with its company standing still, calls
 * over real HTTP, and short words for what came back. One emulator and one last answer at a time.
 */
#ifndef TESTS_EMULATOR_KIT_H
#define TESTS_EMULATOR_KIT_H

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "emulator/emulator.h"

#define MIRA      "mira.holt@juniper.example"
#define SAMUEL    "samuel.adeyemi@juniper.example"
#define JUNIPER   "org_01JUNIPER00000000000000W0RK"
#define HARBOR    "org_01HARB0R000000000000000P1NE"
#define STAFF     "directory_01JUNIPER00000000000STAFF"
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" /* RFC 7636, appendix B */
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define CALLBACK  "http%3A%2F%2F127.0.0.1%3A9%2Fcallback"
#define JSON      "application/json"
#define FORM      "application/x-www-form-urlencoded"
#define WITH_PKCE "provider=authkit&code_challenge=" CHALLENGE "&code_challenge_method=S256"
#define SIZE      512 /* of codes and tokens */

typedef struct answer {
    long status;
    int failed; /* libcurl's code; 0: an answer came, whole */
    char *body; /* NULL: empty */
    size_t len;
    char location[2048], request_id[128], type[128], retry_after[32], date[64];
    cJSON *json; /* NULL: the body is no JSON */
} answer;

extern answer last; /* of the latest call; until the next one */

int emulator_kit_start(emulator_options options); /* 0, or -1 */
int emulator_kit_set_up(void **state);            /* for cmocka: a default one */
int emulator_kit_tear_down(void **state);
const char *emulator_kit_url(void);
/* Calls go there from now on, to an emulator in another process; NULL: to the one here again. */
void emulator_kit_point_at(const char *url);

/* key NULL: no Authorization. type and body NULL: none. Returns the status. */
long call_as(const char *key, const char *method, const char *path, const char *type,
             const char *body);
long get(const char *path); /* with the API key */
long control(const char *method, const char *path, const char *body);

/* Member by a path such as data.0.id; NULL when it is not there. */
const cJSON *at(const cJSON *from, const char *path);
/* Of the last answer; "" and 0 when it is not there, so that a comparison fails and not the test.
 */
const char *text(const char *path);
int count(const char *path);

void parameter(const char *url, const char *name, char out[SIZE]);
/* The path of a sign-in with these parameters more; until the next call. */
const char *authorize(const char *more);
void sign_in(const char *more, const char *click, char out_code[SIZE]);
long redeem(const char *code, const char *verifier);
long refresh(const char *token, const char *more);
void full_sign_in(const char *click); /* the tokens are in the last answer */

cJSON *claims_of(const char *token);
bool is_signed(const char *token); /* by the key that the emulator publishes; by mbedTLS alone */

/* The bytes as they are over a plain socket; what comes back, at most out_size - 1, ended by NUL.
 */
size_t call_raw(const char *bytes, size_t len, char *out, size_t out_size);

#endif
