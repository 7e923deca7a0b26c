/* The Fe26.2 seal: crypto/seal.c. The vectors were made by iron-webcrypto, @workos-inc/node and
 * @workos/authkit-session. */
#include "test.h"

#include <inttypes.h>
#include <latchkey/session.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "crypto/seal.h"
#include "fake-clock.h"
#include "fake-random.h"

#define V1_PASSWORD "latchkey-vector-one-password-0001"
#define V1_TEXT     "{\"hello\":\"iron\"}"
#define V1_SALT     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define V1_MAC_SALT "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
#define V1_COVERED \
    "Fe26.2*1*" V1_SALT "*AAECAwQFBgcICQoLDA0ODw*PNjPEgPOggK4lqX1lWIophn2DaE_cn_QwXOHGi4sgqg*"
#define V1_SEAL V1_COVERED "*" V1_MAC_SALT "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweA~2"

#define V2_PASSWORD "latchkey-vector-two-password-0002!"
#define V2_TEXT                                                                                    \
    "{\"organizationId\":\"org_01\",\"user\":{\"object\":\"user\",\"id\":\"user_01\",\"email\":"   \
    "\"ana@example.com\"},\"accessToken\":\"eyJhbGciOiJSUzI1NiJ9."                                 \
    "eyJzaWQiOiJzZXNzaW9uXzAxIiwib3JnX2lkIjoib3JnXzAxIn0.c2ln\",\"refreshToken\":\"rt_01\","       \
    "\"authenticationMethod\":\"SSO\",\"impersonator\":{\"email\":\"ops@example.com\",\"reason\":" \
    "null}}"
#define V2_SEAL                                                                                    \
    "Fe26.2*1*8bb14829db4f2bf05628518d0473d8b9e4d006cc69147a3d7d03339ec8e53405*"                   \
    "IhAQ66ZA0-9ylaxF6XgVfA*zQx68nNGNO8Cv92O6_pd7vCT8Nx-ZQhIkSNayvDjPqfNV6QMF3m_Xm_"               \
    "dTesBMc5uL7aML6wqyXIIpja4oftMUyyJP9a7MIIy4cyrlpl6fSYYBXyZvNJBxHMKU9Sd6vQoEMOSAuBISIs2k0mnhH3" \
    "7"                                                                                            \
    "NEY-dGP0EHiJoPC6P0lA_RNgKO1ObDcXD_pBsdA3jwQRGMH4hdla4Ae5z4nY6eOC34El1HR-kXGot3i_"             \
    "ziedF88sCdQdnDiW-yQpN9neegBVdb4GrbtcuDao2B39-5_"                                              \
    "UbPx4YDATsAJmATznvSw1xTcF5czF_4vyajEWDU9fiv5aBescB7FbksgjIY-73lbbhOUIlogQpsUNG4-eD78_"        \
    "CcsTzrNeyM_mnJ9dLt6_GDKfIDKWXhH1NE0ygBoC2ldsdw**"                                             \
    "dd5870995ebae74cbfedd9da73a6b23f95092a5b71d16a48321315d47908b234*d-"                          \
    "YPYpsl0yDAxPBVuNj04rTmoU6yx8T7j0Hwa-ew3cA~2"

#define V3_PASSWORD "clé-de-test-très-longue-0123456789-ß"
#define V3_TEXT                                                                          \
    "{\"nonce\":\"7b0c2f0e-5d1c-4a52-9a57-0a6f0e5b9c11\",\"codeVerifier\":"              \
    "\"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk\",\"returnPathname\":\"/päth?q=1\"," \
    "\"customState\":\"Zürich ✓\",\"issuedAt\":1795491627392}"
