/* What changed, JSON in colours, and the details of one event. */
#include <adwaita.h>
#include <string.h>

#include "gui-kit.h"
#include "latchkey-changes.h"
#include "latchkey-event-details.h"
#include "latchkey-json-view.h"

/* ---- Changes ---- */

#define DATA(before, now) "{\"data\":{\"previous_attributes\":" before "," now "}}"

static const struct {
    const char *json;
    const char *text; /* "field: before > after" for each, joined by "; ", "-" for not set */
} changes[] = {
    { DATA("{\"last_name\":\"Holt\"}", "\"last_name\":\"Berg\""), "last_name: Holt > Berg" },
    /* what was not there before has the value null; what is gone is absent or null now */
    { DATA("{\"job_title\":null,\"state\":\"active\"}", "\"job_title\":\"Cook\""),
      "job_title: - > Cook; state: active > -" },
    { DATA("{\"email\":\"a@b.c\"}", "\"email\":null"), "email: a@b.c > -" },
    /* "" is a value */
    { DATA("{\"name\":\"\"}", "\"name\":\"Night shift\""), "name:  > Night shift" },
    /* members of an object, one by one */
    { DATA("{\"custom_attributes\":{\"dept\":\"A\",\"floor\":2}}",
           "\"custom_attributes\":{\"dept\":\"B\",\"floor\":3,\"kept\":1}"),
      "custom_attributes.dept: A > B; custom_attributes.floor: 2 > 3" },
    /* an object in the place of nothing is one value */
    { DATA("{\"role\":null}", "\"role\":{\"slug\":\"cook\"}"), "role: - > {\"slug\":\"cook\"}" },
    { DATA("{\"emails\":[\"a\"]}", "\"emails\":[\"a\",\"b\"]"), "emails: [\"a\"] > [\"a\",\"b\"]" },
    /* markup, directions and lines are plain text on one line */
    { DATA("{\"name\":\"<b>\\u202ea\\nb\"}", "\"name\":\"&\""), "name: <b>a b > &" },
    /* other families of events */
    { "{\"data\":{\"name\":\"B\"},\"context\":{\"previous_attributes\":{\"name\":\"A\"}}}",
      "name: A > B" },
    { "{\"data\":{\"name\":\"B\"}}", "" },
    { DATA("[1]", "\"a\":1"), "" },
    { DATA("null", "\"a\":1"), "" },
    { "[", "" },
    { "", "" },
};

static char *joined(GPtrArray *list)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < list->len; i++) {
        const LatchkeyChange *change = g_ptr_array_index(list, i);
        g_string_append_printf(out, "%s%s: %s > %s", i > 0 ? "; " : "", change->field,
                               change->before != NULL ? change->before : "-",
                               change->after != NULL ? change->after : "-");
    }
    return g_string_free(out, FALSE);
}

static void test_changes_are_read(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autoptr(GPtrArray) list = latchkey_changes_read(changes[i].json, strlen(changes[i].json));
        g_autofree char *text = joined(list);
        g_assert_cmpstr(text, ==, changes[i].text);
    }
}

/* Deep as a well and wide as a river: neither may fill the window. */
static void test_changes_are_limited(void)
{
    GString *json = g_string_new("{\"data\":{\"previous_attributes\":{");

    for (int i = 0; i < 1000; i++)
        g_string_append_printf(json, "%s\"f%d\":%d", i > 0 ? "," : "", i, i);
    g_string_append(json, "}}}");
    g_autoptr(GPtrArray) list = latchkey_changes_read(json->str, json->len);
    g_assert_cmpuint(list->len, ==, 200);
    g_string_free(json, TRUE);
}

/* ---- JSON ---- */

static const struct {
    const char *text;
    const char *tokens; /* one letter a token: k s n w, and . for the rest */
} tokens[] = {
    { "{\"a\": \"b\", \"c\" : -1.5e3}", ".k.s.k.n." },
    { "[true, null]", ".w.w." },
    { "\"\\\"\\\\\"", "s" },
    /* damaged: never an endless loop, never past the end */
    { "\"open", "s" },
    { "\"open\\", "s" },
    { "{\"\xc3\xa9\":nul", ".k.w" },
    { "-", "n" },
    { "", "" },
};

static void test_json_is_cut_into_tokens(void)
{
    static const char letters[] = ".ksnw";

    for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++) {
        GString *seen = g_string_new(NULL);
        const char *at = tokens[i].text;
        while (*at != '\0') {
            gsize len = 0;
            g_string_append_c(seen, letters[latchkey_json_token(at, &len)]);
            g_assert_cmpuint(len, >, 0);
            g_assert_cmpuint(len, <=, strlen(at));
            at += len;
        }
        g_assert_cmpstr(seen->str, ==, tokens[i].tokens);
        g_string_free(seen, TRUE);
    }
}

