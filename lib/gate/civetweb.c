/* The CivetWeb binding; see latchkey/gate.h. Written with public headers only: whoever has another
 * server can write theirs the same way.
 *
 * CivetWeb answers from its own idea of a request; the two places where that idea is dangerous are
 * closed here. It takes a body's length from whichever of several headers it likes, so a request
 * that names two is refused and its connection closed. And it decodes the path, so the path is
 * encoded again before anything is built from it. */
#include <civetweb.h>
#include <latchkey/gate.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A path with a guard or a handler of ours. */
typedef struct route {
    struct route *next;
    lk_gate *gate;
    const lk_rules *rules;    /* NULL: whoever is signed in */
    lk_gate_handler *handler; /* NULL: a guard */
    void *ctx;
} route;

struct lk_gate {
    lk_web *web;
    route *routes; /* what CivetWeb holds pointers to */
};

/* A request in the form lk_web wants; borrows from the connection. */
typedef struct gate_request {
    lk_web_request web;
    lk_header headers[MG_MAX_HEADERS];
    char *path;
} gate_request;

static void gate_request_clear(gate_request *request)
{
    free(request->path);
    request->path = NULL;
}

static lk_status fail(lk_error *err, lk_status status, const char *message)
{
    if (err != NULL) {
        *err = (lk_error){ .status = status };
        snprintf(err->message, sizeof(err->message), "%s", message);
    }
    return status;
}

/* ---- Requests ---- */

static bool is_path_char(char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c != '\0' && strchr("-._~!$&'()*+,;=:@/", c) != NULL;
}

/* CivetWeb decodes in place unless "decode_url" says no. NULL without memory. */
static char *encode_path(const char *path, bool is_decoded)
{
    char *encoded = malloc(3 * strlen(path) + 1);
    char *out = encoded;

    if (encoded == NULL)
        return NULL;
    for (; *path != '\0'; path++) {
        if (is_path_char(*path) || (*path == '%' && !is_decoded))
            *out++ = *path;
        else
            out += snprintf(out, 4, "%%%02X", (unsigned char)*path);
    }
    *out = '\0';
    return encoded;
}

static lk_status check_request(const struct mg_request_info *info, const gate_request *request,
                               lk_error *err)
{
    /* CivetWeb drops those beyond: one of them may be the length of the body. */
    if (info->num_headers >= MG_MAX_HEADERS)
        return fail(err, LK_ERR_INVALID, "the request has more headers than the server reads");
    if (info->local_uri == NULL || info->local_uri[0] != '/' || info->local_uri[1] == '/')
        return fail(err, LK_ERR_INVALID, "the request does not name a path of this server");
    return lk_web_check_headers(request->headers, (size_t)info->num_headers, err);
}

static lk_status read_request(struct mg_connection *connection, gate_request *out, lk_error *err)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    const char *decode = mg_get_option(mg_get_context(connection), "decode_url");

    for (int i = 0; i < info->num_headers; i++)
        out->headers[i] =
            (lk_header){ .name = info->http_headers[i].name, .value = info->http_headers[i].value };
    lk_status status = check_request(info, out, err);
    if (status != LK_OK) {
        mg_disable_connection_keep_alive(connection);
        return status;
    }
    out->path = encode_path(info->local_uri, decode == NULL || strcasecmp(decode, "no") != 0);
    if (out->path == NULL)
        return fail(err, LK_ERR_NO_MEMORY, "out of memory");
    out->web = (lk_web_request){ .method = info->request_method,
                                 .path = out->path,
                                 .query = info->query_string,
                                 .headers = out->headers,
                                 .n_headers = (size_t)info->num_headers };
    return LK_OK;
}

/* ---- Answers ---- */

static const char *reason_phrase(int status)
{
    const char *phrase = mg_get_response_code_text(NULL, status);

    return phrase ? phrase : "Answer";
}

