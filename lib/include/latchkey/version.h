/* The version of the headers, and of the library that is loaded. */
#ifndef LATCHKEY_VERSION_H
#define LATCHKEY_VERSION_H

#include <latchkey/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LK_VERSION_MAJOR 0
#define LK_VERSION_MINOR 1
#define LK_VERSION_PATCH 0
#define LK_VERSION       "0.1.0"

/* The loaded library's version, e.g. "0.1.0". Static storage. */
LK_API const char *lk_version(void);

#ifdef __cplusplus
}
#endif
#endif
