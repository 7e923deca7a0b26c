/* Manual pages; see manual.h. */
#include "manual.h"

#include "roff.h"

#include <latchkey/version.h>
#include <string.h>

/* "latchkey sync run" as the name of a page: words joined by dashes. */
static void print_page_name(FILE *out, const app_command *command)
{
    fputs("latchkey", out);
    if (command == NULL)
        return;
    fputs("\\-", out);
    for (const char *c = command->name; *c != '\0'; c++)
        fputs(*c == ' ' ? "\\-" : (const char[]){ *c, '\0' }, out);
}

static void print_head(FILE *out, const app_command *command, const char *summary)
{
    fputs(".TH \"", out);
    print_page_name(out, command);
    fprintf(out, "\" 1 \"\" \"latchkey %s\" \"Latchkey\"\n.ad l\n.nh\n.SH NAME\n", LK_VERSION);
    print_page_name(out, command);
    fputs(" \\- ", out);
    roff_text(out, summary);
    putc('\n', out);
}

static void print_option(FILE *out, const app_option *option)
{
    fputs(".TP\n", out);
    if (!option->is_operand) {
        fputs("\\fB\\-\\-", out);
        roff_text(out, option->name);
        fputs(option->value != NULL ? "\\fR " : "\\fR", out);
    }
    if (option->value != NULL) {
        fputs("\\fI", out);
        roff_text(out, option->value);
        fputs("\\fR", out);
    }
    putc('\n', out);
    roff_text(out, option->help);
    fputs(".\n", out);
    if (option->variable != NULL)
        fprintf(out, "Environment: \\fB%s\\fR.\n", option->variable);
}

static void print_exit_status(FILE *out)
{
    fputs(".SH EXIT STATUS\n"
          ".TP\n0\nDone.\n"
          ".TP\n1\nFailed; a line on standard error says what, and what to do.\n"
          ".TP\n2\nWrong usage.\n"
          ".TP\n3\nNot signed in, or refused.\n"
          ".TP\n4\nWorkOS could not be reached.\n",
          out);
}

static void print_command(FILE *out, const app_command *command)
{
    print_head(out, command, command->help);
    fprintf(out, ".SH SYNOPSIS\n\\fBlatchkey %s\\fR\\fI", command->name);
    options_print_usage(out, command->options, command->n_options);
    fputs("\\fR\n", out);
    if (command->details != NULL) {
        fputs(".SH DESCRIPTION\n", out);
        roff_text(out, command->details);
    }
    fputs(".SH OPTIONS\n", out);
    for (size_t i = 0; i < command->n_options; i++)
        print_option(out, &command->options[i]);
    print_option(out, &(const app_option){ .name = "help", .help = "Show the options" });
    print_exit_status(out);
    if (command->examples != NULL) {
        fputs(".SH EXAMPLES\n.nf\n", out);
        roff_text(out, command->examples);
        fputs(".fi\n", out);
    }
    fputs(".SH SEE ALSO\n.BR latchkey (1),\n.BR latchkey.env (5),\n.BR latchkey (7)\n", out);
}

static void print_overview(FILE *out)
{
    const app_command *command;

    print_head(out, NULL, "sign-in and directory sync with WorkOS");
    fputs(
        ".SH SYNOPSIS\n\\fBlatchkey\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
        ".SH DESCRIPTION\n"
        "Signs people in through WorkOS, keeps a local mirror of the customers' directories, and\n"
        "emulates WorkOS for development. Options come from the command line, else from the\n"
        "environment. Secrets come from \\fINAME\\fR, from the file that \\fINAME\\fR_FILE names,\n"
        "or from $CREDENTIALS_DIRECTORY/\\fINAME\\fR.\n"
        ".SH COMMANDS\n",
        out);
    for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
        fprintf(out, ".TP\n\\fB%s\\fR\n", command->name);
        roff_text(out, command->help);
        fputs(".\n", out);
    }
    print_exit_status(out);
    fputs(".SH FILES\n"
          ".TP\n\\fI$XDG_STATE_HOME/latchkey/mirror.db\\fR\nThe mirror, unless \\-\\-store names "
          "another.\n"
          ".TP\n\\fI$XDG_STATE_HOME/latchkey/sign\\-in\\fR\nThe tokens of latchkey login.\n"
          ".SH SEE ALSO\n",
          out);
    for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
        fputs(".BR ", out);
        print_page_name(out, command);
        fputs(" (1),\n", out);
    }
    fputs(".BR latchkey.env (5),\n.BR latchkey (7)\n", out);
}

void manual_print(FILE *out, const app_command *command)
{
    if (command != NULL)
        print_command(out, command);
    else
        print_overview(out);
}
