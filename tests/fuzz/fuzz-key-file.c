/* Files of signing keys, as somebody else may have left them. */
#include "api/key-file.h"

#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "fuzz.h"

#define NOW_MS INT64_C(1772452800000)

static char path[] = "/dev/shm/latchkey-fuzz-XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

static const char *path_of(const uint8_t *data, size_t size)
{
    static int fd = -1;

    if (fd < 0) {
        fd = mkstemp(path);
        atexit(remove_file);
    }
    promise(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lk__key_file file = { path_of(data, size), "client_01", "https://api.workos.com" };
    lk__auto_buf keys = LK__BUF(LK__MAX_KEY_SET);
    int64_t fetched_at_ms = -1;
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk__key_file_read(&file, NOW_MS, 86400000, &keys, &fetched_at_ms, &err);

    if (status != LK_OK) {
        promise(status == LK_ERR_STORE && keys.data == NULL && fetched_at_ms == -1);
        promise(err.message[0] != '\0');
        return 0;
    }
    /* What is taken is JSON, and no older than it may be. */
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    promise(lk__json_parse(keys.data, keys.len, &json, NULL) == LK_OK);
    promise(fetched_at_ms >= NOW_MS - 86400000 && fetched_at_ms <= NOW_MS + 5 * 60000);
    return 0;
}
