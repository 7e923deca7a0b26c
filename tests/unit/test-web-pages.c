/* The pages that people see: escaped text, nothing to load, nothing to run. */
#include "test.h"
#include "web/pages.h"

#include <stdio.h>

#include "crypto/base64.h"
#include "crypto/crypto.h"

static void test_hostile_text_stays_text(void **unused)
{
    (void)unused;
    static const char hostile[] = "</h1><script>alert('1')</script><img src=x onerror=\"y\">&amp;";
    const lk__page_choice choice = { .text = hostile, .link = "/login\"><script>" };
    const lk__page page = { .status = 400,
                            .word = hostile,
                            .choices = &choice,
                            .n_choices = 1,
                            .title = hostile,
                            .message = hostile,
                            .detail = hostile,
                            .link = "/login\" onclick=\"x",
                            .link_text = hostile,
                            .form_action = "/logout\"><script>",
                            .form_button = hostile };
    lk__auto_buf html = LK__BUF(100000);
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__page_html(&page, &html, &err), err);
    assert_lacks(html.data, "<script");
    assert_lacks(html.data, "<img");
    assert_lacks(html.data, "\" onclick");
    assert_contains(html.data, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
    assert_contains(html.data, "&amp;amp;");
}

/* A browser applies the style only when the hash in the policy is that of the text between the
 * tags. */
static void test_policy_names_the_style_in_the_page(void **unused)
{
    (void)unused;
    const lk__page page = { .status = 200, .title = "t", .message = "m" };
    lk__auto_buf html = LK__BUF(100000);
    lk__auto_buf policy = LK__BUF(10000);
    lk_error err = LK_ERROR_INIT;
    unsigned char digest[LK__SHA256_SIZE];
    unsigned char named[LK__SHA256_SIZE + 3];

    assert_ok(lk__page_html(&page, &html, &err), err);
    assert_ok(lk__page_policy(&page, &policy, &err), err);
    const char *begin = strstr(html.data, "<style>") + strlen("<style>");
    const char *end = strstr(html.data, "</style>");
    assert_ok(lk__sha256(begin, (size_t)(end - begin), digest, &err), err);

    char *hash = strstr(policy.data, "'sha256-") + strlen("'sha256-");
    hash[strcspn(hash, "'")] = '\0';
    assert_int_equal(strlen(hash), 44); /* padded, as CSP has it */
    for (char *c = hash; *c != '\0'; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    lk__auto_buf decoded = LK__BUF(sizeof(named));
    assert_ok(lk__base64url_decode(&decoded, hash, strlen(hash), true, &err), err);
    assert_int_equal(decoded.len, sizeof(digest));
    assert_memory_equal(decoded.data, digest, sizeof(digest));
    assert_null(strstr(html.data, "style="));
}

static void test_policy_allows_a_form_only_where_there_is_one(void **unused)
{
    (void)unused;
    const lk__page plain = { .title = "t", .message = "m" };
    const lk__page form = { .title = "t",
                            .message = "m",
                            .form_action = "/logout",
                            .form_button = "b",
                            .form_leads_to = "http://127.0.0.1:4100" };
    lk__auto_buf policy = LK__BUF(10000);
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__page_policy(&plain, &policy, &err), err);
    assert_contains(policy.data, "default-src 'none'");
    assert_contains(policy.data, "form-action 'none'");
    assert_string_equal(lk__page_referrer_policy(&plain), "no-referrer");
    lk__buf_clear(&policy);
    assert_ok(lk__page_policy(&form, &policy, &err), err);
    assert_contains(policy.data, "form-action 'self' https: http://127.0.0.1:4100");
    assert_string_equal(lk__page_referrer_policy(&form), "same-origin");
}

static void test_text_is_cut_between_characters(void **unused)
{
    (void)unused;
    char text[] = "a\xe2\x82\xac"
                  "b";

    lk__shorten(text, 10);
    assert_int_equal(strlen(text), 5);
    lk__shorten(text, 3); /* within the euro sign */
    assert_string_equal(text, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_text_stays_text),
        cmocka_unit_test(test_policy_names_the_style_in_the_page),
        cmocka_unit_test(test_policy_allows_a_form_only_where_there_is_one),
        cmocka_unit_test(test_text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
