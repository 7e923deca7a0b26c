/* Private files for a store; see store-file.h. */
#include "mirror/store-file.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static lk_status fail_path(lk_error *err, const char *what, const char *path)
{
    const char *cause = strerror(errno);
    char shown[LK__SHOWN_PATH_SIZE];

    lk__store_file_shown(path, shown);
    return lk__fail(err, LK_ERR_STORE, "%s %s: %s", what, shown, cause);
}

static lk_status make_directory(const char *path, lk_error *err)
{
    struct stat info;

    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return LK_OK;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail_path(err, "cannot create the directory", path);
    if (stat(path, &info) != 0)
        return fail_path(err, "cannot use the directory", path);
    if (S_ISDIR(info.st_mode))
        return LK_OK;
    errno = ENOTDIR;
    return fail_path(err, "cannot use the directory", path);
}

/* parent is changed while working and whole again on success. */
static lk_status make_directories(char *parent, lk_error *err)
{
    for (char *slash = strchr(parent + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        LK_TRY(make_directory(parent, err));
        *slash = '/';
    }
    return make_directory(parent, err);
}

static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    if (slash == path)
        return strdup("/");
    return strndup(path, (size_t)(slash - path));
}

/* SQLite's log and lock table, beside it. */
static lk_status is_left(const char *path, const char *suffix, bool *out, lk_error *err)
{
    LK_CLEANUP(lk__freep) char *name = NULL;
    size_t size = strlen(path) + strlen(suffix) + 1;

    name = malloc(size);
    if (name == NULL)
        return lk__no_memory(err);
    snprintf(name, size, "%s%s", path, suffix);
    *out = access(name, F_OK) == 0;
    return LK_OK;
}

/* A log without its store belongs to one that was removed, and maybe to a program that still has it
 * open: SQLite would empty the index of the log under it, and rows would be gone. Looked for first:
 * who makes a store makes it before its log. */
static lk_status check_left(const char *path, lk_error *err)
{
    static const char *const suffixes[] = { "-wal", "-shm" };
    char shown[LK__SHOWN_PATH_SIZE];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        bool left = false;
        LK_TRY(is_left(path, suffixes[i], &left, err));
        if (!left || access(path, F_OK) == 0)
            continue;
        lk__store_file_shown(path, shown);
        return lk__fail(err, LK_ERR_STORE,
                        "store %s is gone, but its log (%s) is not: put the store back, or remove "
                        "the log as well",
                        shown, suffixes[i]);
    }
    return LK_OK;
}

static lk_status make_file(const char *path, lk_error *err)
{
    if (mknod(path, S_IFREG | 0600, 0) != 0) {
        if (errno == EEXIST)
            return LK_OK;
        return fail_path(err, "cannot create the store", path);
    }
    if (chmod(path, 0600) != 0)
        return fail_path(err, "cannot protect the store", path);
    return LK_OK;
}

static lk_status check_file(const char *path, lk_error *err)
{
    struct stat info;

    if (stat(path, &info) != 0)
        return fail_path(err, "cannot open the store", path);
    if (S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return fail_path(err, "cannot open the store", path);
    }
    if (!S_ISREG(info.st_mode)) {
        errno = ENOTSUP;
        return fail_path(err, "the store is no ordinary file:", path);
    }
    if (access(path, R_OK | W_OK) != 0)
        return fail_path(err, "cannot write to the store", path);
    return LK_OK;
}

lk_status lk__store_file_prepare(const char *path, lk_error *err)
{
    LK_CLEANUP(lk__freep) char *parent = parent_of(path);

    if (parent == NULL)
        return lk__no_memory(err);
    LK_TRY(make_directories(parent, err));
    LK_TRY(check_left(path, err));
    LK_TRY(make_file(path, err));
    LK_TRY(check_file(path, err));
    /* SQLite keeps its log and its lock table beside the file. */
    if (access(parent, W_OK | X_OK) != 0)
        return fail_path(err, "cannot write to the directory of the store", path);
    return LK_OK;
}

int64_t lk__store_file_log_size(const char *path)
{
    char log[PATH_MAX + 8];
    struct stat info;

    snprintf(log, sizeof(log), "%s-wal", path);
    return stat(log, &info) == 0 ? (int64_t)info.st_size : 0;
}

void lk__store_file_shown(const char *path, char out[LK__SHOWN_PATH_SIZE])
{
    size_t len = strlen(path);

    if (len < LK__SHOWN_PATH_SIZE)
        snprintf(out, LK__SHOWN_PATH_SIZE, "%s", path);
    else
        snprintf(out, LK__SHOWN_PATH_SIZE, "...%s", path + len - (LK__SHOWN_PATH_SIZE - 4));
}
