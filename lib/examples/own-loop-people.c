/* A step asks WorkOS for what has happened since the last one, and blocks meanwhile: so it is a job
 * for a worker, and the loop only keeps the time. */
#include "own-loop-people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct people {
    job step; /* first: the workers hand it back */
    lk_mirror *mirror;
    lk_sync *sync;
    char *store;
    int is_stepping;
    int64_t due_ms;
};

static int64_t now_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* On a worker. A failure is no end: lk_sync_wait_ms() then waits longer. */
static void take_step(job *step)
{
    people *self = (people *)step;
    lk_error err = LK_ERROR_INIT;

    if (lk_sync_step(self->sync, NULL, &err) != LK_OK)
        fprintf(stderr, "own-loop: %s\n", err.message);
}

/* In the loop again. */
static void end_step(job *step)
{
    people *self = (people *)step;

    self->is_stepping = 0;
    self->due_ms = now_ms() + lk_sync_wait_ms(self->sync);
}

lk_status people_open(lk_client *client, const char *store, people **out, lk_error *err)
{
    people *self = calloc(1, sizeof(*self));

    if (self == NULL || (self->store = strdup(store)) == NULL)
        abort(); /* out of memory */
    self->step = (job){ .work = take_step, .done = end_step };
    (void)(lk_mirror_open(store, &self->mirror, err) ||
           lk_sync_new(LK_SYNC_OPTIONS(.client = client, .mirror = self->mirror), &self->sync,
                       err));
    if (err->status != LK_OK)
        people_close(self);
    else
        *out = self;
    return err->status;
}

void people_close(people *self)
{
    if (self == NULL)
        return;
    lk_sync_free(self->sync);
    lk_mirror_free(self->mirror);
    free(self->store);
    free(self);
}

int64_t people_turn(people *self, workers *threads)
{
    if (self == NULL || self->is_stepping)
        return -1;
    int64_t left_ms = self->due_ms - now_ms();
    if (left_ms > 0)
        return left_ms;
    self->is_stepping = 1;
    workers_do(threads, &self->step);
    return -1;
}

/* A mirror is for one thread at a time, and the other one belongs to the steps. */
char *people_list(const people *self, const char *organization_id, lk_error *err)
{
    lk_auto(lk_mirror) mirror = NULL;
    lk_auto(lk_directory_user_page) page = NULL;
    char *text = NULL;
    size_t len = 0;

    if (lk_mirror_open(self->store, &mirror, err) != LK_OK ||
        lk_mirror_list_users(mirror, LK_MIRROR_QUERY(.organization_id = organization_id), &page,
                             err) != LK_OK)
        return NULL;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        abort(); /* out of memory */
    for (size_t i = 0; i < page->count; i++) {
        const lk_directory_user *user = page->items[i];
        fprintf(out, "%s %s <%s>\n", user->first_name ? user->first_name : "",
                user->last_name ? user->last_name : "", user->email ? user->email : "");
    }
    fclose(out);
    return text;
}