#define V3_SEAL                                                                       \
    "Fe26.2*1*c7e974aaf67f56b475375ca8f0e7957b04398cb096f17f5a45724be4dd5e7176*"      \
    "jHejis1pxjYJnsJ3I-Zy7g*v6TLOBhE8ewOXCZZGgNRz0_"                                  \
    "s3Lj3xsadAMkbJbHvSdvK9ZrnAZqt8HyFWdjeo8KF-vT0UyXIqmrBHC57SBne-vf44d_"            \
    "u6ALirYOJ3FeFpCd81f1S7VthPMl6ibZ-"                                               \
    "sXKeiaw1rLdguiJghNLMT1tYJNUOTXh1kcj5E04RH920Fp4Z2R22II1wyqKe"                    \
    "8jQCqU8YX6IKl-4fFzCQaISTsUmhX5u8EtStojVFbN9DK-oyfQ8pYQUB-9yymqknCy67pIgWWYXfc1_" \
    "29sWFhYQlk1ytsQ*1795492227392*"                                                  \
    "255a132094c491644fe66130471a152accd9870ad76d375962d282e6ee53a66c*YQ-"            \
    "vJ45RvYSZI9QYjdo8PCBnXfporLEwkywaZOtOow4~2"
#define V3_EXPIRY INT64_C(1795492227392)

static lk_status unseal(const char *password, const char *seal, size_t len, int64_t now_ms,
                        lk__buf *out, lk_error *err)
{
    return lk__unseal(&password, 1, seal, len, now_ms, out, err);
}

/* ---- Vectors ---- */

static void test_vectors_open(void **state)
{
    static const struct {
        const char *password, *seal, *text;
    } rows[] = {
        { V1_PASSWORD, V1_SEAL, V1_TEXT },
        { V2_PASSWORD, V2_SEAL, V2_TEXT },
        { V3_PASSWORD, V3_SEAL, V3_TEXT },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf out = LK__SECRET_BUF(10000);
        lk_error err = LK_ERROR_INIT;

        assert_ok(unseal(rows[i].password, rows[i].seal, strlen(rows[i].seal), NOON, &out, &err),
                  err);
        assert_string_equal(out.data, rows[i].text);
    }
}

static void derive(const char *password, const char *salt, unsigned char key[LK__AES_KEY])
{
    LK_CLEANUP(lk__kdf_freep) lk__kdf *kdf = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__kdf_new(password, strlen(password), &kdf, &err), err);
    assert_ok(lk__kdf_derive(kdf, salt, strlen(salt), 1, key, LK__AES_KEY, &err), err);
}

static void derived(const char *password, const char *salt, const char *wanted)
{
    unsigned char key[LK__AES_KEY];
    char text[2 * LK__AES_KEY + 1];

    derive(password, salt, key);
    for (size_t i = 0; i < sizeof(key); i++)
        sprintf(text + 2 * i, "%02x", key[i]);
    assert_string_equal(text, wanted);
}

static void test_intermediate_values_of_the_vectors(void **state)
{
    (void)state;
    derived(V1_PASSWORD, V1_SALT,
            "c4f6bf6aecba140beae19161a175c9675ccd3ec404aae2926abf604fc974e054");
    derived(V1_PASSWORD, V1_MAC_SALT,
            "5739420b878e5d1067ad3bc4bf77a99a9d0d8b0a8983747c16b18648e59606f8");
    derived(V2_PASSWORD, "8bb14829db4f2bf05628518d0473d8b9e4d006cc69147a3d7d03339ec8e53405",
            "047c967d6d942dca7d9c21c149d03b21d1ff3e825039ee6bcabec858e8ea7c65");
    derived(V2_PASSWORD, "dd5870995ebae74cbfedd9da73a6b23f95092a5b71d16a48321315d47908b234",
            "66d5f3d9983b281434900a934ec8ca368624d6edf0e830af84fd86470df98aa4");
    derived(V3_PASSWORD, "c7e974aaf67f56b475375ca8f0e7957b04398cb096f17f5a45724be4dd5e7176",
            "2662c9ed9e4dbeab2b4c35a19580b41fc89b175507ab58673e14406bca9e52d9");
    derived(V3_PASSWORD, "255a132094c491644fe66130471a152accd9870ad76d375962d282e6ee53a66c",
            "a5c39ad093efb8fa309a12353dde50a4745532537be38b6c4e34da855c98cfef");
}

