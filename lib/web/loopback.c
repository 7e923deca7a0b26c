/* RFC 8252, 7.3: the native app listens on the loopback interface for the browser to come back.
 *
 * Anything on this machine may connect, and browsers do so on their own account (they pre-connect,
 * they ask for favicon.ico). So nothing but GET /callback with our state ends the wait; everything
 * else is answered and forgotten. The browser that does come with our state sees no page before
 * the exchange is over: "signed in" must be true when it is read. */
#include <latchkey/loopback.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/pkce.h"
#include "web/listener.h"
#include "web/pasted.h"
#include "web/query.h"

enum { DEFAULT_TIMEOUT_S = 300, MAX_CODE = 4096, MAX_WORD = 60, MAX_DESCRIPTION = 160 };

struct lk_loopback {
    lk_client *client;
    lk__listener listener;
    int64_t deadline_ms;
    lk_pkce pkce; /* secret */
    char state[LK__TOKEN_SIZE];
    char *redirect_uri;
    char *url;
    char *code;      /* secret; set once the browser came back with our state */
    lk_error denied; /* set once it came back with an error instead */
};

static const lk__page page_not_found = { .status = 404,
                                         .word = "not_found",
                                         .title = "Nothing here",
                                         .message = "This address only waits for a sign-in." };
static const lk__page page_bad_method = { .status = 405,
                                          .word = "method_not_allowed",
                                          .title = "This does not work here",
                                          .message = "This address only waits for a sign-in." };
static const lk__page page_bad_request = { .status = 400,
                                           .word = "invalid_request",
                                           .title = "That was no sign-in",
                                           .message =
                                               "Go back to the app and try again from there." };
static const lk__page page_too_large = { .status = 431,
                                         .word = "too_large",
                                         .title = "That was too much",
                                         .message =
                                             "Go back to the app and try again from there." };
static const lk__page page_wrong_state = {
    .status = 400,
    .word = "invalid_state",
    .title = "This is not the sign-in the app waits for",
    .message = "It was started somewhere else, or it is an old one. Go back to the app and try "
               "again from there."
};
static const lk__page page_taken = { .status = 400,
                                     .word = "already_used",
                                     .title = "This sign-in was used already",
                                     .message = "Go back to the app to see how it went." };

/* The answer to a browser that is no longer there is nobody's loss. */
static void answer(const lk_loopback *loopback, lk__connection *connection, const lk__page *page,
                   const char *allow)
{
    if (lk__connection_answer(connection, page, allow, lk__now_ms(loopback->client), NULL) != LK_OK)
        lk__connection_close(connection);
}

typedef struct callback {
    lk__buf state;
    lk__buf code;
    lk__buf error;
    lk__buf description;
} callback;

static void callback_clear(callback *back)
{
    lk__buf_clear(&back->state);
    lk__buf_clear(&back->code);
    lk__buf_clear(&back->error);
    lk__buf_clear(&back->description);
}

static lk_status read_callback(const char *query, callback *back, lk_error *err)
{
    bool found = false;

    LK_TRY(lk__query_get(query, "state", &back->state, &found, err));
    LK_TRY(lk__query_get(query, "code", &back->code, &found, err));
    LK_TRY(lk__query_get(query, "error", &back->error, &found, err));
    return lk__query_get(query, "error_description", &back->description, &found, err);
}

static bool is_our_state(const lk_loopback *loopback, const lk__buf *state)
{
    size_t len = strlen(loopback->state);

    return state->len == len && lk__bytes_equal(state->data, loopback->state, len);
}

static void set_denied(lk_loopback *loopback, callback *back)
{
    lk_error *denied = &loopback->denied;

    lk__shorten(back->error.data, MAX_WORD);
    if (back->description.len > 0) {
        lk__shorten(back->description.data, MAX_DESCRIPTION);
        (void)lk__fail(denied, LK_ERR_API, "sign-in was refused: %s (%s)", back->error.data,
                       back->description.data);
    } else {
        (void)lk__fail(denied, LK_ERR_API, "sign-in was refused: %s", back->error.data);
    }
    snprintf(denied->reason, sizeof(denied->reason), "%s", back->error.data);
}

typedef enum callback_verdict {
    CALLBACK_GOOD, /* the code is kept */
    CALLBACK_BAD,
    CALLBACK_WRONG_STATE,
    CALLBACK_TAKEN,
    CALLBACK_DENIED /* and why is kept */
} callback_verdict;

