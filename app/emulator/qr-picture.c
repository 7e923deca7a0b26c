/* QR codes through libqrencode, one stroke for each run of dark modules in a row. */
#include "qr-picture.h"

#include <qrencode.h>
#include <stdbool.h>

#include "text.h"

#define QUIET_ZONE 4 /* ISO/IEC 18004: four light modules all around */
#define LARGEST    640

static bool is_dark(const QRcode *code, int x, int y)
{
    return x < code->width && code->data[y * code->width + x] & 1;
}

static void add_row(text *out, const QRcode *code, int y)
{
    for (int x = 0; x < code->width; x++) {
        int begin = x;
        while (is_dark(code, x, y))
            x++;
        if (x > begin)
            text_print(out, "M%d %dh%dv1h-%dz", begin + QUIET_ZONE, y + QUIET_ZONE, x - begin,
                       x - begin);
    }
}

static void add_code(text *out, const QRcode *code)
{
    int size = code->width + 2 * QUIET_ZONE;
    text_print(out,
               "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %d %d' "
               "shape-rendering='crispEdges'><path fill='#fff' d='M0 0h%dv%dH0z'/><path d='",
               LARGEST / size * size, LARGEST / size * size, size, size, size, size);
    for (int y = 0; y < code->width; y++)
        add_row(out, code, y);
    text_add(out, "'/></svg>");
}

char *qr_picture(const char *written)
{
    AUTO_TEXT picture = { 0 }, encoded = { 0 };
    QRcode *code = QRcode_encodeString8bit(written, 0, QR_ECLEVEL_M);
    if (code)
        add_code(&picture, code);
    else
        text_add(&picture, "<svg xmlns='http://www.w3.org/2000/svg'/>");
    QRcode_free(code);
    text_add(&encoded, "data:image/svg+xml,");
    text_add_url(&encoded, picture.bytes);
    return text_copy(encoded.bytes);
}
