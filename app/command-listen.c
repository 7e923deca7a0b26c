/* latchkey listen: forwards events to a server on this machine as WorkOS would send them.
 *
 * A consumer of the mirror: whoever fills the mirror (serve, sync run, or this command with --sync)
 * does so in its own time, and what was delivered is remembered under a name, across restarts and
 * kills. A receiver that does not answer is waited for; one that refuses an event again and again
 * holds up the others for a while only. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "delivery.h"
#include "fail.h"
#include "feed.h"
#include "moment.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TYPES  24
#define LOOK_MS    200 /* how soon a stop is noticed */
#define LEASE_MS   (DELIVERY_TIMEOUT_MS + 5000)
#define STALE_MS   (INT64_C(5) * 60 * 1000)
#define N_ATTEMPTS 6 /* as many as WorkOS makes */

typedef struct listening {
    const app_arguments *given;
    delivery out;
    lk_mirror *mirror;
    lk_consumer *consumer;
    int max_refusals;
    char refused_id[128]; /* the event that was refused last */
    int n_refusals;       /* of it, in a row */
    bool is_told;         /* what ails it, or that it stands by */
    atomic_bool is_stopped;
    pthread_t main_thread;
    lk_status status; /* why it stopped by itself; LK_OK when it did not */
    lk_error err;
} listening;

/* ---- Forwarding ---- */

static int count_refusal(listening *self, const char *id)
{
    if (strcmp(self->refused_id, id) != 0)
        self->n_refusals = 0;
    snprintf(self->refused_id, sizeof(self->refused_id), "%s", id);
    return ++self->n_refusals;
}

static lk_status handle(void *ctx, const lk_consumer_batch *batch, size_t *n_done, lk_error *err)
{
    listening *self = ctx;
    const lk_mirror_event *event = batch->items[0].event; /* batches of one */
    bool is_same = strcmp(self->refused_id, event->id) == 0;
    bool is_last = (is_same ? self->n_refusals : 0) + 1 >= self->max_refusals;

    (void)n_done;
    lk_status status =
        delivery_send(&self->out, event, batch->attempt, batch->items[0].is_replay, is_last, err);
    if (status == LK_OK || err->http_status == 0)
        return status;
    /* It is there, and does not want the event. */
    return count_refusal(self, event->id) >= self->max_refusals ? LK_OK : status;
}

/* Nothing that time would mend. */
static void stop_by_itself(listening *self, lk_status status, const lk_error *err)
{
    self->status = status;
    self->err = *err;
    atomic_store(&self->is_stopped, true);
    pthread_kill(self->main_thread, SIGTERM);
}

static void tell_once(listening *self, const char *text)
{
    if (!self->is_told)
        fprintf(stderr, "latchkey: %s\n", text);
    self->is_told = true;
}

static void tell(listening *self, lk_status status, const lk_consumer_result *result,
                 const lk_error *err)
{
    if (status == LK_OK && result->standing_by)
        tell_once(self, "another listen of this name runs, or was killed just now: standing by");
    else if (status == LK_ERR_STORE)
        tell_once(self, err->message);
    else if (status == LK_OK)
        self->is_told = false;
    else if (isatty(STDERR_FILENO) == 1) /* the row says why */
        fprintf(stderr, "latchkey: trying again in %d s\n",
                (int)(lk_consumer_wait_ms(self->consumer) + 500) / 1000);
}

static void wait_for_more(listening *self, bool is_failing)
{
    int64_t until_ms = clock_steady_ms() + lk_consumer_wait_ms(self->consumer);
    bool has_news = false;
    int64_t ms;

    while (!has_news && !atomic_load(&self->is_stopped) &&
           (ms = until_ms - clock_steady_ms()) > 0) {
        int slice = ms < LOOK_MS ? (int)ms : LOOK_MS;
        if (is_failing || lk_mirror_wait(self->mirror, slice, &has_news, NULL) != LK_OK)
            usleep((useconds_t)slice * 1000);
    }
}

static void *work(void *ctx)
{
    listening *self = ctx;

    while (!atomic_load(&self->is_stopped)) {
        lk_consumer_result result = { 0 };
        lk_error err = LK_ERROR_INIT;
        lk_status status = lk_consumer_step(self->consumer, &result, &err);
        if (status == LK_ERR_NOT_FOUND || (status == LK_ERR_STORE && ferror(stdout))) {
            stop_by_itself(self, status, &err);
            break;
        }
        tell(self, status, &result, &err);
        wait_for_more(self, status != LK_OK);
    }
    return NULL;
}

/* ---- What is asked for ---- */

