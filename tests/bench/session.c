/* What a session check costs, beside what nobody goes below who really checks: one RS256
 * verification.
 *
 *     bench-session DIRECTORY time ROUNDS N     microseconds of CPU, as JSON
 *     bench-session DIRECTORY count NAME N      one operation N times, for callgrind to count
 *
 * DIRECTORY is what fixture.mjs wrote. A round runs each operation N times in turn, so that a
 * machine that slows down slows all of them; the figures are each round's. */
#include <mbedtls/pk.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "api/client.h"
#include "bench-kit.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"
#include "web/session-cache.h"

enum { MAX_COOKIES = 4096, CACHE_SIZE = 1024, SHORT = 20 /* times as often: they take no time */ };

typedef struct desk {
    mbedtls_pk_context key;
    unsigned char hash[LK__SHA256_SIZE];
    lk__buf signature;
    lk_client *client;
    char *password;
    char *cookies[MAX_COOKIES];
    size_t n_cookies;
    lk__session_cache *cache;
    lk_web *cached;
    lk_web *uncached;
    size_t turn;
} desk;

/* ---- Operations ---- */

static void verify(desk *d)
{
    if (mbedtls_pk_verify(&d->key, MBEDTLS_MD_SHA256, d->hash, sizeof(d->hash),
                          (const unsigned char *)d->signature.data, d->signature.len) != 0)
        bench_die("verify", "the signature does not match");
}

static void open_session(desk *d)
{
    lk_auto(lk_session) session = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_session_open(d->client, d->password, d->cookies[0], &session, &err) != LK_OK)
        bench_die("open", err.message);
}

/* As a request does it, keys and clock included. */
static void find(desk *d, const char *cookie)
{
    uint64_t keys_id = lk__client_keys_id(d->client);
    lk_auto(lk_session) session =
        lk__session_cache_find(d->cache, cookie, strlen(cookie), keys_id, lk__now_ms(d->client));

    if (session != NULL)
        return;
    lk_error err = LK_ERROR_INIT;
    if (lk_session_open(d->client, d->password, cookie, &session, &err) != LK_OK)
        bench_die("find", err.message);
    lk__session_cache_keep(d->cache, cookie, strlen(cookie), session, keys_id,
                           lk__now_ms(d->client));
}

static void find_hot(desk *d)
{
    find(d, d->cookies[0]);
}

static void find_many(desk *d)
{
    find(d, d->cookies[d->turn++ % d->n_cookies]);
}

static void answer(lk_web *web, const char *cookie)
{
    char header[8192];
    const lk_header headers[] = { { "Host", "app.example" },
                                  { "Accept", "application/json" },
                                  { "Cookie", header } };
    lk_auto(lk_web_reply) reply = NULL;
    lk_error err = LK_ERROR_INIT;

    snprintf(header, sizeof(header), "wos-session=%s", cookie);
    if (lk_web_answer(
            web,
            &(lk_web_request){ .method = "GET", .path = "/", .headers = headers, .n_headers = 3 },
            &reply, &err) != LK_OK ||
        reply->session == NULL)
        bench_die("answer", err.message[0] != '\0' ? err.message : "nobody is signed in");
}

static void answer_uncached(desk *d)
{
    answer(d->uncached, d->cookies[0]);
}

static void answer_cached(desk *d)
{
    answer(d->cached, d->cookies[0]);
}

static const struct operation {
    const char *name;
    void (*run)(desk *d);
    int factor;
} operations[] = {
    { "verify", verify, 1 },
    { "open", open_session, 1 },
    { "answer_uncached", answer_uncached, 1 },
    { "answer_cached", answer_cached, SHORT },
    { "find_hot", find_hot, SHORT },
    { "find_many", find_many, SHORT },
};

enum { N_OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

/* ---- Setting up ---- */

static void read_key(desk *d, const char *directory)
{
    size_t len;
    char *pem = bench_read(directory, "public.pem", &len);
    char *token = bench_read(directory, "token", &len);
    const char *end = strrchr(token, '.');
    lk_error err = LK_ERROR_INIT;

    mbedtls_pk_init(&d->key);
    if (mbedtls_pk_parse_public_key(&d->key, (unsigned char *)pem, strlen(pem) + 1) != 0)
        bench_die("public.pem", "is no key");
    d->signature = (lk__buf)LK__BUF(1024);
    if (lk__sha256(token, (size_t)(end - token), d->hash, &err) != LK_OK ||
        lk__base64url_decode(&d->signature, end + 1, strlen(end + 1), false, &err) != LK_OK)
        bench_die("token", err.message);
    free(pem);
    free(token);
}

static lk_web *make_web(const desk *d, int n_cached)
{
    lk_web *web = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_web_new(LK_WEB_OPTIONS(.client = d->client, .cookie_password = d->password,
                                  .redirect_uri = "https://app.example/callback",
                                  .cached_sessions = n_cached),
                   &web, &err) != LK_OK)
        bench_die("lk_web_new", err.message);
    return web;
}

