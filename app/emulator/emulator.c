/* Starts and stops the parts: state, server, and the thread in which the company changes. */
#include "emulator.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "deliver.h"
#include "json.h"
#include "rate-limits.h"
#include "routes.h"
#include "saved-state.h"
#include "seed.h"
#include "server.h"
#include "simulate.h"
#include "state.h"
#include "text.h"

/* Exit codes of the program, as its --help tells them. */
enum { DONE, FAILED, WRONG_USAGE };

struct emulator {
    emulator_options options; /* the texts are copies of ours */
    char *api_key, *client_id, *state_file;
    char url[64], issuer[256];
    emulator_state *state;
    saved_state *saved; /* NULL: in memory only */
    bool is_restored;   /* the state was there before */
    server *server;
    deliverer *deliverer;
    pthread_mutex_t lock; /* around everything in emulator_state */
    pthread_t simulator;
    pthread_cond_t is_ending_now;
    bool is_ending, has_lock, has_simulator;
    sigset_t *ends; /* of the program, blocked once there are threads; NULL: none of ours */
};

static fault prepare(void *emulator_, exchange *request)
{
    emulator *self = emulator_;
    request->options = &self->options;
    pthread_mutex_lock(&self->lock);
    request->now_ms = state_now(self->state);
    fault due = { 0 };
    if (self->options.control && request->fault)
        due = fault_read(request->fault);
    else if (!text_begins(request->path, "/_latchkey/"))
        due = fault_take(self->state, request->method, request->path, request->body);
    pthread_mutex_unlock(&self->lock);
    return due;
}

/* What was asked for may be in the error, and is nothing that a terminal should obey. */
static void complain(char error[EMULATOR_ERROR_SIZE])
{
    for (char *c = error; *c; c++)
        *c = (unsigned char)*c < ' ' || *c == 0x7F ? '?' : *c;
    fprintf(stderr, "latchkey emulate: %s\n", error);
}

/* What has happened goes into the file; the lock is held. True: it is there, or nobody wants it. */
static bool save(emulator *self, char error[EMULATOR_ERROR_SIZE])
{
    if (!self->saved || saved_state_write(self->saved, error))
        return true;
    complain(error);
    return false;
}

static void save_what_happened(void *emulator_)
{
    char error[EMULATOR_ERROR_SIZE];
    (void)save(emulator_, error); /* was told; the next one tries again */
}

static void answer(void *emulator_, exchange *request)
{
    emulator *self = emulator_;
    char error[EMULATOR_ERROR_SIZE];
    pthread_mutex_lock(&self->lock);
    request->state = self->state;
    request->base_url = self->url;
    request->issuer = self->issuer;
    if (limits_allow(request))
        routes_answer(request);
    roster_release(self->state);
    if (!save(self, error)) {
        text_free(&request->headers);
        answer_error(request, 500, "state_not_saved", error);
    }
    pthread_mutex_unlock(&self->lock);
}

static struct timespec later(int ms)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += ms / 1000;
    when.tv_nsec += (long)(ms % 1000) * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

static void *simulate(void *emulator_)
{
    emulator *self = emulator_;
    pthread_mutex_lock(&self->lock);
    while (!self->is_ending) {
        struct timespec when = later(self->options.simulate_ms);
        int woken = 0;
        while (!self->is_ending && woken != ETIMEDOUT)
            woken = pthread_cond_timedwait(&self->is_ending_now, &self->lock, &when);
        if (!self->is_ending)
            simulate_step(self->state);
        roster_release(self->state);
        save_what_happened(self);
    }
    pthread_mutex_unlock(&self->lock);
    return NULL;
}

static void make_lock(emulator *self)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->is_ending_now, &clock);
    pthread_condattr_destroy(&clock);
    self->has_lock = true;
}

static emulator *make(const emulator_options *options)
{
    emulator *self = memory_zeroed(sizeof *self);
    self->options = *options;
    self->api_key = text_copy(options->api_key ? options->api_key : EMULATOR_API_KEY);
    self->client_id = text_copy(options->client_id ? options->client_id : EMULATOR_CLIENT_ID);
    self->options.api_key = self->api_key;
    self->options.client_id = self->client_id;
    self->options.seed_file = self->options.seed_json = self->options.host = NULL;
    self->state_file = text_copy(options->state_file);
    self->options.state_file = self->state_file;
    if (options->token_lifetime_s <= 0)
        self->options.token_lifetime_s = EMULATOR_TOKEN_LIFETIME;
    make_lock(self);
    return self;
}

/* An emulator knows no secrets and checks little: it must not be reachable from a network. */
static const char *loopback_address(const char *host)
{
    if (!host || strcmp(host, "localhost") == 0)
        return "127.0.0.1";
    bool is_loopback = text_begins(host, "127.") && strspn(host, "0123456789.") == strlen(host);
    return is_loopback && strlen(host) < 16 ? host : NULL;
}

/* Before the first thread, so that none of them takes a signal away from sigwait(); not earlier, so
 * that a signal ends the program at once while a large seed is read. */
static void block_ends(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, ends, NULL);
}

static int make_state(emulator *self, const emulator_options *options, bool is_new,
                      char error[EMULATOR_ERROR_SIZE])
{
    if (!is_new)
        return saved_state_read(self->saved, error) ? DONE : FAILED;
    if (state_make_key(self->state))
        return seed_state(self->state, options, error) ? DONE : WRONG_USAGE;
    snprintf(error, EMULATOR_ERROR_SIZE, "the signing key could not be made");
    return FAILED;
}

