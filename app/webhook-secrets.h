/* The secrets that webhooks are signed with: the endpoint's, and the one before it while WorkOS may
 * still sign deliveries with that. They can be exchanged while requests are answered. */
#ifndef APP_WEBHOOK_SECRETS_H
#define APP_WEBHOOK_SECRETS_H

#include <latchkey/events.h>
#include <pthread.h>

typedef struct webhook_secrets {
    pthread_mutex_t mutex;
    char *current;  /* NULL: webhooks are not taken */
    char *previous; /* NULL: none */
} webhook_secrets;

/* Copies both; each may be NULL. */
LK_MUST_CHECK lk_status webhook_secrets_init(webhook_secrets *self, const char *current,
                                             const char *previous, lk_error *err);
void webhook_secrets_deinit(webhook_secrets *self);
/* Takes over what is not NULL in *current and *previous; NULL leaves the old one. */
void webhook_secrets_set(webhook_secrets *self, char **current, char **previous);

/* As lk_webhook_open(), with either secret. */
LK_MUST_CHECK lk_status webhook_secrets_open(webhook_secrets *self, const lk_client *client,
                                             const char *signature, const void *body, size_t len,
                                             lk_event **out, lk_error *err);
/* Whether there is one to verify with. */
bool webhook_secrets_has_any(webhook_secrets *self);

#endif
