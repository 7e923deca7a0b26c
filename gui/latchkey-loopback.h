/* The wait for a browser that was sent away to come back, as one asynchronous call. */
#pragma once

#include "latchkey-grant.h"

G_BEGIN_DECLS

typedef struct LatchkeyLoopback LatchkeyLoopback;

/* Listens on the loopback interface from here on. */
LatchkeyLoopback *latchkey_loopback_new(LatchkeyClient *client, GError **error);
/* Closes the port; a wait that is under way ends with G_IO_ERROR_CANCELLED. */
void latchkey_loopback_free(LatchkeyLoopback *self);

/* The address for the browser, borrowed, and the time left; NULL and 0 once the wait has ended. */
const char *latchkey_loopback_get_url(LatchkeyLoopback *self);
gint64 latchkey_loopback_get_time_left_ms(LatchkeyLoopback *self);

/* Once. Ends when the browser is back, when time is over, or when it was refused there. */
void latchkey_loopback_wait_async(LatchkeyLoopback *self, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer data);
/* What latchkey_grant_exchange_async() takes over. */
lk_loopback *latchkey_loopback_wait_finish(GAsyncResult *result, GError **error);

/* The address that the browser shows in the end, for one that cannot come back here. FALSE: it is
 * not the one of this sign-in, error says what to paste; the wait goes on. TRUE: the wait ends. */
gboolean latchkey_loopback_paste(LatchkeyLoopback *self, const char *address, GError **error);

G_END_DECLS
