/* Redirect URIs. */
#include "redirect.h"

#include <ctype.h>
#include <string.h>

#include "text.h"

/* Only characters that an address may have (RFC 3986): so no line can be begun in a header by it.
 */
static bool is_plain(const char *uri)
{
    for (; *uri; uri++) {
        if (*uri <= ' ' || *uri > '~' || strchr("\"<>\\^`{|}#", *uri))
            return false;
    }
    return true;
}

/* Where the port would begin: behind http://127.0.0.1 and the like. NULL: not on loopback. */
static const char *behind_loopback_host(const char *uri)
{
    static const char *const hosts[] = { "localhost", "127.0.0.1", "[::1]" };
    const char *host = text_begins(uri, "http://")    ? uri + 7
                       : text_begins(uri, "https://") ? uri + 8
                                                      : NULL;
    for (size_t i = 0; host && i < sizeof hosts / sizeof *hosts; i++) {
        const char *rest = host + strlen(hosts[i]);
        if (text_begins(host, hosts[i]) && (*rest == '\0' || strchr(":/?", *rest)))
            return rest;
    }
    return NULL;
}

/* Behind ":port"; the same place when there is no port; NULL when it is none. */
static const char *behind_port(const char *at)
{
    if (*at != ':')
        return at;
    size_t digits = strspn(at + 1, "0123456789");
    at += 1 + digits;
    return digits > 0 && digits < 6 && (*at == '\0' || strchr("/?", *at)) ? at : NULL;
}

static bool is_on_loopback(const char *uri)
{
    const char *rest = behind_loopback_host(uri);
    return rest && behind_port(rest);
}

/* "`*` is allowed as the port on localhost/loopback" (WorkOS, redirect URIs). */
static bool matches(const char *registered, const char *uri)
{
    const char *port = behind_loopback_host(registered);
    if (!port || !text_begins(port, ":*"))
        return strcmp(registered, uri) == 0;
    size_t same = (size_t)(port - registered);
    if (strncmp(registered, uri, same) != 0 || uri[same] != ':')
        return false;
    const char *rest = behind_port(uri + same);
    return rest && strcmp(rest, port + 2) == 0;
}

bool redirect_is_allowed(const emulator_options *options, const char *uri)
{
    if (!uri || strlen(uri) > 2048 || !is_plain(uri))
        return false;
    if (!options->redirect_uris)
        return is_on_loopback(uri);
    for (const char *const *registered = options->redirect_uris; *registered; registered++) {
        if (matches(*registered, uri))
            return true;
    }
    return false;
}

char *redirect_with(const char *uri, const char *const *names_and_values)
{
    AUTO_TEXT whole = { 0 };
    const char *sign = strchr(uri, '?') ? "&" : "?";
    text_add(&whole, uri);
    for (; *names_and_values; names_and_values += 2) {
        if (!names_and_values[1])
            continue;
        text_add(&whole, sign);
        text_add(&whole, names_and_values[0]);
        text_add(&whole, "=");
        text_add_url(&whole, names_and_values[1]);
        sign = "&";
    }
    return text_copy(whole.bytes);
}
