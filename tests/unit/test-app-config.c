/* Settings: config.c. */
#include "test.h"

#include "config.h"
#include "fail.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const app_option table[] = {
    OPTION_STORE, OPTION_BASE_URL, OPTION_CLIENT_ID, OPTION_API_KEY_FILE, OPTION_KEY_CACHE,
};

static const char *const variables[] = {
    "WORKOS_API_KEY",      "WORKOS_API_KEY_FILE",   "CREDENTIALS_DIRECTORY", "WORKOS_API_BASE_URL",
    "WORKOS_API_HOSTNAME", "WORKOS_API_HTTPS",      "WORKOS_API_PORT",       "LATCHKEY_STORE",
    "WORKOS_CLIENT_ID",    "WORKOS_COOKIE_MAX_AGE", "LATCHKEY_KEY_CACHE",
};

static int clear_variables(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ITEMS(variables); i++)
        unsetenv(variables[i]);
    return 0;
}

static app_arguments *give(const char *word)
{
    app_arguments *given = NULL;
    lk_error err = LK_ERROR_INIT;
    char *words[] = { (char *)word };

    assert_ok(arguments_parse(table, N_ITEMS(table), word != NULL ? 1 : 0, words, &given, &err),
              err);
    return given;
}

static char *write_file(const char *data, size_t len)
{
    char *path = strdup("/tmp/latchkey-test-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, len), len);
    close(fd);
    return path;
}

static void drop_file(char *path)
{
    unlink(path);
    free(path);
}

static void test_flag_beats_environment(void **state)
{
    app_arguments *given = give("--store=sqlite:flag.db");
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;

    (void)state;
    setenv("LATCHKEY_STORE", "sqlite:environment.db", 1);
    assert_ok(config_store(given, &text, &err), err);
    assert_string_equal(text, "sqlite:flag.db");
    free(text);
    arguments_free(given);
    given = give(NULL);
    assert_ok(config_store(given, &text, &err), err);
    assert_string_equal(text, "sqlite:environment.db");
    free(text);
    arguments_free(given);
}

static void test_store_defaults_below_the_state_directory(void **state)
{
    char directory[] = "/tmp/latchkey-test-XXXXXX";
    app_arguments *given = give(NULL);
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;
    char wanted[128];
    struct stat info;

    (void)state;
    assert_non_null(mkdtemp(directory));
    setenv("XDG_STATE_HOME", directory, 1);
    assert_ok(config_store(given, &text, &err), err);
    snprintf(wanted, sizeof(wanted), "sqlite:%s/latchkey/mirror.db", directory);
    assert_string_equal(text, wanted);
    snprintf(wanted, sizeof(wanted), "%s/latchkey", directory);
    assert_int_equal(stat(wanted, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    rmdir(wanted);
    rmdir(directory);
    free(text);
    arguments_free(given);
}

static void test_keys_are_kept_below_the_cache_directory(void **state)
{
    char directory[] = "/tmp/latchkey-test-XXXXXX";
    static const struct {
        const char *flag;
        const char *variable;
        const char *client_id;
        const char *wanted; /* NULL: none; in the first row below the directory */
    } rows[] = {
        { NULL, NULL, "client_01", "/latchkey/keys-client_01.json" },
        { NULL, "/var/keys", "client_01", "/var/keys" },
        { "--key-cache=/run/keys", "/var/keys", "client_01", "/run/keys" },
        { NULL, "none", "client_01", NULL },
        { "--key-cache=none", NULL, "client_01", NULL },
        { NULL, NULL, "../../etc/x", NULL }, /* leads out of the directory */
    };

    (void)state;
    assert_non_null(mkdtemp(directory));
    setenv("XDG_CACHE_HOME", directory, 1);
    for (size_t i = 0; i < N_ITEMS(rows); i++) {
        app_arguments *given = give(rows[i].flag);
        lk_error err = LK_ERROR_INIT;
        char wanted[128];
        char *path = NULL;

        unsetenv("LATCHKEY_KEY_CACHE");
        if (rows[i].variable != NULL)
            setenv("LATCHKEY_KEY_CACHE", rows[i].variable, 1);
        assert_ok(config_key_cache(given, rows[i].client_id, &path, &err), err);
        snprintf(wanted, sizeof(wanted), "%s%s", i == 0 ? directory : "",
                 rows[i].wanted == NULL ? "" : rows[i].wanted);
        assert_string_equal(path == NULL ? "" : path, wanted);
        free(path);
        arguments_free(given);
    }
    unsetenv("XDG_CACHE_HOME");
    char made[64];
    snprintf(made, sizeof(made), "%s/latchkey", directory);
    assert_int_equal(rmdir(made), 0);
    rmdir(directory);
}

static void test_keys_without_a_place_are_not_kept(void **state)
{
    app_arguments *given = give(NULL);
    lk_error err = LK_ERROR_INIT;
    char *path = NULL;

    (void)state;
    setenv("XDG_CACHE_HOME", "/dev/null", 1); /* nothing can be made below it */
    assert_ok(config_key_cache(given, "client_01", &path, &err), err);
    assert_null(path);
    unsetenv("XDG_CACHE_HOME");
    arguments_free(given);
}

static void test_secret_is_found_in_its_order(void **state)
{
    char directory[] = "/tmp/latchkey-test-XXXXXX";
    char *file = write_file("from file\r\n", 11);
    app_arguments *given = give(NULL);
    lk_error err = LK_ERROR_INIT;
    char path[64];
    char *text = NULL;

    (void)state;
    assert_ok(config_secret(given, "api-key-file", "WORKOS_API_KEY", &text, &err), err);
    assert_null(text);

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/WORKOS_API_KEY", directory);
    FILE *credential = fopen(path, "w");
    fputs("from credentials", credential);
    fclose(credential);
    setenv("CREDENTIALS_DIRECTORY", directory, 1);
    assert_ok(config_secret(given, "api-key-file", "WORKOS_API_KEY", &text, &err), err);
    assert_string_equal(text, "from credentials");
    free_secretp(&text);

    setenv("WORKOS_API_KEY_FILE", file, 1);
    assert_ok(config_secret(given, "api-key-file", "WORKOS_API_KEY", &text, &err), err);
    assert_string_equal(text, "from file");
    free_secretp(&text);

    setenv("WORKOS_API_KEY", "from variable", 1);
    assert_ok(config_secret(given, "api-key-file", "WORKOS_API_KEY", &text, &err), err);
    assert_string_equal(text, "from variable");
    free_secretp(&text);

    unlink(path);
    rmdir(directory);
    drop_file(file);
    arguments_free(given);
}

static void test_bad_secret_files_are_named_and_never_quoted(void **state)
{
    static char long_secret[20000];
    static const struct {
        const char *data;
        size_t len;
        const char *says;
    } cases[] = {
        { "", 0, "is empty" },
        { "\n\n", 2, "is empty" },
        { "hunter2\0x", 9, "NUL byte" },
        { long_secret, sizeof(long_secret), "not a secret" },
    };

    (void)state;
    memset(long_secret, 'h', sizeof(long_secret));
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        char *path = write_file(cases[i].data, cases[i].len);
        lk_error err = LK_ERROR_INIT;
        char *text = NULL;
        assert_fails(config_read_secret("WORKOS_API_KEY_FILE", path, &text, &err), LK_ERR_INVALID,
                     err);
        assert_contains(err.message, "WORKOS_API_KEY_FILE");
        assert_contains(err.message, path);
        assert_contains(err.message, cases[i].says);
        assert_null(strstr(err.message, "hunter2"));
        drop_file(path);
    }
}

static void test_base_url_wins_over_its_parts(void **state)
{
    static const struct {
        const char *url, *host, *https, *port;
        const char *wanted; /* NULL: the default of the library */
    } cases[] = {
        { NULL, NULL, NULL, NULL, NULL },
        { "http://127.0.0.1:4100", "api.example.com", "true", "1", "http://127.0.0.1:4100" },
        { NULL, "api.example.com", NULL, NULL, "https://api.example.com" },
        { NULL, "localhost", "false", "4100", "http://localhost:4100" },
        { NULL, NULL, NULL, "8443", "https://api.workos.com:8443" },
        { "", "api.example.com", "", "", "https://api.example.com" },
    };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(cases); i++) {
        app_arguments *given = give(NULL);
        lk_error err = LK_ERROR_INIT;
        char *text = NULL;
        clear_variables(NULL);
        if (cases[i].url != NULL)
            setenv("WORKOS_API_BASE_URL", cases[i].url, 1);
        if (cases[i].host != NULL)
            setenv("WORKOS_API_HOSTNAME", cases[i].host, 1);
        if (cases[i].https != NULL)
            setenv("WORKOS_API_HTTPS", cases[i].https, 1);
        if (cases[i].port != NULL)
            setenv("WORKOS_API_PORT", cases[i].port, 1);
        assert_ok(config_base_url(given, &text, &err), err);
        if (cases[i].wanted == NULL)
            assert_null(text);
        else
            assert_string_equal(text, cases[i].wanted);
        free(text);
        arguments_free(given);
    }
}

static void test_bad_numbers_name_their_variable(void **state)
{
    static const char *const bad[] = { "0", "-1", "12x", "1.5", "99999999999999999999", " " };

    (void)state;
    for (size_t i = 0; i < N_ITEMS(bad); i++) {
        lk_error err = LK_ERROR_INIT;
        int64_t number = 0;
        setenv("WORKOS_COOKIE_MAX_AGE", bad[i], 1);
        assert_fails(config_number("WORKOS_COOKIE_MAX_AGE", 1, 100, 7, &number, &err),
                     LK_ERR_INVALID, err);
        assert_contains(err.message, "WORKOS_COOKIE_MAX_AGE");
    }
}

static void test_missing_key_and_id_say_what_to_set(void **state)
{
    app_arguments *given = give(NULL);
    lk_client *client = NULL;
    lk_error err = LK_ERROR_INIT;

    (void)state;
    assert_fails(config_client(given, CONFIG_NEEDS_KEY, (lk_log){ 0 }, &client, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "WORKOS_API_KEY");
    err = (lk_error)LK_ERROR_INIT;
    assert_fails(config_client(given, CONFIG_NEEDS_CLIENT_ID, (lk_log){ 0 }, &client, &err),
                 LK_ERR_INVALID, err);
    assert_contains(err.message, "WORKOS_CLIENT_ID");
    arguments_free(given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_flag_beats_environment, clear_variables),
        cmocka_unit_test_setup(test_store_defaults_below_the_state_directory, clear_variables),
        cmocka_unit_test_setup(test_keys_are_kept_below_the_cache_directory, clear_variables),
        cmocka_unit_test_setup(test_keys_without_a_place_are_not_kept, clear_variables),
        cmocka_unit_test_setup(test_secret_is_found_in_its_order, clear_variables),
        cmocka_unit_test_setup(test_bad_secret_files_are_named_and_never_quoted, clear_variables),
        cmocka_unit_test_setup(test_base_url_wins_over_its_parts, clear_variables),
        cmocka_unit_test_setup(test_bad_numbers_name_their_variable, clear_variables),
        cmocka_unit_test_setup(test_missing_key_and_id_say_what_to_set, clear_variables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
