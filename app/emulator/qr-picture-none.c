/* Built without libqrencode: the text itself, to be typed. */
#include "qr-picture.h"

#include "text.h"

char *qr_picture(const char *written)
{
    AUTO_TEXT picture = { 0 }, encoded = { 0 };
    text_add(&picture, "<svg xmlns='http://www.w3.org/2000/svg' width='640' height='40'>"
                       "<text x='8' y='25'>");
    text_add_html(&picture, written);
    text_add(&picture, "</text></svg>");
    text_add(&encoded, "data:image/svg+xml,");
    text_add_url(&encoded, picture.bytes);
    return text_copy(encoded.bytes);
}
