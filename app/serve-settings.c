/* What latchkey serve is told; see serve-settings.h. */
#include "serve-settings.h"

#include "config.h"
#include "fail.h"
#include "print.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static lk_status read_password(const app_arguments *given, serve_settings *own, lk_error *err)
{
    TRY(config_secret(given, "cookie-password-file", "WORKOS_COOKIE_PASSWORD",
                      &own->cookie_password, err));
    if (own->cookie_password != NULL)
        return LK_OK;
    if (!own->server.address.is_loopback)
        return failed(
            err, LK_ERR_INVALID,
            "no cookie password: set WORKOS_COOKIE_PASSWORD or WORKOS_COOKIE_PASSWORD_FILE "
            "to a secret of at least 32 characters (openssl rand -base64 32)");
    journal_tell(&own->server.log, JOURNAL_WARNING,
                 "WORKOS_COOKIE_PASSWORD is not set: using a random one, so sessions end with this "
                 "run");
    /* For this run only: who restarts the server signs in again. */
    return config_make_secret("", &own->cookie_password, err);
}

static lk_status read_cookie(const app_arguments *given, serve_settings *own, lk_error *err)
{
    lk_web_options *web = &own->server.web;

    TRY(read_password(given, own, err));
    TRY(config_secret(given, "cookie-password-previous-file", "WORKOS_COOKIE_PASSWORD_PREVIOUS",
                      &own->cookie_password_previous, err));
    TRY(config_text(given, NULL, "WORKOS_COOKIE_NAME", &own->cookie_name, err));
    TRY(config_text(given, NULL, "WORKOS_COOKIE_DOMAIN", &own->cookie_domain, err));
    TRY(config_text(given, NULL, "WORKOS_COOKIE_SAMESITE", &own->same_site, err));
    if (own->same_site == NULL)
        TRY(config_text(given, NULL, "WORKOS_COOKIE_SAME_SITE", &own->same_site, err));
    TRY(config_number("WORKOS_COOKIE_MAX_AGE", 1, 400LL * 24 * 3600, 0, &web->cookie_max_age_s,
                      err));
    web->cookie_password = own->cookie_password;
    web->cookie_password_previous = own->cookie_password_previous;
    web->cookie_name = own->cookie_name;
    web->cookie_domain = own->cookie_domain;
    web->cookie_same_site = own->same_site;
    return LK_OK;
}

/* What comes in from elsewhere does not tell where it came to: proxies and visitors write Host as
 * they like. So the public address is a setting, asked for before the port is opened. */
static lk_status check_redirect_uri(const serve_settings *own, lk_error *err)
{
    const char *uri = own->redirect_uri;

    if (own->server.tls != NULL && uri != NULL && strncasecmp(uri, "http://", 7) == 0)
        return failed(err, LK_ERR_INVALID,
                      "sign-in leads back to %.200s, but this server speaks HTTPS: set "
                      "WORKOS_REDIRECT_URI or --redirect-uri to its https address",
                      uri);
    if (own->server.address.is_loopback)
        return LK_OK;
    if (uri == NULL)
        return failed(
            err, LK_ERR_INVALID,
            "listening beyond this machine needs to know its public address: set "
            "WORKOS_REDIRECT_URI or --redirect-uri, e.g. https://app.example.com/callback");
    if (config_is_local_url(uri))
        journal_tell(
            &own->server.log, JOURNAL_WARNING,
            "this listens beyond this machine, but sign-in leads back to %s: only browsers "
            "on this machine get there",
            uri);
    else if (strncasecmp(uri, "http://", 7) == 0)
        journal_tell(&own->server.log, JOURNAL_WARNING,
                     "sign-in leads back to %s: without https anybody on the way reads the session "
                     "cookies; put a TLS proxy in front",
                     uri);
    return LK_OK;
}

