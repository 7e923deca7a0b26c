/* Events in words: wording.c; and as items of a list: records.c. */
#include "test.h"

#include "fail.h"
#include "records.h"
#include "wording.h"

#include <stdlib.h>

#define USER "\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"email\":\"ada@example.com\""

typedef struct sample {
    const char *type, *data, *subject, *wanted;
} sample;

static char *words_of(const char *type, const char *json, const char *subject)
{
    const lk_mirror_event event = {
        .id = "event_1", .type = type, .subject = subject, .json = json, .json_len = strlen(json)
    };

    return wording_of(&event);
}

static void test_events_read_as_sentences(void **state)
{
    static const sample samples[] = {
        { "dsync.user.created", "{" USER "}", NULL, "Ada Lovelace was added to the directory" },
        { "dsync.user.created", "{\"email\":\"x@example.com\"}", NULL,
          "x@example.com was added to the directory" },
        { "dsync.user.created", "{\"first_name\":null}", "Mirror Name",
          "Mirror Name was added to the directory" },
        { "dsync.user.created", "{}", NULL, "Somebody was added to the directory" },
        { "dsync.user.deleted", "{" USER "}", NULL, "Ada Lovelace was removed from the directory" },
        { "dsync.user.updated", "{" USER ",\"previous_attributes\":{\"last_name\":\"Byron\"}}",
          NULL, "Ada Byron is now called Ada Lovelace" },
        { "dsync.user.updated",
          "{" USER ",\"state\":\"suspended\",\"previous_attributes\":{\"state\":\"active\"}}", NULL,
          "Ada Lovelace was suspended" },
        { "dsync.user.updated",
          "{" USER ",\"state\":\"active\",\"previous_attributes\":{\"state\":\"suspended\"}}", NULL,
          "Ada Lovelace is active again" },
        { "dsync.user.updated",
          "{" USER ",\"custom_attributes\":{\"department_name\":\"Engines\"},"
          "\"previous_attributes\":{\"custom_attributes\":{\"department_name\":null}}}",
          NULL, "Ada Lovelace’s department is now Engines" },
        { "dsync.user.updated", "{" USER "}", NULL, "Ada Lovelace’s profile changed" },
        { "dsync.group.user_added", "{\"user\":{" USER "},\"group\":{\"name\":\"Engineering\"}}",
          NULL, "Ada Lovelace joined Engineering" },
        { "dsync.group.user_removed", "{\"user\":{" USER "},\"group\":{}}", NULL,
          "Ada Lovelace left a group" },
        { "dsync.group.updated", "{\"name\":\"Late\",\"previous_attributes\":{\"name\":\"Night\"}}",
          NULL, "The group Night is now called Late" },
        { "dsync.group.created", "{\"name\":\"Night\"}", NULL, "The group Night was created" },
        { "dsync.deleted", "{\"name\":\"HR\"}", NULL, "The directory HR was deleted" },
        { "organization_domain.verified", "{}", "example.com",
          "Organization domain verified: example.com" },
        { "never.heard_of", "{}", NULL, "Never heard of" },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(samples); i++) {
        char json[512];
        snprintf(json, sizeof(json), "{\"id\":\"event_1\",\"data\":%s}", samples[i].data);
        char *words = words_of(samples[i].type, json, samples[i].subject);
        assert_string_equal(words, samples[i].wanted);
        free(words);
    }
}

static void test_unreadable_events_still_have_words(void **state)
{
    static const char *const bad[] = {
        "", "nonsense", "[]", "{", "{\"data\":[]}", "{\"data\":\"x\"}", "null",
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(bad); i++) {
        char *words = words_of("dsync.user.created", bad[i], "Ada");
        assert_string_equal(words, "Dsync user created: Ada");
        free(words);
    }
}

static void test_wrong_types_inside_do_no_harm(void **state)
{
    /* Each member is of a kind that it never is. */
    static const char *const bad[] = {
        "{\"data\":{\"first_name\":7,\"last_name\":[],\"email\":{}}}",
        "{\"data\":{\"previous_attributes\":7}}",
        "{\"data\":{\"previous_attributes\":{\"custom_attributes\":[1]}}}",
        "{\"data\":{\"previous_attributes\":{\"custom_attributes\":{\"\":{}}}}}",
        "{\"data\":{\"user\":[],\"group\":7}}",
    };
    static const char *const types[] = { "dsync.user.updated", "dsync.group.user_added",
                                         "dsync.group.updated" };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(bad); i++)
        for (size_t j = 0; j < N_ITEMS(types); j++) {
            char *words = words_of(types[j], bad[i], NULL);
            assert_non_null(words);
            free(words);
        }
}

static void test_list_items_are_the_event_with_a_summary_in_front(void **state)
{
    static const char json[] = " {\"id\":\"event_1\",\n\"data\":{\"name\":\"N\\u0000\"}}";
    const lk_mirror_event event = {
        .id = "event_1", .type = "x.y", .json = json, .json_len = strlen(json)
    };
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    record_print_event(out, &event);
    fclose(out);
    assert_string_equal(
        text, "{\"summary\":\"X y\",\"id\":\"event_1\", \"data\":{\"name\":\"N\\u0000\"}}");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_read_as_sentences),
        cmocka_unit_test(test_unreadable_events_still_have_words),
        cmocka_unit_test(test_wrong_types_inside_do_no_harm),
        cmocka_unit_test(test_list_items_are_the_event_with_a_summary_in_front),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