static void put_date(FILE *out)
{
    char text[64];
    time_t now = time(NULL);
    struct tm tm;

    if (gmtime_r(&now, &tm) != NULL &&
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
        fprintf(out, "Date: %s\r\n", text);
}

/* An answer being put together; extra are headers that come from another reply. */
typedef struct gate_answer {
    int status;
    const lk_header *headers;
    size_t n_headers;
    const lk_web_reply *extra; /* NULL: none */
    bool extra_cookies_only;
    const char *content_type; /* NULL: stands among the headers, or there is no body */
    const void *body;
    size_t body_len;
} gate_answer;

static void put_headers(FILE *out, const gate_answer *answer)
{
    for (size_t i = 0; i < answer->n_headers; i++)
        fprintf(out, "%s: %s\r\n", answer->headers[i].name, answer->headers[i].value);
    for (size_t i = 0; answer->extra != NULL && i < answer->extra->n_headers; i++) {
        const lk_header *header = &answer->extra->headers[i];
        if (!answer->extra_cookies_only || strcasecmp(header->name, "Set-Cookie") == 0)
            fprintf(out, "%s: %s\r\n", header->name, header->value);
    }
}

/* In one write: CivetWeb sends each write as a packet of its own, and without "tcp_nodelay" the
 * second one waits for 40 ms. */
static int send_answer(struct mg_connection *connection, const gate_answer *answer)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    const char *keep_alive = mg_get_option(mg_get_context(connection), "enable_keep_alive");
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    if (out == NULL) {
        mg_disable_connection_keep_alive(connection);
        return 500;
    }
    fprintf(out, "HTTP/1.1 %d %s\r\n", answer->status, reason_phrase(answer->status));
    put_date(out);
    put_headers(out, answer);
    if (answer->content_type != NULL)
        fprintf(out, "Content-Type: %s\r\n", answer->content_type);
    if (answer->status >= 200 && answer->status != 204)
        fprintf(out, "Content-Length: %zu\r\n", answer->body_len);
    if (keep_alive == NULL || strcasecmp(keep_alive, "yes") != 0)
        fputs("Connection: close\r\n", out);
    fputs("\r\n", out);
    if (answer->body_len > 0 && strcmp(info->request_method, "HEAD") != 0)
        fwrite(answer->body, 1, answer->body_len, out);
    bool complete = fclose(out) == 0;
    if (complete && mg_write(connection, text, len) != (int)len)
        complete = false;
    free(text);
    if (!complete)
        mg_disable_connection_keep_alive(connection);
    return answer->status;
}

int lk_gate_send(struct mg_connection *connection, const lk_web_reply *who, int status,
                 const char *content_type, const void *body, size_t body_len)
{
    return send_answer(
        connection,
        &(gate_answer){ .status = status,
                        .extra = who,
                        .content_type = content_type ? content_type : "text/plain; charset=utf-8",
                        .body = body,
                        .body_len = body_len });
}

static int send_reply(struct mg_connection *connection, const lk_web_reply *reply,
                      const lk_web_reply *cookies_of)
{
    return send_answer(connection, &(gate_answer){ .status = reply->status,
                                                   .headers = reply->headers,
                                                   .n_headers = reply->n_headers,
                                                   .extra = cookies_of,
                                                   .extra_cookies_only = true,
                                                   .body = reply->body,
                                                   .body_len = reply->body_len });
}

int lk_gate_send_reply(struct mg_connection *connection, const lk_web_reply *reply)
{
    return send_reply(connection, reply, NULL);
}

/* Nobody can be let in: the request is broken, or WorkOS cannot be asked. */
static int send_error(struct mg_connection *connection, const lk_error *err)
{
    const bool is_theirs = err->status == LK_ERR_INVALID;
    const lk_header headers[] = { { "Vary", "Cookie" },
                                  { "Cache-Control", "no-store" },
                                  { "X-Content-Type-Options", "nosniff" },
                                  { "Retry-After", "5" } };
    char text[400];

    int len =
        snprintf(text, sizeof(text), "%s: %s\n",
                 is_theirs ? "This request cannot be answered"
                           : "Your session cannot be checked right now, try again in a moment",
                 err->message);
    return send_answer(connection, &(gate_answer){ .status = is_theirs ? 400 : 503,
                                                   .headers = headers,
                                                   .n_headers = is_theirs ? 3 : 4,
                                                   .content_type = "text/plain; charset=utf-8",
                                                   .body = text,
                                                   .body_len = (size_t)len });
}

/* ---- Who is asking ---- */

static lk_status answer_request(lk_gate *gate, struct mg_connection *connection,
                                gate_request *request, lk_web_reply **out, lk_error *err)
{
    lk_status status = read_request(connection, request, err);

    return status == LK_OK ? lk_web_answer(gate->web, &request->web, out, err) : status;
}

/* lk_web_challenge() or lk_web_forbid(). */
typedef lk_status refusal(lk_web *web, const lk_web_request *request, lk_web_reply **out,
                          lk_error *err);

static int refuse(lk_gate *gate, struct mg_connection *connection, const gate_request *request,
                  const lk_web_reply *who, refusal *make)
{
    lk_auto(lk_web_reply) reply = NULL;
    lk_error err = LK_ERROR_INIT;

    if (make(gate->web, &request->web, &reply, &err) != LK_OK)
        return send_error(connection, &err);
    return send_reply(connection, reply, who);
}

static int read_and_refuse(lk_gate *gate, struct mg_connection *connection, const lk_web_reply *who,
                           refusal *make)
{
    __attribute__((__cleanup__(gate_request_clear))) gate_request request = { .path = NULL };
    lk_error err = LK_ERROR_INIT;

    if (read_request(connection, &request, &err) != LK_OK)
        return send_error(connection, &err);
    return refuse(gate, connection, &request, who, make);
}

