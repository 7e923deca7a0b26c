/* latchkey events resend: sends one event again, to where listen sends them. */
#include "command.h"
#include "config.h"
#include "delivery.h"
#include "fail.h"

#include <stdlib.h>
#include <string.h>

static bool is_listener(const char *name)
{
    return strncmp(name, DELIVERY_CONSUMER, strlen(DELIVERY_CONSUMER)) == 0;
}

/* The one place that listen has forwarded to from this store. */
static lk_status find_listener(lk_mirror *mirror, char **out, lk_error *err)
{
    lk_auto(lk_consumer_state_page) page = NULL;
    const char *url = NULL;
    size_t n_found = 0;

    TRY(lk_mirror_list_consumers(mirror, &page, err));
    for (size_t i = 0; i < page->count; i++) {
        if (!is_listener(page->items[i]->name))
            continue;
        url = page->items[i]->name + strlen(DELIVERY_CONSUMER);
        n_found++;
    }
    if (n_found != 1)
        return failed(err, LK_ERR_INVALID,
                      "where to? listen has forwarded to %zu places from this store: name one with "
                      "--forward URL",
                      n_found);
    if (strchr(url, '?') != NULL)
        return failed(err, LK_ERR_INVALID,
                      "the query of %s… is not kept, since it may be a secret: give the whole URL "
                      "with --forward",
                      url);
    *out = strdup(url);
    return *out != NULL ? LK_OK : failed(err, LK_ERR_NO_MEMORY, "out of memory");
}

static lk_status resend(const app_arguments *given, delivery *out, lk_error *err)
{
    char *url CLEANUP(free_textp) = NULL;
    char *secret CLEANUP(free_secretp) = NULL;
    char *secret_file CLEANUP(free_textp) = NULL;
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_mirror_event_page) page = NULL;
    bool is_new = false;

    TRY(config_mirror(given, &mirror, err));
    TRY(lk_mirror_get_event(mirror, arguments_text(given, "id"), &page, err));
    TRY(config_text(given, "forward", NULL, &url, err));
    if (url == NULL)
        TRY(find_listener(mirror, &url, err));
    TRY(delivery_secret(given, &secret, &secret_file, &is_new, err));
    TRY(delivery_init(out, given, url, secret, err));
    if (is_new)
        fprintf(stderr, "latchkey: signed with a new webhook secret: %s has it\n", secret_file);
    return delivery_send(out, page->items[0], 1, true, false, err);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    delivery out = { 0 };

    lk_status status = resend(given, &out, &err);
    delivery_deinit(&out);
    return finish(status, &err);
}

static const app_option options[] = {
    { .name = "id", .value = "ID", .help = "The event", .is_required = true, .is_operand = true },
    OPTION_FORWARD_TO,
    OPTION_SECRET_FILE,
    OPTION_ALLOW_REMOTE,
    OPTION_STORE,
    OPTION_JSON,
};

const app_command command_events_resend = {
    .name = "events resend",
    .help = "Send one event of the mirror again, as a webhook",
    .details =
        "To where listen forwards to from the same store, or to --forward; signed with the same\n"
        "secret. Sent once. Exit code 1, or 3 for a 401 or 403: it was refused; 4: nobody "
        "answered.\n" DETAILS_SECRETS,
    .examples = "  latchkey events resend event_01J…\n"
                "  latchkey events resend event_01J… --forward http://localhost:3000/hook\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
