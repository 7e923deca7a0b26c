/* A store whose file is removed, renamed or replaced while it is open: told once, then what lies
 * there is opened; nothing is read out of one file and written into another. */
#include <latchkey/mirror.h>
#include <stdio.h>
#include <unistd.h>

#include "mirror-kit.h"
#include "mirror/mirror.h"
#include "test.h"

typedef struct place {
    char path[128], wal[128], shm[128];
} place;

static int setup(void **state)
{
    kit *k = malloc(sizeof(*k));

    kit_begin(k);
    *state = k;
    return 0;
}

static place place_of(const kit *k, const char *end)
{
    place files;

    snprintf(files.path, sizeof(files.path), "%s%s", k->path, end);
    snprintf(files.wal, sizeof(files.wal), "%s%s-wal", k->path, end);
    snprintf(files.shm, sizeof(files.shm), "%s%s-shm", k->path, end);
    return files;
}

static int teardown(void **state)
{
    kit *k = *state;
    place away = place_of(k, ".away");

    lk_mirror_freep(&k->mirror);
    (void)unlink(away.path); /* most do not exist */
    (void)unlink(away.wal);
    (void)unlink(away.shm);
    kit_end(k);
    free(k);
    return 0;
}

static void move_all(const place *from, const place *to)
{
    assert_int_equal(rename(from->path, to->path), 0);
    assert_int_equal(rename(from->wal, to->wal), 0);
    assert_int_equal(rename(from->shm, to->shm), 0);
}

static void apply(kit *k, const char *id)
{
    kit_event event;

    kit_make(&event, id, "user.created", 1, "{}");
    kit_apply(k, &event);
}

static int64_t count(lk_mirror *mirror)
{
    lk_mirror_status now = { .size = sizeof(now) };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_status(mirror, &now, &err), err);
    return now.n_events;
}

static void assert_lost(lk_mirror *mirror, const char *says)
{
    lk_mirror_status now = { .size = sizeof(now) };
    lk_error err = LK_ERROR_INIT;

    assert_fails(lk_mirror_get_status(mirror, &now, &err), LK_ERR_STORE, err);
    assert_contains(err.message, says);
}

static void test_store_that_is_removed_is_made_anew(void **state)
{
    kit *k = *state;
    place old = place_of(k, "");

    kit_open(k);
    apply(k, "event_1");
    assert_int_equal(unlink(old.path), 0);
    assert_int_equal(unlink(old.wal), 0);
    assert_int_equal(unlink(old.shm), 0);
    assert_lost(k->mirror, "was removed or replaced while it was open");
    assert_int_equal(count(k->mirror), 0);
    apply(k, "event_2");
    kit_open(k); /* for everybody */
    assert_int_equal(count(k->mirror), 1);
}

static void test_store_that_comes_back_goes_on(void **state)
{
    kit *k = *state;
    place home = place_of(k, "");
    place away = place_of(k, ".away");

    kit_open(k);
    apply(k, "event_1");
    assert_int_equal(rename(home.path, away.path), 0);
    assert_lost(k->mirror, "was removed or replaced while it was open");
    assert_lost(k->mirror, "is gone, but its log (-wal) is not");
    assert_int_not_equal(access(home.path, F_OK), 0);
    assert_int_equal(rename(away.path, home.path), 0);
    assert_int_equal(count(k->mirror), 1);
    apply(k, "event_2");
    assert_int_equal(count(k->mirror), 2);
}

/* Connections of one process are let go of at different times: whoever closes the old file last
 * must not remove the log of the new one, which has its name. */
