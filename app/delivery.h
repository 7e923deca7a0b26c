/* Deliveries: events sent on to a server as webhooks, each shown as a row or as a line of JSON.
 * What listen and events resend share. */
#ifndef APP_DELIVERY_H
#define APP_DELIVERY_H

#include "options.h"
#include "print.h"

#include <latchkey/consumer.h>
#include <latchkey/forward.h>

/* Rows for the tables of commands. */
#define OPTION_FORWARD_TO                                                                         \
    {                                                                                             \
        .name = "forward", .value = "URL", .help = "Where to, such as http://localhost:3000/path" \
    }
#define OPTION_ALLOW_REMOTE                                                             \
    {                                                                                   \
        .name = "allow-remote",                                                         \
        .help = "Also forward to another machine: over https, and its name is verified" \
    }
#define OPTION_SECRET_FILE                                                            \
    {                                                                                 \
        .name = "secret-file", .value = "FILE",                                       \
        .help = "The file with the webhook secret to sign with (default: made once)", \
        .variable = "WORKOS_WEBHOOK_SECRET"                                           \
    }

/* The name of a consumer that forwards to a URL begins with this, and goes on with the URL up to
 * its query. */
#define DELIVERY_CONSUMER "listen "

/* How long a receiver may take. */
#define DELIVERY_TIMEOUT_MS 10000

typedef struct delivery {
    lk_forward *forward;
    print_table table;
    bool as_json;
} delivery;

/* The secret of --secret-file or WORKOS_WEBHOOK_SECRET; else the one that is kept below
 * $XDG_STATE_HOME, made at first. *path is its file then, else NULL; *is_new: nobody knows it yet.
 * Free *out with free_secretp(), *path with free(). */
LK_MUST_CHECK lk_status delivery_secret(const app_arguments *given, char **out, char **path,
                                        bool *is_new, lk_error *err);
/* Takes OPTION_ALLOW_REMOTE and "json". Clear it with delivery_deinit(). */
LK_MUST_CHECK lk_status delivery_init(delivery *self, const app_arguments *given, const char *url,
                                      const char *secret, lk_error *err);
void delivery_deinit(delivery *self);

/* Sends one event and shows what became of it. attempt: 1 for the first. gives_up: whether a
 * refusal is the last. As lk_forward_send(); LK_ERR_STORE: nobody reads standard output any more.
 */
LK_MUST_CHECK lk_status delivery_send(delivery *self, const lk_mirror_event *event, int attempt,
                                      bool is_replay, bool gives_up, lk_error *err);

#endif