lk_status lk_gate_identify(lk_gate *gate, struct mg_connection *connection, lk_web_reply **out,
                           lk_error *err)
{
    __attribute__((__cleanup__(gate_request_clear))) gate_request request = { .path = NULL };

    if (gate == NULL || connection == NULL || out == NULL)
        return fail(err, LK_ERR_INVALID, "lk_gate_identify() was given NULL");
    return answer_request(gate, connection, &request, out, err);
}

int lk_gate_challenge(lk_gate *gate, struct mg_connection *connection, const lk_web_reply *who)
{
    return read_and_refuse(gate, connection, who, lk_web_challenge);
}

int lk_gate_forbid(lk_gate *gate, struct mg_connection *connection, const lk_web_reply *who)
{
    return read_and_refuse(gate, connection, who, lk_web_forbid);
}

/* ---- Handlers ---- */

static int handle_own_path(struct mg_connection *connection, void *ctx)
{
    lk_gate *gate = ctx;
    const char *uri = mg_get_request_info(connection)->local_uri;
    lk_auto(lk_web_reply) reply = NULL;
    lk_error err = LK_ERROR_INIT;

    /* CivetWeb hands over what lies below, too. */
    if (uri == NULL || (strcmp(uri, lk_web_login_path(gate->web)) != 0 &&
                        strcmp(uri, lk_web_callback_path(gate->web)) != 0 &&
                        strcmp(uri, lk_web_logout_path(gate->web)) != 0))
        return 0;
    if (lk_gate_identify(gate, connection, &reply, &err) != LK_OK)
        return send_error(connection, &err);
    return reply->status != 0 ? lk_gate_send_reply(connection, reply) : 0;
}

static bool has_cookie(const lk_web_reply *reply)
{
    for (size_t i = 0; i < reply->n_headers; i++)
        if (strcasecmp(reply->headers[i].name, "Set-Cookie") == 0)
            return true;
    return false;
}

static char *same_address(const gate_request *request)
{
    const char *query = request->web.query ? request->web.query : "";
    char *address = malloc(strlen(request->path) + 1 + 3 * strlen(query) + 1);
    char *out = address;

    if (address == NULL)
        return NULL;
    out += sprintf(out, "%s%s", request->path, *query != '\0' ? "?" : "");
    for (; *query != '\0'; query++) {
        if (is_path_char(*query) || *query == '?' || *query == '%')
            *out++ = *query;
        else
            out += snprintf(out, 4, "%%%02X", (unsigned char)*query);
    }
    *out = '\0';
    return address;
}

/* An authorization handler cannot add a header to what another handler will answer, so the browser
 * comes again with its new cookie. */
static int send_again(struct mg_connection *connection, const gate_request *request,
                      const lk_web_reply *who)
{
    char *address = same_address(request);
    lk_error err = { .status = LK_ERR_NO_MEMORY, .message = "out of memory" };

    if (address == NULL)
        return send_error(connection, &err);
    const lk_header location = { "Location", address };
    int status = send_answer(
        connection,
        &(gate_answer){ .status = 307, .headers = &location, .n_headers = 1, .extra = who });
    free(address);
    return status;
}

/* Finds out who is asking for a route. NULL: *status was sent, since they may not pass. */
static lk_web_reply *admit(const route *r, struct mg_connection *connection, gate_request *request,
                           int *status)
{
    lk_web_reply *who = NULL;
    lk_error err = LK_ERROR_INIT;

    *status = 0;
    if (answer_request(r->gate, connection, request, &who, &err) != LK_OK)
        *status = send_error(connection, &err);
    else if (who->status != 0)
        *status = lk_gate_send_reply(connection, who);
    else if (who->session == NULL)
        *status = refuse(r->gate, connection, request, who, lk_web_challenge);
    else if (r->rules != NULL && !lk_rules_allow(r->rules, who->session))
        *status = refuse(r->gate, connection, request, who, lk_web_forbid);
    if (*status != 0)
        lk_web_reply_freep(&who);
    return who;
}

/* 1 lets CivetWeb go on, 0 says that the answer is sent. */
static int guard(struct mg_connection *connection, void *ctx)
{
    __attribute__((__cleanup__(gate_request_clear))) gate_request request = { .path = NULL };
    int status = 0; /* for request handlers only */
    lk_auto(lk_web_reply) who = admit(ctx, connection, &request, &status);

    if (who == NULL)
        return 0;
    if (!has_cookie(who))
        return 1;
    (void)send_again(connection, &request, who);
    return 0;
}

