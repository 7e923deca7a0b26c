/* The keys on disk: what they are good for, and everything that may be wrong with the file. */
#include "api/key-file.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/client.h"
#include "data.h"
#include "fake-token.h"
#include "test-client.h"
#include "test.h"

#define JWKS    "GET /sso/jwks/client_01"
#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

typedef struct folder {
    char path[64];
    char file[96];
    char log[4096];
} folder;

static int make_folder(void **state)
{
    folder *self = calloc(1, sizeof(*self));

    strcpy(self->path, "/tmp/latchkey-keys-XXXXXX");
    if (mkdtemp(self->path) == NULL)
        return -1;
    snprintf(self->file, sizeof(self->file), "%s/keys.json", self->path);
    *state = self;
    return 0;
}

static int remove_folder(void **state)
{
    folder *self = *state;

    unlink(self->file);
    rmdir(self->file);               /* one test makes a directory of it */
    int failure = rmdir(self->path); /* nothing else may be left */
    free(self);
    return failure;
}

static void keep_line(void *ctx, const char *text)
{
    char *log = ctx;

    if (strstr(text, "key file") != NULL)
        snprintf(log, sizeof(((folder *)NULL)->log), "%s", text);
}

static lk_client *open_client(folder *self, fake_wire *wire, fake_clock *clock,
                              const char *client_id, const char *base_url)
{
    lk_client *client = NULL;
    lk_error err = LK_ERROR_INIT;

    self->log[0] = '\0';
    assert_ok(lk_client_new(LK_CLIENT_OPTIONS(.client_id = client_id, .base_url = base_url,
                                              .transport = fake_wire_use(wire),
                                              .clock = fake_clock_use(clock),
                                              .log = { .line = keep_line, .ctx = self->log },
                                              .max_retries = -1, .key_cache_path = self->file),
                            &client, &err),
              err);
    return client;
}

static lk_status verify(const lk_client *client)
{
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    char *token = fake_token_sign(
        "key_1", "{\"iss\":\"https://api.workos.com\",\"sub\":\"u\",\"exp\":4000000000}");
    lk_status status = lk__client_verify(client, token, &claims, NULL);

    free(token);
    return status;
}

/* A first run that fetches keys at NOON and leaves them behind. */
static void run_once(folder *self)
{
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" });
    fake_clock clock = { .now_ms = NOON };
    lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_client_refresh_keys(client, &err), err);
    assert_string_equal(self->log, "");
    lk_client_free(client);
    fake_wire_finished(&wire);
}

static void write_file(const folder *self, const char *text)
{
    FILE *out = fopen(self->file, "w");

    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(self->file, 0600), 0);
}

