/* The server as it runs: who sees what, and what reaches them by itself. */
#include "serve-kit.h"

#include <latchkey/events.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HARBOR_D "directory_01HARB0R0000000000000P1NE"

static void test_strangers_see_a_button_and_nothing_else(void **state)
{
    static const char *const guarded[] = {
        "/api/me",
        "/api/events",
        "/api/events/stream",
        "/api/directories",
        "/api/directories/" STAFF "/users",
        "/api/directories/" STAFF "/groups",
        "/api/directory-users/directory_user_1",
    };

    (void)state;
    assert_int_equal(ask("/"), 200);
    assert_has("You are not signed in");
    assert_has("href=\"/login\"");
    for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
        assert_int_equal(ask(guarded[i]), 401);
        assert_has("\"error\"");
    }
}

static void test_signed_in_person_sees_themself_and_their_events(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/me"), 200);
    assert_has("\"email\":\"" MIRA "\"");
    assert_has("\"organization_id\":\"" JUNIPER "\"");
    assert_int_equal(ask("/"), 200);
    assert_has("Mira Holt");
    assert_has("dsync.group.user_added");
    assert_lacks("Fe26.2"); /* no seal, no token in a page (CVE-2025-55009) */
    assert_lacks("eyJ");
    assert_int_equal(ask("/api/events?limit=3"), 200);
    assert_has("\"summary\":");
    assert_lacks(HARBOR);
}

/* Of what is there and hidden nothing may be told that is not told of what does not exist. */
static void assert_nothing_like(const char *hidden, const char *missing)
{
    assert_int_equal(ask(hidden), 404);
    char *told = strdup(got.body);
    assert_int_equal(ask(missing), 404);
    assert_string_equal(told, got.body);
    free(told);
}

static void test_other_organizations_stay_hidden(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/directories"), 200);
    assert_has(STAFF);
    assert_lacks(HARBOR_D);
    assert_int_equal(ask("/api/directories/" STAFF "/users"), 200);
    assert_has(MIRA);
    assert_nothing_like("/api/directories/" HARBOR_D "/users", "/api/directories/nope/users");
    assert_nothing_like("/api/directories/" HARBOR_D "/groups", "/api/directories/nope/groups");
    assert_int_equal(ask("/api/events?organization_id=" HARBOR), 403);
}

static void test_allow_rule_opens_every_organization(void **state)
{
    lk_auto(lk_rules) rules = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_int_equal(lk_rules_new(&rules, &err), LK_OK);
    assert_int_equal(lk_rules_add(rules, "role=admin", &err), LK_OK);
    it.options.rules = rules; /* read at each request, and nobody has asked yet */
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/directories"), 200);
    assert_has(STAFF);
    assert_has(HARBOR_D);
    assert_int_equal(ask("/api/events?organization_id=" HARBOR), 200);
    it.options.rules = NULL;
}

static void test_new_event_reaches_the_page_by_itself(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    /* What happens while nobody listens is sent first, what happens then follows. */
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"Early birds\"}");
    forget();
    got.stop_at = "Early birds was created";
    assert_int_equal(visit("/api/events/stream?after=", NULL, NULL), 200);
    assert_has("event: feed\ndata: {\"state\":");
    assert_has("Early birds was created");
    const char *last_id = strstr(got.body, "id: event_");
    for (const char *next = last_id; next != NULL; next = strstr(next + 1, "\nid: event_"))
        last_id = next;
    assert_non_null(last_id);

    char header[160];
    snprintf(header, sizeof(header), "Last-Event-ID: %.*s",
             (int)strcspn(strstr(last_id, "event_"), "\n"), strstr(last_id, "event_"));
    control("POST", "/_latchkey/directories/" STAFF "/groups", "{\"name\":\"Night owls\"}");
    forget();
    got.stop_at = "Night owls was created";
    assert_int_equal(visit("/api/events/stream", header, NULL), 200);
    assert_has("Night owls was created");
    assert_lacks("Early birds was created"); /* resumed behind it */
}

static void test_unknown_place_in_the_stream_starts_over(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    forget();
    got.stop_at = "event: reset";
    assert_int_equal(visit("/api/events/stream", "Last-Event-ID: event_nobody_knows", NULL), 200);
    assert_has("event: reset");
}

static void test_bad_queries_are_refused_one_by_one(void **state)
{
    static const struct {
        const char *path;
        long status;
    } cases[] = {
        { "/api/events?limit=0", 400 },
        { "/api/events?limit=1001", 400 },
        { "/api/events?limit=x", 400 },
        { "/api/events?q=a%00b", 400 }, /* cut short it would ask something else */
        { "/api/events?after=event_1&before=event_2", 400 },
        { "/api/events?after=event_nobody_knows", 404 },
        { "/api/directories//users", 404 },
        { "/api/directories/a/b/users", 404 },
        { "/api/directory-users/%2e%2e", 404 },
        { "/api/events/", 404 },
        { "/nowhere", 404 },
    };

    (void)state;
    sign_in_as(MIRA_ID);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (ask(cases[i].path) != cases[i].status)
            fail_msg("%s: %ld, not %ld", cases[i].path, got.status, cases[i].status);
    forget();
    assert_int_equal(visit("/api/me", NULL, "x=1"), 405);
}

