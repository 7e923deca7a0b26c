/* The state of one sign-in; see state.h. The members of the seal are those of WorkOS' own
 * authkit-session, plus what our callback must check. */
#include "web/state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/seal.h"
#include "web/return-to.h"

/* Clocks of the servers behind one name differ. */
enum { MAX_AHEAD_MS = 60 * 1000 };

void lk__state_clear(lk__state *state)
{
    lk__wipe(state->code_verifier, sizeof(state->code_verifier));
    free(state->return_to);
    free(state->connection);
    free(state->organization_id);
    *state = (lk__state){ .return_to = NULL };
}

void lk__state_cookie_name(const char *seal, char out[LK__STATE_NAME_SIZE])
{
    uint32_t hash = 0x811c9dc5u; /* FNV-1a, 32 bits */

    for (const char *c = seal; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x01000193u;
    snprintf(out, LK__STATE_NAME_SIZE, LK__STATE_PREFIX "%08x", (unsigned)hash);
}

lk_status lk__state_seal(const lk_random *random, const char *password, const lk__state *state,
                         const char *redirect_uri, int64_t now_ms, lk__buf *out, lk_error *err)
{
    char nonce[LK__TOKEN_SIZE];
    lk__auto_buf text = LK__SECRET_BUF(LK__MAX_STATE);
    lk__json_writer writer = LK__JSON_WRITER(&text);

    LK_TRY(lk__random_token(random, nonce, err));
    lk__json_open_object(&writer, NULL);
    lk__json_put_text(&writer, "nonce", nonce);
    lk__json_put_text(&writer, "codeVerifier", state->code_verifier);
    lk__json_put_text_if(&writer, "returnPathname", state->return_to);
    lk__json_put_text(&writer, "redirectUri", redirect_uri);
    lk__json_put_number(&writer, "issuedAt", now_ms);
    lk__json_put_text(&writer, "mode", state->is_sso ? "sso" : "authkit");
    lk__json_put_text_if(&writer, "connection", state->connection);
    lk__json_put_text_if(&writer, "organization", state->organization_id);
    if (state->max_age_s != 0)
        lk__json_put_number(&writer, "maxAge", state->max_age_s);
    lk__json_close_object(&writer);
    LK_TRY(lk__json_end(&writer, err));
    return lk__seal(random, password, text.data, text.len, now_ms, (int64_t)LK__STATE_TTL_S * 1000,
                    out, err);
}

static lk_status copy_member(const lk__json *json, const char *name, char **out, lk_error *err)
{
    const char *text = lk__json_text(json, name);

    if (text == NULL)
        return LK_OK;
    *out = strdup(text);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

/* Not only ours: a front end that shares the password seals what it was asked for and looks at it
 * when the person is back, so it is looked at here, too. What leads elsewhere is left out. */
static lk_status copy_return_to(const lk__json *json, char **out, lk_error *err)
{
    lk__auto_buf path = LK__BUF(4 * LK__MAX_RETURN_TO);

    LK_TRY(lk__return_to(lk__json_text(json, "returnPathname"), "", &path, err));
    if (path.len == 0)
        return LK_OK;
    *out = strdup(path.data);
    return *out == NULL ? lk__no_memory(err) : LK_OK;
}

/* authkit-nextjs says when a sign-in began by the expiry of its seal alone. A seal that never
 * expires is none of a state. */
static bool find_issued_at(const lk__json *json, const char *seal, int64_t *out_ms)
{
    int64_t expiry_ms = lk__seal_expiry_ms(seal, strlen(seal));

    if (lk__json_get(json, "issuedAt") != NULL)
        return lk__json_int64(json, "issuedAt", out_ms);
    *out_ms = expiry_ms - (int64_t)LK__STATE_TTL_S * 1000;
    return expiry_ms > 0 && expiry_ms < INT64_MAX;
}

static lk_status read_state(const lk__json *json, const char *seal, int64_t now_ms, lk__state *out,
                            lk_error *err)
{
    const char *verifier = lk__json_text(json, "codeVerifier");
    int64_t max_age_s = 0;

    /* A sealed session is no state, though the password is the same. */
    if (verifier == NULL || strlen(verifier) != sizeof(out->code_verifier) - 1 ||
        !find_issued_at(json, seal, &out->issued_at_ms))
        return lk__fail(err, LK_ERR_STATE, "the state is none of ours");
    if (out->issued_at_ms > now_ms + MAX_AHEAD_MS ||
        out->issued_at_ms < now_ms - (int64_t)LK__STATE_TTL_S * 1000)
        return lk__fail(err, LK_ERR_EXPIRED, "the sign-in began more than %d s ago",
                        LK__STATE_TTL_S);
    memcpy(out->code_verifier, verifier, sizeof(out->code_verifier));
    if (lk__json_int64(json, "maxAge", &max_age_s) && (max_age_s < -1 || max_age_s > INT_MAX))
        return lk__fail(err, LK_ERR_STATE, "the state is none of ours");
    out->max_age_s = (int)max_age_s;
    out->is_sso = lk__text_equal(lk__json_text(json, "mode"), "sso");
    LK_TRY(copy_return_to(json, &out->return_to, err));
    LK_TRY(copy_member(json, "connection", &out->connection, err));
    return copy_member(json, "organization", &out->organization_id, err);
}

lk_status lk__state_open(const lk__passwords *passwords, const char *seal, int64_t now_ms,
                         lk__state *out, lk_error *err)
{
    lk__auto_buf text = LK__SECRET_BUF(LK__MAX_STATE);
    lk_error cause = LK_ERROR_INIT;
    size_t len = strlen(seal);

    if (len > LK__MAX_STATE)
        return lk__fail(err, LK_ERR_STATE, "the state is none of ours: %zu bytes", len);
    lk_status status =
        lk__unseal(passwords->items, passwords->n_items, seal, len, now_ms, &text, &cause);
    if (status == LK_ERR_EXPIRED)
        return lk__fail(err, LK_ERR_EXPIRED, "the sign-in began more than %d s ago",
                        LK__STATE_TTL_S);
    if (status == LK_ERR_INVALID || status == LK_ERR_NO_MEMORY)
        return lk__fail(err, status, "%s", cause.message);
    if (status != LK_OK)
        return lk__fail(err, LK_ERR_STATE, "the state is none of ours");

    lk_auto(lk__json) json = NULL;
    status = lk__json_parse(text.data, text.len, &json, &cause);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK)
        return lk__fail(err, LK_ERR_STATE, "the state is none of ours");

    lk__auto_state state = { .return_to = NULL };
    LK_TRY(read_state(json, seal, now_ms, &state, err));
    *out = state;
    state = (lk__state){ .return_to = NULL };
    return LK_OK;
}

static bool is_state_name(const lk__cookie *cookie)
{
    size_t prefix_len = sizeof(LK__STATE_PREFIX) - 1;

    if (cookie->name_len != LK__STATE_NAME_SIZE - 1 ||
        memcmp(cookie->name, LK__STATE_PREFIX, prefix_len) != 0)
        return false;
    for (size_t i = prefix_len; i < cookie->name_len; i++)
        if (strchr("0123456789abcdef", cookie->name[i]) == NULL)
            return false;
    return true;
}

/* 0: unreadable or too old. */
static lk_status pending_issued_at(const lk__passwords *passwords, const lk__cookie *cookie,
                                   int64_t now_ms, int64_t *out, lk_error *err)
{
    lk__auto_buf seal = LK__SECRET_BUF(LK__MAX_STATE);
    lk__auto_state state = { .return_to = NULL };
    lk_error cause = LK_ERROR_INIT;

    *out = 0;
    if (lk__cookie_decode(cookie, &seal, &cause) != LK_OK || seal.len == 0)
        return cause.status == LK_ERR_NO_MEMORY ? lk__no_memory(err) : LK_OK;
    lk_status status = lk__state_open(passwords, seal.data, now_ms, &state, &cause);
    if (status == LK_OK)
        *out = state.issued_at_ms;
    return status == LK_ERR_NO_MEMORY ? lk__no_memory(err) : LK_OK;
}

static bool is_listed(const lk__pending *pending, const char *name)
{
    for (size_t i = 0; i < pending->n_items; i++)
        if (strcmp(pending->items[i].name, name) == 0)
            return true;
    return false;
}

lk_status lk__pending_read(const lk__passwords *passwords, const char *cookie_header,
                           int64_t now_ms, lk__pending *out, lk_error *err)
{
    const size_t capacity = sizeof(out->items) / sizeof(out->items[0]);
    const char *rest = cookie_header;
    lk__cookie cookie;

    while (out->n_items < capacity && lk__cookie_next(&rest, &cookie)) {
        struct lk__pending_state *item = &out->items[out->n_items];
        if (!is_state_name(&cookie))
            continue;
        memcpy(item->name, cookie.name, cookie.name_len);
        item->name[cookie.name_len] = '\0';
        if (is_listed(out, item->name))
            continue;
        LK_TRY(pending_issued_at(passwords, &cookie, now_ms, &item->issued_at_ms, err));
        out->n_items++;
    }
    return LK_OK;
}

static int compare_issued_at(const void *a, const void *b)
{
    const struct lk__pending_state *left = a;
    const struct lk__pending_state *right = b;

    return (left->issued_at_ms > right->issued_at_ms) - (left->issued_at_ms < right->issued_at_ms);
}

void lk__pending_sort(lk__pending *pending)
{
    qsort(pending->items, pending->n_items, sizeof(pending->items[0]), compare_issued_at);
}

lk_status lk__state_is_held(const char *cookie_header, const char *seal, bool *held, lk_error *err)
{
    char name[LK__STATE_NAME_SIZE];
    const char *rest = cookie_header;
    lk__cookie cookie;

    lk__state_cookie_name(seal, name);
    while (!*held && lk__cookie_next(&rest, &cookie)) {
        lk__auto_buf value = LK__SECRET_BUF(LK__MAX_STATE);
        lk_error cause = LK_ERROR_INIT;
        if (!lk__cookie_is(&cookie, name))
            continue;
        lk_status status = lk__cookie_decode(&cookie, &value, &cause);
        if (status == LK_ERR_NO_MEMORY)
            return lk__no_memory(err);
        if (status == LK_OK && value.len > 0 && value.len == strlen(seal))
            *held = lk__bytes_equal(value.data, seal, value.len);
    }
    return LK_OK;
}
