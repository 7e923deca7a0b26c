/* What a webhook carries, under a sound signature: whoever holds the secret may still send
 * anything. */
#include <latchkey/client.h>
#include <latchkey/events.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"

#define SECRET "whsec_latchkey"
#define NOW_MS INT64_C(1772452800000)

static int64_t now_ms(void *ctx)
{
    (void)ctx;
    return NOW_MS;
}

static void never_sleep(void *ctx, int64_t ms)
{
    (void)ctx;
    (void)ms;
}

static lk_client *make_client(void)
{
    lk_client *client = NULL;

    promise(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01",
                                            .clock = { .now_ms = now_ms, .sleep_ms = never_sleep }),
                          &client, NULL) == LK_OK);
    return client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lk_client *client; /* made once; nothing of an input stays in it */
    LK_CLEANUP(lk__freep) char *signature = NULL;
    lk_auto(lk_event) event = NULL;
    lk_error err = LK_ERROR_INIT;

    if (client == NULL)
        client = make_client();
    promise(lk_webhook_sign(SECRET, data, size, NOW_MS, &signature, NULL) == LK_OK);
    lk_status status = lk_webhook_open(client, SECRET, signature, data, size, 0, &event, &err);
    promise(status == err.status);
    promise(status == LK_OK || (status == LK_ERR_PROTOCOL && err.message[0] != '\0'));
    promise((event != NULL) == (status == LK_OK));
    if (event == NULL)
        return 0;
    promise(event->id != NULL && event->id[0] != '\0');
    promise(event->type != NULL && event->type[0] != '\0');
    promise(event->json_len == size && memcmp(event->json, data, size) == 0);
    return 0;
}
