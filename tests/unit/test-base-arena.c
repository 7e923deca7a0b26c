/* Memory of one answer: base/arena.c. */
#include "test.h"

#include "base/arena.h"
#include "base/cleanup.h"

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = { 0, 1, 7, 16, 100, 4000, 4096, 70000, 3 };
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    unsigned char *memory[N_ROWS(sizes)];

    (void)state;
    for (size_t i = 0; i < N_ROWS(sizes); i++) {
        memory[i] = lk__arena_alloc(arena, sizes[i]);
        assert_non_null(memory[i]);
        assert_int_equal((uintptr_t)memory[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(memory[i][j], 0);
        memset(memory[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < N_ROWS(sizes); i++)
        for (size_t j = 0; j < sizes[i]; j++)
            assert_int_equal(memory[i][j], i + 1);
}

static void test_impossible_sizes_give_null(void **state)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();

    (void)state;
    assert_null(lk__arena_alloc(arena, SIZE_MAX));
    assert_null(lk__arena_alloc(arena, SIZE_MAX - 64));
    assert_null(lk__arena_array(arena, SIZE_MAX / 2, 3)); /* overflows to a small number */
    assert_null(lk__arena_bytes(arena, "x", SIZE_MAX));
    assert_non_null(lk__arena_array(arena, 0, 3));
    assert_non_null(lk__arena_array(arena, 3, 0));
}

static void test_copies_are_terminated(void **state)
{
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = lk__arena_new();
    char text[] = "Zürich";

    (void)state;
    assert_string_equal(lk__arena_text(arena, text), "Zürich");
    assert_ptr_not_equal(lk__arena_text(arena, text), text);
    assert_string_equal(lk__arena_bytes(arena, text, 1), "Z");
    assert_string_equal(lk__arena_bytes(arena, text, 0), "");
    assert_null(lk__arena_text(arena, NULL));
    assert_null(lk__arena_bytes(arena, NULL, 0));
    lk__arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_impossible_sizes_give_null),
        cmocka_unit_test(test_copies_are_terminated),
    };

    return cmocka_run_group_tests_name("base-arena", tests, NULL, NULL);
}
