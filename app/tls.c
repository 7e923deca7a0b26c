/* Certificate and key through CivetWeb's mbedTLS; see tls.h. */
#include "tls.h"

#include "fail.h"

#include <civetweb-tls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Which file lies there: another one, or the same with another content, differs. */
typedef struct file_mark {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed_at;
} file_mark;

struct tls {
    mg_tls *context;
    char *certificate, *key;
    file_mark marks[2]; /* when they were read last */
};

static void look(const tls *self, file_mark marks[2])
{
    const char *paths[] = { self->certificate, self->key };

    memset(marks, 0, 2 * sizeof(*marks));
    for (size_t i = 0; i < N_ITEMS(paths); i++) {
        struct stat found;
        if (stat(paths[i], &found) == 0)
            marks[i] = (file_mark){ found.st_dev, found.st_ino, found.st_size, found.st_mtim };
    }
}

static bool is_same(const file_mark *one, const file_mark *other)
{
    return one->device == other->device && one->inode == other->inode && one->size == other->size &&
           one->changed_at.tv_sec == other->changed_at.tv_sec &&
           one->changed_at.tv_nsec == other->changed_at.tv_nsec;
}

static lk_status open_pair(tls *self, lk_error *err)
{
    char problem[500];

    /* Looked at before they are read: what is written in between is read again. */
    look(self, self->marks);
    self->context = mg_tls_new(self->certificate, self->key, problem, sizeof(problem));
    return self->context != NULL ? LK_OK : failed(err, LK_ERR_INVALID, "TLS: %s", problem);
}

lk_status tls_new(const char *certificate, const char *key, tls **out, lk_error *err)
{
    tls *self CLEANUP(tls_freep) = calloc(1, sizeof(*self));

    if (self == NULL || (self->certificate = strdup(certificate)) == NULL ||
        (self->key = strdup(key)) == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    TRY(open_pair(self, err));
    *out = self;
    self = NULL;
    return LK_OK;
}

void tls_free(tls *self)
{
    if (self == NULL)
        return;
    mg_tls_free(self->context);
    free(self->certificate);
    free(self->key);
    free(self);
}

void tls_freep(tls **self)
{
    tls_free(*self);
}

lk_status tls_refresh(tls *self, bool is_asked, bool *is_new, lk_error *err)
{
    char problem[500];
    file_mark marks[2];

    *is_new = false;
    look(self, marks);
    if (!is_asked && is_same(&marks[0], &self->marks[0]) && is_same(&marks[1], &self->marks[1]))
        return LK_OK;
    memcpy(self->marks, marks, sizeof(marks));
    if (!mg_tls_reload(self->context, problem, sizeof(problem)))
        return failed(err, LK_ERR_INVALID, "TLS: %s; the certificate from before stays in force",
                      problem);
    *is_new = true;
    return LK_OK;
}

void *tls_context(const tls *self)
{
    return self->context;
}
