/* See server-kit.h. */
#include "server-kit.h"

#include <stdio.h>

#include "test.h"

static server *opening; /* web_kit_open() hands no context on */
static void (*also_change)(lk_web_options *options);
static lk_session_storage chosen;
static kit disk;

int server_kit_set_up(void **state)
{
    (void)state;
    kit_begin(&disk);
    return 0;
}

int server_kit_tear_down(void **state)
{
    (void)state;
    kit_end(&disk);
    return 0;
}

void server_kit_start_over(void)
{
    kit_end(&disk);
    kit_begin(&disk);
}

static void share_the_store(lk_web_options *options)
{
    options->refresh_lease = shared_store_lease(&opening->store);
    options->session_store = shared_store_sessions(&opening->store);
    if (also_change != NULL)
        also_change(options);
}

void server_kit_open(server *self, fake_wire *wire, void (*change)(lk_web_options *options))
{
    lk_error err = LK_ERROR_INIT;

    shared_store_open(&self->store, &disk);
    opening = self;
    also_change = change;
    web_kit_open(&self->kit, wire, share_the_store);
    assert_ok(lk_client_refresh_keys(self->kit.client.client, &err), err);
}

static void choose_storage(lk_web_options *options)
{
    options->session_storage = chosen;
}

void server_kit_open_at(server *self, fake_wire *wire, lk_session_storage storage)
{
    chosen = storage;
    server_kit_open(self, wire, choose_storage);
}

void server_kit_open_stale(server *self, fake_wire *wire)
{
    server_kit_open(self, wire, NULL);
    web_kit_sign_in(&self->kit, NOON - 3600000, "rt_01");
}

void server_kit_close(server *self, fake_wire *wire)
{
    web_kit_close(&self->kit, wire);
    shared_store_close(&self->store);
}

void server_kit_sign_in(server *self)
{
    char state[8192], query[8192 + 32];

    web_kit_begin(&self->kit, NULL, state);
    snprintf(query, sizeof(query), "code=code_01&state=%s", state);
    lk_web_reply *reply = web_kit_get(&self->kit, "/callback", query);
    assert_int_equal(reply->status, 302);
    lk_web_reply_free(reply);
}

const char *server_kit_cookie(const server *self)
{
    return web_kit_jar_value(&self->kit, "wos-session");
}

void server_kit_expect(server *self, bool somebody)
{
    lk_web_reply *reply = web_kit_get(&self->kit, "/app", NULL);

    assert_int_equal(reply->status, 0);
    assert_int_equal(reply->session != NULL, somebody);
    assert_null(web_kit_header(reply, "Set-Cookie"));
    assert_string_equal(web_kit_header(reply, "Vary"), "Cookie");
    lk_web_reply_free(reply);
}

void server_kit_expect_signed_in(server *self)
{
    lk_web_reply *reply = web_kit_get(&self->kit, "/app", NULL);

    assert_int_equal(reply->status, 0);
    assert_non_null(reply->session);
    assert_int_equal(reply->session->expires_at_ms, NOON + 300000);
    assert_non_null(web_kit_set_cookie(reply, "wos-session=Fe26.2"));
    lk_web_reply_free(reply);
}

void server_kit_expect_signed_out(server *self)
{
    lk_web_reply *reply = web_kit_get(&self->kit, "/app", NULL);

    assert_null(reply->session);
    assert_string_equal(self->kit.jar, "");
    lk_web_reply_free(reply);
}

void server_kit_expect_failure(server *self, lk_status status, const char *words)
{
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_fails(web_kit_try(&self->kit, "GET", "/app", NULL, NULL, &reply, &err), status, err);
    assert_null(reply);
    assert_contains(err.message, words);
    assert_lacks(err.message, "rt_0");
    assert_contains(self->kit.jar, "wos-session=");
}

static void act_as_holder(void *ctx, int n)
{
    server_holder *self = ctx;
    lk_mirror *mirror = self->of->store.mirror;
    int64_t now_ms = self->of->kit.client.clock.now_ms;
    const char *name = self->of->store.name;
    char *found = NULL;
    bool held = false;

    if (n == 1)
        assert_int_equal(lk_mirror_acquire_lease(mirror, name, now_ms, SERVER_LEASE_MS,
                                                 &self->fence, &found, NULL),
                         LK_OK);
    if (self->keeps_on)
        assert_int_equal(
            lk_mirror_renew_lease(mirror, name, self->fence, now_ms, SERVER_LEASE_MS, &held, NULL),
            LK_OK);
    if (n == self->finishes_at)
        assert_int_equal(lk_mirror_finish_lease(mirror, name, self->fence, now_ms, SERVER_MEMORY_MS,
                                                self->result, &held, NULL),
                         LK_OK);
}

void server_kit_hold(server_holder *holder)
{
    holder->of->store.before_acquire = act_as_holder;
    holder->of->store.ctx = holder;
}