static void test_restarted_program_verifies_without_workos(void **state)
{
    folder *self = *state;
    fake_wire wire = FAKE_WIRE_SILENT;
    fake_clock clock = { .now_ms = NOON + 9 * 60000 };
    struct stat about;

    run_once(self);
    assert_int_equal(stat(self->file, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
    assert_int_equal(verify(client), LK_OK);
    assert_int_equal(lk_client_get_keys_fetched_at_ms(client), NOON);
    lk_client_free(client);
    fake_wire_finished(&wire);
}

static void test_keys_on_disk_keep_their_age(void **state)
{
    folder *self = *state;
    fake_wire wire = FAKE_WIRE({ JWKS, .failure = LK_ERR_NETWORK }, /* in the background */
                               { JWKS, .failure = LK_ERR_NETWORK });
    fake_clock clock = { .now_ms = NOON + DAY_MS };
    lk_error err = LK_ERROR_INIT;

    run_once(self);
    lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
    assert_int_equal(verify(client), LK_OK);
    assert_fails(lk_client_refresh_keys(client, &err), LK_ERR_NETWORK, err);
    clock.now_ms += 60000;
    assert_int_equal(verify(client), LK_ERR_NO_KEY); /* past the bound, restart or not */
    assert_fails(lk_client_refresh_keys(client, &err), LK_ERR_NETWORK, err);
    assert_contains(err.message, "those of 1441 min ago");
    lk_client_free(client);
    fake_wire_finished(&wire);
}

static void test_file_that_is_no_good_is_as_good_as_none(void **state)
{
    folder *self = *state;
    size_t len = 0;
    char *keys = data_read("jwks.json", &len);
    static const struct {
        const char *start; /* of the file, up to the keys; NULL: the whole of it is text */
        const char *text;
        const char *why;
    } rows[] = {
        { NULL, "", "damaged" },
        { NULL, "[]", "damaged" },
        { NULL, "{\"format\":1,\"client_id\":\"client_01\"", "damaged" }, /* half a file */
        { NULL, "\xff\xfe", "damaged" },
        { "{\"format\":2,\"client_id\":\"client_01\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":1772452800000,\"keys\":",
          NULL, "another version" },
        /* Which of the two is meant? */
        { "{\"format\":1,\"client_id\":\"client_02\",\"client_id\":\"client_01\","
          "\"base_url\":\"https://api.workos.com\",\"fetched_at_ms\":1772452800000,\"keys\":",
          NULL, "damaged" },
        { "{\"format\":1,\"client_id\":\"client_01\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":\"1772452800000\",\"keys\":",
          NULL, "damaged" },
        { "{\"format\":1,\"client_id\":\"client_01\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":-1,\"keys\":",
          NULL, "damaged" },
        /* The keys of staging do not open production. */
        { "{\"format\":1,\"client_id\":\"client_02\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":1772452800000,\"keys\":",
          NULL, "another client id or base URL" },
        { "{\"format\":1,\"client_id\":\"client_01\",\"base_url\":\"http://localhost:4100\","
          "\"fetched_at_ms\":1772452800000,\"keys\":",
          NULL, "another client id or base URL" },
        /* 10 min ahead: would be young for longer than it should. */
        { "{\"format\":1,\"client_id\":\"client_01\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":1772453400000,\"keys\":",
          NULL, "of the future" },
        { "{\"format\":1,\"client_id\":\"client_01\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":1772366339999,\"keys\":",
          NULL, "1441 min old, more than the 1440 min" },
        { NULL,
          "{\"format\":1,\"client_id\":\"client_01\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":1772452800000,\"keys\":{\"keys\":[]}}",
          "none of the 0 keys" },
        { NULL,
          "{\"format\":1,\"client_id\":\"client_01\",\"base_url\":\"https://api.workos.com\","
          "\"fetched_at_ms\":1772452800000,\"keys\":\"\"}",
          "damaged" },
    };

    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        fake_clock clock = { .now_ms = NOON };
        char text[8192];

        snprintf(text, sizeof(text), "%s%s%s", rows[i].start == NULL ? "" : rows[i].start,
                 rows[i].start == NULL ? rows[i].text : keys, rows[i].start == NULL ? "" : "}");
        write_file(self, text);
        lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
        if (strstr(self->log, rows[i].why) == NULL)
            fail_msg("row %zu: \"%s\"", i, self->log);
        assert_int_equal(verify(client), LK_ERR_NO_KEY);
        lk_client_free(client);
        fake_wire_finished(&wire);
    }
    free(keys);
}

/* Who may write to the file may sign everybody in. */
static void test_file_that_others_can_write_is_not_read(void **state)
{
    folder *self = *state;
    static const struct {
        mode_t mode;
        bool is_read;
    } rows[] = { { 0600, true },  { 0644, true },  { 0400, true }, /* a copy that was put there */
                 { 0620, false }, { 0602, false }, { 0666, false } };

    run_once(self);
    for (size_t i = 0; i < N_ROWS(rows); i++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        fake_clock clock = { .now_ms = NOON };

        assert_int_equal(chmod(self->file, rows[i].mode), 0);
        lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
        if ((verify(client) == LK_OK) != rows[i].is_read ||
            (strstr(self->log, "can write to it") == NULL) != rows[i].is_read)
            fail_msg("mode %o: \"%s\"", (unsigned)rows[i].mode, self->log);
        lk_client_free(client);
        fake_wire_finished(&wire);
    }
}

static void test_file_of_another_user_is_not_read(void **state)
{
    folder *self = *state;
    fake_wire wire = FAKE_WIRE_SILENT;
    fake_clock clock = { .now_ms = NOON };

    run_once(self);
    if (chown(self->file, 65534, (gid_t)-1) != 0)
        skip(); /* only root can give a file away */
    lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
    assert_contains(self->log, "belongs to another user");
    assert_int_equal(verify(client), LK_ERR_NO_KEY);
    lk_client_free(client);
    fake_wire_finished(&wire);
}

static void test_file_of_another_kind_is_not_read(void **state)
{
    folder *self = *state;
    char real[128];
    fake_clock clock = { .now_ms = NOON };

    run_once(self);
    snprintf(real, sizeof(real), "%s.real", self->file);
    assert_int_equal(rename(self->file, real), 0);
    for (int kind = 0; kind < 3; kind++) {
        fake_wire wire = FAKE_WIRE_SILENT;
        static const char *const why[] = { "symbolic link", "no regular file", "no regular file" };

        assert_int_equal(kind == 0   ? symlink(real, self->file)
                         : kind == 1 ? mkfifo(self->file, 0600) /* must not be waited for */
                                     : mkdir(self->file, 0700),
                         0);
        lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
        assert_contains(self->log, why[kind]);
        assert_int_equal(verify(client), LK_ERR_NO_KEY);
        lk_client_free(client);
        fake_wire_finished(&wire);
        assert_int_equal(remove(self->file), 0);
    }
    unlink(real);
}

static void test_endless_file_is_not_read_to_its_end(void **state)
{
    folder *self = *state;
    fake_wire wire = FAKE_WIRE_SILENT;
    fake_clock clock = { .now_ms = NOON };

    write_file(self, "");
    assert_int_equal(truncate(self->file, INT64_C(1) << 40), 0);
    lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
    assert_contains(self->log, "too long");
    lk_client_free(client);
    fake_wire_finished(&wire);
}

static void test_new_keys_replace_the_file_at_once(void **state)
{
    folder *self = *state;
    const lk__key_file file = { self->file, "client_01", "https://api.workos.com" };
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks-two.json" });
    fake_clock clock = { .now_ms = NOON + HOUR_MS };
    lk__auto_buf keys = LK__BUF(LK__MAX_KEY_SET);
    lk_error err = LK_ERROR_INIT;
    int64_t fetched_at_ms = 0;
    struct stat before;
    struct stat after;

    write_file(self, "damaged");
    assert_int_equal(stat(self->file, &before), 0);
    lk_client *client = open_client(self, &wire, &clock, "client_01", NULL);
    assert_ok(lk_client_refresh_keys(client, &err), err);
    lk_client_free(client);
    fake_wire_finished(&wire);
    assert_ok(lk__key_file_read(&file, clock.now_ms, DAY_MS, &keys, &fetched_at_ms, &err), err);
    assert_int_equal(fetched_at_ms, NOON + HOUR_MS);
    assert_contains(keys.data, "key_2");
    assert_int_equal(stat(self->file, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino); /* renamed over, not written into */
}

static void test_keys_that_cannot_be_kept_are_used(void **state)
{
    folder *self = *state;
    folder nowhere = { .path = "" };
    fake_wire wire = FAKE_WIRE({ JWKS, .status = 200, .file = "jwks.json" });
    fake_clock clock = { .now_ms = NOON };
    lk_error err = LK_ERROR_INIT;

    snprintf(nowhere.file, sizeof(nowhere.file), "%s/no/keys.json", self->path);
    lk_client *client = open_client(&nowhere, &wire, &clock, "client_01", NULL);
    assert_string_equal(nowhere.log, "");
    assert_ok(lk_client_refresh_keys(client, &err), err);
    assert_contains(nowhere.log, "cannot be written: No such file");
    assert_int_equal(verify(client), LK_OK);
    lk_client_free(client);
    fake_wire_finished(&wire);
}

#define FOLDER_TEST(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(test_restarted_program_verifies_without_workos),
        FOLDER_TEST(test_keys_on_disk_keep_their_age),
        FOLDER_TEST(test_file_that_is_no_good_is_as_good_as_none),
        FOLDER_TEST(test_file_that_others_can_write_is_not_read),
        FOLDER_TEST(test_file_of_another_user_is_not_read),
        FOLDER_TEST(test_file_of_another_kind_is_not_read),
        FOLDER_TEST(test_endless_file_is_not_read_to_its_end),
        FOLDER_TEST(test_new_keys_replace_the_file_at_once),
        FOLDER_TEST(test_keys_that_cannot_be_kept_are_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
