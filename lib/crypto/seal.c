/* The Fe26.2 seal; see seal.h. Eight fields and a version:
 *
 *     Fe26.2*<password id>*<salt>*<iv>*<ciphertext>*<expiry>*<salt>*<mac>~2
 *
 * The MAC covers everything before the second salt as text, so nothing is decoded or decrypted that
 * did not pass it, and an expiry is believed only afterwards. */
#include "crypto/seal.h"

#include <inttypes.h>
#include <latchkey/session.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/json-scan.h"
#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"

#define PREFIX      "Fe26.2"
#define PASSWORD_ID "1"
#define VERSION     "2"

enum {
    MIN_PASSWORD = 32,  /* UTF-16 code units, as the reference counts */
    MAX_SEAL = 1 << 18, /* bytes */
    MAX_TEXT = MAX_SEAL / 2,
    SALT_BYTES = 32,
    SALT_SIZE = 2 * SALT_BYTES + 1,
    EXPIRY_GRACE_MS = 60000
};

enum { F_PREFIX, F_ID, F_SALT, F_IV, F_CIPHERTEXT, F_EXPIRY, F_MAC_SALT, F_MAC, N_FIELDS };

typedef struct span {
    const char *text;
    size_t len;
} span;

typedef struct keys {
    unsigned char encryption[LK__AES_KEY];
    unsigned char mac[LK__SHA256_SIZE];
} keys;

static void wipe_keys(keys *k)
{
    lk__wipe(k, sizeof(*k));
}

static size_t utf16_length(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        n += (byte & 0xC0) != 0x80; /* the first byte of a character */
        n += byte >= 0xF0;          /* which takes two units */
    }
    return n;
}

static lk_status check_password(const char *password, lk_error *err)
{
    size_t len = password != NULL ? utf16_length(password) : 0;

    if (len < MIN_PASSWORD)
        return lk__fail(err, LK_ERR_INVALID,
                        "the cookie password has %zu characters, at least %d are needed", len,
                        MIN_PASSWORD);
    return LK_OK;
}

/* The salt is used as the text it stands in, never decoded. */
static lk_status derive(lk__kdf *kdf, span salt, unsigned char out[LK__AES_KEY], lk_error *err)
{
    return lk__kdf_derive(kdf, salt.text, salt.len, 1, out, LK__AES_KEY, err);
}

/* ---- Sealing ---- */

static lk_status draw(const lk_random *random, void *out, size_t len, lk_error *err)
{
    lk_status status = random->fill(random->ctx, out, len);

    return status == LK_OK ? LK_OK : lk__fail(err, status, "the source of random bytes failed");
}

static lk_status random_salt(const lk_random *random, char out[SALT_SIZE], lk_error *err)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[SALT_BYTES];

    LK_TRY(draw(random, bytes, sizeof(bytes), err));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        out[2 * i] = hex[bytes[i] >> 4];
        out[2 * i + 1] = hex[bytes[i] & 15];
    }
    out[SALT_SIZE - 1] = '\0';
    return LK_OK;
}

static lk_status append_base64(lk__buf *out, const void *data, size_t len, lk_error *err)
{
    lk__auto_buf room = LK__BUF(MAX_SEAL);
    unsigned char zeros[64] = { 0 };
    size_t size = lk__base64url_size(len);

    /* Room first, then characters in its place. */
    while (room.len < size)
        LK_TRY(lk__buf_append(&room, zeros, sizeof(zeros), err));
    lk__base64url_encode(data, len, room.data);
    return lk__buf_append(out, room.data, size, err);
}

/* PKCS#7: n bytes of value n, 1 to 16. */
static lk_status encrypt(const unsigned char key[LK__AES_KEY],
                         const unsigned char iv[LK__AES_BLOCK], const void *text, size_t len,
                         lk__buf *out, lk_error *err)
{
    size_t n_padding = LK__AES_BLOCK - len % LK__AES_BLOCK;
    unsigned char padding[LK__AES_BLOCK];

    memset(padding, (int)n_padding, sizeof(padding));
    LK_TRY(lk__buf_append(out, text, len, err));
    LK_TRY(lk__buf_append(out, padding, n_padding, err));
    return lk__aes256_cbc(true, key, iv, out->data, out->len, out->data, err);
}

