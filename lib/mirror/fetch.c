/* One request; see fetch.h. */
#include "mirror/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"

static void send_request(void *ctx)
{
    lk__fetch *fetch = ctx;
    int64_t early_ms = fetch->not_before_ms - lk__steady_now_ms();
    int64_t began_ms;

    if (fetch->not_before_ms != 0 && early_ms > 0)
        lk__system_sleep_ms(NULL, early_ms);
    fetch->asked_at_ms = lk__now_ms(fetch->client);
    began_ms = lk__steady_now_ms();
    fetch->status = lk_events_list(fetch->client, &fetch->options, &fetch->page, &fetch->err);
    fetch->took_ms = lk__steady_now_ms() - began_ms;
}

lk_status lk__fetch_prepare(lk__fetch *fetch, lk_client *client,
                            const lk_event_list_options *options, int64_t not_before_ms,
                            lk_error *err)
{
    char *after = options->after != NULL ? strdup(options->after) : NULL;

    if (options->after != NULL && after == NULL)
        return lk__no_memory(err);
    *fetch = (lk__fetch){ .client = client,
                          .options = *options,
                          .after = after,
                          .not_before_ms = not_before_ms,
                          .err = LK_ERROR_INIT };
    fetch->options.after = after;
    return LK_OK;
}

void lk__fetch_begin(lk__fetch *fetch)
{
    fetch->is_sent = true;
    lk__aside_begin(&fetch->sending, send_request, fetch);
}

void lk__fetch_finish(lk__fetch *fetch)
{
    if (fetch->client != NULL && !fetch->is_sent)
        send_request(fetch);
    fetch->is_sent = fetch->client != NULL;
    lk__aside_finish(&fetch->sending);
}

lk_status lk__fetch_take(lk__fetch *fetch, lk_event_page **out, lk_error *err)
{
    lk_status status;

    lk__fetch_finish(fetch);
    status = fetch->status;
    if (status == LK_OK)
        *out = lk__steal(fetch->page);
    else if (err != NULL)
        *err = fetch->err;
    lk__fetch_clear(fetch);
    return status;
}

void lk__fetch_clear(lk__fetch *fetch)
{
    lk__aside_finish(&fetch->sending);
    lk_event_page_free(fetch->page);
    free(fetch->after);
    *fetch = (lk__fetch){ 0 };
}

void lk__pages_clear(lk__pages *pages)
{
    for (size_t i = 0; i < pages->n; i++)
        lk_event_page_free(pages->items[i]);
    *pages = (lk__pages){ 0 };
}

bool lk__fetch_was_refused(const lk_error *err)
{
    return err->status == LK_ERR_API &&
           (err->http_status == 400 || err->http_status == 404 || err->http_status == 422);
}
