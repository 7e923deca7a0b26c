/* The built-in transport against real sockets: good servers, bad ones, none at all. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/curl.h"
#include "http/http.h"
#include "raw-server.h"
#include "test.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

enum { TIMEOUT_MS = 5000, MAX_BODY = 10000 };

/* One request with the transport; the caller clears the response. */
static lk_status ask(lk_transport *transport, const char *url, const char *body, int timeout_ms,
                     lk_http_response *response, lk_error *err)
{
    static const lk_header headers[] = { { "Authorization", "Bearer sk_secret" },
                                         { "Accept", "application/json" } };
    const lk_http_request request = {
        .method = body == NULL ? "GET" : "POST",
        .url = url,
        .headers = headers,
        .n_headers = 2,
        .body = body,
        .body_len = body == NULL ? 0 : strlen(body),
        .timeout_ms = timeout_ms,
        .max_body = MAX_BODY,
    };

    lk__http_response_init(response, MAX_BODY);
    return transport->send(transport->ctx, &request, response, err);
}

static void make_transport(lk_transport *transport)
{
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk__curl_transport(NULL, NULL, transport, &err), err);
}

static const char *url_of(const raw_server *server, char out[64])
{
    snprintf(out, 64, "http://127.0.0.1:%d/path?q=1", server->port);
    return out;
}

/* One request to a server that behaves like this. */
static lk_status ask_server(raw_server *server, int timeout_ms, lk_http_response *response,
                            lk_error *err)
{
    lk_transport transport;
    char url[64];
    lk_status status;

    raw_server_start(server);
    make_transport(&transport);
    status = ask(&transport, url_of(server, url), NULL, timeout_ms, response, err);
    transport.free(transport.ctx);
    raw_server_stop(server);
    return status;
}

static void test_answer_arrives_with_status_headers_and_body(void **state)
{
    raw_server server = { .answer = "HTTP/1.1 404 Not Found\r\nX-Request-ID:  req_1 \r\n"
                                    "Empty:\r\nContent-Length: 7\r\n\r\n{\"a\":1}" };
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(ask_server(&server, TIMEOUT_MS, &response, &err), err);
    assert_int_equal(response.status, 404);
    assert_string_equal(response.body.data, "{\"a\":1}");
    assert_string_equal(lk__http_response_header(&response, "x-request-id"), "req_1");
    assert_string_equal(lk__http_response_header(&response, "empty"), "");
    assert_int_equal(strncmp(server.last_request, "GET /path?q=1 HTTP/1.1\r\n", 24), 0);
    assert_contains(server.last_request, "\r\nAuthorization: Bearer sk_secret\r\n");
    assert_contains(server.last_request, "\r\nAccept: application/json\r\n");
    lk__http_response_clear(&response);
}

static void test_body_is_posted_as_it_is(void **state)
{
    raw_server server = { .answer = OK_HEAD "Content-Length: 2\r\n\r\n{}" };
    lk_transport transport;
    lk_http_response response;
    char url[64];
    lk_error err = LK_ERROR_INIT;

    (void)state;
    raw_server_start(&server);
    make_transport(&transport);
    assert_ok(ask(&transport, url_of(&server, url), "{\"b\":2}", TIMEOUT_MS, &response, &err), err);
    assert_int_equal(strncmp(server.last_request, "POST /path?q=1 HTTP/1.1\r\n", 25), 0);
    assert_contains(server.last_request, "\r\nContent-Length: 7\r\n");
    assert_contains(server.last_request, "\r\n\r\n{\"b\":2}");
    assert_lacks(server.last_request, "Expect:");
    lk__http_response_clear(&response);
    transport.free(transport.ctx);
    raw_server_stop(&server);
}

static void test_connection_is_used_again_and_forgets_the_request(void **state)
{
    raw_server server = { .answer = OK_HEAD "Content-Length: 2\r\n\r\n{}" };
    lk_transport transport;
    lk_http_response response;
    char url[64];
    lk_error err = LK_ERROR_INIT;

    (void)state;
    raw_server_start(&server);
    make_transport(&transport);
    assert_ok(ask(&transport, url_of(&server, url), "{\"b\":2}", TIMEOUT_MS, &response, &err), err);
    lk__http_response_clear(&response);
    for (int i = 0; i < 4; i++) {
        assert_ok(ask(&transport, url, NULL, TIMEOUT_MS, &response, &err), err);
        lk__http_response_clear(&response);
    }
    assert_int_equal(server.n_connections, 1);
    assert_int_equal(server.n_requests, 5);
    /* The handle that has posted must not post again. */
    assert_int_equal(strncmp(server.last_request, "GET ", 4), 0);
    assert_lacks(server.last_request, "{\"b\":2}");
    transport.free(transport.ctx);
    raw_server_stop(&server);
}

