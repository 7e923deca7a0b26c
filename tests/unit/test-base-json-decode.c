/* Objects into structs by table: base/json-decode.c. */
#include "test.h"

#include <stdio.h>

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
    lk_error text_err; /* of several faults it may tell another */
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

static void check_text(const char *a, const char *b)
{
    assert_true((a == NULL) == (b == NULL));
    if (a != NULL)
        assert_string_equal(a, b);
}

static void check_same(const person *a, const person *b)
{
    check_text(a->id, b->id);
    assert_int_equal(a->active, b->active);
    assert_int_equal(a->born_ms, b->born_ms);
    assert_int_equal(a->age, b->age);
    check_text(a->raw, b->raw);
    assert_int_equal(a->n_roles, b->n_roles);
    assert_true((a->roles == NULL) == (b->roles == NULL));
    for (size_t i = 0; i < a->n_roles; i++)
        check_text(a->roles[i], b->roles[i]);
    assert_true((a->dog == NULL) == (b->dog == NULL));
    if (a->dog != NULL)
        check_text(a->dog->name, b->dog->name);
    check_text(a->role, b->role);
}

/* From the tree and from the text, which must give the same. What was read is freed before anybody
 * looks: everything must be a copy. */
static lk_status decode(fixture *f, const char *text)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    char *copy = strdup(text);
    lk_error err = LK_ERROR_INIT;
    person other = { 0 };
    lk_status status;

    memset(&f->person, 0, sizeof(f->person));
    lk__error_clear(&f->err);
    assert_ok(lk__json_parse(text, strlen(text), &json, &f->err), f->err);
    status = lk__json_decode(json, &person_shape, f->arena, &f->person, &f->err);
    assert_int_equal(
        lk__json_decode_text(copy, strlen(copy), &person_shape, f->arena, &other, &err), status);
    f->text_err = err;
    memset(copy, 'x', strlen(copy));
    free(copy);
    if (status == LK_OK)
        check_same(&f->person, &other);
    return status;
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
        assert_contains(f->text_err.message, rows[i].name);
    }
}

static void test_an_empty_list_is_a_list(void **state)
{
    fixture *f = *state;

    assert_ok(decode(f, "{\"id\":\"\",\"roles\":[]}"), f->err);
    assert_non_null(f->person.roles);
    assert_int_equal(f->person.n_roles, 0);
}

/* What a writer of JSON may do with a value, and what a printer makes of it. */
static void test_a_text_decodes_as_its_tree_does(void **state)
{
    static const char *const values[] = {
        "{}",
        "[]",
        "\"\"",
        "\"a\"",
        "\"\\u00e9\\/\\n\"",
        "\"\xC3\xA9 e9 1.5\"",
        "{ \"a\" : [ 1 , 2 ] }",
        "{\"a\":\"b c\",\"d\":[true,false,null]}",
        "{\"a\":1.0,\"b\":1e3,\"c\":-0}",
        "-1",
        "1.50",
        "1E2",
        "12345678901234567890",
        "999999999999999",
        "1000000000000001",
        "true",
        "false",
        "{\"slug\":\"x\"}",
        "{\"slug\":5,\"slug\":\"y\"}",
        "{\"name\":\"Rex\"}",
        "{\"name\":\"\\u0052ex\",\"name\":\"Max\"}",
        "[\"x\",\"\\u0079\"]",
        "[\"x\",1]",
        "\"2026-03-02T08:01:00.000Z\"",
        "\"2026-03-02T08:01:00\\u002e000Z\"",
        "\"2026-03-02T08:01:00.000Z and then more than any time is long, by far, and further\"",
        "null",
    };
    static const char *const names[] = { "id", "active", "born", "age", "raw", "roles", "role" };
    fixture *f = *state;
    char text[512];

    for (size_t i = 0; i < N_ROWS(names); i++) {
        for (size_t j = 0; j < N_ROWS(values); j++) {
            snprintf(text, sizeof(text), "{\"id\":\"u\" ,\t\"%s\":%s,\"%s\":1}", names[i],
                     values[j], names[i]);
            (void)decode(f, text);
            snprintf(text, sizeof(text), "{\"%s\":%s,\"id\":\"\\u0075\",\"dog\":%s}", names[i],
                     values[j], values[j]);
            (void)decode(f, text);
        }
    }
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
        cmocka_unit_test_setup_teardown(test_a_text_decodes_as_its_tree_does, setup, teardown),
    };

    return cmocka_run_group_tests_name("base-json-decode", tests, NULL, NULL);
}
