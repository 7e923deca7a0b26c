/* Each allocation of base and crypto fails once, and then for good: the answer is always
 * LK_ERR_NO_MEMORY, nothing leaks (ASan), nothing is handed out. */
#include "test.h"

#include <latchkey/events.h>
#include <latchkey/session.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "crypto/jwt.h"
#include "crypto/seal.h"
#include "data.h"
#include "failing-malloc.h"
#include "fake-clock.h"

#define PASSWORD "latchkey-vector-one-password-0001"
#define OTHER    "latchkey-vector-two-password-0002!"

static char *token;
static char *keys_text;
static size_t keys_len;
static char *sealed;

static int setup(void **state)
{
    (void)state;
    token = data_read("ok-token.txt", NULL);
    keys_text = data_read("jwks-two.json", &keys_len);
    return lk_seal_text(PASSWORD, "{\"a\":1}", 0, &sealed, NULL) == LK_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    free(token);
    free(keys_text);
    lk_free_secret(sealed);
    return 0;
}

/* ---- What is tried ---- */

typedef struct thing {
    const char *id;
    const char *raw;
    const char *const *texts;
    size_t n_texts;
    const struct thing *inner;
} thing;

static const lk__field inner_fields[] = {
    { .name = "id", .kind = LK__TEXT, .required = true, .offset = offsetof(thing, id) },
};
static const lk__shape inner_shape = LK__SHAPE(thing, inner_fields);
static const lk__field fields[] = {
    { .name = "id", .kind = LK__TEXT, .required = true, .offset = offsetof(thing, id) },
    { .name = "raw", .kind = LK__JSON, .offset = offsetof(thing, raw) },
    { .name = "texts",
      .kind = LK__TEXTS,
      .offset = offsetof(thing, texts),
      .count_offset = offsetof(thing, n_texts) },
    { .name = "inner",
      .kind = LK__OBJECT,
      .offset = offsetof(thing, inner),
      .shape = &inner_shape },
};
static const lk__shape shape = LK__SHAPE(thing, fields);

static lk_status parse_and_decode(lk_error *err)
{
    static const char text[] = "{\"id\":\"u\",\"raw\":{\"a\":[1,2,\"x\"]},\"texts\":[\"x\",\"y\"],"
                               "\"inner\":{\"id\":\"i\"}}";
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    thing out = { .id = NULL };

    if (arena == NULL)
        return lk__no_memory(err);
    LK_TRY(lk__json_parse(text, strlen(text), &json, err));
    LK_TRY(lk__json_decode(json, &shape, arena, &out, err));
    assert_string_equal(out.inner->id, "i");
    return LK_OK;
}

static lk_status count_events(void *ctx, const char *name, const char *raw, size_t raw_len,
                              const lk__json *value, lk_error *err)
{
    int *n = ctx;

    (void)name;
    (void)raw;
    (void)raw_len;
    (void)err;
    *n += value != NULL;
    return LK_OK;
}

static lk_status visit_each(lk_error *err)
{
    static const char text[] = "{\"a\":{\"id\":\"1\"},\"b\":{\"id\":\"2\"}}";
    int n = 0;

    LK_TRY(lk__json_each(text, strlen(text), count_events, &n, err));
    assert_int_equal(n, 2); /* lack of memory is no reason to skip an event */
    return LK_OK;
}

static lk_status write_json(lk_error *err)
{
    lk__auto_buf out = LK__SECRET_BUF(10000);
    lk__json_writer writer = LK__JSON_WRITER(&out);

    lk__json_open_array(&writer, NULL);
    for (int i = 0; i < 100; i++)
        lk__json_put_text(&writer, NULL, "grows and \"grows\"");
    lk__json_close_array(&writer);
    return lk__json_end(&writer, err);
}

static lk_status seal(lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *out = NULL;
    lk_status status = lk_seal_text(PASSWORD, "{\"accessToken\":\"x\"}", 60, &out, err);

    assert_int_equal(out != NULL, status == LK_OK);
    return status;
}

static lk_status open_seal(lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *out = NULL;
    lk_status status = lk_open_text(PASSWORD, sealed, NOON, &out, err);

    assert_int_equal(out != NULL, status == LK_OK);
    return status;
}

static lk_status open_seal_by_second_password(lk_error *err)
{
    static const char *const passwords[] = { OTHER, PASSWORD };
    lk__auto_buf out = LK__SECRET_BUF(1000);

    return lk__unseal(passwords, 2, sealed, strlen(sealed), NOON, &out, err);
}

static lk_status parse_keys_and_verify(lk_error *err)
{
    static const char *const issuers[] = { "https://api.workos.com" };
    LK_CLEANUP(lk__jwks_freep) lk__jwks *keys = NULL;
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk__jwt_rules rules = {
        .issuers = issuers, .n_issuers = 1, .client_id = "client_01", .now_ms = NOON
    };
    lk_status status;

    LK_TRY(lk__jwks_parse(keys_text, keys_len, &keys, err));
    assert_non_null(lk__jwks_find(keys, "key_2")); /* lack of memory leaves no key out */
    rules.keys = keys;
    status = lk__jwt_verify(token, &rules, &claims, err);
    assert_int_equal(claims != NULL, status == LK_OK);
    return status;
}

static lk_status sign_and_verify_webhook(lk_error *err)
{
    LK_CLEANUP(lk__freep) char *header = NULL;

    LK_TRY(lk_webhook_sign("whsec_x", "{}", 2, NOON, &header, err));
    return lk_webhook_verify("whsec_x", header, "{}", 2, NOON, 0, err);
}

/* ---- The walk ---- */

typedef lk_status job(lk_error *err);

/* Returns how many allocations there were to fail. */
static long walk(const char *name, job *run, bool for_good)
{
    for (long n = 1; n < 10000; n++) {
        lk_error err = LK_ERROR_INIT;
        lk_status status;
        bool failed;

        if (for_good)
            failing_malloc_arm_for_good(n);
        else
            failing_malloc_arm(n);
        status = run(&err);
        failed = failing_malloc_disarm();
        if (status != (failed ? LK_ERR_NO_MEMORY : LK_OK) || err.status != status)
            fail_msg("%s, allocation %ld: %s: %s", name, n, lk_status_name(status), err.message);
        if (!failed)
            return n - 1;
    }
    fail_msg("%s never ends", name);
    return 0;
}

static void test_every_allocation_may_fail(void **state)
{
    static const struct {
        const char *name;
        job *run;
        long at_least; /* allocations: the walk must not have missed the point */
    } rows[] = {
        { "parse and decode", parse_and_decode, 20 },
        { "visit each", visit_each, 6 },
        { "write", write_json, 4 },
        { "seal", seal, 8 },
        { "open", open_seal, 7 },
        { "open by the second password", open_seal_by_second_password, 8 },
        { "keys and token", parse_keys_and_verify, 40 },
        { "webhook", sign_and_verify_webhook, 5 },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        long n = walk(rows[i].name, rows[i].run, false);

        if (n < rows[i].at_least)
            fail_msg("%s: only %ld allocations", rows[i].name, n);
        assert_int_equal(walk(rows[i].name, rows[i].run, true), n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("crypto-memory", tests, setup, teardown);
}
