/* Lines of NAME=VALUE; see credentials.h. */
#include "credentials.h"

#include "config.h"
#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "sign-in"
#define MAX_FILE  16384 /* bytes; as config_read_secret() */

static const struct field {
    const char *name;
    size_t offset;
    bool is_required;
} fields[] = {
    { .name = "client_id", .offset = offsetof(credentials, client_id), .is_required = true },
    { .name = "base_url", .offset = offsetof(credentials, base_url) },
    { .name = "access_token", .offset = offsetof(credentials, access_token), .is_required = true },
    { .name = "refresh_token", .offset = offsetof(credentials, refresh_token) },
    { .name = "session_id", .offset = offsetof(credentials, session_id) },
    { .name = "user_id", .offset = offsetof(credentials, user_id), .is_required = true },
    { .name = "email", .offset = offsetof(credentials, email), .is_required = true },
    { .name = "name", .offset = offsetof(credentials, name) },
};

static char **value_of(credentials *kept, const struct field *field)
{
    return (char **)(void *)((char *)kept + field->offset);
}

static const char *read_value(const credentials *kept, const struct field *field)
{
    return *(char *const *)(const void *)((const char *)kept + field->offset);
}

void credentials_clear(credentials *kept)
{
    for (size_t i = 0; i < N_ITEMS(fields); i++)
        free_secretp(value_of(kept, &fields[i]));
    *kept = (credentials){ 0 };
}

/* ---- From a grant ---- */

/* A line end in a value would begin another line. */
static void drop_controls(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            *text = ' ';
}

static lk_status copy(const char *text, char **out, lk_error *err)
{
    if (text == NULL || *text == '\0')
        return LK_OK;
    *out = strdup(text);
    if (*out == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    drop_controls(*out);
    return LK_OK;
}

static lk_status take_name(const lk_user *user, char **out, lk_error *err)
{
    char *name CLEANUP(free_textp) = NULL;
    const char *first = user->first_name;
    const char *last = user->last_name;

    if (user->name != NULL || first == NULL || last == NULL)
        return copy(user->name != NULL ? user->name : first != NULL ? first : last, out, err);
    if (asprintf(&name, "%s %s", first, last) < 0) {
        name = NULL;
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    }
    return copy(name, out, err);
}

lk_status credentials_take(credentials *out, const char *client_id, const char *base_url,
                           const lk_authentication *authentication, const lk_session *session,
                           lk_error *err)
{
    auto_credentials taken = { 0 };

    TRY(copy(client_id, &taken.client_id, err));
    TRY(copy(base_url, &taken.base_url, err));
    TRY(copy(authentication->access_token, &taken.access_token, err));
    TRY(copy(authentication->refresh_token, &taken.refresh_token, err));
    TRY(copy(session->session_id, &taken.session_id, err));
    TRY(copy(authentication->user->id, &taken.user_id, err));
    TRY(copy(authentication->user->email, &taken.email, err));
    TRY(take_name(authentication->user, &taken.name, err));
    *out = taken;
    taken = (credentials){ 0 };
    return LK_OK;
}

/* ---- The file ---- */

void credentials_close(credentials_file *file)
{
    if (file->lock >= 0)
        close(file->lock);
    free(file->path);
    *file = (credentials_file)CREDENTIALS_FILE_CLOSED;
}

/* The lock is a file of its own, since the other one is replaced. */
lk_status credentials_open(credentials_file *out, lk_error *err)
{
    auto_credentials_file file = CREDENTIALS_FILE_CLOSED;
    char *lock CLEANUP(free_textp) = NULL;
    int rc;

    TRY(config_state_path(FILE_NAME, &file.path, err));
    TRY(config_state_path(FILE_NAME ".lock", &lock, err));
    file.lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file.lock < 0)
        return failed(err, LK_ERR_STORE, "cannot open %s: %s", lock, strerror(errno));
    do
        rc = flock(file.lock, LOCK_EX);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return failed(err, LK_ERR_STORE, "cannot lock %s: %s", lock, strerror(errno));
    *out = file;
    file = (credentials_file)CREDENTIALS_FILE_CLOSED;
    return LK_OK;
}