static lk_status read_mode(const app_arguments *given, serve_settings *own, lk_error *err)
{
    const char *mode = arguments_text(given, "mode");
    lk_web_options *web = &own->server.web;

    TRY(config_text(given, "redirect-uri", "WORKOS_REDIRECT_URI", &own->redirect_uri, err));
    TRY(check_redirect_uri(own, err));
    web->redirect_uri = own->redirect_uri;
    web->connection = arguments_text(given, "connection");
    web->organization_id = arguments_text(given, "organization");
    web->provider = arguments_text(given, "provider");
    web->allow_idp_initiated = arguments_has(given, "allow-idp-initiated");
    if (mode == NULL || strcmp(mode, "authkit") == 0)
        web->mode = LK_WEB_AUTHKIT;
    else if (strcmp(mode, "sso") == 0)
        web->mode = LK_WEB_SSO;
    else
        return failed(err, LK_ERR_INVALID, "--mode takes authkit or sso");
    return LK_OK;
}

static lk_status read_storage(const app_arguments *given, serve_settings *own, lk_error *err)
{
    lk_web_options *web = &own->server.web;
    static const char *const words[] = { [LK_SESSIONS_IN_COOKIES] = "cookie",
                                         [LK_SESSIONS_IN_STORE] = "store",
                                         [LK_SESSIONS_AUTO] = "auto" };
    const char *word = arguments_text(given, "sessions");

    web->session_storage = LK_SESSIONS_AUTO;
    if (word == NULL)
        return LK_OK;
    for (size_t i = 0; i < N_ITEMS(words); i++) {
        if (strcmp(word, words[i]) != 0)
            continue;
        web->session_storage = (lk_session_storage)i;
        return LK_OK;
    }
    return failed(err, LK_ERR_INVALID, "--sessions takes cookie, store or auto");
}

static lk_status read_rules(const app_arguments *given, serve_settings *own, lk_error *err)
{
    server_options *wanted = &own->server;
    const char *text = NULL;

    TRY(lk_rules_new(&wanted->rules, err));
    for (size_t i = 0; (text = arguments_nth(given, "allow", i)) != NULL; i++) {
        lk_error cause = LK_ERROR_INIT;
        lk_status status = lk_rules_add(wanted->rules, text, &cause);
        if (status != LK_OK)
            return failed(err, status, "--allow: %s", cause.message);
    }
    return LK_OK;
}

/* Off unless somebody names the proxies: from anybody else these headers are what the visitor
 * wrote.
 */
static lk_status read_proxies(const app_arguments *given, serve_settings *own, lk_error *err)
{
    server_options *wanted = &own->server;
    const char *style = arguments_text(given, "proxy-header");
    const char *range = arguments_nth(given, "trusted-proxy", 0);

    if (range == NULL)
        return style == NULL ? LK_OK
                             : failed(err, LK_ERR_INVALID,
                                      "--proxy-header needs --trusted-proxy: whose header is it?");
    if (style != NULL && strcmp(style, "forwarded") == 0)
        wanted->proxy_headers = LK_PROXY_FORWARDED;
    else if (style != NULL && strcmp(style, "x-forwarded") != 0)
        return failed(err, LK_ERR_INVALID, "--proxy-header takes x-forwarded or forwarded");
    TRY(lk_networks_new(&wanted->proxies, err));
    for (size_t i = 0; (range = arguments_nth(given, "trusted-proxy", i)) != NULL; i++) {
        lk_error cause = LK_ERROR_INIT;
        lk_status status = lk_networks_add(wanted->proxies, range, &cause);
        if (status != LK_OK)
            return failed(err, status, "--trusted-proxy: %s", cause.message);
    }
    return LK_OK;
}

static lk_status read_tls(const app_arguments *given, serve_settings *own, lk_error *err)
{
    char *certificate CLEANUP(free_textp) = NULL;
    char *key CLEANUP(free_textp) = NULL;

    TRY(config_text(given, "tls-certificate", NULL, &certificate, err));
    TRY(config_text(given, "tls-key", NULL, &key, err));
    if (certificate == NULL && key == NULL)
        return LK_OK;
    if (certificate == NULL || key == NULL)
        return failed(err, LK_ERR_INVALID,
                      "--tls-certificate and --tls-key go together; one file may be both");
    return tls_new(certificate, key, &own->server.tls, err);
}

