/* The list of commands, and the way from a command line to one of them. */
#include "command.h"

#include "fail.h"

#include <latchkey/version.h>
#include <string.h>

static const app_command *const commands[] = {
    &command_serve,           &command_emulate,          &command_login,
    &command_whoami,          &command_logout,           &command_directory_list,
    &command_directory_users, &command_directory_groups, &command_directory_show,
    &command_directory_diff,  &command_events_list,      &command_events_follow,
    &command_events_resend,   &command_listen,           &command_sync_run,
    &command_sync_status,     &command_sync_backfill,    &command_sync_reconcile,
    &command_session_open,    &command_session_size,     &command_session_seal,
    &command_webhook_verify,  &command_webhook_sign,     &command_doctor,
    &command_manual,          &command_version,
};

/* What stands above a command in the overview. */
static const struct heading {
    const app_command *first;
    const char *text;
} headings[] = {
    { &command_serve, "Servers" },
    { &command_login, "Sign-in on the command line" },
    { &command_directory_list, "What the mirror holds" },
    { &command_events_list, "What happens" },
    { &command_sync_run, "The mirror itself" },
    { &command_session_open, "Cookies and webhooks by hand" },
    { &command_doctor, "Help" },
};

const app_command *command_at(size_t n)
{
    return n < N_ITEMS(commands) ? commands[n] : NULL;
}

static void print_overview(FILE *out)
{
    fputs("latchkey: sign-in and directory sync with WorkOS\n\n"
          "Usage: latchkey COMMAND [OPTIONS]\n",
          out);
    for (size_t i = 0; i < N_ITEMS(commands); i++) {
        for (size_t j = 0; j < N_ITEMS(headings); j++)
            if (headings[j].first == commands[i])
                fprintf(out, "\n%s:\n", headings[j].text);
        options_print_row(out, commands[i]->name, 18, commands[i]->help, NULL);
    }
    fputs("\nlatchkey COMMAND --help tells more. To begin: latchkey emulate, and man\n"
          "latchkey-developing; to run it: man latchkey-administering.\n"
          "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not signed in or refused,\n"
          "4 could not reach WorkOS.\n",
          out);
}

static void print_help(const app_command *command)
{
    printf("%s\n\nUsage: latchkey %s", command->help, command->name);
    options_print_usage(stdout, command->options, command->n_options);
    fputs("\n\nOptions:\n", stdout);
    options_print_help(stdout, command->options, command->n_options);
    if (command->details != NULL) {
        fputc('\n', stdout);
        options_print_prose(stdout, command->details);
    }
    if (command->examples != NULL)
        printf("\nExamples:\n%s", command->examples);
}

/* How many of the words name this command; 0 when they do not. */
static int match(const app_command *command, int n_words, char *const *words)
{
    const char *name = command->name;
    int used = 0;

    while (used < n_words) {
        size_t len = strcspn(name, " ");
        if (strlen(words[used]) != len || memcmp(words[used], name, len) != 0)
            return 0;
        used++;
        if (name[len] == '\0')
            return used;
        name += len + 1;
    }
    return 0;
}

static bool starts_with_word(const char *name, const char *word)
{
    size_t len = strlen(word);

    return strncmp(name, word, len) == 0 && name[len] == ' ';
}

/* "latchkey sync" alone: say what may follow. Returns false when nothing begins with the word. */
static bool print_family(const char *word)
{
    bool found = false;

    for (size_t i = 0; i < N_ITEMS(commands); i++) {
        if (!starts_with_word(commands[i]->name, word))
            continue;
        if (!found)
            fprintf(stderr, "latchkey: %s needs a second word:\n", word);
        found = true;
        fprintf(stderr, "  latchkey %-18s  %s\n", commands[i]->name, commands[i]->help);
    }
    return found;
}

static int unknown_command(int n_words, char *const *words)
{
    const char *names[N_ITEMS(commands)];
    char typed[80];
    lk_error err = LK_ERROR_INIT;

    if (n_words == 1 && print_family(words[0]))
        return EXIT_USAGE;
    for (size_t i = 0; i < N_ITEMS(commands); i++)
        names[i] = commands[i]->name;
    bool two = n_words > 1 && words[1][0] != '-';
    snprintf(typed, sizeof(typed), "%.30s%s%.30s", words[0], two ? " " : "", two ? words[1] : "");
    const char *near = nearest_word(typed, names, N_ITEMS(names));
    if (near == NULL)
        near = nearest_word(words[0], names, N_ITEMS(names));
    if (near != NULL)
        failed(&err, LK_ERR_INVALID, "unknown command \"%s\": did you mean \"%s\"?", typed, near);
    else
        failed(&err, LK_ERR_INVALID, "unknown command \"%s\": latchkey --help lists them", typed);
    return complain(&err);
}

static int run(const app_command *command, int argc, char *const *argv)
{
    lk_error err = LK_ERROR_INIT;
    app_arguments *given CLEANUP(arguments_freep) = NULL;

    if (arguments_parse(command->options, command->n_options, argc, argv, &given, &err) != LK_OK)
        return complain(&err);
    if (arguments_want_help(given)) {
        print_help(command);
        return EXIT_DONE;
    }
    return command->run(given);
}

int command_main(int argc, char *const *argv)
{
    int n_words = argc - 1;
    char *const *words = argv + 1;

    if (n_words < 1) {
        print_overview(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0 ||
        (strcmp(words[0], "help") == 0 && n_words == 1)) {
        print_overview(stdout);
        return EXIT_DONE;
    }
    if (strcmp(words[0], "--version") == 0) {
        printf("latchkey %s\n", lk_version());
        return EXIT_DONE;
    }
    bool asks_help = strcmp(words[0], "help") == 0;
    if (asks_help) {
        words++;
        n_words--;
    }
    for (size_t i = 0; i < N_ITEMS(commands); i++) {
        int used = match(commands[i], n_words, words);
        if (used == 0)
            continue;
        if (!asks_help)
            return run(commands[i], n_words - used, words + used);
        print_help(commands[i]);
        return EXIT_DONE;
    }
    return unknown_command(n_words, words);
}
