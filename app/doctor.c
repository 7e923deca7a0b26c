/* The parts that sign-in and the mirror stand on; see doctor.h. */
#include "doctor.h"

#include "account.h"
#include "clock.h"
#include "config.h"
#include "doctor-part.h"
#include "fail.h"
#include "print.h"

#include <inttypes.h>
#include <latchkey/web.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECOND_MS INT64_C(1000)
#define DAY_MS    (24 * 3600 * SECOND_MS)
/* WorkOS: events are kept for 30 days at least. */
#define RETENTION_MS    (30 * DAY_MS)
#define BEHIND_MS       (RETENTION_MS - 5 * DAY_MS)
#define FEED_LATE_MS    (3600 * SECOND_MS)
#define SKEW_BAD_MS     (30 * SECOND_MS) /* what tokens are forgiven */
#define SKEW_NOTE_MS    (5 * SECOND_MS)
#define GOOD_CHARACTERS 12 /* different ones, that a password should have */

void doctor_find(patient *self, doctor_verdict verdict, const char *format, ...)
{
    va_list args;

    self->now->verdict = verdict;
    va_start(args, format);
    vsnprintf(self->now->found, sizeof(self->now->found), format, args);
    va_end(args);
}

void doctor_advise(patient *self, const char *advice)
{
    snprintf(self->now->advice, sizeof(self->now->advice), "%s", advice);
}

/* true: found, and there is nothing to look at. */
static bool is_skipped(patient *self)
{
    if (self->client != NULL && !self->is_away)
        return false;
    doctor_find(self, DOCTOR_SKIPPED, "%s",
                self->client == NULL ? "there is no client" : "no answer");
    return true;
}

static doctor_verdict verdict_on(const lk_error *err)
{
    return err->status == LK_ERR_NETWORK ? DOCTOR_AWAY : DOCTOR_BAD;
}

/* ---- WorkOS ---- */

