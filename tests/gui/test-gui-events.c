/* Each event in words for people. */
#include <gio/gio.h>

#include "fake-clock.h"
#include "latchkey-event.h"
#include "latchkey-text.h"

#define USER(first, last)                                                                     \
    "{\"object\":\"directory_user\",\"id\":\"directory_user_01\",\"directory_id\":"           \
    "\"directory_01\",\"organization_id\":\"org_01\",\"idp_id\":\"1\",\"first_name\":" first  \
    ",\"last_name\":" last ",\"email\":\"ada@example.com\",\"state\":\"active\",\"created_at" \
    "\":\"2026-03-02T08:00:00.000Z\",\"updated_at\":\"2026-03-02T08:00:00.000Z\"}"
#define GROUP(name)                                                                   \
    "{\"object\":\"directory_group\",\"id\":\"directory_group_01\",\"directory_id\":" \
    "\"directory_01\",\"organization_id\":\"org_01\",\"idp_id\":\"g\",\"name\":" name \
    ",\"created_at\":\"2026-03-02T08:00:00.000Z\",\"updated_at\":\"2026-03-02T08:00:00.000Z\"}"

static const struct {
    const char *type;
    const char *data;
    const char *title;
} sentences[] = {
    { "dsync.user.created", USER("\"Ada\"", "\"Lovelace\""), "Ada Lovelace was added" },
    { "dsync.user.deleted", USER("\"Ada\"", "null"), "Ada was removed" },
    { "dsync.user.updated", USER("null", "null"), "ada@example.com was changed" },
    { "dsync.group.created", GROUP("\"Night shift\""), "Group Night shift was created" },
    { "dsync.group.user_added",
      "{\"directory_id\":\"directory_01\",\"user\":" USER(
          "\"Ada\"", "\"Lovelace\"") ",\"group\":" GROUP("\"Engineering\"") "}",
      "Ada Lovelace joined Engineering" },
    { "dsync.group.user_removed",
      "{\"directory_id\":\"directory_01\",\"user\":" USER(
          "\"Ada\"", "\"Lovelace\"") ",\"group\":" GROUP("\"\"") "}",
      "Ada Lovelace left a group" },
    /* a name that looks like a place in the sentence */
    { "dsync.group.user_added",
      "{\"directory_id\":\"directory_01\",\"user\":" USER(
          "\"{group}\"", "\"{who}\"") ",\"group\":" GROUP("\"{who}\"") "}",
      "{group} {who} joined {who}" },
    /* markup stays text */
    { "dsync.user.created", USER("\"<b>A&B</b>\"", "\"O'Neil\""), "<b>A&B</b> O'Neil was added" },
    /* right-to-left override, line feed, isolate */
    { "dsync.user.created", USER("\"Ad\\u202ea\\nx\"", "\"\\u2066L\""), "Ada x L was added" },
    /* a name that runs from right to left does not turn the sentence around */
    { "dsync.user.created", USER("\"\u0644\u064a\"", "null"),
      "\u200e\u2068\u0644\u064a\u2069 was added" },
    /* a type that did not exist when this was written */
    { "dsync.robot.created", "{\"object\":\"robot\",\"name\":\"R2\"}", "R2" },
    /* no name at all */
    { "dsync.user.created", "{\"object\":\"directory_user\"}", "Somebody was added" },
};

static void test_each_type_gets_its_sentence(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sentences); i++) {
        g_autofree char *json = g_strdup_printf("{\"data\":%s}", sentences[i].data);
        const lk_mirror_event row = { .id = "event_01",
                                      .type = sentences[i].type,
                                      .created_at_ms = NOON,
                                      .json = json,
                                      .json_len = strlen(json) };
        g_autoptr(LatchkeyEvent) event = latchkey_event_new(&row, "Acme Okta");
        g_assert_cmpstr(latchkey_event_get_title(event), ==, sentences[i].title);
        g_assert_true(g_str_has_suffix(latchkey_event_get_subtitle(event), "Acme Okta"));
    }
}

static void test_damaged_event_still_has_words(void)
{
    const lk_mirror_event row = { .id = "event_01",
                                  .type = "dsync.user.created",
                                  .subject = "Ada \xff\xfe",
                                  .json = "{\"data\":",
                                  .json_len = 8 };
    g_autoptr(LatchkeyEvent) event = latchkey_event_new(&row, NULL);

    g_assert_true(g_utf8_validate(latchkey_event_get_title(event), -1, NULL));
    g_assert_true(g_str_has_prefix(latchkey_event_get_title(event), "Ada"));
}

static void test_long_name_is_cut(void)
{
    g_autofree char *name = g_strnfill(10000, 'x');
    g_autofree char *clean = latchkey_text_clean(name);

    g_assert_cmpint(g_utf8_strlen(clean, -1), ==, 201);
    g_assert_true(g_str_has_suffix(clean, "…"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/events/sentences", test_each_type_gets_its_sentence);
    g_test_add_func("/events/damaged", test_damaged_event_still_has_words);
    g_test_add_func("/events/long-name", test_long_name_is_cut);
    return g_test_run();
}
