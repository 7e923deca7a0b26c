/* Times on the command line that the mirror is shown as of. */
#ifndef APP_AS_OF_H
#define APP_AS_OF_H

#include "options.h"

#include <latchkey/mirror.h>

#define OPTION_AT                                                                           \
    {                                                                                       \
        .name = "at", .value = "TIME",                                                      \
        .help = "As it was then: 2026-03-02T08:00:00Z, 2026-03-02, or 2h for two hours ago" \
    }

/* 0 when the option was not given. LK_ERR_INVALID also for a time to come. */
LK_MUST_CHECK lk_status as_of(const app_arguments *given, const char *option, int64_t *out_ms,
                              lk_error *err);
/* Says on stderr when the log of events does not go back to then. at_ms 0: says nothing. */
void as_of_warn(int64_t at_ms, int64_t log_from_ms);
LK_MUST_CHECK lk_status as_of_check(lk_mirror *mirror, int64_t at_ms, lk_error *err);

#endif
