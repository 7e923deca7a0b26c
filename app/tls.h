/* The server's certificate and key. tls.c where CivetWeb is built with mbedTLS (-Dcivetweb=source);
 * tls-none.c, which refuses, with the system's. */
#ifndef APP_TLS_H
#define APP_TLS_H

#include <latchkey/error.h>
#include <stdbool.h>

typedef struct tls tls;

/* Reads both files (PEM). LK_ERR_INVALID says what is wrong with which, or that this build serves
 * no TLS. Free *out with tls_free(), after the server has stopped. */
LK_MUST_CHECK lk_status tls_new(const char *certificate, const char *key, tls **out, lk_error *err);
void tls_free(tls *self);
void tls_freep(tls **self);

/* Reads the files again when they have changed since, or when is_asked; open connections keep what
 * they began with. Costs two stat() when nothing has changed. LK_ERR_INVALID: the new ones cannot
 * be used, and those in force stay; told once for each change. One thread at a time. */
LK_MUST_CHECK lk_status tls_refresh(tls *self, bool is_asked, bool *is_new, lk_error *err);

/* For mg_callbacks.external_ssl_ctx; self keeps it. */
void *tls_context(const tls *self);

#endif
