/* What an access token says, to be read by people. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The JSON in a token (RFC 7519), which somebody else has verified; NULL: it is no token. Free with
 * g_free(). */
char *latchkey_claims_of(const char *token);

G_END_DECLS