/* Cuts text at its commas. */
static lk_status read_types(char *text, const char *types[MAX_TYPES], size_t *n_types,
                            lk_error *err)
{
    char *rest = text;

    for (char *type; (type = strsep(&rest, ",")) != NULL;) {
        if (*type == '\0' || *n_types == MAX_TYPES)
            return failed(err, LK_ERR_INVALID,
                          "--events takes 1 to %d types with commas between, such as "
                          "dsync.user.*,user.created",
                          MAX_TYPES);
        types[(*n_types)++] = type;
    }
    return LK_OK;
}

static lk_status read_from(const app_arguments *given, lk_consumer_place *out, lk_error *err)
{
    const char *text = arguments_text(given, "from");

    *out = (lk_consumer_place){ .from = LK_FROM_END };
    if (text == NULL || strcmp(text, "now") == 0)
        return LK_OK;
    if (strcmp(text, "beginning") == 0) {
        out->from = LK_FROM_BEGINNING;
    } else if (strncmp(text, "event_", 6) == 0 || strncmp(text, "evt_", 4) == 0) {
        out->from = LK_FROM_EVENT;
        out->event_id = text;
    } else {
        out->from = LK_FROM_TIME;
        return moment_parse("from", text, clock_wall_ms(), &out->time_ms, err);
    }
    return LK_OK;
}

/* A query may hold a token, and the name is shown: "?" stands for one. */
static lk_status choose_name(const app_arguments *given, const char *url, char **out, lk_error *err)
{
    const char *name = arguments_text(given, "consumer");
    size_t len = strcspn(url, "?");

    len += url[len] == '?';
    if ((name != NULL ? asprintf(out, "%s", name)
                      : asprintf(out, DELIVERY_CONSUMER "%.*s", (int)len, url)) < 0) {
        *out = NULL;
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    }
    return LK_OK;
}

static lk_status subscribe(listening *self, const char *name, lk_error *err)
{
    char *list CLEANUP(free_textp) = NULL;
    const char *types[MAX_TYPES];
    size_t n_types = 0;
    lk_consumer_place from;

    TRY(config_text(self->given, "events", NULL, &list, err));
    if (list != NULL)
        TRY(read_types(list, types, &n_types, err));
    TRY(read_from(self->given, &from, err));
    TRY(lk_consumer_new(
        LK_CONSUMER_OPTIONS(.mirror = self->mirror, .name = name, .handle = handle, .ctx = self,
                            .start = from, .types = types, .n_types = n_types,
                            .organization_id = arguments_text(self->given, "organization"),
                            .batch = 1, .lease_ms = LEASE_MS),
        &self->consumer, err));
    if (arguments_has(self->given, "from")) /* also one that is known */
        TRY(lk_mirror_move_consumer(self->mirror, name, &from, err));
    return LK_OK;
}

/* ---- From beginning to end ---- */

/* Who waits for events that nobody fetches would wait for ever. */
static lk_status warn_of_stale_mirror(const listening *self, lk_error *err)
{
    lk_mirror_status now = { .size = sizeof(now) };
    char when[TIME_SIZE];

    if (arguments_has(self->given, "sync"))
        return LK_OK;
    TRY(lk_mirror_get_status(self->mirror, &now, err));
    if (now.last_poll_at_ms > clock_wall_ms() - STALE_MS)
        return LK_OK;
    print_time(when, now.last_poll_at_ms);
    fprintf(stderr,
            "latchkey: this mirror was last brought up to date %s%s: add --sync, or run serve or "
            "sync run beside this\n",
            now.last_poll_at_ms != 0 ? "at " : "never", now.last_poll_at_ms != 0 ? when : "");
    return LK_OK;
}

static void introduce(const listening *self, const char *url, const char *name,
                      const char *secret_file, const char *new_secret)
{
    bool first = true;

    if (new_secret != NULL)
        fprintf(stderr,
                "Your webhook secret is %s\n"
                "It is kept in %s; latchkey listen --print-secret shows it again.\n",
                new_secret, secret_file);
    if (!self->out.as_json) {
        fprintf(stderr, "Forwarding to %.*s as \"%s\". Ctrl-C ends it.\n", (int)strcspn(url, "?"),
                url, name);
        return;
    }
    putchar('{');
    print_json_name(stdout, &first, "ready");
    fputs("true", stdout);
    print_json_field(stdout, &first, "consumer", name);
    puts("}");
    fflush(stdout);
}

