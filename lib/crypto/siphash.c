/* SipHash-2-4 as Aumasson and Bernstein define it ("SipHash: a fast short-input PRF", 2012).
 * mbedTLS has none, and its HMAC takes ten times as long. */
#include "crypto/siphash.h"

#include <endian.h>
#include <string.h>

static uint64_t rotate(uint64_t word, unsigned n_bits)
{
    return word << n_bits | word >> (64 - n_bits);
}

static void mix(uint64_t v[4], int n_rounds)
{
    for (int i = 0; i < n_rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

/* Up to eight bytes, the first the lowest. */
static uint64_t read_word(const unsigned char *bytes, size_t len)
{
    uint64_t word = 0;

    memcpy(&word, bytes, len);
    return le64toh(word);
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    mix(v, 2);
    v[0] ^= word;
}

uint64_t lk__siphash(const unsigned char key[LK__SIPHASH_KEY], const void *data, size_t len)
{
    const unsigned char *bytes = data;
    const uint64_t k0 = read_word(key, 8);
    const uint64_t k1 = read_word(key + 8, 8);
    /* "somepseudorandomlygeneratedbytes" */
    uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                      k1 ^ 0x7465646279746573 };
    size_t left = len;

    for (; left >= 8; bytes += 8, left -= 8)
        absorb(v, read_word(bytes, 8));
    absorb(v, (left > 0 ? read_word(bytes, left) : 0) | (uint64_t)len << 56);
    v[2] ^= 0xff;
    mix(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
