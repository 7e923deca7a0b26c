/* Whole requests to lk_web, as any visitor can send them: a line "METHOD path?query", then a line
 * for each header. WorkOS gives out its keys and answers nothing else, so nobody can be signed in
 * but who brings the one token that is good. */
#include <latchkey/web.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "fuzz.h"
#include "keys.h"

#define NOW_MS      INT64_C(1772452800000)
#define PASSWORD    "a-password-of-the-tests-0123456789"
#define WORKOS      "https://api.workos.com/"
#define MAX_HEADERS 32

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return NOW_MS;
}

static void never_sleep(void *ctx, int64_t ms)
{
    (void)ctx;
    (void)ms;
}

static lk_status fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
    return LK_OK;
}

static lk_status send_nothing(void *ctx, const lk_http_request *request, lk_http_response *response,
                              lk_error *err)
{
    (void)ctx;
    if (strcmp(request->url, WORKOS "sso/jwks/client_01") == 0) {
        lk_http_response_set_status(response, 200);
        return lk_http_response_append(response, FUZZ_KEYS, strlen(FUZZ_KEYS));
    }
    err->status = LK_ERR_NETWORK;
    strcpy(err->message, "nobody there");
    return LK_ERR_NETWORK;
}

static lk_web *make_web(lk_web_mode mode)
{
    lk_client *client = NULL;
    lk_web *web = NULL;

    promise(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .max_retries = -1,
                                            .transport = { .send = send_nothing },
                                            .clock = { .now_ms = now_ms, .sleep_ms = never_sleep },
                                            .random = { .fill = fill }),
                          &client, NULL) == LK_OK);
    promise(lk_web_new(LK_WEB_OPTIONS(.client = client, .cookie_password = PASSWORD, .mode = mode,
                                      .connection = mode == LK_WEB_SSO ? "conn_01" : NULL,
                                      .redirect_uri = "https://app.example/callback"),
                       &web, NULL) == LK_OK);
    promise(lk_client_refresh_keys(client, NULL) == LK_OK);
    return web;
}

/* Takes the input apart in place. */
static void read_request(char *text, lk_header headers[MAX_HEADERS], lk_web_request *out)
{
    char *rest = text;
    char *line = strsep(&rest, "\n");

    *out = (lk_web_request){ .method = strsep(&line, " "), .headers = headers };
    out->path = strsep(&line, "?");
    out->query = line;
    if (out->path == NULL)
        out->path = "";
    while ((line = strsep(&rest, "\n")) != NULL && out->n_headers < MAX_HEADERS) {
        char *name = strsep(&line, ":");
        if (line == NULL)
            continue;
        headers[out->n_headers++] = (lk_header){ .name = name, .value = line + strspn(line, " ") };
    }
}

static bool is_own_cookie(const char *value)
{
    return strncmp(value, "wos-", 4) == 0 || strncmp(value, "latchkey-", 9) == 0;
}

/* No header ends before its end, and nobody is led anywhere but to WorkOS or to a path of ours. */
static void check_headers(const lk_web_reply *reply)
{
    bool varies = false;
    bool is_stored = true;

    for (size_t i = 0; i < reply->n_headers; i++) {
        const lk_header *header = &reply->headers[i];
        for (const char *c = header->value; *c != '\0'; c++)
            promise((unsigned char)*c >= ' ' && *c != 0x7f);
        if (strcmp(header->name, "Location") == 0)
            promise(strncmp(header->value, WORKOS, strlen(WORKOS)) == 0 ||
                    (header->value[0] == '/' && header->value[1] != '/' &&
                     strchr(header->value, '\\') == NULL));
        if (strcmp(header->name, "Set-Cookie") == 0)
            promise(is_own_cookie(header->value));
        varies = varies ||
                 (strcmp(header->name, "Vary") == 0 && strstr(header->value, "Cookie") != NULL);
        if (strcmp(header->name, "Cache-Control") == 0)
            is_stored = strstr(header->value, "no-store") == NULL;
    }
    promise(varies && !is_stored);
}

static void check_reply(const lk_web_reply *reply, bool brought_token)
{
    promise(reply->status == 0 || (reply->status >= 200 && reply->status < 600));
    promise(reply->status == 0 || reply->session == NULL);
    promise(reply->session == NULL || brought_token);
    promise(reply->body_len == 0 || memmem(reply->body, reply->body_len, "<script", 7) == NULL);
    check_headers(reply);
}

static void run(lk_web *web, const char *input, size_t size)
{
    char *text = strndup(input, size);
    lk_header headers[MAX_HEADERS];
    lk_web_request request;
    lk_auto(lk_web_reply) reply = NULL;
    lk_auto(lk_web_reply) challenge = NULL;

    promise(text != NULL);
    /* As Bearer, or sealed by us in the cookie. */
    bool brought_token = strstr(text, FUZZ_TOKEN) != NULL || strstr(text, "wos-session") != NULL;
    read_request(text, headers, &request);
    lk_status status = lk_web_answer(web, &request, &reply, NULL);
    promise(status == LK_OK || status == LK_ERR_NETWORK);
    if (status == LK_OK)
        check_reply(reply, brought_token);
    promise(lk_web_challenge(web, &request, &challenge, NULL) == LK_OK);
    check_reply(challenge, false);
    promise(challenge->status == 302 || challenge->status == 401);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lk_web *authkit, *sso; /* made once; no input leaves anything in them */

    if (size == 0)
        return 0;
    if (authkit == NULL) {
        authkit = make_web(LK_WEB_AUTHKIT);
        sso = make_web(LK_WEB_SSO);
    }
    run(authkit, (const char *)data, size);
    run(sso, (const char *)data, size);
    return 0;
}
