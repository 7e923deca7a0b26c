/* What of a session takes how much of its cookies. */
#include <latchkey/session.h>
#include <stdio.h>

#include "crypto/seal.h"
#include "fake-token.h"
#include "test.h"

#define PASSWORD "a-password-of-the-tests-0123456789"

static lk_session_sizes *measure(const char *json)
{
    lk_session_sizes *sizes = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_session_size(json, NULL, NULL, &sizes, &err), err);
    return sizes;
}

/* 0: there is none. */
static size_t bytes_of(const lk_session_sizes *sizes, const char *name)
{
    for (size_t i = 0; i < sizes->n_parts; i++)
        if (strcmp(sizes->parts[i].name, name) == 0)
            return sizes->parts[i].bytes;
    return 0;
}

/* A session with so much metadata. Free with free(). */
static char *session_of(size_t n_metadata)
{
    char *token = fake_token_sign(
        "key_1", "{\"sub\":\"user_01\",\"permissions\":[\"a:read\",\"a:write\",\"b:read\"]}");
    char *json = NULL;
    char *filler = malloc(n_metadata + 1);

    memset(filler, 'x', n_metadata);
    filler[n_metadata] = '\0';
    if (asprintf(&json,
                 "{\"user\":{\"id\":\"user_01\",\"email\":\"mira@nordwind.example\","
                 "\"metadata\":{\"notes\":\"%s\"}},\"accessToken\":\"%s\",\"refreshToken\":\"rt\"}",
                 filler, token) < 0)
        abort();
    free(filler);
    free(token);
    return json;
}

static void test_size_is_that_of_the_seal(void **unused)
{
    (void)unused;
    for (size_t n = 0; n < 40; n++) {
        char *json = session_of(n);
        lk_session_sizes *sizes = measure(json);
        char *sealed = NULL;
        lk_error err = LK_ERROR_INIT;
        size_t sum = 0;
        assert_ok(lk_seal_text(PASSWORD, json, 0, &sealed, &err), err);
        assert_int_equal(sizes->sealed, strlen(sealed));
        for (size_t i = 0; i < sizes->n_parts; i++) {
            sum += sizes->parts[i].bytes;
            assert_true(i == 0 || sizes->parts[i].bytes <= sizes->parts[i - 1].bytes);
        }
        assert_int_equal(sum, sizes->sealed);
        lk_free_secret(sealed);
        lk_session_sizes_free(sizes);
        free(json);
    }
}

/* What is saved when it is left out is what it is said to take. */
static void test_each_part_is_named_with_its_cost(void **unused)
{
    (void)unused;
    char *small = session_of(0);
    char *large = session_of(3000);
    lk_session_sizes *without = measure(small);
    lk_session_sizes *with = measure(large);

    assert_string_equal(with->parts[0].name, "user.metadata");
    assert_in_range(bytes_of(with, "user.metadata") - bytes_of(without, "user.metadata"), 3998,
                    4001);
    assert_in_range(with->sealed - without->sealed, 3980, 4020);
    assert_true(bytes_of(with, "user.email") > 0);
    assert_true(bytes_of(with, "refreshToken") > 0);
    assert_true(bytes_of(with, "accessToken signature") >= 456); /* 256 bytes, encoded twice */
    assert_true(bytes_of(with, "accessToken.permissions") > bytes_of(with, "accessToken.sub"));
    assert_true(bytes_of(with, "(the seal itself)") >= 200);
    assert_int_equal(bytes_of(with, "accessToken"), 0);
    lk_session_sizes_free(without);
    lk_session_sizes_free(with);
    free(small);
    free(large);
}

