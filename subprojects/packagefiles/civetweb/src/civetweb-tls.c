/* TLS for CivetWeb by mbedTLS 2.28 or 3.x; see civetweb-tls.h.
 *
 * Certificate, key and the settings made of them are one pair that never changes. Reloading makes
 * another; a connection holds the one that it began with, and whoever is last lets go of it. */
#include "mod_mbedtls.inl"

#include <errno.h>
#include <mbedtls/version.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#if !defined(MBEDTLS_THREADING_C)
#error \
    "mbedTLS must be built with MBEDTLS_THREADING_C: connections share its random numbers and the key"
#endif

enum { MIN_RSA_BITS = 2048, HANDSHAKE_MS = 30000 };

typedef struct tls_pair {
    int n_users;
    mbedtls_x509_crt chain;
    mbedtls_pk_context key;
    mbedtls_ssl_config config;
} tls_pair;

typedef struct tls_connection {
    mbedtls_ssl_context ssl; /* first: civetweb.c knows this one */
    mg_tls *tls;
    tls_pair *pair;
} tls_connection;

/* RFC 9325, 4.2: ECDHE, for forward secrecy, and authenticated encryption; nothing else. Debian's
 * mbedTLS has known flaws in others. */
static const int suites[] = {
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0,
};
static const mbedtls_ecp_group_id curves[] = { MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                               MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE };
static const int hashes[] = { MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512,
                              MBEDTLS_MD_NONE };
/* RFC 9325, 3.7: another protocol's server behind the same certificate is not mistaken for this. */
static const char *protocols[] = { "http/1.1", NULL };

/* ---- Certificate and key ---- */

static int complain(char *problem, size_t size, const char *what, const char *file, int code)
{
    char cause[100];

    mbedtls_strerror(code, cause, sizeof(cause));
    snprintf(problem, size, "%s %.200s: %s", what, file, cause);
    return 0;
}

static int parse_key(mg_tls *tls, tls_pair *pair)
{
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_parse_keyfile(&pair->key, tls->key, NULL, mbedtls_ctr_drbg_random,
                                    &tls->random);
#else
    return mbedtls_pk_parse_keyfile(&pair->key, tls->key, NULL);
#endif
}

/* With the key, checked with the certificate. The first signature also leaves in an EC key what
 * mbedTLS computes once and reads from then on, so that threads may share it. */
static int sign(mg_tls *tls, tls_pair *pair)
{
    unsigned char signature[1024]; /* MBEDTLS_PK_SIGNATURE_MAX_SIZE */
    unsigned char hash[32] = { 1 };
    size_t len = 0;

#if MBEDTLS_VERSION_MAJOR >= 3
    int code = mbedtls_pk_sign(&pair->key, MBEDTLS_MD_SHA256, hash, sizeof(hash), signature,
                               sizeof(signature), &len, mbedtls_ctr_drbg_random, &tls->random);
#else
    int code = mbedtls_pk_sign(&pair->key, MBEDTLS_MD_SHA256, hash, sizeof(hash), signature, &len,
                               mbedtls_ctr_drbg_random, &tls->random);
#endif
    if (code == 0)
        code = mbedtls_pk_verify(&pair->chain.pk, MBEDTLS_MD_SHA256, hash, sizeof(hash), signature,
                                 len);
    return code;
}

static int can_read(const char *file, char *problem, size_t size)
{
    FILE *opened = fopen(file, "r");

    if (opened == NULL) {
        snprintf(problem, size, "cannot open %.200s: %s", file, strerror(errno));
        return 0;
    }
    fclose(opened);
    return 1;
}

