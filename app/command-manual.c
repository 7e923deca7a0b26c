/* latchkey manual: a manual page, or the completions for a shell. */
#include "command.h"
#include "fail.h"
#include "manual.h"

#include <string.h>

static lk_status print(const app_arguments *given, lk_error *err)
{
    const char *name = arguments_text(given, "command");
    const char *shell = arguments_text(given, "completion");
    const bool settings = arguments_has(given, "settings");
    const app_command *command;

    if ((name != NULL) + (shell != NULL) + settings > 1)
        return failed(err, LK_ERR_INVALID,
                      "--command, --settings and --completion do not go together");
    if (settings) {
        manual_print_settings(stdout);
        return LK_OK;
    }
    if (shell != NULL)
        return completion_print(stdout, shell)
                   ? LK_OK
                   : failed(err, LK_ERR_INVALID, "--completion takes bash, zsh or fish");
    if (name == NULL) {
        manual_print(stdout, NULL);
        return LK_OK;
    }
    for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
        if (strcmp(command->name, name) != 0)
            continue;
        manual_print(stdout, command);
        return LK_OK;
    }
    return failed(err, LK_ERR_INVALID, "there is no command \"%.60s\": latchkey --help lists them",
                  name);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(print(given, &err), &err);
}

static const app_option options[] = {
    { .name = "command",
      .value = "NAME",
      .help = "The page of this command (default: the overview)" },
    { .name = "settings", .help = "The page of variables, secrets and files" },
    { .name = "completion",
      .value = "bash|zsh|fish",
      .help = "Completions for this shell instead" },
};

const app_command command_manual = {
    .name = "manual",
    .help = "Print a manual page, or the completions for a shell",
    .details = "An installed Latchkey has them in place: man latchkey, man latchkey-sync-run,\n"
               "man latchkey.env, man 7 latchkey, and the guides: man latchkey-developing,\n"
               "man latchkey-administering, man latchkey-embedding.\n",
    .examples = "  latchkey manual --command 'sync run' | man -l -\n"
                "  . <(latchkey manual --completion bash)\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
