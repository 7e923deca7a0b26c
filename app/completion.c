/* Completions for bash, zsh and fish; see manual.h. */
#include "fail.h"
#include "manual.h"

#include <string.h>

static bool takes_file(const app_option *option)
{
    return option->value != NULL && strcmp(option->value, "FILE") == 0;
}

/* Inside single quotes of a shell. */
static void print_quoted(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            fputs("'\\''", out);
        else
            putc(*text, out);
}

/* ---- bash ---- */

/* Where this offers nothing, as behind an option that takes a value, "-o default" offers files. */
static void print_bash(FILE *out)
{
    const app_command *command;

    fputs("_latchkey() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} typed words=\n"
          "    typed=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\"\n"
          "    case \"$typed \" in\n",
          out);
    for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
        fprintf(out, "    '%s '*) words='", command->name);
        for (size_t i = 0; i < command->n_options; i++)
            if (!command->options[i].is_operand)
                fprintf(out, "--%s ", command->options[i].name);
        fputs("--help' ;;\n", out);
    }
    fputs("    *)\n        local command\n        while read -r command; do\n"
          "            [[ $command == \"${typed:+$typed }\"* ]] || continue\n"
          "            command=${command#\"${typed:+$typed }\"}\n"
          "            words+=\" ${command%% *}\"\n"
          "        done <<'COMMANDS'\n",
          out);
    for (size_t n = 0; (command = command_at(n)) != NULL; n++)
        fprintf(out, "%s\n", command->name);
    fputs("COMMANDS\n        ;;\n    esac\n"
          "    [[ $current != -* && $typed == *' --'* ]] && words=\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "}\n"
          "complete -o default -F _latchkey latchkey\n",
          out);
}

/* ---- zsh ---- */

static void print_zsh_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("[]:\\", *text) != NULL)
            putc('\\', out);
        print_quoted(out, (const char[]){ *text, '\0' });
    }
}

static void print_zsh_command(FILE *out, const app_command *command)
{
    fprintf(out, "    '%s '*)\n        _arguments \\\n", command->name);
    for (size_t i = 0; i < command->n_options; i++) {
        const app_option *option = &command->options[i];
        if (option->is_operand)
            continue;
        fprintf(out, "            '%s--%s[", option->is_repeatable ? "*" : "", option->name);
        print_zsh_text(out, option->help);
        putc(']', out);
        if (option->value != NULL) {
            putc(':', out);
            print_zsh_text(out, option->value);
            fputs(takes_file(option) ? ":_files" : ": ", out);
        }
        fputs("' \\\n", out);
    }
    fputs("            '--help[Show the options]' ;;\n", out);
}

static void print_zsh(FILE *out)
{
    const app_command *command;

    fputs("#compdef latchkey\n"
          "local -a commands\n"
          "local typed=\"${(j: :)words[2,CURRENT-1]}\"\n"
          "case \"$typed \" in\n",
          out);
    for (size_t n = 0; (command = command_at(n)) != NULL; n++)
        print_zsh_command(out, command);
    fputs("    *)\n        commands=(\n", out);
    for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
        fprintf(out, "            '%s:", command->name);
        print_zsh_text(out, command->help);
        fputs("'\n", out);
    }
    fputs("        )\n"
          "        commands=(\"${(@)${(M)commands:#${typed:+$typed }*}#${typed:+$typed }}\")\n"
          "        _describe command commands ;;\n"
          "esac\n",
          out);
}

/* ---- fish ---- */

static void print_fish_command(FILE *out, const app_command *command)
{
    for (size_t i = 0; i < command->n_options; i++) {
        const app_option *option = &command->options[i];
        if (option->is_operand)
            continue;
        fprintf(out, "complete -c latchkey -n '__latchkey_at \"%s\"' -l %s -d '", command->name,
                option->name);
        print_quoted(out, option->help);
        fputs(takes_file(option) ? "' -r -F\n" : option->value != NULL ? "' -x\n" : "'\n", out);
    }
}

/* A command of two words is offered word by word. */
static void print_fish_words(FILE *out, const app_command *command)
{
    size_t len = strcspn(command->name, " ");
    const char *second = command->name + len;

    if (*second == '\0')
        fprintf(out, "complete -c latchkey -f -n '__latchkey_at \"\"' -a %s -d '", command->name);
    else
        fprintf(out,
                "complete -c latchkey -f -n '__latchkey_at \"\"' -a %.*s\n"
                "complete -c latchkey -f -n '__latchkey_at \"%.*s\"' -a %s -d '",
                (int)len, command->name, (int)len, command->name, second + 1);
    print_quoted(out, command->help);
    fputs("'\n", out);
}

static void print_fish(FILE *out)
{
    const app_command *command;

    fputs("function __latchkey_at\n"
          "    set -l words (string match -rv -- '^-' (commandline -opc)[2..])\n"
          "    test (string join ' ' $words[1..2]) = \"$argv[1]\"\n"
          "    or test \"$words[1]\" = \"$argv[1]\"\n"
          "end\n",
          out);
    for (size_t n = 0; (command = command_at(n)) != NULL; n++) {
        print_fish_words(out, command);
        print_fish_command(out, command);
    }
}

bool completion_print(FILE *out, const char *shell)
{
    static const struct {
        const char *shell;
        void (*print)(FILE *out);
    } shells[] = {
        { .shell = "bash", .print = print_bash },
        { .shell = "zsh", .print = print_zsh },
        { .shell = "fish", .print = print_fish },
    };

    for (size_t i = 0; i < N_ITEMS(shells); i++) {
        if (strcmp(shell, shells[i].shell) != 0)
            continue;
        shells[i].print(out);
        return true;
    }
    return false;
}
