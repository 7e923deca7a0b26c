/* SipHash-2-4: crypto/siphash.c. */
#include "test.h"

#include "crypto/siphash.h"

/* Key 00 01 … 0f, message 00 01 … of len bytes: from the paper's reference code and OpenSSL 3. */
static const struct {
    size_t len;
    uint64_t hash;
} vectors[] = {
    { 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },  { 2, 0x0d6c8009d9a94f5a },
    { 7, 0xab0200f58b01d137 },  { 8, 0x93f5f5799a932462 },  { 9, 0x9e0082df0ba9e4b0 },
    { 15, 0xa129ca6149be45e5 }, { 16, 0x3f2acc7f57c29bdb }, { 63, 0x958a324ceb064572 },
};

static void fill(unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)i;
}

static void test_vectors(void **state)
{
    unsigned char key[LK__SIPHASH_KEY];
    unsigned char message[64];

    (void)state;
    fill(key, sizeof(key));
    fill(message, sizeof(message));
    for (size_t i = 0; i < N_ROWS(vectors); i++)
        assert_true(lk__siphash(key, message, vectors[i].len) == vectors[i].hash);
    assert_true(lk__siphash(key, NULL, 0) == vectors[0].hash);
}

static void test_every_bit_of_key_and_message_counts(void **state)
{
    unsigned char key[LK__SIPHASH_KEY];
    unsigned char message[21];

    (void)state;
    fill(key, sizeof(key));
    fill(message, sizeof(message));
    const uint64_t hash = lk__siphash(key, message, sizeof(message));
    for (size_t i = 0; i < 8 * sizeof(key); i++) {
        key[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_true(lk__siphash(key, message, sizeof(message)) != hash);
        key[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    for (size_t i = 0; i < 8 * sizeof(message); i++) {
        message[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_true(lk__siphash(key, message, sizeof(message)) != hash);
        message[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    assert_true(lk__siphash(key, message, sizeof(message)) == hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_every_bit_of_key_and_message_counts),
    };

    return cmocka_run_group_tests_name("crypto-siphash", tests, NULL, NULL);
}
