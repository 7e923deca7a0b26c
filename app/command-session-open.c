/* latchkey session open: a session cookie in, the JSON inside out. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "input.h"
#include "print.h"

#include <latchkey/session.h>
#include <string.h>

#define MAX_SEAL (2 * 1024 * 1024)

static lk_status open_seal(const app_arguments *given, lk_error *err)
{
    char *password CLEANUP(free_secretp) = NULL;
    char *sealed CLEANUP(free_secretp) = NULL;
    char *json CLEANUP(free_librarys_secretp) = NULL;

    TRY(config_secret(given, "password-file", "WORKOS_COOKIE_PASSWORD", &password, err));
    if (password == NULL)
        return failed(err, LK_ERR_INVALID,
                      "no password: set --password-file or WORKOS_COOKIE_PASSWORD");
    TRY(read_input_text(stdin, MAX_SEAL, &sealed, err));
    TRY(lk_open_text(password, sealed, clock_wall_ms(), &json, err));
    print_json_raw(stdout, json, strlen(json));
    putchar('\n');
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(open_seal(given, &err), &err);
}

static const app_option options[] = {
    { .name = "password-file",
      .value = "FILE",
      .help = "The file with the cookie password",
      .variable = "WORKOS_COOKIE_PASSWORD" },
    { .name = "json", .help = "Print JSON, as is done in any case" },
};

const app_command command_session_open = {
    .name = "session open",
    .help = "Open a sealed session cookie from stdin and print its JSON",
    .details = "Exit code 3: it does not open with this password, or it has expired.\n"
               "What it prints holds tokens: treat it as a secret.\n" DETAILS_SECRETS,
    .examples = "  latchkey session open --password-file password < cookie\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
