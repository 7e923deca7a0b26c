/* Who is signed in on the command line: the tokens of "latchkey login", in a file that its owner
 * alone can read (0600), below $XDG_STATE_HOME. One at a time.
 *
 * WorkOS rotates refresh tokens: between reading one and writing its successor the file must stay
 * locked, or two commands that run side by side spend the same one. */
#ifndef APP_CREDENTIALS_H
#define APP_CREDENTIALS_H

#include <latchkey/session.h>

typedef struct credentials {
    char *client_id;
    char *base_url;      /* of WorkOS; NULL: the real one */
    char *access_token;  /* secret */
    char *refresh_token; /* secret; NULL: the session cannot be renewed */
    char *session_id;    /* NULL: WorkOS named none */
    char *user_id;
    char *email;
    char *name; /* NULL: WorkOS knows none */
} credentials;

void credentials_clear(credentials *kept);
#define auto_credentials CLEANUP(credentials_clear) credentials

/* Fills *out, which is empty before, from what a grant returned and the session in its verified
 * token: all of it, or nothing. */
LK_MUST_CHECK lk_status credentials_take(credentials *out, const char *client_id,
                                         const char *base_url,
                                         const lk_authentication *authentication,
                                         const lk_session *session, lk_error *err);

/* The file, locked until credentials_close(). */
typedef struct credentials_file {
    char *path;
    int lock; /* -1: not open */
} credentials_file;

#define CREDENTIALS_FILE_CLOSED  \
    {                            \
        .path = NULL, .lock = -1 \
    }

/* Waits for others who have it locked. LK_ERR_STORE names the path. */
LK_MUST_CHECK lk_status credentials_open(credentials_file *out, lk_error *err);
void credentials_close(credentials_file *file);
#define auto_credentials_file CLEANUP(credentials_close) credentials_file

/* *found: false, and *out as it was, when nobody is signed in. LK_ERR_STORE: the file cannot be
 * read, is not ours, or others may read it. */
LK_MUST_CHECK lk_status credentials_read(const credentials_file *file, credentials *out,
                                         bool *found, lk_error *err);
/* Replaces the file in one step: after a failure the old one still stands. */
LK_MUST_CHECK lk_status credentials_write(const credentials_file *file, const credentials *kept,
                                          lk_error *err);
/* Nobody is signed in any more. It is fine when nobody was. */
LK_MUST_CHECK lk_status credentials_remove(const credentials_file *file, lk_error *err);

#endif
