/* Where the server listens; see listen.h. */
#include "listen.h"

#include "fail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static lk_status read_port(const char *text, int *out, lk_error *err)
{
    char *end = NULL;

    errno = 0;
    long port = strtol(text, &end, 10);
    if (*text != '\0' && end != text && (*end == 's' || *end == 'r') && end[1] == '\0')
        return failed(err, LK_ERR_INVALID,
                      "--listen takes a number as port and no scheme: HTTPS is asked for with "
                      "--tls-certificate and --tls-key");
    if (errno != 0 || *text < '0' || *text > '9' || *end != '\0' || port > 65535)
        return failed(err, LK_ERR_INVALID, "the port in --listen must be a number from 0 to 65535");
    *out = (int)port;
    return LK_OK;
}

static lk_status read_host(const char *host, listen_address *out, lk_error *err)
{
    struct in6_addr ipv6;
    struct in_addr ipv4;

    if (strcmp(host, "localhost") == 0)
        host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &ipv4) == 1)
        out->is_loopback = (ntohl(ipv4.s_addr) >> 24) == 127;
    else if (inet_pton(AF_INET6, host, &ipv6) == 1)
        out->is_loopback = IN6_IS_ADDR_LOOPBACK(&ipv6);
    else
        return failed(err, LK_ERR_INVALID,
                      "--listen takes ADDRESS:PORT with an IP address or localhost, e.g. "
                      "127.0.0.1:3000 or [::1]:3000");
    out->is_ipv6 = strchr(host, ':') != NULL;
    snprintf(out->host, sizeof(out->host), "%s", host);
    return LK_OK;
}

lk_status listen_parse(const char *text, listen_address *out, lk_error *err)
{
    listen_address address = { .host = "127.0.0.1" };
    const char *colon = strrchr(text, ':');
    char host[64] = "127.0.0.1";

    if (strncmp(text, "https:", 6) == 0)
        return read_port("443s", &address.port, err);
    if (colon != NULL) {
        size_t len = (size_t)(colon - text);
        bool bracketed = len >= 2 && text[0] == '[' && colon[-1] == ']';
        if (bracketed) {
            text++;
            len -= 2;
        }
        /* "::1" alone leaves open where the address ends. */
        if (len == 0 || len >= sizeof(host) || (!bracketed && memchr(text, ':', len) != NULL))
            return read_host("", &address, err);
        snprintf(host, sizeof(host), "%.*s", (int)len, text);
    }
    TRY(read_host(host, &address, err));
    TRY(read_port(colon != NULL ? colon + 1 : text, &address.port, err));
    *out = address;
    return LK_OK;
}

void listen_print(const listen_address *address, char *out, size_t size)
{
    snprintf(out, size, address->is_ipv6 ? "[%s]:%d" : "%s:%d", address->host, address->port);
}

static void close_socketp(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static socklen_t fill(const listen_address *address, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (address->is_ipv6) {
        struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)out;
        ipv6->sin6_family = AF_INET6;
        ipv6->sin6_port = htons((uint16_t)address->port);
        inet_pton(AF_INET6, address->host, &ipv6->sin6_addr);
        return sizeof(*ipv6);
    }
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)out;
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons((uint16_t)address->port);
    inet_pton(AF_INET, address->host, &ipv4->sin_addr);
    return sizeof(*ipv4);
}

lk_status listen_probe(listen_address *address, lk_error *err)
{
    struct sockaddr_storage name;
    socklen_t len = fill(address, &name);
    char text[80];
    int on = 1;
    int fd CLEANUP(close_socketp) = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    listen_print(address, text, sizeof(text));
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd < 0 || bind(fd, (struct sockaddr *)&name, len) != 0 || listen(fd, 1) != 0)
        return failed(err, LK_ERR_STORE, "cannot listen on %s: %s: %s", text, strerror(errno),
                      errno == EADDRINUSE
                          ? "stop what runs there or choose another port with --listen"
                          : "choose another --listen");
    if (getsockname(fd, (struct sockaddr *)&name, &len) == 0)
        address->port = ntohs(address->is_ipv6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                               : ((struct sockaddr_in *)&name)->sin_port);
    return LK_OK;
}

void listen_poke(const listen_address *address)
{
    struct sockaddr_storage name;
    socklen_t len = fill(address, &name);
    int fd CLEANUP(close_socketp) =
        socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    /* Whether it comes through does not matter: there will be another. */
    if (fd >= 0)
        (void)connect(fd, (struct sockaddr *)&name, len);
}
