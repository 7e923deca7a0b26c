/* Of servers that share a store, the one that renews a session may be slow, dead or frozen: it is
 * waited for, taken over, fenced; and nobody is signed out. */
#include <stdio.h>

#include "server-kit.h"
#include "test.h"

/* ---- Waiting ---- */

static char *result_of(const char *jar)
{
    char *text = NULL;

    if (asprintf(&text, "s%s", jar + strlen("wos-session=")) < 0)
        abort();
    return text;
}

/* What the jar of a server holds that has renewed the session. */
static char *renewed_result(void)
{
    fake_wire silent = FAKE_WIRE_SILENT;
    web_kit other;

    web_kit_open(&other, &silent, NULL);
    web_kit_sign_in(&other, NOON, "rt_02");
    char *result = result_of(other.jar);
    web_kit_close(&other, &silent);
    return result;
}

static void test_server_waits_for_the_one_that_renews(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    char *result = renewed_result();
    server a;

    server_kit_open_stale(&a, &wire);
    server_holder other = { .of = &a, .finishes_at = 5, .result = result };
    server_kit_hold(&other);
    server_kit_expect_signed_in(&a);
    assert_int_equal(a.store.n_acquired, 5);
    assert_int_equal(a.kit.client.clock.slept_ms, 25 + 50 + 100 + 200);
    server_kit_close(&a, &wire);
    free(result);
}

static void test_holder_that_died_is_taken_over_when_its_lease_ends(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant });
    server a;

    server_kit_open_stale(&a, &wire);
    server_holder dead = { .of = &a };
    server_kit_hold(&dead);
    server_kit_expect_signed_in(&a);
    /* Within the 30 s in which WorkOS repeats what it told the dead one. */
    assert_in_range(a.kit.client.clock.slept_ms, SERVER_LEASE_MS, SERVER_LEASE_MS + 400);
    server_kit_close(&a, &wire);
    free(grant);
}

static void test_holder_that_never_ends_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    server a;

    server_kit_open_stale(&a, &wire);
    server_holder slow = { .of = &a, .keeps_on = true };
    server_kit_hold(&slow);
    server_kit_expect_failure(&a, LK_ERR_NETWORK, "for 30 s");
    assert_in_range(a.kit.client.clock.slept_ms, 30000, 30400);
    server_kit_close(&a, &wire);
}

/* ---- Not waiting ---- */

/* The token is good for 20 s: whatever others are at, the page comes with it at once. */
static void expect_old_token(server *self)
{
    lk_web_reply *reply = web_kit_get(&self->kit, "/app", NULL);

    assert_non_null(reply->session);
    assert_int_equal(reply->session->expires_at_ms, NOON + 20000);
    assert_null(web_kit_header(reply, "Set-Cookie"));
    lk_web_reply_free(reply);
}

static void test_token_that_is_still_good_is_served_while_another_server_renews(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS);
    char *result = renewed_result();
    server a;

    server_kit_open(&a, &wire, NULL);
    web_kit_sign_in(&a.kit, NOON - 280000, "rt_01");
    server_holder other = { .of = &a, .finishes_at = 3, .result = result };
    server_kit_hold(&other);
    expect_old_token(&a);
    expect_old_token(&a);
    assert_int_equal(a.kit.client.clock.slept_ms, 0);
    server_kit_expect_signed_in(&a); /* by now it has */
    server_kit_close(&a, &wire);
    free(result);
}

static void load_another_page(void *ctx)
{
    expect_old_token(ctx);
}

static void test_token_that_is_still_good_is_served_while_another_request_renews(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    server a;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant,
                                           .during = load_another_page, .during_ctx = &a });

    server_kit_open(&a, &wire, NULL);
    web_kit_sign_in(&a.kit, NOON - 280000, "rt_01");
    server_kit_expect_signed_in(&a);
    server_kit_close(&a, &wire);
    free(grant);
}

/* ---- Losing the lease ---- */

/* What happens while a request of the holder is on its way: the machine stands still for so long,
 * and another server takes over. */
typedef struct standstill {
    server *of;
    int64_t ms;
    const char *result; /* what the other one leaves; NULL: it is still at it */
    int64_t then_ms;    /* and how long it goes on after that */
} standstill;

static void stand_still(void *ctx)
{
    standstill *self = ctx;
    fake_clock *clock = &self->of->kit.client.clock;
    lk_mirror *mirror = self->of->store.mirror;
    const char *name = self->of->store.name;
    char *found = NULL;
    int64_t fence = 0;
    bool held = false;

    clock->now_ms += self->ms;
    assert_int_equal(
        lk_mirror_acquire_lease(mirror, name, clock->now_ms, SERVER_LEASE_MS, &fence, &found, NULL),
        LK_OK);
    assert_true(fence != 0);
    if (self->result != NULL)
        assert_int_equal(lk_mirror_finish_lease(mirror, name, fence, clock->now_ms,
                                                SERVER_MEMORY_MS, self->result, &held, NULL),
                         LK_OK);
    clock->now_ms += self->then_ms;
}

static void test_refusal_of_a_late_holder_does_not_count(void **state)
{
    (void)state;
    char *result = renewed_result();
    server a;
    standstill frozen = { .of = &a, .ms = SERVER_LEASE_MS, .result = result };
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { REFUSAL, .during = stand_still, .during_ctx = &frozen });

    server_kit_open_stale(&a, &wire);
    server_kit_expect_signed_in(&a);
    server_kit_close(&a, &wire);
    free(result);
}