static int read_pair(mg_tls *tls, tls_pair *pair, char *problem, size_t size)
{
    if (!can_read(tls->certificate, problem, size) || !can_read(tls->key, problem, size))
        return 0;
    int code = mbedtls_x509_crt_parse_file(&pair->chain, tls->certificate);
    if (code != 0)
        return complain(problem, size, "cannot read the certificates in", tls->certificate,
                        code < 0 ? code : MBEDTLS_ERR_X509_INVALID_FORMAT);
    if (mbedtls_x509_time_is_past(&pair->chain.valid_to)) {
        snprintf(problem, size, "the certificate in %.200s ended on %d-%02d-%02d: renew it",
                 tls->certificate, pair->chain.valid_to.year, pair->chain.valid_to.mon,
                 pair->chain.valid_to.day);
        return 0;
    }
    code = parse_key(tls, pair);
    if (code != 0)
        return complain(problem, size, "cannot read the key in", tls->key, code);
    size_t bits = mbedtls_pk_get_bitlen(&pair->key);
    if (mbedtls_pk_can_do(&pair->key, MBEDTLS_PK_RSA) && bits < MIN_RSA_BITS) {
        snprintf(problem, size, "the key in %.200s has %zu bits: an RSA key needs at least %d",
                 tls->key, bits, MIN_RSA_BITS);
        return 0;
    }
    if (sign(tls, pair) != 0) {
        snprintf(problem, size, "the key in %.200s is not that of the first certificate in %.200s",
                 tls->key, tls->certificate);
        return 0;
    }
    return 1;
}

static int configure(mg_tls *tls, tls_pair *pair)
{
    mbedtls_ssl_config *config = &pair->config;
    int code = mbedtls_ssl_config_defaults(
        config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);

    if (code != 0)
        return code;
    /* 3.3 is TLS 1.2. 1.3 in mbedTLS 3 needs a library that the whole program initialises. */
    mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_ciphersuites(config, suites);
    mbedtls_ssl_conf_curves(config, curves);
    mbedtls_ssl_conf_sig_hashes(config, hashes);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_rng(config, mbedtls_ctr_drbg_random, &tls->random);
    code = mbedtls_ssl_conf_alpn_protocols(config, protocols);
    return code != 0 ? code : mbedtls_ssl_conf_own_cert(config, &pair->chain, &pair->key);
}

static void free_pair(tls_pair *pair)
{
    if (pair == NULL)
        return;
    mbedtls_ssl_config_free(&pair->config);
    mbedtls_pk_free(&pair->key);
    mbedtls_x509_crt_free(&pair->chain);
    free(pair);
}

static tls_pair *new_pair(mg_tls *tls, char *problem, size_t size)
{
    tls_pair *pair = calloc(1, sizeof(*pair));

    if (pair == NULL) {
        snprintf(problem, size, "out of memory");
        return NULL;
    }
    pair->n_users = 1;
    mbedtls_x509_crt_init(&pair->chain);
    mbedtls_pk_init(&pair->key);
    mbedtls_ssl_config_init(&pair->config);
    int is_good = read_pair(tls, pair, problem, size);
    if (is_good && configure(tls, pair) != 0) {
        snprintf(problem, size, "out of memory");
        is_good = 0;
    }
    if (is_good)
        return pair;
    free_pair(pair);
    return NULL;
}

static tls_pair *hold(mg_tls *tls)
{
    pthread_mutex_lock(&tls->lock);
    tls_pair *pair = tls->pair;
    pair->n_users++;
    pthread_mutex_unlock(&tls->lock);
    return pair;
}

static void let_go(mg_tls *tls, tls_pair *pair)
{
    pthread_mutex_lock(&tls->lock);
    int is_last = --pair->n_users == 0;
    pthread_mutex_unlock(&tls->lock);
    if (is_last)
        free_pair(pair);
}

/* ---- mg_tls ---- */

static int init(mg_tls *tls, const char *certificate, const char *key, char *problem, size_t size)
{
    memset(tls, 0, sizeof(*tls));
    pthread_mutex_init(&tls->lock, NULL);
    mbedtls_entropy_init(&tls->entropy);
    mbedtls_ctr_drbg_init(&tls->random);
    tls->certificate = strdup(certificate);
    tls->key = strdup(key);
    if (tls->certificate == NULL || tls->key == NULL) {
        snprintf(problem, size, "out of memory");
        return 0;
    }
    if (mbedtls_ctr_drbg_seed(&tls->random, mbedtls_entropy_func, &tls->entropy, NULL, 0) != 0) {
        snprintf(problem, size, "no random bytes for TLS");
        return 0;
    }
    tls->pair = new_pair(tls, problem, size);
    return tls->pair != NULL;
}

static void deinit(mg_tls *tls)
{
    if (tls->pair != NULL)
        let_go(tls, tls->pair);
    mbedtls_ctr_drbg_free(&tls->random);
    mbedtls_entropy_free(&tls->entropy);
    pthread_mutex_destroy(&tls->lock);
    free(tls->certificate);
    free(tls->key);
}