/* Plays the salts and the vector of V1, in the order in which they are drawn. */
static lk_status fill_as_v1(void *ctx, void *out, size_t len)
{
    static const unsigned char half[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                            0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff };
    unsigned char bytes[80];
    size_t *used = ctx;

    for (size_t i = 0; i < 32; i++) {
        bytes[i] = half[i % 16];
        bytes[48 + i] = half[15 - i % 16];
    }
    for (size_t i = 0; i < 16; i++)
        bytes[32 + i] = (unsigned char)i;
    if (*used + len > sizeof(bytes))
        return LK_ERR_STATE;
    memcpy(out, bytes + *used, len);
    *used += len;
    return LK_OK;
}

static void test_the_first_vector_is_made_to_the_byte(void **state)
{
    size_t used = 0;
    const lk_random random = { .fill = fill_as_v1, .ctx = &used };
    lk__auto_buf out = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__seal(&random, V1_PASSWORD, V1_TEXT, strlen(V1_TEXT), NOON, 0, &out, &err), err);
    assert_string_equal(out.data, V1_SEAL);
}

/* ---- Damage ---- */

static void test_damage_in_every_byte_is_refused(void **state)
{
    char seal[] = V1_SEAL;

    (void)state;
    for (size_t i = 0; i < sizeof(seal) - 1; i++) {
        for (int c = 0; c < 256; c++) {
            lk__auto_buf out = LK__SECRET_BUF(1000);
            lk_error err = LK_ERROR_INIT;
            char kept = seal[i];

            if ((char)c == kept)
                continue;
            seal[i] = (char)c;
            if (unseal(V1_PASSWORD, seal, sizeof(seal) - 1, NOON, &out, &err) != LK_ERR_SIGNATURE)
                fail_msg("byte %zu as 0x%02x", i, (unsigned)c);
            assert_int_equal(out.len, 0);
            seal[i] = kept;
        }
    }
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(V3_SEAL); len++) {
        lk__auto_buf out = LK__SECRET_BUF(1000);
        lk_error err = LK_ERROR_INIT;

        if (len == strlen(V3_SEAL) - 2) /* without "~2": the reference opens it, too */
            continue;
        assert_fails(unseal(V3_PASSWORD, V3_SEAL, len, NOON, &out, &err), LK_ERR_SIGNATURE, err);
    }
}

static void test_attacks_on_the_form_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "~2",
        "*******~2",
        "Fe26.2",
        "Fe26.2*******",
        "garbage",
        "{\"accessToken\":\"x\"}",
        "Fe26.1"
        "*1*a*b*c**d*e~2", /* another version of iron */
        V1_COVERED "*" V1_MAC_SALT "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweA~1",
        V1_COVERED "*" V1_MAC_SALT "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweA~",
        V1_COVERED "*" V1_MAC_SALT "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweA~2~2",
        V1_COVERED "*" V1_MAC_SALT "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweA*x~2",
        V1_COVERED "*" V1_MAC_SALT "*~2",                       /* no MAC: nothing to compare */
        V1_COVERED "*" V1_MAC_SALT "*7e5oHCTqyDvevRv7qH_7qg~2", /* half a MAC */
        V1_COVERED "*" V1_MAC_SALT
                   "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweB~2", /* spare bits */
        V1_COVERED "1795492227392*" V1_MAC_SALT
                   "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweA~2", /* an expiry added */
        " " V1_SEAL,
        V1_SEAL " ",
        V1_SEAL "\n",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf out = LK__SECRET_BUF(1000);
        lk_error err = LK_ERROR_INIT;

        if (unseal(V1_PASSWORD, rows[i], strlen(rows[i]), NOON, &out, &err) != LK_ERR_SIGNATURE)
            fail_msg("row %zu: %s", i, rows[i]);
        assert_lacks(err.message, "MweA"); /* nothing of the cookie in the message */
    }
}

