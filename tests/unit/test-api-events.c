/* Event pages and webhooks: everything that is an event, as the bytes that came. */
#include <latchkey/events.h>
#include <stdio.h>

#include "data.h"
#include "test-client.h"
#include "test.h"

#define OPTIONS LK_EVENT_LIST_OPTIONS
#define SECRET  "whsec_test"

static const char *const types[] = { "dsync.user.created", "dsync.user.updated" };

static void test_query_holds_what_is_asked_for(void **state)
{
    fake_wire wire = FAKE_WIRE(
        { "GET /events?events=dsync.user.created%2Cdsync.user.updated&limit=100&order=asc",
          .header_has = "Authorization: Bearer " TEST_API_KEY, .status = 200,
          .body = "{\"data\":[]}" },
        { "GET /events?events=dsync.user.created&limit=5&order=asc&after=event_1"
          "&organization_id=org_1",
          .status = 200, .body = "{\"data\":[]}" },
        { "GET /events?events=dsync.user.created&limit=1&order=asc"
          "&range_start=2026-03-02T12%3A00%3A00.000Z&range_end=2026-03-02T12%3A00%3A00.001Z",
          .status = 200, .body = "{\"data\":[]}" });
    lk_auto(lk_event_page) one = NULL;
    lk_auto(lk_event_page) two = NULL;
    lk_auto(lk_event_page) three = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_events_list(test.client, OPTIONS(.types = types, .n_types = 2), &one, &err), err);
    assert_ok(lk_events_list(test.client,
                             OPTIONS(.types = types, .n_types = 1, .after = "event_1", .limit = 5,
                                     .organization_id = "org_1"),
                             &two, &err),
              err);
    assert_ok(lk_events_list(test.client,
                             OPTIONS(.types = types, .n_types = 1, .range_start_ms = NOON,
                                     .range_end_ms = NOON + 1, .limit = 1),
                             &three, &err),
              err);
    assert_int_equal(one->count, 0);
    assert_null(one->after);
    test_client_close(&test, &wire);
}

static void test_page_is_sorted_and_keeps_bytes_and_unknown_types(void **state)
{
    fake_wire wire = FAKE_WIRE({ "GET /events", .status = 200, .file = "events.json" });
    lk_auto(lk_event_page) page = NULL;
    char *file = data_read("events.json", NULL);
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_events_list(test.client, OPTIONS(.types = types, .n_types = 2), &page, &err), err);
    test_client_close(&test, &wire);
    assert_int_equal(page->count, 3);
    assert_int_equal(page->skipped, 0);
    assert_string_equal(page->after, "event_01JQ0000000000000000000003");
    assert_string_equal(page->items[0]->id, "event_01JQ0000000000000000000001");
    assert_string_equal(page->items[0]->type, "dsync.activated");
    assert_int_equal(page->items[0]->created_at_ms, INT64_C(1772438404300));
    assert_string_equal(page->items[1]->type, "never.heard.of");
    assert_int_equal(page->items[1]->created_at_ms, INT64_C(1772438460210));
    assert_string_equal(page->items[2]->type, "dsync.group.created");
    for (size_t i = 0; i < page->count; i++) {
        assert_int_equal(strlen(page->items[i]->json), page->items[i]->json_len);
        assert_contains(file, page->items[i]->json); /* spaces, escapes and large numbers, too */
    }
    assert_contains(page->items[0]->json, "\"big\":90071992547409931,\"float\":1.50}");
    free(file);
}

static void test_events_of_one_instant_are_sorted_by_id(void **state)
{
#define AT "\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:00.000Z\"}"
    fake_wire wire =
        FAKE_WIRE({ "GET /events", .status = 200,
                    .body = "{\"data\":[{\"id\":\"event_3\"," AT ",{\"id\":\"event_1\"," AT
                            ",{\"id\":\"event_2\"," AT "]}" });
    lk_auto(lk_event_page) page = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_events_list(test.client, OPTIONS(.types = types, .n_types = 1), &page, &err), err);
    assert_string_equal(page->items[0]->id, "event_1");
    assert_string_equal(page->items[1]->id, "event_2");
    assert_string_equal(page->items[2]->id, "event_3");
    test_client_close(&test, &wire);
}

#define OPEN_10  "[[[[[[[[[["
#define CLOSE_10 "]]]]]]]]]]"
#define NESTED_70                                                                               \
    OPEN_10 OPEN_10 OPEN_10 OPEN_10 OPEN_10 OPEN_10 OPEN_10 CLOSE_10 CLOSE_10 CLOSE_10 CLOSE_10 \
        CLOSE_10 CLOSE_10 CLOSE_10

