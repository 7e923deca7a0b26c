/* latchkey serve: sign-in and the mirror as a web server. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "print.h"
#include "server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

/* What the options own; freed after the server has stopped. */
typedef struct settings {
    server_options server;
    char *store, *client_id, *base_url, *issuer, *redirect_uri, *cookie_name, *cookie_domain,
        *same_site;
    char *cookie_password, *cookie_password_previous, *webhook_secret;
    lk_client *client;
} settings;

static void settings_deinit(settings *own)
{
    lk_client_free(own->client);
    lk_rules_free(own->server.rules);
    lk_networks_free(own->server.proxies);
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
}

/* For this run only: who restarts the server signs in again. */
static lk_status make_password(char **out, lk_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[32];
    char *password = calloc(1, 2 * sizeof(random) + 1);

    if (password == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        free(password);
        return failed(err, LK_ERR_NO_MEMORY, "no random bytes: %s", strerror(errno));
    }
    for (size_t i = 0; i < sizeof(random); i++) {
        password[2 * i] = digits[random[i] >> 4];
        password[2 * i + 1] = digits[random[i] & 15];
    }
    explicit_bzero(random, sizeof(random));
    *out = password;
    return LK_OK;
}

static lk_status read_password(const app_arguments *given, settings *own, lk_error *err)
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
    fputs("latchkey: WORKOS_COOKIE_PASSWORD is not set: using a random one, so sessions end with "
          "this run\n",
          stderr);
    return make_password(&own->cookie_password, err);
}

static lk_status read_cookie(const app_arguments *given, settings *own, lk_error *err)
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
static lk_status check_redirect_uri(const settings *own, lk_error *err)
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
        fprintf(stderr,
                "latchkey: this listens beyond this machine, but sign-in leads back to %s: only "
                "browsers on this machine get there\n",
                uri);
    else if (strncasecmp(uri, "http://", 7) == 0)
        fprintf(stderr,
                "latchkey: sign-in leads back to %s: without https anybody on the way reads the "
                "session cookies; put a TLS proxy in front\n",
                uri);
    return LK_OK;
}

static lk_status read_mode(const app_arguments *given, settings *own, lk_error *err)
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