static lk_status read_listen(const app_arguments *given, serve_settings *own, lk_error *err)
{
    server_options *wanted = &own->server;
    char *text CLEANUP(free_textp) = NULL;

    /* What comes after is looked at as on this machine where this cannot be read. */
    wanted->address.is_loopback = true;
    TRY(config_text(given, "listen", "LATCHKEY_LISTEN", &text, err));
    return listen_parse(text != NULL ? text : "127.0.0.1:3000", &wanted->address, err);
}

/* The feed needs a key, sign-in with PKCE alone does not: a server without one only signs in. */
static lk_status read_key(const app_arguments *given, serve_settings *own, lk_error *err)
{
    char *key CLEANUP(free_secretp) = NULL;

    TRY(config_secret(given, "api-key-file", "WORKOS_API_KEY", &key, err));
    own->server.follows = key != NULL;
    if (key == NULL)
        journal_tell(&own->server.log, JOURNAL_WARNING,
                     "WORKOS_API_KEY is not set: people can sign in, but directory events are not "
                     "followed");
    return LK_OK;
}

static lk_status read_log(const app_arguments *given, serve_settings *own, lk_error *err)
{
    const char *format = arguments_text(given, "log-format");
    const char *level = arguments_text(given, "log-level");
    journal *log = &own->server.log;

    *log = (journal){ .as_json = format != NULL && strcmp(format, "json") == 0,
                      .level = JOURNAL_INFO };
    own->server.logs_requests = arguments_has(given, "log-requests");
    if (format != NULL && !log->as_json && strcmp(format, "text") != 0)
        return failed(err, LK_ERR_INVALID, "--log-format takes text or json");
    if (level != NULL && !journal_read_level(level, &log->level))
        return failed(err, LK_ERR_INVALID, "--log-level takes error, warning, info or debug");
    return LK_OK;
}

static void tell_exchange(void *ctx, const char *text)
{
    journal_tell(ctx, JOURNAL_DEBUG, "%s", text);
}

static lk_status read_client(const app_arguments *given, serve_settings *own, lk_error *err)
{
    const lk_log log = { .line = tell_exchange, .ctx = &own->server.log };

    TRY(config_client(given, CONFIG_NEEDS_CLIENT_ID | CONFIG_KEEPS_KEYS, log, &own->client, err));
    own->server.client = own->client;
    TRY(config_text(given, "client-id", "WORKOS_CLIENT_ID", &own->client_id, err));
    TRY(config_base_url(given, &own->base_url, err));
    TRY(config_text(given, NULL, "WORKOS_ISSUER", &own->issuer, err));
    own->server.client_id = own->client_id;
    own->server.base_url = own->base_url;
    own->server.issuer = own->issuer;
    return LK_OK;
}

/* WorkOS, https://workos.com/docs/events/data-syncing/webhooks: "IP addresses" that webhooks come
 * from. They may change: hence a word for them, and no default. */
static const char *const workos_addresses[] = {
    "3.217.146.166", "23.21.184.92", "34.204.154.149", "44.213.245.178", "44.215.236.82",
    "50.16.203.9",   "52.1.251.34",  "52.21.49.187",   "174.129.36.47",
};

static lk_status add_source(lk_networks *sources, const char *range, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    lk_status status = lk_networks_add(sources, range, &cause);

    return status == LK_OK ? LK_OK : failed(err, status, "--webhook-from: %s", cause.message);
}

