/* A reconciliation on the command line: what to do, progress, and what came of it. */
#ifndef APP_RECONCILING_H
#define APP_RECONCILING_H

#include "options.h"

#include <latchkey/reconcile.h>
#include <signal.h>

typedef struct reconciling {
    lk_client *client;
    lk_mirror *mirror;
    lk_reconcile_options options; /* all but client and mirror may be set once it is open */
    bool as_json;
    lk_reconcile_progress progress; /* at the end */
    sigset_t ends;                  /* SIGINT, SIGTERM: taken between two pages */
    bool is_stopped;                /* by one of them */
} reconciling;

/* Opens client and mirror; close with reconciling_close(). */
LK_MUST_CHECK lk_status reconciling_open(const app_arguments *given, reconciling *out,
                                         lk_error *err);
void reconciling_close(reconciling *self);

/* Events up to now, then the walk, then the events since: the mirror is right at the end. Short
 * troubles of the network are sat out. Shows progress on a terminal, prints what differed, and
 * fails when the walk was held, or was stopped by a signal. */
LK_MUST_CHECK lk_status reconciling_run(reconciling *self, lk_error *err);

#endif