static void set_up(desk *d, const char *directory)
{
    const lk_random random = { .fill = lk__random_fill };
    lk_error err = LK_ERROR_INIT;
    size_t len;
    char *save = NULL;

    read_key(d, directory);
    d->client = bench_client(directory);
    d->password = bench_read(directory, "password", &len);
    char *lines = bench_read(directory, "cookies", &len);
    for (char *line = strtok_r(lines, "\n", &save); line != NULL && d->n_cookies < MAX_COOKIES;
         line = strtok_r(NULL, "\n", &save))
        d->cookies[d->n_cookies++] = line;
    if (lk__session_cache_new(&random, CACHE_SIZE, &d->cache, &err) != LK_OK)
        bench_die("cache", err.message);
    d->cached = make_web(d, 0);
    d->uncached = make_web(d, -1);
}

/* ---- Measuring ---- */

static double cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double run_many(desk *d, const struct operation *operation, int n)
{
    double start = cpu_us();

    for (int i = 0; i < n * operation->factor; i++)
        operation->run(d);
    return (cpu_us() - start) / (n * operation->factor);
}

typedef struct worker {
    desk *desk;
    int n;
} worker;

static void *work(void *ctx)
{
    const worker *w = ctx;

    for (int i = 0; i < w->n; i++)
        open_session(w->desk);
    return NULL;
}

/* Threads that check at the same time: rate of two over rate of one. */
static double scale(desk *d, int n)
{
    worker w = { .desk = d, .n = n };
    pthread_t threads[2];
    double start = wall_us();

    work(&w);
    double alone_us = wall_us() - start;
    start = wall_us();
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, work, &w) != 0)
            bench_die("pthread_create", "failed");
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 2 * alone_us / (wall_us() - start);
}

/* {"verify":[…],"open":[…],…,"two_threads":[…]} */
static void measure(desk *d, int n_rounds, int n)
{
    double *figures = calloc((size_t)n_rounds * (N_OPERATIONS + 1), sizeof(*figures));

    if (figures == NULL)
        bench_die("measure", "out of memory");
    for (int i = 0; i < N_OPERATIONS; i++) /* warm, and the cache full */
        (void)run_many(d, &operations[i], n < 100 ? n : 100);
    for (int round = 0; round < n_rounds; round++) {
        for (int i = 0; i < N_OPERATIONS; i++)
            figures[i * n_rounds + round] = run_many(d, &operations[i], n);
        figures[N_OPERATIONS * n_rounds + round] = scale(d, n);
    }
    for (int i = 0; i <= N_OPERATIONS; i++) {
        printf("%s\"%s\":[", i == 0 ? "{" : ",",
               i == N_OPERATIONS ? "two_threads" : operations[i].name);
        for (int round = 0; round < n_rounds; round++)
            printf("%s%.4f", round == 0 ? "" : ",", figures[i * n_rounds + round]);
        printf("]");
    }
    printf("}\n");
    free(figures);
}

static void count(desk *d, const char *name, int n)
{
    for (int i = 0; i < N_OPERATIONS; i++) {
        if (strcmp(operations[i].name, name) != 0)
            continue;
        for (int k = 0; k < n; k++)
            operations[i].run(d);
        return;
    }
    bench_die(name, "is no operation");
}

int main(int argc, char **argv)
{
    static desk d;

    if (argc != 5 || atoi(argv[4]) <= 0)
        bench_die("usage", "bench-session DIRECTORY time ROUNDS N | count NAME N");
    set_up(&d, argv[1]);
    if (strcmp(argv[2], "time") == 0 && atoi(argv[3]) > 0)
        measure(&d, atoi(argv[3]), atoi(argv[4]));
    else
        count(&d, argv[3], atoi(argv[4]));
    return 0;
}
