/* base64url; see base64.h. */
#include "crypto/base64.h"

#include <stdint.h>

enum { BLOCK = 48 }; /* decoded quads of characters appended at a time */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The six bits of a character plus one; 0 outside the alphabet. */
static const unsigned char values[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64,
};

size_t lk__base64url_size(size_t len)
{
    return len / 3 * 4 + (len % 3 > 0 ? len % 3 + 1 : 0);
}

void lk__base64url_encode(const void *data, size_t len, char *out)
{
    const unsigned char *bytes = data;
    uint32_t bits = 0;
    unsigned n_bits = 0;

    for (size_t i = 0; i < len; i++) {
        bits = (bits << 8) | bytes[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6)
            *out++ = alphabet[(bits >> (n_bits - 6)) & 63];
    }
    if (n_bits > 0)
        *out++ = alphabet[(bits << (6 - n_bits)) & 63];
    *out = '\0';
}

/* Decodes up to four characters; false when one is outside the alphabet. */
static bool decode_quad(const char *text, size_t n, unsigned char out[3], uint32_t *out_bits)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        unsigned value = i < n ? values[(unsigned char)text[i]] : 1;

        if (value == 0)
            return false;
        bits = (bits << 6) | (value - 1);
    }
    out[0] = (unsigned char)(bits >> 16);
    out[1] = (unsigned char)(bits >> 8);
    out[2] = (unsigned char)bits;
    *out_bits = bits;
    return true;
}

/* The tail of one to three characters, and the only place where bits can be left over. */
static lk_status decode_tail(lk__buf *out, const char *text, size_t n, bool lenient, lk_error *err)
{
    unsigned char bytes[3];
    uint32_t bits;

    if (n == 0)
        return LK_OK;
    if (n == 1)
        return lk__fail(err, LK_ERR_PROTOCOL, "not base64url: impossible length");
    if (!decode_quad(text, n, bytes, &bits))
        return lk__fail(err, LK_ERR_PROTOCOL, "not base64url: character outside the alphabet");
    /* RFC 4648, 3.5: "…decoders MAY reject an encoding if the pad bits have not been set to zero"
     */
    if (!lenient && (bits & (n == 2 ? 0xffffU : 0xffU)) != 0)
        return lk__fail(err, LK_ERR_PROTOCOL, "not base64url: bits beyond the last byte");
    return lk__buf_append(out, bytes, n - 1, err);
}

static size_t drop_padding(const char *text, size_t len)
{
    for (int i = 0; i < 2 && len > 0 && text[len - 1] == '='; i++)
        len--;
    return len;
}

lk_status lk__base64url_decode(lk__buf *out, const char *text, size_t len, bool lenient,
                               lk_error *err)
{
    unsigned char block[BLOCK * 3] = { 0 };
    size_t n = 0;
    uint32_t bits;

    if (lenient)
        len = drop_padding(text, len);
    for (; len >= 4; text += 4, len -= 4) {
        if (!decode_quad(text, 4, block + n, &bits))
            return lk__fail(err, LK_ERR_PROTOCOL, "not base64url: character outside the alphabet");
        n += 3;
        if (n == sizeof(block)) {
            LK_TRY(lk__buf_append(out, block, n, err));
            n = 0;
        }
    }
    LK_TRY(lk__buf_append(out, block, n, err));
    return decode_tail(out, text, len, lenient, err);
}
