/* See shared-store.h. */
#include "shared-store.h"

#include <stdio.h>

#include "test.h"

void shared_store_open(shared_store *self, const kit *k)
{
    lk_error err = LK_ERROR_INIT;

    memset(self, 0, sizeof(*self));
    pthread_mutex_init(&self->mutex, NULL);
    assert_ok(lk_mirror_open(k->store, &self->mirror, &err), err);
}

void shared_store_close(shared_store *self)
{
    lk_mirror_free(self->mirror);
    pthread_mutex_destroy(&self->mutex);
}

static lk_status break_down(lk_error *err)
{
    *err = (lk_error){ .status = LK_ERR_STORE, .message = "the disk is full" };
    return LK_ERR_STORE;
}

static lk_status acquire(void *ctx, const char *name, int64_t now_ms, int64_t ttl_ms,
                         int64_t *fence, char **result, lk_error *err)
{
    shared_store *self = ctx;

    pthread_mutex_lock(&self->mutex);
    self->n_acquired++;
    snprintf(self->name, sizeof(self->name), "%s", name);
    if (self->before_acquire != NULL)
        self->before_acquire(self->ctx, self->n_acquired);
    lk_status status = self->acquire_fails ? break_down(err)
                                           : lk_mirror_acquire_lease(self->mirror, name, now_ms,
                                                                     ttl_ms, fence, result, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

static lk_status renew(void *ctx, const char *name, int64_t fence, int64_t now_ms, int64_t ttl_ms,
                       bool *held, lk_error *err)
{
    shared_store *self = ctx;

    pthread_mutex_lock(&self->mutex);
    self->n_renewed++;
    lk_status status = self->renew_fails ? break_down(err)
                                         : lk_mirror_renew_lease(self->mirror, name, fence, now_ms,
                                                                 ttl_ms, held, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

static lk_status finish(void *ctx, const char *name, int64_t fence, int64_t now_ms, int64_t keep_ms,
                        const char *result, bool *held, lk_error *err)
{
    shared_store *self = ctx;

    pthread_mutex_lock(&self->mutex);
    self->n_finished++;
    lk_status status =
        self->finish_fails
            ? break_down(err)
            : lk_mirror_finish_lease(self->mirror, name, fence, now_ms, keep_ms, result, held, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

lk_refresh_lease shared_store_lease(shared_store *self)
{
    return (lk_refresh_lease){ .acquire = acquire, .renew = renew, .finish = finish, .ctx = self };
}

/* ---- Sessions ---- */

static lk_status get(void *ctx, const char *name, int64_t now_ms, char **record, lk_error *err)
{
    shared_store *self = ctx;

    pthread_mutex_lock(&self->mutex);
    self->n_got++;
    snprintf(self->session, sizeof(self->session), "%s", name);
    lk_status status = self->get_fails
                           ? break_down(err)
                           : lk_mirror_get_session(self->mirror, name, now_ms, record, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

static lk_status put(void *ctx, const char *name, const char *record, int64_t now_ms,
                     int64_t ends_at_ms, lk_error *err)
{
    shared_store *self = ctx;

    pthread_mutex_lock(&self->mutex);
    self->n_put++;
    self->ends_at_ms = ends_at_ms;
    snprintf(self->session, sizeof(self->session), "%s", name);
    lk_status status = self->write_fails ? break_down(err)
                                         : lk_mirror_put_session(self->mirror, name, record, now_ms,
                                                                 ends_at_ms, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

static lk_status replace(void *ctx, const char *name, const char *old, const char *record,
                         int64_t ends_at_ms, bool *replaced, lk_error *err)
{
    shared_store *self = ctx;

    pthread_mutex_lock(&self->mutex);
    self->n_replaced++;
    lk_status status =
        self->write_fails
            ? break_down(err)
            : lk_mirror_replace_session(self->mirror, name, old, record, ends_at_ms, replaced, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

static lk_status take_away(void *ctx, const char *name, const char *record, bool *removed,
                           lk_error *err)
{
    shared_store *self = ctx;

    pthread_mutex_lock(&self->mutex);
    self->n_removed++;
    lk_status status = self->write_fails
                           ? break_down(err)
                           : lk_mirror_remove_session(self->mirror, name, record, removed, err);
    pthread_mutex_unlock(&self->mutex);
    return status;
}

lk_session_store shared_store_sessions(shared_store *self)
{
    return (lk_session_store){
        .get = get, .put = put, .replace = replace, .remove = take_away, .ctx = self
    };
}
