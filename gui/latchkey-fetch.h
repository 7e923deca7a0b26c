/* A GET by libcurl, as the library's own go: same proxies, same certificates. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct LatchkeyFetch {
    const char *url;
    const char *protocols; /* "https", or "http,https" */
    const char *token;     /* secret: sent as a bearer's; NULL: none */
    const char *header;    /* "Name: value"; NULL: none more */
} LatchkeyFetch;

/* Both block. An answer other than 200 is LATCHKEY_ERROR_ANSWER, none is LATCHKEY_ERROR_NETWORK
 * with the reason as its message; nobody is sent on to another address. */

/* Up to max_len bytes within 15 seconds; a longer answer is LATCHKEY_ERROR_ANSWER, too. */
GBytes *latchkey_fetch_bytes(const LatchkeyFetch *fetch, gsize max_len, GCancellable *cancellable,
                             GError **error);

/* Called for each piece of the answer as it comes. */
typedef void LatchkeyFetchTake(const char *bytes, gsize n, gpointer data);

/* Until the answer ends, or nothing comes for half a minute. */
gboolean latchkey_fetch_stream(const LatchkeyFetch *fetch, LatchkeyFetchTake *take, gpointer data,
                               GCancellable *cancellable, GError **error);

G_END_DECLS