static lk_status work_until_signal(listening *self, const sigset_t *ends, lk_error *err)
{
    pthread_t thread;
    int number = 0;

    self->main_thread = pthread_self();
    if (pthread_create(&thread, NULL, work, self) != 0)
        return failed(err, LK_ERR_NO_MEMORY, "cannot start a thread");
    sigwait(ends, &number);
    atomic_store(&self->is_stopped, true);
    /* A delivery that is under way is waited for; a second signal ends the program at once. */
    pthread_sigmask(SIG_UNBLOCK, ends, NULL);
    pthread_join(thread, NULL);
    *err = self->err;
    return self->status;
}

static lk_status forward(listening *self, const char *url, const sigset_t *ends, lk_error *err)
{
    char *secret CLEANUP(free_secretp) = NULL;
    char *secret_file CLEANUP(free_textp) = NULL;
    char *name CLEANUP(free_textp) = NULL;
    lk_client *client = NULL;
    feed *news = NULL;
    bool is_new = false;

    TRY(delivery_secret(self->given, &secret, &secret_file, &is_new, err));
    TRY(delivery_init(&self->out, self->given, url, secret, err));
    TRY(config_mirror(self->given, &self->mirror, err));
    TRY(choose_name(self->given, url, &name, err));
    TRY(subscribe(self, name, err));
    TRY(warn_of_stale_mirror(self, err));
    lk_status status = feed_new_if_asked(self->given, &client, &news, err);
    if (status == LK_OK) {
        introduce(self, url, name, secret_file, is_new ? secret : NULL);
        status = work_until_signal(self, ends, err);
    }
    if (feed_free(news)) /* else it keeps the client: the process ends anyway */
        lk_client_free(client);
    return status;
}

static lk_status print_secret(const app_arguments *given, lk_error *err)
{
    char *secret CLEANUP(free_secretp) = NULL;
    char *path CLEANUP(free_textp) = NULL;
    bool is_new = false;

    TRY(delivery_secret(given, &secret, &path, &is_new, err));
    puts(secret);
    return LK_OK;
}

static lk_status listen_with(const app_arguments *given, const sigset_t *ends, lk_error *err)
{
    const char *url = arguments_text(given, "forward");
    listening self = { .given = given,
                       .max_refusals = (int)arguments_number(given, "attempts", N_ATTEMPTS) };

    if (arguments_has(given, "print-secret"))
        return print_secret(given, err);
    if (url == NULL)
        return failed(err, LK_ERR_INVALID, "--forward URL is missing: see --help");
    lk_status status = forward(&self, url, ends, err);
    lk_consumer_free(self.consumer);
    lk_mirror_free(self.mirror);
    delivery_deinit(&self.out);
    return status;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    sigset_t ends;

    /* Before the first thread, so that none of them takes a signal away from the wait. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN); /* told by the write instead */
    return finish(listen_with(given, &ends, &err), &err);
}

static const app_option options[] = {
    OPTION_FORWARD_TO,
    { .name = "events",
      .value = "TYPES",
      .help = "Only of these types, with commas between: dsync.user.*,user.created" },
    OPTION_ORGANIZATION,
    { .name = "from",
      .value = "beginning|now|ID|TIME",
      .help = "Where to begin, or to go on (default: where it was; for a new one: now)" },
    { .name = "consumer",
      .value = "NAME",
      .help = "What has been delivered is remembered under this name (default: the URL)" },
    { .name = "attempts",
      .value = "N",
      .help = "Give an event up after so many refusals (default: 6)",
      .is_number = true,
      .minimum = 1,
      .maximum = 1000000 },
    OPTION_SECRET_FILE,
    { .name = "print-secret", .help = "Print the webhook secret, and end" },
    OPTION_ALLOW_REMOTE,
    OPTION_SYNC,
    OPTION_STORE,
    OPTION_JSON,
    OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE,
    OPTION_BASE_URL,
};

const app_command command_listen = {
    .name = "listen",
    .help = "Forward events to a local server as webhooks",
    .details =
        "Each event is sent as WorkOS would send it, signed in WorkOS-Signature with the webhook\n"
        "secret, in the order in which the mirror learned of it. Any 2xx counts as delivered.\n"
        "What was not delivered is tried again, after 1 s, 2 s, 4 s, up to a minute: for as long\n"
        "as nobody answers, and up to --attempts times where the answer is another one.\n"
        "After a restart, or a kill, it goes on where it was.\n" DETAILS_SECRETS,
    .examples = "  latchkey listen --sync --forward http://localhost:3000/webhooks/workos\n"
                "  latchkey listen --forward http://localhost:8080/hook --events 'dsync.*' \\\n"
                "      --from 2h\n"
                "  WORKOS_WEBHOOK_SECRET=$(latchkey listen --print-secret) my-server\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
