/* The local WorkOS: the console page, used as a browser without scripts uses it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator-kit.h"

#define AT_STAFF "/console/directories/" STAFF

static long click(const char *path, const char *fields)
{
    return call_as(NULL, "POST", path, FORM, fields);
}

/* The form went through, and the browser is sent to a page that says so. */
static void assert_done(const char *done)
{
    char end[64];
    snprintf(end, sizeof end, "?done=%s", done);
    assert_int_equal(last.status, 302);
    assert_non_null(strstr(last.location, end));
    char page[SIZE];
    snprintf(page, sizeof page, "%.400s", last.location);
    page[strcspn(page, "\r\n")] = '\0';
    assert_int_equal(call_as(NULL, "GET", page, NULL, NULL), 200);
    assert_non_null(strstr(last.body, "role=\"status\""));
}

static const char *newest(const char *type)
{
    char path[SIZE];
    snprintf(path, sizeof path, "/events?events=%s&order=desc&limit=1", type);
    assert_int_equal(get(path), 200);
    return text("data.0.data.id");
}

static void test_person_is_hired_moved_suspended_and_removed(void **state)
{
    (void)state;
    char path[SIZE], fields[SIZE], id[SIZE], design[SIZE];
    get("/directory_groups?directory=" STAFF "&order=asc");
    snprintf(design, sizeof design, "%s", text("data.1.id"));
    snprintf(fields, sizeof fields,
             "first_name=Zo%%C3%%AB&last_name=Quist&email=&department=Design&title=&in_%.64s=1",
             design);
    click(AT_STAFF "/people", fields);
    assert_done("hired");
    assert_non_null(strstr(last.body, "Zoë Quist"));
    snprintf(id, sizeof id, "%s", newest("dsync.user.created"));
    assert_string_equal(text("data.0.data.email"), "zoe.quist@juniper.example");
    assert_string_equal(text("data.0.data.custom_attributes.department_name"), "Design");
    newest("dsync.group.user_added");
    assert_string_equal(text("data.0.data.user.id"), id);

    snprintf(path, sizeof path, "/console/people/%.80s", id);
    click(path,
          "first_name=Zo%C3%AB&last_name=Ito&email=z%40x.example&department=Sales&title=Buyer");
    assert_done("saved");
    newest("dsync.user.updated");
    assert_string_equal(text("data.0.data.previous_attributes.last_name"), "Quist");
    assert_string_equal(text("data.0.data.custom_attributes.job_title"), "Buyer");
    newest("dsync.group.user_removed");
    assert_string_equal(text("data.0.data.group.id"), design);

    snprintf(path, sizeof path, "/console/people/%.80s/suspend", id);
    click(path, "");
    assert_done("suspended");
    assert_non_null(strstr(last.body, "<span class=\"badge\">suspended</span>"));
    snprintf(path, sizeof path, "/console/people/%.80s/activate", id);
    click(path, "");
    assert_done("activated");
    snprintf(path, sizeof path, "/console/people/%.80s/remove", id);
    click(path, "");
    assert_done("removed");
    assert_string_equal(newest("dsync.user.deleted"), id);
    snprintf(path, sizeof path, "/console/people/%.80s", id);
    assert_int_equal(call_as(NULL, "GET", path, NULL, NULL), 404);
    assert_int_equal(click(path, "first_name=Ghost"), 404);
}

static void test_groups_and_directories_come_and_go(void **state)
{
    (void)state;
    char path[SIZE], id[SIZE];
    click(AT_STAFF "/groups", "name=Night+%3Cb%3E+shift");
    assert_done("group");
    assert_non_null(strstr(last.body, "Night &lt;b&gt; shift"));
    snprintf(path, sizeof path, "/console/groups/%.80s/remove", newest("dsync.group.created"));
    click(path, "");
    assert_done("group-removed");
    newest("dsync.group.deleted");
    assert_string_equal(text("data.0.data.name"), "Night <b> shift");
    click("/console/directories", "name=Second&organization_id=" HARBOR);
    assert_done("directory");
    snprintf(id, sizeof id, "%s", newest("dsync.activated"));
    assert_string_equal(text("data.0.data.organization_id"), HARBOR);
    snprintf(path, sizeof path, "/console/directories/%.80s/remove", id);
    click(path, "");
    assert_done("directory-removed");
    assert_string_equal(newest("dsync.deleted"), id);
    assert_int_equal(click(path, ""), 404);
}