static char *shown(const char *json, gsize len)
{
    GtkWidget *view = g_object_ref_sink(g_object_new(LATCHKEY_TYPE_JSON_VIEW, NULL));
    GtkTextBuffer *buffer = gtk_text_view_get_buffer(GTK_TEXT_VIEW(view));
    GtkTextIter start;
    GtkTextIter end;

    latchkey_json_view_set_json(LATCHKEY_JSON_VIEW(view), json, len);
    gtk_text_buffer_get_bounds(buffer, &start, &end);
    char *text = gtk_text_buffer_get_text(buffer, &start, &end, FALSE);
    g_object_unref(view);
    return text;
}

static void test_json_is_shown_with_indents(void)
{
    g_autofree char *nice = shown("{\"a\":[1]}", 9);
    g_autofree char *damaged = shown("{\"a\":\xff", 6);
    g_autofree char *none = shown(NULL, 0);

    g_assert_cmpstr(nice, ==, "{\n\t\"a\":\t[1]\n}");
    g_assert_true(g_str_has_prefix(damaged, "{\"a\":"));
    g_assert_cmpstr(none, ==, "");
}

static void test_long_json_is_cut(void)
{
    gsize len = 3 << 20;
    g_autofree char *json = g_strnfill(len, 'x');
    g_autofree char *text = shown(json, len);

    g_assert_cmpuint(strlen(text), ==, (256 << 10) + strlen("\n…"));
}

/* ---- The pane ---- */

#define UPDATED                                                                              \
    "{\"event\":\"dsync.user.updated\",\"data\":{\"object\":\"directory_user\",\"id\":"      \
    "\"directory_user_01\",\"first_name\":\"Ada\",\"last_name\":\"<b>&\",\"email\":\"a@b\"," \
    "\"previous_attributes\":{\"last_name\":\"<a href='https://evil.example'>x</a>\"}}}"

static LatchkeyEvent *make_event(const char *type, const char *json)
{
    const lk_mirror_event row = { .id = "event_01",
                                  .type = type,
                                  .created_at_ms = NOON,
                                  .organization_id = "org_01",
                                  .directory_id = "directory_01",
                                  .json = json,
                                  .json_len = strlen(json) };

    return latchkey_event_new(&row, "Acme & <i>Sons");
}

static void test_details_show_names_as_they_are(void)
{
    g_autoptr(LatchkeyEvent) event = make_event("dsync.user.updated", UPDATED);
    GtkWidget *window = adw_window_new();
    GtkWidget *details = g_object_new(LATCHKEY_TYPE_EVENT_DETAILS, NULL);

    adw_window_set_content(ADW_WINDOW(window), details);
    gtk_window_present(GTK_WINDOW(window));
    settle();
    g_assert_nonnull(kit_find_label(window, "No Event Selected"));
    latchkey_event_details_set_event(LATCHKEY_EVENT_DETAILS(details), event);
    settle();
    g_assert_null(kit_find_label(window, "No Event Selected"));
    g_assert_nonnull(kit_find_label(window, "Ada <b>& was changed"));
    g_assert_nonnull(kit_find_label(window, "<a href='https://evil.example'>x</a>"));
    g_assert_nonnull(kit_find_label(window, "<b>&"));
    g_assert_nonnull(kit_find_label(window, "Acme & <i>Sons"));
    g_assert_nonnull(kit_find_label(window, "event_01"));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

/* Nothing of the event before is left, and rows without a word are gone. */
static void test_details_follow_the_event(void)
{
    g_autoptr(LatchkeyEvent) updated = make_event("dsync.user.updated", UPDATED);
    g_autoptr(LatchkeyEvent) damaged = make_event("dsync.user.deleted", "{\"data\":");
    g_autoptr(LatchkeyEvent) missing = latchkey_event_new_missing();
    GtkWidget *window = adw_window_new();
    GtkWidget *details = g_object_new(LATCHKEY_TYPE_EVENT_DETAILS, NULL);

    adw_window_set_content(ADW_WINDOW(window), details);
    gtk_window_present(GTK_WINDOW(window));
    latchkey_event_details_set_event(LATCHKEY_EVENT_DETAILS(details), updated);
    latchkey_event_details_set_event(LATCHKEY_EVENT_DETAILS(details), damaged);
    settle();
    g_assert_nonnull(kit_find_label(window, "Somebody was removed"));
    g_assert_null(kit_find_label(window, "Changes"));
    g_assert_null(kit_find_label(window, "Person"));
    latchkey_event_details_set_event(LATCHKEY_EVENT_DETAILS(details), missing);
    settle();
    g_assert_nonnull(kit_find_label(window, "This event can no longer be read"));
    g_assert_null(kit_find_label(window, "Raw JSON"));
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/details/changes", test_changes_are_read);
    g_test_add_func("/details/changes/limit", test_changes_are_limited);
    g_test_add_func("/details/json/tokens", test_json_is_cut_into_tokens);
    g_test_add_func("/details/json/shown", test_json_is_shown_with_indents);
    g_test_add_func("/details/json/long", test_long_json_is_cut);
    g_test_add_func("/details/plain-text", test_details_show_names_as_they_are);
    g_test_add_func("/details/follow", test_details_follow_the_event);
    return g_test_run();
}
