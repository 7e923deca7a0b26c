/* Settings: a flag beats the environment, the environment beats the default.
 *
 * A secret is never a flag's value, since a command line can be read by everybody on the machine.
 * It comes from NAME, from the file that NAME_FILE names, or from systemd's credentials
 * ($CREDENTIALS_DIRECTORY/NAME), in this order. Errors name the variable or flag, never the value.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "options.h"

#include <latchkey/client.h>
#include <latchkey/mirror.h>

/* Rows for the tables of commands. */
#define OPTION_JSON                                               \
    {                                                             \
        .name = "json", .help = "Print JSON, one object per line" \
    }
#define OPTION_STORE                                                                \
    {                                                                               \
        .name = "store", .value = "URL",                                            \
        .help = "The mirror's database: sqlite:PATH or postgresql://HOST/DATABASE " \
                "(default: sqlite:$XDG_STATE_HOME/latchkey/mirror.db)",             \
        .variable = "LATCHKEY_STORE"                                                \
    }
#define OPTION_KEEP_DAYS                                                                    \
    {                                                                                       \
        .name = "keep-days", .value = "N",                                                  \
        .help = "Forget events that are older; people and groups stay (default: keep all)", \
        .is_number = true, .minimum = 1, .maximum = 36500                                   \
    }
#define OPTION_ORGANIZATION                                                        \
    {                                                                              \
        .name = "organization", .value = "ID", .help = "Only of this organization" \
    }
#define OPTION_DIRECTORY                                                     \
    {                                                                        \
        .name = "directory", .value = "ID", .help = "Only of this directory" \
    }
#define OPTION_AFTER                                                                     \
    {                                                                                    \
        .name = "after", .value = "ID", .help = "Only what follows the one with this id" \
    }
#define OPTION_LIMIT                                                                     \
    {                                                                                    \
        .name = "limit", .value = "N", .help = "Print at most this many (default: all)", \
        .is_number = true, .minimum = 1, .maximum = 1000000000                           \
    }
#define OPTION_CLIENT_ID                                                    \
    {                                                                       \
        .name = "client-id", .value = "ID", .help = "The WorkOS client id", \
        .variable = "WORKOS_CLIENT_ID"                                      \
    }
#define OPTION_BASE_URL                                              \
    {                                                                \
        .name = "base-url", .value = "URL",                          \
        .help = "Where WorkOS is (default: https://api.workos.com)", \
        .variable = "WORKOS_API_BASE_URL"                            \
    }
#define OPTION_API_KEY_FILE                                                           \
    {                                                                                 \
        .name = "api-key-file", .value = "FILE", .help = "The file with the API key", \
        .variable = "WORKOS_API_KEY"                                                  \
    }
#define OPTION_KEY_CACHE                                                                \
    {                                                                                   \
        .name = "key-cache", .value = "FILE|none",                                      \
        .help = "Where WorkOS' signing keys wait for a start while it is out of reach " \
                "(default: below $XDG_CACHE_HOME/latchkey)",                            \
        .variable = "LATCHKEY_KEY_CACHE"                                                \
    }
#define OPTION_SYNC                                                                     \
    {                                                                                   \
        .name = "sync",                                                                 \
        .help = "Keep the mirror up to date meanwhile, where no serve or sync run does" \
    }
/* For details, as their last paragraph: what the rows of secrets leave open. */
#define DETAILS_SECRETS                                                                        \
    "\nA secret is read from the file that its flag names, from its variable, from the file\n" \
    "that VARIABLE_FILE names, or from $CREDENTIALS_DIRECTORY/VARIABLE (systemd), in this\n"   \
    "order.\n"

/* *out is NULL when neither the flag (name may be NULL: there is none) nor the variable is set; an
 * empty variable counts as unset. Free *out with free(). */
LK_MUST_CHECK lk_status config_text(const app_arguments *given, const char *name,
                                    const char *variable, char **out, lk_error *err);
/* The same for a secret; the flag, if any, names a file. Free *out with free_secretp(). */
LK_MUST_CHECK lk_status config_secret(const app_arguments *given, const char *file_option,
                                      const char *variable, char **out, lk_error *err);
/* A secret out of a file, without the line end; what names it in errors. */
LK_MUST_CHECK lk_status config_read_secret(const char *what, const char *path, char **out,
                                           lk_error *err);
/* A new one: prefix and 64 digits. Free *out with free_secretp(). */
LK_MUST_CHECK lk_status config_make_secret(const char *prefix, char **out, lk_error *err);
/* A whole number from a variable; otherwise when it is not set. */
LK_MUST_CHECK lk_status config_number(const char *variable, int64_t minimum, int64_t maximum,
                                      int64_t otherwise, int64_t *out, lk_error *err);
/* WorkOS' address: --base-url, WORKOS_API_BASE_URL, or from WORKOS_API_HOSTNAME, _HTTPS and _PORT;
 * NULL when none is set. */
LK_MUST_CHECK lk_status config_base_url(const app_arguments *given, char **out, lk_error *err);
/* Whether it is an address of this machine. */
bool config_is_local_url(const char *url);
/* The path of a file of ours below $XDG_STATE_HOME, or ~/.local/state; its directory is made. Free
 * *out with free(). */
LK_MUST_CHECK lk_status config_state_path(const char *name, char **out, lk_error *err);
/* The store's URL; without a setting one below $XDG_STATE_HOME, whose directory is made. */
LK_MUST_CHECK lk_status config_store(const app_arguments *given, char **out, lk_error *err);

/* The file for the signing keys of this client id; without a setting one below $XDG_CACHE_HOME,
 * whose directory is made. *out is NULL for "none", and where there is no place for it: what is
 * kept there is not worth a failure. */
LK_MUST_CHECK lk_status config_key_cache(const app_arguments *given, const char *client_id,
                                         char **out, lk_error *err);

/* Opens the mirror in that store. */
LK_MUST_CHECK lk_status config_mirror(const app_arguments *given, lk_mirror **out, lk_error *err);

typedef enum config_needs {
    CONFIG_NEEDS_KEY = 1,       /* an API key must be there; else one is used if it is */
    CONFIG_NEEDS_CLIENT_ID = 2, /* else a placeholder stands in: nobody signs in */
    CONFIG_KEEPS_KEYS = 4       /* takes OPTION_KEY_CACHE: for those that run for long */
} config_needs;

/* A client from the rows above, WORKOS_ISSUER included. */
LK_MUST_CHECK lk_status config_client(const app_arguments *given, unsigned needs, lk_log log,
                                      lk_client **out, lk_error *err);

#endif
