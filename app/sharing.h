/* What servers on one store share, so that a session lives in all of them: joins sign-in to the
 * mirror's store. A store that fails is told on stderr when it begins and when it ends. */
#ifndef APP_SHARING_H
#define APP_SHARING_H

#include "journal.h"
#include "pool.h"

#include <latchkey/web.h>
#include <stdatomic.h>

typedef struct sharing {
    pool *readers;
    const journal *log;
    atomic_bool is_failing;
    atomic_ullong n_revoked; /* times that somebody came with a session that was revoked */
} sharing;

/* For lk_web_options; self must outlive the lk_web. */
lk_refresh_lease sharing_lease(sharing *self);
lk_session_store sharing_sessions(sharing *self);

#endif
