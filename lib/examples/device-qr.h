/* An address as a QR code in the terminal. */
#ifndef DEVICE_QR_H
#define DEVICE_QR_H

/* Prints nothing where the program was built without libqrencode: the code and the address are
 * there to be typed. */
void device_print_qr(const char *address);

#endif
