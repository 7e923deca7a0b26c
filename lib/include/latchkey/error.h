/* Errors: how every call of the library reports failure. */
#ifndef LATCHKEY_ERROR_H
#define LATCHKEY_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LK_API        __attribute__((__visibility__("default")))
#define LK_MUST_CHECK __attribute__((__warn_unused_result__))
/* Declares a local owner that is freed when it goes out of scope:
 *     lk_auto(lk_client) client = NULL; */
#define lk_auto(type) __attribute__((__cleanup__(type##_freep))) type *
#else
#define LK_API
#define LK_MUST_CHECK
#endif

/* What went wrong, in classes that ask for different actions. */
typedef enum lk_status {
    LK_OK = 0,
    LK_ERR_INVALID,      /* the caller passed something impossible: fix the call */
    LK_ERR_NO_MEMORY,    /* an allocation failed; nothing was changed */
    LK_ERR_NETWORK,      /* no answer (DNS, TCP, TLS, time limit): try later */
    LK_ERR_API,          /* WorkOS refused: see http_status and reason */
    LK_ERR_RATE_LIMITED, /* WorkOS asks to wait: see retry_after */
    LK_ERR_PROTOCOL,     /* an answer we cannot read: try later, report it */
    LK_ERR_SIGNATURE,    /* forged or damaged: never retry */
    LK_ERR_EXPIRED,      /* genuine but too old: refresh or sign in again */
    LK_ERR_NO_KEY,       /* unknown key id: lk_client_refresh_keys(), then once more */
    LK_ERR_STATE,        /* a sign-in reply that this browser did not ask for: start again */
    LK_ERR_NOT_FOUND,    /* no such record */
    LK_ERR_STORE,        /* the database failed: the message names file and cause */
    LK_ERR_CANCELLED     /* stopped on request */
} lk_status;

/* Lent by the caller; fixed storage: nothing to free, safe to copy. Every fallible call takes one
 * last, and accepts NULL. A call clears it on entry, so one lk_error serves a whole loop. */
typedef struct lk_error {
    lk_status status;
    int http_status;             /* 0 when no answer arrived */
    int retry_after;             /* seconds, 0 when not told */
    char request_id[64];         /* WorkOS request id, "" when none */
    char reason[64];             /* machine word from the answer, e.g. "invalid_grant"; of a store's
                                    file that is no database any more: "damaged" */
    char message[256];           /* one sentence for people; never holds a secret */
    unsigned char reserved[116]; /* room to grow: the struct stays at 512 bytes */
} lk_error;

#define LK_ERROR_INIT                     \
    {                                     \
        LK_OK, 0, 0, { 0 }, { 0 }, { 0 }, \
        {                                 \
            0                             \
        }                                 \
    }

/* The name of a status, e.g. "LK_ERR_EXPIRED"; "LK_ERR_?" for an unknown one. Static storage. */
LK_API const char *lk_status_name(lk_status status);

/* Frees a char * that the library handed out; NULL is fine. Secrets in it are not wiped: see
 * lk_free_secret(). */
LK_API void lk_free(void *text);

/* Wipes a NUL-terminated string that the library handed out, then frees it; NULL is fine. */
LK_API void lk_free_secret(char *text);

#ifdef __cplusplus
}
#endif
#endif