#define NINES "9999999999"

/* A page of this entry and a good one. */
static lk_event_page *list_beside_good(const char *entry)
{
    char body[512];
    fake_wire wire = FAKE_WIRE({ "GET /events", .status = 200, .body = body });
    lk_event_page *page = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    snprintf(body, sizeof(body),
             "{\"data\":[%s,{\"id\":\"good\",\"event\":\"a\",\"created_at\":"
             "\"2026-03-02T12:00:00Z\"}],\"list_metadata\":{\"after\":\"good\"}}",
             entry);
    test_client_open(&test, &wire);
    assert_ok(lk_events_list(test.client, OPTIONS(.types = types, .n_types = 1), &page, &err), err);
    test_client_close(&test, &wire);
    return page;
}

static void test_entries_that_are_no_events_are_counted(void **state)
{
    static const char *const entries[] = {
        "1",
        "null",
        "\"text\"",
        "[]",
        "{}",
        "{\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:00Z\"}", /* no id */
        "{\"id\":\"\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:00Z\"}",
        "{\"id\":7,\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:00Z\"}",
        "{\"id\":\"a b\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:00Z\"}",
        "{\"ID\":\"e\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:00Z\"}",
        "{\"id\":\"e\",\"created_at\":\"2026-03-02T12:00:00Z\"}", /* no type */
        "{\"id\":\"e\",\"event\":\"a\"}",                         /* no time */
        "{\"id\":\"e\",\"event\":\"a\",\"created_at\":\"yesterday\"}",
        "{\"id\":\"e\",\"event\":\"a\",\"created_at\":1772452800}",
        /* C would read another id than JavaScript does. */
        "{\"id\":\"e\\u0000x\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:00Z\"}",
        "{\"data\":" NESTED_70 "}",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(entries); i++) {
        lk_auto(lk_event_page) page = list_beside_good(entries[i]);

        if (page->skipped != 1 || page->count != 1)
            fail_msg("entry %zu: %zu skipped, %zu read", i, page->skipped, page->count);
        assert_string_equal(page->items[0]->id, "good");
    }
}

/* Who says who it is comes in, whatever else it holds: somebody must tell of it. */
static void test_events_with_unsafe_contents_are_handed_on(void **state)
{
#define NAMED "{\"id\":\"odd\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:01Z\","
    static const struct {
        const char *entry;
        bool is_event;
    } rows[] = {
        { NAMED "\"data\":{\"a\":\"x\\u0000y\"}}", true },
        { NAMED "\"data\":{\"a\":\"\\ud800\"}}", true },
        { NAMED "\"data\":" NESTED_70 "}", true },
        { NAMED "\"context\":" NESTED_70 ",\"data\":{}}", true },
        { NAMED "\"data\":1" NINES NINES NINES NINES NINES NINES NINES "}", true },
        /* These would break a line, a terminal or a database. */
        { NAMED "\"data\":\"\xFF\"}", false },
        { NAMED "\"data\":\"\xC3\"}", false },
        { NAMED "\"data\":\"\n\"}", false },
        { NAMED "\n\"data\":\"\\u0000\"}", false },
        { NAMED "\"a\\u0000\":1}", false }, /* a name that is unsafe has no meaning */
        /* And these say nothing of themselves, or not safely. */
        { "{\"id\":\"o\\u0000\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:01Z\"}", false },
        { "{\"id\":\"o\\u0000\",\"id\":\"odd\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:"
          "01Z\"}",
          false },
        { "{\"id\":\"odd\",\"event\":\"\\ud800\",\"created_at\":\"2026-03-02T12:00:01Z\"}", false },
        { "{\"id\":\"odd\",\"event\":\"a\",\"created_at\":\"2026-03-02T12:00:01Z\\u0000\"}",
          false },
        { "{\"data\":\"\\u0000\"}", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_auto(lk_event_page) page = list_beside_good(rows[i].entry);

        if (page->count != (rows[i].is_event ? 2 : 1) ||
            page->skipped != (rows[i].is_event ? 0 : 1))
            fail_msg("entry %zu: %zu skipped, %zu read", i, page->skipped, page->count);
        assert_int_equal(page->n_unsafe, rows[i].is_event);
        assert_string_equal(page->items[0]->id, "good");
        if (rows[i].is_event) {
            assert_string_equal(page->items[1]->id, "odd");
            assert_int_equal(page->items[1]->created_at_ms, INT64_C(1772452801000));
            assert_string_equal(page->items[1]->json, rows[i].entry);
        }
    }
}

/* The transport says so of what is beyond its limit. */
static void test_page_that_is_too_large_comes_in_parts(void **state)
{
#define ASKED(limit) "GET /events?events=dsync.user.created&limit=" limit "&order=asc&after=event_1"
#define TOO_LARGE    .failure = LK_ERR_PROTOCOL, .failure_message = "answer is larger"
    fake_wire wire =
        FAKE_WIRE({ ASKED("100"), TOO_LARGE }, { ASKED("10"), TOO_LARGE },
                  { ASKED("1"), .status = 200, .body = "{\"data\":[]}" }, { ASKED("5"), TOO_LARGE },
                  { ASKED("1"), TOO_LARGE }, { ASKED("100"), .status = 200, .body = "no page" });
    lk_event_page *page = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_events_list(test.client, OPTIONS(.types = types, .n_types = 1, .after = "event_1"),
                             &page, &err),
              err);
    lk_event_page_freep(&page);
    assert_fails(
        lk_events_list(test.client,
                       OPTIONS(.types = types, .n_types = 1, .after = "event_1", .limit = 5), &page,
                       &err),
        LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "answer is larger");
    assert_fails(lk_events_list(test.client,
                                OPTIONS(.types = types, .n_types = 1, .after = "event_1"), &page,
                                &err),
                 LK_ERR_PROTOCOL, err); /* asking for less would not help */
    test_client_close(&test, &wire);
}

