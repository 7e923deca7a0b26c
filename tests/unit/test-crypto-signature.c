/* The WorkOS-Signature header: crypto/signature.c. */
#include "test.h"

#include <inttypes.h>
#include <latchkey/events.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "crypto/signature.h"
#include "fake-clock.h"

#define SECRET "whsec_latchkey"
#define BODY   "{\"id\":\"event_01\",\"event\":\"dsync.user.created\"}"

/* Computed with openssl dgst -sha256 -hmac whsec_latchkey over "<t>." and the body. */
#define MS_MAC       "fa4b5a915e290962618ee6a2485d0199904ac4f86b61652fa787ee6186846b6b"
#define MS_MAC_UPPER "FA4B5A915E290962618EE6A2485D0199904AC4F86B61652FA787EE6186846B6B"
#define S_MAC        "c8139f2ef443e6cceec5816d0df8231250564150fc53757602fbe46284e02a64"

static lk_status verify(const char *header, int64_t now_ms, lk_error *err)
{
    return lk_webhook_verify(SECRET, header, BODY, strlen(BODY), now_ms, 0, err);
}

static void test_headers_that_are_accepted(void **state)
{
    static const char *const rows[] = {
        "t=1772452800000, v1=" MS_MAC,
        "t=1772452800000,v1=" MS_MAC, /* the emulator's form */
        "t=1772452800,v1=" S_MAC,     /* seconds, as some write */
        "v1=" MS_MAC ", t=1772452800000",
        "  t = 1772452800000 ,\tv1 = " MS_MAC " ",
        "t=1772452800000, v1=" S_MAC ", v1=" MS_MAC, /* a secret being rotated */
        "t=1772452800000, v1=x, v1=" MS_MAC,
        "t=1772452800000, v0=abc, v2=def, v1=" MS_MAC, /* unknown versions are ignored */
        ",,t=1772452800000,,v1=" MS_MAC ",",
        "t=1772452800000, nonsense, v1=" MS_MAC,
        "t=1772452800000, v1=" MS_MAC_UPPER, /* hexadecimal is the same in capitals */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        if (verify(rows[i], NOON, &err) != LK_OK)
            fail_msg("%s: %s", rows[i], err.message);
    }
}

static void test_headers_that_are_refused(void **state)
{
    static const char *const rows[] = {
        "",
        ",",
        "=",
        "t=",
        "v1=" MS_MAC,      /* no time */
        "t=1772452800000", /* no signature */
        "t=1772452800000, v1=",
        "t=1772452800000, v0=" MS_MAC, /* another version */
        "t=1772452800000, V1=" MS_MAC,
        "T=1772452800000, v1=" MS_MAC,
        "t=1772452800000, v1=" S_MAC, /* of another time */
        "t=1772452800001, v1=" MS_MAC,
        "t=01772452800000, v1=" MS_MAC, /* the same number in other characters */
        "t=+1772452800000, v1=" MS_MAC,
        "t=-1772452800000, v1=" MS_MAC,
        "t=1772452800000.0, v1=" MS_MAC,
        "t=NaN, v1=" MS_MAC, /* the Node SDK lets this pass: NaN < x */
        "t=99999999999999999999, v1=" MS_MAC,
        "t=1772452800000, t=1, v1=" MS_MAC, /* which one was signed? */
        "t=1, t=1772452800000, v1=" MS_MAC,
        "t=1772452800000, v1=" MS_MAC "00", /* longer */
        "t=1772452800000, v1=0" MS_MAC,
        "t=1772452800000; v1=" MS_MAC,
        "t=1772452800000 v1=" MS_MAC,
        "t=1772452800000, v1==" MS_MAC,
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;

        if (verify(rows[i], NOON, &err) != LK_ERR_SIGNATURE)
            fail_msg("%s: %s", rows[i], lk_status_name(err.status));
        assert_lacks(err.message, "whsec");
    }
}

static void test_damage_in_every_digit_is_refused(void **state)
{
    char header[] = "t=1772452800000, v1=" MS_MAC;

    (void)state;
    for (size_t i = 0; i < sizeof(header) - 1; i++) {
        lk_error err = LK_ERROR_INIT;
        char kept = header[i];

        if (kept == ' ')
            continue;
        header[i] = kept == '0' ? '1' : '0';
        assert_fails(verify(header, NOON, &err), LK_ERR_SIGNATURE, err);
        header[i] = kept;
    }
}