/* From the file when there is something in it, else from the seed. */
static int open_state(emulator *self, const emulator_options *options,
                      char error[EMULATOR_ERROR_SIZE])
{
    bool is_new = true;
    archive *file = options->state_file ? archive_open(options->state_file, &is_new, error) : NULL;
    if (options->state_file && !file)
        return FAILED;
    self->state = state_new(options->random_seed);
    if (!self->state) {
        archive_close(file);
        snprintf(error, EMULATOR_ERROR_SIZE, "the system gives no randomness");
        return FAILED;
    }
    AUTO_JSON limits = json_object();
    json_set_bool(limits, "on", options->limits);
    (void)limits_set(self->state, limits, "", error); /* which fits */
    self->saved = file ? saved_state_new(file, self->state) : NULL;
    self->is_restored = !is_new;
    int code = make_state(self, options, is_new, error);
    if (code != DONE)
        return code;
    return !self->saved || saved_state_write(self->saved, error) ? DONE : FAILED;
}

/* An exit code: what was asked for is told from what went wrong. */
static int start(emulator *self, const emulator_options *options, char error[EMULATOR_ERROR_SIZE])
{
    const char *address = loopback_address(options->host);
    int port = 0;
    if (!address) {
        snprintf(
            error, EMULATOR_ERROR_SIZE,
            "the emulator listens on loopback only, such as 127.0.0.1: it must not be reachable "
            "from a network; got the host \"%.100s\"",
            options->host);
        return WRONG_USAGE;
    }
    int code = open_state(self, options, error);
    if (code != DONE)
        return code;
    if (self->ends)
        block_ends(self->ends);
    server_host host = { .emulator = self, .prepare = prepare, .answer = answer };
    pthread_mutex_lock(&self->lock); /* requests wait until the address is known */
    bool failed = server_start(address, options->port, &host, &self->server, &port, error);
    snprintf(self->url, sizeof self->url, "http://%s:%d", address, port);
    snprintf(self->issuer, sizeof self->issuer, "%s/user_management/%.120s", self->url,
             self->client_id);
    pthread_mutex_unlock(&self->lock);
    self->deliverer =
        failed ? NULL : deliverer_start(self->state, &self->lock, save_what_happened, self);
    if (!failed && !self->deliverer) {
        snprintf(error, EMULATOR_ERROR_SIZE, "the thread of the webhooks could not be started");
        return FAILED;
    }
    if (failed || options->simulate_ms <= 0)
        return failed ? FAILED : DONE;
    self->has_simulator = pthread_create(&self->simulator, NULL, simulate, self) == 0;
    if (self->has_simulator)
        return DONE;
    snprintf(error, EMULATOR_ERROR_SIZE, "the thread of the changes could not be started");
    return FAILED;
}

static int start_with(const emulator_options *options, sigset_t *ends, emulator **out,
                      char error[EMULATOR_ERROR_SIZE])
{
    emulator *self = make(options);
    self->ends = ends;
    int code = start(self, options, error);
    if (code == DONE)
        *out = self;
    else
        emulator_stop(self);
    return code;
}

int emulator_start(const emulator_options *options, emulator **out, char error[EMULATOR_ERROR_SIZE])
{
    return start_with(options, NULL, out, error) == DONE ? 0 : -1;
}

const char *emulator_url(const emulator *self)
{
    return self->url;
}

void emulator_stop(emulator *self)
{
    if (!self)
        return;
    pthread_mutex_lock(&self->lock);
    self->is_ending = true;
    pthread_cond_signal(&self->is_ending_now);
    pthread_mutex_unlock(&self->lock);
    if (self->has_simulator)
        pthread_join(self->simulator, NULL);
    server_stop(self->server);
    deliverer_stop(self->deliverer);
    saved_state_free(self->saved);
    state_free(self->state);
    pthread_cond_destroy(&self->is_ending_now);
    pthread_mutex_destroy(&self->lock);
    free(self->api_key);
    free(self->client_id);
    free(self->state_file);
    free(self);
}

/* For who sits before it; programs read the line of JSON. */
static void introduce(const emulator *self)
{
    if (isatty(STDERR_FILENO) != 1)
        return;
    fprintf(stderr,
            "A local WorkOS runs at %s; Ctrl-C ends it. What a program needs to know:\n\n"
            "  export WORKOS_API_BASE_URL=%s\n"
            "  export WORKOS_CLIENT_ID=%s WORKOS_API_KEY=%s\n\n",
            self->url, self->url, self->client_id, self->api_key);
}

static void print_ready(const emulator *self)
{
    AUTO_JSON line = json_object();
    json_set_bool(line, "ready", true);
    json_set_text(line, "url", self->url);
    json_set_text(line, "api_key", self->api_key);
    json_set_text(line, "client_id", self->client_id);
    json_set_text(line, "issuer", self->issuer);
    json_set_bool(line, "control", self->options.control);
    json_set_bool(line, "restored", self->is_restored);
    json_set_number(line, "users", (double)self->state->users.count);
    AUTO_CHARS written = json_print(line);
    printf("%s\n", written);
    fflush(stdout);
}

int emulator_run(const emulator_options *options)
{
    char error[EMULATOR_ERROR_SIZE] = "";
    emulator *self = NULL;
    sigset_t ends;
    int signal = 0;
    int code = start_with(options, &ends, &self, error);
    if (code != DONE) {
        complain(error);
        return code;
    }
    if (self->is_restored && (options->seed_file || options->people))
        fprintf(stderr,
                "latchkey emulate: %s has a state already, so --seed and --people were not looked "
                "at; remove it to begin anew\n",
                options->state_file);
    introduce(self);
    print_ready(self);
    sigwait(&ends, &signal);
    emulator_stop(self);
    return DONE;
}
