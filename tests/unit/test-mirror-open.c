/* Opening a store that is not there yet. */
#include <latchkey/mirror.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mirror-kit.h"
#include "test.h"

static int open_and_close(const char *store)
{
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;

    if (lk_mirror_open(store, &mirror, &err) != LK_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    lk_mirror_free(mirror);
    return 0;
}

static void test_many_may_open_a_new_store_at_once(void **state)
{
    enum { N = 8 };
    kit k;
    pid_t children[N];

    (void)state;
    kit_begin(&k);
    for (int i = 0; i < N; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            _exit(open_and_close(k.store));
    }
    for (int i = 0; i < N; i++) {
        int status = -1;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    kit_open(&k);
    assert_int_equal(kit_number(&k, "SELECT COUNT(*) FROM feed"), 1);
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_may_open_a_new_store_at_once),
    };

    return cmocka_run_group_tests_name("mirror-open", tests, NULL, NULL);
}