static void look_at_client(patient *self)
{
    char *client_id CLEANUP(free_textp) = NULL;
    char *base_url CLEANUP(free_textp) = NULL;
    char *key CLEANUP(free_secretp) = NULL;
    lk_error err = LK_ERROR_INIT;

    if (config_client(self->given, CONFIG_NEEDS_CLIENT_ID, (lk_log){ 0 }, &self->client, &err) !=
            LK_OK ||
        config_text(self->given, "client-id", "WORKOS_CLIENT_ID", &client_id, &err) != LK_OK ||
        config_base_url(self->given, &base_url, &err) != LK_OK ||
        config_secret(self->given, "api-key-file", "WORKOS_API_KEY", &key, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
        return;
    }
    self->has_key = key != NULL;
    doctor_find(self, DOCTOR_GOOD, "%.80s at %.120s", client_id,
                base_url != NULL ? base_url : "https://api.workos.com");
}

static void look_at_keys(patient *self)
{
    lk_error err = LK_ERROR_INIT;

    if (is_skipped(self))
        return;
    if (lk_client_refresh_keys(self->client, &err) == LK_OK) {
        doctor_find(self, DOCTOR_GOOD, "WorkOS answers, and its signing keys can be read");
        return;
    }
    self->is_away = err.status == LK_ERR_NETWORK;
    doctor_find(self, verdict_on(&err), "%s", err.message);
    if (self->is_away)
        doctor_advise(self,
                      "look at the name server, at https_proxy and no_proxy, and, where a proxy "
                      "opens TLS, at SSL_CERT_FILE");
    else
        doctor_advise(self, "look at WORKOS_CLIENT_ID: it belongs to one environment");
}

static void look_at_clock(patient *self)
{
    int64_t skew_ms = 0;

    if (is_skipped(self))
        return;
    if (!lk_client_get_clock_skew(self->client, &skew_ms)) {
        doctor_find(self, DOCTOR_SKIPPED, "WorkOS did not tell the time");
        return;
    }
    int64_t off_ms = skew_ms < 0 ? -skew_ms : skew_ms;
    if (off_ms < 2 * SECOND_MS) {
        doctor_find(self, DOCTOR_GOOD, "as WorkOS'");
        return;
    }
    doctor_find(self,
                off_ms > SKEW_BAD_MS    ? DOCTOR_BAD
                : off_ms > SKEW_NOTE_MS ? DOCTOR_NOTE
                                        : DOCTOR_GOOD,
                "%" PRId64 " s %s WorkOS'", off_ms / SECOND_MS,
                skew_ms > 0 ? "ahead of" : "behind");
    if (off_ms > SKEW_NOTE_MS)
        doctor_advise(self,
                      "set it by NTP (timedatectl set-ntp true): tokens are refused by their time");
}

static void look_at_events(patient *self)
{
    static const char *const types[] = { "dsync.user.created" };
    lk_auto(lk_event_page) page = NULL;
    lk_error err = LK_ERROR_INIT;

    if (is_skipped(self))
        return;
    if (!self->has_key) {
        doctor_find(self, DOCTOR_NOTE,
                    "no API key: people can sign in, directory events are not read");
        doctor_advise(self, "set WORKOS_API_KEY_FILE (WorkOS dashboard, API keys)");
        return;
    }
    if (lk_events_list(self->client,
                       LK_EVENT_LIST_OPTIONS(.types = types, .n_types = 1, .limit = 1), &page,
                       &err) == LK_OK) {
        doctor_find(self, DOCTOR_GOOD, "the API key may read events");
        return;
    }
    doctor_find(self, verdict_on(&err), "%s", err.message);
    if (err.http_status == 401)
        doctor_advise(self, "the API key is not one of this environment");
    else if (err.http_status == 403)
        doctor_advise(self, "give the API key the permission to read events");
}

/* ---- The server's own settings ---- */

static void look_at_password(patient *self)
{
    char *password CLEANUP(free_secretp) = NULL;
    lk_error err = LK_ERROR_INIT;
    bool seen[256] = { false };
    int n_different = 0;

    if (config_secret(self->given, NULL, "WORKOS_COOKIE_PASSWORD", &password, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
        return;
    }
    for (const char *c = password; c != NULL && *c != '\0'; c++) {
        n_different += !seen[(unsigned char)*c];
        seen[(unsigned char)*c] = true;
    }
    if (password == NULL)
        doctor_find(self, DOCTOR_NOTE,
                    "not set: serve takes a random one, and sessions end with it");
    else if (strlen(password) < 32)
        doctor_find(self, DOCTOR_BAD, "%zu characters, of 32 at least", strlen(password));
    else if (n_different < GOOD_CHARACTERS)
        doctor_find(self, DOCTOR_NOTE, "only %d different characters: it may be guessed",
                    n_different);
    else
        doctor_find(self, DOCTOR_GOOD, "%zu characters", strlen(password));
    if (self->now->verdict != DOCTOR_GOOD)
        doctor_advise(self,
                      "openssl rand -base64 32 makes a good one: set WORKOS_COOKIE_PASSWORD_FILE");
}

/* The library says what is wrong with a redirect URI or a cookie. */
static lk_status try_web(patient *self, const char *redirect_uri, lk_error *err)
{
    char *name CLEANUP(free_textp) = NULL;
    char *domain CLEANUP(free_textp) = NULL;
    char *same_site CLEANUP(free_textp) = NULL;
    lk_auto(lk_web) web = NULL;

    TRY(config_text(self->given, NULL, "WORKOS_COOKIE_NAME", &name, err));
    TRY(config_text(self->given, NULL, "WORKOS_COOKIE_DOMAIN", &domain, err));
    TRY(config_text(self->given, NULL, "WORKOS_COOKIE_SAMESITE", &same_site, err));
    return lk_web_new(LK_WEB_OPTIONS(.client = self->client, .redirect_uri = redirect_uri,
                                     .cookie_password = "only-to-look-at-the-other-settings",
                                     .cookie_name = name, .cookie_domain = domain,
                                     .cookie_same_site = same_site),
                      &web, err);
}

static void look_at_redirect_uri(patient *self)
{
    char *uri CLEANUP(free_textp) = NULL;
    lk_error err = LK_ERROR_INIT;

    if (self->client == NULL) {
        (void)is_skipped(self);
        return;
    }
    if (config_text(self->given, "redirect-uri", "WORKOS_REDIRECT_URI", &uri, &err) != LK_OK ||
        try_web(self, uri != NULL ? uri : "http://localhost:3000/callback", &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
        return;
    }
    if (uri == NULL) {
        doctor_find(self, DOCTOR_NOTE, "not set: serve takes http://localhost:PORT/callback");
        doctor_advise(self, "list it among the redirect URIs (WorkOS dashboard, Redirects)");
    } else if (config_is_local_url(uri)) {
        doctor_find(self, DOCTOR_NOTE, "%.160s: browsers on this machine only", uri);
    } else if (strncasecmp(uri, "https://", 8) != 0) {
        doctor_find(self, DOCTOR_BAD, "%.160s is neither https nor this machine: WorkOS refuses it",
                    uri);
        doctor_advise(self, "put a TLS proxy in front and name its address");
    } else {
        doctor_find(self, DOCTOR_GOOD, "%.200s", uri);
    }
}

static void look_at_webhook(patient *self)
{
    char *secret CLEANUP(free_secretp) = NULL;
    lk_error err = LK_ERROR_INIT;

    if (config_secret(self->given, NULL, "WORKOS_WEBHOOK_SECRET", &secret, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
    } else if (secret == NULL) {
        doctor_find(self, DOCTOR_NOTE, "no webhook secret: events come by polling alone");
        doctor_advise(self, "set WORKOS_WEBHOOK_SECRET_FILE to hear of them at once");
    } else {
        doctor_find(self, DOCTOR_GOOD, "webhooks are verified");
    }
}

/* ---- The mirror ---- */

static void judge_feed(patient *self, const lk_mirror_status *now)
{
    int64_t wall_ms = clock_wall_ms();
    int64_t behind_ms = now->settled_at_ms != 0 ? wall_ms - now->settled_at_ms : 0;
    int64_t poll_age_ms = wall_ms - now->last_poll_at_ms;
    char first[COUNT_SIZE];
    char second[COUNT_SIZE];

    if (now->last_poll_at_ms == 0) {
        doctor_find(self, DOCTOR_NOTE, "the mirror has not been fed yet");
        doctor_advise(self, "latchkey sync run --once, or serve with an API key");
    } else if (behind_ms > BEHIND_MS) {
        doctor_find(self, DOCTOR_BAD,
                    "%s behind: WorkOS keeps events for 30 days, and what is older than that is "
                    "missing then",
                    count_text(first, behind_ms / DAY_MS, "day", "days"));
        doctor_advise(self, "run latchkey sync run now");
    } else if (poll_age_ms > FEED_LATE_MS) {
        doctor_find(self, DOCTOR_NOTE, "last fed %s ago",
                    count_text(first, poll_age_ms / (3600 * SECOND_MS), "hour", "hours"));
        doctor_advise(self, "keep latchkey sync run or serve running");
    } else if (now->n_parked != 0) {
        doctor_find(self, DOCTOR_NOTE, "%s could not be applied: set aside",
                    count_text(first, now->n_parked, "event", "events"));
        doctor_advise(self, "latchkey sync status --parked tells why");
    } else {
        doctor_find(self, DOCTOR_GOOD, "%s, %s, up to date",
                    count_text(first, now->n_events, "event", "events"),
                    count_text(second, now->n_users, "user", "users"));
    }
}

static void look_at_store(patient *self)
{
    static const char sqlite[] = "sqlite:";
    char *store CLEANUP(free_textp) = NULL;
    lk_auto(lk_mirror) mirror = NULL;
    lk_mirror_status now = { .size = sizeof(now) };
    lk_error err = LK_ERROR_INIT;

    if (config_store(self->given, &store, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
        return;
    }
    /* To look is not to make one. */
    if (strncmp(store, sqlite, sizeof(sqlite) - 1) == 0 &&
        access(store + sizeof(sqlite) - 1, F_OK) != 0) {
        doctor_find(self, DOCTOR_NOTE, "there is no mirror yet in %.180s", store);
        doctor_advise(self, "latchkey sync run --once makes and fills it");
        return;
    }
    if (lk_mirror_open(store, &mirror, &err) != LK_OK ||
        lk_mirror_get_status(mirror, &now, &err) != LK_OK) {
        doctor_find(self, DOCTOR_BAD, "%s", err.message);
        return;
    }
    judge_feed(self, &now);
}

/* ---- The command line's own sign-in ---- */

static void look_at_sign_in(patient *self)
{
    auto_account mine = { .client = NULL };
    lk_error err = LK_ERROR_INIT;

    if (account_open(self->given, &mine, &err) == LK_OK) {
        doctor_find(self, DOCTOR_GOOD, "signed in as %.160s; the token is genuine",
                    mine.kept.email);
    } else if (err.status == LK_ERR_STATE) {
        doctor_find(self, DOCTOR_NOTE, "%s", err.message);
    } else {
        doctor_find(self, verdict_on(&err), "%s", err.message);
        if (err.status == LK_ERR_SIGNATURE)
            doctor_advise(self, "set WORKOS_ISSUER where the environment has a domain of its own");
    }
}

/* ---- All of it ---- */

static const struct part {
    const char *name;
    void (*look)(patient *self);
} parts[] = {
    { .name = "client", .look = look_at_client },
    { .name = "DNS", .look = doctor_look_at_dns },
    { .name = "authorities", .look = doctor_look_at_authorities },
    { .name = "issuer", .look = doctor_look_at_issuer },
    { .name = "reach", .look = look_at_keys },
    { .name = "clock", .look = look_at_clock },
    { .name = "events", .look = look_at_events },
    { .name = "redirect URI", .look = look_at_redirect_uri },
    { .name = "cookie password", .look = look_at_password },
    { .name = "cookie size", .look = doctor_look_at_cookie_size },
    { .name = "header limit", .look = doctor_look_at_header_limit },
    { .name = "webhooks", .look = look_at_webhook },
    { .name = "mirror", .look = look_at_store },
    { .name = "sign-in", .look = look_at_sign_in },
};

void doctor_examine(const app_arguments *given, doctor_report *report, void *ctx)
{
    patient self = { .given = given };

    for (size_t i = 0; i < N_ITEMS(parts); i++) {
        doctor_finding finding = { .part = parts[i].name };
        self.now = &finding;
        parts[i].look(&self);
        report(ctx, &finding);
    }
    lk_client_free(self.client);
}

const char *doctor_word(doctor_verdict verdict)
{
    static const char *const words[N_DOCTOR_VERDICTS] = { "good", "note", "bad", "away",
                                                          "skipped" };

    return words[verdict];
}