/* The six fields that the MAC covers. */
static lk_status append_sealed(const lk_random *random, lk__kdf *kdf, const void *text, size_t len,
                               int64_t expiry_ms, lk__buf *out, lk_error *err)
{
    LK_CLEANUP(wipe_keys) keys k;
    lk__auto_buf ciphertext = LK__SECRET_BUF(MAX_SEAL);
    unsigned char iv[LK__AES_BLOCK];
    char salt[SALT_SIZE];

    LK_TRY(random_salt(random, salt, err));
    LK_TRY(draw(random, iv, sizeof(iv), err));
    LK_TRY(derive(kdf, (span){ salt, SALT_SIZE - 1 }, k.encryption, err));
    LK_TRY(encrypt(k.encryption, iv, text, len, &ciphertext, err));
    LK_TRY(lk__buf_printf(out, err, PREFIX "*" PASSWORD_ID "*%s*", salt));
    LK_TRY(append_base64(out, iv, sizeof(iv), err));
    LK_TRY(lk__buf_text(out, "*", err));
    LK_TRY(append_base64(out, ciphertext.data, ciphertext.len, err));
    LK_TRY(lk__buf_text(out, "*", err));
    return expiry_ms > 0 ? lk__buf_printf(out, err, "%" PRId64, expiry_ms) : LK_OK;
}

lk_status lk__seal(const lk_random *random, const char *password, const void *text, size_t len,
                   int64_t now_ms, int64_t ttl_ms, lk__buf *out, lk_error *err)
{
    LK_CLEANUP(lk__kdf_freep) lk__kdf *kdf = NULL;
    LK_CLEANUP(wipe_keys) keys k;
    lk__auto_buf made = LK__BUF(MAX_SEAL);
    unsigned char mac[LK__SHA256_SIZE];
    char salt[SALT_SIZE];

    LK_TRY(check_password(password, err));
    if (len > MAX_TEXT)
        return lk__fail(err, LK_ERR_INVALID, "%zu bytes to seal: %d are allowed", len, MAX_TEXT);
    if (ttl_ms < 0 || now_ms < 0 || ttl_ms > INT64_MAX - now_ms)
        return lk__fail(err, LK_ERR_INVALID, "impossible lifetime of a seal: %" PRId64 " ms",
                        ttl_ms);
    LK_TRY(lk__kdf_new(password, strlen(password), &kdf, err));
    LK_TRY(append_sealed(random, kdf, text, len, ttl_ms > 0 ? now_ms + ttl_ms : 0, &made, err));
    LK_TRY(random_salt(random, salt, err));
    LK_TRY(derive(kdf, (span){ salt, SALT_SIZE - 1 }, k.mac, err));
    LK_TRY(lk__hmac_sha256(k.mac, sizeof(k.mac), made.data, made.len, mac, err));
    LK_TRY(lk__buf_printf(&made, err, "*%s*", salt));
    LK_TRY(append_base64(&made, mac, sizeof(mac), err));
    LK_TRY(lk__buf_text(&made, "~" VERSION, err));
    return lk__buf_append(out, made.data, made.len, err);
}

size_t lk__seal_size(size_t len)
{
    const size_t around = sizeof(PREFIX "*" PASSWORD_ID "*") - 1 + SALT_SIZE /* and "*" */ +
                          sizeof("****~" VERSION) - 1 + SALT_SIZE - 1;

    return around + lk__base64url_size(LK__AES_BLOCK) + lk__base64url_size(LK__SHA256_SIZE) +
           lk__base64url_size(len + LK__AES_BLOCK - len % LK__AES_BLOCK);
}

/* ---- Opening ---- */

static lk_status not_a_seal(lk_error *err, const char *why)
{
    return lk__fail(err, LK_ERR_SIGNATURE, "not a seal of ours: %s", why);
}