static void test_a_huge_cookie_is_refused(void **state)
{
    lk__auto_buf out = LK__SECRET_BUF(1000);
    lk_error err = LK_ERROR_INIT;
    size_t len = 1 << 20;
    char *huge = malloc(len);

    (void)state;
    memset(huge, '*', len);
    assert_fails(unseal(V1_PASSWORD, huge, len, NOON, &out, &err), LK_ERR_SIGNATURE, err);
    free(huge);
}

static void test_padding_characters_are_tolerated(void **state)
{
    static const char seal[] =
        V1_COVERED "*" V1_MAC_SALT "*7e5oHCTqyDvevRv7qH_7quL3FGnV3-LvQ0psKS1MweA=~2";
    lk__auto_buf out = LK__SECRET_BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(unseal(V1_PASSWORD, seal, strlen(seal), NOON, &out, &err), err);
    assert_string_equal(out.data, V1_TEXT);
}

/* What a thief of the password, or a careless writer, could make: sound MAC, broken inside. */
static void resealed(const char *iv, const char *ciphertext, const char *expiry, lk_status wanted)
{
    lk__auto_buf seal = LK__BUF(2000);
    lk__auto_buf out = LK__SECRET_BUF(1000);
    unsigned char key[LK__AES_KEY];
    unsigned char mac[LK__SHA256_SIZE];
    char mac_text[44];
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__buf_printf(&seal, &err, "Fe26.2*1*" V1_SALT "*%s*%s*%s", iv, ciphertext, expiry),
              err);
    derive(V1_PASSWORD, V1_MAC_SALT, key);
    assert_ok(lk__hmac_sha256(key, 32, seal.data, seal.len, mac, &err), err);
    lk__base64url_encode(mac, sizeof(mac), mac_text);
    assert_ok(lk__buf_printf(&seal, &err, "*" V1_MAC_SALT "*%s~2", mac_text), err);
    if (unseal(V1_PASSWORD, seal.data, seal.len, NOON, &out, &err) != wanted)
        fail_msg("%s: %s", seal.data, err.message);
}

#define V1_IV         "AAECAwQFBgcICQoLDA0ODw"
#define V1_CIPHERTEXT "PNjPEgPOggK4lqX1lWIophn2DaE_cn_QwXOHGi4sgqg"

static void test_broken_contents_under_a_sound_mac_are_refused(void **state)
{
    (void)state;
    resealed(V1_IV, V1_CIPHERTEXT, "", LK_OK);
    resealed(V1_IV "==", V1_CIPHERTEXT "=", "", LK_OK);
    resealed("", V1_CIPHERTEXT, "", LK_ERR_SIGNATURE);
    resealed("AAECAwQFBgcICQoLDA0O", V1_CIPHERTEXT, "", LK_ERR_SIGNATURE); /* 15 bytes */
    resealed(V1_IV "AAAA", V1_CIPHERTEXT, "", LK_ERR_SIGNATURE);
    resealed("!!!!", V1_CIPHERTEXT, "", LK_ERR_SIGNATURE);
    resealed(V1_IV, "", "", LK_ERR_SIGNATURE);
    resealed(V1_IV, "AAAA", "", LK_ERR_SIGNATURE);                   /* not whole blocks */
    resealed(V1_IV, "AAAAAAAAAAAAAAAAAAAAAA", "", LK_ERR_SIGNATURE); /* padding */
    resealed(V1_IV, "PNjPEgPOggK4lqX1lWIopg", "", LK_ERR_SIGNATURE); /* the last block cut off */
    resealed(V1_IV, V1_CIPHERTEXT, "0", LK_ERR_SIGNATURE);
    resealed(V1_IV, V1_CIPHERTEXT, "01795492227392", LK_ERR_SIGNATURE);
    resealed(V1_IV, V1_CIPHERTEXT, "-1", LK_ERR_SIGNATURE);
    resealed(V1_IV, V1_CIPHERTEXT, "1795492227392x", LK_ERR_SIGNATURE);
    resealed(V1_IV, V1_CIPHERTEXT, "1e15", LK_ERR_SIGNATURE);
    resealed(V1_IV, V1_CIPHERTEXT, "9223372036854775808", LK_ERR_SIGNATURE);
    resealed(V1_IV, V1_CIPHERTEXT, "99999999999999999999999999", LK_ERR_SIGNATURE);
    resealed(V1_IV, V1_CIPHERTEXT, "9223372036854775807", LK_OK);
    resealed(V1_IV, V1_CIPHERTEXT, "1", LK_ERR_EXPIRED);
}