mg_tls *mg_tls_new(const char *certificate, const char *key, char *problem, size_t size)
{
    mg_tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL) {
        snprintf(problem, size, "out of memory");
        return NULL;
    }
    if (init(tls, certificate, key, problem, size))
        return tls;
    mg_tls_free(tls);
    return NULL;
}

int mg_tls_reload(mg_tls *tls, char *problem, size_t size)
{
    tls_pair *fresh = new_pair(tls, problem, size);

    if (fresh == NULL)
        return 0;
    pthread_mutex_lock(&tls->lock);
    tls_pair *old = tls->pair;
    tls->pair = fresh;
    pthread_mutex_unlock(&tls->lock);
    let_go(tls, old);
    return 1;
}

void mg_tls_free(mg_tls *tls)
{
    if (tls == NULL)
        return;
    deinit(tls);
    free(tls);
}

/* ---- What civetweb.c calls ---- */

int mbed_sslctx_init(SSL_CTX *ctx, const char *file)
{
    char problem[300];

    /* Half made or not, mbed_sslctx_uninit() follows. */
    return init(ctx, file != NULL ? file : "", file != NULL ? file : "", problem, sizeof(problem))
               ? 0
               : -1;
}

void mbed_sslctx_uninit(SSL_CTX *ctx)
{
    deinit(ctx);
}

static int send_some(void *sock, const unsigned char *data, size_t len)
{
    ssize_t n = send(*(int *)sock, data, len, MSG_NOSIGNAL);

    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
                                             : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int receive_some(void *sock, unsigned char *data, size_t len)
{
    ssize_t n = recv(*(int *)sock, data, len, 0);

    if (n >= 0)
        return (int)n;
    return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ : MBEDTLS_ERR_SSL_CONN_EOF;
}

static long long clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A whole handshake gets the time of one request: whoever dribbles it holds a thread no longer. */
static int shake_hands(tls_connection *connection, int sock, struct mg_context *server)
{
    const char *limit = mg_get_option(server, "request_timeout_ms");
    int limit_ms = limit != NULL ? atoi(limit) : 0;
    long long end_ms = clock_ms() + (limit_ms > 0 ? limit_ms : HANDSHAKE_MS);
    int code;

    while ((code = mbedtls_ssl_handshake(&connection->ssl)) != 0) {
        if (code != MBEDTLS_ERR_SSL_WANT_READ && code != MBEDTLS_ERR_SSL_WANT_WRITE)
            return code;
        struct pollfd wait = {
            .fd = sock,
            .events = code == MBEDTLS_ERR_SSL_WANT_READ ? POLLIN : POLLOUT,
        };
        long long left_ms = end_ms - clock_ms();
        if (left_ms <= 0)
            return MBEDTLS_ERR_SSL_TIMEOUT;
        (void)poll(&wait, 1, (int)left_ms);
    }
    return 0;
}

static void end_connection(tls_connection *connection)
{
    mg_tls *tls = connection->tls;
    tls_pair *pair = connection->pair;

    mbedtls_ssl_free(&connection->ssl);
    free(connection);
    let_go(tls, pair);
}

int mbed_ssl_accept(SSL **ssl, SSL_CTX *ctx, int *sock, struct mg_context *server)
{
    tls_connection *connection = calloc(1, sizeof(*connection));

    *ssl = NULL;
    if (connection == NULL)
        return -1;
    connection->tls = ctx;
    connection->pair = hold(ctx);
    mbedtls_ssl_init(&connection->ssl);
    int code = mbedtls_ssl_setup(&connection->ssl, &connection->pair->config);
    if (code == 0) {
        mbedtls_ssl_set_bio(&connection->ssl, sock, send_some, receive_some, NULL);
        code = shake_hands(connection, *sock, server);
    }
    if (code != 0) {
        end_connection(connection);
        return -1;
    }
    *ssl = &connection->ssl;
    return 0;
}

void mbed_ssl_close(SSL *ssl)
{
    (void)mbedtls_ssl_close_notify(ssl); /* who has gone already need not be told */
    end_connection((tls_connection *)(void *)ssl);
}

int mbed_ssl_read(SSL *ssl, unsigned char *data, int len)
{
    return mbedtls_ssl_read(ssl, data, (size_t)len);
}

int mbed_ssl_write(SSL *ssl, const unsigned char *data, int len)
{
    return mbedtls_ssl_write(ssl, data, (size_t)len);
}