static bool span_is(span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

/* Text up to the first separator; what comes after it stays in *rest. */
static span cut(span *rest, char separator, bool *found)
{
    const char *end = rest->len > 0 ? memchr(rest->text, separator, rest->len) : NULL;
    span before = { rest->text, end != NULL ? (size_t)(end - rest->text) : rest->len };

    *found = end != NULL;
    rest->text += before.len + (end != NULL);
    rest->len -= before.len + (end != NULL);
    return before;
}

static lk_status split(span seal, span fields[N_FIELDS], lk_error *err)
{
    bool found;
    span body = cut(&seal, '~', &found);

    /* Without a version the payload is the same; others wrap it in ways nobody writes any more. */
    if (found && !span_is(seal, VERSION))
        return not_a_seal(err, "unknown version");
    for (int i = 0; i < N_FIELDS; i++) {
        fields[i] = cut(&body, '*', &found);
        if (found != (i < N_FIELDS - 1))
            return not_a_seal(err, "not eight fields");
    }
    if (!span_is(fields[F_PREFIX], PREFIX))
        return not_a_seal(err, "unknown prefix");
    if (!span_is(fields[F_ID], PASSWORD_ID))
        return not_a_seal(err, "unknown password id");
    return LK_OK;
}

/* The reference compares the text of the MAC: bits beyond the last byte count as damage. */
static lk_status read_mac(span field, lk__buf *out, lk_error *err)
{
    lk_status status;

    if (field.len > 0 && field.text[field.len - 1] == '=')
        field.len--;
    status = lk__base64url_decode(out, field.text, field.len, false, NULL);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK || out->len != LK__SHA256_SIZE)
        return not_a_seal(err, "broken MAC");
    return LK_OK;
}

/* LK_OK with *matches false when the seal is under another password. */
static lk_status try_password(lk__kdf *kdf, const span fields[N_FIELDS],
                              const unsigned char wanted[LK__SHA256_SIZE], bool *matches,
                              lk_error *err)
{
    LK_CLEANUP(wipe_keys) keys k;
    unsigned char mac[LK__SHA256_SIZE];
    const span expiry = fields[F_EXPIRY];
    size_t covered = (size_t)(expiry.text + expiry.len - fields[F_PREFIX].text);

    LK_TRY(derive(kdf, fields[F_MAC_SALT], k.mac, err));
    LK_TRY(lk__hmac_sha256(k.mac, sizeof(k.mac), fields[F_PREFIX].text, covered, mac, err));
    *matches = lk__bytes_equal(mac, wanted, sizeof(mac));
    return LK_OK;
}

static lk_status find_password(const char *const *passwords, size_t n_passwords,
                               const span fields[N_FIELDS], lk__kdf **out, lk_error *err)
{
    lk__auto_buf mac = LK__BUF(MAX_SEAL);

    LK_TRY(read_mac(fields[F_MAC], &mac, err));
    for (size_t i = 0; i < n_passwords; i++) {
        LK_CLEANUP(lk__kdf_freep) lk__kdf *kdf = NULL;
        bool matches = false;

        LK_TRY(lk__kdf_new(passwords[i], strlen(passwords[i]), &kdf, err));
        LK_TRY(try_password(kdf, fields, (const unsigned char *)mac.data, &matches, err));
        if (matches) {
            *out = lk__steal(kdf);
            return LK_OK;
        }
    }
    return not_a_seal(err, "the MAC does not match: another password, or damaged");
}

static lk_status read_expiry(span field, int64_t *out_ms, lk_error *err)
{
    char digits[24] = { 0 };

    *out_ms = INT64_MAX;
    if (field.len == 0)
        return LK_OK;
    if (field.len >= sizeof(digits) || field.text[0] < '1' || field.text[0] > '9')
        return not_a_seal(err, "broken expiry");
    memcpy(digits, field.text, field.len);
    if (!lk__parse_int64(digits, 1, INT64_MAX, out_ms))
        return not_a_seal(err, "broken expiry");
    return LK_OK;
}

static lk_status check_expiry(span field, int64_t now_ms, lk_error *err)
{
    int64_t expiry_ms;

    LK_TRY(read_expiry(field, &expiry_ms, err));
    if (expiry_ms <= now_ms - EXPIRY_GRACE_MS)
        return lk__fail(err, LK_ERR_EXPIRED, "the seal expired %" PRId64 " s ago",
                        (now_ms - expiry_ms) / 1000);
    return LK_OK;
}

/* Bytes of padding, 0 when it is broken. No oracle: only what passed the MAC comes here. */
static size_t padding_length(const char *text, size_t len)
{
    size_t n = (unsigned char)text[len - 1];

    if (n == 0 || n > LK__AES_BLOCK)
        return 0;
    for (size_t i = 1; i <= n; i++)
        if ((unsigned char)text[len - i] != n)
            return 0;
    return n;
}

static lk_status decode(span field, lk__buf *out, lk_error *err)
{
    lk_status status = lk__base64url_decode(out, field.text, field.len, true, NULL);

    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    return status == LK_OK ? LK_OK : not_a_seal(err, "broken base64url");
}

