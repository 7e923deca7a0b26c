/* Address ranges; see lk_networks in latchkey/web.h. Pure. */
#ifndef LK_WEB_NETWORKS_H
#define LK_WEB_NETWORKS_H

#include <latchkey/web.h>

enum { LK__MAX_NETWORKS = 256, LK__ADDRESS_BYTES = 16 };

/* Reads an IP address as 16 bytes, IPv4 in its IPv6 form (RFC 4291, 2.5.5.2), so that both
 * spellings of one address are equal. False when it is none. */
bool lk__address_parse(const char *text, unsigned char out[LK__ADDRESS_BYTES]);

/* The address as text, IPv4 as such. */
void lk__address_print(const unsigned char address[LK__ADDRESS_BYTES], char out[LK_ADDRESS_SIZE]);

#endif
