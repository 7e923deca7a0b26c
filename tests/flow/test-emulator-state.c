/* The local WorkOS with --state: everything is there after a stop and after a kill, and a file that
 * cannot be used is refused with its reason. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulator-kit.h"

static char folder[] = "/tmp/latchkey-state-XXXXXX";
static char file[64];

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int new_file(void **state)
{
    (void)state;
    snprintf(file, sizeof file, "%s/state", folder);
    return 0;
}

static int remove_file(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    char path[80];
    emulator_kit_point_at(NULL);
    emulator_kit_tear_down(state);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s%s", file, ends[i]);
        unlink(path);
    }
    return 0;
}

static void start(emulator_options options)
{
    options.state_file = file;
    assert_int_equal(emulator_kit_start(options), 0);
}

static void start_again(void)
{
    void *none = NULL;
    emulator_kit_tear_down(&none);
    start((emulator_options){ 0 });
}

/* The whole truth as text; free it. */
static char *truth(void)
{
    assert_int_equal(control("GET", "/_latchkey/state", NULL), 200);
    return strdup(last.body);
}

static void assert_truth_stays(void)
{
    char *before = truth();
    start_again();
    char *after = truth();
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static void test_everything_is_there_after_a_restart(void **state)
{
    (void)state;
    char token[4096], refresh_token[SIZE], event[SIZE], path[SIZE];
    start((emulator_options){ 0 });
    full_sign_in("email=" MIRA);
    snprintf(token, sizeof token, "%s", text("access_token"));
    snprintf(refresh_token, sizeof refresh_token, "%s", text("refresh_token"));
    control("POST", "/_latchkey/directories/" STAFF "/users",
            "{\"id\":\"directory_user_1\",\"email\":\"one@juniper.example\"}");
    assert_int_equal(last.status, 201);
    assert_int_equal(
        call_as(EMULATOR_API_KEY, "POST", "/webhook_endpoints", JSON,
                "{\"endpoint_url\":\"http://127.0.0.1:9/\",\"events\":[\"user.created\"]}"),
        201);
    get("/events?events=dsync.user.created&order=desc&limit=1");
    snprintf(event, sizeof event, "%s", text("data.0.id"));
    assert_truth_stays();

    assert_true(is_signed(token)); /* by the key that was there before */
    assert_int_equal(refresh(refresh_token, ""), 200);
    get("/webhook_endpoints");
    assert_string_equal(text("data.0.endpoint_url"), "http://127.0.0.1:9/");

    /* A reader goes on where it was; what happens next comes behind that. */
    control("PATCH", "/_latchkey/directory_users/directory_user_1", "{\"first_name\":\"Una\"}");
    assert_int_equal(last.status, 200);
    snprintf(path, sizeof path, "/events?events=dsync.user.updated&after=%.64s", event);
    get(path);
    assert_int_equal(count("data"), 1);
    assert_string_equal(text("data.0.data.first_name"), "Una");
    assert_true(strcmp(text("data.0.id"), event) > 0);
    assert_truth_stays();
}

static void test_what_is_removed_stays_removed(void **state)
{
    (void)state;
    start((emulator_options){ 0 });
    control("POST", "/_latchkey/directories/" STAFF "/users", "{\"id\":\"directory_user_1\"}");
    start_again();
    assert_int_equal(control("DELETE", "/_latchkey/directory_users/directory_user_1", NULL), 204);
    control("POST", "/_latchkey/events/forget", "{\"count\":5}");
    assert_truth_stays();
    assert_int_equal(get("/directory_users/directory_user_1"), 404);
    control("DELETE", "/_latchkey/directories/" STAFF, NULL);
    control("POST", "/_latchkey/events/forget", "{\"count\":100000}");
    assert_truth_stays();
    assert_int_equal(get("/directories/" STAFF), 404);
}

static void test_crowd_is_the_same_crowd(void **state)
{
    (void)state;
    char path[2 * SIZE];
    start((emulator_options){ .people = 300 });
    control("POST", "/_latchkey/simulate", "{\"count\":60}");
    get("/directory_users?directory=" STAFF "&limit=100&order=asc");
    snprintf(path, sizeof path, "/_latchkey/directory_users/%.64s", text("data.50.id"));
    control("PATCH", path, "{\"first_name\":\"Fifty\"}");
    assert_int_equal(last.status, 200);
    assert_truth_stays();
    control("DELETE", path, NULL); /* was kept in the file, and leaves it */
    assert_int_equal(last.status, 204);
    control("POST", "/_latchkey/events/forget", "{\"count\":100}");
    assert_truth_stays();
    control("DELETE", "/_latchkey/directories/" STAFF, NULL);
    assert_truth_stays();
}

static void test_clock_and_keys_stay(void **state)
{
    (void)state;
    char old_key[SIZE];
    start((emulator_options){ 0 });
    control("POST", "/_latchkey/clock", "{\"advance_s\":864000}");
    get("/sso/jwks/" EMULATOR_CLIENT_ID);
    snprintf(old_key, sizeof old_key, "%s", text("keys.0.kid"));
    control("POST", "/_latchkey/keys/rotate", "{}");
    full_sign_in("email=" MIRA);
    char token[4096];
    snprintf(token, sizeof token, "%s", text("access_token"));
    start_again();
    assert_true(is_signed(token));
    assert_string_equal(text("keys.1.kid"), old_key);
    control("POST", "/_latchkey/clock", "{}");
    cJSON *claims = claims_of(token);
    /* Ten days are still ahead: the token was issued just now, not in ten days. */
    assert_true(strcmp(text("now"), "2026") > 0);
    full_sign_in("email=" MIRA);
    cJSON *later = claims_of(text("access_token"));
    assert_true(at(later, "iat")->valuedouble - at(claims, "iat")->valuedouble < 3600);
    assert_true(at(later, "iat")->valuedouble >= at(claims, "iat")->valuedouble);
    cJSON_Delete(claims);
    cJSON_Delete(later);
}

static void test_seed_is_read_on_the_first_start_only(void **state)
{
    (void)state;
    void *none = NULL;
    start((emulator_options){ .seed_json = "{\"users\":[{\"email\":\"a@x.example\"}]}" });
    emulator_kit_tear_down(&none);
    start((emulator_options){ .seed_json = "{\"users\":[{\"email\":\"b@x.example\"}]}",
                              .people = 50 });
    get("/user_management/users");
    assert_int_equal(count("data"), 1);
    assert_string_equal(text("data.0.email"), "a@x.example");
}

static void test_broken_seed_leaves_nothing_behind(void **state)
{
    (void)state;
    emulator_options broken = { .state_file = file, .seed_json = "{\"wrong\":[]}" };
    assert_int_equal(emulator_kit_start(broken), -1);
    start((emulator_options){ 0 });
    get("/user_management/users");
    assert_int_equal(count("data"), 6);
}

static void test_file_is_for_the_owner_only(void **state)
{
    (void)state;
    struct stat found;
    umask(0);
    start((emulator_options){ 0 });
    assert_int_equal(stat(file, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
}

/* An emulator in another process that can be killed. Its address is written to the pipe. */
static pid_t start_child(char url[64])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        emulator_kit_point_at(NULL);
        if (emulator_kit_start((emulator_options){ .state_file = file }))
            _exit(1);
        ssize_t written = write(ends[1], emulator_kit_url(), strlen(emulator_kit_url()) + 1);
        if (written > 0)
            for (;;)
                pause();
        _exit(1);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], url, 64);
    close(ends[0]);
    assert_true(n > 10);
    return child;
}

