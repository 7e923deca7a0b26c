/* A transport that is the state API: directories with groups and users, page by page, and the odd
 * habits of the real service. Events come from a fake_feed beside it. */
#ifndef LK_TESTS_FAKE_DIRECTORY_H
#define LK_TESTS_FAKE_DIRECTORY_H

#include "fake-clock.h"
#include "fake-feed.h"

enum { FAKE_DIRECTORIES = 4, FAKE_GROUPS = 3 }; /* at most; groups in each directory */

typedef struct fake_user {
    char id[32];
    int directory;
    char name[32];
    unsigned groups; /* bit n: in group n of its directory */
    bool is_gone;
} fake_user;

/* Directories are "dir_0", …, of "org_0", …; their groups "group_0_0", …; users what fill() made.
 */
typedef struct fake_directory {
    fake_clock *clock;
    fake_feed *feed; /* NULL: no events */
    int n_directories;
    bool is_gone[FAKE_DIRECTORIES];
    fake_user *users; /* by id */
    size_t n_users;
    size_t page;            /* entries in one; 0: 100 */
    int refuses;            /* this directory's lists are answered 404; -1: none */
    int all_refused;        /* status of every answer of the state API; 0: none */
    bool refuses_places;    /* any list behind its first page is answered 422 */
    bool is_unreadable;     /* a user in each page of users is no object */
    bool ignores_directory; /* as the official emulator does */
    int64_t fails_at;       /* the request that finds no network, counted from 1; 0: none */
    int64_t n_requests;     /* of the state API, so far */
    void (*during)(void *ctx, const char *url); /* called before each answer; NULL: nothing */
    void *during_ctx;
    int64_t asked_at_ms[FAKE_DIRECTORIES]; /* last time */
    int64_t shortest_ms;                   /* between two requests for one directory */
} fake_directory;

/* n users, spread over the directories and their groups. free() .users. */
void fake_directory_fill(fake_directory *directory, int n_directories, size_t n_users);
lk_transport fake_directory_use(fake_directory *directory);

/* As an event's data, or the API's; size of out is 1024. */
void fake_directory_user_json(const fake_user *user, bool with_groups, char *out);

#endif
