/* Customers' directories that live in an emulator: changed by chance through its control API, with
 * the events that it told of them, and what its state API said at a few moments on the way.
 *
 * The same seed makes the same changes. They follow each other as fast as HTTP allows, so some
 * share their millisecond. Needs an emulator of emulator-kit.h. */
#ifndef LK_TESTS_COMPANY_H
#define LK_TESTS_COMPANY_H

#include <cjson/cJSON.h>
#include <pthread.h>

#include "fake-feed.h"
#include "mirror-kit.h"

enum { COMPANY_MOMENTS = 3, COMPANY_MOST = 40 }; /* directories, at most */

/* Lists of the state API. */
typedef struct moment {
    int64_t now_ms; /* the emulator's clock */
    size_t n_events;
    cJSON *directories;
    cJSON *groups[COMPANY_MOST]; /* NULL: the directory is not there */
    cJSON *users[COMPANY_MOST];
} moment;

typedef struct company {
    uint64_t seed;
    unsigned n_directories;
    bool ids_return; /* what was deleted may come back under its id */
    unsigned n_same; /* events of the same millisecond as the one before */
    kit_event *events;
    size_t n_events;
    moment moments[COMPANY_MOMENTS]; /* the last one is the end */
} company;

/* Empties the emulator, and lets so many directories live there. Fails the test when it cannot. */
void company_live(company *self, uint64_t seed, unsigned n_directories);
void company_clear(company *self);

/* What a mirror should show at the end, a line for each. Free with free(). */
char *company_truth(const company *self);
/* What a mirror shows, in the same words. */
char *company_seen_in(lk_mirror *mirror);

/* ---- As an API ---- */

/* Answers from what the state API said at a moment, and from the events so far; to any thread. */
typedef struct company_api {
    const company *company;
    size_t at;       /* the moment */
    fake_feed *feed; /* answers for the events */
    size_t page;     /* entries in one */
    int slow_ms;     /* how long an answer takes; 0: no time */
    pthread_mutex_t mutex;
    int n_now, n_most;   /* requests side by side */
    unsigned n_requests; /* for lists */
} company_api;

lk_transport company_api_use(company_api *api);

#endif