static lk_status read_sources(const app_arguments *given, server_options *wanted, lk_error *err)
{
    const char *range = arguments_nth(given, "webhook-from", 0);

    if (range == NULL)
        return LK_OK;
    TRY(lk_networks_new(&wanted->webhook_sources, err));
    for (size_t i = 0; (range = arguments_nth(given, "webhook-from", i)) != NULL; i++) {
        bool is_word = strcmp(range, "workos") == 0;
        for (size_t j = 0; is_word && j < N_ITEMS(workos_addresses); j++)
            TRY(add_source(wanted->webhook_sources, workos_addresses[j], err));
        if (!is_word)
            TRY(add_source(wanted->webhook_sources, range, err));
    }
    return LK_OK;
}

static lk_status read_webhooks(const app_arguments *given, serve_settings *own, lk_error *err)
{
    TRY(config_secret(given, "webhook-secret-file", "WORKOS_WEBHOOK_SECRET", &own->webhook_secret,
                      err));
    TRY(config_secret(given, "webhook-secret-previous-file", "WORKOS_WEBHOOK_SECRET_PREVIOUS",
                      &own->webhook_secret_previous, err));
    if (own->webhook_secret == NULL && own->webhook_secret_previous != NULL)
        return failed(err, LK_ERR_INVALID,
                      "WORKOS_WEBHOOK_SECRET_PREVIOUS is the one before WORKOS_WEBHOOK_SECRET: set "
                      "that, too");
    own->server.webhook_secret = own->webhook_secret;
    own->server.webhook_secret_previous = own->webhook_secret_previous;
    return read_sources(given, &own->server, err);
}

static lk_status read_store(const app_arguments *given, serve_settings *own, lk_error *err)
{
    server_options *wanted = &own->server;

    TRY(config_store(given, &own->store, err));
    wanted->store = own->store;
    wanted->poll_ms = (int)arguments_number(given, "poll-interval", 5) * 1000;
    wanted->keep_days = (int)arguments_number(given, "keep-days", 0);
    wanted->max_watchers = (int)arguments_number(given, "max-watchers", 0);
    return LK_OK;
}

static const struct part {
    const char *name;
    lk_status (*read)(const app_arguments *given, serve_settings *own, lk_error *err);
} parts[] = {
    { "log", read_log },           { "listen", read_listen },
    { "TLS", read_tls },           { "who sees what", read_rules },
    { "proxies", read_proxies },   { "sign-in", read_mode },
    { "sessions", read_storage },  { "API key", read_key },
    { "client", read_client },     { "cookie", read_cookie },
    { "webhooks", read_webhooks }, { "store", read_store },
};

lk_status serve_settings_read(const app_arguments *given, serve_settings *own, lk_error *err)
{
    for (size_t i = 0; i < N_ITEMS(parts); i++)
        TRY(parts[i].read(given, own, err));
    return LK_OK;
}

void serve_settings_deinit(serve_settings *own)
{
    lk_client_free(own->client);
    lk_rules_free(own->server.rules);
    lk_networks_free(own->server.proxies);
    lk_networks_free(own->server.webhook_sources);
    tls_free(own->server.tls);
    free(own->store);
    free(own->client_id);
    free(own->base_url);
    free(own->issuer);
    free(own->redirect_uri);
    free(own->cookie_name);
    free(own->cookie_domain);
    free(own->same_site);
    free_secretp(&own->cookie_password);
    free_secretp(&own->cookie_password_previous);
    free_secretp(&own->webhook_secret);
    free_secretp(&own->webhook_secret_previous);
}

/* ---- --config-test ---- */

static lk_status try_port(const app_arguments *given, serve_settings *own, lk_error *err)
{
    listen_address address = own->server.address;

    (void)given;
    return listen_probe(&address, err);
}

/* The library says what is wrong with the cookie, the redirect URI, and what goes with what. */
static lk_status try_web(const app_arguments *given, serve_settings *own, lk_error *err)
{
    lk_web_options options = own->server.web;
    lk_auto(lk_web) web = NULL;

    (void)given;
    options.size = sizeof(options);
    options.client = own->client;
    options.session_storage = LK_SESSIONS_IN_COOKIES; /* the store is looked at by itself */
    if (options.redirect_uri == NULL)
        options.redirect_uri = "http://localhost:3000/callback";
    return lk_web_new(&options, &web, err);
}

