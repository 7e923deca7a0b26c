/* The local WorkOS with a large company: nothing is stored of it, and nobody can tell. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

#define PEOPLE 1200
#define TYPES                                                                   \
    "dsync.activated,dsync.user.created,dsync.user.updated,dsync.user.deleted," \
    "dsync.group.created,dsync.group.user_added,dsync.group.user_removed,dsync.deleted"

static int set_up(void **state)
{
    (void)state;
    return emulator_kit_start((emulator_options){ .people = PEOPLE });
}

/* Appends all of a list's objects to an array, page by page. */
static cJSON *walk(const char *path)
{
    cJSON *all = cJSON_CreateArray();
    char page[SIZE], after[SIZE] = "";
    do {
        snprintf(page, sizeof page, "%.300s&limit=100%s%.64s", path, *after ? "&after=" : "",
                 after);
        assert_int_equal(get(page), 200);
        while (count("data"))
            cJSON_AddItemToArray(all, cJSON_DetachItemFromArray(
                                          cJSON_GetObjectItemCaseSensitive(last.json, "data"), 0));
        snprintf(after, sizeof after, "%s", text("list_metadata.after"));
    } while (*after);
    return all;
}

static const char *id_of(const cJSON *object)
{
    return cJSON_GetStringValue(at(object, "id"));
}

static cJSON *by_id(const cJSON *list)
{
    cJSON *index = cJSON_CreateObject();
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, list)
    {
        assert_null(cJSON_GetObjectItemCaseSensitive(index, id_of(item)));
        cJSON_AddItemReferenceToObject(index, id_of(item), (cJSON *)item);
    }
    return index;
}

static void pair_key(const cJSON *data, char out[SIZE])
{
    snprintf(out, SIZE, "%s %s", id_of(at(data, "user")), id_of(at(data, "group")));
}

/* Lays the events one upon the other: users by id, memberships by "user group". */
static void apply(const cJSON *events, cJSON *users, cJSON *links)
{
    const cJSON *event = NULL;
    char key[SIZE], previous[SIZE] = "";
    cJSON_ArrayForEach(event, events)
    {
        const char *type = cJSON_GetStringValue(at(event, "event"));
        const cJSON *data = at(event, "data");
        assert_true(strcmp(previous, id_of(event)) < 0); /* ids sort as they come */
        snprintf(previous, sizeof previous, "%s", id_of(event));
        if (strcmp(type, "dsync.user.created") == 0)
            cJSON_AddItemReferenceToObject(users, id_of(data), (cJSON *)data);
        else if (strcmp(type, "dsync.user.updated") == 0)
            cJSON_ReplaceItemInObjectCaseSensitive(users, id_of(data), cJSON_Duplicate(data, 1));
        else if (strcmp(type, "dsync.user.deleted") == 0)
            cJSON_DeleteItemFromObjectCaseSensitive(users, id_of(data));
        else if (strcmp(type, "dsync.group.user_added") == 0) {
            pair_key(data, key);
            cJSON_AddTrueToObject(links, key);
        } else if (strcmp(type, "dsync.group.user_removed") == 0) {
            pair_key(data, key);
            cJSON_DeleteItemFromObjectCaseSensitive(links, key);
        }
    }
}

/* Drops the memberships of people that are gone: WorkOS sends no event for them. */
static int count_links(const cJSON *links, const cJSON *users)
{
    int n = 0;
    const cJSON *link = NULL;
    cJSON_ArrayForEach(link, links)
    {
        char user[SIZE];
        snprintf(user, sizeof user, "%.*s", (int)strcspn(link->string, " "), link->string);
        n += cJSON_GetObjectItemCaseSensitive(users, user) != NULL;
    }
    return n;
}

static void compare(const cJSON *users, const cJSON *links, const char *directory)
{
    char path[SIZE];
    int n_links = 0, n_users = 0;
    snprintf(path, sizeof path, "/directory_users?directory=%s", directory);
    cJSON *listed = walk(path), *index = by_id(listed);
    const cJSON *user = NULL, *group = NULL;
    cJSON_ArrayForEach(user, listed)
    {
        static const char *const same[] = { "email", "first_name", "state",     "custom_attributes",
                                            "role",  "idp_id",     "created_at" };
        const cJSON *told = cJSON_GetObjectItemCaseSensitive(users, id_of(user));
        n_users++;
        assert_non_null(told);
        for (size_t i = 0; i < sizeof same / sizeof *same; i++)
            assert_true(cJSON_Compare(at(user, same[i]), at(told, same[i]), 1));
        cJSON_ArrayForEach(group, at(user, "groups"))
        {
            char key[SIZE];
            snprintf(key, sizeof key, "%s %s", id_of(user), id_of(group));
            assert_non_null(cJSON_GetObjectItemCaseSensitive(links, key));
            n_links++;
        }
    }
    const cJSON *told = NULL;
    int n_told = 0;
    cJSON_ArrayForEach(told, users) n_told +=
        strcmp(cJSON_GetStringValue(at(told, "directory_id")), directory) == 0;
    assert_int_equal(n_users, n_told);
    assert_true(n_links > 0 && n_links <= count_links(links, users));
    cJSON_Delete(index);
    cJSON_Delete(listed);
}

