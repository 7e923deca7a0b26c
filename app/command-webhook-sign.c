/* latchkey webhook sign: the header that WorkOS would send with a body. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "input.h"

#include <latchkey/events.h>
#include <stdlib.h>

#define MAX_BODY (16 * 1024 * 1024)

static void free_librarys_textp(char **text)
{
    lk_free(*text);
}

static lk_status sign(const app_arguments *given, lk_error *err)
{
    char *secret CLEANUP(free_secretp) = NULL;
    char *body CLEANUP(free_textp) = NULL;
    char *header CLEANUP(free_librarys_textp) = NULL;
    size_t len = 0;

    TRY(config_secret(given, "secret-file", "WORKOS_WEBHOOK_SECRET", &secret, err));
    if (secret == NULL)
        return failed(err, LK_ERR_INVALID, "no secret: set --secret-file or WORKOS_WEBHOOK_SECRET");
    TRY(read_input(stdin, MAX_BODY, &body, &len, err));
    TRY(lk_webhook_sign(secret, body, len, clock_wall_ms(), &header, err));
    if (arguments_has(given, "json"))
        printf("{\"header\":\"%s\"}\n", header);
    else
        puts(header);
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(sign(given, &err), &err);
}

static const app_option options[] = {
    { .name = "secret-file",
      .value = "FILE",
      .help = "The file with the endpoint's secret",
      .variable = "WORKOS_WEBHOOK_SECRET" },
    { .name = "json", .help = "Print JSON" },
};

const app_command command_webhook_sign = {
    .name = "webhook sign",
    .help = "Print the WorkOS-Signature header for a body from stdin",
    .details = "The header names this moment: it is taken for genuine for three "
               "minutes.\n" DETAILS_SECRETS,
    .examples = "  latchkey webhook sign --secret-file secret < body.json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
