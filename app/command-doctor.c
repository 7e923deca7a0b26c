/* latchkey doctor: what is wrong here, and what to do. */
#include "command.h"
#include "config.h"
#include "doctor.h"
#include "fail.h"
#include "print.h"
#include "security.h"

#include <unistd.h>

typedef struct results {
    bool as_json;
    bool has_colour;
    int exit_code;
} results;

static const char *colour(const results *all, doctor_verdict verdict)
{
    static const char *const codes[N_DOCTOR_VERDICTS] = {
        [DOCTOR_GOOD] = "\033[32m", [DOCTOR_NOTE] = "\033[33m",   [DOCTOR_BAD] = "\033[31m",
        [DOCTOR_AWAY] = "\033[31m", [DOCTOR_SKIPPED] = "\033[2m",
    };

    return all->has_colour ? codes[verdict] : "";
}

static void print_finding_json(const doctor_finding *finding)
{
    bool first = true;

    putchar('{');
    print_json_field(stdout, &first, "part", finding->part);
    print_json_field(stdout, &first, "verdict", doctor_word(finding->verdict));
    print_json_field(stdout, &first, "found", finding->found);
    print_json_field(stdout, &first, "advice", finding->advice[0] != '\0' ? finding->advice : NULL);
    puts("}");
}

static void report(void *ctx, const doctor_finding *finding)
{
    results *all = ctx;

    if (finding->verdict == DOCTOR_BAD)
        all->exit_code = EXIT_FAILED;
    else if (finding->verdict == DOCTOR_AWAY && all->exit_code == EXIT_DONE)
        all->exit_code = EXIT_UNREACHABLE;
    if (all->as_json) {
        print_finding_json(finding);
    } else {
        printf("%s%-7s%s  %-15s  ", colour(all, finding->verdict), doctor_word(finding->verdict),
               all->has_colour ? "\033[0m" : "", finding->part);
        print_text(stdout, finding->found);
        putchar('\n');
        if (finding->advice[0] != '\0')
            printf("%26s→ %s\n", "", finding->advice);
    }
    fflush(stdout); /* the next part may take a while */
}

static void print_promises(const results *all)
{
    security_promise promise;

    for (unsigned n = 0; security_promise_at(n, &promise); n++) {
        bool first = true;
        if (!all->as_json) {
            printf("%s%-7s%s  %s", colour(all, promise.relaxed_by ? DOCTOR_NOTE : DOCTOR_GOOD),
                   promise.relaxed_by ? "relaxed" : "on", all->has_colour ? "\033[0m" : "",
                   promise.promise);
            printf(promise.relaxed_by ? ": %s\n" : "\n", promise.relaxed_by);
            if (promise.may_be_relaxed_by != NULL)
                printf("%9s%s%s%s\n", "", all->has_colour ? "\033[2m" : "",
                       promise.may_be_relaxed_by, all->has_colour ? "\033[0m" : "");
            continue;
        }
        putchar('{');
        print_json_field(stdout, &first, "promise", promise.promise);
        print_json_field(stdout, &first, "relaxed_by", promise.relaxed_by);
        print_json_field(stdout, &first, "may_be_relaxed_by", promise.may_be_relaxed_by);
        puts("}");
    }
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;
    results all = { .as_json = arguments_has(given, "json"),
                    .has_colour =
                        !arguments_has(given, "json") && print_has_colour(STDOUT_FILENO) };

    if (arguments_has(given, "security"))
        print_promises(&all);
    else
        doctor_examine(given, report, &all);
    int ended = finish(LK_OK, &err);
    return ended != EXIT_DONE ? ended : all.exit_code;
}

static const app_option options[] = {
    { .name = "security", .help = "Print what is promised, and which setting relaxes it" },
    { .name = "json", .help = "Print JSON, one object per line" },
    { .name = "redirect-uri",
      .value = "URI",
      .help = "Where sign-in comes back to",
      .variable = "WORKOS_REDIRECT_URI" },
    OPTION_STORE,
    OPTION_CLIENT_ID,
    OPTION_API_KEY_FILE,
    OPTION_BASE_URL,
};

const app_command command_doctor = {
    .name = "doctor",
    .help = "Look at settings, clock, network, keys, mirror: what is wrong, what to do",
    .details =
        "Give it the settings that serve gets. It changes nothing, but for a stale sign-in of\n"
        "latchkey login, which it renews. Exit code 0: nothing is bad; 1: something is;\n"
        "4: WorkOS cannot be reached.\n" DETAILS_SECRETS,
    .examples = "  latchkey doctor\n"
                "  latchkey doctor --security --json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