/* However the answer came: what it is worth. */
static callback_verdict take_answer(lk_loopback *loopback, const char *query, lk_error *err)
{
    LK_CLEANUP(callback_clear)
    callback back = { .state = LK__SECRET_BUF(LK__TOKEN_SIZE * 3),
                      .code = LK__SECRET_BUF(MAX_CODE),
                      .error = LK__BUF(MAX_CODE),
                      .description = LK__BUF(MAX_CODE) };

    if (read_callback(query, &back, err) != LK_OK)
        return CALLBACK_BAD;
    if (!is_our_state(loopback, &back.state))
        return CALLBACK_WRONG_STATE;
    if (loopback->code != NULL || loopback->denied.status != LK_OK)
        return CALLBACK_TAKEN;
    if (back.error.len > 0) {
        set_denied(loopback, &back);
        return CALLBACK_DENIED;
    }
    if (back.code.len > 0)
        loopback->code = lk__buf_steal(&back.code);
    return loopback->code != NULL ? CALLBACK_GOOD : CALLBACK_BAD;
}

static void answer_denied(const lk_loopback *loopback, lk__connection *connection)
{
    bool is_cancelled = strcmp(loopback->denied.reason, "access_denied") == 0;

    answer(loopback, connection,
           &(lk__page){ .status = 403,
                        .word = "access_denied",
                        .title = is_cancelled ? "Sign-in was cancelled" : "Sign-in was refused",
                        .message = "You can close this tab and go back to the app.",
                        .detail = loopback->denied.message },
           NULL);
}

static void answer_callback(lk_loopback *loopback, lk__connection *connection, const char *query)
{
    switch (take_answer(loopback, query, NULL)) {
    case CALLBACK_GOOD:
        /* Held: how it went is known after the exchange only. */
        connection->phase = LK__CONNECTION_HELD;
        return;
    case CALLBACK_BAD:
        answer(loopback, connection, &page_bad_request, NULL);
        return;
    case CALLBACK_WRONG_STATE:
        answer(loopback, connection, &page_wrong_state, NULL);
        return;
    case CALLBACK_TAKEN:
        answer(loopback, connection, &page_taken, NULL);
        return;
    case CALLBACK_DENIED:
        answer_denied(loopback, connection);
        return;
    }
}

static void answer_request(void *ctx, lk__connection *connection, lk__loopback_verdict verdict,
                           const char *query, size_t query_len)
{
    lk_loopback *loopback = ctx;
    char text[LK__MAX_LOOPBACK_REQUEST + 1];

    switch (verdict) {
    case LK__LOOPBACK_CALLBACK:
        if (query_len > 0)
            memcpy(text, query, query_len);
        text[query_len] = '\0';
        answer_callback(loopback, connection, text);
        lk__wipe(text, query_len);
        return;
    case LK__LOOPBACK_BAD_METHOD:
        answer(loopback, connection, &page_bad_method, "GET");
        return;
    case LK__LOOPBACK_ELSEWHERE:
        answer(loopback, connection, &page_not_found, NULL);
        return;
    case LK__LOOPBACK_TOO_LARGE:
        answer(loopback, connection, &page_too_large, NULL);
        return;
    case LK__LOOPBACK_BAD:
    case LK__LOOPBACK_MORE:
        answer(loopback, connection, &page_bad_request, NULL);
        return;
    }
}

/* ---- Public ---- */

static lk_status make_url(lk_loopback *loopback, const lk_loopback_options *options, lk_error *err)
{
    return lk_authkit_authorization_url(
        loopback->client,
        LK_AUTHKIT_AUTHORIZATION_OPTIONS(.redirect_uri = loopback->redirect_uri,
                                         .state = loopback->state,
                                         .code_challenge = loopback->pkce.challenge,
                                         .provider = "authkit",
                                         .organization_id = options->organization_id,
                                         .login_hint = options->login_hint,
                                         .screen_hint = options->screen_hint),
        &loopback->url, err);
}

