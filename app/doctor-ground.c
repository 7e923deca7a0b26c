/* What sign-in and the mirror stand on: names, authorities, issuers, and how much fits where. */
#include "config.h"
#include "doctor-part.h"
#include "fail.h"
#include "print.h"

#include <errno.h>
#include <latchkey/session.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define WORKOS             "https://api.workos.com"
#define SYSTEM_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

/* What the server reads (head.c), and what four full cookies and the rest of a request need. */
#define HEADERS_READ   32768
#define HEADERS_NEEDED 20480
#define GOOD_COOKIE    3000 /* bytes of a session that one cookie should hold */

static const char *variable_text(const char *name)
{
    const char *text = getenv(name);

    return text != NULL && *text != '\0' ? text : NULL;
}

/* The host and the port of an address; false: it has none. */
static bool split_url(const char *url, char *host, size_t size, const char **port)
{
    const char *start = strstr(url, "://");

    if (start == NULL)
        return false;
    *port = strncasecmp(url, "http:", 5) == 0 ? "80" : "443";
    start += 3;
    size_t len = strcspn(start, "/?#");
    const char *end = start + len;
    const char *colon = memchr(start, ']', len);
    colon =
        memchr(colon != NULL ? colon : start, ':', (size_t)(end - (colon != NULL ? colon : start)));
    if (colon != NULL)
        *port = "0";
    if (*start == '[') {
        start++;
        colon = memchr(start, ']', (size_t)(end - start));
    }
    len = (size_t)((colon != NULL ? colon : end) - start);
    if (len == 0 || len >= size)
        return false;
    snprintf(host, size, "%.*s", (int)len, start);
    return true;
}

static void free_addressesp(struct addrinfo **list)
{
    if (*list != NULL)
        freeaddrinfo(*list);
}

void doctor_look_at_dns(patient *self)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list CLEANUP(free_addressesp) = NULL;
    char *url CLEANUP(free_textp) = NULL;
    const char *port = NULL;
    lk_error err = LK_ERROR_INIT;
    char host[256];
    char addresses[COUNT_SIZE];
    int n = 0;

    if (config_base_url(self->given, &url, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
        return;
    }
    if (!split_url(url != NULL ? url : WORKOS, host, sizeof(host), &port)) {
        doctor_find(self, DOCTOR_BAD, "%.200s names no host", url);
        doctor_advise(self, "WORKOS_API_BASE_URL is an address like https://api.workos.com");
        return;
    }
    if (variable_text("https_proxy") != NULL || variable_text("HTTPS_PROXY") != NULL ||
        variable_text("all_proxy") != NULL || variable_text("ALL_PROXY") != NULL) {
        doctor_find(self, DOCTOR_SKIPPED, "a proxy is set, and resolves %.200s by itself", host);
        return;
    }
    int rc = getaddrinfo(host, port, &hints, &list);
    for (const struct addrinfo *one = list; one != NULL; one = one->ai_next)
        n++;
    if (rc == 0) {
        doctor_find(self, DOCTOR_GOOD, "%.200s has %s", host,
                    count_text(addresses, n, "address", "addresses"));
        return;
    }
    /* "EAI_AGAIN: The name server returned a temporary failure indication." */
    doctor_find(self, rc == EAI_AGAIN || rc == EAI_SYSTEM ? DOCTOR_AWAY : DOCTOR_BAD,
                "%.160s cannot be resolved: %.80s", host, gai_strerror(rc));
    doctor_advise(self, "look at /etc/resolv.conf and the spelling of WORKOS_API_BASE_URL or "
                        "WORKOS_API_HOSTNAME");
}

static bool holds_certificate(FILE *file)
{
    char line[256];

    for (int i = 0; i < 10000 && fgets(line, sizeof(line), file) != NULL; i++)
        if (strncmp(line, "-----BEGIN", 10) == 0)
            return true;
    return false;
}

