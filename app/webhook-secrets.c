/* See webhook-secrets.h. */
#include "webhook-secrets.h"

#include "fail.h"

#include <string.h>

static lk_status copy(const char *secret, char **out, lk_error *err)
{
    *out = secret != NULL ? strdup(secret) : NULL;
    return secret == NULL || *out != NULL ? LK_OK : failed(err, LK_ERR_NO_MEMORY, "out of memory");
}

lk_status webhook_secrets_init(webhook_secrets *self, const char *current, const char *previous,
                               lk_error *err)
{
    *self = (webhook_secrets){ .current = NULL };
    pthread_mutex_init(&self->mutex, NULL);
    TRY(copy(current, &self->current, err));
    return copy(previous, &self->previous, err);
}

void webhook_secrets_deinit(webhook_secrets *self)
{
    pthread_mutex_destroy(&self->mutex);
    free_secretp(&self->current);
    free_secretp(&self->previous);
}

static void exchange(char **kept, char **given)
{
    char *before = *kept;

    if (*given == NULL)
        return;
    *kept = *given;
    *given = before; /* freed by whoever gave the new one */
}

void webhook_secrets_set(webhook_secrets *self, char **current, char **previous)
{
    pthread_mutex_lock(&self->mutex);
    exchange(&self->current, current);
    exchange(&self->previous, previous);
    pthread_mutex_unlock(&self->mutex);
}

bool webhook_secrets_has_any(webhook_secrets *self)
{
    pthread_mutex_lock(&self->mutex);
    bool has_any = self->current != NULL;
    pthread_mutex_unlock(&self->mutex);
    return has_any;
}

static lk_status copy_both(webhook_secrets *self, char **current, char **previous, lk_error *err)
{
    pthread_mutex_lock(&self->mutex);
    lk_status status = copy(self->current, current, err);
    if (status == LK_OK)
        status = copy(self->previous, previous, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

lk_status webhook_secrets_open(webhook_secrets *self, const lk_client *client,
                               const char *signature, const void *body, size_t len, lk_event **out,
                               lk_error *err)
{
    char *current CLEANUP(free_secretp) = NULL;
    char *previous CLEANUP(free_secretp) = NULL;
    lk_error problem = LK_ERROR_INIT;

    TRY(copy_both(self, &current, &previous, err));
    lk_status status = lk_webhook_open(client, current, signature, body, len, 0, out, &problem);
    /* What is genuine but too old, or no event, is so under any secret. */
    if (status == LK_ERR_SIGNATURE && previous != NULL)
        return lk_webhook_open(client, previous, signature, body, len, 0, out, err);
    *err = problem;
    return status;
}