static lk_status check_owner(const char *path, lk_error *err)
{
    struct stat found;

    if (lstat(path, &found) != 0)
        return failed(err, LK_ERR_STORE, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(found.st_mode) || found.st_uid != geteuid())
        return failed(err, LK_ERR_STORE, "%s is not a file of yours: remove it", path);
    if ((found.st_mode & 077) != 0)
        return failed(err, LK_ERR_STORE,
                      "others can read %s, and what is in it signs in as you: chmod 600 it", path);
    if (found.st_size > MAX_FILE)
        return failed(err, LK_ERR_STORE, "%s holds %lld bytes, more than %d: remove it", path,
                      (long long)found.st_size, MAX_FILE);
    return LK_OK;
}

/* Unknown names may be a later version's. */
static lk_status read_line(char *line, credentials *out, lk_error *err)
{
    char *value = strchr(line, '=');

    if (value == NULL)
        return LK_OK;
    *value++ = '\0';
    for (size_t i = 0; i < N_ITEMS(fields); i++) {
        if (strcmp(line, fields[i].name) != 0)
            continue;
        free_secretp(value_of(out, &fields[i]));
        return copy(value, value_of(out, &fields[i]), err);
    }
    return LK_OK;
}

static lk_status parse(char *text, credentials *out, lk_error *err)
{
    char *place = NULL;

    for (char *line = strtok_r(text, "\n", &place); line != NULL;
         line = strtok_r(NULL, "\n", &place))
        TRY(read_line(line, out, err));
    return LK_OK;
}

lk_status credentials_read(const credentials_file *file, credentials *out, bool *found,
                           lk_error *err)
{
    auto_credentials kept = { 0 };
    char *text CLEANUP(free_secretp) = NULL;

    *found = false;
    if (access(file->path, F_OK) != 0 && errno == ENOENT)
        return LK_OK;
    TRY(check_owner(file->path, err));
    TRY(config_read_secret("sign-in", file->path, &text, err));
    TRY(parse(text, &kept, err));
    for (size_t i = 0; i < N_ITEMS(fields); i++)
        if (fields[i].is_required && read_value(&kept, &fields[i]) == NULL)
            return failed(err, LK_ERR_STORE, "%s has no %s: latchkey login writes it anew",
                          file->path, fields[i].name);
    *found = true;
    *out = kept;
    kept = (credentials){ 0 };
    return LK_OK;
}

static bool write_fields(FILE *out, const credentials *kept)
{
    for (size_t i = 0; i < N_ITEMS(fields); i++) {
        const char *value = read_value(kept, &fields[i]);
        if (value != NULL && fprintf(out, "%s=%s\n", fields[i].name, value) < 0)
            return false;
    }
    return fflush(out) == 0 && fsync(fileno(out)) == 0;
}

lk_status credentials_write(const credentials_file *file, const credentials *kept, lk_error *err)
{
    char *draft CLEANUP(free_textp) = NULL;

    if (asprintf(&draft, "%s.new", file->path) < 0) {
        draft = NULL;
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    }
    /* One that a crash left behind; nobody else writes while we hold the lock. */
    unlink(draft);
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL && fd >= 0)
        close(fd);
    bool written = out != NULL && write_fields(out, kept);
    int cause = errno;
    if (out != NULL && fclose(out) != 0 && written) {
        written = false;
        cause = errno;
    }
    if (written && rename(draft, file->path) == 0)
        return LK_OK;
    if (written)
        cause = errno;
    unlink(draft);
    return failed(err, LK_ERR_STORE, "cannot write %s: %s", file->path, strerror(cause));
}

lk_status credentials_remove(const credentials_file *file, lk_error *err)
{
    if (unlink(file->path) != 0 && errno != ENOENT)
        return failed(err, LK_ERR_STORE, "cannot remove %s: %s", file->path, strerror(errno));
    return LK_OK;
}