/* "/a/b" of "/a/b/c", "/" of "/a", "." of "a". */
static void cut_to_parent(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL)
        strcpy(path, ".");
    else
        slash[slash == path ? 1 : 0] = '\0';
}

/* Whether a file could be made there, and the directories for it, as the store makes them. */
static lk_status try_place(const char *path, lk_error *err)
{
    char place[PATH_MAX];
    struct stat about;

    if (strlen(path) < 2 || strlen(path) >= sizeof(place))
        return failed(err, LK_ERR_INVALID, "the store's path is too %s",
                      strlen(path) < 2 ? "short" : "long");
    strcpy(place, path);
    do
        cut_to_parent(place);
    while (stat(place, &about) != 0 && errno == ENOENT && strcmp(place, ".") != 0);
    if (stat(place, &about) == 0 && !S_ISDIR(about.st_mode))
        errno = ENOTDIR;
    else if (access(place, W_OK | X_OK) == 0)
        return LK_OK;
    return failed(err, LK_ERR_STORE, "%.120s cannot be made: %.100s: %s", path, place,
                  strerror(errno));
}

static lk_status try_store(const app_arguments *given, serve_settings *own, lk_error *err)
{
    static const char sqlite[] = "sqlite:";
    lk_auto(lk_mirror) mirror = NULL;
    lk_mirror_status now = { .size = sizeof(now) };
    const char *path = own->store + strlen(sqlite);

    (void)given;
    /* To look is not to make one. */
    if (strncmp(own->store, sqlite, strlen(sqlite)) == 0 && access(path, F_OK) != 0)
        return try_place(path, err);
    TRY(lk_mirror_open(own->store, &mirror, err));
    return lk_mirror_get_status(mirror, &now, err);
}

/* Each needs the parts above it. */
static const struct part trials[] = {
    { "port", try_port },
    { "sign-in flow", try_web },
    { "store's state", try_store },
};

static void print_verdict(bool as_json, const char *name, const lk_error *err)
{
    bool is_good = err->status == LK_OK;
    bool first = true;

    if (!as_json) {
        printf("%-5s  %-14s  ", is_good ? "good" : "bad", name);
        print_text(stdout, is_good ? "" : err->message);
        putchar('\n');
        return;
    }
    putchar('{');
    print_json_field(stdout, &first, "part", name);
    print_json_field(stdout, &first, "verdict", is_good ? "good" : "bad");
    print_json_field(stdout, &first, "found", is_good ? NULL : err->message);
    puts("}");
}

static int test_part(const struct part *part, const app_arguments *given, serve_settings *own)
{
    lk_error err = LK_ERROR_INIT;
    lk_status status = part->read(given, own, &err);

    print_verdict(arguments_has(given, "json"), part->name, &err);
    return status == LK_OK ? EXIT_DONE : exit_code(&err);
}

int serve_settings_test(const app_arguments *given)
{
    serve_settings own = { .store = NULL };
    lk_error err = LK_ERROR_INIT;
    int first_fault = EXIT_DONE;
    int n_faults = 0;

    for (size_t i = 0; i < N_ITEMS(parts) + N_ITEMS(trials); i++) {
        bool is_trial = i >= N_ITEMS(parts);
        if (is_trial && i == N_ITEMS(parts) && n_faults > 0)
            break;
        int code = test_part(is_trial ? &trials[i - N_ITEMS(parts)] : &parts[i], given, &own);
        n_faults += code != EXIT_DONE;
        if (first_fault == EXIT_DONE)
            first_fault = code;
    }
    serve_settings_deinit(&own);
    int ended = finish(LK_OK, &err);
    if (ended != EXIT_DONE)
        return ended;
    if (n_faults > 0)
        fprintf(stderr, "latchkey: %d of the settings cannot be used: see above\n", n_faults);
    return first_fault;
}
