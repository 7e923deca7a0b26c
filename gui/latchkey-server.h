/* What a Latchkey server is asked beside the feed of its events: how to sign in for it, and to tell
 * when there is news. */
#pragma once

#include "latchkey-config.h"

G_BEGIN_DECLS

/* url: "https://HOST[:PORT]", or http on this computer. Ends in a config with server, client_id,
 * base_url and issuer filled in, or in an error that says what is wrong with the address. */
void latchkey_server_describe_async(const char *url, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer data);
LatchkeyConfig *latchkey_server_describe_finish(GAsyncResult *result, GError **error);

enum { LATCHKEY_SERVER_ID_SIZE = 128 };

/* Called on the thread that follows: there is news now. */
typedef void LatchkeyServerNews(gpointer data);

/* Follows the server's event stream until it ends, breaks or is cancelled; blocks for that long.
 * last_id: LATCHKEY_SERVER_ID_SIZE bytes, where to resume, "" for now; it moves on with the stream.
 */
void latchkey_server_follow(const LatchkeyConfig *config, const char *token, char *last_id,
                            GCancellable *cancellable, LatchkeyServerNews *news, gpointer data);

G_END_DECLS
