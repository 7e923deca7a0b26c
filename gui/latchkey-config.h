/* One environment to sign in to, and where its events come from: as the program's own environment
 * tells, or as somebody has set it up (latchkey-environments.h). Shared by reference, never
 * changed. */
#pragma once

#include <gio/gio.h>
#include <latchkey/client.h>

G_BEGIN_DECLS

typedef struct LatchkeyConfig {
    char *id;               /* names its files and secrets; NULL: "environment" */
    char *name;             /* for people; NULL: none */
    char *server;           /* of Latchkey, where events come from; NULL: from WorkOS itself */
    char *client_id;        /* NULL: not told; nothing works without it */
    char *api_key;          /* secret; NULL: not told; never used with a server */
    char *base_url;         /* NULL: WorkOS itself */
    char *issuer;           /* NULL: the library's default */
    char *store;            /* "sqlite:PATH" */
    lk_transport transport; /* zeroed: the library's own. Tests pass a script */
    lk_clock clock;         /* zeroed: the library's own */
} LatchkeyConfig;

/* All fields empty, for tests. */
LatchkeyConfig *latchkey_config_new(void);

/* Reads WORKOS_CLIENT_ID, WORKOS_API_KEY (or WORKOS_API_KEY_FILE), WORKOS_API_BASE_URL,
 * WORKOS_ISSUER, LATCHKEY_SERVER and LATCHKEY_STORE. Never fails: what is missing or unreadable is
 * left NULL. */
LatchkeyConfig *latchkey_config_from_environment(void);

LatchkeyConfig *latchkey_config_ref(LatchkeyConfig *config);
void latchkey_config_unref(LatchkeyConfig *config);

/* A client to sign people in. It carries no API key: RFC 8252, 8.4, a native program cannot keep a
 * secret. */
lk_client *latchkey_config_new_client(const LatchkeyConfig *config, GError **error);
/* One to fetch events with: from WorkOS with an API key, from a server with an access token. */
lk_client *latchkey_config_new_feed_client(const LatchkeyConfig *config, const char *credential,
                                           GError **error);

/* Where the mirror is. A server shows each person what they may see, so there every viewer (a text
 * that stands for one person in one organization) has a mirror of their own. Free with g_free(). */
char *latchkey_config_get_store(const LatchkeyConfig *config, const char *viewer);

/* Wipes and frees a string of g_malloc()'s; NULL is fine. */
void latchkey_secret_free(gpointer secret);

/* Unix milliseconds by the configured clock. */
gint64 latchkey_config_now_ms(const LatchkeyConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LatchkeyConfig, latchkey_config_unref)

G_END_DECLS
