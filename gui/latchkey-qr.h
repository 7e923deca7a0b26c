/* A QR code to be read from the screen. */
#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

/* Dark on light, with the margin that readers need, whatever the theme. NULL: built without
 * libqrencode, or too much text. */
GdkTexture *latchkey_qr_new(const char *text);

G_END_DECLS
