/* Each module is a square of whole pixels: a picture that is scaled up would be blurred. */
#include "latchkey-qr.h"

#include <qrencode.h>
#include <string.h>

/* ISO/IEC 18004: a quiet zone of four modules. */
enum { MODULE = 5, QUIET = 4 };

GdkTexture *latchkey_qr_new(const char *text)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (code == NULL)
        return NULL;

    int width = code->width;
    int side = (width + 2 * QUIET) * MODULE;
    gsize size = (gsize)side * (gsize)side * 3;
    guchar *pixels = g_malloc(size);
    memset(pixels, 0xFF, size);
    for (int y = 0; y < width * MODULE; y++) {
        guchar *row = pixels + (gsize)((y + QUIET * MODULE) * side + QUIET * MODULE) * 3;
        for (int x = 0; x < width * MODULE; x++)
            if (code->data[y / MODULE * width + x / MODULE] & 1)
                memset(row + (gsize)x * 3, 0, 3);
    }
    QRcode_free(code);
    g_autoptr(GBytes) bytes = g_bytes_new_take(pixels, size);
    return gdk_memory_texture_new(side, side, GDK_MEMORY_R8G8B8, bytes, (gsize)side * 3);
}
