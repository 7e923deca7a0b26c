/* What was set aside is listed, and tried again by a version that reads more, or by hand. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "mirror-kit.h"
#include "test.h"

enum { N_BROKEN = 250 }; /* more than two batches */

static int64_t count_parked(kit *k)
{
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_status(k->mirror, &status, &err), err);
    return status.n_parked;
}

static size_t count_users(kit *k)
{
    lk_auto(lk_directory_user_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_list_users(k->mirror, LK_MIRROR_QUERY(.limit = 1000), &page, &err), err);
    return page->count;
}

/* Each second one is what an earlier version could not read: this one can. */
static int setup(void **state)
{
    kit *k = malloc(sizeof(*k));
    kit_event event;

    assert_non_null(k);
    kit_begin(k);
    kit_open(k);
    for (int i = 0; i < N_BROKEN; i++) {
        char id[32];

        snprintf(id, sizeof(id), "event_%03d", i);
        kit_make(&event, id, "dsync.user.created", 1000 + i, "{\"id\":\"u%03d\"%s}", i,
                 i % 2 == 0 ? ",\"directory_id\":\"d1\"" : "");
        assert_true(kit_apply(k, &event));
    }
    kit_run(k, "DELETE FROM directory_user");
    kit_run(k, "DELETE FROM parked");
    kit_run(k, "INSERT INTO parked SELECT sequence, 'of an earlier version' FROM event");
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    kit_end(*state);
    free(*state);
    return 0;
}

static void assert_reasons(kit *k, const char *expected, int n_expected)
{
    int64_t after = 0;
    int n = 0;

    for (size_t count = 40; count == 40;) {
        lk_auto(lk_parked_page) page = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk_mirror_list_parked(k->mirror, after, 40, &page, &err), err);
        count = page->count;
        for (size_t i = 0; i < count; i++, n++) {
            assert_contains(page->items[i]->reason, expected);
            assert_true(page->items[i]->sequence > after);
            after = page->items[i]->sequence;
        }
    }
    assert_int_equal(n, n_expected);
}

static void test_a_version_that_reads_more_tries_again(void **state)
{
    kit *k = *state;

    assert_reasons(k, "of an earlier version", N_BROKEN);
    kit_open(k); /* by the same one: nothing is tried */
    assert_int_equal(count_parked(k), N_BROKEN);
    kit_run(k, "UPDATE feed SET reader = 0");
    kit_open(k);
    assert_int_equal(count_users(k), N_BROKEN / 2);
    assert_reasons(k, "directory_id", N_BROKEN / 2); /* why not now */
    kit_run(k, "UPDATE parked SET reason = 'kept'");
    kit_open(k); /* once is enough */
    assert_reasons(k, "kept", N_BROKEN / 2);
}

static void test_a_hand_tries_again(void **state)
{
    lk_error err = LK_ERROR_INIT;
    int64_t n_applied = 0;
    kit *k = *state;

    assert_ok(lk_mirror_retry_parked(k->mirror, &n_applied, &err), err);
    assert_int_equal(n_applied, N_BROKEN / 2);
    assert_int_equal(count_users(k), N_BROKEN / 2);
    assert_reasons(k, "directory_id", N_BROKEN / 2);
    assert_ok(lk_mirror_retry_parked(k->mirror, &n_applied, &err), err);
    assert_int_equal(n_applied, 0);
}

/* An event that is applied late is still older than what came after it. */
static void test_what_is_newer_is_left_alone(void **state)
{
    lk_auto(lk_directory_user) user = NULL;
    lk_error err = LK_ERROR_INIT;
    kit_event event;
    kit *k = *state;

    kit_make(&event, "event_x", "dsync.user.updated", 5000,
             "{\"id\":\"u000\",\"directory_id\":\"d1\",\"first_name\":\"Newer\"}");
    assert_true(kit_apply(k, &event));
    assert_ok(lk_mirror_retry_parked(k->mirror, NULL, &err), err);
    assert_ok(lk_mirror_get_user(k->mirror, "u000", &user, &err), err);
    assert_string_equal(user->first_name, "Newer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_version_that_reads_more_tries_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_hand_tries_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_newer_is_left_alone, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
