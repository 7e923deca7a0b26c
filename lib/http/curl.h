/* The built-in transport: libcurl, with reused connections and verified TLS. */
#ifndef LK_HTTP_CURL_H
#define LK_HTTP_CURL_H

#include <latchkey/client.h>

/* proxy and ca_file may be NULL. The transport frees itself through its free(). */
LK_MUST_CHECK lk_status lk__curl_transport(const char *proxy, const char *ca_file,
                                           lk_transport *out, lk_error *err);
/* "7.88.1": the libcurl that is loaded. */
const char *lk__curl_version(void);

#endif
