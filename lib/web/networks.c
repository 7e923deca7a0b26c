/* Address ranges, "10.0.0.0/8" or "2001:db8::/32"; see latchkey/web.h. */
#include "web/networks.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum { IPV4_OFFSET = 12 }; /* where an IPv4 address begins in its IPv6 form */

typedef struct network {
    unsigned char address[LK__ADDRESS_BYTES];
    int n_bits;
} network;

struct lk_networks {
    network items[LK__MAX_NETWORKS];
    size_t n_items;
};

static const unsigned char ipv4_prefix[IPV4_OFFSET] = { [10] = 0xff, [11] = 0xff };

static bool is_ipv4(const unsigned char address[LK__ADDRESS_BYTES])
{
    return memcmp(address, ipv4_prefix, IPV4_OFFSET) == 0;
}

bool lk__address_parse(const char *text, unsigned char out[LK__ADDRESS_BYTES])
{
    unsigned char ipv4[4];

    if (inet_pton(AF_INET6, text, out) == 1)
        return true;
    if (inet_pton(AF_INET, text, ipv4) != 1)
        return false;
    memcpy(out, ipv4_prefix, IPV4_OFFSET);
    memcpy(out + IPV4_OFFSET, ipv4, sizeof(ipv4));
    return true;
}

void lk__address_print(const unsigned char address[LK__ADDRESS_BYTES], char out[LK_ADDRESS_SIZE])
{
    if (is_ipv4(address))
        (void)inet_ntop(AF_INET, address + IPV4_OFFSET, out, LK_ADDRESS_SIZE); /* always fits */
    else
        (void)inet_ntop(AF_INET6, address, out, LK_ADDRESS_SIZE);
}

/* Whether the first n_bits are the same. */
static bool begins_alike(const unsigned char *a, const unsigned char *b, int n_bits)
{
    int n_bytes = n_bits / 8;
    int n_rest = n_bits % 8;

    if (memcmp(a, b, (size_t)n_bytes) != 0)
        return false;
    return n_rest == 0 || ((a[n_bytes] ^ b[n_bytes]) >> (8 - n_rest)) == 0;
}

static bool is_zero_behind(const network *item)
{
    for (int bit = item->n_bits; bit < LK__ADDRESS_BYTES * 8; bit++)
        if ((item->address[bit / 8] >> (7 - bit % 8)) & 1)
            return false;
    return true;
}

static lk_status read_network(const char *text, network *out, lk_error *err)
{
    const char *slash = strchr(text, '/');
    size_t len = slash != NULL ? (size_t)(slash - text) : strlen(text);
    char address[LK_ADDRESS_SIZE];
    int64_t n_bits = 0;

    snprintf(address, sizeof(address), "%.*s", (int)(len < sizeof(address) ? len : 0), text);
    if (!lk__address_parse(address, out->address))
        return lk__fail(err, LK_ERR_INVALID,
                        "\"%.60s\" is no address range: give one like 10.0.0.0/8, 192.0.2.7 or "
                        "2001:db8::/32",
                        text);
    int offset = strchr(address, ':') == NULL ? IPV4_OFFSET * 8 : 0;
    int most = LK__ADDRESS_BYTES * 8 - offset;
    if (slash == NULL)
        n_bits = most;
    else if (!lk__parse_int64(slash + 1, 0, most, &n_bits))
        return lk__fail(err, LK_ERR_INVALID,
                        "\"%.60s\": behind the slash stands a number from 1 to %d", text, most);
    if (n_bits == 0)
        return lk__fail(err, LK_ERR_INVALID, "\"%.60s\" is everybody, and no range", text);
    out->n_bits = (int)n_bits + offset;
    /* "10.1.2.3/8" may mean one machine or sixteen million. */
    if (!is_zero_behind(out))
        return lk__fail(err, LK_ERR_INVALID,
                        "\"%.60s\" has bits set behind its first %d: write the range's first "
                        "address, or leave out the slash for this one address",
                        text, (int)n_bits);
    return LK_OK;
}

lk_status lk_networks_new(lk_networks **out, lk_error *err)
{
    lk__error_clear(err);
    if (out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_networks_new() was given NULL");
    lk_networks *networks = calloc(1, sizeof(*networks));
    if (networks == NULL)
        return lk__no_memory(err);
    *out = networks;
    return LK_OK;
}

lk_status lk_networks_add(lk_networks *networks, const char *range, lk_error *err)
{
    network added;

    lk__error_clear(err);
    if (networks == NULL || range == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_networks_add() was given NULL");
    if (networks->n_items == LK__MAX_NETWORKS)
        return lk__fail(err, LK_ERR_INVALID, "there are more than %d address ranges",
                        (int)LK__MAX_NETWORKS);
    LK_TRY(read_network(range, &added, err));
    networks->items[networks->n_items++] = added;
    return LK_OK;
}

bool lk_networks_contain(const lk_networks *networks, const char *address)
{
    unsigned char bytes[LK__ADDRESS_BYTES];

    if (networks == NULL || address == NULL || !lk__address_parse(address, bytes))
        return false;
    for (size_t i = 0; i < networks->n_items; i++)
        if (begins_alike(networks->items[i].address, bytes, networks->items[i].n_bits))
            return true;
    return false;
}

void lk_networks_free(lk_networks *networks)
{
    free(networks);
}

void lk_networks_freep(lk_networks **networks)
{
    lk_networks_free(*networks);
    *networks = NULL;
}
