/* latchkey sync backfill: fills a new mirror with what is older than WorkOS' events. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "print.h"
#include "reconciling.h"

static lk_status fill(const app_arguments *given, reconciling *self, lk_error *err)
{
    lk_mirror_status now = { .size = sizeof(now) };
    char when[TIME_SIZE];

    TRY(reconciling_open(given, self, err));
    TRY(lk_mirror_get_status(self->mirror, &now, err));
    if (now.reconciled_at_ms == 0)
        return reconciling_run(self, err);
    print_time(when, now.reconciled_at_ms);
    if (self->as_json)
        printf("{\"state\":\"done\",\"reconciled_at\":\"%s\"}\n", when);
    else
        printf("The mirror was filled, last on %s. To compare it again: latchkey sync reconcile.\n",
               when);
    return LK_OK;
}

static int run(const app_arguments *given)
{
    reconciling self CLEANUP(reconciling_close) = { 0 };
    lk_error err = LK_ERROR_INIT;

    return finish(fill(given, &self, &err), &err);
}

static const app_option options[] = {
    OPTION_STORE, OPTION_JSON, OPTION_CLIENT_ID, OPTION_API_KEY_FILE, OPTION_BASE_URL,
};

const app_command command_sync_backfill = {
    .name = "sync backfill",
    .help = "Fill a new mirror with all that WorkOS has",
    .details =
        "Does what sync run begins with by itself, once, and shows how far it is. It may be\n"
        "stopped or killed at any time: the next one within a day goes on.\n" //
    DETAILS_SECRETS,
    .examples = "  latchkey sync backfill --store sqlite:mirror.db\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
