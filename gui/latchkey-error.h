/* The library's errors as GErrors, and what to tell a person about each. */
#pragma once

#include <gio/gio.h>
#include <latchkey/error.h>

G_BEGIN_DECLS

#define LATCHKEY_ERROR (latchkey_error_quark())

typedef enum {
    LATCHKEY_ERROR_FAILED,    /* anything without a class of its own */
    LATCHKEY_ERROR_CONFIG,    /* an environment variable is missing or wrong */
    LATCHKEY_ERROR_NETWORK,   /* no answer: worth another try */
    LATCHKEY_ERROR_DENIED,    /* the person, or WorkOS on their behalf, said no */
    LATCHKEY_ERROR_TIMEOUT,   /* the browser did not come back in time */
    LATCHKEY_ERROR_ENDED,     /* WorkOS will not renew this session: sign in again */
    LATCHKEY_ERROR_REFUSED,   /* WorkOS refused the request */
    LATCHKEY_ERROR_ANSWER,    /* an answer that cannot be read or trusted */
    LATCHKEY_ERROR_LOCKED,    /* the keyring is locked */
    LATCHKEY_ERROR_STORE,     /* the local database failed */
    LATCHKEY_ERROR_SERVER,    /* the same of a Latchkey server */
    LATCHKEY_ERROR_SLOW,      /* asked too often: wait as long as they say */
    LATCHKEY_ERROR_KEY,       /* the API key is wrong, expired or revoked */
    LATCHKEY_ERROR_MAY_NOT,   /* the API key lacks the permission */
    LATCHKEY_ERROR_NOT_SHOWN, /* a Latchkey server shows this person nothing */
} LatchkeyErrorCode;

GQuark latchkey_error_quark(void);

/* The message is the library's own sentence with WorkOS' request id behind it; it holds no secret.
 */
GError *latchkey_error_new(const lk_error *err);
/* The same of a call that carried a credential: an API key, or the access token of a server. */
GError *latchkey_error_new_of_feed(const lk_error *err, gboolean is_server);

/* A heading and one sentence of advice in the person's language. Static storage. */
const char *latchkey_error_heading(const GError *error);
const char *latchkey_error_advice(const GError *error);

/* Whether waiting may cure it, so that a session is kept and tried again. */
gboolean latchkey_error_is_transient(const GError *error);

/* For the end of a task: TRUE where it was given up, so that whatever came is dropped. The object
 * that waited may be gone by then. Frees the error if so; NULL is fine. */
gboolean latchkey_error_drop_cancelled(GError *error);

G_END_DECLS
