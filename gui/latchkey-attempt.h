/* One attempt to sign in, by the browser or by a code: the steps of either way, one after the
 * other, as far as a grant. */
#pragma once

#include "latchkey-grant.h"

#include <latchkey/device.h>

G_BEGIN_DECLS

typedef struct LatchkeyAttempt LatchkeyAttempt;

/* It came a step further: look at it again. */
typedef void LatchkeyAttemptMoved(gpointer data);
/* It is over; grant or error is there, for the function to take over. It may free the attempt. */
typedef void LatchkeyAttemptEnded(LatchkeyGrant *grant, GError *error, gpointer data);

/* Listens on the loopback interface for a browser that is sent to the attempt's address. */
LatchkeyAttempt *latchkey_attempt_new_by_browser(LatchkeyClient *client,
                                                 LatchkeyAttemptMoved *moved,
                                                 LatchkeyAttemptEnded *ended, gpointer data,
                                                 GError **error);
/* Asks for a code to be entered on any device. */
LatchkeyAttempt *latchkey_attempt_new_by_code(LatchkeyClient *client, LatchkeyAttemptMoved *moved,
                                              LatchkeyAttemptEnded *ended, gpointer data);
/* Gives it up: neither function is called any more, and the port is closed. */
void latchkey_attempt_free(LatchkeyAttempt *self);

gboolean latchkey_attempt_is_by_code(const LatchkeyAttempt *self);
/* The address while the browser is waited for; NULL: it is back, or none is needed. */
const char *latchkey_attempt_get_url(const LatchkeyAttempt *self);
/* NULL: there is no code yet, or none is needed. */
const lk_device_authorization *latchkey_attempt_get_device(const LatchkeyAttempt *self);
/* Until it ends by itself, by this clock; 0: it does not wait for anybody. */
gint64 latchkey_attempt_get_time_left_ms(const LatchkeyAttempt *self, gint64 now_ms);

/* See latchkey_account_paste(). */
gboolean latchkey_attempt_paste(LatchkeyAttempt *self, const char *address, GError **error);

G_END_DECLS
