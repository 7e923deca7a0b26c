/* The signing keys on disk; see key-file.h.
 *
 * Public keys are no secret, but whoever chooses them decides who is signed in. So the file counts
 * only where no one but its owner (this program's user, or root) can have written it, and is read
 * as carefully as an answer of the network. */
#include "api/key-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"

enum {
    FORMAT = 1,
    MAX_FILE = LK__MAX_KEY_SET + 8192, /* bytes, with what stands around the keys */
    MAX_AHEAD_MS = 5 * 60 * 1000       /* a clock that was set back a little is no reason */
};

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static lk_status refuse(const lk__key_file *file, const char *why, lk_error *err)
{
    return lk__fail(err, LK_ERR_STORE, "key file %.120s is not used: %.100s", file->path, why);
}

/* ---- Reading ---- */

static lk_status check_owner(const lk__key_file *file, int fd, lk_error *err)
{
    struct stat about;

    if (fstat(fd, &about) != 0)
        return refuse(file, strerror(errno), err);
    if (!S_ISREG(about.st_mode))
        return refuse(file, "it is no regular file", err);
    if (about.st_uid != geteuid() && about.st_uid != 0)
        return refuse(file, "it belongs to another user", err);
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return refuse(file, "others than its owner can write to it", err);
    return LK_OK;
}

static lk_status read_all(const lk__key_file *file, int fd, lk__buf *out, lk_error *err)
{
    char piece[4096];

    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return refuse(file, strerror(errno), err);
        if (n == 0)
            return LK_OK;
        lk_status status = lk__buf_append(out, piece, (size_t)n, NULL);
        if (status == LK_ERR_NO_MEMORY)
            return lk__no_memory(err);
        if (status != LK_OK)
            return refuse(file, "it is too long", err);
    }
}

static lk_status check_age(const lk__key_file *file, int64_t fetched_at_ms, int64_t now_ms,
                           int64_t max_age_ms, lk_error *err)
{
    char why[96];

    if (fetched_at_ms > now_ms + MAX_AHEAD_MS)
        return refuse(file, "it is of the future: is the clock right?", err);
    if (now_ms - fetched_at_ms <= max_age_ms)
        return LK_OK;
    snprintf(why, sizeof(why), "it is %lld min old, more than the %lld min that keys are used",
             (long long)((now_ms - fetched_at_ms) / 60000), (long long)(max_age_ms / 60000));
    return refuse(file, why, err);
}

static lk_status read_members(const lk__key_file *file, const lk__json *json, lk__buf *keys,
                              int64_t *fetched_at_ms, lk_error *err)
{
    const lk__json *set = lk__json_get(json, "keys");
    int64_t format = 0;

    if (!lk__json_is_object(json) || lk__json_duplicate(json) != NULL ||
        !lk__json_int64(json, "format", &format) || format != FORMAT || !lk__json_is_object(set) ||
        !lk__json_int64(json, "fetched_at_ms", fetched_at_ms) || *fetched_at_ms < 0)
        return refuse(file, "it is damaged, or of another version", err);
    if (!lk__text_equal(lk__json_text(json, "client_id"), file->client_id) ||
        !lk__text_equal(lk__json_text(json, "base_url"), file->base_url))
        return refuse(file, "its keys are those of another client id or base URL", err);
    return lk__json_print(set, keys, err);
}

static lk_status parse(const lk__key_file *file, const lk__buf *text, int64_t now_ms,
                       int64_t max_age_ms, lk__buf *keys, int64_t *fetched_at_ms, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk__auto_buf set = LK__BUF(LK__MAX_KEY_SET);
    int64_t time_ms = 0;
    lk_status status = lk__json_parse(text->data == NULL ? "" : text->data, text->len, &json, NULL);

    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK)
        return refuse(file, "it is damaged, or of another version", err);
    LK_TRY(read_members(file, json, &set, &time_ms, err));
    LK_TRY(check_age(file, time_ms, now_ms, max_age_ms, err));
    LK_TRY(lk__buf_append(keys, set.data, set.len, err));
    *fetched_at_ms = time_ms;
    return LK_OK;
}

lk_status lk__key_file_read(const lk__key_file *file, int64_t now_ms, int64_t max_age_ms,
                            lk__buf *keys, int64_t *fetched_at_ms, lk_error *err)
{
    lk__auto_buf text = LK__BUF(MAX_FILE);
    /* Not through a link to a file elsewhere, and not waiting for the writer of a pipe. */
    LK_CLEANUP(close_file)
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return lk__fail(err, LK_ERR_NOT_FOUND, "there is no key file %.120s yet", file->path);
    if (fd < 0)
        return refuse(file, errno == ELOOP ? "it is a symbolic link" : strerror(errno), err);
    LK_TRY(check_owner(file, fd, err));
    LK_TRY(read_all(file, fd, &text, err));
    return parse(file, &text, now_ms, max_age_ms, keys, fetched_at_ms, err);
}

/* ---- Writing ---- */

static lk_status print(const lk__key_file *file, int64_t fetched_at_ms, const lk__buf *keys,
                       lk__buf *out, lk_error *err)
{
    lk__json_writer writer = LK__JSON_WRITER(out);

    lk__json_open_object(&writer, NULL);
    lk__json_put_number(&writer, "format", FORMAT);
    lk__json_put_text(&writer, "client_id", file->client_id);
    lk__json_put_text(&writer, "base_url", file->base_url);
    lk__json_put_number(&writer, "fetched_at_ms", fetched_at_ms);
    lk__json_put_raw(&writer, "keys", keys->data);
    lk__json_close_object(&writer);
    return lk__json_end(&writer, err);
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return fsync(fd) == 0;
}

static lk_status fail_write(const lk__key_file *file, lk_error *err)
{
    return lk__fail(err, LK_ERR_STORE, "key file %.120s cannot be written: %.80s", file->path,
                    strerror(errno));
}

lk_status lk__key_file_write(const lk__key_file *file, int64_t fetched_at_ms, const lk__buf *keys,
                             lk_error *err)
{
    lk__auto_buf text = LK__BUF(MAX_FILE);
    lk__auto_buf temporary = LK__BUF(SIZE_MAX);
    lk_status status = LK_OK;

    LK_TRY(print(file, fetched_at_ms, keys, &text, err));
    LK_TRY(lk__buf_printf(&temporary, err, "%s.XXXXXX", file->path));
    LK_CLEANUP(close_file) int fd = mkostemp(temporary.data, O_CLOEXEC); /* 0600 */
    if (fd < 0)
        return fail_write(file, err);
    if (!write_all(fd, text.data, text.len) || rename(temporary.data, file->path) != 0) {
        status = fail_write(file, err);
        unlink(temporary.data);
    }
    return status;
}