static void test_store_that_is_replaced_is_opened_by_all(void **state)
{
    kit *k = *state;
    lk_auto(lk_mirror) second = NULL;
    lk_auto(lk_mirror) third = NULL;
    lk_error err = LK_ERROR_INIT;
    place home = place_of(k, "");
    place away = place_of(k, ".away");

    kit_open(k);
    apply(k, "event_1");
    assert_ok(lk_mirror_open(k->store, &second, &err), err);
    assert_ok(lk_mirror_open(k->store, &third, &err), err);
    assert_int_equal(count(second), 1);
    move_all(&home, &away);
    assert_lost(k->mirror, "was removed or replaced");
    apply(k, "event_2");
    apply(k, "event_3");
    assert_lost(second, "was removed or replaced");
    assert_int_equal(count(second), 2);
    lk_mirror_freep(&third);
    assert_int_equal(access(home.wal, F_OK), 0);
    apply(k, "event_4");
    assert_int_equal(count(second), 3);
    /* And the one that was moved away is whole. */
    snprintf(k->store, sizeof(k->store), "sqlite:%s", away.path);
    kit_open(k);
    assert_int_equal(count(k->mirror), 1);
}

static void test_what_is_under_way_ends_where_it_began(void **state)
{
    kit *k = *state;
    place home = place_of(k, "");
    place away = place_of(k, ".away");
    lk_error err = LK_ERROR_INIT;

    kit_open(k);
    apply(k, "event_1");
    {
        lk__auto_transaction transaction = { 0 };
        assert_ok(lk__transaction_begin(&transaction, k->mirror->store, LK__WRITE, &err), err);
        assert_ok(
            lk__store_run(k->mirror->store, "DELETE FROM event", LK__NO_ARGS, NULL, NULL, &err),
            err);
        move_all(&home, &away);
        assert_ok(lk__store_run(k->mirror->store, "SELECT 1", LK__NO_ARGS, NULL, NULL, &err), err);
        assert_ok(lk__transaction_commit(&transaction, &err), err);
    }
    assert_lost(k->mirror, "was removed or replaced");
    assert_int_equal(count(k->mirror), 0);
    snprintf(k->store, sizeof(k->store), "sqlite:%s", away.path);
    kit_open(k);
    assert_int_equal(count(k->mirror), 0);
}

static void test_waiting_ends_with_the_store(void **state)
{
    kit *k = *state;
    place home = place_of(k, "");
    place away = place_of(k, ".away");
    lk_error err = LK_ERROR_INIT;
    bool news = false;

    kit_open(k);
    apply(k, "event_1");
    assert_ok(lk_mirror_wait(k->mirror, 0, &news, &err), err);
    move_all(&home, &away);
    assert_fails(lk_mirror_wait(k->mirror, 1000, &news, &err), LK_ERR_STORE, err);
    assert_ok(lk_mirror_wait(k->mirror, 1000, &news, &err), err);
    assert_true(news); /* all of it is another now */
}

/* SQLite would empty the log's index under a program that has the old store open still: rows would
 * be gone. */
static void test_log_without_its_store_is_left_alone(void **state)
{
    kit *k = *state;
    lk_auto(lk_mirror) other = NULL;
    lk_error err = LK_ERROR_INIT;
    place home = place_of(k, "");

    kit_open(k);
    apply(k, "event_1");
    assert_int_equal(unlink(home.path), 0);
    assert_fails(lk_mirror_open(k->store, &other, &err), LK_ERR_STORE, err);
    assert_contains(err.message, "put the store back, or remove the log as well");
    assert_int_not_equal(access(home.path, F_OK), 0);
    assert_int_equal(unlink(home.wal), 0);
    assert_fails(lk_mirror_open(k->store, &other, &err), LK_ERR_STORE, err);
    assert_contains(err.message, "(-shm)");
    assert_int_equal(unlink(home.shm), 0);
    assert_ok(lk_mirror_open(k->store, &other, &err), err);
    assert_int_equal(count(other), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_store_that_is_removed_is_made_anew),
        TEST(test_store_that_comes_back_goes_on),
        TEST(test_store_that_is_replaced_is_opened_by_all),
        TEST(test_what_is_under_way_ends_where_it_began),
        TEST(test_waiting_ends_with_the_store),
        TEST(test_log_without_its_store_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