static void test_bad_servers_get_a_sentence(void **state)
{
    static const struct {
        raw_mode mode;
        const char *answer;
        lk_status status;
        const char *why;
    } rows[] = {
        { RAW_CLOSE, "", LK_ERR_NETWORK, "closed the connection without an answer" },
        { RAW_CLOSE, OK_HEAD "Content-Length: 100\r\n\r\n{\"half\":", LK_ERR_NETWORK,
          "broke in the middle of the answer, after 8 bytes" },
        { RAW_CLOSE, OK_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n", LK_ERR_NETWORK,
          "broke in the middle of the answer, after 5 bytes" },
        { RAW_CLOSE, "SSH-2.0-OpenSSH_9.2\r\n", LK_ERR_PROTOCOL, "does not answer as HTTP should" },
        { RAW_ANSWER, OK_HEAD "Content-Length: 10001\r\n\r\n", LK_ERR_PROTOCOL,
          "answer is larger than 10000 bytes" },
        { RAW_ENDLESS, OK_HEAD "\r\n", LK_ERR_PROTOCOL, "answer is larger than 10000 bytes" },
        { RAW_ENDLESS, OK_HEAD "Transfer-Encoding: chunked\r\n\r\nfffff\r\n", LK_ERR_PROTOCOL,
          "answer is larger than 10000 bytes" },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        raw_server server = { .mode = rows[i].mode, .answer = rows[i].answer };
        lk_http_response response;
        lk_error err = LK_ERROR_INIT;

        assert_fails(ask_server(&server, TIMEOUT_MS, &response, &err), rows[i].status, err);
        assert_contains(err.message, rows[i].why);
        assert_lacks(err.message, "sk_secret");
        assert_lacks(err.message, "path?q");
        lk__http_response_clear(&response);
    }
}

static void test_silent_server_is_left_in_time(void **state)
{
    raw_server server = { .mode = RAW_SILENT };
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(ask_server(&server, 200, &response, &err), LK_ERR_NETWORK, err);
    assert_contains(err.message, "within 200 ms");
    assert_contains(err.message, "127.0.0.1");
    lk__http_response_clear(&response);
}

static void test_compressed_answer_is_measured_unpacked(void **state)
{
    /* gzip: 65 bytes that become {"a":"xxx…"} of 20,008 bytes. */
    static const char bomb[] =
        OK_HEAD "Content-Encoding: gzip\r\nContent-Length: 65\r\n\r\n"
                "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x41\x0d\x00\x30\x08\x04\x30\x2f"
                "\x27\x03\x37\x73\x41\x42\xf0\x3e\x1b\x3c\xda\x4e\x5e\x2a\x0d\x00\x00\x00\x00\x00"
                "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0\x09\xd9\x0f\x8d\xa6"
                "\x6f\xee\x28\x4e\x00\x00";
    raw_server server = { .answer = bomb, .answer_len = sizeof(bomb) - 1 };
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(ask_server(&server, TIMEOUT_MS, &response, &err), LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "answer is larger than 10000 bytes");
    assert_contains(server.last_request, "gzip");
    lk__http_response_clear(&response);
}

static void test_too_many_headers_are_refused(void **state)
{
    char answer[8192] = OK_HEAD;
    size_t used = strlen(answer);
    raw_server server = { .answer = answer };
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (int i = 0; i < LK__MAX_HEADERS + 1; i++)
        used += (size_t)snprintf(answer + used, sizeof(answer) - used, "H%d: v\r\n", i);
    snprintf(answer + used, sizeof(answer) - used, "\r\n");
    assert_fails(ask_server(&server, TIMEOUT_MS, &response, &err), LK_ERR_PROTOCOL, err);
    assert_contains(err.message, "more than 100 headers");
    lk__http_response_clear(&response);
}

