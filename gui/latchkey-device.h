/* Sign-in with a code that a person enters on any device: the two tasks that ask WorkOS. */
#pragma once

#include "latchkey-grant.h"

#include <latchkey/device.h>

G_BEGIN_DECLS

/* By reference: a poll that is on its way outlives the account's interest in it. What it shows
 * never changes; the polls come one at a time. */
typedef struct LatchkeyDevice {
    LatchkeyClient *client;
    lk_device_authorization *device;
} LatchkeyDevice;

void latchkey_device_unref(LatchkeyDevice *device);

void latchkey_device_start_async(LatchkeyClient *client, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer data);
LatchkeyDevice *latchkey_device_start_finish(GAsyncResult *result, GError **error);

/* Asks once. */
void latchkey_device_poll_async(LatchkeyDevice *device, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data);
/* NULL without an error: not yet, ask again when lk_device_wait_ms() has passed. */
LatchkeyGrant *latchkey_device_poll_finish(GAsyncResult *result, GError **error);

G_END_DECLS
