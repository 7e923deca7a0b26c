/* latchkey emulate: a local WorkOS for development and tests. */
#include "command.h"
#include "emulator/emulator.h"
#include "fail.h"

#define MAX_REDIRECT_URIS 32

static int run(const app_arguments *given)
{
    const char *uris[MAX_REDIRECT_URIS + 1] = { NULL };
    for (size_t i = 0; i < MAX_REDIRECT_URIS; i++)
        uris[i] = arguments_nth(given, "redirect-uri", i);
    lk_error err = LK_ERROR_INIT;
    if (arguments_nth(given, "redirect-uri", MAX_REDIRECT_URIS) != NULL) {
        failed(&err, LK_ERR_INVALID, "at most %d --redirect-uri may be given", MAX_REDIRECT_URIS);
        return complain(&err);
    }
    return emulator_run(&(emulator_options){
        .host = arguments_text(given, "host"),
        .port = (int)arguments_number(given, "port", EMULATOR_PORT),
        .seed_file = arguments_text(given, "seed"),
        .state_file = arguments_text(given, "state"),
        .api_key = arguments_text(given, "api-key"),
        .client_id = arguments_text(given, "client-id"),
        .redirect_uris = uris[0] ? uris : NULL,
        .people = (int)arguments_number(given, "people", 0),
        .simulate_ms = (int)arguments_number(given, "simulate", EMULATOR_SIMULATE_MS / 1000) * 1000,
        .token_lifetime_s = (int)arguments_number(given, "token-lifetime", EMULATOR_TOKEN_LIFETIME),
        .random_seed = (uint64_t)arguments_number(given, "random-seed", 0),
        .control = arguments_has(given, "control"),
        .limits = arguments_has(given, "limits"),
    });
}

static const app_option options[] = {
    { .name = "host",
      .value = "ADDRESS",
      .help = "Listen here; loopback only (default: 127.0.0.1)" },
    { .name = "port",
      .value = "PORT",
      .help = "Listen on this port; 0: any free one (default: 4100)",
      .is_number = true,
      .minimum = 0,
      .maximum = 65535 },
    { .name = "seed",
      .value = "FILE",
      .help = "Begin with the people and directories of this file (YAML or JSON)" },
    { .name = "state",
      .value = "FILE",
      .help = "Keep everything in this file across starts; a seed is read on the first only" },
    { .name = "control", .help = "Answer the control API under /_latchkey/" },
    { .name = "limits", .help = "Refuse who asks too often, at the rates of production" },
    { .name = "people",
      .value = "COUNT",
      .help = "Fill the first directory up to so many people (default: as seeded)",
      .is_number = true,
      .minimum = 0,
      .maximum = 200000 },
    { .name = "simulate",
      .value = "SECONDS",
      .help = "How long between two changes of the company; 0: none (default: 6)",
      .is_number = true,
      .minimum = 0,
      .maximum = 86400 },
    { .name = "random-seed",
      .value = "NUMBER",
      .help = "The same number, the same changes (default: 0, others each time)",
      .is_number = true,
      .minimum = 0,
      .maximum = 2147483647 },
    { .name = "token-lifetime",
      .value = "SECONDS",
      .help = "How long access tokens live (default: 300)",
      .is_number = true,
      .minimum = 1,
      .maximum = 86400 },
    { .name = "api-key", .value = "KEY", .help = "The key to accept (default: sk_test_default)" },
    { .name = "client-id",
      .value = "ID",
      .help = "The client to accept (default: client_emulated)" },
    { .name = "redirect-uri",
      .value = "URI",
      .help = "Accept only these; * as port of a loopback one (default: all of loopback)",
      .is_repeatable = true },
    { .name = "json", .help = "Print the ready line as JSON, as is done in any case" },
};

const app_command command_emulate = {
    .name = "emulate",
    .help = "Run a local WorkOS for development, with a seeded company",
    .details =
        "When it answers, one line of JSON on standard output says where, and with which key and\n"
        "client. Without --state everything is in memory and gone when it ends. Ctrl-C ends it.\n"
        "\n"
        "What shall go wrong stands in the seed (faults, limits), is set while it runs\n"
        "(--control: /_latchkey/faults, /_latchkey/limits), or comes with a request (--control:\n"
        "its header Latchkey-Fault, such as {\"status\":503}). man latchkey-developing is a "
        "guide.\n",
    .examples = "  latchkey emulate\n"
                "  latchkey emulate --seed company.yaml --state company.db\n"
                "  latchkey emulate --port 0 --seed company.json --control --simulate 0\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
