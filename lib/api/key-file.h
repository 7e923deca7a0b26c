/* The signing keys on disk, for programs that start while WorkOS is out of reach. */
#ifndef LK_API_KEY_FILE_H
#define LK_API_KEY_FILE_H

#include "base/buf.h"

#include <stdint.h>

enum { LK__MAX_KEY_SET = 256 * 1024 }; /* bytes of a key set as WorkOS sends it */

/* Whose keys they are. */
typedef struct lk__key_file {
    const char *path;
    const char *client_id;
    const char *base_url;
} lk__key_file;

/* Appends the key set as JSON text. LK_ERR_NOT_FOUND: there is no file. LK_ERR_STORE: it cannot be
 * read, others could have written to it, it is damaged, of another client or base URL, of the
 * future, or older than max_age_ms; the message says which. */
LK_MUST_CHECK lk_status lk__key_file_read(const lk__key_file *file, int64_t now_ms,
                                          int64_t max_age_ms, lk__buf *keys, int64_t *fetched_at_ms,
                                          lk_error *err);
/* Replaces the file at once or not at all; keys is JSON. LK_ERR_STORE names file and cause. */
LK_MUST_CHECK lk_status lk__key_file_write(const lk__key_file *file, int64_t fetched_at_ms,
                                           const lk__buf *keys, lk_error *err);

#endif
