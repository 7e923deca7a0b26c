/* latchkey serve: sign-in and the mirror as a web server. */
#include "command.h"
#include "config.h"
#include "fail.h"
#include "notify.h"
#include "print.h"
#include "serve-reload.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

/* Of memory. Else glibc makes eight for each processor, and what is free in one is of no use to who
 * takes from another; requests are as fast with four. */
#define N_ARENAS 4

#define HOUR_MS        (INT64_C(3600) * 1000)
#define CERTIFICATE_MS INT64_C(5000) /* between two looks at its files */

static void reload(const app_arguments *given, serve_settings *own, server *running)
{
    const journal *log = &own->server.log;
    lk_error err = LK_ERROR_INIT;

    notify_reloading();
    if (serve_reload(given, own, running, &err) == LK_OK)
        journal_tell(log, JOURNAL_INFO, "the secrets were read anew");
    else
        journal_tell(log, JOURNAL_ERROR, "the secrets stay as they were: %s", err.message);
    notify_ready();
}

/* A certificate that was renewed is taken without being asked to; one that cannot be is told of
 * once, and the one in force stays. */
static void look_at_certificate(serve_settings *own)
{
    lk_error err = LK_ERROR_INIT;
    bool is_new = false;

    if (own->server.tls == NULL)
        return;
    if (tls_refresh(own->server.tls, false, &is_new, &err) != LK_OK)
        journal_complain(&own->server.log, NULL, &err);
    else if (is_new)
        journal_tell(&own->server.log, JOURNAL_INFO, "the certificate was read anew");
}

/* Until somebody asks the server to end. The manager hears that this thread lives, and that those
 * who follow the feed let go of what it needs. */
static void keep_running(const app_arguments *given, serve_settings *own, server *running,
                         const sigset_t *signals)
{
    int64_t watchdog_ms = notify_watchdog_ms();
    int64_t idle_ms = own->server.tls != NULL ? CERTIFICATE_MS : HOUR_MS;
    int64_t pause_ms = watchdog_ms > 0 && watchdog_ms / 2 < idle_ms ? watchdog_ms / 2 : idle_ms;
    const struct timespec pause = { .tv_sec = (time_t)(pause_ms / 1000),
                                    .tv_nsec = (long)(pause_ms % 1000) * 1000000 };
    feed_status now;

    for (int signal = 0; signal != SIGINT && signal != SIGTERM;) {
        signal = sigtimedwait(signals, NULL, &pause);
        if (signal == SIGHUP)
            reload(given, own, running);
        look_at_certificate(own);
        feed_get_status(running->news, &now);
        if (watchdog_ms > 0)
            notify_alive();
    }
}

static lk_status serve(const app_arguments *given, serve_settings *own, bool *is_whole,
                       lk_error *err)
{
    sigset_t signals;
    server *running = NULL;
    bool first = true;

    (void)mallopt(M_ARENA_MAX, N_ARENAS);
    /* Blocked before any thread starts, so that none but this one takes it. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    TRY(serve_start(&own->server, &running, err));
    fputs("{\"ready\":true", stdout);
    first = false;
    print_json_field(stdout, &first, "url", running->origin);
    printf(",\"port\":%d}\n", running->address.port);
    fflush(stdout);
    notify_ready();
    keep_running(given, own, running, &signals);
    notify_stopping();
    /* A second one ends the program at once; nothing is read anew any more. */
    sigdelset(&signals, SIGHUP);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    *is_whole = serve_stop(running);
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    serve_settings own = { .store = NULL };
    bool is_whole = true;

    if (arguments_has(given, "config-test"))
        return serve_settings_test(given);
    if (arguments_has(given, "json"))
        return finish(failed(&err, LK_ERR_INVALID,
                             "--json goes with --config-test: for the log "
                             "take --log-format json"),
                      &err);
    lk_status status = serve_settings_read(given, &own, &err);
    if (status == LK_OK)
        status = serve(given, &own, &is_whole, &err);
    if (!is_whole) {
        /* The feed's thread still uses the client: nothing may be freed under it. */
        journal_tell(&own.server.log, JOURNAL_INFO,
                     "WorkOS does not answer; ending without waiting for it");
        fflush(NULL);
        _exit(EXIT_DONE);
    }
    if (status != LK_OK)
        journal_complain(&own.server.log, NULL, &err);
    serve_settings_deinit(&own);
    return status != LK_OK ? exit_code(&err) : finish(status, &err);
}

