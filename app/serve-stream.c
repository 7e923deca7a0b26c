/* GET /api/events/stream: server-sent events, one per event that the mirror learns of.
 *
 * A stream holds a worker thread for as long as it lasts, so their number is bounded. It follows
 * the order of arrival and resumes behind Last-Event-ID; a client that has been away misses nothing
 * and sees nothing twice. It ends with the session: the client comes back at once, with a fresh
 * cookie or to be told that it must sign in.
 *
 * HTML, 9.2.6: "id: the last event ID", "event: the type", "data: a line of it"; a line that begins
 * with a colon is a comment, here a heartbeat. */
#include "answer.h"
#include "clock.h"
#include "fail.h"
#include "print.h"
#include "records.h"
#include "revocation.h"

#include <civetweb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Also how soon one that has left is noticed, and its worker is free: at the second one. */
#define HEARTBEAT_MS  5000
#define PAGE          200
#define RETRY_AFTER_S 30

typedef struct stream {
    const app_request *request;
    char after[ID_SIZE]; /* "": from the beginning */
    char type[64], text[128];
    feed_state told; /* the feed's state that the client knows */
    bool has_told;
} stream;

static bool is_plain(const char *id)
{
    for (; *id != '\0'; id++)
        if (*id <= ' ' || *id > '~')
            return false;
    return true;
}

static bool send_text(const stream *self, const char *data, size_t len)
{
    return mg_write(self->request->connection, data, len) == (int)len;
}

static lk_status list(const stream *self, lk_event_order order, const char *after, int limit,
                      lk_mirror_event_page **out, lk_error *err)
{
    pool *readers = self->request->server->readers;
    lk_mirror *mirror = NULL;

    TRY(pool_take(readers, &mirror, err));
    lk_status status = lk_mirror_list_events(
        mirror,
        LK_MIRROR_EVENT_QUERY(.order = order, .after = after, .limit = limit,
                              .organization_id = self->request->scope.organization_id,
                              .type = self->type[0] != '\0' ? self->type : NULL,
                              .text = self->text[0] != '\0' ? self->text : NULL),
        out, err);
    pool_give(readers, mirror);
    return status;
}

/* Where to begin for a client that names no place, or one that the mirror does not know: now. */
static lk_status begin_now(stream *self, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    stream all = *self;

    all.type[0] = all.text[0] = '\0';
    TRY(list(&all, LK_LATEST_ARRIVAL, NULL, 1, &page, err));
    self->after[0] = '\0';
    if (page->count > 0)
        snprintf(self->after, sizeof(self->after), "%s", page->items[0]->id);
    return LK_OK;
}

/* Sends what is new. False when the client is gone. */
static bool send_page(stream *self, const lk_mirror_event_page *page)
{
    body text;

    if (!body_begin(&text))
        return false;
    for (size_t i = 0; i < page->count; i++) {
        const lk_mirror_event *event = page->items[i];
        if (is_plain(event->id))
            fprintf(text.out, "id: %s\n", event->id);
        fputs("data: ", text.out);
        record_print_event(text.out, event);
        fputs("\n\n", text.out);
        snprintf(self->after, sizeof(self->after), "%s", event->id);
    }
    bool is_sent = fclose(text.out) == 0 && (text.len == 0 || send_text(self, text.data, text.len));
    free(text.data);
    return is_sent;
}

static bool send_news(stream *self)
{
    for (size_t count = PAGE; count == PAGE;) {
        lk_auto(lk_mirror_event_page) page = NULL;
        lk_error err = LK_ERROR_INIT;
        const char *after = self->after[0] != '\0' ? self->after : NULL;
        lk_status status = list(self, LK_ARRIVAL, after, PAGE, &page, &err);
        if (status == LK_ERR_NOT_FOUND) {
            static const char reset[] = "event: reset\ndata: {}\n\n";
            return begin_now(self, &err) == LK_OK && send_text(self, reset, strlen(reset));
        }
        if (status != LK_OK) {
            answer_complain(self->request, &err);
            return false;
        }
        if (!send_page(self, page))
            return false;
        count = page->count;
    }
    return true;
}

