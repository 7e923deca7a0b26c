/* The server: connections and requests as CivetWeb tells of them: who holds a worker, what is
 * refused unheard, what is counted and logged. */
#include "answer.h"
#include "fail.h"
#include "head.h"

#include <civetweb.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- Requests ---- */

static bool is_request_id(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len >= REQUEST_ID_SIZE)
        return false;
    for (; *text != '\0'; text++)
        if (!isalnum((unsigned char)*text) && strchr("-_.:", *text) == NULL)
            return false;
    return true;
}

/* A proxy that is trusted names the request as it does in its own log. From anybody else it would
 * be a way to write into ours. */
static void name_request(server *self, guest *of, const struct mg_connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    const char *given = mg_get_header(connection, "X-Request-Id");

    if (given != NULL && is_request_id(given) &&
        lk_networks_contain(self->options->proxies, info->remote_addr)) {
        snprintf(of->id, sizeof(of->id), "%s", given);
        return;
    }
    snprintf(of->id, sizeof(of->id), "%s%08x", self->id_prefix, atomic_fetch_add(&self->n_ids, 1));
}

static void begin_guest(server *self, guest *of, const struct mg_request_info *info)
{
    crowd_answer(self->crowd, &of->member, info->remote_addr, info->remote_port);
    of->begun_us = now_us();
    of->route = MAX_ROUTES;
}

/* A browser with too many cookies would come again and again: it is told what to do. */
static int answer_refused(const app_request *request, int status, const char *message)
{
    char text[400];

    if (status != 431 || !answer_wants_html(request))
        return answer_problem(request, status, "invalid_request", message);
    snprintf(text, sizeof(text),
             "The browser sent more than this server reads: %s. Delete the cookies of this site, "
             "then sign in again.",
             message);
    return answer_notice(request, 431, "Too many cookies", text);
}

/* With keep-alive on, as many busy clients as there are workers starve everybody else: let go of
 * connections while fewer than two workers are free. */
static int begin_request(struct mg_connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    server *self = info->user_data;
    guest *of = mg_get_user_connection_data(connection);
    lk_error err = LK_ERROR_INIT;

    if (of == NULL) { /* no memory: the connection closes without an answer */
        mg_disable_connection_keep_alive(connection);
        return 503;
    }
    begin_guest(self, of, info);
    name_request(self, of, connection);
    int status = head_judge(info, &err);
    of->closes = status != 0 || crowd_count(self->crowd) > self->n_workers - 2 ||
                 strcmp(info->http_version, "1.1") != 0;
    if (of->closes)
        mg_disable_connection_keep_alive(connection);
    if (status == 0)
        return 0;
    const app_request request = {
        .server = self, .connection = connection, .guest = of, .info = info
    };
    return answer_refused(&request, status, err.message);
}

/* Once: a proxy that serves another address than the one people are sent back to is the mistake
 * that everybody makes. */
static void compare_origin(server *self, const struct mg_request_info *info,
                           const lk_visitor *visitor)
{
    char seen[sizeof(visitor->scheme) + sizeof(visitor->host) + 4];

    if (visitor->scheme[0] == '\0' || visitor->host[0] == '\0')
        return;
    snprintf(seen, sizeof(seen), "%s://%s", visitor->scheme, visitor->host);
    if (strcasecmp(seen, self->origin) == 0 || atomic_exchange(&self->has_warned, true))
        return;
    journal_tell(&self->options->log, JOURNAL_WARNING,
                 "the proxy at %s serves %s, but sign-in leads back to %s: set WORKOS_REDIRECT_URI "
                 "or --redirect-uri to the address that people use",
                 info->remote_addr, seen, self->origin);
}

static bool is_stream(const guest *of)
{
    const char *name = serve_route_name(of->route);

    return name != NULL && strcmp(name, "/api/events/stream") == 0;
}

/* The visitor has their answer; on the next request, or the rest of a body, the worker waits. */
static void end_request(const struct mg_connection *connection, int status)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    server *self = info->user_data;
    const server_options *options = self->options;
    guest *of = mg_get_user_connection_data(connection);
    lk_visitor visitor;

    if (of == NULL)
        return;
    int64_t duration_us = now_us() - of->begun_us;
    crowd_wait(self->crowd, &of->member);
    meter_count(&self->meters[of->route], status, is_stream(of) ? -1 : duration_us);
    if (!options->logs_requests && options->proxies == NULL)
        return;
    head_visitor(info, options->proxies, options->proxy_headers, &visitor);
    compare_origin(self, info, &visitor);
    if (!options->logs_requests)
        return;
    journal_answer(&options->log,
                   &(journal_request){ .id = of->id,
                                       .method = info->request_method,
                                       .path = info->local_uri != NULL ? info->local_uri : "?",
                                       .visitor = visitor.address,
                                       .status = status,
                                       .duration_us = duration_us });
}

/* CivetWeb's own complaints, in our words: of requests that it could not read. There may be no
 * method, no path and no header. */
static int answer_unreadable(struct mg_connection *connection, int status, const char *message)
{
    server *self = mg_get_user_data(mg_get_context(connection));
    guest *of = mg_get_user_connection_data(connection);

    (void)message;
    mg_disable_connection_keep_alive(connection);
    if (of == NULL)
        return 0;
    of->begun_us = now_us();
    of->route = MAX_ROUTES;
    snprintf(of->id, sizeof(of->id), "%s%08x", self->id_prefix, atomic_fetch_add(&self->n_ids, 1));
    of->closes = true;
    meter_count(&self->meters[MAX_ROUTES], status, -1);
    const app_request request = { .server = self, .connection = connection, .guest = of };
    answer_problem(&request, status, status < 500 ? "invalid_request" : "unavailable",
                   status < 500 ? "the request is not HTTP that this server reads, or its headers "
                                  "are larger than " SERVE_BUFFER " bytes"
                                : "the request cannot be answered");
    return 0;
}

/* ---- Connections ---- */

static int init_connection(const struct mg_connection *connection, void **data)
{
    server *self = mg_get_user_data(mg_get_context(connection));
    guest *of = calloc(1, sizeof(*of));

    *data = of;
    if (of != NULL)
        crowd_enter(self->crowd);
    return 0;
}

static void connection_close(const struct mg_connection *connection)
{
    server *self = mg_get_user_data(mg_get_context(connection));
    guest *of = mg_get_user_connection_data(connection);

    if (of == NULL)
        return;
    crowd_leave(self->crowd, &of->member);
    free(of);
}

void serve_guests_set(struct mg_callbacks *callbacks)
{
    callbacks->begin_request = begin_request;
    callbacks->end_request = end_request;
    callbacks->init_connection = init_connection;
    callbacks->connection_close = connection_close;
    callbacks->http_error = answer_unreadable;
}
