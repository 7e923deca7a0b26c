/* latchkey session seal: JSON in, the seal of a session cookie out. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "input.h"

#include <latchkey/session.h>

#define MAX_JSON (1024 * 1024)

static lk_status seal(const app_arguments *given, lk_error *err)
{
    char *password CLEANUP(free_secretp) = NULL;
    char *json CLEANUP(free_secretp) = NULL;
    char *sealed CLEANUP(free_librarys_secretp) = NULL;

    TRY(config_secret(given, "password-file", "WORKOS_COOKIE_PASSWORD", &password, err));
    if (password == NULL)
        return failed(err, LK_ERR_INVALID,
                      "no password: set --password-file or WORKOS_COOKIE_PASSWORD");
    TRY(read_input_text(stdin, MAX_JSON, &json, err));
    TRY(lk_seal_text(password, json, (int)arguments_number(given, "ttl", 0), &sealed, err));
    if (arguments_has(given, "json"))
        printf("{\"seal\":\"%s\"}\n", sealed);
    else
        puts(sealed);
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(seal(given, &err), &err);
}

static const app_option options[] = {
    { .name = "password-file",
      .value = "FILE",
      .help = "The file with the cookie password",
      .variable = "WORKOS_COOKIE_PASSWORD" },
    { .name = "ttl",
      .value = "SECONDS",
      .help = "Let the seal expire (default: never)",
      .is_number = true,
      .minimum = 1,
      .maximum = 400L * 24 * 3600 },
    { .name = "json", .help = "Print JSON" },
};

const app_command command_session_seal = {
    .name = "session seal",
    .help = "Seal JSON from stdin as @workos-inc/node would",
    .details = "Prints the seal: the value of a session cookie, for whoever has the same "
               "password.\n" DETAILS_SECRETS,
    .examples = "  latchkey session seal --password-file password < session.json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