static void test_signing_out_ends_the_session(void **state)
{
    char origin[200];

    (void)state;
    sign_in_as(MIRA_ID);
    assert_int_equal(ask("/api/me"), 200);
    snprintf(origin, sizeof(origin), "Origin: %s", it.running->origin);
    forget();
    assert_int_equal(visit("/logout", "Origin: https://evil.example", "x=1"), 403);
    assert_int_equal(ask("/api/me"), 200);
    forget();
    assert_int_equal(visit("/logout", origin, "x=1") / 100, 3);
    assert_int_equal(ask("/api/me"), 401);
}

static void revoke_the_session(void)
{
    char body[256];

    snprintf(body, sizeof(body), "{\"session_id\":\"%s\"}", text("data.0.id"));
    assert_int_equal(
        call_as(EMULATOR_API_KEY, "POST", "/user_management/sessions/revoke", JSON, body), 200);
}

/* "A revoked session is refused at the next poll, not when its token expires". */
static void test_session_that_workos_revokes_is_refused_within_one_poll(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    assert_int_equal(ask("/api/me"), 200);
    get("/user_management/users/" MIRA_ID "/sessions");
    revoke_the_session();
    wait_for("/api/me", "\"not_signed_in\"");
    assert_int_equal(got.status, 401);
    assert_int_equal(ask("/"), 200);
    assert_has("You are not signed in");

    sign_in_as(MIRA_ID); /* as a new session */
    assert_int_equal(ask("/api/me"), 200);
}

/* A stream outlives the check at its beginning: it must not outlive the session. */
static void test_stream_of_a_revoked_session_ends(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    get("/user_management/users/" MIRA_ID "/sessions");
    forget();
    got.at_first = revoke_the_session;
    assert_int_equal(visit("/api/events/stream", NULL, NULL), 200);
    assert_null(got.at_first);              /* it ran while the stream did */
    assert_int_equal(got.failed, CURLE_OK); /* and not into the time limit */
    assert_int_equal(ask("/api/me"), 401);
}

#define GROUP_EVENT                                                                        \
    "{\"object\":\"event\",\"id\":\"event_01WEBH00K\",\"event\":\"dsync.group.created\","  \
    "\"data\":{\"object\":\"directory_group\",\"id\":\"directory_group_01WEBH00K\","       \
    "\"idp_id\":\"g\",\"directory_id\":\"" STAFF "\",\"organization_id\":\"" JUNIPER "\"," \
    "\"name\":\"By webhook\",\"created_at\":\"2026-03-02T08:02:00.000Z\","                 \
    "\"updated_at\":\"2026-03-02T08:02:00.000Z\"},"                                        \
    "\"created_at\":\"2026-03-02T08:02:00.150Z\"}"

static long deliver(const char *secret, const char *signed_body, const char *body)
{
    struct timespec now;
    char header[256];
    char *value = NULL;
    lk_error err = LK_ERROR_INIT;

    clock_gettime(CLOCK_REALTIME, &now);
    assert_int_equal(lk_webhook_sign(secret, signed_body, strlen(signed_body),
                                     (int64_t)now.tv_sec * 1000, &value, &err),
                     LK_OK);
    snprintf(header, sizeof(header), "WorkOS-Signature: %s", value);
    lk_free(value);
    forget();
    return visit("/webhooks/workos", header, body);
}

static int count_in(const char *text, const char *part)
{
    int n = 0;

    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        n++;
    return n;
}

static void test_webhook_counts_once_and_only_when_signed(void **state)
{
    (void)state;
    sign_in_as(MIRA_ID);
    wait_for("/readyz", "\"ready\":true");
    forget();
    assert_int_equal(visit("/webhooks/workos", NULL, GROUP_EVENT), 400);
    assert_int_equal(deliver("whsec_other", GROUP_EVENT, GROUP_EVENT), 400);
    assert_int_equal(deliver(SERVE_KIT_SECRET, "{}", GROUP_EVENT), 400);
    assert_int_equal(deliver(SERVE_KIT_SECRET, "{}", "{}"), 400);
    ask("/api/events?q=By%20webhook");
    assert_lacks("event_01WEBH00K");
    assert_int_equal(deliver(SERVE_KIT_SECRET, GROUP_EVENT, GROUP_EVENT), 200);
    assert_int_equal(deliver(SERVE_KIT_SECRET, GROUP_EVENT, GROUP_EVENT), 200);
    ask("/api/events?q=By%20webhook");
    assert_int_equal(count_in(got.body, "\"id\":\"event_01WEBH00K\""), 1);
}

static void test_operators_are_told_how_it_stands(void **state)
{
    (void)state;
    wait_for("/readyz", "\"ready\":true");
    assert_has("\"lag_seconds\":");
    assert_int_equal(ask("/healthz"), 200);
    assert_int_equal(ask("/metrics"), 200);
    assert_has("latchkey_feed_up 1");
    assert_has("latchkey_mirror_users ");
    assert_lacks(JUNIPER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, serve_kit_set_up, serve_kit_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_strangers_see_a_button_and_nothing_else),
        TEST(test_signed_in_person_sees_themself_and_their_events),
        TEST(test_other_organizations_stay_hidden),
        TEST(test_allow_rule_opens_every_organization),
        TEST(test_new_event_reaches_the_page_by_itself),
        TEST(test_unknown_place_in_the_stream_starts_over),
        TEST(test_bad_queries_are_refused_one_by_one),
        TEST(test_signing_out_ends_the_session),
        TEST(test_session_that_workos_revokes_is_refused_within_one_poll),
        TEST(test_stream_of_a_revoked_session_ends),
        TEST(test_webhook_counts_once_and_only_when_signed),
        TEST(test_operators_are_told_how_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
