/* Moments as people type them on a command line. */
#ifndef APP_MOMENT_H
#define APP_MOMENT_H

#include <latchkey/error.h>

/* "2026-03-02T08:00:04.120Z" (RFC 3339; also a space for the T, no seconds, no zone: UTC), a date
 * alone (its beginning, UTC), or how long ago: "90s", "15m", "2h", "3d", also as "-2h". In Unix
 * milliseconds. LK_ERR_INVALID names the option and shows what is possible. */
LK_MUST_CHECK lk_status moment_parse(const char *option, const char *text, int64_t now_ms,
                                     int64_t *out_ms, lk_error *err);

#endif
