/* The emulator in this process, asked over real HTTP. */
#include "emulator-kit.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <mbedtls/base64.h>
#include <mbedtls/md.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static emulator *self;
static char elsewhere[64];
answer last;

const char *emulator_kit_url(void)
{
    return *elsewhere ? elsewhere : emulator_url(self);
}

void emulator_kit_point_at(const char *url)
{
    snprintf(elsewhere, sizeof elsewhere, "%s", url ? url : "");
}

static void forget_last(void)
{
    free(last.body);
    cJSON_Delete(last.json);
    last = (answer){ 0 };
}

int emulator_kit_start(emulator_options options)
{
    char error[EMULATOR_ERROR_SIZE] = "";
    options.random_seed = 7;
    options.control = true;
    if (emulator_start(&options, &self, error))
        fprintf(stderr, "%s\n", error);
    return self ? 0 : -1;
}

int emulator_kit_set_up(void **state)
{
    (void)state;
    return emulator_kit_start((emulator_options){ 0 });
}

int emulator_kit_tear_down(void **state)
{
    (void)state;
    forget_last();
    emulator_stop(self);
    self = NULL;
    return 0;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *ctx)
{
    (void)ctx;
    last.body = realloc(last.body, last.len + size * n + 1);
    memcpy(last.body + last.len, bytes, size * n);
    last.len += size * n;
    last.body[last.len] = '\0';
    return size * n;
}

static void take_value(const char *line, size_t len, const char *name, char *out, size_t out_size)
{
    size_t name_len = strlen(name);
    if (len > name_len + 2 && strncasecmp(line, name, name_len) == 0)
        snprintf(out, out_size, "%.*s", (int)(len - name_len - 2), line + name_len);
}

static size_t take_header(char *line, size_t size, size_t n, void *ctx)
{
    (void)ctx;
    take_value(line, size * n, "location: ", last.location, sizeof last.location);
    take_value(line, size * n, "x-request-id: ", last.request_id, sizeof last.request_id);
    take_value(line, size * n, "retry-after: ", last.retry_after, sizeof last.retry_after);
    take_value(line, size * n, "date: ", last.date, sizeof last.date);
    take_value(line, size * n, "content-type: ", last.type, sizeof last.type);
    return size * n;
}

long call_as(const char *key, const char *method, const char *path, const char *type,
             const char *body)
{
    char url[4096], header[4096], content[128];
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = NULL;
    forget_last();
    snprintf(url, sizeof url, "%s%s", emulator_kit_url(), path);
    snprintf(header, sizeof header, "Authorization: Bearer %s", key ? key : "");
    snprintf(content, sizeof content, "Content-Type: %s", type ? type : "");
    if (key)
        headers = curl_slist_append(headers, header);
    if (type)
        headers = curl_slist_append(headers, content);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    last.failed = (int)curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &last.status);
    last.json = last.body ? cJSON_Parse(last.body) : NULL;
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return last.status;
}

long get(const char *path)
{
    return call_as(EMULATOR_API_KEY, "GET", path, NULL, NULL);
}

long control(const char *method, const char *path, const char *body)
{
    return call_as(NULL, method, path, JSON, body);
}

const cJSON *at(const cJSON *from, const char *path)
{
    char part[64];
    while (from && *path) {
        size_t len = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)len, path);
        from = cJSON_IsArray(from) ? cJSON_GetArrayItem(from, atoi(part))
                                   : cJSON_GetObjectItemCaseSensitive(from, part);
        path += len + (path[len] == '.');
    }
    return from;
}

const char *text(const char *path)
{
    const char *found = cJSON_GetStringValue(at(last.json, path));
    return found ? found : "";
}

int count(const char *path)
{
    return cJSON_GetArraySize(at(last.json, path));
}

void parameter(const char *url, const char *name, char out[SIZE])
{
    char key[64];
    snprintf(key, sizeof key, "%s=", name);
    const char *found = strstr(url, key);
    snprintf(out, SIZE, "%.*s", found ? (int)strcspn(found + strlen(key), "&") : 0,
             found ? found + strlen(key) : "");
}

const char *authorize(const char *more)
{
    static char path[2048];
    snprintf(path, sizeof path,
             "/user_management/authorize?response_type=code&client_id=%s&redirect_uri=%s"
             "&state=a%%20state&%s",
             EMULATOR_CLIENT_ID, CALLBACK, more);
    return path;
}

void sign_in(const char *more, const char *click, char out[SIZE])
{
    assert_int_equal(call_as(NULL, "POST", authorize(more), FORM, click), 302);
    parameter(last.location, "code", out);
    assert_true(*out);
}

