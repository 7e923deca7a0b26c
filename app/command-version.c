/* latchkey version: of the program and of the library it runs with. */
#include "command.h"
#include "fail.h"

#include <latchkey/version.h>

static int run(const app_arguments *given)
{
    if (arguments_has(given, "json"))
        printf("{\"version\":\"%s\",\"library\":\"%s\"}\n", LK_VERSION, lk_version());
    else
        printf("latchkey %s (library %s)\n", LK_VERSION, lk_version());
    return EXIT_DONE;
}

static const app_option options[] = {
    { .name = "json", .help = "Print JSON" },
};

const app_command command_version = {
    .name = "version",
    .help = "Print the version of the program and of its library",
    .examples = "  latchkey version --json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