static void test_cursor_that_does_not_move_ends_the_walk(void **state)
{
    static const struct {
        const char *body;
        const char *after;
    } rows[] = {
        { "{\"data\":[{}],\"list_metadata\":{\"after\":\"event_2\"}}", "event_2" },
        { "{\"data\":[{}],\"list_metadata\":{\"after\":\"event_1\"}}",
          NULL }, /* what we asked with */
        { "{\"data\":[],\"list_metadata\":{\"after\":\"event_2\"}}", NULL },
        { "{\"data\":[{}],\"list_metadata\":{\"after\":null}}", NULL },
        { "{\"data\":[{}],\"list_metadata\":{\"after\":\"two words\"}}", NULL },
        { "{\"data\":[{}],\"list_metadata\":[]}", NULL },
        { "{\"data\":[{}]}", NULL },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE({ "GET /events", .status = 200, .body = rows[i].body });
        lk_auto(lk_event_page) page = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_ok(lk_events_list(test.client,
                                 OPTIONS(.types = types, .n_types = 1, .after = "event_1"), &page,
                                 &err),
                  err);
        if (rows[i].after == NULL)
            assert_null(page->after);
        else
            assert_string_equal(page->after, rows[i].after);
        test_client_close(&test, &wire);
    }
}

static void test_answers_that_are_no_pages_are_refused(void **state)
{
    static const char *const bodies[] = {
        "{}",        "[]",     "{\"data\":{}}",  "{\"data\":null}",        "{\"DATA\":[]}",
        "{\"data\"", "<html>", "{\"data\":[{}}", "{\"data\":[]} trailing",
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(bodies); i++) {
        fake_wire wire = FAKE_WIRE({ "GET /events", .status = 200, .body = bodies[i] });
        lk_event_page *page = NULL;
        test_client test;
        lk_error err = LK_ERROR_INIT;

        test_client_open(&test, &wire);
        assert_fails(
            lk_events_list(test.client, OPTIONS(.types = types, .n_types = 1), &page, &err),
            LK_ERR_PROTOCOL, err);
        assert_contains(err.message, "WorkOS answered 200");
        assert_null(page);
        test_client_close(&test, &wire);
    }
}

static void test_wrong_options_are_named(void **state)
{
    static const char *const comma[] = { "a,b" };
    static const char *const empty[] = { "" };
    static const struct {
        const char *why;
        lk_event_list_options options;
    } rows[] = {
        { "0 event types", { .types = NULL, .n_types = 3 } },
        { "0 event types", { .types = types, .n_types = 0 } },
        { "event type 1 is not one word", { .types = comma, .n_types = 1 } },
        { "event type 1 is not one word", { .types = empty, .n_types = 1 } },
        { "limit is 101", { .types = types, .n_types = 1, .limit = 101 } },
        { "limit is -1", { .types = types, .n_types = 1, .limit = -1 } },
        { "exclude each other",
          { .types = types, .n_types = 1, .after = "event_1", .range_start_ms = 1 } },
        { "after is no event id", { .types = types, .n_types = 1, .after = "" } },
        { "negative", { .types = types, .n_types = 1, .range_end_ms = -1 } },
    };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;

    (void)state;
    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        lk_event_list_options options = rows[i].options;
        lk_event_page *page = NULL;
        lk_error err = LK_ERROR_INIT;

        options.size = sizeof(options);
        assert_fails(lk_events_list(test.client, &options, &page, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, rows[i].why);
    }
    test_client_close(&test, &wire);
}

