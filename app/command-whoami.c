/* latchkey whoami: who is signed in on the command line. */
#include "account.h"
#include "command.h"
#include "config.h"
#include "fail.h"

static lk_status tell(const app_arguments *given, lk_error *err)
{
    auto_account mine = { .client = NULL };

    TRY(account_open(given, &mine, err));
    account_print(&mine.kept, mine.session, arguments_has(given, "json"));
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(tell(given, &err), &err);
}

static const app_option options[] = {
    { .name = "json", .help = "Print JSON" },
    OPTION_CLIENT_ID,
    OPTION_BASE_URL,
};

const app_command command_whoami = {
    .name = "whoami",
    .help = "Tell who is signed in on the command line",
    .details = "A stale session is renewed. Exit code 3: nobody is signed in, or WorkOS has ended\n"
               "the session; 4: WorkOS cannot be reached.\n",
    .examples = "  latchkey whoami --json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
