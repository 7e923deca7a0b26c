/* Signing a person in from a terminal: in the browser of this machine, or with a code on another
 * one. What is to be done is told on stderr. */
#ifndef APP_SIGN_IN_H
#define APP_SIGN_IN_H

#include <latchkey/loopback.h>

/* RFC 8252. Opens the browser and waits for it to come back. Free *out with
 * lk_authentication_free(). */
LK_MUST_CHECK lk_status sign_in_with_browser(const lk_loopback_options *options,
                                             lk_authentication **out, lk_error *err);
/* RFC 8628. Shows a code and waits until somebody has entered it. */
LK_MUST_CHECK lk_status sign_in_with_code(lk_client *client, lk_authentication **out,
                                          lk_error *err);

#endif
