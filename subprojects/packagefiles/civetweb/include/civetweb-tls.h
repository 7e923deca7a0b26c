/* What this build of CivetWeb has beyond civetweb.h: a certificate that is exchanged while the
 * server runs.
 *
 * Set mg_callbacks.external_ssl_ctx to a function that puts an mg_tls into *ssl_ctx and returns 1,
 * and the ports that end in "s" speak TLS 1.2 with it. Without that callback the option
 * "ssl_certificate" names one file with certificate and key, as ever. */
#ifndef CIVETWEB_TLS_H
#define CIVETWEB_TLS_H

#include "civetweb.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mg_tls mg_tls;

/* Reads both files (PEM; the certificate first, then those that lead to the root) and makes sure
 * that they belong together and that the certificate has not ended. NULL: problem says why, without
 * a word of the key. Free it with mg_tls_free(), after mg_stop(). */
CIVETWEB_API mg_tls *mg_tls_new(const char *certificate, const char *key, char *problem,
                                size_t size);
/* Reads them again. Connections that are open keep what they began with. 0: problem says why not,
 * and all is as it was. From any thread. */
CIVETWEB_API int mg_tls_reload(mg_tls *tls, char *problem, size_t size);
CIVETWEB_API void mg_tls_free(mg_tls *tls);

#ifdef __cplusplus
}
#endif
#endif
