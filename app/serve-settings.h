/* What latchkey serve is told by flags, environment and files. */
#ifndef APP_SERVE_SETTINGS_H
#define APP_SERVE_SETTINGS_H

#include "options.h"
#include "server.h"

/* What the options own; freed after the server has stopped. */
typedef struct serve_settings {
    server_options server;
    char *store, *client_id, *base_url, *issuer, *redirect_uri, *cookie_name, *cookie_domain,
        *same_site;
    char *cookie_password, *cookie_password_previous, *webhook_secret, *webhook_secret_previous;
    lk_client *client;
} serve_settings;

/* No I/O but for secret files, the directories of ours that are made, and the key cache. */
LK_MUST_CHECK lk_status serve_settings_read(const app_arguments *given, serve_settings *own,
                                            lk_error *err);
void serve_settings_deinit(serve_settings *own);

/* --config-test: looks at each part on its own, and at whether the port is free and the store can
 * be used; prints a line for each. Returns the exit code that the first fault asks for. */
int serve_settings_test(const app_arguments *given);

#endif
