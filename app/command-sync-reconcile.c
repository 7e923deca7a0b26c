/* latchkey sync reconcile: compares the mirror with WorkOS' state, and repairs it. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "reconciling.h"

#include <stdlib.h>
#include <string.h>

/* "100", or "5%". */
static lk_status read_max_delete(const char *text, lk_reconcile_options *options, lk_error *err)
{
    char *end = NULL;
    long number = text != NULL ? strtol(text, &end, 10) : 0;
    bool is_percent = text != NULL && strcmp(end, "%") == 0;

    if (text == NULL)
        return LK_OK;
    if (end == text || text[0] < '0' || text[0] > '9' || (*end != '\0' && !is_percent) ||
        number < 1 || number > (is_percent ? 100 : 1000000000))
        return failed(err, LK_ERR_INVALID,
                      "--max-delete takes a number, or 1%% to 100%%: \"%.40s\" is neither", text);
    if (is_percent)
        options->max_delete_percent = (int)number;
    else
        options->max_delete = (int)number;
    return LK_OK;
}

static lk_status reconcile(const app_arguments *given, reconciling *self, lk_error *err)
{
    TRY(reconciling_open(given, self, err));
    self->options.dry_run = arguments_has(given, "dry-run");
    self->options.force = arguments_has(given, "force");
    TRY(read_max_delete(arguments_text(given, "max-delete"), &self->options, err));
    return reconciling_run(self, err);
}

static int run(const app_arguments *given)
{
    reconciling self CLEANUP(reconciling_close) = { 0 };
    lk_error err = LK_ERROR_INIT;

    return finish(reconcile(given, &self, &err), &err);
}

static const app_option options[] = {
    OPTION_STORE,
    { .name = "dry-run", .help = "Compare and count, and change nothing" },
    { .name = "max-delete",
      .value = "N|N%",
      .help = "Delete at most so many users and groups, or per cent (default: 5%, or 10 where "
              "that is more)" },
    { .name = "force", .help = "Delete however many are gone" },
    OPTION_JSON,
    OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE,
    OPTION_BASE_URL,
};

const app_command command_sync_reconcile = {
    .name = "sync reconcile",
    .help = "Compare the mirror with WorkOS, and repair it",
    .details =
        "Walks through all directories, their groups and users, at most 4 requests a second\n"
        "for each directory. It may be stopped or killed at any time: the next one within a\n"
        "day goes on. Prints per organization what differed; a difference may be a change\n"
        "that was on its way. Deletes only where a directory was seen whole.\n"
        "Exit code 1: more is gone than may be deleted, so nothing was.\n" //
    DETAILS_SECRETS,
    .examples = "  latchkey sync reconcile --dry-run\n"
                "  latchkey sync reconcile --max-delete 2%\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
