/* Text as a QR code, in SVG. */
#ifndef EMULATOR_QR_PICTURE_H
#define EMULATOR_QR_PICTURE_H

/* A data: URL of the picture; free() it. Built without libqrencode: of the text itself. Empty when
 * the text is too long for a code. */
char *qr_picture(const char *written);

#endif