/* ---- Expiry ---- */

static void test_expiry_has_a_minute_of_grace(void **state)
{
    static const struct {
        int64_t now_ms;
        lk_status status;
    } rows[] = {
        { 0, LK_OK },
        { V3_EXPIRY, LK_OK },
        { V3_EXPIRY + 59999, LK_OK },
        { V3_EXPIRY + 60000, LK_ERR_EXPIRED },
        { V3_EXPIRY + 60001, LK_ERR_EXPIRED },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf out = LK__SECRET_BUF(1000);
        lk_error err = LK_ERROR_INIT;

        if (unseal(V3_PASSWORD, V3_SEAL, strlen(V3_SEAL), rows[i].now_ms, &out, &err) !=
            rows[i].status)
            fail_msg("row %zu: %s", i, err.message);
    }
}

static void test_expired_and_forged_is_forged(void **state)
{
    char seal[] = V3_SEAL;
    lk__auto_buf out = LK__SECRET_BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    seal[20]++;
    assert_fails(unseal(V3_PASSWORD, seal, strlen(seal), V3_EXPIRY + 100000, &out, &err),
                 LK_ERR_SIGNATURE, err);
}

/* ---- Sealing ---- */

static void test_every_length_is_sealed_and_opened(void **state)
{
    fake_random fake = { .next = 0 };
    lk_random random = fake_random_use(&fake);
    char text[100];

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t len = 0; len <= sizeof(text); len++) {
        lk__auto_buf seal = LK__BUF(1000);
        lk__auto_buf out = LK__SECRET_BUF(1000);
        lk_error err = LK_ERROR_INIT;
        size_t ciphertext = 16 * (len / 16 + 1);

        assert_ok(lk__seal(&random, V1_PASSWORD, text, len, NOON, 0, &seal, &err), err);
        assert_int_equal(seal.len, 209 + (4 * ciphertext + 2) / 3);
        assert_ok(unseal(V1_PASSWORD, seal.data, seal.len, INT64_MAX, &out, &err), err);
        assert_int_equal(out.len, len);
        assert_memory_equal(out.data, text, len);
    }
}

static void test_a_lifetime_becomes_an_expiry(void **state)
{
    fake_random fake = { .next = 0 };
    lk_random random = fake_random_use(&fake);
    lk__auto_buf seal = LK__BUF(1000);
    lk__auto_buf out = LK__SECRET_BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk__seal(&random, V1_PASSWORD, "{}", 2, NOON, 600000, &seal, &err), err);
    assert_contains(seal.data, "*1772453400000*");
    assert_ok(unseal(V1_PASSWORD, seal.data, seal.len, NOON + 659999, &out, &err), err);
    assert_fails(unseal(V1_PASSWORD, seal.data, seal.len, NOON + 660000, &out, &err),
                 LK_ERR_EXPIRED, err);
}

