/* An address as a QR code in the terminal, through libqrencode.
 *
 * Two rows of modules share a line of text. Light modules are drawn, dark ones left out, since
 * terminals are dark as a rule; telephones read the opposite as well. */
#include "qr.h"

#include <qrencode.h>
#include <stdbool.h>
#include <stdio.h>

#define QUIET_ZONE 4 /* ISO/IEC 18004: four light modules all around */

static bool is_light(const QRcode *code, int x, int y)
{
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return true;
    return (code->data[y * code->width + x] & 1) == 0;
}

static void print_line(FILE *out, const QRcode *code, int y)
{
    static const char *const blocks[2][2] = { { " ", "▄" }, { "▀", "█" } };

    for (int x = -QUIET_ZONE; x < code->width + QUIET_ZONE; x++)
        fputs(blocks[is_light(code, x, y)][is_light(code, x, y + 1)], out);
    putc('\n', out);
}

void qr_print(FILE *out, const char *address)
{
    QRcode *code = QRcode_encodeString8bit(address, 0, QR_ECLEVEL_M);

    if (code == NULL)
        return; /* too long for one */
    for (int y = -QUIET_ZONE; y < code->width + QUIET_ZONE; y += 2)
        print_line(out, code, y);
    QRcode_free(code);
}
