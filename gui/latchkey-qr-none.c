/* Built without libqrencode: the code to type stands for itself. */
#include "latchkey-qr.h"

GdkTexture *latchkey_qr_new(const char *text)
{
    (void)text;
    return NULL;
}
