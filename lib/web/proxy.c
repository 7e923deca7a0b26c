/* Who asks, seen through proxies: lk_web_visitor() of latchkey/web.h.
 *
 * A proxy adds at the right end of X-Forwarded-For or Forwarded whom it talks to; what stands to
 * the left is hearsay. So the list is read from the right, as long as those who speak are trusted,
 * and the first who is not is the visitor. What lies beyond is never believed. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "web/networks.h"
#include "web/reply.h"

enum { MAX_HOPS = 32, MAX_HOST = sizeof((lk_visitor){ 0 }.host) - 1 };

/* A piece of a header, not NUL-terminated. */
typedef struct span {
    const char *data;
    size_t len;
} span;

/* What one proxy said; data NULL: nothing. */
typedef struct hop {
    span address, scheme, host;
} hop;

typedef struct hops {
    hop items[MAX_HOPS];
    size_t n_items;
    bool is_broken; /* too many, or not readable: nothing of it is believed */
} hops;

static span trim(span text)
{
    while (text.len > 0 && (*text.data == ' ' || *text.data == '\t')) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Takes off the part up to the next separator that stands in no quoted string. Empty parts count:
 * a proxy that could not name whom it talked to has said so. False behind the last. */
static bool next_part(span *rest, char separator, span *out)
{
    bool quoted = false;
    size_t i = 0;

    if (rest->data == NULL)
        return false;
    for (; i < rest->len && (quoted || rest->data[i] != separator); i++) {
        if (rest->data[i] == '"')
            quoted = !quoted;
        else if (quoted && rest->data[i] == '\\' && i + 1 < rest->len)
            i++;
    }
    *out = trim((span){ .data = rest->data, .len = i });
    if (i < rest->len)
        *rest = (span){ .data = rest->data + i + 1, .len = rest->len - i - 1 };
    else
        *rest = (span){ .data = NULL };
    return true;
}

static hop *add_hop(hops *list)
{
    if (list->n_items == MAX_HOPS) {
        list->is_broken = true;
        return NULL;
    }
    list->items[list->n_items] = (hop){ .address = { .data = NULL } };
    return &list->items[list->n_items++];
}

/* ---- X-Forwarded-* ---- */

/* RFC 9110, 5.3: lines of one name are one list, in their order. */
static void read_x_forwarded_for(const lk_web_request *request, hops *list)
{
    const char *line;

    for (size_t i = 0; (line = lk__request_next(request, "X-Forwarded-For", &i)) != NULL;) {
        span rest = { .data = line, .len = strlen(line) };
        span part;
        while (next_part(&rest, ',', &part)) {
            hop *added = add_hop(list);
            if (added == NULL)
                return;
            added->address = part;
        }
    }
}

/* The value of a header that has one, once; proxies that add to it leave open whose is whose. */
static span only_value(const lk_web_request *request, const char *name)
{
    const char *value = lk__request_header(request, name);

    if (lk__request_count(request, name) != 1 || strchr(value, ',') != NULL)
        return (span){ .data = NULL };
    return trim((span){ .data = value, .len = strlen(value) });
}

/* ---- Forwarded (RFC 7239) ---- */

static bool is_named(span name, const char *wanted)
{
    return name.len == strlen(wanted) && strncasecmp(name.data, wanted, name.len) == 0;
}

static span unquote(span value)
{
    if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"') {
        value.data++;
        value.len -= 2;
    }
    return value;
}

/* "for=192.0.2.1;proto=https;host=app.example". What stands there twice makes it unreadable. */
static bool read_element(span element, hop *out)
{
    span value;

    while (next_part(&element, ';', &value)) {
        if (value.len == 0)
            continue;
        const char *equals = memchr(value.data, '=', value.len);
        if (equals == NULL)
            return false;
        span name = { .data = value.data, .len = (size_t)(equals - value.data) };
        value = unquote((span){ .data = equals + 1, .len = value.len - name.len - 1 });
        span *place = is_named(name, "for")     ? &out->address
                      : is_named(name, "proto") ? &out->scheme
                      : is_named(name, "host")  ? &out->host
                                                : NULL;
        if (place == NULL)
            continue;
        if (place->data != NULL || memchr(value.data, '\\', value.len) != NULL)
            return false;
        *place = value;
    }
    return true;
}

static void read_forwarded(const lk_web_request *request, hops *list)
{
    const char *line;

    for (size_t i = 0; (line = lk__request_next(request, "Forwarded", &i)) != NULL;) {
        span rest = { .data = line, .len = strlen(line) };
        span element;
        while (next_part(&rest, ',', &element)) {
            hop *added = add_hop(list);
            if (added == NULL)
                return;
            if (!read_element(element, added))
                *added = (hop){ .address = { .data = NULL } };
        }
    }
}

/* ---- Believing ---- */

/* "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711". */
static bool read_address(span text, unsigned char out[LK__ADDRESS_BYTES])
{
    char copy[LK_ADDRESS_SIZE + 8]; /* brackets and a port */

    if (text.data == NULL || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    char *begin = copy;
    char *colon = strchr(copy, ':');
    if (copy[0] == '[') {
        begin = copy + 1;
        char *end = strchr(copy, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return false;
        *end = '\0';
    } else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
        *colon = '\0';
    }
    return lk__address_parse(begin, out);
}

static void take_scheme(span text, lk_visitor *out)
{
    if (is_named(text, "https"))
        strcpy(out->scheme, "https");
    else if (is_named(text, "http"))
        strcpy(out->scheme, "http");
}

static void take_host(span text, lk_visitor *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && (c < '0' || c > '9') && strchr("-._:[]", c) == NULL)
            return;
    }
    if (text.len > 0 && text.len <= MAX_HOST)
        snprintf(out->host, sizeof(out->host), "%.*s", (int)text.len, text.data);
}

void lk_web_visitor(const lk_networks *trusted, lk_proxy_headers style, const char *peer,
                    const lk_web_request *request, lk_visitor *out)
{
    unsigned char address[LK__ADDRESS_BYTES];
    hops list = { .n_items = 0 };

    *out = (lk_visitor){ .address = "" };
    if (peer == NULL || !lk__address_parse(peer, address))
        return;
    lk__address_print(address, out->address);
    if (!lk_networks_contain(trusted, out->address))
        return;
    if (style == LK_PROXY_FORWARDED) {
        read_forwarded(request, &list);
    } else {
        read_x_forwarded_for(request, &list);
        take_scheme(only_value(request, "X-Forwarded-Proto"), out);
        take_host(only_value(request, "X-Forwarded-Host"), out);
    }
    if (list.is_broken)
        return;
    for (size_t i = list.n_items; i > 0 && lk_networks_contain(trusted, out->address); i--) {
        const hop *said = &list.items[i - 1];
        if (style == LK_PROXY_FORWARDED) {
            out->scheme[0] = out->host[0] = '\0';
            take_scheme(said->scheme, out);
            take_host(said->host, out);
        }
        if (!read_address(said->address, address))
            return;
        lk__address_print(address, out->address);
    }
}
