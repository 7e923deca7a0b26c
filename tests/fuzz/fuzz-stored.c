/* What comes back from the store: the record of a session, and what another server left of a
 * renewal. Who can write there, but has no cookie password, signs nobody in and nobody out. */
#include <latchkey/session.h>
#include <latchkey/web.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "keys.h"
#include "web/handle.h"

#define LATER_MS INT64_C(1772456400000) /* the token has ended by then */
#define PASSWORD "a-password-of-the-tests-0123456789"
#define SIGNATURE                                                          \
    "Rbb1f0WliLsPU_YRjPr9MwLhtHoCq-E4TfpXT5kdOOSmne-6docR-Gb4S464oMT6i65Z" \
    "CmjWHLmxRT1I5KLjsSEiwKJSfyMCJ58ZjmbH5rTYfRcDvKxKJVJCNrh_-08NvzULLFbf" \
    "uwNE0HAk6RyU_9GwhhnLrYotNa4f-KbUmJLSloU8b5aiY9xL7Yc-w9E_fXP-KmN0mVO0" \
    "fe9jHg5btLhzsy5wHSs54NZ8tK2CEGokr88QyN94hdElcdzKDaRmG8Zd53OHn46BmHwG" \
    "1rxIauyidHIUpzIXjZV3BxJaKInTP7oc6eDk-txyiLA1j2x7ZKsgN51izDpBJ2xzTXhe" \
    "9g"

static char *stored; /* what the store says */

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return LATER_MS;
}

static void never_sleep(void *ctx, int64_t ms)
{
    (void)ctx;
    (void)ms;
}

static lk_status send_keys(void *ctx, const lk_http_request *request, lk_http_response *response,
                           lk_error *err)
{
    (void)ctx;
    if (strstr(request->url, "/sso/jwks/") != NULL) {
        lk_http_response_set_status(response, 200);
        return lk_http_response_append(response, FUZZ_KEYS, strlen(FUZZ_KEYS));
    }
    /* The other server has spent the token. */
    (void)err;
    lk_http_response_set_status(response, 400);
    return lk_http_response_append(response, "{\"error\":\"invalid_grant\"}", 25);
}

static lk_status give_result(void *ctx, const char *name, int64_t now, int64_t ttl_ms,
                             int64_t *fence, char **result, lk_error *err)
{
    (void)ctx, (void)name, (void)now, (void)ttl_ms, (void)err;
    *fence = 0;
    *result = strdup(stored);
    return LK_OK;
}

static lk_status never_renewed(void *ctx, const char *name, int64_t fence, int64_t now,
                               int64_t ttl_ms, bool *held, lk_error *err)
{
    (void)ctx, (void)name, (void)fence, (void)now, (void)ttl_ms, (void)held, (void)err;
    abort();
}

static lk_status never_finished(void *ctx, const char *name, int64_t fence, int64_t now,
                                int64_t keep_ms, const char *result, bool *held, lk_error *err)
{
    (void)result;
    return never_renewed(ctx, name, fence, now, keep_ms, held, err);
}

static lk_status give_record(void *ctx, const char *name, int64_t now, char **record, lk_error *err)
{
    (void)ctx, (void)name, (void)now, (void)err;
    *record = strdup(stored);
    return LK_OK;
}

static lk_status never_put(void *ctx, const char *name, const char *record, int64_t now,
                           int64_t ends_at_ms, lk_error *err)
{
    (void)ctx, (void)name, (void)record, (void)now, (void)ends_at_ms, (void)err;
    abort();
}

static lk_status never_replaced(void *ctx, const char *name, const char *old, const char *record,
                                int64_t ends_at_ms, bool *replaced, lk_error *err)
{
    (void)old, (void)replaced;
    return never_put(ctx, name, record, 0, ends_at_ms, err);
}

static lk_status never_removed(void *ctx, const char *name, const char *record, bool *removed,
                               lk_error *err)
{
    (void)removed;
    return never_put(ctx, name, record, 0, 0, err);
}

static lk_web *make_web(void)
{
    lk_client *client = NULL;
    lk_web *web = NULL;

    promise(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .max_retries = -1,
                                            .transport = { .send = send_keys },
                                            .clock = { .now_ms = now_ms, .sleep_ms = never_sleep }),
                          &client, NULL) == LK_OK);
    promise(lk_web_new(LK_WEB_OPTIONS(.client = client, .cookie_password = PASSWORD,
                                      .redirect_uri = "https://app.example/callback",
                                      .cached_sessions = -1,
                                      .refresh_lease = { .acquire = give_result,
                                                         .renew = never_renewed,
                                                         .finish = never_finished },
                                      .session_store = { .get = give_record,
                                                         .put = never_put,
                                                         .replace = never_replaced,
                                                         .remove = never_removed },
                                      .session_storage = LK_SESSIONS_AUTO),
                       &web, NULL) == LK_OK);
    promise(lk_client_refresh_keys(client, NULL) == LK_OK);
    return web;
}

/* Nobody is signed in, and no cookie is touched. */
static void run(lk_web *web, const char *cookie, bool is_stale)
{
    const lk_header header = { "Cookie", cookie };
    lk_auto(lk_web_reply) reply = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk_web_answer(
        web,
        &(lk_web_request){ .method = "GET", .path = "/app", .headers = &header, .n_headers = 1 },
        &reply, &err);

    promise((status != LK_OK) == is_stale);
    promise(status == LK_OK || (status != LK_ERR_INVALID && err.message[0] != '\0'));
    if (status != LK_OK)
        return;
    promise(reply->status == 0 && reply->session == NULL);
    for (size_t i = 0; i < reply->n_headers; i++)
        promise(strcmp(reply->headers[i].name, "Set-Cookie") != 0);
}

static void make_cookies(char **stale, char **handled)
{
    const lk_random random = { .fill = lk__random_fill };
    lk__handle handle;
    char *sealed = NULL;

    promise(lk_seal_text(PASSWORD,
                         "{\"user\":{\"id\":\"user_01\"},\"accessToken\":\"" FUZZ_TOKEN SIGNATURE
                         "\",\"refreshToken\":\"rt_01\"}",
                         0, &sealed, NULL) == LK_OK);
    promise(asprintf(stale, "wos-session=%s", sealed) > 0);
    lk_free_secret(sealed);
    *handled = calloc(1, LK__HANDLE_COOKIE_SIZE + 16);
    promise(*handled != NULL);
    strcpy(*handled, "wos-session=");
    promise(lk__handle_new(&random, &handle, NULL) == LK_OK);
    promise(lk__handle_print(&handle, PASSWORD, *handled + strlen(*handled), NULL) == LK_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lk_web *web; /* made once; no input leaves anything in it */
    static char *stale, *handled;

    if (web == NULL) {
        web = make_web();
        make_cookies(&stale, &handled);
    }
    stored = strndup((const char *)data, size);
    promise(stored != NULL);
    run(web, stale, true);
    run(web, handled, false);
    free(stored);
    return 0;
}