static void test_redirect_is_handed_on_and_not_followed(void **state)
{
    raw_server server = { .answer = "HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\n"
                                    "Content-Length: 0\r\n\r\n" };
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(ask_server(&server, TIMEOUT_MS, &response, &err), err);
    assert_int_equal(response.status, 307);
    assert_int_equal(server.n_requests, 1);
    lk__http_response_clear(&response);
}

static void test_headers_of_interim_answers_are_dropped(void **state)
{
    raw_server server = { .answer =
                              "HTTP/1.1 103 Early Hints\r\nX-Request-ID: early\r\n\r\n" OK_HEAD
                              "X-Request-ID: late\r\nContent-Length: 2\r\n\r\n{}" };
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_ok(ask_server(&server, TIMEOUT_MS, &response, &err), err);
    assert_int_equal(response.status, 200);
    assert_string_equal(lk__http_response_header(&response, "X-Request-ID"), "late");
    lk__http_response_clear(&response);
}

static void test_nobody_there_is_a_network_error(void **state)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    int holder = socket(AF_INET, SOCK_STREAM, 0);
    lk_transport transport;
    lk_http_response response;
    char url[64];
    lk_error err = LK_ERROR_INIT;

    (void)state;
    /* Bound and not listening: nobody answers, and nobody else gets the port. */
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(holder, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(holder, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    make_transport(&transport);
    assert_fails(ask(&transport, url, NULL, TIMEOUT_MS, &response, &err), LK_ERR_NETWORK, err);
    assert_contains(err.message, "cannot connect to 127.0.0.1");
    lk__http_response_clear(&response);
    transport.free(transport.ctx);
    close(holder);
}

static void test_other_protocols_are_refused(void **state)
{
    static const char *const urls[] = { "file:///etc/passwd", "ftp://127.0.0.1/",
                                        "gopher://127.0.0.1/", "dict://127.0.0.1/" };
    lk_transport transport;

    (void)state;
    make_transport(&transport);
    for (size_t i = 0; i < N_ROWS(urls); i++) {
        lk_http_response response;
        lk_error err = LK_ERROR_INIT;

        assert_fails(ask(&transport, urls[i], NULL, TIMEOUT_MS, &response, &err), LK_ERR_PROTOCOL,
                     err);
        assert_int_equal(response.body.len, 0);
        lk__http_response_clear(&response);
    }
    transport.free(transport.ctx);
}

static void test_line_break_in_a_header_is_refused(void **state)
{
    static const lk_header headers[] = { { "Authorization", "Bearer a\r\nX: y" } };
    const lk_http_request request = { .method = "GET",
                                      .url = "http://127.0.0.1:1/",
                                      .headers = headers,
                                      .n_headers = 1,
                                      .timeout_ms = TIMEOUT_MS,
                                      .max_body = MAX_BODY };
    lk_transport transport;
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    make_transport(&transport);
    lk__http_response_init(&response, MAX_BODY);
    assert_fails(transport.send(transport.ctx, &request, &response, &err), LK_ERR_INVALID, err);
    lk__http_response_clear(&response);
    transport.free(transport.ctx);
}

struct crowd {
    lk_transport *transport;
    const char *url;
    int n_good;
};

static void *ask_often(void *ctx)
{
    struct crowd *crowd = ctx;

    for (int i = 0; i < 10; i++) {
        lk_http_response response;

        if (ask(crowd->transport, crowd->url, NULL, TIMEOUT_MS, &response, NULL) == LK_OK &&
            response.status == 200 && response.body.len == 2)
            crowd->n_good++;
        lk__http_response_clear(&response);
    }
    return NULL;
}

static void test_threads_share_the_transport(void **state)
{
    enum { N_THREADS = 8 };
    raw_server server = { .answer = OK_HEAD "Content-Length: 2\r\n\r\n{}" };
    lk_transport transport;
    pthread_t threads[N_THREADS];
    struct crowd crowds[N_THREADS];
    char url[64];

    (void)state;
    raw_server_start(&server);
    make_transport(&transport);
    url_of(&server, url);
    for (int i = 0; i < N_THREADS; i++) {
        crowds[i] = (struct crowd){ .transport = &transport, .url = url };
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &crowds[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(crowds[i].n_good, 10);
    }
    assert_int_equal(server.n_requests, 10 * N_THREADS);
    assert_in_range(server.n_connections, 1, N_THREADS);
    transport.free(transport.ctx);
    raw_server_stop(&server);
}

static void test_proxy_of_the_environment_never_sees_plain_requests(void **state)
{
    raw_server proxy = { .answer = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" };
    raw_server server = { .answer = OK_HEAD "Content-Length: 2\r\n\r\n{}" };
    char proxy_url[64];
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    raw_server_start(&proxy);
    setenv("http_proxy", url_of(&proxy, proxy_url), 1);
    assert_ok(ask_server(&server, TIMEOUT_MS, &response, &err), err);
    unsetenv("http_proxy");
    assert_int_equal(proxy.n_connections, 0);
    lk__http_response_clear(&response);
    raw_server_stop(&proxy);
}

static void test_proxies_of_environment_and_options_are_used(void **state)
{
    raw_server proxy = { .answer = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" };
    lk_transport transport;
    char proxy_url[64];
    lk_http_response response;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    raw_server_start(&proxy);
    url_of(&proxy, proxy_url);
    make_transport(&transport);
    setenv("https_proxy", proxy_url, 1);
    assert_fails(
        ask(&transport, "https://api.workos.invalid/x?secret", NULL, TIMEOUT_MS, &response, &err),
        LK_ERR_NETWORK, err);
    unsetenv("https_proxy");
    assert_contains(proxy.last_request, "CONNECT api.workos.invalid:443 HTTP/1.1");
    assert_lacks(proxy.last_request, "sk_secret"); /* the key is for inside the tunnel */
    lk__http_response_clear(&response);
    transport.free(transport.ctx);

    lk__error_clear(&err);
    assert_ok(lk__curl_transport(proxy_url, NULL, &transport, &err), err);
    assert_fails(ask(&transport, "https://other.invalid/", NULL, TIMEOUT_MS, &response, &err),
                 LK_ERR_NETWORK, err);
    assert_contains(proxy.last_request, "CONNECT other.invalid:443 HTTP/1.1");
    lk__http_response_clear(&response);
    transport.free(transport.ctx);
    raw_server_stop(&proxy);
}

/* ---- TLS, with the openssl program as the server: tls-cert.pem is for "localhost" ---- */

struct tls_server {
    pid_t pid;
    int port; /* 0: there is no openssl program */
};

static void run_openssl(int out)
{
    char cert[1024];
    char key[1024];
    const char *data = getenv("TESTS_DATA");

    snprintf(cert, sizeof(cert), "%s/tls-cert.pem", data == NULL ? "tests/data" : data);
    snprintf(key, sizeof(key), "%s/tls-key.pem", data == NULL ? "tests/data" : data);
    dup2(out, STDOUT_FILENO);
    if (freopen("/dev/null", "w", stderr) == NULL) /* it tells of each client that leaves */
        _exit(127);
    execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key,
           "-www", (char *)NULL);
    _exit(127);
}

static void tls_start(struct tls_server *server)
{
    int ends[2];
    char line[256];
    FILE *out;

    assert_int_equal(pipe(ends), 0);
    server->port = 0;
    server->pid = fork();
    if (server->pid == 0)
        run_openssl(ends[1]);
    close(ends[1]);
    out = fdopen(ends[0], "r");
    assert_non_null(out);
    while (server->port == 0 && fgets(line, sizeof(line), out) != NULL) {
        if (sscanf(line, "ACCEPT 127.0.0.1:%d", &server->port) != 1)
            server->port = 0;
    }
    fclose(out);
}

static void tls_stop(struct tls_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

static lk_status ask_tls(const char *host, int port, const char *ca_file, int *http_status,
                         lk_error *err)
{
    lk_transport transport;
    lk_http_response response;
    char url[64];
    lk_status status = lk__curl_transport(NULL, ca_file, &transport, err);

    if (status != LK_OK)
        return status;
    snprintf(url, sizeof(url), "https://%s:%d/none", host, port);
    status = ask(&transport, url, NULL, TIMEOUT_MS, &response, err);
    *http_status = response.status;
    lk__http_response_clear(&response);
    transport.free(transport.ctx);
    return status;
}

static void test_tls_is_verified(void **state)
{
    struct tls_server server;
    char ca_file[1024];
    const char *data = getenv("TESTS_DATA");
    int http_status = 0;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    snprintf(ca_file, sizeof(ca_file), "%s/tls-cert.pem", data == NULL ? "tests/data" : data);
    tls_start(&server);
    if (server.port == 0) {
        tls_stop(&server);
        skip();
    }
    /* Nobody we trust has signed it. */
    assert_fails(ask_tls("localhost", server.port, NULL, &http_status, &err), LK_ERR_NETWORK, err);
    assert_contains(err.message, "no trusted TLS connection to localhost");
    lk__error_clear(&err);
    /* Trusted, yet for another name. */
    assert_fails(ask_tls("127.0.0.1", server.port, ca_file, &http_status, &err), LK_ERR_NETWORK,
                 err);
    assert_contains(err.message, "no trusted TLS connection to 127.0.0.1");
    assert_int_equal(http_status, 0);
    lk__error_clear(&err);
    assert_fails(ask_tls("localhost", server.port, "/nonexistent/ca.pem", &http_status, &err),
                 LK_ERR_NETWORK, err);
    assert_contains(err.message, "no trusted TLS connection");
    lk__error_clear(&err);
    /* "-www" answers every request with a page of its own. */
    assert_ok(ask_tls("localhost", server.port, ca_file, &http_status, &err), err);
    assert_int_equal(http_status, 200);
    tls_stop(&server);
}

/* What a client of its own says about the server; it asks for keys and gets a page. */
static void ask_client(const char *base_url, lk_error *err)
{
    lk_auto(lk_client) client = NULL;

    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = "client_01", .base_url = base_url,
                                              .max_retries = -1),
                            &client, err),
              *err);
    assert_int_not_equal(lk_client_refresh_keys(client, err), LK_OK);
}

static void test_client_trusts_the_bundle_of_the_environment(void **state)
{
    static const char *const names[] = { "CURL_CA_BUNDLE", "SSL_CERT_FILE" };
    struct tls_server server;
    char ca_file[1024];
    char base_url[64];
    const char *data = getenv("TESTS_DATA");
    lk_error err = LK_ERROR_INIT;

    (void)state;
    snprintf(ca_file, sizeof(ca_file), "%s/tls-cert.pem", data == NULL ? "tests/data" : data);
    tls_start(&server);
    if (server.port == 0) {
        tls_stop(&server);
        skip();
    }
    snprintf(base_url, sizeof(base_url), "https://localhost:%d", server.port);
    unsetenv("CURL_CA_BUNDLE");
    unsetenv("SSL_CERT_FILE");
    ask_client(base_url, &err);
    assert_contains(err.message, "no trusted TLS connection");
    for (size_t i = 0; i < N_ROWS(names); i++) {
        setenv(names[i], ca_file, 1);
        ask_client(base_url, &err);
        assert_string_equal(err.message, "the signing keys cannot be fetched: WorkOS answered 200 "
                                         "with HTML instead of JSON");
        unsetenv(names[i]);
    }
    tls_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer_arrives_with_status_headers_and_body),
        cmocka_unit_test(test_body_is_posted_as_it_is),
        cmocka_unit_test(test_connection_is_used_again_and_forgets_the_request),
        cmocka_unit_test(test_bad_servers_get_a_sentence),
        cmocka_unit_test(test_silent_server_is_left_in_time),
        cmocka_unit_test(test_compressed_answer_is_measured_unpacked),
        cmocka_unit_test(test_too_many_headers_are_refused),
        cmocka_unit_test(test_redirect_is_handed_on_and_not_followed),
        cmocka_unit_test(test_headers_of_interim_answers_are_dropped),
        cmocka_unit_test(test_nobody_there_is_a_network_error),
        cmocka_unit_test(test_other_protocols_are_refused),
        cmocka_unit_test(test_line_break_in_a_header_is_refused),
        cmocka_unit_test(test_threads_share_the_transport),
        cmocka_unit_test(test_proxy_of_the_environment_never_sees_plain_requests),
        cmocka_unit_test(test_proxies_of_environment_and_options_are_used),
        cmocka_unit_test(test_tls_is_verified),
        cmocka_unit_test(test_client_trusts_the_bundle_of_the_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
