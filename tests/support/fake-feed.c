/* See fake-feed.h. */
#include "fake-feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

enum { NOT_KNOWN = -1 };

/* The decoded value of a query parameter; "" when it is not there. */
static void read_parameter(const char *url, const char *name, char *out, size_t size)
{
    lk__auto_buf value = LK__BUF(1024);
    const char *at = strchr(url, '?');
    size_t len = strlen(name);

    out[0] = '\0';
    for (; at != NULL; at = strchr(at, '&')) {
        at++;
        if (strncmp(at, name, len) != 0 || at[len] != '=')
            continue;
        if (lk__percent_decode(&value, at + len + 1, strcspn(at + len + 1, "&"), true, NULL) ==
            LK_OK)
            snprintf(out, size, "%s", value.data != NULL ? value.data : "");
        return;
    }
}

static bool is_visible(const fake_feed *feed, size_t i)
{
    return feed->visible_at_ms == NULL || feed->visible_at_ms[i] <= feed->clock->now_ms;
}

/* Where an answer begins, or NOT_KNOWN. */
static long find_start(const fake_feed *feed)
{
    if (feed->last_after[0] != '\0') {
        for (size_t i = 0; i < feed->n_events; i++)
            if (strcmp(feed->events[i].id, feed->last_after) == 0)
                return (long)i + 1;
        return feed->restarts ? 0 : NOT_KNOWN;
    }
    for (size_t i = 0; i < feed->n_events; i++)
        if (feed->ignores_range || feed->events[i].event.created_at_ms >= feed->last_start_ms)
            return (long)i;
    return (long)feed->n_events;
}

static lk_status write_page(fake_feed *feed, size_t start, lk__buf *out, lk_error *err)
{
    size_t limit = feed->page == 0 ? 100 : feed->page;
    const char *last = NULL;
    size_t count = 0;
    bool is_more = false;

    LK_TRY(lk__buf_text(out, "{\"object\":\"list\",\"data\":[", err));
    for (size_t i = start; i < feed->n_events && !is_more; i++) {
        if (!is_visible(feed, i) || feed->events[i].event.created_at_ms > feed->last_end_ms)
            continue;
        is_more = count == limit;
        if (is_more)
            break;
        LK_TRY(lk__buf_printf(out, err, "%s%s", count > 0 ? "," : "", feed->events[i].json));
        last = feed->events[i].id;
        count++;
    }
    feed->n_served += count;
    if (!is_more)
        return lk__buf_text(out, "],\"list_metadata\":{\"before\":null,\"after\":null}}", err);
    return lk__buf_printf(out, err, "],\"list_metadata\":{\"after\":\"%s\"}}", last);
}

static lk_status read_range(fake_feed *feed, const char *url, lk_error *err)
{
    char start[64];
    char end[64];

    read_parameter(url, "range_start", start, sizeof(start));
    read_parameter(url, "range_end", end, sizeof(end));
    feed->was_ranged = start[0] != '\0';
    feed->last_start_ms = 0;
    feed->last_end_ms = INT64_MAX;
    if (feed->was_ranged && !lk__time_parse(start, &feed->last_start_ms))
        return lk__fail(err, LK_ERR_PROTOCOL, "range_start \"%s\" is no time", start);
    if (end[0] != '\0' && !lk__time_parse(end, &feed->last_end_ms))
        return lk__fail(err, LK_ERR_PROTOCOL, "range_end \"%s\" is no time", end);
    if (feed->first_start_ms == 0)
        feed->first_start_ms = feed->last_start_ms;
    if (feed->ignores_range || (feed->ignores_end_after && feed->last_after[0] != '\0'))
        feed->last_end_ms = INT64_MAX;
    return LK_OK;
}

static lk_status refuse(lk_http_response *response, int status, const char *body)
{
    lk_http_response_set_status(response, status);
    return lk_http_response_append(response, body, strlen(body));
}

static lk_status add_date(const fake_feed *feed, lk_http_response *response)
{
    time_t now_s;
    struct tm parts;
    char date[64];

    if (feed->dated_by == NULL)
        return LK_OK;
    now_s = (time_t)(feed->dated_by->now_ms / 1000);
    strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now_s, &parts));
    return lk_http_response_add_header(response, "Date", date);
}

static lk_status send(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err)
{
    fake_feed *feed = ctx;
    lk__auto_buf body = LK__BUF(1 << 20);
    long at;

    if (++feed->n_requests == feed->fails_at)
        return lk__fail(err, LK_ERR_NETWORK, "no network at request %zu", feed->n_requests);
    read_parameter(request->url, "after", feed->last_after, sizeof(feed->last_after));
    LK_TRY(read_range(feed, request->url, err));
    if (feed->refuses_end && strstr(request->url, "range_end=") != NULL)
        return refuse(response, 422, "{\"message\":\"range_end is not known.\"}");
    at = find_start(feed);
    if (at == NOT_KNOWN)
        return refuse(response, 400, "{\"message\":\"Could not find the cursor.\"}");
    LK_TRY(write_page(feed, (size_t)at, &body, err));
    LK_TRY(add_date(feed, response));
    lk_http_response_set_status(response, 200);
    return lk_http_response_append(response, body.data, body.len);
}

lk_transport fake_feed_use(fake_feed *feed)
{
    return (lk_transport){ .send = send, .ctx = feed };
}