static void test_events_and_lists_tell_the_same(void **state)
{
    (void)state;
    cJSON *users = cJSON_CreateObject(), *links = cJSON_CreateObject();
    cJSON *first = walk("/events?events=" TYPES);
    assert_true(cJSON_GetArraySize(first) > PEOPLE * 3 - 50);
    apply(first, users, links);
    compare(users, links, STAFF);
    assert_int_equal(control("POST", "/_latchkey/simulate", "{\"count\":400}"), 200);
    char path[SIZE];
    snprintf(path, sizeof path, "/events?events=" TYPES "&after=%s",
             id_of(cJSON_GetArrayItem(first, cJSON_GetArraySize(first) - 1)));
    cJSON *then = walk("/events?events=" TYPES);
    cJSON *again_users = cJSON_CreateObject(), *again_links = cJSON_CreateObject();
    apply(then, again_users, again_links);
    compare(again_users, again_links, STAFF);
    assert_true(cJSON_GetArraySize(then) > cJSON_GetArraySize(first) + 300);
    /* What was told before is told again in the same words. */
    for (int i = 0; i < cJSON_GetArraySize(first); i += 97)
        assert_true(cJSON_Compare(cJSON_GetArrayItem(first, i), cJSON_GetArrayItem(then, i), 1));
    cJSON_Delete(users);
    cJSON_Delete(links);
    cJSON_Delete(again_users);
    cJSON_Delete(again_links);
    cJSON_Delete(then);
    cJSON_Delete(first);
}

static void test_one_of_many_is_changed_and_removed(void **state)
{
    (void)state;
    char id[SIZE], path[SIZE], previous[SIZE];
    assert_int_equal(get("/directory_users?directory=" STAFF "&limit=1"), 200);
    snprintf(id, sizeof id, "%s", text("data.0.id"));
    snprintf(path, sizeof path, "/directory_users/%.80s", id);
    assert_int_equal(get(path), 200);
    int n_groups = count("groups");
    assert_in_range(n_groups, 1, 2);
    snprintf(path, sizeof path, "/_latchkey/directory_users/%.80s", id);
    assert_int_equal(control("PATCH", path, "{\"first_name\":\"Changed\"}"), 200);
    assert_string_equal(text("first_name"), "Changed");
    assert_null(at(last.json, "_number"));
    snprintf(path, sizeof path, "/directory_users/%.80s", id);
    get(path);
    assert_string_equal(text("first_name"), "Changed");
    assert_int_equal(count("groups"), n_groups);
    get("/events?events=dsync.user.updated");
    assert_int_equal(count("data"), 1);
    assert_true(*text("data.0.data.previous_attributes.first_name"));
    get("/directory_users?directory=" STAFF "&limit=2");
    assert_string_equal(text("data.0.id"), id);
    snprintf(previous, sizeof previous, "%s", text("data.1.id"));
    snprintf(path, sizeof path, "/_latchkey/directory_users/%.80s", id);
    assert_int_equal(control("DELETE", path, NULL), 204);
    assert_int_equal(control("DELETE", path, NULL), 404);
    get("/directory_users?directory=" STAFF "&limit=1");
    assert_string_equal(text("data.0.id"), previous);
    snprintf(path, sizeof path, "/directory_users/%.80s", id);
    assert_int_equal(get(path), 404);
}

static void test_directory_goes_with_everybody_in_it(void **state)
{
    (void)state;
    get("/directories/" STAFF);
    assert_int_equal(at(last.json, "metadata.users.active")->valueint, PEOPLE - 4);
    assert_int_equal(control("DELETE", "/_latchkey/directories/" STAFF, NULL), 204);
    assert_int_equal(get("/directory_users?directory=" STAFF), 404);
    control("GET", "/_latchkey/state", NULL);
    assert_int_equal(count("directory_users"), 3);
    get("/events?events=dsync.user.created&order=desc&limit=1");
    assert_int_equal(count("data"), 1); /* what has happened stays */
}

static void test_old_events_of_the_crowd_are_forgotten_in_order(void **state)
{
    (void)state;
    char cursor[SIZE], path[SIZE];
    control("POST", "/_latchkey/events/hold", "{}");
    int all = at(last.json, "count")->valueint;
    assert_int_equal(control("POST", "/_latchkey/events/forget", "{\"count\":500}"), 200);
    assert_int_equal(at(last.json, "count")->valueint, all - 500);
    assert_int_equal(at(last.json, "visible")->valueint, all - 500);
    get("/events?events=" TYPES "&limit=1");
    snprintf(cursor, sizeof cursor, "%s", text("data.0.id"));
    control("POST", "/_latchkey/events/forget", "{\"count\":2}");
    snprintf(path, sizeof path, "/events?events=" TYPES "&after=%.80s", cursor);
    assert_int_equal(get(path), 400);
    assert_string_equal(text("code"), "invalid_cursor");
    control("POST", "/_latchkey/events/release", "{}");
    control("POST", "/_latchkey/events/forget", "{\"count\":1000000}");
    assert_int_equal(at(last.json, "count")->valueint, 0);
    control("POST", "/_latchkey/simulate", "{}");
    assert_true(at(last.json, "count")->valueint > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, emulator_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_events_and_lists_tell_the_same),
        TEST(test_one_of_many_is_changed_and_removed),
        TEST(test_directory_goes_with_everybody_in_it),
        TEST(test_old_events_of_the_crowd_are_forgotten_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