static void close_filep(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

/* As the client chooses: CURL_CA_BUNDLE before SSL_CERT_FILE before the system's. */
void doctor_look_at_authorities(patient *self)
{
    static const char *const variables[] = { "CURL_CA_BUNDLE", "SSL_CERT_FILE" };
    const char *path = SYSTEM_AUTHORITIES;
    const char *variable = NULL;

    for (size_t i = 0; i < N_ITEMS(variables) && variable == NULL; i++)
        if (variable_text(variables[i]) != NULL)
            variable = variables[i];
    if (variable != NULL)
        path = variable_text(variable);
    FILE *file CLEANUP(close_filep) = fopen(path, "re");
    if (file == NULL) {
        doctor_find(self, DOCTOR_BAD, "%.180s cannot be read: %s", path, strerror(errno));
        doctor_advise(self, variable == NULL ? "install the package ca-certificates"
                                             : "name a readable file of certificates (PEM), or "
                                               "unset the variable");
    } else if (!holds_certificate(file)) {
        doctor_find(self, DOCTOR_BAD, "%.180s holds no certificate", path);
        doctor_advise(self, "it should be certificates in PEM, one behind the other");
    } else if (variable != NULL) {
        doctor_find(self, DOCTOR_NOTE, "%.160s alone, by %s", path, variable);
    } else {
        doctor_find(self, DOCTOR_GOOD, "the system's");
    }
}

/* RFC 8414, 2: "The authorization server's issuer identifier, which is a URL that uses the "https"
 * scheme and has no query or fragment components". */
static bool is_issuer(const char *text, size_t len)
{
    char *copy CLEANUP(free_textp) = strndup(text, len);
    const char *port = NULL;
    char host[256];

    return copy != NULL && strpbrk(copy, "?# \t") == NULL &&
           (strncasecmp(copy, "https://", 8) == 0 || config_is_local_url(copy)) &&
           split_url(copy, host, sizeof(host), &port);
}

void doctor_look_at_issuer(patient *self)
{
    const char *text = variable_text("WORKOS_ISSUER");
    int n = 0;

    if (text == NULL) {
        doctor_find(self, DOCTOR_GOOD, "those WorkOS is known to use");
        return;
    }
    for (const char *rest = text; *rest != '\0';) {
        rest += strspn(rest, ", ");
        size_t len = strcspn(rest, ", ");
        if (len == 0)
            break;
        if (!is_issuer(rest, len)) {
            doctor_find(self, DOCTOR_BAD, "\"%.*s\" is no issuer", (int)(len < 160 ? len : 160),
                        rest);
            doctor_advise(self, "WORKOS_ISSUER takes https addresses with commas between, as they "
                                "stand in the tokens' iss");
            return;
        }
        rest += len;
        n++;
    }
    doctor_find(self, DOCTOR_NOTE, "%d of WORKOS_ISSUER, and no other", n);
}

void doctor_look_at_cookie_size(patient *self)
{
    char *name CLEANUP(free_textp) = NULL;
    char *domain CLEANUP(free_textp) = NULL;
    lk_auto(lk_session_sizes) sizes = NULL;
    lk_error err = LK_ERROR_INIT;

    if (config_text(self->given, NULL, "WORKOS_COOKIE_NAME", &name, &err) != LK_OK ||
        config_text(self->given, NULL, "WORKOS_COOKIE_DOMAIN", &domain, &err) != LK_OK ||
        lk_session_size("{}", name, domain, &sizes, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
        return;
    }
    doctor_find(self, sizes->one_cookie < GOOD_COOKIE ? DOCTOR_BAD : DOCTOR_GOOD,
                "a session may have %zu bytes in one cookie, %zu in four; what is larger goes into "
                "the store",
                sizes->one_cookie, sizes->all_cookies);
    if (sizes->one_cookie < GOOD_COOKIE)
        doctor_advise(self, "shorten WORKOS_COOKIE_NAME or WORKOS_COOKIE_DOMAIN: browsers keep "
                            "4096 bytes of a cookie, name and attributes included");
}

/* The server itself reads enough; what stands in front of it often does not. */
void doctor_look_at_header_limit(patient *self)
{
    char *uri CLEANUP(free_textp) = NULL;
    lk_error err = LK_ERROR_INIT;

    if (config_text(self->given, "redirect-uri", "WORKOS_REDIRECT_URI", &uri, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
    } else if (uri == NULL || config_is_local_url(uri)) {
        doctor_find(self, DOCTOR_GOOD, "serve reads %d bytes of headers", HEADERS_READ);
    } else {
        doctor_find(self, DOCTOR_NOTE,
                    "serve reads %d bytes of headers; a proxy in front must pass %d: four cookies "
                    "of a large session",
                    HEADERS_READ, HEADERS_NEEDED);
        doctor_advise(self, "nginx: large_client_header_buffers 4 32k; Apache: "
                            "LimitRequestFieldSize 32768; HAProxy: tune.bufsize 32768");
    }
}