static void test_impossible_lifetimes_and_sizes_are_refused(void **state)
{
    const lk_random random = { .fill = lk__random_fill };
    lk__auto_buf seal = LK__BUF(10000000);
    lk_error err = LK_ERROR_INIT;
    char *huge = calloc(1, 1000000);

    (void)state;
    assert_fails(lk__seal(&random, V1_PASSWORD, "", 0, NOON, -1, &seal, &err), LK_ERR_INVALID, err);
    lk__error_clear(&err);
    assert_fails(lk__seal(&random, V1_PASSWORD, "", 0, NOON, INT64_MAX, &seal, &err),
                 LK_ERR_INVALID, err);
    lk__error_clear(&err);
    assert_fails(lk__seal(&random, V1_PASSWORD, huge, 1000000, NOON, 0, &seal, &err),
                 LK_ERR_INVALID, err);
    assert_int_equal(seal.len, 0);
    free(huge);
}

static void test_no_random_bytes_no_seal(void **state)
{
    fake_random fake = { .broken = true };
    lk_random random = fake_random_use(&fake);
    lk__auto_buf seal = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk__seal(&random, V1_PASSWORD, "{}", 2, NOON, 0, &seal, &err), LK_ERR_STATE, err);
    assert_int_equal(seal.len, 0);
}

/* ---- Passwords ---- */

static void test_passwords_have_32_characters(void **state)
{
    static const struct {
        const char *password;
        bool long_enough;
    } rows[] = {
        { "0123456789abcdef0123456789abcdef", true },
        { "0123456789abcdef0123456789abcde", false },
        { "", false },
        { NULL, false },
        { "0123456789abcdef0123456789abcdeé", true }, /* 33 bytes */
        { "0123456789abcdef0123456789abcé", false },  /* 32 bytes, 30 characters and one */
        { "0123456789abcdef0123456789abcd😀", true },  /* two UTF-16 units */
        { "0123456789abcdef0123456789abc😀", false },  /* 33 bytes, 31 units */
    };
    const lk_random random = { .fill = lk__random_fill };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk__auto_buf seal = LK__BUF(1000);
        lk__auto_buf out = LK__SECRET_BUF(1000);
        lk_status wanted = rows[i].long_enough ? LK_OK : LK_ERR_INVALID;

        assert_int_equal(lk__seal(&random, rows[i].password, "{}", 2, NOON, 0, &seal, NULL),
                         wanted);
        assert_int_equal(unseal(rows[i].password, V1_SEAL, strlen(V1_SEAL), NOON, &out, NULL),
                         rows[i].long_enough ? LK_ERR_SIGNATURE : LK_ERR_INVALID);
    }
}

static void test_passwords_are_tried_in_turn(void **state)
{
    static const char *const passwords[] = { V2_PASSWORD, V3_PASSWORD, V1_PASSWORD };
    lk__auto_buf out = LK__SECRET_BUF(1000);
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk__unseal(passwords, 2, V1_SEAL, strlen(V1_SEAL), NOON, &out, &err),
                 LK_ERR_SIGNATURE, err);
    lk__error_clear(&err);
    assert_fails(lk__unseal(passwords, 0, V1_SEAL, strlen(V1_SEAL), NOON, &out, &err),
                 LK_ERR_SIGNATURE, err);
    lk__error_clear(&err);
    assert_ok(lk__unseal(passwords, 3, V1_SEAL, strlen(V1_SEAL), NOON, &out, &err), err);
    assert_string_equal(out.data, V1_TEXT);
}

/* ---- Public ---- */

static void test_text_is_sealed_and_opened(void **state)
{
    LK_CLEANUP(lk__free_secretp) char *sealed = NULL;
    LK_CLEANUP(lk__free_secretp) char *again = NULL;
    LK_CLEANUP(lk__free_secretp) char *opened = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_seal_text(V3_PASSWORD, V3_TEXT, 0, &sealed, &err), err);
    assert_ok(lk_seal_text(V3_PASSWORD, V3_TEXT, 0, &again, &err), err);
    assert_string_not_equal(sealed, again); /* fresh salts each time */
    assert_ok(lk_open_text(V3_PASSWORD, sealed, INT64_MAX, &opened, &err), err);
    assert_string_equal(opened, V3_TEXT);
}

