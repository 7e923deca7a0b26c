/* What the program was told by its environment. Shared by reference, never changed. */
#pragma once

#include <gio/gio.h>
#include <latchkey/client.h>

G_BEGIN_DECLS

typedef struct LatchkeyConfig {
    char *client_id;        /* NULL: not told; nothing works without it */
    char *api_key;          /* secret; NULL: no events */
    char *base_url;         /* NULL: WorkOS itself */
    char *issuer;           /* NULL: the library's default */
    char *store;            /* "sqlite:PATH" */
    lk_transport transport; /* zeroed: the library's own. Tests pass a script */
    lk_clock clock;         /* zeroed: the library's own */
} LatchkeyConfig;

/* All fields empty, for tests. */
LatchkeyConfig *latchkey_config_new(void);

/* Reads WORKOS_CLIENT_ID, WORKOS_API_KEY (or WORKOS_API_KEY_FILE), WORKOS_API_BASE_URL,
 * WORKOS_ISSUER and LATCHKEY_STORE. Never fails: what is missing or unreadable is left NULL. */
LatchkeyConfig *latchkey_config_from_environment(void);

LatchkeyConfig *latchkey_config_ref(LatchkeyConfig *config);
void latchkey_config_unref(LatchkeyConfig *config);

/* A client of these settings; with_key says whether it carries the API key. */
lk_client *latchkey_config_new_client(const LatchkeyConfig *config, gboolean with_key,
                                      GError **error);

/* Wipes and frees a string of g_malloc()'s; NULL is fine. */
void latchkey_secret_free(gpointer secret);

/* Unix milliseconds by the configured clock. */
gint64 latchkey_config_now_ms(const LatchkeyConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LatchkeyConfig, latchkey_config_unref)

G_END_DECLS
