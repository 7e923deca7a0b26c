/* Which events end which sessions, and which only look as if they did. */
#include <latchkey/mirror.h>
#include <stdio.h>
#include <unistd.h>

#include "mirror-kit.h"
#include "mirror/mirror.h"
#include "mirror/schema.h"
#include "test.h"

#define T0 INT64_C(1772438400000) /* 2026-03-02T08:00:00Z */

#define SESSION                                                            \
    "{\"object\":\"session\",\"id\":\"session_1\",\"user_id\":\"user_1\"," \
    "\"organization_id\":\"org_1\",\"status\":\"revoked\"}"
#define PERSON "{\"object\":\"user\",\"id\":\"user_1\",\"email\":\"mira@nordwind.example\"}"
#define SEAT_OF(status)                                                               \
    "{\"object\":\"organization_membership\",\"id\":\"om_1\",\"user_id\":\"user_1\"," \
    "\"organization_id\":\"org_1\",\"status\":\"" status "\"}"
#define SEAT SEAT_OF("inactive")

static void apply(kit *k, const char *id, const char *type, int64_t at_ms, const char *data)
{
    kit_event event;

    kit_make(&event, id, type, at_ms, "%s", data);
    kit_apply(k, &event);
}

static bool ask(kit *k, const char *session, const char *user, const char *organization,
                int64_t issued_at_ms)
{
    lk_error err = LK_ERROR_INIT;
    bool revoked = false;

    assert_ok(
        lk_mirror_is_revoked(k->mirror, session, user, organization, issued_at_ms, &revoked, &err),
        err);
    return revoked;
}

static void test_each_event_ends_what_it_names(void **state)
{
    kit *k = *state;
    static const struct {
        const char *type, *data;
        const char *session, *user, *organization;
        int64_t issued_ms; /* beside the event */
        bool revoked;
    } rows[] = {
        { "session.revoked", SESSION, "session_1", "user_1", "org_1", -1000, true },
        /* for good: a token that was issued on the brink is of the same session */
        { "session.revoked", SESSION, "session_1", "user_1", "org_1", 1000, true },
        { "session.revoked", SESSION, "session_1", NULL, NULL, 0, true },
        /* another session of the same person goes on */
        { "session.revoked", SESSION, "session_2", "user_1", "org_1", -1000, false },
        /* an SSO session has no id */
        { "session.revoked", SESSION, NULL, "user_1", "org_1", -1000, false },
        { "session.created", SESSION, "session_1", "user_1", "org_1", -1000, false },

        { "user.deleted", PERSON, "session_9", "user_1", "org_9", -1000, true },
        { "user.deleted", PERSON, "session_9", "user_1", NULL, 0, true },
        /* not told when: older than any event */
        { "user.deleted", PERSON, "session_9", "user_1", NULL, -T0, true },
        /* issued after it */
        { "user.deleted", PERSON, "session_9", "user_1", "org_9", 1000, false },
        { "user.deleted", PERSON, "session_9", "user_2", "org_9", -1000, false },
        { "user.updated", PERSON, "session_9", "user_1", "org_9", -1000, false },
        /* ids of other kinds that are spelled the same */
        { "user.deleted", PERSON, "user_1", "user_2", "user_1", -1000, false },

        { "organization_membership.deleted", SEAT, "session_9", "user_1", "org_1", -1000, true },
        { "organization_membership.deleted", SEAT, "session_9", "user_1", "org_1", 1000, false },
        /* in another organization, or in none, the person is still who they are */
        { "organization_membership.deleted", SEAT, "session_9", "user_1", "org_2", -1000, false },
        { "organization_membership.deleted", SEAT, "session_9", "user_1", NULL, -1000, false },
        { "organization_membership.deleted", SEAT, "session_9", "user_2", "org_1", -1000, false },
        { "organization_membership.created", SEAT, "session_9", "user_1", "org_1", -1000, false },

        { "organization_membership.updated", SEAT, "session_9", "user_1", "org_1", -1000, true },
        { "organization_membership.updated", SEAT, "session_9", "user_1", "org_1", 1000, false },
        { "organization_membership.updated", SEAT, "session_9", "user_1", "org_2", -1000, false },
        /* another role, an invitation: still, or not yet, inside */
        { "organization_membership.updated", SEAT_OF("active"), NULL, "user_1", "org_1", -1,
          false },
        { "organization_membership.updated", SEAT_OF("pending"), NULL, "user_1", "org_1", -1,
          false },
        { "organization_membership.updated", SEAT_OF("INACTIVE"), NULL, "user_1", "org_1", -1,
          false },
        { "organization_membership.updated",
          "{\"user_id\":\"user_1\",\"organization_id\":\"org_1\"}", NULL, "user_1", "org_1", -1,
          false },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        kit own;
        kit_begin(&own);
        kit_open(&own);
        apply(&own, "event_1", rows[i].type, T0, rows[i].data);
        if (ask(&own, rows[i].session, rows[i].user, rows[i].organization,
                T0 + rows[i].issued_ms) != rows[i].revoked)
            fail_msg("row %zu: %s", i, rows[i].type);
        kit_end(&own);
    }
    assert_false(ask(k, "session_1", "user_1", "org_1", 0));
    assert_false(ask(k, NULL, NULL, NULL, 0));
}

