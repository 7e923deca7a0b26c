/* The WorkOS-Signature header of webhooks; see signature.h. */
#include "crypto/signature.h"

#include <inttypes.h>
#include <latchkey/events.h>
#include <string.h>

#include "base/text.h"
#include "crypto/crypto.h"

enum {
    MAX_HEADER = 4096, /* bytes */
    MAX_DIGITS = 15,
    DEFAULT_TOLERANCE_S = 180,
    HEX_SIZE = 2 * LK__SHA256_SIZE
};

/* A t of at least this is milliseconds: as seconds it would lie in the year 5138. */
#define FIRST_MS INT64_C(100000000000)

typedef struct field {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
} field;

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *len)
{
    while (*len > 0 && is_space(**text)) {
        (*text)++;
        (*len)--;
    }
    while (*len > 0 && is_space((*text)[*len - 1]))
        (*len)--;
}

/* Reads "name = value" and moves *rest past the next comma; false at the end. */
static bool next_field(const char **rest, field *out)
{
    size_t len = strcspn(*rest, ",");
    const char *equals = memchr(*rest, '=', len);
    const char *end = *rest + len;

    if (**rest == '\0')
        return false;
    out->name = *rest;
    out->name_len = equals != NULL ? (size_t)(equals - *rest) : len;
    out->value = equals != NULL ? equals + 1 : end;
    out->value_len = (size_t)(end - out->value);
    trim(&out->name, &out->name_len);
    trim(&out->value, &out->value_len);
    *rest = end + (*end == ',');
    return true;
}

static bool is_named(const field *f, const char *name)
{
    return f->name_len == strlen(name) && memcmp(f->name, name, f->name_len) == 0;
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool decode_hex(const field *f, unsigned char out[LK__SHA256_SIZE])
{
    if (f->value_len != HEX_SIZE)
        return false;
    for (size_t i = 0; i < LK__SHA256_SIZE; i++) {
        int high = hex_value(f->value[2 * i]);
        int low = hex_value(f->value[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

/* The one t of the header. Two would leave open which of them was signed. */
static lk_status find_time(const char *header, field *out, int64_t *out_ms, lk_error *err)
{
    char digits[MAX_DIGITS + 1] = { 0 };
    int64_t number;
    size_t n = 0;
    field f;

    while (next_field(&header, &f)) {
        if (is_named(&f, "t")) {
            *out = f;
            n++;
        }
    }
    if (n != 1)
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "the signature header holds %zu t= where 1 is needed", n);
    if (out->value_len == 0 || out->value_len > MAX_DIGITS)
        return lk__fail(err, LK_ERR_SIGNATURE, "the signature header's t= is no time");
    memcpy(digits, out->value, out->value_len);
    if (!lk__parse_int64(digits, 0, INT64_MAX, &number))
        return lk__fail(err, LK_ERR_SIGNATURE, "the signature header's t= is no time");
    *out_ms = number >= FIRST_MS ? number : number * 1000;
    return LK_OK;
}

/* HMAC over t, as it was received, ".", and the raw body. */
static lk_status compute(const char *secret, const char *t, size_t t_len, const void *body,
                         size_t body_len, unsigned char out[LK__SHA256_SIZE], lk_error *err)
{
    lk__auto_buf message = LK__BUF(SIZE_MAX - 1);

    LK_TRY(lk__buf_append(&message, t, t_len, err));
    LK_TRY(lk__buf_text(&message, ".", err));
    LK_TRY(lk__buf_append(&message, body, body_len, err));
    return lk__hmac_sha256(secret, strlen(secret), message.data, message.len, out, err);
}

/* Looks at every v1, so that a secret can be rotated; v0 and others mean nothing. */
static bool any_matches(const char *header, const unsigned char wanted[LK__SHA256_SIZE])
{
    unsigned char mac[LK__SHA256_SIZE];
    bool matches = false;
    field f;

    while (next_field(&header, &f))
        if (is_named(&f, "v1") && decode_hex(&f, mac) &&
            lk__bytes_equal(mac, wanted, LK__SHA256_SIZE))
            matches = true;
    return matches;
}

static lk_status check_arguments(const char *secret, const void *body, size_t body_len,
                                 lk_error *err)
{
    if (lk__text_empty(secret)) /* an empty key lets everybody sign */
        return lk__fail(err, LK_ERR_INVALID, "the webhook secret is empty");
    if (body == NULL && body_len > 0)
        return lk__fail(err, LK_ERR_INVALID, "no body, though %zu bytes of it", body_len);
    return LK_OK;
}

lk_status lk__signature_verify(const char *secret, const char *header, const void *body,
                               size_t body_len, int64_t now_ms, int tolerance_s, lk_error *err)
{
    int64_t tolerance_ms = (int64_t)(tolerance_s == 0 ? DEFAULT_TOLERANCE_S : tolerance_s) * 1000;
    unsigned char mac[LK__SHA256_SIZE];
    int64_t t_ms = 0;
    field t = { 0 };

    LK_TRY(check_arguments(secret, body, body_len, err));
    if (tolerance_s < 0)
        return lk__fail(err, LK_ERR_INVALID, "negative tolerance: %d s", tolerance_s);
    if (lk__text_empty(header) || strlen(header) > MAX_HEADER)
        return lk__fail(err, LK_ERR_SIGNATURE, "no signature header, or one of over %d bytes",
                        MAX_HEADER);
    LK_TRY(find_time(header, &t, &t_ms, err));
    LK_TRY(compute(secret, t.value, t.value_len, body, body_len, mac, err));
    if (!any_matches(header, mac))
        return lk__fail(err, LK_ERR_SIGNATURE, "the signature does not match the body");
    if (t_ms < now_ms - tolerance_ms || t_ms > now_ms + tolerance_ms)
        return lk__fail(err, LK_ERR_EXPIRED, "signed %" PRId64 " s from now, %" PRId64 " s allowed",
                        (t_ms - now_ms) / 1000, tolerance_ms / 1000);
    return LK_OK;
}

lk_status lk__signature_make(const char *secret, const void *body, size_t body_len, int64_t now_ms,
                             lk__buf *out, lk_error *err)
{
    unsigned char mac[LK__SHA256_SIZE];
    lk__auto_buf t = LK__BUF(32);

    LK_TRY(check_arguments(secret, body, body_len, err));
    LK_TRY(lk__buf_printf(&t, err, "%" PRId64, now_ms));
    LK_TRY(compute(secret, t.data, t.len, body, body_len, mac, err));
    LK_TRY(lk__buf_printf(out, err, "t=%s, v1=", t.data));
    for (size_t i = 0; i < sizeof(mac); i++)
        LK_TRY(lk__buf_printf(out, err, "%02x", mac[i]));
    return LK_OK;
}

lk_status lk_webhook_verify(const char *secret, const char *signature, const void *body,
                            size_t body_len, int64_t now_ms, int tolerance_s, lk_error *err)
{
    lk__error_clear(err);
    return lk__signature_verify(secret, signature, body, body_len, now_ms, tolerance_s, err);
}

lk_status lk_webhook_sign(const char *secret, const void *body, size_t body_len, int64_t now_ms,
                          char **out, lk_error *err)
{
    lk__auto_buf header = LK__BUF(MAX_HEADER);
    char *text;

    lk__error_clear(err);
    if (out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "out is NULL");
    LK_TRY(lk__signature_make(secret, body, body_len, now_ms, &header, err));
    text = lk__buf_steal(&header);
    if (text == NULL)
        return lk__no_memory(err);
    *out = text;
    return LK_OK;
}
