/* See consumer-kit.h. */
#include "consumer-kit.h"

#include <ctype.h>
#include <stdio.h>

#include "test.h"

int consumer_kit_setup(void **state)
{
    consumer_kit *test = calloc(1, sizeof(*test));

    kit_begin(&test->k);
    kit_open(&test->k);
    test->clock.now_ms = NOON;
    *state = test;
    return 0;
}

int consumer_kit_teardown(void **state)
{
    consumer_kit *test = *state;

    kit_end(&test->k);
    free(test);
    return 0;
}

void consumer_kit_add(consumer_kit *test, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        kit_event event;
        char id[16];

        snprintf(id, sizeof(id), "event_%c", *letters);
        kit_make(&event, id, "user.created", (*letters - 'a' + 1) * 1000,
                 "{\"id\":\"user_%c\",\"organization_id\":\"org_%c\"}", *letters, *letters);
        assert_true(kit_apply(&test->k, &event));
    }
}

static void note(consumer_kit *test, char c)
{
    size_t len = strlen(test->notes);

    assert_true(len + 1 < sizeof(test->notes));
    test->notes[len] = c;
    test->notes[len + 1] = '\0';
}

lk_status consumer_kit_handle(void *ctx, const lk_consumer_batch *batch, size_t *n_done,
                              lk_error *err)
{
    consumer_kit *test = ctx;

    assert_int_equal(*n_done, 0);
    assert_true(batch->count > 0);
    test->attempt = batch->attempt;
    test->fence = batch->fence;
    if (test->within != NULL)
        test->within(test);
    for (size_t i = 0; i < batch->count; i++) {
        const lk_consumer_item *item = &batch->items[i];
        char letter = item->event->id[6];

        note(test, item->is_replay ? (char)toupper((unsigned char)letter) : letter);
        if (test->refuses != NULL && strchr(test->refuses, letter) != NULL) {
            note(test, '!');
            if (test->is_exact)
                *n_done = i;
            err->status = LK_ERR_PROTOCOL;
            snprintf(err->message, sizeof(err->message), "%c is poison", letter);
            return LK_ERR_PROTOCOL;
        }
        test->last = item->event->sequence;
    }
    note(test, '|');
    return LK_OK;
}

lk_consumer *consumer_kit_new(consumer_kit *test, const lk_consumer_options *options)
{
    lk_consumer_options wanted = *options;
    lk_error err = LK_ERROR_INIT;

    wanted.mirror = test->k.mirror;
    wanted.clock = fake_clock_use(&test->clock);
    wanted.name = wanted.name != NULL ? wanted.name : "test";
    wanted.handle = wanted.handle != NULL ? wanted.handle : consumer_kit_handle;
    wanted.ctx = wanted.ctx != NULL ? wanted.ctx : test;
    test->consumer = NULL;
    assert_ok(lk_consumer_new(&wanted, &test->consumer, &err), err);
    return test->consumer;
}

lk_consumer_result consumer_kit_step(consumer_kit *test, lk_consumer *consumer)
{
    lk_consumer_result result = { 0 };
    lk_error err = LK_ERROR_INIT;

    (void)test;
    assert_ok(lk_consumer_step(consumer, &result, &err), err);
    return result;
}

void consumer_kit_expect(consumer_kit *test, lk_consumer *consumer, const char *notes)
{
    for (int i = 0; i < 50 && !consumer_kit_step(test, consumer).caught_up; i++)
        ;
    assert_string_equal(test->notes, notes);
    test->notes[0] = '\0';
}

const lk_consumer_state *consumer_kit_state(consumer_kit *test, lk_consumer_state_page **page)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_list_consumers(test->k.mirror, page, &err), err);
    assert_int_equal((*page)->count, 1);
    return (*page)->items[0];
}

int64_t consumer_kit_sequence(consumer_kit *test, char letter)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    const char id[] = { 'e', 'v', 'e', 'n', 't', '_', letter, '\0' };
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_get_event(test->k.mirror, id, &page, &err), err);
    return page->items[0]->sequence;
}
