/* Objects into structs by table: base/json-decode.c. */
#include "test.h"

#include "base/json.h"

typedef struct pet {
    const char *name;
} pet;

typedef struct person {
    const char *id;
    bool active;
    int64_t born_ms;
    int64_t age;
    const char *raw;
    const char *const *roles;
    size_t n_roles;
    const pet *dog;
    const char *role;
} person;

static const lk__field pet_fields[] = {
    { .name = "name", .kind = LK__TEXT, .required = true, .offset = offsetof(pet, name) },
};
static const lk__shape pet_shape = LK__SHAPE(pet, pet_fields);

static const lk__field person_fields[] = {
    { .name = "id", .kind = LK__TEXT, .required = true, .offset = offsetof(person, id) },
    { .name = "active", .kind = LK__FLAG, .offset = offsetof(person, active) },
    { .name = "born", .kind = LK__TIME, .offset = offsetof(person, born_ms) },
    { .name = "age", .kind = LK__NUMBER, .offset = offsetof(person, age) },
    { .name = "raw", .kind = LK__JSON, .offset = offsetof(person, raw) },
    { .name = "roles",
      .kind = LK__TEXTS,
      .offset = offsetof(person, roles),
      .count_offset = offsetof(person, n_roles) },
    { .name = "dog", .kind = LK__OBJECT, .offset = offsetof(person, dog), .shape = &pet_shape },
    { .name = "role", .kind = LK__SLUG, .offset = offsetof(person, role) },
};
static const lk__shape person_shape = LK__SHAPE(person, person_fields);

typedef struct fixture {
    lk__arena *arena;
    person person;
    lk_error err;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));

    f->arena = lk__arena_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;

    lk__arena_free(f->arena);
    free(f);
    return 0;
}

/* The text is freed before anybody looks: everything must be a copy. */
static lk_status decode(fixture *f, const char *text)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;

    memset(&f->person, 0, sizeof(f->person));
    lk__error_clear(&f->err);
    assert_ok(lk__json_parse(text, strlen(text), &json, &f->err), f->err);
    return lk__json_decode(json, &person_shape, f->arena, &f->person, &f->err);
}

static void test_every_kind_is_decoded(void **state)
{
    fixture *f = *state;

    assert_ok(decode(f, "{\"id\":\"u\",\"active\":true,\"born\":\"1970-01-01T00:00:01Z\",\"age\":7,"
                        "\"raw\":{\"a\":[1,\"é\"]},\"roles\":[\"x\",\"y\"],"
                        "\"dog\":{\"name\":\"Rex\"},\"role\":{\"slug\":\"admin\"},\"other\":1}"),
              f->err);
    assert_string_equal(f->person.id, "u");
    assert_true(f->person.active);
    assert_int_equal(f->person.born_ms, 1000);
    assert_int_equal(f->person.age, 7);
    assert_string_equal(f->person.raw, "{\"a\":[1,\"é\"]}");
    assert_int_equal(f->person.n_roles, 2);
    assert_string_equal(f->person.roles[1], "y");
    assert_string_equal(f->person.dog->name, "Rex");
    assert_string_equal(f->person.role, "admin");
}

static void test_a_slug_may_be_the_text_itself(void **state)
{
    fixture *f = *state;

    assert_ok(decode(f, "{\"id\":\"u\",\"role\":\"member\"}"), f->err);
    assert_string_equal(f->person.role, "member");
}

static void test_what_is_absent_null_or_odd_stays_zero(void **state)
{
    static const char *const rows[] = {
        "{\"id\":\"u\"}",
        "{\"id\":\"u\",\"active\":null,\"born\":null,\"age\":null,\"raw\":null,\"roles\":null,"
        "\"dog\":null,\"role\":null}",
        "{\"id\":\"u\",\"active\":1,\"born\":\"yesterday\",\"age\":\"7\",\"roles\":{},"
        "\"dog\":[],\"role\":[]}",
        "{\"id\":\"u\",\"active\":\"true\",\"born\":5,\"age\":1e400,\"roles\":[\"x\",1],"
        "\"dog\":\"Rex\",\"role\":{\"slug\":5}}",
    };
    fixture *f = *state;

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        assert_ok(decode(f, rows[i]), f->err);
        assert_string_equal(f->person.id, "u");
        assert_false(f->person.active);
        assert_int_equal(f->person.born_ms, 0);
        assert_int_equal(f->person.age, 0);
        assert_null(f->person.raw);
        assert_null(f->person.roles);
        assert_int_equal(f->person.n_roles, 0);
        assert_null(f->person.dog);
        assert_null(f->person.role);
    }
}

static void test_a_required_field_is_named_when_missing(void **state)
{
    static const struct {
        const char *text;
        const char *name;
    } rows[] = {
        { "{}", "\"id\"" },
        { "{\"id\":null}", "\"id\"" },
        { "{\"id\":5}", "\"id\"" },
        { "{\"ID\":\"u\"}", "\"id\"" },
        { "{\"id\":\"u\",\"dog\":{}}", "\"name\"" },
        { "[]", "object" },
        { "null", "object" },
    };
    fixture *f = *state;

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        assert_fails(decode(f, rows[i].text), LK_ERR_PROTOCOL, f->err);
        assert_contains(f->err.message, rows[i].name);
    }
}

static void test_an_empty_list_is_a_list(void **state)
{
    fixture *f = *state;

    assert_ok(decode(f, "{\"id\":\"\",\"roles\":[]}"), f->err);
    assert_non_null(f->person.roles);
    assert_int_equal(f->person.n_roles, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_kind_is_decoded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_slug_may_be_the_text_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_absent_null_or_odd_stays_zero, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_required_field_is_named_when_missing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_an_empty_list_is_a_list, setup, teardown),
    };

    return cmocka_run_group_tests_name("base-json-decode", tests, NULL, NULL);
}