/* Tells how the server itself stands to WorkOS: a stream that is open is not yet news. */
static bool send_feed_state(stream *self)
{
    feed_status now;
    char line[96];

    feed_get_status(self->request->server->news, &now);
    if (self->has_told && now.state == self->told)
        return true;
    self->told = now.state;
    self->has_told = true;
    int len = snprintf(line, sizeof(line), "event: feed\ndata: {\"state\":\"%s\"}\n\n",
                       feed_state_name(now.state));
    return send_text(self, line, (size_t)len);
}

/* A stream outlives the check at its beginning. */
static bool is_over(const stream *self)
{
    const lk_session *session = self->request->who->session;
    lk_error err = LK_ERROR_INIT;
    bool is_revoked = false;

    if (session->expires_at_ms != 0 && session->expires_at_ms <= clock_wall_ms())
        return true;
    if (revocation_ask(&self->request->server->sharing, session, &is_revoked, &err) != LK_OK)
        answer_complain(self->request, &err);
    return is_revoked;
}

static void run(stream *self)
{
    static const char heartbeat[] = ": still here\n\n";
    feed *news = self->request->server->news;
    uint64_t seen = feed_news(news);
    uint64_t before = seen;

    do {
        bool is_quiet = before == seen;
        if (is_over(self) || !send_feed_state(self) || !send_news(self))
            return;
        if (is_quiet && !send_text(self, heartbeat, strlen(heartbeat)))
            return;
        before = seen;
    } while (feed_wait(news, &seen, HEARTBEAT_MS));
}

static void send_head(const stream *self)
{
    const lk_web_reply *who = self->request->who;
    body head;

    if (!body_begin(&head))
        return;
    fputs("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
          "X-Accel-Buffering: no\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n",
          head.out);
    for (size_t i = 0; i < who->n_headers; i++)
        if (strcasecmp(who->headers[i].name, "Cache-Control") != 0)
            fprintf(head.out, "%s: %s\r\n", who->headers[i].name, who->headers[i].value);
    fputs("\r\nretry: 2000\n\n", head.out);
    if (fclose(head.out) == 0)
        send_text(self, head.data, head.len);
    free(head.data);
}

/* Fills in where to begin. False: *status was sent. */
static bool read_place(stream *self, int *status)
{
    const app_request *request = self->request;
    const char *last_id = mg_get_header(request->connection, "Last-Event-ID");
    lk_error err = LK_ERROR_INIT;

    if (!query_text(request, "after", self->after, sizeof(self->after), status) ||
        !query_text(request, "type", self->type, sizeof(self->type), status) ||
        !query_text(request, "q", self->text, sizeof(self->text), status))
        return false;
    if (last_id != NULL && *last_id != '\0') {
        snprintf(self->after, sizeof(self->after), "%s", last_id);
        return true;
    }
    if (query_has(request, "after") || begin_now(self, &err) == LK_OK)
        return true;
    *status = answer_failure(request, &err);
    return false;
}

static int begin(stream *self)
{
    int status = 200;

    if (!read_place(self, &status))
        return status;
    mg_disable_connection_keep_alive(self->request->connection);
    send_head(self);
    if (!self->request->is_head)
        run(self);
    return 200;
}

/* Sign-in has workers of its own that no watcher takes: more watchers than have theirs must wait.
 */
static int shed(const app_request *request)
{
    app_request later = *request;
    char message[96];

    atomic_fetch_add(&request->server->n_watchers_refused, 1);
    later.retry_after_s = RETRY_AFTER_S;
    snprintf(message, sizeof(message), "%d streams are open, and no more may be: try again in %d s",
             request->server->max_watchers, RETRY_AFTER_S);
    return answer_problem(&later, 503, "too_many_streams", message);
}

int answer_event_stream(const app_request *request)
{
    stream self = { .request = request };

    if (!request->scope.sees_everything && request->scope.organization_id == NULL)
        return answer_problem(request, 403, "no_organization",
                              "you are signed in without an organization, so there is nothing you "
                              "may see: sign in to an organization");
    if (atomic_fetch_add(&request->server->n_streams, 1) >= request->server->max_watchers) {
        atomic_fetch_sub(&request->server->n_streams, 1);
        return shed(request);
    }
    int status = begin(&self);
    atomic_fetch_sub(&request->server->n_streams, 1);
    return status;
}
