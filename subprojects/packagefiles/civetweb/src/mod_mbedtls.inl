/* In place of CivetWeb's file of this name, which speaks TLS 1.0 with any suite, spins while a
 * handshake waits and never gives up on it. What civetweb.c needs of TLS is here; civetweb-tls.c
 * does it. Included by both. */
#include "civetweb-tls.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <pthread.h>

typedef mbedtls_ssl_context SSL;
typedef struct mg_tls SSL_CTX;

struct mg_tls {
    pthread_mutex_t lock;  /* of pair, and of the pairs' n_users */
    struct tls_pair *pair; /* in force */
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random; /* mbedTLS locks it */
    char *certificate, *key;         /* paths */
};

int mbed_sslctx_init(SSL_CTX *ctx, const char *file);
void mbed_sslctx_uninit(SSL_CTX *ctx);
int mbed_ssl_accept(SSL **ssl, SSL_CTX *ctx, int *sock, struct mg_context *server);
void mbed_ssl_close(SSL *ssl);
int mbed_ssl_read(SSL *ssl, unsigned char *data, int len);
int mbed_ssl_write(SSL *ssl, const unsigned char *data, int len);