/* Its result is forgotten by the time we wake: what it was is not known, so nobody is signed out;
 * and the token is not spent again. */
static void test_refusal_of_a_very_late_holder_signs_nobody_out(void **state)
{
    (void)state;
    char *result = renewed_result();
    server a;
    standstill frozen = {
        .of = &a, .ms = SERVER_LEASE_MS, .result = result, .then_ms = SERVER_MEMORY_MS
    };
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { REFUSAL, .during = stand_still, .during_ctx = &frozen });

    server_kit_open_stale(&a, &wire);
    server_kit_expect_failure(&a, LK_ERR_NETWORK, "meanwhile");
    server_kit_close(&a, &wire);
    free(result);
}

static void test_late_answer_is_not_left_over_that_of_another(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    char *result = renewed_result();
    server a;
    standstill frozen = { .of = &a, .ms = SERVER_LEASE_MS, .result = result };
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .status = 200, .body = grant,
                                           .during = stand_still, .during_ctx = &frozen });
    char *found = NULL;
    int64_t fence = 0;

    server_kit_open_stale(&a, &wire);
    server_kit_expect_signed_in(&a); /* WorkOS repeated its answer */
    assert_int_equal(lk_mirror_acquire_lease(a.store.mirror, a.store.name, NOON + SERVER_LEASE_MS,
                                             SERVER_LEASE_MS, &fence, &found, NULL),
                     LK_OK);
    assert_string_equal(found, result);
    lk_free_secret(found);
    server_kit_close(&a, &wire);
    free(grant);
    free(result);
}

static void test_holder_that_lost_its_lease_asks_no_more(void **state)
{
    (void)state;
    char *result = renewed_result();
    server a;
    standstill frozen = { .of = &a, .ms = SERVER_LEASE_MS, .result = result };
    /* A network error would be tried again. */
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { RENEWAL, .failure = LK_ERR_NETWORK,
                                           .during = stand_still, .during_ctx = &frozen });

    server_kit_open_stale(&a, &wire);
    server_kit_expect_signed_in(&a);
    assert_int_equal(a.store.n_renewed, 1);
    server_kit_close(&a, &wire);
    free(result);
}

static void advance(void *ctx)
{
    ((fake_clock *)ctx)->now_ms += 9500;
}

static void test_lease_is_renewed_before_each_attempt(void **state)
{
    (void)state;
    char *grant = web_kit_grant(NOON, "rt_02");
    server a;
    fake_clock *clock = &a.kit.client.clock;
    fake_wire wire = FAKE_WIRE(
        KIT_JWKS, { RENEWAL, .failure = LK_ERR_NETWORK, .during = advance, .during_ctx = clock },
        { RENEWAL, .failure = LK_ERR_NETWORK, .during = advance, .during_ctx = clock },
        { RENEWAL, .status = 200, .body = grant, .during = advance, .during_ctx = clock });

    server_kit_open_stale(&a, &wire);
    server_kit_expect_signed_in(&a);
    assert_in_range(a.store.n_renewed, 1, 2);
    assert_true(wire.last_timeout_ms <= SERVER_LEASE_MS / 2);
    server_kit_close(&a, &wire);
    free(grant);
}

/* ---- When the store fails, too ---- */

/* The lease was ours up to the end: nobody else can have spent the token. */
static void test_refusal_counts_although_it_cannot_be_left(void **state)
{
    (void)state;
    fake_wire wire = FAKE_WIRE(KIT_JWKS, { REFUSAL });
    server a;

    server_kit_open_stale(&a, &wire);
    a.store.finish_fails = true;
    server_kit_expect_signed_out(&a);
    server_kit_close(&a, &wire);
}

static void stand_still_alone(void *ctx)
{
    ((fake_clock *)ctx)->now_ms += SERVER_LEASE_MS;
}

static void test_refusal_does_not_count_when_nobody_can_tell_whose_the_lease_is(void **state)
{
    (void)state;
    server a;
    fake_wire wire = FAKE_WIRE(
        KIT_JWKS, { REFUSAL, .during = stand_still_alone, .during_ctx = &a.kit.client.clock });

    server_kit_open_stale(&a, &wire);
    a.store.finish_fails = true;
    server_kit_expect_failure(&a, LK_ERR_NETWORK, "meanwhile");
    server_kit_close(&a, &wire);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, server_kit_set_up, server_kit_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_server_waits_for_the_one_that_renews),
        TEST(test_holder_that_died_is_taken_over_when_its_lease_ends),
        TEST(test_holder_that_never_ends_is_not_waited_for_for_ever),
        TEST(test_token_that_is_still_good_is_served_while_another_server_renews),
        TEST(test_token_that_is_still_good_is_served_while_another_request_renews),
        TEST(test_refusal_of_a_late_holder_does_not_count),
        TEST(test_refusal_of_a_very_late_holder_signs_nobody_out),
        TEST(test_late_answer_is_not_left_over_that_of_another),
        TEST(test_holder_that_lost_its_lease_asks_no_more),
        TEST(test_lease_is_renewed_before_each_attempt),
        TEST(test_refusal_counts_although_it_cannot_be_left),
        TEST(test_refusal_does_not_count_when_nobody_can_tell_whose_the_lease_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