static int handle_admitted(struct mg_connection *connection, void *ctx)
{
    __attribute__((__cleanup__(gate_request_clear))) gate_request request = { .path = NULL };
    const route *r = ctx;
    int status = 0;
    lk_auto(lk_web_reply) who = admit(r, connection, &request, &status);

    return who != NULL ? r->handler(connection, who, r->ctx) : status;
}

/* ---- Registering ---- */

lk_status lk_gate_new(lk_web *web, lk_gate **out, lk_error *err)
{
    if (web == NULL || out == NULL)
        return fail(err, LK_ERR_INVALID, "lk_gate_new() was given NULL");
    lk_gate *gate = calloc(1, sizeof(*gate));
    if (gate == NULL)
        return fail(err, LK_ERR_NO_MEMORY, "out of memory");
    gate->web = web;
    *out = gate;
    return LK_OK;
}

void lk_gate_free(lk_gate *gate)
{
    if (gate == NULL)
        return;
    for (route *r = gate->routes, *next; r != NULL; r = next) {
        next = r->next;
        free(r);
    }
    free(gate);
}

void lk_gate_freep(lk_gate **gate)
{
    lk_gate_free(*gate);
    *gate = NULL;
}

lk_status lk_gate_mount(lk_gate *gate, struct mg_context *server, lk_error *err)
{
    if (gate == NULL || server == NULL)
        return fail(err, LK_ERR_INVALID, "lk_gate_mount() was given NULL");
    mg_set_request_handler(server, lk_web_login_path(gate->web), handle_own_path, gate);
    mg_set_request_handler(server, lk_web_callback_path(gate->web), handle_own_path, gate);
    mg_set_request_handler(server, lk_web_logout_path(gate->web), handle_own_path, gate);
    return LK_OK;
}

/* CivetWeb takes "/app" for "/app" and what lies below, but "/app/" and "/" for themselves alone:
 * a guard there would guard nothing. */
static char *cover_below(const char *uri)
{
    size_t len = strlen(uri);

    while (len > 0 && uri[len - 1] == '/')
        len--;
    return len > 0 ? strndup(uri, len) : strdup("/**");
}

/* What CivetWeb will hand to guard() and handle_admitted(); the gate owns it. NULL without memory.
 */
static route *add_route(lk_gate *gate, route wanted)
{
    route *r = malloc(sizeof(*r));

    if (r == NULL)
        return NULL;
    *r = wanted;
    r->gate = gate;
    r->next = gate->routes;
    gate->routes = r;
    return r;
}

static lk_status guard_path(lk_gate *gate, struct mg_context *server, const char *uri,
                            const lk_rules *rules, lk_error *err)
{
    if (gate == NULL || server == NULL || uri == NULL || uri[0] == '\0')
        return fail(err, LK_ERR_INVALID, "a guard was given NULL or no address");
    char *covered = cover_below(uri);
    route *r = covered != NULL ? add_route(gate, (route){ .rules = rules }) : NULL;
    if (r != NULL)
        mg_set_auth_handler(server, covered, guard, r);
    free(covered);
    return r != NULL ? LK_OK : fail(err, LK_ERR_NO_MEMORY, "out of memory");
}

static lk_status handle_path(lk_gate *gate, struct mg_context *server, const char *uri,
                             route wanted, lk_error *err)
{
    if (gate == NULL || server == NULL || uri == NULL || wanted.handler == NULL)
        return fail(err, LK_ERR_INVALID, "a handler was given NULL");
    route *r = add_route(gate, wanted);
    if (r == NULL)
        return fail(err, LK_ERR_NO_MEMORY, "out of memory");
    mg_set_request_handler(server, uri, handle_admitted, r);
    return LK_OK;
}

lk_status lk_gate_guard(lk_gate *gate, struct mg_context *server, const char *uri, lk_error *err)
{
    return guard_path(gate, server, uri, NULL, err);
}

lk_status lk_gate_guard_rules(lk_gate *gate, struct mg_context *server, const char *uri,
                              const lk_rules *rules, lk_error *err)
{
    if (rules == NULL)
        return fail(err, LK_ERR_INVALID, "lk_gate_guard_rules() was given no rules");
    return guard_path(gate, server, uri, rules, err);
}

lk_status lk_gate_handle(lk_gate *gate, struct mg_context *server, const char *uri,
                         lk_gate_handler *handler, void *ctx, lk_error *err)
{
    return handle_path(gate, server, uri, (route){ .handler = handler, .ctx = ctx }, err);
}

lk_status lk_gate_handle_rules(lk_gate *gate, struct mg_context *server, const char *uri,
                               const lk_rules *rules, lk_gate_handler *handler, void *ctx,
                               lk_error *err)
{
    if (rules == NULL)
        return fail(err, LK_ERR_INVALID, "lk_gate_handle_rules() was given no rules");
    return handle_path(gate, server, uri, (route){ .rules = rules, .handler = handler, .ctx = ctx },
                       err);
}
