/* What happened to one user, group or directory. */
#include <latchkey/history.h>
#include <stdio.h>

#include "mirror-kit.h"
#include "test.h"

static void add(kit *k, const char *id, const char *type, int64_t at_ms, const char *data)
{
    kit_event event;

    kit_make(&event, id, type, at_ms, "%s", data);
    assert_true(kit_apply(k, &event));
}

#define USER(name)  "{\"id\":\"u1\",\"directory_id\":\"d1\",\"first_name\":\"" name "\"}"
#define GROUP(name) "{\"id\":\"g1\",\"directory_id\":\"d1\",\"name\":\"" name "\"}"

/* Some late. */
static void add_a_life(kit *k)
{
    add(k, "event_4", "dsync.group.user_added", 40,
        "{\"user\":" USER("Ada") ",\"group\":" GROUP("Team") "}");
    add(k, "event_1", "dsync.activated", 10, "{\"id\":\"d1\",\"name\":\"Acme\"}");
    add(k, "event_2", "dsync.user.created", 20, USER("Ada"));
    add(k, "event_6", "dsync.user.updated", 60, USER("Ada B."));
    add(k, "event_3", "dsync.user.created", 30, "{\"id\":\"u1\"}"); /* parked */
    add(k, "event_7", "dsync.group.user_removed", 70,
        "{\"user\":" USER("Ada") ",\"group\":" GROUP("Team") "}");
    add(k, "event_8", "dsync.deleted", 80, "{\"id\":\"d1\",\"name\":\"Acme\"}");
    add(k, "event_5", "dsync.user.updated", 50, USER("Eve"));
    add(k, "event_9", "dsync.user.created", 90, USER("Ada"));
    add(k, "event_0", "dsync.user.created", 5, "{\"id\":\"u2\",\"directory_id\":\"d2\"}");
}

static void assert_history(kit *k, const char *id, int limit, const char *expected)
{
    char found[1024] = "";
    char after[32] = "";
    size_t len = 0;
    size_t n = (size_t)limit;

    while (n == (size_t)limit) {
        lk_auto(lk_history_page) page = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk_mirror_list_history(k->mirror, id, after[0] != '\0' ? after : NULL, limit,
                                         &page, &err),
                  err);
        assert_int_equal(page->log_from_ms, 5);
        n = page->count;
        for (size_t i = 0; i < n; i++) {
            const lk_history_entry *entry = page->items[i];

            assert_true(entry->learned_at_ms > 0);
            len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%s%s", entry->event_id + 6,
                                    entry->is_end ? "!" : "", entry->is_parked ? "?" : "");
            for (size_t c = 0; c < entry->n_changes; c++)
                len += (size_t)snprintf(
                    found + len, sizeof(found) - len, " %s:%s>%s", entry->changes[c].field,
                    entry->changes[c].before != NULL ? entry->changes[c].before : "",
                    entry->changes[c].after != NULL ? entry->changes[c].after : "");
            len += (size_t)snprintf(found + len, sizeof(found) - len, "\n");
            snprintf(after, sizeof(after), "%s", entry->event_id);
        }
    }
    assert_string_equal(found, expected);
}

static void test_a_history_tells_what_each_event_changed(void **state)
{
    static const char person[] = "2 directory_id:>d1 first_name:>Ada\n"
                                 "3?\n"
                                 "4 group:>g1\n"
                                 "5 first_name:Ada>Eve\n"
                                 "6 first_name:Eve>Ada B.\n"
                                 "7 group:g1>\n"
                                 "8!\n"
                                 "9 directory_id:>d1 first_name:>Ada\n";
    kit k;

    (void)state;
    kit_begin(&k);
    kit_open(&k);
    add_a_life(&k);
    for (int limit = 1; limit < 12; limit++)
        assert_history(&k, "u1", limit, person);
    assert_history(&k, "g1", 2, "4 directory_id:>d1 name:>Team user:>u1\n7 user:u1>\n8!\n");
    assert_history(&k, "d1", 1, "1 name:>Acme\n8!\n");
    kit_end(&k);
}

static void test_what_nobody_knows_has_no_history(void **state)
{
    lk_history_page *page = NULL;
    lk_error err = LK_ERROR_INIT;
    kit k;

    (void)state;
    kit_begin(&k);
    kit_open(&k);
    add_a_life(&k);
    assert_fails(lk_mirror_list_history(k.mirror, "u9", NULL, 0, &page, &err), LK_ERR_NOT_FOUND,
                 err);
    assert_fails(lk_mirror_list_history(k.mirror, "", NULL, 0, &page, &err), LK_ERR_INVALID, err);
    assert_fails(lk_mirror_list_history(k.mirror, "u1", "event_x", 0, &page, &err),
                 LK_ERR_NOT_FOUND, err);
    assert_fails(lk_mirror_list_history(k.mirror, "u1", NULL, 1001, &page, &err), LK_ERR_INVALID,
                 err);
    assert_null(page);
    kit_end(&k);
}

/* As walk-sweep.c buries one that WorkOS no longer lists. */
static void test_what_reconciliation_did_is_told(void **state)
{
    lk_auto(lk_history_page) page = NULL;
    lk_auto(lk_history_page) other = NULL;
    lk_auto(lk_directory_user_page) before = NULL;
    lk_auto(lk_directory_user_page) after = NULL;
    lk_error err = LK_ERROR_INIT;
    kit k;

    (void)state;
    kit_begin(&k);
    kit_open(&k);
    add_a_life(&k);
    kit_run(&k, "UPDATE directory_user SET deleted = 1, version_ms = 95, version_id = '~1'"
                " WHERE id = 'u1'");
    assert_ok(lk_mirror_list_history(k.mirror, "u1", NULL, 0, &page, &err), err);
    assert_int_equal(page->reconciled_at_ms, 95);
    assert_ok(lk_mirror_list_history(k.mirror, "u2", NULL, 0, &other, &err), err);
    assert_int_equal(other->reconciled_at_ms, 0);
    assert_ok(lk_mirror_list_users(k.mirror, LK_MIRROR_QUERY(.at_ms = 94), &before, &err), err);
    assert_int_equal(before->count, 2);
    assert_ok(lk_mirror_list_users(k.mirror, LK_MIRROR_QUERY(.at_ms = 95), &after, &err), err);
    assert_int_equal(after->count, 1);
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_history_tells_what_each_event_changed),
        cmocka_unit_test(test_what_nobody_knows_has_no_history),
        cmocka_unit_test(test_what_reconciliation_did_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
