/* Commands: one file each, ending in a constant that describes itself; command.c is the list. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "options.h"

typedef struct app_command {
    const char *name;     /* as typed: "sync run" */
    const char *help;     /* one line for the list */
    const char *details;  /* more for --help, whole lines; NULL: none */
    const char *examples; /* for --help, whole lines that can be typed */
    const app_option *options;
    size_t n_options;
    int (*run)(const app_arguments *given); /* returns the exit code */
} app_command;

extern const app_command command_directory_diff;
extern const app_command command_directory_groups;
extern const app_command command_directory_list;
extern const app_command command_directory_show;
extern const app_command command_directory_users;
extern const app_command command_doctor;
extern const app_command command_emulate;
extern const app_command command_events_follow;
extern const app_command command_events_list;
extern const app_command command_events_resend;
extern const app_command command_listen;
extern const app_command command_login;
extern const app_command command_logout;
extern const app_command command_manual;
extern const app_command command_serve;
extern const app_command command_session_open;
extern const app_command command_session_seal;
extern const app_command command_session_size;
extern const app_command command_sync_backfill;
extern const app_command command_sync_reconcile;
extern const app_command command_sync_run;
extern const app_command command_sync_status;
extern const app_command command_version;
extern const app_command command_webhook_sign;
extern const app_command command_webhook_verify;
extern const app_command command_whoami;

/* The nth command; NULL behind the last. */
const app_command *command_at(size_t n);

/* Finds the command in argv (argv[0] is the program), parses its options, answers --help, runs it.
 * Returns the exit code. */
int command_main(int argc, char *const *argv);

#endif