/* Events come late and twice; the newest end counts. */
static void test_order_of_arrival_does_not_matter(void **state)
{
    kit *k = *state;

    apply(k, "event_2", "user.deleted", T0 + 60000, PERSON);
    apply(k, "event_1", "user.deleted", T0, PERSON);
    assert_true(ask(k, NULL, "user_1", NULL, T0 + 30000));
    apply(k, "event_3", "user.deleted", T0 + 90000, PERSON);
    assert_true(ask(k, NULL, "user_1", NULL, T0 + 80000));
    assert_false(ask(k, NULL, "user_1", NULL, T0 + 90001));
}

/* "" is how the table says "any": an event must not be able to say it. */
static void test_event_that_names_nobody_ends_nothing(void **state)
{
    kit *k = *state;
    static const struct {
        const char *type, *data;
    } rows[] = {
        { "session.revoked", "{\"id\":\"\"}" },
        { "session.revoked", "{\"user_id\":\"user_1\"}" },
        { "user.deleted", "{\"id\":\"\"}" },
        { "user.deleted", "{\"id\":7}" },
        { "organization_membership.deleted", "{\"user_id\":\"\",\"organization_id\":\"\"}" },
        { "organization_membership.deleted", "{\"user_id\":\"user_1\",\"organization_id\":\"\"}" },
        { "organization_membership.deleted", "{\"user_id\":\"user_1\"}" },
        { "organization_membership.deleted", "[]" },
        { "organization_membership.updated", "{\"status\":\"inactive\",\"user_id\":\"user_1\"}" },
        { "organization_membership.updated",
          "{\"status\":\"inactive\",\"user_id\":\"\",\"organization_id\":\"org_1\"}" },
    };
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        char id[32];
        snprintf(id, sizeof(id), "event_%zu", i);
        apply(k, id, rows[i].type, T0, rows[i].data);
    }
    assert_ok(lk_mirror_get_status(k->mirror, &status, &err), err);
    assert_int_equal(status.n_parked, N_ROWS(rows));
    assert_false(ask(k, "session_1", "user_1", "org_1", 0));
    assert_false(ask(k, "", "", "", 0));
    assert_false(ask(k, NULL, "user_1", NULL, 0));
}

/* A store from before the table gets it, and keeps what it has. */
static void test_store_of_the_first_schema_is_brought_up_to_date(void **state)
{
    kit *k = *state;
    lk_mirror_status status = { .size = sizeof(status) };
    lk_error err = LK_ERROR_INIT;

    apply(k, "event_1", "user.created", T0, PERSON);
    kit_go_back(k, 1);
    kit_open(k);
    assert_ok(lk_mirror_get_status(k->mirror, &status, &err), err);
    assert_int_equal(status.n_events, 1);
    apply(k, "event_2", "user.deleted", T0, PERSON);
    assert_true(ask(k, NULL, "user_1", NULL, T0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_event_ends_what_it_names, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_order_of_arrival_does_not_matter, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_event_that_names_nobody_ends_nothing, kit_set_up,
                                        kit_tear_down),
        cmocka_unit_test_setup_teardown(test_store_of_the_first_schema_is_brought_up_to_date,
                                        kit_set_up, kit_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
