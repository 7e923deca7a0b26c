/* base64url; see base64.h. */
#include "crypto/base64.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { MARK = 64, FOUR_MARKS = MARK << 18 | MARK << 12 | MARK << 6 | MARK };

static const char outside[] = "character outside the alphabet";

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The six bits of a character, marked; 0 outside the alphabet. */
static const uint32_t values[256] = {
    ['A'] = 64,  ['B'] = 65,  ['C'] = 66,  ['D'] = 67,  ['E'] = 68,  ['F'] = 69,  ['G'] = 70,
    ['H'] = 71,  ['I'] = 72,  ['J'] = 73,  ['K'] = 74,  ['L'] = 75,  ['M'] = 76,  ['N'] = 77,
    ['O'] = 78,  ['P'] = 79,  ['Q'] = 80,  ['R'] = 81,  ['S'] = 82,  ['T'] = 83,  ['U'] = 84,
    ['V'] = 85,  ['W'] = 86,  ['X'] = 87,  ['Y'] = 88,  ['Z'] = 89,  ['a'] = 90,  ['b'] = 91,
    ['c'] = 92,  ['d'] = 93,  ['e'] = 94,  ['f'] = 95,  ['g'] = 96,  ['h'] = 97,  ['i'] = 98,
    ['j'] = 99,  ['k'] = 100, ['l'] = 101, ['m'] = 102, ['n'] = 103, ['o'] = 104, ['p'] = 105,
    ['q'] = 106, ['r'] = 107, ['s'] = 108, ['t'] = 109, ['u'] = 110, ['v'] = 111, ['w'] = 112,
    ['x'] = 113, ['y'] = 114, ['z'] = 115, ['0'] = 116, ['1'] = 117, ['2'] = 118, ['3'] = 119,
    ['4'] = 120, ['5'] = 121, ['6'] = 122, ['7'] = 123, ['8'] = 124, ['9'] = 125, ['-'] = 126,
    ['_'] = 127,
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

/* Four characters, three bytes and a zero. The mark is in what is returned unless one of them is
 * outside the alphabet. */
static inline uint32_t decode_quad(const char *text, unsigned char out[4])
{
    uint32_t a = values[(unsigned char)text[0]];
    uint32_t b = values[(unsigned char)text[1]];
    uint32_t c = values[(unsigned char)text[2]];
    uint32_t d = values[(unsigned char)text[3]];
    uint32_t bits = (((((a << 6) + b) << 6) + c) << 6) + d - FOUR_MARKS;
    uint32_t bytes = htobe32(bits << 8);

    memcpy(out, &bytes, sizeof(bytes));
    return a & b & c & d;
}

/* The tail of two or three characters, and the only place where bits can be left over. NULL, or
 * what is wrong with it. */
static const char *decode_tail(const char *text, size_t n, bool lenient, unsigned char *out)
{
    char quad[4] = { 'A', 'A', 'A', 'A' };
    unsigned char bytes[4];

    memcpy(quad, text, n);
    if ((decode_quad(quad, bytes) & MARK) == 0)
        return outside;
    /* RFC 4648, 3.5: "…decoders MAY reject an encoding if the pad bits have not been set to zero"
     */
    if (!lenient && bytes[n - 1] != 0)
        return "bits beyond the last byte";
    memcpy(out, bytes, n - 1);
    return NULL;
}

/* Writes one zero beyond the last byte. */
static const char *decode(const char *text, size_t len, bool lenient, unsigned char *out)
{
    uint32_t marks = MARK;

    for (; len >= 4; text += 4, len -= 4, out += 3)
        marks &= decode_quad(text, out);
    if (marks == 0)
        return outside;
    return len > 0 ? decode_tail(text, len, lenient, out) : NULL;
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
    const char *problem;
    size_t size;

    if (lenient)
        len = drop_padding(text, len);
    if (len % 4 == 1)
        return lk__fail(err, LK_ERR_PROTOCOL, "not base64url: impossible length");
    size = len / 4 * 3 + (len % 4 > 0 ? len % 4 - 1 : 0);
    LK_TRY(lk__buf_reserve(out, size, err));
    problem = decode(text, len, lenient, (unsigned char *)out->data + out->len);
    if (problem == NULL)
        out->len += size;
    out->data[out->len] = '\0';
    return problem == NULL ? LK_OK : lk__fail(err, LK_ERR_PROTOCOL, "not base64url: %s", problem);
}
