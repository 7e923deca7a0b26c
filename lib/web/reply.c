/* Requests and replies; see reply.h. */
#include "web/reply.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

void lk__reply_free(lk__reply *reply)
{
    if (reply == NULL)
        return;
    lk_session_free(reply->session);
    lk__arena_free(reply->arena);
    free(reply);
}

void lk__reply_freep(lk__reply **reply)
{
    lk__reply_free(*reply);
    *reply = NULL;
}

lk_status lk__reply_new(lk__reply **out, lk_error *err)
{
    lk_auto(lk__reply) reply = calloc(1, sizeof(*reply));

    if (reply == NULL)
        return lk__no_memory(err);
    reply->public.headers = reply->headers;
    reply->arena = lk__arena_new();
    if (reply->arena == NULL)
        return lk__no_memory(err);
    *out = lk__steal(reply);
    return LK_OK;
}

lk_status lk__reply_header(lk__reply *reply, const char *name, const char *value, lk_error *err)
{
    if (reply->public.n_headers == LK__MAX_REPLY_HEADERS)
        return lk__fail(err, LK_ERR_INVALID, "a reply of more than %d headers",
                        (int)LK__MAX_REPLY_HEADERS);
    if (lk__has_control(value, strlen(value)))
        return lk__fail(err, LK_ERR_INVALID, "header %s would hold a control character", name);

    lk_header header = { .name = lk__arena_text(reply->arena, name),
                         .value = lk__arena_text(reply->arena, value) };
    if (header.name == NULL || header.value == NULL)
        return lk__no_memory(err);
    reply->headers[reply->public.n_headers++] = header;
    return LK_OK;
}

lk_status lk__reply_cookie(lk__reply *reply, const lk__cookie_rules *rules, const char *name,
                           const char *value, int64_t max_age_s, lk_error *err)
{
    lk__auto_buf text = LK__SECRET_BUF(SIZE_MAX);

    LK_TRY(lk__cookie_write(rules, name, value, max_age_s, &text, err));
    /* Deleting one twice says nothing new. */
    for (size_t i = 0; i < reply->public.n_headers; i++)
        if (strcmp(reply->headers[i].name, "Set-Cookie") == 0 &&
            strcmp(reply->headers[i].value, text.data) == 0)
            return LK_OK;
    return lk__reply_header(reply, "Set-Cookie", text.data, err);
}

lk_status lk__reply_no_store(lk__reply *reply, lk_error *err)
{
    LK_TRY(lk__reply_header(reply, "Vary", "Cookie", err));
    return lk__reply_header(reply, "Cache-Control",
                            "private, no-cache, no-store, must-revalidate, max-age=0", err);
}

static lk_status set_body(lk__reply *reply, int status, const lk__buf *body, lk_error *err)
{
    char *copy = lk__arena_bytes(reply->arena, body->data, body->len);

    if (copy == NULL)
        return lk__no_memory(err);
    reply->public.status = status;
    reply->public.body = copy;
    reply->public.body_len = body->len;
    return LK_OK;
}

lk_status lk__reply_redirect(lk__reply *reply, int status, const char *location, lk_error *err)
{
    LK_TRY(lk__reply_header(reply, "Location", location, err));
    LK_TRY(lk__reply_header(reply, "Referrer-Policy", "no-referrer", err));
    reply->public.status = status;
    return LK_OK;
}

static lk_status set_json(lk__reply *reply, const lk__page *page, lk_error *err)
{
    lk__auto_buf body = LK__BUF(SIZE_MAX);
    lk__json_writer writer = LK__JSON_WRITER(&body);

    lk__json_open_object(&writer, NULL);
    lk__json_put_text(&writer, "error", page->word);
    lk__json_put_text(&writer, "message", page->message);
    if (page->n_choices > 0)
        lk__json_open_array(&writer, "choices");
    for (size_t i = 0; i < page->n_choices; i++) {
        lk__json_open_object(&writer, NULL);
        lk__json_put_text(&writer, "name", page->choices[i].text);
        lk__json_put_text(&writer, "url", page->choices[i].link);
        lk__json_close_object(&writer);
    }
    if (page->n_choices > 0)
        lk__json_close_array(&writer);
    lk__json_close_object(&writer);
    LK_TRY(lk__json_end(&writer, err));
    LK_TRY(lk__reply_header(reply, "Content-Type", "application/json", err));
    LK_TRY(lk__reply_header(reply, "X-Content-Type-Options", "nosniff", err));
    return set_body(reply, page->status, &body, err);
}

lk_status lk__reply_json_error(lk__reply *reply, int status, const char *word, const char *message,
                               lk_error *err)
{
    return set_json(reply, &(lk__page){ .status = status, .word = word, .message = message }, err);
}

lk_status lk__reply_page(lk__reply *reply, const lk_web_request *request, const lk__page *page,
                         lk_error *err)
{
    if (lk__request_wants_json(request))
        return set_json(reply, page, err);

    lk__auto_buf html = LK__BUF(SIZE_MAX);
    lk__auto_buf policy = LK__BUF(SIZE_MAX);
    LK_TRY(lk__page_html(page, &html, err));
    LK_TRY(lk__page_policy(page, &policy, err));
    LK_TRY(lk__reply_header(reply, "Content-Type", "text/html; charset=utf-8", err));
    LK_TRY(lk__reply_header(reply, "Content-Security-Policy", policy.data, err));
    LK_TRY(lk__reply_header(reply, "X-Content-Type-Options", "nosniff", err));
    LK_TRY(lk__reply_header(reply, "X-Frame-Options", "DENY", err));
    LK_TRY(lk__reply_header(reply, "Referrer-Policy", lk__page_referrer_policy(page), err));
    return set_body(reply, page->status, &html, err);
}

const char *lk__request_next(const lk_web_request *request, const char *name, size_t *i)
{
    while (*i < request->n_headers) {
        const lk_header *header = &request->headers[(*i)++];
        if (header->name != NULL && header->value != NULL &&
            lk__text_equal_nocase(header->name, name))
            return header->value;
    }
    return NULL;
}

const char *lk__request_header(const lk_web_request *request, const char *name)
{
    size_t i = 0;

    return lk__request_next(request, name, &i);
}

size_t lk__request_count(const lk_web_request *request, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; lk__request_next(request, name, &i) != NULL;)
        count++;
    return count;
}

bool lk__request_reads(const lk_web_request *request)
{
    return strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
}

static bool accepts(const lk_web_request *request, const char *type)
{
    for (size_t i = 0;;) {
        const char *value = lk__request_next(request, "Accept", &i);
        if (value == NULL)
            return false;
        if (strcasestr(value, type) != NULL)
            return true;
    }
}

bool lk__request_wants_json(const lk_web_request *request)
{
    return accepts(request, "application/json") && !accepts(request, "text/html");
}

bool lk__request_navigates(const lk_web_request *request)
{
    const char *mode = lk__request_header(request, "Sec-Fetch-Mode");

    if (!lk__request_reads(request))
        return false;
    return accepts(request, "text/html") || lk__text_equal(mode, "navigate");
}
