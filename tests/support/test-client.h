/* A client between fakes: one wire, a clock at noon, counted randomness. */
#ifndef LK_TESTS_TEST_CLIENT_H
#define LK_TESTS_TEST_CLIENT_H

#include "fake-clock.h"
#include "fake-random.h"
#include "fake-wire.h"

#define TEST_API_KEY "sk_test_a2V5X2Zvcl90ZXN0cw"

typedef struct test_client {
    fake_clock clock;
    fake_random random;
    lk_client *client;
} test_client;

/* client_01 with an API key that renews no keys in the background, default options otherwise. Fails
 * the test when it cannot be made. */
void test_client_open(test_client *test, fake_wire *wire);
/* The same without an API key, as in a desktop program. */
void test_client_open_public(test_client *test, fake_wire *wire);
/* Frees the client, then fails the test unless exactly the script was played. */
void test_client_close(test_client *test, fake_wire *wire);

#endif
