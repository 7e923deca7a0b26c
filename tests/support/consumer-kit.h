/* What tests of consumers share: a mirror with events, a clock, and a handler that notes what it is
 * handed. */
#ifndef LK_TESTS_CONSUMER_KIT_H
#define LK_TESTS_CONSUMER_KIT_H

#include <latchkey/consumer.h>

#include "fake-clock.h"
#include "mirror-kit.h"

enum { MAX_NOTES = 512 };

typedef struct consumer_kit {
    kit k;
    fake_clock clock;
    /* What the handler noted: the last letter of each id; in upper case, a replay; "|" ends a
     * batch, "!" one that it refused. */
    char notes[MAX_NOTES];
    const char *refuses; /* letters that it fails at; NULL: none */
    bool is_exact;       /* it says how many were done before the one it fails at */
    int attempt;         /* of the last batch */
    int64_t fence;       /* of the last batch */
    int64_t last;        /* sequence of the last event that it took */
    void (*within)(struct consumer_kit *test); /* called in each batch; NULL: nothing */
    lk_consumer *consumer;                     /* for within */
} consumer_kit;

int consumer_kit_setup(void **state);
int consumer_kit_teardown(void **state);
#define CONSUMER_TEST(name) \
    cmocka_unit_test_setup_teardown(name, consumer_kit_setup, consumer_kit_teardown)

/* An event of this letter, "user.created" of organization org_LETTER, created at second n. */
void consumer_kit_add(consumer_kit *test, const char *letters);
lk_consumer_handler consumer_kit_handle;

/* A consumer; where the options do not say, one named "test" with the kit's mirror, clock and
 * handler. */
#define CONSUMER(test, ...) consumer_kit_new(test, LK_CONSUMER_OPTIONS(__VA_ARGS__))
lk_consumer *consumer_kit_new(consumer_kit *test, const lk_consumer_options *options);

/* One step that must succeed. */
lk_consumer_result consumer_kit_step(consumer_kit *test, lk_consumer *consumer);
/* Steps until caught up, then compares with what was noted, and forgets it. */
void consumer_kit_expect(consumer_kit *test, lk_consumer *consumer, const char *notes);
/* The one state of the mirror's consumers; keep *page. */
const lk_consumer_state *consumer_kit_state(consumer_kit *test, lk_consumer_state_page **page);
int64_t consumer_kit_sequence(consumer_kit *test, char letter);

#endif
