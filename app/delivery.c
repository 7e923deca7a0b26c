/* See delivery.h. */
#include "delivery.h"

#include "clock.h"
#include "config.h"
#include "fail.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECRET_FILE   "webhook-secret"
#define SECRET_PREFIX "whsec_"

/* ---- The secret ---- */

static void close_filep(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Of two that begin at once one makes it, whole, and both use it. */
static lk_status keep_secret(const char *path, const char *secret, bool *is_new, lk_error *err)
{
    char *draft CLEANUP(free_textp) = NULL;
    size_t len = strlen(secret);

    if (asprintf(&draft, "%s.%ld", path, (long)getpid()) < 0) {
        draft = NULL;
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    }
    int fd CLEANUP(close_filep) = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, secret, len) == (ssize_t)len && fsync(fd) == 0;
    *is_new = is_written && link(draft, path) == 0;
    int code = errno;
    (void)unlink(draft); /* it has the other name by now, or is of no use */
    if (*is_new || (is_written && code == EEXIST))
        return LK_OK;
    return failed(err, LK_ERR_STORE, "cannot keep a webhook secret in %s: %s", path,
                  strerror(code));
}

lk_status delivery_secret(const app_arguments *given, char **out, char **path, bool *is_new,
                          lk_error *err)
{
    char *made CLEANUP(free_secretp) = NULL;
    char *kept CLEANUP(free_textp) = NULL;

    *is_new = false;
    *path = NULL;
    TRY(config_secret(given, "secret-file", "WORKOS_WEBHOOK_SECRET", out, err));
    if (*out != NULL)
        return LK_OK;
    TRY(config_state_path(SECRET_FILE, &kept, err));
    if (access(kept, F_OK) != 0) {
        TRY(config_make_secret(SECRET_PREFIX, &made, err));
        TRY(keep_secret(kept, made, is_new, err));
    }
    TRY(config_read_secret("webhook secret", kept, out, err));
    *path = kept;
    kept = NULL;
    return LK_OK;
}

/* ---- Where to ---- */

/* http or https; lk_forward_new() knows what a URL is. */
static bool is_this_machine(const char *url)
{
    const char *host = strstr(url, "://");
    char name[64];
    struct in_addr ipv4;

    if (host == NULL)
        return false;
    host += 3;
    if (strncmp(host, "[::1]", 5) == 0)
        return true;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(host, ":/?"), host);
    return strcasecmp(name, "localhost") == 0 ||
           (inet_pton(AF_INET, name, &ipv4) == 1 && ntohl(ipv4.s_addr) >> 24 == 127);
}

static const char *const titles[] = { "WHEN", "STATUS", "TIME", "TYPE", "WHAT", "ID", "" };

lk_status delivery_init(delivery *self, const app_arguments *given, const char *url,
                        const char *secret, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;

    *self = (delivery){ .table = { .titles = titles, .n_columns = N_ITEMS(titles) },
                        .as_json = arguments_has(given, "json") };
    lk_status status = lk_forward_new(
        LK_FORWARD_OPTIONS(.url = url, .secret = secret, .timeout_ms = DELIVERY_TIMEOUT_MS),
        &self->forward, &cause);
    if (status != LK_OK)
        return failed(err, status, "cannot forward: %s", cause.message);
    if (is_this_machine(url) || arguments_has(given, "allow-remote"))
        return LK_OK;
    return failed(err, LK_ERR_INVALID,
                  "%.*s is not on this machine: events hold names and addresses of people; "
                  "--allow-remote sends them there all the same",
                  (int)strcspn(url, "?"), url);
}

void delivery_deinit(delivery *self)
{
    lk_forward_free(self->forward);
}

/* ---- Sending ---- */

static void print_as_json(const lk_mirror_event *event, int attempt, bool is_replay,
                          int64_t began_ms, int64_t ms, const lk_error *outcome)
{
    bool first = true;

    putchar('{');
    print_json_name(stdout, &first, "at");
    print_json_time(stdout, began_ms);
    print_json_field(stdout, &first, "id", event->id);
    print_json_field(stdout, &first, "type", event->type);
    printf(",\"attempt\":%d,\"replay\":%s,\"delivered\":%s,\"status\":", attempt,
           is_replay ? "true" : "false", outcome->status == LK_OK ? "true" : "false");
    if (outcome->http_status != 0)
        printf("%d", outcome->http_status);
    else
        fputs("null", stdout);
    printf(",\"ms\":%" PRId64, ms);
    print_json_field(stdout, &first, "error", outcome->status != LK_OK ? outcome->message : NULL);
    puts("}");
}

static void print_row(delivery *self, const lk_mirror_event *event, int attempt, bool is_replay,
                      bool gives_up, int64_t began_ms, int64_t ms, const lk_error *outcome)
{
    char when[TIME_SIZE];
    char status[16] = "none";
    char time[32];
    char note[sizeof(outcome->message) + 64] = " ";

    print_time(when, began_ms);
    if (outcome->http_status != 0)
        snprintf(status, sizeof(status), "%d", outcome->http_status);
    snprintf(time, sizeof(time), "%" PRId64 " ms", ms);
    if (outcome->status != LK_OK)
        snprintf(note, sizeof(note), "%s%s", outcome->message,
                 gives_up ? ": given up; see events resend" : "");
    else if (attempt > 1 || is_replay)
        snprintf(note, sizeof(note), "%s", is_replay ? "again" : "at last");
    const char *const cells[] = {
        when, status, time, event->type, event->subject, event->id, note
    };
    print_table_row(&self->table, cells);
    print_table_flush(&self->table, stdout);
}

lk_status delivery_send(delivery *self, const lk_mirror_event *event, int attempt, bool is_replay,
                        bool gives_up, lk_error *err)
{
    lk_error outcome = LK_ERROR_INIT;
    int64_t began_ms = clock_wall_ms();
    int64_t began_steady_ms = clock_steady_ms();
    lk_status status = lk_forward_send(self->forward, event->json, event->json_len, &outcome);
    int64_t ms = clock_steady_ms() - began_steady_ms;

    gives_up = gives_up && status != LK_OK && outcome.http_status != 0;
    if (self->as_json)
        print_as_json(event, attempt, is_replay, began_ms, ms, &outcome);
    else
        print_row(self, event, attempt, is_replay, gives_up, began_ms, ms, &outcome);
    if (fflush(stdout) != 0)
        return failed(err, LK_ERR_STORE, "cannot write: nobody reads standard output any more");
    if (status != LK_OK && err != NULL)
        *err = outcome;
    return status;
}
