/* What a proxy may hand over: a line for each header, the first byte of the input chooses the peer
 * and the kind of header that counts. */
#include <arpa/inet.h>
#include <latchkey/web.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MAX_HEADERS 64
#define PROXY       "10.0.0.1"
#define STRANGER    "203.0.113.1"

static lk_networks *make_networks(void)
{
    lk_networks *networks = NULL;

    promise(lk_networks_new(&networks, NULL) == LK_OK);
    promise(lk_networks_add(networks, "10.0.0.0/8", NULL) == LK_OK);
    promise(lk_networks_add(networks, "2001:db8::/32", NULL) == LK_OK);
    return networks;
}

static size_t read_headers(char *text, lk_header headers[MAX_HEADERS])
{
    size_t n = 0;

    for (char *line; n < MAX_HEADERS && (line = strsep(&text, "\n")) != NULL;) {
        char *name = strsep(&line, ":");
        if (line != NULL)
            headers[n++] = (lk_header){ .name = name, .value = line + strspn(line, " ") };
    }
    return n;
}

static void check(const lk_networks *trusted, const lk_header *headers, size_t n, uint8_t choice)
{
    const lk_web_request request = {
        .method = "GET", .path = "/", .headers = headers, .n_headers = n
    };
    const char *peer = choice & 1 ? PROXY : STRANGER;
    unsigned char bytes[16];
    lk_visitor visitor;
    lk_error err = LK_ERROR_INIT;

    lk_web_visitor(trusted, choice & 2 ? LK_PROXY_FORWARDED : LK_PROXY_X_FORWARDED, peer, &request,
                   &visitor);
    promise(inet_pton(strchr(visitor.address, ':') ? AF_INET6 : AF_INET, visitor.address, bytes) ==
            1);
    promise(visitor.scheme[0] == '\0' || strcmp(visitor.scheme, "http") == 0 ||
            strcmp(visitor.scheme, "https") == 0);
    promise(strpbrk(visitor.host, " \t/\\\"'<>@?#,;") == NULL);
    if (choice & 1)
        return;
    promise(strcmp(visitor.address, STRANGER) == 0);
    promise(visitor.scheme[0] == '\0' && visitor.host[0] == '\0');
    /* The same headers, held against the rules for those that are ambiguous. */
    lk_status status = lk_web_check_headers(headers, n, &err);
    promise(status == LK_OK || (status == LK_ERR_INVALID && err.message[0] != '\0'));
    for (size_t i = 0; status == LK_OK && i < n; i++)
        promise(headers[i].name[0] != '\0' && strpbrk(headers[i].name, " \t:\r") == NULL &&
                strpbrk(headers[i].value, "\r\n") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lk_networks *trusted; /* made once; only read */
    lk_header headers[MAX_HEADERS];

    if (size == 0)
        return 0;
    if (trusted == NULL)
        trusted = make_networks();
    char *text = strndup((const char *)data + 1, size - 1);
    promise(text != NULL);
    size_t n = read_headers(text, headers);
    check(trusted, headers, n, data[0]);
    free(text);
    return 0;
}