static void test_number_of_cookies_follows_the_size(void **unused)
{
    (void)unused;
    static const struct {
        size_t n_metadata;
        int n_cookies;
        bool fits_store;
    } rows[] = {
        { 10, 1, true },    { 2500, 2, true },  { 8000, 3, true },   { 10500, 4, true },
        { 12000, 0, true }, { 47500, 0, true }, { 49000, 0, false },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char *json = session_of(rows[i].n_metadata);
        lk_session_sizes *sizes = measure(json);
        if (sizes->n_cookies != rows[i].n_cookies || sizes->fits_store != rows[i].fits_store)
            fail_msg("row %zu: %zu bytes, %d cookies", i, sizes->sealed, sizes->n_cookies);
        lk_session_sizes_free(sizes);
        free(json);
    }
}

static void test_longer_name_and_domain_leave_less_room(void **unused)
{
    (void)unused;
    lk_session_sizes *plain = measure("{}");
    lk_session_sizes *named = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_session_size("{}", "a-much-longer-name", "app.example", &named, &err), err);
    assert_int_equal(plain->one_cookie - named->one_cookie, strlen("a-much-longer-name") -
                                                                strlen("wos-session") +
                                                                strlen("; Domain=app.example"));
    assert_int_equal(plain->all_cookies, 4 * (plain->one_cookie - 2));
    lk_session_sizes_free(plain);
    lk_session_sizes_free(named);
}

/* A part's name is somebody else's text; there may be very many. */
static void test_odd_sessions_are_measured_too(void **unused)
{
    (void)unused;
    char *many = malloc(1 << 16);
    size_t len = (size_t)sprintf(many, "{");
    static const char *const odd[] = {
        "{}",
        "{\"user\":7,\"accessToken\":null}",
        "{\"accessToken\":\"a.b\"}",
        "{\"accessToken\":\"..\"}",
        "{\"accessToken\":\"a.bm90IGpzb24.c\"}",      /* "not json" */
        "{\"accessToken\":\"a.W10.c\"}",              /* [] */
        "{\"accessToken\":\"a.eyJhIjoxLCJiIjp9.c\"}", /* {"a":1,"b":} */
        "{\"user\":{\"user\":{\"user\":{}}},\"profile\":{}}",
        "{\"user\":[1,2]}",
        " { \"a\" : 1 } ",
    };

    for (size_t i = 0; i < N_ROWS(odd); i++) {
        lk_session_sizes *sizes = measure(odd[i]);
        size_t sum = 0;
        for (size_t j = 0; j < sizes->n_parts; j++)
            sum += sizes->parts[j].bytes;
        assert_int_equal(sum, sizes->sealed);
        lk_session_sizes_free(sizes);
    }
    for (int i = 0; i < 1000; i++)
        len +=
            (size_t)sprintf(many + len, "%s\"%0*d\":%d", i > 0 ? "," : "", i == 0 ? 500 : 4, i, i);
    sprintf(many + len, "}");
    lk_session_sizes *sizes = measure(many);
    assert_int_equal(sizes->n_parts, 202);
    assert_true(bytes_of(sizes, "(all others)") > 800 * 8);
    lk_session_sizes_free(sizes);
    free(many);
}

static void test_what_is_no_session_is_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = { "", "[]", "7", "{", "{\"a\":}", "Fe26.2*1*x", "[{}]" };
    lk_session_sizes *sizes = NULL;
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(bad); i++)
        if (lk_session_size(bad[i], NULL, NULL, &sizes, &err) != LK_ERR_INVALID)
            fail_msg("%s", bad[i]);
    assert_fails(lk_session_size(NULL, NULL, NULL, &sizes, &err), LK_ERR_INVALID, err);
    assert_fails(lk_session_size("{}", "a b", NULL, &sizes, &err), LK_ERR_INVALID, err);
    assert_fails(lk_session_size("{}", NULL, "a;b", &sizes, &err), LK_ERR_INVALID, err);
    assert_null(sizes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_size_is_that_of_the_seal),
        cmocka_unit_test(test_each_part_is_named_with_its_cost),
        cmocka_unit_test(test_number_of_cookies_follows_the_size),
        cmocka_unit_test(test_longer_name_and_domain_leave_less_room),
        cmocka_unit_test(test_odd_sessions_are_measured_too),
        cmocka_unit_test(test_what_is_no_session_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