static void kill_child(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Kills after that many ms, from a process of its own: the calls below are under way then. */
static pid_t kill_later(pid_t child, int ms)
{
    pid_t killer = fork();
    if (killer == 0) {
        usleep((useconds_t)ms * 1000);
        kill(child, SIGKILL);
        _exit(0);
    }
    return killer;
}

static void test_kill_loses_nothing_that_was_acknowledged(void **state)
{
    (void)state;
    char url[64], body[128], path[128];
    int n_told = 0;
    for (int round = 0; round < 8; round++) {
        pid_t child = start_child(url);
        emulator_kit_point_at(url);
        for (int i = 0; i < n_told; i++) {
            snprintf(path, sizeof path, "/directory_users/directory_user_%d", i);
            assert_int_equal(get(path), 200);
        }
        pid_t killer = kill_later(child, 20 + 23 * round);
        long status = 201;
        while (status == 201) {
            snprintf(body, sizeof body, "{\"id\":\"directory_user_%d\"}", n_told);
            status = control("POST", "/_latchkey/directories/" STAFF "/users", body);
            /* 409: the last one before the kill was kept, though nobody was told. */
            n_told += status == 201 || status == 409;
            status = status == 409 ? 201 : status;
        }
        kill_child(child);
        waitpid(killer, NULL, 0);
    }
    emulator_kit_point_at(NULL);
    assert_true(n_told > 8);
    start((emulator_options){ 0 });
    get("/events?events=dsync.user.created&limit=100&order=desc");
    /* Each of them has its event, too, in order. */
    snprintf(body, sizeof body, "directory_user_%d", n_told - 1);
    if (strcmp(text("data.0.data.id"), body) != 0)
        snprintf(body, sizeof body, "directory_user_%d", n_told);
    assert_string_equal(text("data.0.data.id"), body);
}

static void test_what_could_not_be_saved_is_not_acknowledged(void **state)
{
    (void)state;
    struct rlimit before, tight;
    start((emulator_options){ 0 });
    control("POST", "/_latchkey/directories/" STAFF "/users", "{\"id\":\"directory_user_1\"}");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 1; /* no file may grow: the disk is full */
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &tight);
    control("POST", "/_latchkey/directories/" STAFF "/users", "{\"id\":\"directory_user_2\"}");
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(last.status, 500);
    assert_string_equal(text("code"), "state_not_saved");
    assert_non_null(strstr(text("message"), file));
    /* With room again all of it is written, and nothing is in half. */
    control("POST", "/_latchkey/directories/" STAFF "/users", "{\"id\":\"directory_user_3\"}");
    assert_int_equal(last.status, 201);
    assert_truth_stays();
    assert_int_equal(get("/directory_users/directory_user_2"), 200);
}

