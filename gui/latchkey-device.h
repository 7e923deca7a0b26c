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

/* Asks as often as WorkOS allows, until the code has been entered, was refused or is too old. */
void latchkey_device_wait_async(LatchkeyDevice *device, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer data);
/* The end is latchkey_grant_finish(). */

G_END_DECLS