/* In place, behind start. */
static lk_status decrypt(lk__kdf *kdf, const span fields[N_FIELDS], size_t start, lk__buf *out,
                         lk_error *err)
{
    LK_CLEANUP(wipe_keys) keys k;
    lk__auto_buf iv = LK__BUF(MAX_SEAL);
    size_t n_padding;

    LK_TRY(decode(fields[F_IV], &iv, err));
    LK_TRY(decode(fields[F_CIPHERTEXT], out, err));
    char *text = out->data + start;
    size_t len = out->len - start;
    if (iv.len != LK__AES_BLOCK || len == 0 || len % LK__AES_BLOCK != 0)
        return not_a_seal(err, "broken ciphertext");
    LK_TRY(derive(kdf, fields[F_SALT], k.encryption, err));
    LK_TRY(
        lk__aes256_cbc(false, k.encryption, (const unsigned char *)iv.data, text, len, text, err));
    n_padding = padding_length(text, len);
    if (n_padding == 0)
        return not_a_seal(err, "broken padding");
    lk__buf_cut(out, out->len - n_padding);
    return LK_OK;
}

lk_status lk__unseal(const char *const *passwords, size_t n_passwords, const char *seal, size_t len,
                     int64_t now_ms, lk__buf *out, lk_error *err)
{
    span fields[N_FIELDS];
    LK_CLEANUP(lk__kdf_freep) lk__kdf *kdf = NULL;

    for (size_t i = 0; i < n_passwords; i++)
        LK_TRY(check_password(passwords[i], err));
    if (len > MAX_SEAL)
        return not_a_seal(err, "longer than 256 KiB");
    LK_TRY(split((span){ seal, len }, fields, err));
    LK_TRY(find_password(passwords, n_passwords, fields, &kdf, err));
    LK_TRY(check_expiry(fields[F_EXPIRY], now_ms, err));
    size_t start = out->len;
    lk_status status = decrypt(kdf, fields, start, out, err);
    if (status != LK_OK)
        lk__buf_cut(out, start);
    return status;
}

int64_t lk__seal_expiry_ms(const char *seal, size_t len)
{
    span fields[N_FIELDS];
    int64_t expiry_ms;

    if (split((span){ seal, len }, fields, NULL) != LK_OK ||
        read_expiry(fields[F_EXPIRY], &expiry_ms, NULL) != LK_OK)
        return 0;
    return expiry_ms;
}

/* ---- Public: any JSON text ---- */

lk_status lk_seal_text(const char *password, const char *json, int ttl_s, char **out, lk_error *err)
{
    const lk_random random = { .fill = lk__random_fill };
    lk__auto_buf sealed = LK__BUF(MAX_SEAL);
    lk_error why = LK_ERROR_INIT;
    char *text;

    lk__error_clear(err);
    if (password == NULL || json == NULL || out == NULL || ttl_s < 0)
        return lk__fail(err, LK_ERR_INVALID,
                        "password, json and out are needed, and no negative lifetime");
    if (lk__json_check(json, strlen(json), &why) != LK_OK)
        return lk__fail(err, LK_ERR_INVALID, "the text to seal is %s", why.message);
    LK_TRY(lk__seal(&random, password, json, strlen(json), lk__system_now_ms(NULL),
                    (int64_t)ttl_s * 1000, &sealed, err));
    text = lk__buf_steal(&sealed);
    if (text == NULL)
        return lk__no_memory(err);
    *out = text;
    return LK_OK;
}

lk_status lk_open_text(const char *password, const char *sealed, int64_t now_ms, char **out,
                       lk_error *err)
{
    lk__auto_buf opened = LK__SECRET_BUF(MAX_SEAL);
    char *text;

    lk__error_clear(err);
    if (password == NULL || sealed == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "password, sealed and out are needed");
    LK_TRY(lk__unseal(&password, 1, sealed, strlen(sealed), now_ms, &opened, err));
    if (opened.len > 0 && memchr(opened.data, '\0', opened.len) != NULL)
        return lk__fail(err, LK_ERR_PROTOCOL, "the sealed text holds a NUL character");
    text = lk__buf_steal(&opened);
    if (text == NULL)
        return lk__no_memory(err);
    *out = text;
    return LK_OK;
}