static void test_forms_from_elsewhere_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        const char *status;
    } cases[] = {
        /* another site, told by a new browser and by an old one */
        { "Sec-Fetch-Site: cross-site\r\nOrigin: http://evil.example\r\n", "403" },
        { "Sec-Fetch-Site: same-site\r\nOrigin: http://127.0.0.1:1\r\n", "403" },
        { "Origin: http://evil.example\r\n", "403" },
        { "Origin: null\r\n", "403" },
        { "Origin: http://127.0.0.1:1\r\n", "403" },
        /* our own page */
        { "Sec-Fetch-Site: same-origin\r\nOrigin: null\r\n", "302" },
        { "Origin: http://127.0.0.1\r\n", "302" },
        { "", "302" },
    };
    static const char *const paths[] = { AT_STAFF "/groups", AT_STAFF "/people" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases * 2; i++) {
        static const char body[] = "name=G&first_name=F";
        char request[1024], reply[4096];
        int len = snprintf(request, sizeof request,
                           "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " FORM
                           "\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n%s",
                           paths[i % 2], strlen(body), cases[i / 2].headers, body);
        call_raw(request, (size_t)len, reply, sizeof reply);
        assert_memory_equal(reply + 9, cases[i / 2].status, 3);
    }
    assert_int_equal(call_as(NULL, "POST", AT_STAFF "/groups", JSON, "{\"name\":\"x\"}"), 415);
}

static void test_wrong_input_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *path, *fields;
    } cases[] = {
        { AT_STAFF "/people", "first_name=&last_name=X" },
        { AT_STAFF "/people", "first_name=X&email=nowhere" },
        { AT_STAFF "/groups", "name=" },
        { "/console/directories", "name=X&organization_id=org_x" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        click(cases[i].path, cases[i].fields);
        assert_done("wrong");
    }
    assert_int_equal(click("/console/directories/directory_x/people", "first_name=X"), 404);
}

static void test_many_people_are_paged_and_found(void **state)
{
    (void)state;
    emulator_kit_tear_down(NULL);
    assert_int_equal(emulator_kit_start((emulator_options){ .people = 400 }), 0);
    assert_int_equal(call_as(NULL, "GET", AT_STAFF, NULL, NULL), 200);
    assert_non_null(strstr(last.body, "Older ones"));
    assert_null(strstr(last.body, "Mira Holt"));
    assert_null(strstr(last.body, "<script"));
    assert_int_equal(call_as(NULL, "GET", AT_STAFF "?q=mira.h%22%3E", NULL, NULL), 200);
    assert_non_null(strstr(last.body, "Nobody is here"));
    assert_non_null(strstr(last.body, "mira.h&quot;&gt;"));
    assert_int_equal(call_as(NULL, "GET", AT_STAFF "?q=MIRA.h", NULL, NULL), 200);
    assert_non_null(strstr(last.body, "Mira Holt"));
    assert_int_equal(call_as(NULL, "GET", AT_STAFF "?from=9999999999", NULL, NULL), 200);
    assert_int_equal(call_as(NULL, "GET", "/", NULL, NULL), 200);
    assert_non_null(strstr(last.body, "397 people"));
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, emulator_kit_set_up, emulator_kit_tear_down)

/* Browsers send no form with an address that has anything but ASCII in front of its @. */
static void test_address_is_made_of_any_name(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "first_name=%C5%81ukasz&last_name=%C5%BB%C3%B3%C5%82%C4%87", "lukasz.zolc" },
        { "first_name=Mary+Ann&last_name=O%27Neil", "maryann.oneil" },
        { "first_name=%C5%90&last_name=", "o" },
        { "first_name=%E6%9D%8E&last_name=%E6%98%8E", "person" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char email[SIZE];
        snprintf(email, sizeof email, "%s@juniper.example", cases[i][1]);
        click(AT_STAFF "/people", cases[i][0]);
        newest("dsync.user.created");
        assert_string_equal(text("data.0.data.email"), email);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_person_is_hired_moved_suspended_and_removed),
        TEST(test_groups_and_directories_come_and_go),
        TEST(test_forms_from_elsewhere_are_refused),
        TEST(test_wrong_input_is_told),
        TEST(test_many_people_are_paged_and_found),
        TEST(test_address_is_made_of_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
