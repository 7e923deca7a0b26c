/* An address as a QR code in the terminal. */
#ifndef APP_QR_H
#define APP_QR_H

#include <stdio.h>

/* Prints nothing where the program was built without libqrencode: address and code are there to be
 * typed. */
void qr_print(FILE *out, const char *address);

#endif
