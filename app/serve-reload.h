/* New secrets for a server that runs. */
#ifndef APP_SERVE_RELOAD_H
#define APP_SERVE_RELOAD_H

#include "serve-settings.h"

/* Reads the files of the secrets anew: cookie password, API key, webhook secret; and the
 * certificate. Nobody is signed out: the cookie password until now still opens. Where one of them
 * cannot be used all stay as they were, and the error says why. Main thread. */
LK_MUST_CHECK lk_status serve_reload(const app_arguments *given, serve_settings *own,
                                     server *running, lk_error *err);

#endif
