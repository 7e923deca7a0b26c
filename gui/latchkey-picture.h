/* A person's picture, from wherever their profile says that it is. */
#pragma once

#include "latchkey-config.h"

#include <gdk/gdk.h>

G_BEGIN_DECLS

/* Whether an address from outside may be asked at all: over HTTPS, or the host that the environment
 * itself is at, as the emulator is. */
gboolean latchkey_picture_may_fetch(const LatchkeyConfig *config, const char *url);

/* A square of 192 pixels, cut out of its middle. Any failure means that there is none to show. */
void latchkey_picture_fetch_async(const LatchkeyConfig *config, const char *url,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer data);
GdkTexture *latchkey_picture_fetch_finish(GAsyncResult *result, GError **error);

/* The same of bytes; blocks for as long as a few megapixels take. */
GdkTexture *latchkey_picture_decode(GBytes *bytes, GError **error);

G_END_DECLS
