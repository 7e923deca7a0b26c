/* Pages of the state API: what is missing from one, or behind it, is known to be missing. */
#include <stdio.h>
#include <string.h>

#include "api/directories.h"
#include "test-client.h"
#include "test.h"

#define USER(id) "{\"id\":\"" id "\",\"directory_id\":\"d\"}"
#define END      "],\"list_metadata\":{\"after\":null}}"
#define LIST     "{\"data\":[" USER("a")

static void assert_page(const char *body, const char *asked_after, size_t count, size_t skipped,
                        const char *after)
{
    fake_wire wire = FAKE_WIRE({ "GET /directory_users", .status = 200, .body = body });
    LK_CLEANUP(lk__object_page_freep) lk__object_page *page = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    test_client_open(&test, &wire);
    assert_ok(lk__objects_list(test.client, LK__DIRECTORY_USERS, "d", asked_after, &page, &err),
              err);
    if (page->count != count || page->skipped != skipped)
        fail_msg("%s: %zu read, %zu skipped", body, page->count, page->skipped);
    if (after == NULL)
        assert_null(page->after);
    else
        assert_string_equal(page->after, after);
    test_client_close(&test, &wire);
}

static void test_list_says_where_it_goes_on_or_ends(void **state)
{
    (void)state;
    assert_page(LIST "],\"list_metadata\":{\"before\":null,\"after\":\"a\"}}", "x", 1, 0, "a");
    assert_page(LIST END, "a", 1, 0, NULL);
    assert_page(LIST "],\"list_metadata\":{}}", NULL, 1, 0, NULL); /* absent is null */
    assert_page("{\"list_metadata\":{\"after\":null},\"data\":[]}", NULL, 0, 0, NULL);
}

/* Whoever deletes what is not listed must not take these for an end. */
static void test_list_that_breaks_off_has_a_gap(void **state)
{
    static const char *const rows[] = {
        LIST "]}",
        LIST "],\"list_metadata\":null}",
        LIST "],\"list_metadata\":[]}",
        LIST "],\"list_metadata\":\"after\"}",
        LIST "],\"list_metadata\":{\"after\":12345}}",
        LIST "],\"list_metadata\":{\"after\":false}}",
        LIST "],\"list_metadata\":{\"after\":\"\"}}",
        LIST "],\"list_metadata\":{\"after\":\"two words\"}}",
        LIST "],\"list_metadata\":{\"after\":\"a\\u0000\"}}",
        LIST "],\"list_metadata\":{\"after\":{\"id\":\"a\"}}}",
        LIST "],\"list_metadata\":{\"after\":\"asked\"}}", /* it would go round in a circle */
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++)
        assert_page(rows[i], "asked", 1, 1, NULL);
}

static void test_entries_that_do_not_say_where_they_belong_are_gaps(void **state)
{
    (void)state;
    assert_page(LIST ",{\"id\":\"b\"}" END, NULL, 1, 1, NULL);
    assert_page(LIST ",{\"id\":\"b\",\"directory_id\":null}" END, NULL, 1, 1, NULL);
    assert_page(LIST ",{\"id\":\"b\",\"directory_id\":7}" END, NULL, 1, 1, NULL);
    assert_page(LIST ",{\"directory_id\":\"d\"},7," USER("c") END, NULL, 2, 2, NULL);
    assert_page(LIST ",{\"id\":\"b\",\"directory_id\":\"other\"}" END, NULL, 1, 0, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_says_where_it_goes_on_or_ends),
        cmocka_unit_test(test_list_that_breaks_off_has_a_gap),
        cmocka_unit_test(test_entries_that_do_not_say_where_they_belong_are_gaps),
    };

    return cmocka_run_group_tests_name("api-directories", tests, NULL, NULL);
}
