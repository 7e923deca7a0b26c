/* The file that a store lives in: made private, and checked before a database is opened on it. */
#ifndef LK_MIRROR_STORE_FILE_H
#define LK_MIRROR_STORE_FILE_H

#include "base/error.h"

/* Creates missing parent directories (0700) and a missing file (0600, whatever the umask). An
 * existing file is never opened here: closing a descriptor would drop the locks that another
 * connection of this process holds on it. LK_ERR_STORE names file and cause. */
LK_MUST_CHECK lk_status lk__store_file_prepare(const char *path, lk_error *err);

/* Bytes of the log that SQLite keeps beside the file; 0 when there is none. */
int64_t lk__store_file_log_size(const char *path);

/* The path as messages show it: the end of a very long one. */
#define LK__SHOWN_PATH_SIZE 128
void lk__store_file_shown(const char *path, char out[LK__SHOWN_PATH_SIZE]);

#endif