long redeem(const char *code, const char *verifier)
{
    char body[1024];
    snprintf(body, sizeof body,
             "{\"grant_type\":\"authorization_code\",\"client_id\":\"" EMULATOR_CLIENT_ID
             "\",\"code\":\"%s\",\"code_verifier\":\"%s\"}",
             code, verifier);
    return call_as(NULL, "POST", "/user_management/authenticate", JSON, body);
}

long refresh(const char *token, const char *more)
{
    char body[1024];
    snprintf(body, sizeof body,
             "grant_type=refresh_token&client_id=" EMULATOR_CLIENT_ID "&refresh_token=%s%s", token,
             more);
    return call_as(NULL, "POST", "/user_management/authenticate", FORM, body);
}

void full_sign_in(const char *click)
{
    char code[512];
    sign_in(WITH_PKCE, click, code);
    assert_int_equal(redeem(code, VERIFIER), 200);
}

static size_t decode(const char *encoded, size_t len, unsigned char *out, size_t out_size)
{
    char padded[4096] = "";
    size_t written = 0;
    assert_true(len + 4 < sizeof padded);
    for (size_t i = 0; i < len; i++)
        padded[i] = encoded[i] == '-' ? '+' : encoded[i] == '_' ? '/' : encoded[i];
    memcpy(padded + len, "====", (4 - len % 4) % 4);
    assert_int_equal(
        mbedtls_base64_decode(out, out_size, &written, (unsigned char *)padded, strlen(padded)), 0);
    return written;
}

cJSON *claims_of(const char *token)
{
    unsigned char claims[4096] = "";
    const char *from = strchr(token, '.') + 1;
    size_t len = decode(from, strcspn(from, "."), claims, sizeof claims - 1);
    return cJSON_ParseWithLength((char *)claims, len);
}

bool is_signed(const char *token)
{
    unsigned char n[512], e[16], signature[512], hash[32];
    const char *dot = strrchr(token, '.');
    char signed_part[4096];
    snprintf(signed_part, sizeof signed_part, "%.*s", (int)(dot - token), token);
    size_t signature_len = decode(dot + 1, strlen(dot + 1), signature, sizeof signature);
    get("/sso/jwks/" EMULATOR_CLIENT_ID);
    size_t n_len = decode(text("keys.0.n"), strlen(text("keys.0.n")), n, sizeof n);
    size_t e_len = decode(text("keys.0.e"), strlen(text("keys.0.e")), e, sizeof e);
    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), (unsigned char *)signed_part,
               strlen(signed_part), hash);
    mbedtls_rsa_context key;
#if MBEDTLS_VERSION_MAJOR >= 3
    mbedtls_rsa_init(&key);
#else
    mbedtls_rsa_init(&key, MBEDTLS_RSA_PKCS_V15, MBEDTLS_MD_NONE);
#endif
    int failed = mbedtls_rsa_import_raw(&key, n, n_len, NULL, 0, NULL, 0, NULL, 0, e, e_len);
    failed = failed || mbedtls_rsa_complete(&key) || signature_len != n_len;
#if MBEDTLS_VERSION_MAJOR >= 3
    failed = failed || mbedtls_rsa_pkcs1_verify(&key, MBEDTLS_MD_SHA256, 32, hash, signature);
#else
    failed = failed || mbedtls_rsa_pkcs1_verify(&key, NULL, NULL, MBEDTLS_RSA_PUBLIC,
                                                MBEDTLS_MD_SHA256, 32, hash, signature);
#endif
    mbedtls_rsa_free(&key);
    return !failed;
}

size_t call_raw(const char *bytes, size_t len, char *out, size_t out_size)
{
    struct sockaddr_in there = { .sin_family = AF_INET };
    const struct timeval patience = { .tv_sec = 15 };
    size_t filled = 0;
    ssize_t n = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    there.sin_port = htons((uint16_t)atoi(strrchr(emulator_kit_url(), ':') + 1));
    there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&there, sizeof there), 0);
    for (size_t sent = 0; sent < len; sent += (size_t)n) {
        n = send(fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        if (n <= 0)
            break; /* refused before the end: the answer says so */
    }
    shutdown(fd, SHUT_WR);
    while (filled + 1 < out_size && (n = recv(fd, out + filled, out_size - 1 - filled, 0)) > 0)
        filled += (size_t)n;
    out[filled] = '\0';
    close(fd);
    return filled;
}