static void write_file(const char *bytes, size_t len)
{
    FILE *out = fopen(file, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, len, out), len);
    fclose(out);
}

static void run_sql(const char *sql)
{
    sqlite3 *other = NULL;
    assert_int_equal(sqlite3_open(file, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
}

static void assert_refused(const char *because)
{
    char error[EMULATOR_ERROR_SIZE] = "";
    emulator *none = NULL;
    emulator_options options = { .state_file = file };
    assert_int_equal(emulator_start(&options, &none, error), -1);
    if (!strstr(error, because) || !strstr(error, "state"))
        fail_msg("\"%s\" does not say \"%s\"", error, because);
}

static void test_file_of_something_else_is_refused_and_left_alone(void **state)
{
    (void)state;
    char words[8192];
    memset(words, 'w', sizeof words);
    write_file(words, sizeof words);
    assert_refused("holds something else");
    FILE *in = fopen(file, "rb");
    assert_int_equal(fread(words, 1, sizeof words, in), sizeof words);
    fclose(in);
    assert_true(words[0] == 'w' && words[4095] == 'w');
    unlink(file);

    run_sql("CREATE TABLE theirs (a)");
    assert_refused("another program");
    run_sql("INSERT INTO theirs VALUES (1)"); /* still theirs */
}

static void test_places_where_no_file_can_be(void **state)
{
    (void)state;
    snprintf(file, sizeof file, "%s", folder);
    assert_refused("cannot be opened");
    snprintf(file, sizeof file, "%s/none/state", folder);
    assert_refused("No such file");
}

static void test_file_of_a_newer_version_is_refused(void **state)
{
    (void)state;
    void *none = NULL;
    start((emulator_options){ 0 });
    emulator_kit_tear_down(&none);
    run_sql("PRAGMA user_version=2");
    assert_refused("version 2");
    run_sql("PRAGMA user_version=1");
    start((emulator_options){ 0 });
}

static void test_damaged_files_are_refused(void **state)
{
    (void)state;
    static const char *const damages[] = {
        /* no setting, or one that is none */
        "DELETE FROM record WHERE kind='setting' AND id='world'",
        "DELETE FROM record WHERE kind='setting' AND id='keys'",
        "UPDATE record SET body='{\"id\":\"k\",\"pair\":\"AAAA\"}' WHERE id='keys'",
        "UPDATE record SET body=replace(body,'\"crowd_at\":','\"crowd_at\":9') WHERE id='world'",
        "INSERT INTO record (kind,id,body) VALUES ('setting','more','{}')",
        /* a record that is no object, or another one */
        "UPDATE record SET body='[1]' WHERE kind='users'",
        "UPDATE record SET body='{\"id\":' WHERE kind='users'",
        "UPDATE record SET body='{\"id\":\"x\"}' WHERE kind='users'",
        /* an event without a time */
        "UPDATE record SET body=replace(body,'created_at','made_at') WHERE kind='event'",
    };
    void *none = NULL;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        unlink(file);
        start((emulator_options){ 0 });
        emulator_kit_tear_down(&none);
        run_sql(damages[i]);
        assert_refused("damaged");
    }
    unlink(file);
    start((emulator_options){ 0 });
    emulator_kit_tear_down(&none);
    int descriptor = open(file, O_WRONLY);
    char garbage[4096];
    memset(garbage, 0xA5, sizeof garbage);
    assert_int_equal(pwrite(descriptor, garbage, sizeof garbage, 8192), sizeof garbage);
    close(descriptor);
    assert_refused("damaged");
}

static void test_file_in_use_is_refused(void **state)
{
    (void)state;
    char url[64];
    pid_t child = start_child(url);
    assert_refused("in use by another emulator");
    kill_child(child);
    start((emulator_options){ 0 });
}

int main(void)
{
#define STATE_TEST(name) cmocka_unit_test_setup_teardown(name, new_file, remove_file)
    const struct CMUnitTest tests[] = {
        STATE_TEST(test_everything_is_there_after_a_restart),
        STATE_TEST(test_what_is_removed_stays_removed),
        STATE_TEST(test_crowd_is_the_same_crowd),
        STATE_TEST(test_clock_and_keys_stay),
        STATE_TEST(test_seed_is_read_on_the_first_start_only),
        STATE_TEST(test_broken_seed_leaves_nothing_behind),
        STATE_TEST(test_file_is_for_the_owner_only),
        STATE_TEST(test_kill_loses_nothing_that_was_acknowledged),
        STATE_TEST(test_what_could_not_be_saved_is_not_acknowledged),
        STATE_TEST(test_file_of_something_else_is_refused_and_left_alone),
        STATE_TEST(test_places_where_no_file_can_be),
        STATE_TEST(test_file_of_a_newer_version_is_refused),
        STATE_TEST(test_damaged_files_are_refused),
        STATE_TEST(test_file_in_use_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
