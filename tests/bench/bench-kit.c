/* See bench-kit.h. */
#include "bench-kit.h"

#include <stdio.h>
#include <stdlib.h>

void bench_die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

char *bench_read(const char *directory, const char *name, size_t *len)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        bench_die(path, "cannot be read");
    fseek(file, 0, SEEK_END);
    *len = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(1, *len + 1);
    if (text == NULL || fread(text, 1, *len, file) != *len)
        bench_die(path, "cannot be read");
    fclose(file);
    return text;
}

typedef struct key_server {
    char *jwks;
    size_t len;
} key_server;

static lk_status serve_keys(void *ctx, const lk_http_request *request, lk_http_response *response,
                            lk_error *err)
{
    const key_server *server = ctx;

    (void)request;
    (void)err;
    lk_http_response_set_status(response, 200);
    return lk_http_response_append(response, server->jwks, server->len);
}

static void free_keys(void *ctx)
{
    key_server *server = ctx;

    free(server->jwks);
    free(server);
}

lk_client *bench_client(const char *directory)
{
    key_server *server = calloc(1, sizeof(*server));
    lk_client *client = NULL;
    lk_error err = LK_ERROR_INIT;

    if (server == NULL)
        bench_die("client", "out of memory");
    server->jwks = bench_read(directory, "jwks.json", &server->len);
    if (lk_client_new(
            LK_CLIENT_OPTIONS(.client_id = BENCH_CLIENT_ID, .transport = { .send = serve_keys,
                                                                           .free = free_keys,
                                                                           .ctx = server }),
            &client, &err) != LK_OK ||
        lk_client_refresh_keys(client, &err) != LK_OK)
        bench_die("client", err.message);
    return client;
}