static void test_public_calls_refuse_what_is_impossible(void **state)
{
    char *out = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(lk_seal_text(V1_PASSWORD, "{", 0, &out, &err), LK_ERR_INVALID, err);
    assert_fails(lk_seal_text(V1_PASSWORD, "{}", -1, &out, &err), LK_ERR_INVALID, err);
    assert_fails(lk_seal_text(NULL, "{}", 0, &out, &err), LK_ERR_INVALID, err);
    assert_fails(lk_seal_text("short", "{}", 0, &out, &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "at least 32");
    assert_fails(lk_open_text(V1_PASSWORD, NULL, NOON, &out, &err), LK_ERR_INVALID, err);
    assert_fails(lk_open_text(NULL, V1_SEAL, NOON, &out, &err), LK_ERR_INVALID, err);
    assert_fails(lk_open_text(V2_PASSWORD, V1_SEAL, NOON, &out, &err), LK_ERR_SIGNATURE, err);
    assert_fails(lk_open_text(V3_PASSWORD, V3_SEAL, INT64_MAX, &out, &err), LK_ERR_EXPIRED, err);
    assert_null(out);
}

static void test_a_sealed_nul_is_no_text(void **state)
{
    const lk_random random = { .fill = lk__random_fill };
    lk__auto_buf seal = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;
    char *out = NULL;

    (void)state;
    assert_ok(lk__seal(&random, V1_PASSWORD, "a\0b", 3, NOON, 0, &seal, &err), err);
    assert_fails(lk_open_text(V1_PASSWORD, seal.data, NOON, &out, &err), LK_ERR_PROTOCOL, err);
}

static void test_expiry_of_a_seal_can_be_read(void **state)
{
    (void)state;
    assert_true(lk__seal_expiry_ms(V1_SEAL, strlen(V1_SEAL)) == INT64_MAX);
    assert_true(lk__seal_expiry_ms(V3_SEAL, strlen(V3_SEAL)) == V3_EXPIRY);
    assert_true(lk__seal_expiry_ms(V3_SEAL, strlen(V3_SEAL) / 2) == 0);
    assert_true(lk__seal_expiry_ms("", 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_open),
        cmocka_unit_test(test_intermediate_values_of_the_vectors),
        cmocka_unit_test(test_the_first_vector_is_made_to_the_byte),
        cmocka_unit_test(test_damage_in_every_byte_is_refused),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_attacks_on_the_form_are_refused),
        cmocka_unit_test(test_a_huge_cookie_is_refused),
        cmocka_unit_test(test_padding_characters_are_tolerated),
        cmocka_unit_test(test_expiry_of_a_seal_can_be_read),
        cmocka_unit_test(test_broken_contents_under_a_sound_mac_are_refused),
        cmocka_unit_test(test_expiry_has_a_minute_of_grace),
        cmocka_unit_test(test_expired_and_forged_is_forged),
        cmocka_unit_test(test_every_length_is_sealed_and_opened),
        cmocka_unit_test(test_a_lifetime_becomes_an_expiry),
        cmocka_unit_test(test_impossible_lifetimes_and_sizes_are_refused),
        cmocka_unit_test(test_no_random_bytes_no_seal),
        cmocka_unit_test(test_passwords_have_32_characters),
        cmocka_unit_test(test_passwords_are_tried_in_turn),
        cmocka_unit_test(test_text_is_sealed_and_opened),
        cmocka_unit_test(test_public_calls_refuse_what_is_impossible),
        cmocka_unit_test(test_a_sealed_nul_is_no_text),
    };

    return cmocka_run_group_tests_name("crypto-seal", tests, NULL, NULL);
}
