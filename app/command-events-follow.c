/* latchkey events follow: what the mirror learns, as it learns it.
 *
 * Whoever fills the mirror (serve, sync run, or this command with --sync) does so in its own time;
 * the store is looked at twice a second. The order is that of arrival: an event that WorkOS shows
 * late comes late, but it comes. */
#include "command.h"
#include "config.h"
#include "event-row.h"
#include "fail.h"
#include "feed.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE          500
#define LOOK_AFTER_MS 500

typedef struct watch {
    const app_arguments *given;
    lk_mirror *mirror;
    print_table table;
    bool as_json;
    char *after; /* the last one that was printed, or before the first; NULL: the beginning */
} watch;

static lk_status list(const watch *self, lk_event_order order, int limit,
                      lk_mirror_event_page **out, lk_error *err)
{
    return lk_mirror_list_events(
        self->mirror,
        LK_MIRROR_EVENT_QUERY(.order = order, .limit = limit,
                              .after = order == LK_ARRIVAL ? self->after : NULL,
                              .type = arguments_text(self->given, "type"),
                              .organization_id = arguments_text(self->given, "organization"),
                              .directory_id = arguments_text(self->given, "directory")),
        out, err);
}

static lk_status remember(watch *self, const char *id, lk_error *err)
{
    char *copy = strdup(id);

    if (copy == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    free(self->after);
    self->after = copy;
    return LK_OK;
}

/* Behind what is there already, unless --after says where. */
static lk_status find_beginning(watch *self, lk_error *err)
{
    lk_auto(lk_mirror_event_page) latest = NULL;
    const char *after = arguments_text(self->given, "after");

    if (after != NULL)
        return remember(self, after, err);
    TRY(lk_mirror_list_events(
        self->mirror, LK_MIRROR_EVENT_QUERY(.order = LK_LATEST_ARRIVAL, .limit = 1), &latest, err));
    return latest->count > 0 ? remember(self, latest->items[0]->id, err) : LK_OK;
}

static lk_status print_news(watch *self, lk_error *err)
{
    for (size_t count = PAGE; count == PAGE;) {
        lk_auto(lk_mirror_event_page) page = NULL;
        TRY(list(self, LK_ARRIVAL, PAGE, &page, err));
        count = page->count;
        for (size_t i = 0; i < count; i++)
            event_row_print(page->items[i], self->as_json, &self->table);
        if (!self->as_json)
            print_table_flush(&self->table, stdout);
        if (fflush(stdout) != 0)
            return failed(err, LK_ERR_STORE, "cannot write: nobody reads standard output any more");
        if (count > 0)
            TRY(remember(self, page->items[count - 1]->id, err));
    }
    return LK_OK;
}

static lk_status print_until_signal(watch *self, const sigset_t *ends, lk_error *err)
{
    const struct timespec patience = { .tv_nsec = LOOK_AFTER_MS * 1000000L };

    do
        TRY(print_news(self, err));
    while (sigtimedwait(ends, NULL, &patience) < 0);
    return print_news(self, err);
}

static lk_status watch_mirror(const app_arguments *given, const sigset_t *ends, lk_error *err)
{
    watch self = { .given = given,
                   .table = event_row_table(),
                   .as_json = arguments_has(given, "json") };
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_client) client = NULL;
    feed *news = NULL;

    TRY(config_mirror(given, &mirror, err));
    self.mirror = mirror;
    lk_status status = find_beginning(&self, err);
    if (status == LK_OK)
        status = feed_new_if_asked(given, &client, &news, err);
    if (status == LK_OK)
        status = print_until_signal(&self, ends, err);
    /* A step that does not end within its patience keeps the client: the process ends anyway. */
    if (!feed_free(news))
        client = NULL;
    free(self.after);
    return status;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    sigset_t ends;

    /* Before the first thread, so that none of them takes a signal away from the wait. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    return finish(watch_mirror(given, &ends, &err), &err);
}

static const app_option options[] = {
    OPTION_STORE,
    OPTION_JSON,
    OPTION_AFTER,
    { .name = "type", .value = "TYPE", .help = "Only of this type, or \"dsync.user.*\"" },
    OPTION_ORGANIZATION,
    OPTION_DIRECTORY,
    OPTION_SYNC,
    OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE,
    OPTION_BASE_URL,
};

const app_command command_events_follow = {
    .name = "events follow",
    .help = "Print directory events as the mirror learns of them",
    .details = "Begins with the next one, or behind --after. With --json each line is one event, "
               "as WorkOS\n"
               "sent it. Ctrl-C ends it; the id of the last line is where --after goes on.\n" //
    DETAILS_SECRETS,
    .examples = "  latchkey events follow --sync\n"
                "  latchkey events follow --json --type 'dsync.user.*' --after event_01J…\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
