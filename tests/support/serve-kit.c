/* The server and its visitor; see serve-kit.h. */
#include "serve-kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct serve_kit it;
struct serve_kit_answer got;

static size_t take(char *bytes, size_t size, size_t n, void *ctx)
{
    (void)ctx;
    got.body = realloc(got.body, got.len + size * n + 1);
    memcpy(got.body + got.len, bytes, size * n);
    got.len += size * n;
    got.body[got.len] = '\0';
    if (got.at_first != NULL) {
        void (*run)(void) = got.at_first;
        got.at_first = NULL;
        run();
    }
    return got.stop_at != NULL && strstr(got.body, got.stop_at) != NULL ? 0 : size * n;
}

void forget(void)
{
    free(got.body);
    got.body = calloc(1, 1);
    got.len = 0;
    got.stop_at = NULL;
    got.at_first = NULL;
}

long visit(const char *path, const char *header, const char *form)
{
    char url[8192];
    struct curl_slist *headers = header != NULL ? curl_slist_append(NULL, header) : NULL;

    snprintf(url, sizeof(url), "%s%s", path[0] == '/' ? it.running->origin : "", path);
    curl_easy_setopt(it.browser, CURLOPT_URL, url);
    curl_easy_setopt(it.browser, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(it.browser, CURLOPT_HTTPGET, 1L);
    if (form != NULL) {
        curl_easy_setopt(it.browser, CURLOPT_POST, 1L);
        curl_easy_setopt(it.browser, CURLOPT_POSTFIELDS, form);
    }
    got.failed = (int)curl_easy_perform(it.browser);
    curl_easy_getinfo(it.browser, CURLINFO_RESPONSE_CODE, &got.status);
    curl_easy_setopt(it.browser, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return got.status;
}

long ask(const char *path)
{
    forget();
    return visit(path, NULL, NULL);
}

const char *redirect(char out[8192])
{
    char *url = NULL;

    curl_easy_getinfo(it.browser, CURLINFO_REDIRECT_URL, &url);
    snprintf(out, 8192, "%s", url != NULL ? url : "");
    return out;
}

void sign_in_as(const char *user_id)
{
    char url[8192];
    char form[256];

    assert_int_equal(ask("/login?return_to=/"), 302);
    redirect(url);
    snprintf(form, sizeof(form), "user_id=%s", user_id);
    forget();
    assert_int_equal(visit(url, NULL, form) / 100, 3);
    assert_int_equal(ask(redirect(url)), 302);
    snprintf(form, sizeof(form), "%s/", it.running->origin);
    assert_string_equal(redirect(url), form);
}

void wait_for(const char *path, const char *part)
{
    const struct timespec breath = { .tv_nsec = 20000000 };

    for (int i = 0; i < 500; i++) {
        ask(path);
        if (strstr(got.body, part) != NULL)
            return;
        nanosleep(&breath, NULL);
    }
    fail_msg("%s never has \"%s\": %s", path, part, got.body);
}

int serve_kit_set_up(void **state)
{
    lk_error err = LK_ERROR_INIT;

    if (emulator_kit_set_up(state) != 0)
        return -1;
    snprintf(it.directory, sizeof(it.directory), "/tmp/latchkey-serve-XXXXXX");
    if (mkdtemp(it.directory) == NULL)
        return -1;
    snprintf(it.store, sizeof(it.store), "sqlite:%s/mirror.db", it.directory);
    lk_status status = lk_client_new(LK_CLIENT_OPTIONS(.client_id = EMULATOR_CLIENT_ID,
                                                       .api_key = EMULATOR_API_KEY,
                                                       .base_url = emulator_kit_url()),
                                     &it.client, &err);
    it.options = (server_options){
        .address = { .host = "127.0.0.1", .is_loopback = true },
        .client = it.client,
        .store = it.store,
        .base_url = emulator_kit_url(),
        .follows = true,
        .max_watchers = N_WATCHERS,
        .poll_ms = 50,
        .web = { .cookie_password = "only-for-tests-only-for-tests-only" },
        .webhook_secret = SERVE_KIT_SECRET,
    };
    if (status == LK_OK)
        status = serve_start(&it.options, &it.running, &err);
    if (status != LK_OK)
        fprintf(stderr, "%s\n", err.message);
    it.browser = curl_easy_init();
    curl_easy_setopt(it.browser, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(it.browser, CURLOPT_PROXY, "");
    curl_easy_setopt(it.browser, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(it.browser, CURLOPT_WRITEFUNCTION, take);
    forget();
    return status == LK_OK ? 0 : -1;
}

int serve_kit_tear_down(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char path[256];

    curl_easy_cleanup(it.browser);
    serve_stop(it.running);
    lk_client_free(it.client);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/mirror.db%s", it.directory, ends[i]);
        unlink(path);
    }
    rmdir(it.directory);
    free(got.body);
    got.body = NULL;
    return emulator_kit_tear_down(state);
}
