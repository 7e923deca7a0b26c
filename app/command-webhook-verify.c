/* latchkey webhook verify: whether WorkOS sent this body. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "input.h"
#include "print.h"

#include <latchkey/events.h>
#include <stdlib.h>

#define MAX_BODY (16 * 1024 * 1024)

/* reason NULL: WorkOS sent it. */
static void print_as_json(const char *reason)
{
    bool first = true;

    putchar('{');
    print_json_name(stdout, &first, "genuine");
    fputs(reason == NULL ? "true" : "false", stdout);
    print_json_field(stdout, &first, "reason", reason);
    puts("}");
}

static lk_status verify(const app_arguments *given, lk_error *err)
{
    char *secret CLEANUP(free_secretp) = NULL;
    char *body CLEANUP(free_textp) = NULL;
    size_t len = 0;

    TRY(config_secret(given, "secret-file", "WORKOS_WEBHOOK_SECRET", &secret, err));
    if (secret == NULL)
        return failed(err, LK_ERR_INVALID, "no secret: set --secret-file or WORKOS_WEBHOOK_SECRET");
    TRY(read_input(stdin, MAX_BODY, &body, &len, err));
    lk_status status =
        lk_webhook_verify(secret, arguments_text(given, "header"), body, len, clock_wall_ms(),
                          (int)arguments_number(given, "tolerance", 0), err);
    if (arguments_has(given, "json") && (status == LK_OK || exit_code(err) == EXIT_REFUSED))
        print_as_json(status == LK_OK ? NULL : err->message);
    return status;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(verify(given, &err), &err);
}

static const app_option options[] = {
    { .name = "secret-file",
      .value = "FILE",
      .help = "The file with the endpoint's secret",
      .variable = "WORKOS_WEBHOOK_SECRET" },
    { .name = "header",
      .value = "TEXT",
      .help = "The value of the WorkOS-Signature header",
      .is_required = true },
    { .name = "tolerance",
      .value = "SECONDS",
      .help = "How far its time may be from ours (default: 180)",
      .is_number = true,
      .minimum = 1,
      .maximum = 2000000000L },
    { .name = "json", .help = "Print JSON" },
};

const app_command command_webhook_verify = {
    .name = "webhook verify",
    .help = "Check the WorkOS-Signature header of a body from stdin",
    .details = "Exit code 0: WorkOS sent it; 3: it did not, or too long ago.\n" DETAILS_SECRETS,
    .examples = "  latchkey webhook verify --secret-file secret \\\n"
                "      --header 't=1772438401000, v1=5257a8…' < body.json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
