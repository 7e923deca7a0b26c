/* A local WorkOS for development and tests: sign-in pages, AuthKit and SSO grants, keys, events and
 * directories, in memory or in a file, on loopback only.
 *
 * It shares no code with lib/: a double that shares our bugs would hide them. Errors are sentences
 * for a person. An emulator may be started, stopped and asked from any thread; several may run in
 * one process. */
#ifndef EMULATOR_EMULATOR_H
#define EMULATOR_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EMULATOR_API_KEY        "sk_test_default"
#define EMULATOR_CLIENT_ID      "client_emulated"
#define EMULATOR_PORT           4100
#define EMULATOR_TOKEN_LIFETIME 300  /* seconds; WorkOS' own documentation shows this figure */
#define EMULATOR_SIMULATE_MS    6000 /* between two changes of the company */
#define EMULATOR_ERROR_SIZE     512

typedef struct emulator emulator;

typedef struct emulator_options {
    const char *host;       /* NULL: 127.0.0.1; only loopback addresses are accepted */
    int port;               /* 0: any free port */
    const char *seed_file;  /* NULL: the built-in company */
    const char *seed_json;  /* text of a seed; used when seed_file is NULL */
    const char *state_file; /* kept there across starts; a seed is read on the first only; NULL:
                               in memory */
    const char *api_key;    /* NULL: EMULATOR_API_KEY */
    const char *client_id;  /* NULL: EMULATOR_CLIENT_ID */
    const char *const
        *redirect_uris;   /* registered ones, ends with NULL; NULL: loopback, any port */
    int people;           /* fill the first directory up to this many; 0: as seeded */
    int simulate_ms;      /* 0: the company does not change by itself */
    int token_lifetime_s; /* of access tokens; 0: EMULATOR_TOKEN_LIFETIME */
    uint64_t random_seed; /* same seed, same changes; 0: different each time */
    bool control;         /* answer under /_latchkey/ */
    bool limits;          /* refuse who asks too often, as production does */
} emulator_options;

/* Starts answering in threads of its own. Returns 0, or -1 with a sentence in error. The options
 * are copied, except redirect_uris, which must outlive the emulator. Stop it with emulator_stop().
 */
int emulator_start(const emulator_options *options, emulator **out,
                   char error[EMULATOR_ERROR_SIZE]);

/* The address to give to a client, such as http://127.0.0.1:4100. Belongs to the emulator. */
const char *emulator_url(const emulator *self);

/* Ends all its threads and frees it. NULL is fine. */
void emulator_stop(emulator *self);

/* The program: prints one line of JSON when ready, ends on SIGINT or SIGTERM. Returns an exit code;
 * a failure has been told on stderr. Call it before any other thread is started. */
int emulator_run(const emulator_options *options);

#endif