static lk_status read_storage(const app_arguments *given, lk_web_options *web, lk_error *err)
{
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

static lk_status read_rules(const app_arguments *given, server_options *wanted, lk_error *err)
{
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
static lk_status read_proxies(const app_arguments *given, server_options *wanted, lk_error *err)
{
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

static lk_status read_tls(const app_arguments *given, server_options *wanted, lk_error *err)
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
    return tls_new(certificate, key, &wanted->tls, err);
}

static lk_status read_listen(const app_arguments *given, server_options *wanted, lk_error *err)
{
    char *text CLEANUP(free_textp) = NULL;

    TRY(config_text(given, "listen", "LATCHKEY_LISTEN", &text, err));
    return listen_parse(text != NULL ? text : "127.0.0.1:3000", &wanted->address, err);
}

/* The feed needs a key, sign-in with PKCE alone does not: a server without one only signs in. */
static lk_status read_key(const app_arguments *given, settings *own, lk_error *err)
{
    char *key CLEANUP(free_secretp) = NULL;

    TRY(config_secret(given, "api-key-file", "WORKOS_API_KEY", &key, err));
    own->server.follows = key != NULL;
    if (key == NULL)
        fputs("latchkey: WORKOS_API_KEY is not set: people can sign in, but directory events are "
              "not followed\n",
              stderr);
    return LK_OK;
}

static lk_status read_settings(const app_arguments *given, settings *own, lk_error *err)
{
    server_options *wanted = &own->server;

    TRY(read_listen(given, wanted, err));
    TRY(read_tls(given, wanted, err));
    TRY(read_rules(given, wanted, err));
    TRY(read_proxies(given, wanted, err));
    TRY(read_mode(given, own, err));
    TRY(read_storage(given, &wanted->web, err));
    TRY(read_key(given, own, err));
    TRY(config_client(given, CONFIG_NEEDS_CLIENT_ID | CONFIG_KEEPS_KEYS, (lk_log){ 0 },
                      &own->client, err));
    TRY(read_cookie(given, own, err));
    TRY(config_secret(given, "webhook-secret-file", "WORKOS_WEBHOOK_SECRET", &own->webhook_secret,
                      err));
    TRY(config_text(given, "client-id", "WORKOS_CLIENT_ID", &own->client_id, err));
    TRY(config_base_url(given, &own->base_url, err));
    TRY(config_text(given, NULL, "WORKOS_ISSUER", &own->issuer, err));
    TRY(config_store(given, &own->store, err));
    wanted->client = own->client;
    wanted->store = own->store;
    wanted->client_id = own->client_id;
    wanted->base_url = own->base_url;
    wanted->issuer = own->issuer;
    wanted->webhook_secret = own->webhook_secret;
    wanted->poll_ms = (int)arguments_number(given, "poll-interval", 5) * 1000;
    wanted->logs_requests = arguments_has(given, "log-requests");
    return LK_OK;
}

static void wait_for_signal(const sigset_t *stopping)
{
    int signal = 0;

    sigwait(stopping, &signal);
    /* A second one ends the program at once. */
    pthread_sigmask(SIG_UNBLOCK, stopping, NULL);
}

static lk_status serve(settings *own, bool *is_whole, lk_error *err)
{
    sigset_t stopping;
    server *running = NULL;
    bool first = true;

    /* Blocked before any thread starts, so that none but this one takes it. */
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stopping, NULL);
    TRY(serve_start(&own->server, &running, err));
    fputs("{\"ready\":true", stdout);
    first = false;
    print_json_field(stdout, &first, "url", running->origin);
    printf(",\"port\":%d}\n", running->address.port);
    fflush(stdout);
    wait_for_signal(&stopping);
    *is_whole = serve_stop(running);
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    settings own = { 0 };
    bool is_whole = true;

    lk_status status = read_settings(given, &own, &err);
    if (status == LK_OK)
        status = serve(&own, &is_whole, &err);
    if (!is_whole) {
        /* The feed's thread still uses the client: nothing may be freed under it. */
        fputs("latchkey: WorkOS does not answer; ending without waiting for it\n", stderr);
        fflush(NULL);
        _exit(EXIT_DONE);
    }
    settings_deinit(&own);
    return finish(status, &err);
}

static const app_option options[] = {
    { .name = "listen",
      .value = "ADDRESS:PORT",
      .help = "Where to listen; else 127.0.0.1:3000",
      .variable = "LATCHKEY_LISTEN" },
    OPTION_STORE,
    { .name = "mode", .value = "authkit|sso", .help = "How people sign in; else authkit" },
    { .name = "allow",
      .value = "RULE",
      .help =
          "Who sees every organization: role=SLUG, permission=SLUG, organization=ID, feature=SLUG",
      .is_repeatable = true },
    { .name = "redirect-uri",
      .value = "URL",
      .help = "The public address of /callback; else http://localhost:PORT/callback",
      .variable = "WORKOS_REDIRECT_URI" },
    { .name = "connection", .value = "ID", .help = "Sign in through this connection (sso)" },
    { .name = "organization", .value = "ID", .help = "Sign in to this organization" },
    { .name = "provider", .value = "NAME", .help = "Sign in through this provider" },
    { .name = "allow-idp-initiated",
      .help = "Take sign-ins that begin at an identity provider; others can then be signed in as "
              "somebody else" },
    { .name = "poll-interval",
      .value = "SECONDS",
      .help = "How often to ask for events; else 5",
      .is_number = true,
      .minimum = 1,
      .maximum = 3600 },
    OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE,
    OPTION_BASE_URL,
    OPTION_KEY_CACHE,
    { .name = "cookie-password-file",
      .value = "FILE",
      .help = "The file with the cookie password",
      .variable = "WORKOS_COOKIE_PASSWORD" },
    { .name = "cookie-password-previous-file",
      .value = "FILE",
      .help = "The one before it: still opens cookies, seals none",
      .variable = "WORKOS_COOKIE_PASSWORD_PREVIOUS" },
    { .name = "sessions",
      .value = "cookie|store|auto",
      .help =
          "Keep sessions in cookies, in the store, or there when cookies cannot hold them (auto)" },
    { .name = "webhook-secret-file",
      .value = "FILE",
      .help = "The file with the webhook endpoint's secret",
      .variable = "WORKOS_WEBHOOK_SECRET" },
    { .name = "trusted-proxy",
      .value = "RANGE",
      .help = "A proxy in front, as 10.0.0.0/8 or 192.0.2.7: it says who asks, in logs",
      .is_repeatable = true },
    { .name = "proxy-header",
      .value = "x-forwarded|forwarded",
      .help = "The headers that these proxies set; else x-forwarded" },
    { .name = "log-requests", .help = "Write one line per request to stderr, without secrets" },
    { .name = "tls-certificate",
      .value = "FILE",
      .help = "Speak HTTPS with this certificate and those behind it (PEM)" },
    { .name = "tls-key", .value = "FILE", .help = "The certificate's key (PEM)" },
};

const app_command command_serve = {
    .name = "serve",
    .help = "Run sign-in and the directory mirror as a web server",
    .details = "A signed-in person sees the events and directories of their own organization. Who\n"
               "meets one --allow sees all of them; one may name several conditions, with spaces\n"
               "between, and then all of them count.\n"
               "The cookie: WORKOS_COOKIE_NAME, _DOMAIN, _MAX_AGE, _SAMESITE. A line of JSON on\n"
               "stdout says when the server is ready.\n" DETAILS_SECRETS,
    .examples = "  WORKOS_CLIENT_ID=client_… WORKOS_API_KEY_FILE=key latchkey serve\n"
                "  latchkey serve --listen 127.0.0.1:8080 --mode sso --organization org_…\n"
                "  latchkey serve --allow role=admin --allow permission=directory:read\n"
                "  latchkey serve --allow \"role=support organization=org_…\"\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
