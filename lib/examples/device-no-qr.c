/* No QR code: libqrencode was not found. */
#include "device-qr.h"

void device_print_qr(const char *address)
{
    (void)address;
}