/* In the order of --help: where it is, who signs in, what is kept, what is told. */
static const app_option options[] = {
    { .name = "listen",
      .value = "ADDRESS:PORT",
      .help = "Where to listen (default: 127.0.0.1:3000)",
      .variable = "LATCHKEY_LISTEN" },
    { .name = "redirect-uri",
      .value = "URL",
      .help = "The public address of /callback (default: http://localhost:PORT/callback)",
      .variable = "WORKOS_REDIRECT_URI" },
    { .name = "tls-certificate",
      .value = "FILE",
      .help = "Speak HTTPS with this certificate and those behind it (PEM)" },
    { .name = "tls-key", .value = "FILE", .help = "The certificate's key (PEM)" },
    { .name = "trusted-proxy",
      .value = "RANGE",
      .help = "A proxy in front, as 10.0.0.0/8 or 192.0.2.7: it says who asks, in logs",
      .is_repeatable = true },
    { .name = "proxy-header",
      .value = "x-forwarded|forwarded",
      .help = "The headers that these proxies set (default: x-forwarded)" },
    OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE,
    OPTION_BASE_URL,
    OPTION_KEY_CACHE,
    { .name = "mode", .value = "authkit|sso", .help = "How people sign in (default: authkit)" },
    { .name = "connection", .value = "ID", .help = "Sign in through this connection (sso)" },
    { .name = "organization", .value = "ID", .help = "Sign in to this organization" },
    { .name = "provider", .value = "NAME", .help = "Sign in through this provider" },
    { .name = "allow-idp-initiated",
      .help = "Take sign-ins that begin at an identity provider; others can then be signed in as "
              "somebody else" },
    { .name = "cookie-password-file",
      .value = "FILE",
      .help = "The file with the cookie password, at least 32 characters",
      .variable = "WORKOS_COOKIE_PASSWORD" },
    { .name = "cookie-password-previous-file",
      .value = "FILE",
      .help = "The one before it: still opens cookies, seals none",
      .variable = "WORKOS_COOKIE_PASSWORD_PREVIOUS" },
    { .name = "sessions",
      .value = "cookie|store|auto",
      .help = "Keep sessions in cookies, in the store, or there when cookies cannot hold them "
              "(default: auto)" },
    { .name = "allow",
      .value = "RULE",
      .help = "Who sees every organization: role=SLUG, permission=SLUG, organization=ID, "
              "feature=SLUG or entitlement=SLUG (default: nobody)",
      .is_repeatable = true },
    OPTION_STORE,
    { .name = "poll-interval",
      .value = "SECONDS",
      .help = "How often to ask WorkOS for events (default: 5)",
      .is_number = true,
      .minimum = 1,
      .maximum = 3600 },
    OPTION_KEEP_DAYS,
    { .name = "webhook-secret-file",
      .value = "FILE",
      .help = "The file with the webhook endpoint's secret",
      .variable = "WORKOS_WEBHOOK_SECRET" },
    { .name = "webhook-secret-previous-file",
      .value = "FILE",
      .help = "The one before it: WorkOS may still sign with it for a while",
      .variable = "WORKOS_WEBHOOK_SECRET_PREVIOUS" },
    { .name = "webhook-from",
      .value = "RANGE|workos",
      .help = "Take webhooks from there alone: a network, or the addresses that WorkOS names "
              "(default: from anywhere, by their signature)",
      .is_repeatable = true },
    { .name = "max-watchers",
      .value = "N",
      .help = "How many event streams may be open, beside the 128 other connections (default: 256)",
      .is_number = true,
      .minimum = 1,
      .maximum = 2000 },
    { .name = "log-requests", .help = "Write one line per request to stderr, without secrets" },
    { .name = "log-format",
      .value = "text|json",
      .help = "How the log on stderr is written (default: text)" },
    { .name = "log-level",
      .value = "error|warning|info|debug",
      .help = "The least that is written (default: info)" },
    { .name = "config-test",
      .help = "Look at all settings, the port and the store, say what is wrong, and end" },
    { .name = "json", .help = "With --config-test: print JSON, one object per line" },
};

const app_command command_serve = {
    .name = "serve",
    .help = "Run sign-in and the directory mirror as a web server",
    .details =
        "A signed-in person sees the events and directories of their own organization. Who\n"
        "meets one --allow sees all of them; one may name several conditions, with spaces\n"
        "between, and then all of them count.\n"
        "\n"
        "The cookie: WORKOS_COOKIE_NAME, _DOMAIN, _MAX_AGE, _SAMESITE; see latchkey.env(5).\n"
        "\n"
        "A line of JSON on stdout says when the server is ready, and systemd is told\n"
        "(Type=notify, watchdog). SIGHUP reads the files of the secrets anew: cookie password,\n"
        "API key, webhook secret, certificate. The cookie password until then still opens\n"
        "sessions; where a file cannot be used all stay as they were.\n"
        "\n"
        "Visitors that keep the server waiting are hung up on when threads run short; event\n"
        "streams beyond --max-watchers get 503 and Retry-After. man latchkey-administering is a\n"
        "guide.\n" DETAILS_SECRETS,
    .examples = "  WORKOS_CLIENT_ID=client_… WORKOS_API_KEY_FILE=key latchkey serve\n"
                "  latchkey serve --listen 127.0.0.1:8080 --mode sso --organization org_…\n"
                "  latchkey serve --allow role=admin --allow permission=directory:read\n"
                "  latchkey serve --allow \"role=support organization=org_…\"\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