static void test_listing_needs_a_key(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_event_page *page = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open_public(&test, &wire);
    assert_fails(lk_events_list(test.client, OPTIONS(.types = types, .n_types = 1), &page, &err),
                 LK_ERR_INVALID, err);
    test_client_close(&test, &wire);
}

static const char webhook[] = "{ \"id\":\"event_1\",\"event\":\"dsync.user.created\",\"data\":{},"
                              "\"created_at\":\"2026-03-02T12:00:00.000Z\" }\n";

static void test_signed_webhook_becomes_an_event(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_auto(lk_event) event = NULL;
    char *header = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_webhook_sign(SECRET, webhook, strlen(webhook), NOON, &header, &err), err);
    assert_ok(
        lk_webhook_open(test.client, SECRET, header, webhook, strlen(webhook), 0, &event, &err),
        err);
    assert_string_equal(event->id, "event_1");
    assert_string_equal(event->type, "dsync.user.created");
    assert_int_equal(event->created_at_ms, NOON);
    assert_int_equal(event->json_len, strlen(webhook));
    assert_memory_equal(event->json, webhook, strlen(webhook));
    lk_free(header);
    test_client_close(&test, &wire);
}

static void test_webhook_is_refused_unless_signed_now_by_us(void **state)
{
    fake_wire wire = FAKE_WIRE_SILENT;
    lk_event *event = NULL;
    char *header = NULL;
    char *late = NULL;
    test_client test;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    test_client_open(&test, &wire);
    assert_ok(lk_webhook_sign(SECRET, webhook, strlen(webhook), NOON, &header, &err), err);
    assert_ok(lk_webhook_sign(SECRET, webhook, strlen(webhook), NOON - 181000, &late, &err), err);
    assert_fails(lk_webhook_open(test.client, "whsec_other", header, webhook, strlen(webhook), 0,
                                 &event, &err),
                 LK_ERR_SIGNATURE, err);
    assert_fails(
        lk_webhook_open(test.client, SECRET, header, webhook, strlen(webhook) - 1, 0, &event, &err),
        LK_ERR_SIGNATURE, err);
    assert_fails(
        lk_webhook_open(test.client, SECRET, NULL, webhook, strlen(webhook), 0, &event, &err),
        LK_ERR_SIGNATURE, err);
    assert_fails(
        lk_webhook_open(test.client, SECRET, late, webhook, strlen(webhook), 0, &event, &err),
        LK_ERR_EXPIRED, err);
    assert_null(event);
    lk_free(header);
    lk_free(late);
    test_client_close(&test, &wire);
}

static void test_signed_body_that_is_no_event_is_refused(void **state)
{
    static const char *const bodies[] = { "{}", "[]", "null", "not json", "{\"id\":\"event_1\"}" };
    fake_wire wire = FAKE_WIRE_SILENT;
    test_client test;

    (void)state;
    test_client_open(&test, &wire);
    for (size_t i = 0; i < N_ROWS(bodies); i++) {
        lk_event *event = NULL;
        char *header = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk_webhook_sign(SECRET, bodies[i], strlen(bodies[i]), NOON, &header, &err), err);
        assert_fails(lk_webhook_open(test.client, SECRET, header, bodies[i], strlen(bodies[i]), 0,
                                     &event, &err),
                     LK_ERR_PROTOCOL, err);
        assert_null(event);
        lk_free(header);
    }
    test_client_close(&test, &wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_query_holds_what_is_asked_for),
        cmocka_unit_test(test_page_is_sorted_and_keeps_bytes_and_unknown_types),
        cmocka_unit_test(test_events_of_one_instant_are_sorted_by_id),
        cmocka_unit_test(test_entries_that_are_no_events_are_counted),
        cmocka_unit_test(test_events_with_unsafe_contents_are_handed_on),
        cmocka_unit_test(test_page_that_is_too_large_comes_in_parts),
        cmocka_unit_test(test_cursor_that_does_not_move_ends_the_walk),
        cmocka_unit_test(test_answers_that_are_no_pages_are_refused),
        cmocka_unit_test(test_wrong_options_are_named),
        cmocka_unit_test(test_listing_needs_a_key),
        cmocka_unit_test(test_signed_webhook_becomes_an_event),
        cmocka_unit_test(test_webhook_is_refused_unless_signed_now_by_us),
        cmocka_unit_test(test_signed_body_that_is_no_event_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
