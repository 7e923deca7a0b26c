/* A client between fakes; see test-client.h. */
#include "test-client.h"

#include "test.h"

static void open_client(test_client *test, fake_wire *wire, const char *api_key)
{
    lk_error err = LK_ERROR_INIT;

    memset(test, 0, sizeof(*test));
    test->clock.now_ms = NOON;
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .api_key = api_key,
                                              .transport = fake_wire_use(wire),
                                              .clock = fake_clock_use(&test->clock),
                                              .random = fake_random_use(&test->random),
                                              .key_refresh_s = -1), /* not amid the script */
                            &test->client, &err),
              err);
}

void test_client_open(test_client *test, fake_wire *wire)
{
    open_client(test, wire, TEST_API_KEY);
}

void test_client_open_public(test_client *test, fake_wire *wire)
{
    open_client(test, wire, NULL);
}

void test_client_close(test_client *test, fake_wire *wire)
{
    lk_client_free(test->client);
    test->client = NULL;
    fake_wire_finished(wire);
}
