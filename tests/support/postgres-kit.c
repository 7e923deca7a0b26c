/* See postgres-kit.h. */
#include "postgres-kit.h"

#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "mirror/store.h"
#include "test.h"

enum { SKIPPED = 77, N_TRIES = 400, TRY_MS = 50 };

static struct {
    pid_t owner; /* the process that began it: children of tests end without ending it */
    pid_t server;
    uid_t uid; /* PostgreSQL refuses to run as root */
    gid_t gid;
    char bin[128];
    char folder[64];
    int n_databases;
    lk__store *admin;
} pg;

static _Noreturn void give_up(const char *what)
{
    char command[256];

    fprintf(stderr, "%s\n", what);
    snprintf(command, sizeof(command), "tail -n 20 %s/log >&2", pg.folder);
    if (system(command) != 0)
        fputs("no log\n", stderr);
    exit(1);
}

/* Debian keeps each version's programs in a folder of its own; the last one is the newest. */
static bool find_programs(void)
{
    glob_t found = { 0 };
    bool any = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;

    if (any)
        snprintf(pg.bin, sizeof(pg.bin), "%.*s",
                 (int)(strlen(found.gl_pathv[found.gl_pathc - 1]) - strlen("/initdb")),
                 found.gl_pathv[found.gl_pathc - 1]);
    globfree(&found);
    return any;
}

static void choose_user(void)
{
    const struct passwd *user = getpwnam("postgres");

    pg.uid = geteuid();
    pg.gid = getegid();
    if (pg.uid != 0)
        return;
    if (user == NULL)
        user = getpwnam("nobody");
    if (user == NULL)
        give_up("there is no user to run PostgreSQL as");
    pg.uid = user->pw_uid;
    pg.gid = user->pw_gid;
}

/* In the child: becomes the user and the program, with the log as its output. initdb looks for
 * postgres beside itself, by the name it is called, or else in $PATH, where Debian does not put it.
 */
static _Noreturn void become(const char **argv)
{
    char path[192];
    char log[96];

    snprintf(path, sizeof(path), "%s/%s", pg.bin, argv[0]);
    snprintf(log, sizeof(log), "%s/log", pg.folder);
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(pg.gid) != 0 || setuid(pg.uid) != 0))
        _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* for PostgreSQL: stop at once */
    if (freopen(log, "a", stdout) == NULL || freopen(log, "a", stderr) == NULL ||
        freopen("/dev/null", "r", stdin) == NULL || chdir("/") != 0)
        _exit(126);
    argv[0] = path;
    execv(path, (char *const *)argv);
    _exit(127);
}

static pid_t start(const char **argv)
{
    pid_t child = fork();

    if (child == 0)
        become(argv);
    if (child < 0)
        give_up("cannot fork");
    return child;
}

static int run(const char **argv)
{
    pid_t child = start(argv);
    int status = -1;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void start_server(void)
{
    char data[80];
    const char *server[] = { "postgres",
                             "-D",
                             data,
                             "-k",
                             pg.folder,
                             "-c",
                             "listen_addresses=",
                             "-c",
                             "fsync=off",
                             "-c",
                             "max_connections=60",
                             "-c",
                             "shared_buffers=64MB",
                             NULL };
    const char *ready[] = { "pg_isready", "-q", "-h", pg.folder, "-U", "latchkey", NULL };

    snprintf(data, sizeof(data), "%s/data", pg.folder);
    pg.server = start(server);
    for (int i = 0; i < N_TRIES; i++) {
        if (run(ready) == 0)
            return;
        if (waitpid(pg.server, NULL, WNOHANG) == pg.server)
            break;
        lk__system_sleep_ms(NULL, TRY_MS);
    }
    give_up("PostgreSQL did not start");
}

static void stop(int signal)
{
    if (pg.server > 0 && kill(pg.server, signal) == 0)
        while (waitpid(pg.server, NULL, 0) < 0 && errno == EINTR)
            ;
    pg.server = 0;
}

static void clean_up(void)
{
    char command[96];

    if (getpid() != pg.owner)
        return;
    lk__store_free(pg.admin);
    stop(SIGQUIT);
    snprintf(command, sizeof(command), "rm -rf %s", pg.folder);
    if (system(command) != 0)
        fprintf(stderr, "%s is left behind\n", pg.folder);
}

static void connect_admin(void)
{
    lk_error err = LK_ERROR_INIT;
    char url[POSTGRES_URL_SIZE];

    postgres_url(url, NULL, "postgres");
    if (lk__store_open(url, &pg.admin, &err) != LK_OK)
        give_up(err.message);
}

void postgres_start(void)
{
    char data[80];
    const char *initdb[] = { "initdb", "-D",        data, "-U",   "latchkey",         "-A",
                             "trust",  "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", NULL };

    if (pg.owner == getpid())
        return;
    if (!find_programs()) {
        fputs("PostgreSQL is not installed: skipped\n", stderr);
        exit(SKIPPED);
    }
    choose_user();
    /* The path of a socket has 107 characters at most: no $TMPDIR here. */
    snprintf(pg.folder, sizeof(pg.folder), "/tmp/lk-postgres-XXXXXX");
    if (mkdtemp(pg.folder) == NULL || chown(pg.folder, pg.uid, pg.gid) != 0)
        give_up("cannot make a folder for PostgreSQL");
    snprintf(data, sizeof(data), "%s/data", pg.folder);
    pg.owner = getpid();
    atexit(clean_up);
    if (run(initdb) != 0)
        give_up("initdb failed");
    start_server();
    connect_admin();
}

void postgres_url(char out[POSTGRES_URL_SIZE], const char *role, const char *database)
{
    snprintf(out, POSTGRES_URL_SIZE, "postgresql://%s@/%s?host=%s",
             role != NULL ? role : "latchkey", database, pg.folder);
}

static void run_admin(const char *sql)
{
    lk_error err = LK_ERROR_INIT;

    if (lk__store_run(pg.admin, sql, LK__NO_ARGS, NULL, NULL, &err) != LK_OK)
        fail_msg("%s: %s", sql, err.message);
}

void postgres_make_database(char url[POSTGRES_URL_SIZE])
{
    char name[24];
    char sql[64];

    postgres_start();
    snprintf(name, sizeof(name), "kit%d", ++pg.n_databases);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s", name);
    run_admin(sql);
    postgres_url(url, NULL, name);
}

void postgres_drop_database(const char *url)
{
    char sql[96];
    const char *name = strstr(url, "@/");

    assert_non_null(name);
    snprintf(sql, sizeof(sql), "DROP DATABASE %.*s WITH (FORCE)", (int)strcspn(name + 2, "?"),
             name + 2);
    run_admin(sql);
}

void postgres_url_by_port(char out[POSTGRES_URL_SIZE], const char *url, int port, const char *name)
{
    const char *database = strstr(url, "@/");

    assert_non_null(database);
    snprintf(out, POSTGRES_URL_SIZE,
             "postgresql://latchkey@127.0.0.1:%d/%.*s?sslmode=disable&gssencmode=disable"
             "&application_name=%s",
             port, (int)strcspn(database + 2, "?"), database + 2, name);
}

void postgres_socket(char path[108])
{
    snprintf(path, 108, "%s/.s.PGSQL.5432", pg.folder);
}

void postgres_kill(void)
{
    stop(SIGQUIT);
}

void postgres_restart(void)
{
    lk__store_freep(&pg.admin);
    start_server();
    connect_admin();
}
