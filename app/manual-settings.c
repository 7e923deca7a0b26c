/* The page of settings, latchkey.env(5); see manual.h. */
#include "fail.h"
#include "manual.h"
#include "roff.h"

#include <latchkey/version.h>
#include <string.h>

/* What no flag stands for; the others come out of the commands' tables. */
static const struct setting {
    const char *variable;
    const char *help;
} others[] = {
    { "WORKOS_API_HOSTNAME", "WorkOS' host, where WORKOS_API_BASE_URL is not set" },
    { "WORKOS_API_HTTPS", "true or false: whether it is reached over TLS (default: true)" },
    { "WORKOS_API_PORT", "Its port (default: that of the scheme)" },
    { "WORKOS_ISSUER", "The only issuer of tokens that is believed (default: those WorkOS is known "
                       "to use)" },
    { "WORKOS_COOKIE_NAME", "The session cookie's name (default: wos-session)" },
    { "WORKOS_COOKIE_DOMAIN", "The domain that it is for (default: the one host)" },
    { "WORKOS_COOKIE_MAX_AGE", "Seconds that a browser keeps it (default: 400 days)" },
    { "WORKOS_COOKIE_SAMESITE",
      "lax, strict or none (default: lax). Also WORKOS_COOKIE_SAME_SITE" },
    { "LATCHKEY_SERVER", "Of the desktop companion: the Latchkey server to follow" },
    { "CREDENTIALS_DIRECTORY", "Where systemd puts secrets" },
    { "XDG_STATE_HOME", "Below it the mirror and the sign-in are kept (default: ~/.local/state)" },
    { "XDG_CACHE_HOME", "Below it WorkOS' signing keys are kept (default: ~/.cache)" },
    { "SSL_CERT_FILE", "Authorities to trust instead of the system's" },
    { "BROWSER", "What latchkey login opens pages with" },
};

/* The nth option of all commands; NULL behind the last. */
static const app_option *option_at(size_t n)
{
    const app_command *command;

    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        if (n < command->n_options)
            return &command->options[n];
        n -= command->n_options;
    }
    return NULL;
}

static bool has_variable(const app_option *option, const char *variable)
{
    return option->variable != NULL && strcmp(option->variable, variable) == 0;
}

/* Whether an option before the nth names the same variable. */
static bool is_told(size_t n, const char *variable)
{
    for (size_t i = 0; i < n; i++)
        if (has_variable(option_at(i), variable))
            return true;
    return false;
}

/* Its flag names a file: a command line can be read by everybody on the machine. */
static bool is_secret(const app_option *option)
{
    return strcmp(option->value, "FILE") == 0;
}

static void print_flagged(FILE *out, bool secrets)
{
    const app_option *option;

    for (size_t n = 0; (option = option_at(n)) != NULL; n++) {
        if (option->variable == NULL || is_secret(option) != secrets ||
            is_told(n, option->variable))
            continue;
        fprintf(out, ".TP\n\\fB%s\\fR\n", option->variable);
        roff_text(out, option->help);
        fputs(".\nFlag: \\fB\\-\\-", out);
        roff_text(out, option->name);
        fputs("\\fR \\fI", out);
        roff_text(out, option->value);
        fputs("\\fR.\n", out);
    }
}

static void print_others(FILE *out)
{
    for (size_t i = 0; i < N_ITEMS(others); i++) {
        fprintf(out, ".TP\n\\fB%s\\fR\n", others[i].variable);
        roff_text(out, others[i].help);
        fputs(".\n", out);
    }
}

void manual_print_settings(FILE *out)
{
    fprintf(
        out,
        ".TH \"latchkey.env\" 5 \"\" \"latchkey %s\" \"Latchkey\"\n.ad l\n.nh\n"
        ".SH NAME\nlatchkey.env \\- settings of Latchkey: variables, secrets, files\n"
        ".SH DESCRIPTION\n"
        "Latchkey is set by flags and by the environment, with the names of WorkOS' own\n"
        "libraries. A flag beats its variable, a variable the default; an empty one counts as\n"
        "unset. latchkey.service takes its environment from \\fI/etc/latchkey/latchkey.env\\fR:\n"
        "a line for each, NAME=VALUE; see EnvironmentFile in\n.BR systemd.exec (5).\n"
        ".SH VARIABLES\n",
        LK_VERSION);
    print_flagged(out, false);
    print_others(out);
    fputs(".SH SECRETS\n"
          "A secret is taken from the file that its flag names; else from the variable; else from\n"
          "the file that the variable with _FILE behind its name names, e.g.\n"
          "WORKOS_API_KEY_FILE; else from \\fI$CREDENTIALS_DIRECTORY\\fR, from a file with the\n"
          "name of the variable. The service finds it in \\fI/etc/credstore/latchkey.NAME\\fR, "
          "which\n"
          "root alone need be able to read.\n"
          ".PP\n"
          "\\fBsystemctl reload latchkey\\fR, which is SIGHUP, reads files of secrets anew.\n"
          "Credentials are no such files: systemd copies them when the service starts, and a\n"
          "reload finds what was there then; they take \\fBsystemctl restart\\fR. A secret that\n"
          "is to be exchanged without one belongs into a file of its own, which the variable\n"
          "with _FILE names in latchkey.env, e.g. \\fI/etc/latchkey/cookie\\-password\\fR, of\n"
          "root and the group latchkey, mode 0640. A variable itself stays what it was.\n",
          out);
    print_flagged(out, true);
    fputs(
        ".SH STORES\n"
        ".TP\n\\fBsqlite:\\fIPATH\\fR\nA file, made where it is missing, for one machine.\n"
        ".TP\n\\fBpostgresql://\\fIUSER\\fB@\\fIHOST\\fB/\\fIDATABASE\\fR\n"
        "For servers on several machines; the tables are in a schema called latchkey. Everything\n"
        "that libpq takes. A password is better off in PGPASSFILE.\n"
        ".SH FILES\n"
        ".TP\n\\fI/etc/latchkey/latchkey.env\\fR\nSettings of the service.\n"
        ".TP\n\\fI/etc/credstore/latchkey.NAME\\fR\nIts secrets.\n"
        ".TP\n\\fI/var/lib/latchkey/mirror.db\\fR\nIts mirror, unless LATCHKEY_STORE names "
        "another.\n"
        ".TP\n\\fI$XDG_STATE_HOME/latchkey/mirror.db\\fR\nThe mirror of everybody else.\n"
        ".TP\n\\fI$XDG_STATE_HOME/latchkey/sign\\-in\\fR\nThe tokens of latchkey login.\n"
        ".TP\n\\fI$XDG_CACHE_HOME/latchkey/keys\\-CLIENT.json\\fR\nWorkOS' signing keys.\n"
        ".SH SEE ALSO\n.BR latchkey (1),\n.BR latchkey\\-serve (1),\n.BR latchkey (7),\n.BR "
        "latchkey\\-administering (7)\n",
        out);
}