static void test_the_body_counts_to_the_byte(void **state)
{
    static const char header[] = "t=1772452800000, v1=" MS_MAC;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_webhook_verify(SECRET, header, BODY, strlen(BODY), NOON, 0, &err), err);
    assert_fails(lk_webhook_verify(SECRET, header, BODY " ", strlen(BODY) + 1, NOON, 0, &err),
                 LK_ERR_SIGNATURE, err);
    assert_fails(lk_webhook_verify(SECRET, header, BODY, strlen(BODY) - 1, NOON, 0, &err),
                 LK_ERR_SIGNATURE, err);
    assert_fails(lk_webhook_verify(SECRET "x", header, BODY, strlen(BODY), NOON, 0, &err),
                 LK_ERR_SIGNATURE, err);
    /* whsec_ is part of the key */
    assert_fails(lk_webhook_verify("latchkey", header, BODY, strlen(BODY), NOON, 0, &err),
                 LK_ERR_SIGNATURE, err);
}

static void test_the_tolerance_has_two_sides(void **state)
{
    static const struct {
        int64_t offset_ms;
        int tolerance_s;
        lk_status status;
    } rows[] = {
        { 180000, 0, LK_OK },
        { 180001, 0, LK_ERR_EXPIRED },
        { -180000, 0, LK_OK },
        { -180001, 0, LK_ERR_EXPIRED }, /* from the future: the Node SDK accepts it */
        { 1000, 1, LK_OK },
        { 1001, 1, LK_ERR_EXPIRED },
        { 86400000, 86400, LK_OK },
        { 0, -1, LK_ERR_INVALID },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_error err = LK_ERROR_INIT;
        lk_status status =
            lk_webhook_verify(SECRET, "t=1772452800000, v1=" MS_MAC, BODY, strlen(BODY),
                              NOON + rows[i].offset_ms, rows[i].tolerance_s, &err);

        if (status != rows[i].status)
            fail_msg("row %zu: %s", i, lk_status_name(status));
    }
}

static void test_old_and_forged_is_forged(void **state)
{
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(verify("t=1, v1=" MS_MAC, NOON, &err), LK_ERR_SIGNATURE, err);
}

static void test_impossible_arguments_are_refused(void **state)
{
    lk_error err = LK_ERROR_INIT;
    char *out = NULL;

    (void)state;
    assert_fails(lk_webhook_verify("", "t=1, v1=" MS_MAC, "", 0, NOON, 0, &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_webhook_verify(NULL, "t=1, v1=" MS_MAC, "", 0, NOON, 0, &err), LK_ERR_INVALID,
                 err);
    assert_fails(lk_webhook_verify(SECRET, NULL, "", 0, NOON, 0, &err), LK_ERR_SIGNATURE, err);
    assert_fails(lk_webhook_verify(SECRET, "t=1", NULL, 5, NOON, 0, &err), LK_ERR_INVALID, err);
    assert_fails(lk_webhook_sign("", "", 0, NOON, &out, &err), LK_ERR_INVALID, err);
    assert_fails(lk_webhook_sign(SECRET, "", 0, NOON, NULL, &err), LK_ERR_INVALID, err);
}

static void test_a_huge_header_is_refused(void **state)
{
    lk_error err = LK_ERROR_INIT;
    char *header = malloc(1000000);

    (void)state;
    memset(header, ',', 999999);
    header[999999] = '\0';
    assert_fails(verify(header, NOON, &err), LK_ERR_SIGNATURE, err);
    free(header);
}

static void test_what_is_signed_is_what_workos_sends(void **state)
{
    LK_CLEANUP(lk__freep) char *header = NULL;
    LK_CLEANUP(lk__freep) char *empty = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(lk_webhook_sign(SECRET, BODY, strlen(BODY), NOON, &header, &err), err);
    assert_string_equal(header, "t=1772452800000, v1=" MS_MAC);
    assert_ok(lk_webhook_sign(SECRET, NULL, 0, NOON, &empty, &err), err);
    assert_ok(lk_webhook_verify(SECRET, empty, NULL, 0, NOON, 0, &err), err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers_that_are_accepted),
        cmocka_unit_test(test_headers_that_are_refused),
        cmocka_unit_test(test_damage_in_every_digit_is_refused),
        cmocka_unit_test(test_the_body_counts_to_the_byte),
        cmocka_unit_test(test_the_tolerance_has_two_sides),
        cmocka_unit_test(test_old_and_forged_is_forged),
        cmocka_unit_test(test_impossible_arguments_are_refused),
        cmocka_unit_test(test_a_huge_header_is_refused),
        cmocka_unit_test(test_what_is_signed_is_what_workos_sends),
    };

    return cmocka_run_group_tests_name("crypto-signature", tests, NULL, NULL);
}