static lk_status take_options(const lk_loopback_options *given, lk_loopback_options *out,
                              lk_error *err)
{
    if (given == NULL || given->size < offsetof(lk_loopback_options, port))
        return lk__fail(err, LK_ERR_INVALID,
                        "the options were not made with LK_LOOPBACK_OPTIONS()");
    *out = (lk_loopback_options){ .size = sizeof(*out) };
    memcpy(out, given, given->size < sizeof(*out) ? given->size : sizeof(*out));
    if (out->client == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client is required");
    if (out->port < 0 || out->port > 65535)
        return lk__fail(err, LK_ERR_INVALID, "port %d is none", out->port);
    if (out->timeout_s < 0)
        return lk__fail(err, LK_ERR_INVALID, "timeout_s %d lies in the past", out->timeout_s);
    return LK_OK;
}

static lk_status open_port(lk_loopback *loopback, int port, lk_error *err)
{
    LK_TRY(lk__listener_open(&loopback->listener, port, err));
    if (asprintf(&loopback->redirect_uri, "http://%s:%d" LK__LOOPBACK_PATH, loopback->listener.host,
                 loopback->listener.port) >= 0)
        return LK_OK;
    loopback->redirect_uri = NULL;
    return lk__no_memory(err);
}

lk_status lk_loopback_new(const lk_loopback_options *options, lk_loopback **out, lk_error *err)
{
    lk_loopback_options taken;

    lk__error_clear(err);
    if (out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_loopback_new() was given NULL");
    LK_TRY(take_options(options, &taken, err));
    lk_auto(lk_loopback) loopback = calloc(1, sizeof(*loopback));
    if (loopback == NULL)
        return lk__no_memory(err);
    loopback->client = taken.client;
    loopback->listener = (lk__listener){ .sockets = { -1, -1 }, .epoll = -1 };
    LK_TRY(lk__pkce_make(&taken.client->random, &loopback->pkce, err));
    LK_TRY(lk__random_token(&taken.client->random, loopback->state, err));
    LK_TRY(open_port(loopback, taken.port, err));
    LK_TRY(make_url(loopback, &taken, err));
    loopback->deadline_ms = lk__now_ms(taken.client) +
                            (int64_t)(taken.timeout_s ? taken.timeout_s : DEFAULT_TIMEOUT_S) * 1000;
    *out = lk__steal(loopback);
    return LK_OK;
}

const char *lk_loopback_url(const lk_loopback *loopback)
{
    return loopback->url;
}

int lk_loopback_fd(const lk_loopback *loopback)
{
    return loopback->listener.epoll;
}

int64_t lk_loopback_time_left_ms(const lk_loopback *loopback)
{
    int64_t left_ms = loopback->deadline_ms - lk__now_ms(loopback->client);

    return left_ms > 0 ? left_ms : 0;
}

/* Whether it is over without a code. */
static lk_status check_open(const lk_loopback *loopback, lk_error *err)
{
    if (loopback->denied.status != LK_OK) {
        if (err != NULL)
            *err = loopback->denied;
        return loopback->denied.status;
    }
    if (loopback->code == NULL && lk_loopback_time_left_ms(loopback) == 0)
        return lk__fail(err, LK_ERR_EXPIRED, "nobody came back from the browser in time");
    return LK_OK;
}

lk_status lk_loopback_process(lk_loopback *loopback, int *done, lk_error *err)
{
    lk__error_clear(err);
    if (loopback == NULL || done == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_loopback_process() was given NULL");
    lk__listener_step(&loopback->listener, lk__now_ms(loopback->client), answer_request, loopback);
    LK_TRY(check_open(loopback, err));
    *done = loopback->code != NULL;
    return LK_OK;
}

lk_status lk_loopback_wait(lk_loopback *loopback, int max_ms, int *done, lk_error *err)
{
    lk__error_clear(err);
    if (loopback == NULL || done == NULL || max_ms < 0)
        return lk__fail(err, LK_ERR_INVALID,
                        "lk_loopback_wait() was given NULL or a negative time");
    struct pollfd waiting = { .fd = loopback->listener.epoll, .events = POLLIN };
    int64_t left_ms = lk_loopback_time_left_ms(loopback);
    /* A signal only ends the wait early. */
    (void)poll(&waiting, 1, left_ms < max_ms ? (int)left_ms : max_ms);
    return lk_loopback_process(loopback, done, err);
}

lk_status lk_loopback_paste(lk_loopback *loopback, const char *text, lk_error *err)
{
    lk__auto_buf query = LK__SECRET_BUF(LK__MAX_PASTED);
    lk_error cause = LK_ERROR_INIT;

    lk__error_clear(err);
    if (loopback == NULL || text == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_loopback_paste() was given NULL");
    LK_TRY(check_open(loopback, err));
    LK_TRY(lk__pasted_read(text, loopback->redirect_uri, &query, err));
    switch (take_answer(loopback, query.data ? query.data : "", &cause)) {
    case CALLBACK_GOOD:
        return LK_OK;
    case CALLBACK_WRONG_STATE:
        return lk__fail(err, LK_ERR_STATE,
                        "that address belongs to another sign-in, or to an older one: paste the "
                        "one that the browser shows now");
    case CALLBACK_TAKEN:
        return lk__fail(err, LK_ERR_INVALID, "the browser has come back by itself already");
    case CALLBACK_DENIED:
        return check_open(loopback, err);
    case CALLBACK_BAD:
        break;
    }
    if (cause.status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    return lk__fail(err, LK_ERR_INVALID, "that address holds no code: paste all of it%s%s",
                    cause.message[0] != '\0' ? "; " : "", cause.message);
}

/* ---- Finishing ---- */

static lk_status verify(const lk_loopback *loopback, const lk_authentication *authentication,
                        lk_error *err)
{
    lk_auto(lk__json) claims = NULL;
    lk_error cause = LK_ERROR_INIT;
    lk_status status =
        lk__client_verify(loopback->client, authentication->access_token, &claims, &cause);

    if (status == LK_ERR_NO_KEY) {
        LK_TRY(lk_client_refresh_keys(loopback->client, err));
        lk__error_clear(&cause);
        status = lk__client_verify(loopback->client, authentication->access_token, &claims, &cause);
    }
    if (status != LK_OK)
        return lk__fail(err, status, "%s", cause.message);
    if (!lk__text_equal(lk__json_text(claims, "sub"), authentication->user->id))
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "the user is not the one whom the access token names");
    return LK_OK;
}

static void answer_held(lk_loopback *loopback, const lk__page *page)
{
    lk__listener_answer_held(&loopback->listener, page, lk__now_ms(loopback->client));
}

static lk_status exchange(lk_loopback *loopback, lk_authentication **out, lk_error *err)
{
    lk_auto(lk_authentication) authentication = NULL;

    LK_TRY(lk_authkit_exchange_code(loopback->client, loopback->code, loopback->pkce.verifier,
                                    &authentication, err));
    LK_TRY(verify(loopback, authentication, err));
    *out = lk__steal(authentication);
    return LK_OK;
}

static const lk__page page_signed_in = { .status = 200,
                                         .mood = LK__PAGE_GOOD,
                                         .word = "signed_in",
                                         .title = "You are signed in",
                                         .message =
                                             "You can close this tab and go back to the app." };
static const lk__page page_cancelled = { .status = 503,
                                         .word = "cancelled",
                                         .title = "The app gave up on this sign-in",
                                         .message =
                                             "Go back to the app and try again from there." };

lk_status lk_loopback_finish(lk_loopback *loopback, lk_authentication **out, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;

    lk__error_clear(err);
    if (loopback == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_loopback_finish() was given NULL");
    if (loopback->code == NULL || loopback->code[0] == '\0')
        return lk__fail(err, LK_ERR_INVALID, "the browser has not come back yet, or it is over");

    lk_status status = exchange(loopback, out, &cause);
    lk__wipe(loopback->code, strlen(loopback->code)); /* spent, either way */
    if (status == LK_OK) {
        answer_held(loopback, &page_signed_in);
        return LK_OK;
    }
    answer_held(loopback, &(lk__page){ .status = 502,
                                       .word = "sign_in_failed",
                                       .title = "Sign-in did not work",
                                       .message = "Go back to the app and try again from there.",
                                       .detail = cause.message });
    if (err != NULL)
        *err = cause;
    return status;
}

void lk_loopback_free(lk_loopback *loopback)
{
    if (loopback == NULL)
        return;
    answer_held(loopback, &page_cancelled);
    lk__listener_close(&loopback->listener);
    lk_free_secret(loopback->code);
    free(loopback->redirect_uri);
    free(loopback->url);
    lk__wipe(loopback, sizeof(*loopback));
    free(loopback);
}

void lk_loopback_freep(lk_loopback **loopback)
{
    lk_loopback_free(*loopback);
    *loopback = NULL;
}
