/* One request and its answer; see answer.h. */
#include "answer.h"

#include "fail.h"
#include "print.h"

#include <civetweb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool has_header(const lk_web_reply *who, const char *name)
{
    for (size_t i = 0; who != NULL && i < who->n_headers; i++)
        if (strcasecmp(who->headers[i].name, name) == 0)
            return true;
    return false;
}

/* RFC 9110, 6.6.1: "An origin server with a clock MUST generate a Date header field in all 2xx, 3xx
 * and 4xx responses". */
static void print_date(FILE *out)
{
    char text[64];
    time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc) != NULL &&
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0)
        fprintf(out, "Date: %s\r\n", text);
}

/* What each answer ends its head with. */
static void print_end(FILE *out, const app_request *request)
{
    if (request->server->is_strict) /* RFC 6797; two years */
        fputs("Strict-Transport-Security: max-age=63072000\r\n", out);
    fprintf(out, "X-Request-Id: %s\r\n", request->guest->id);
    if (request->guest->closes)
        fputs("Connection: close\r\n", out);
    fputs("\r\n", out);
}

static void print_head(FILE *out, const app_request *request, int status, const char *type,
                       const char *cache, size_t len)
{
    const lk_web_reply *who = request->who;

    fprintf(out, "HTTP/1.1 %d %s\r\n", status, mg_get_response_code_text(NULL, status));
    print_date(out);
    fprintf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, len);
    if (!has_header(who, "Cache-Control"))
        fprintf(out, "Cache-Control: %s\r\n", cache != NULL ? cache : "no-store");
    /* A refusal may have read a session, too: WorkOS out of reach, for one. */
    if (cache == NULL && !has_header(who, "Vary"))
        fputs("Vary: Cookie\r\n", out);
    fputs("X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n", out);
    for (size_t i = 0; who != NULL && i < who->n_headers; i++)
        fprintf(out, "%s: %s\r\n", who->headers[i].name, who->headers[i].value);
    if (strncmp(type, "text/html", 9) == 0) {
        /* A form's answer may lead on to WorkOS (sign-out), and browsers hold form-action against
         * redirects too. With a real WorkOS the domains on the way are the customer's choice. */
        const char *base = request->server->options->base_url;
        bool is_local = base != NULL && strncmp(base, "http:", 5) == 0;
        fprintf(out,
                "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src "
                "'self'; connect-src 'self'; img-src 'self'; form-action 'self' %s; base-uri "
                "'none'; frame-ancestors 'none'\r\n",
                is_local ? base : "https:");
        fputs("X-Frame-Options: DENY\r\n", out);
    }
    if (request->retry_after_s > 0)
        fprintf(out, "Retry-After: %d\r\n", request->retry_after_s);
    if (request->allow != NULL)
        fprintf(out, "Allow: %s\r\n", request->allow);
    if (status == 401) /* RFC 9110, 15.5.2: "MUST send a WWW-Authenticate header field" */
        fputs("WWW-Authenticate: Bearer\r\n", out);
    print_end(out, request);
}

int answer(const app_request *request, int status, const char *type, const char *cache,
           const void *data, size_t len)
{
    body whole;

    if (!body_begin(&whole)) {
        mg_disable_connection_keep_alive(request->connection);
        return status; /* no memory: the connection closes without an answer */
    }
    print_head(whole.out, request, status, type, cache, len);
    if (!request->is_head)
        fwrite(data, 1, len, whole.out);
    if (fclose(whole.out) == 0)
        mg_write(request->connection, whole.data, whole.len);
    free(whole.data);
    return status;
}

int answer_reply(const app_request *request, const lk_web_reply *reply)
{
    body whole;

    if (!body_begin(&whole)) {
        mg_disable_connection_keep_alive(request->connection);
        return reply->status;
    }
    fprintf(whole.out, "HTTP/1.1 %d %s\r\n", reply->status,
            mg_get_response_code_text(NULL, reply->status));
    print_date(whole.out);
    for (size_t i = 0; i < reply->n_headers; i++)
        fprintf(whole.out, "%s: %s\r\n", reply->headers[i].name, reply->headers[i].value);
    fprintf(whole.out, "Content-Length: %zu\r\n", reply->body_len);
    print_end(whole.out, request);
    if (reply->body_len > 0 && !request->is_head)
        fwrite(reply->body, 1, reply->body_len, whole.out);
    if (fclose(whole.out) == 0)
        mg_write(request->connection, whole.data, whole.len);
    free(whole.data);
    return reply->status;
}

bool answer_wants_html(const app_request *request)
{
    const char *accept = mg_get_header(request->connection, "Accept");

    return accept != NULL && strstr(accept, "text/html") != NULL;
}

bool body_begin(body *growing)
{
    *growing = (body){ 0 };
    growing->out = open_memstream(&growing->data, &growing->len);
    return growing->out != NULL;
}

void body_drop(body *growing)
{
    fclose(growing->out);
    free(growing->data);
}

int body_answer(body *growing, const app_request *request, int status, const char *type)
{
    bool whole = fclose(growing->out) == 0;

    if (whole)
        answer(request, status, type, NULL, growing->data, growing->len);
    free(growing->data);
    if (!whole)
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    return status;
}

int answer_problem(const app_request *request, int status, const char *word, const char *message)
{
    body json;
    bool first = true;

    if (!body_begin(&json))
        return answer(request, status, "application/json", NULL, "{}", 2);
    fputc('{', json.out);
    print_json_field(json.out, &first, "error", word);
    print_json_field(json.out, &first, "message", message);
    fputs("}\n", json.out);
    return body_answer(&json, request, status, "application/json");
}

void answer_complain(const app_request *request, const lk_error *err)
{
    journal_complain(&request->server->options->log, request->guest->id, err);
}

int answer_failure(const app_request *request, const lk_error *err)
{
    if (err->status == LK_ERR_NOT_FOUND)
        return answer_problem(request, 404, "not_found", err->message);
    if (err->status == LK_ERR_INVALID)
        return answer_problem(request, 400, "invalid_request", err->message);
    /* Of the store's troubles the operator needs the whole, a visitor the gist. */
    answer_complain(request, err);
    if (err->status == LK_ERR_STORE)
        return answer_problem(request, 503, "store_unavailable",
                              "the store cannot be used now; the server's log says why");
    return answer_problem(request, 503, "unavailable", err->message);
}

bool query_has(const app_request *request, const char *name)
{
    const char *query = request->info->query_string;
    char ignored[2];

    return query != NULL && mg_get_var(query, strlen(query), name, ignored, sizeof(ignored)) != -1;
}

bool query_text(const app_request *request, const char *name, char *out, size_t size, int *status)
{
    const char *query = request->info->query_string;
    char message[96];

    out[0] = '\0';
    if (query == NULL)
        return true;
    int len = mg_get_var(query, strlen(query), name, out, size);
    if (len == -1) {
        out[0] = '\0';
        return true;
    }
    if (len >= 0 && strlen(out) == (size_t)len)
        return true;
    snprintf(message, sizeof(message), "the parameter %s is not usable", name);
    *status = answer_problem(request, 400, "invalid_request", message);
    return false;
}
