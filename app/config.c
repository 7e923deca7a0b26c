/* Settings; see config.h. */
#include "config.h"

#include "fail.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SECRET 16384 /* bytes */

static const char *variable_text(const char *variable)
{
    const char *text = variable != NULL ? getenv(variable) : NULL;

    return text != NULL && *text != '\0' ? text : NULL;
}

static lk_status copy(const char *text, char **out, lk_error *err)
{
    char *copied = strdup(text);

    if (copied == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    *out = copied;
    return LK_OK;
}

lk_status config_text(const app_arguments *given, const char *name, const char *variable,
                      char **out, lk_error *err)
{
    const char *text = name != NULL ? arguments_text(given, name) : NULL;

    if (text != NULL && *text == '\0')
        return failed(err, LK_ERR_INVALID, "--%s is empty", name);
    if (text == NULL)
        text = variable_text(variable);
    *out = NULL;
    return text != NULL ? copy(text, out, err) : LK_OK;
}

static void close_fdp(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static ssize_t read_all(int fd, char *into, size_t room)
{
    size_t len = 0;

    while (len < room) {
        ssize_t n = read(fd, into + len, room - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

lk_status config_read_secret(const char *what, const char *path, char **out, lk_error *err)
{
    char *text CLEANUP(free_textp) = calloc(1, MAX_SECRET + 2);
    int fd CLEANUP(close_fdp) = open(path, O_RDONLY | O_CLOEXEC);

    if (text == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    if (fd < 0)
        return failed(err, LK_ERR_INVALID, "%s: cannot open %s: %s", what, path, strerror(errno));
    ssize_t len = read_all(fd, text, MAX_SECRET + 1);
    if (len < 0)
        return failed(err, LK_ERR_INVALID, "%s: cannot read %s: %s", what, path, strerror(errno));
    lk_status status = LK_OK;
    if (len > MAX_SECRET)
        status = failed(err, LK_ERR_INVALID, "%s: %s holds more than %d bytes: not a secret", what,
                        path, MAX_SECRET);
    else if (memchr(text, '\0', (size_t)len) != NULL)
        status = failed(err, LK_ERR_INVALID, "%s: %s holds a NUL byte: not a text", what, path);
    while (status == LK_OK && len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        text[--len] = '\0';
    if (status == LK_OK && len == 0)
        status = failed(err, LK_ERR_INVALID, "%s: %s is empty", what, path);
    if (status == LK_OK)
        status = copy(text, out, err);
    explicit_bzero(text, MAX_SECRET + 2);
    return status;
}

/* $CREDENTIALS_DIRECTORY/NAME. systemd: "LoadCredential=", systemd.exec(5). */
static lk_status read_credential(const char *variable, char **out, lk_error *err)
{
    const char *directory = variable_text("CREDENTIALS_DIRECTORY");
    char *path CLEANUP(free_textp) = NULL;

    if (directory == NULL)
        return LK_OK;
    if (asprintf(&path, "%s/%s", directory, variable) < 0) {
        path = NULL;
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    }
    if (access(path, F_OK) != 0)
        return LK_OK;
    return config_read_secret(variable, path, out, err);
}

lk_status config_secret(const app_arguments *given, const char *file_option, const char *variable,
                        char **out, lk_error *err)
{
    const char *path = file_option != NULL ? arguments_text(given, file_option) : NULL;
    char name[64];

    *out = NULL;
    if (path != NULL) {
        snprintf(name, sizeof(name), "--%s", file_option);
        return config_read_secret(name, path, out, err);
    }
    if (variable_text(variable) != NULL)
        return copy(variable_text(variable), out, err);
    snprintf(name, sizeof(name), "%s_FILE", variable);
    if (variable_text(name) != NULL)
        return config_read_secret(name, variable_text(name), out, err);
    return read_credential(variable, out, err);
}

lk_status config_number(const char *variable, int64_t minimum, int64_t maximum, int64_t otherwise,
                        int64_t *out, lk_error *err)
{
    const char *text = variable_text(variable);
    char *end = NULL;

    *out = otherwise;
    if (text == NULL)
        return LK_OK;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || strchr("-0123456789", text[0]) == NULL || end == text || *end != '\0' ||
        number < minimum || number > maximum)
        return failed(err, LK_ERR_INVALID, "%s must be a whole number from %" PRId64 " to %" PRId64,
                      variable, minimum, maximum);
    *out = number;
    return LK_OK;
}

static lk_status read_https(bool *https, lk_error *err)
{
    static const char *const yes[] = { "true", "1", "yes" };
    static const char *const no[] = { "false", "0", "no" };
    const char *text = variable_text("WORKOS_API_HTTPS");

    *https = true;
    if (text == NULL)
        return LK_OK;
    for (size_t i = 0; i < N_ITEMS(yes); i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return LK_OK;
        if (strcasecmp(text, no[i]) == 0) {
            *https = false;
            return LK_OK;
        }
    }
    return failed(err, LK_ERR_INVALID, "WORKOS_API_HTTPS must be true or false");
}

lk_status config_base_url(const app_arguments *given, char **out, lk_error *err)
{
    const char *host = variable_text("WORKOS_API_HOSTNAME");
    char *url = NULL;
    int64_t port = 0;
    bool https = true;

    TRY(config_text(given, "base-url", "WORKOS_API_BASE_URL", out, err));
    if (*out != NULL)
        return LK_OK;
    TRY(read_https(&https, err));
    TRY(config_number("WORKOS_API_PORT", 1, 65535, 0, &port, err));
    if (host == NULL && https && port == 0)
        return LK_OK;
    if (host == NULL)
        host = "api.workos.com";
    int len = port != 0 ? asprintf(&url, "%s://%s:%d", https ? "https" : "http", host, (int)port)
                        : asprintf(&url, "%s://%s", https ? "https" : "http", host);
    if (len < 0)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    *out = url;
    return LK_OK;
}

lk_status config_make_secret(const char *prefix, char **out, lk_error *err)
{
    unsigned char random[32];
    size_t len = strlen(prefix);
    char *secret = calloc(1, len + 2 * sizeof(random) + 1);

    if (secret == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        free(secret);
        return failed(err, LK_ERR_NO_MEMORY, "no random bytes: %s", strerror(errno));
    }
    memcpy(secret, prefix, len);
    for (size_t i = 0; i < sizeof(random); i++)
        snprintf(secret + len + 2 * i, 3, "%02x", random[i]);
    explicit_bzero(random, sizeof(random));
    *out = secret;
    return LK_OK;
}

static lk_status make_directory(const char *path, lk_error *err)
{
    char *part CLEANUP(free_textp) = strdup(path);

    if (part == NULL)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    for (char *slash = strchr(part + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return failed(err, LK_ERR_STORE, "cannot make the directory %s: %s", part,
                          strerror(errno));
        if (slash == NULL)
            return LK_OK;
        *slash = '/';
    }
}

/* A directory of ours as XDG has it: below $variable, or below rest in the home. LK_ERR_INVALID:
 * neither is set. */
static lk_status make_own_directory(const char *variable, const char *rest, char **out,
                                    lk_error *err)
{
    const char *base = variable_text(variable);
    const char *home = variable_text("HOME");
    char *directory CLEANUP(free_textp) = NULL;

    /* XDG Base Directory: "All paths set in these environment variables must be absolute. If an
     * implementation encounters a relative path … it should … ignore it." */
    if (base != NULL && base[0] != '/')
        base = NULL;
    if (base == NULL && home == NULL)
        return failed(err, LK_ERR_INVALID, "neither HOME nor %s is set", variable);
    int len = base != NULL ? asprintf(&directory, "%s/latchkey", base)
                           : asprintf(&directory, "%s/%s/latchkey", home, rest);
    if (len < 0) {
        directory = NULL;
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    }
    TRY(make_directory(directory, err));
    *out = directory;
    directory = NULL;
    return LK_OK;
}

bool config_is_local_url(const char *url)
{
    static const char *const hosts[] = { "localhost", "127.", "[::1]" };
    const char *host = strstr(url, "://");

    for (size_t i = 0; host != NULL && i < N_ITEMS(hosts); i++)
        if (strncasecmp(host + 3, hosts[i], strlen(hosts[i])) == 0)
            return true;
    return false;
}

lk_status config_state_path(const char *name, char **out, lk_error *err)
{
    char *directory CLEANUP(free_textp) = NULL;
    char *path = NULL;

    TRY(make_own_directory("XDG_STATE_HOME", ".local/state", &directory, err));
    if (asprintf(&path, "%s/%s", directory, name) < 0)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    *out = path;
    return LK_OK;
}

lk_status config_store(const app_arguments *given, char **out, lk_error *err)
{
    char *path CLEANUP(free_textp) = NULL;
    lk_error cause = LK_ERROR_INIT;
    char *url = NULL;

    TRY(config_text(given, "store", "LATCHKEY_STORE", out, err));
    if (*out != NULL)
        return LK_OK;
    lk_status status = config_state_path("mirror.db", &path, &cause);
    if (status != LK_OK)
        return failed(err, status, "no place for the store: %s: name one with --store",
                      cause.message);
    if (asprintf(&url, "sqlite:%s", path) < 0)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    *out = url;
    return LK_OK;
}

lk_status config_key_cache(const app_arguments *given, const char *client_id, char **out,
                           lk_error *err)
{
    char *directory CLEANUP(free_textp) = NULL;
    char *path = NULL;

    TRY(config_text(given, "key-cache", "LATCHKEY_KEY_CACHE", out, err));
    if (*out != NULL && strcmp(*out, "none") != 0)
        return LK_OK;
    if (*out != NULL || strchr(client_id, '/') != NULL) {
        free(*out);
        *out = NULL;
        return LK_OK;
    }
    if (make_own_directory("XDG_CACHE_HOME", ".cache", &directory, NULL) != LK_OK)
        return LK_OK;
    if (asprintf(&path, "%s/keys-%s.json", directory, client_id) < 0)
        return failed(err, LK_ERR_NO_MEMORY, "out of memory");
    *out = path;
    return LK_OK;
}

lk_status config_mirror(const app_arguments *given, lk_mirror **out, lk_error *err)
{
    char *store CLEANUP(free_textp) = NULL;

    TRY(config_store(given, &store, err));
    return lk_mirror_open(store, out, err);
}

lk_status config_client(const app_arguments *given, unsigned needs, lk_log log, lk_client **out,
                        lk_error *err)
{
    char *client_id CLEANUP(free_textp) = NULL;
    char *base_url CLEANUP(free_textp) = NULL;
    char *issuer CLEANUP(free_textp) = NULL;
    char *key_cache CLEANUP(free_textp) = NULL;
    char *api_key CLEANUP(free_secretp) = NULL;

    TRY(config_text(given, "client-id", "WORKOS_CLIENT_ID", &client_id, err));
    TRY(config_base_url(given, &base_url, err));
    TRY(config_text(given, NULL, "WORKOS_ISSUER", &issuer, err));
    TRY(config_secret(given, "api-key-file", "WORKOS_API_KEY", &api_key, err));
    if ((needs & CONFIG_NEEDS_CLIENT_ID) != 0 && client_id == NULL)
        return failed(
            err, LK_ERR_INVALID,
            "no client id: set WORKOS_CLIENT_ID or --client-id (WorkOS dashboard, API keys; "
            "without an account: latchkey emulate)");
    if ((needs & CONFIG_NEEDS_KEY) != 0 && api_key == NULL)
        return failed(
            err, LK_ERR_INVALID,
            "no API key: set WORKOS_API_KEY or WORKOS_API_KEY_FILE (WorkOS dashboard, API "
            "keys; without an account: latchkey emulate)");
    if ((needs & CONFIG_KEEPS_KEYS) != 0)
        TRY(config_key_cache(given, client_id, &key_cache, err));
    return lk_client_new(
        LK_CLIENT_OPTIONS(.client_id = client_id != NULL ? client_id : "client_unused",
                          .api_key = api_key, .base_url = base_url, .issuer = issuer, .log = log,
                          .key_cache_path = key_cache),
        out, err);
}
