/* Joins the two halves: sessions ask, the mirror knows. */
#ifndef APP_REVOCATION_H
#define APP_REVOCATION_H

#include "sharing.h"

#include <latchkey/web.h>

/* For lk_web_options.revocation; ctx is the sharing. */
lk_status revocation_ask(void *ctx, const lk_session *session, bool *out, lk_error *err);

#endif
