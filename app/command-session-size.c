/* latchkey session size: a session in; which of its parts take how much of the cookies out. */
#include "clock.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "input.h"
#include "print.h"

#include <latchkey/session.h>
#include <string.h>

#define MAX_SESSION (2 * 1024 * 1024)

/* The session's JSON: as it came, or out of its seal. */
static lk_status read_session(const app_arguments *given, char **out, lk_error *err)
{
    char *password CLEANUP(free_secretp) = NULL;
    char *text CLEANUP(free_secretp) = NULL;
    char *opened CLEANUP(free_librarys_secretp) = NULL;
    const char *json = NULL;

    TRY(read_input_text(stdin, MAX_SESSION, &text, err));
    if (strncmp(text, "lk.", 3) == 0)
        return failed(err, LK_ERR_INVALID,
                      "this is the handle of a session in the server's store: its cookie takes %zu "
                      "bytes",
                      strlen(text));
    if (text[0] != '{') {
        TRY(config_secret(given, "password-file", "WORKOS_COOKIE_PASSWORD", &password, err));
        if (password == NULL)
            return failed(err, LK_ERR_INVALID,
                          "a seal needs its password: set --password-file or "
                          "WORKOS_COOKIE_PASSWORD");
        TRY(lk_open_text(password, text, clock_wall_ms(), &opened, err));
    }
    json = opened != NULL ? opened : text;
    *out = strdup(json);
    return *out != NULL ? LK_OK : failed(err, LK_ERR_NO_MEMORY, "out of memory");
}

/* What `latchkey serve --sessions auto` does with it. */
static const char *mode_of(const lk_session_sizes *sizes)
{
    if (sizes->n_cookies == 1)
        return "cookie";
    if (sizes->n_cookies > 1)
        return "chunked";
    return sizes->fits_store ? "store" : "refused";
}

static void print_as_json(const lk_session_sizes *sizes)
{
    bool first = true;

    putchar('{');
    print_json_field(stdout, &first, "mode", mode_of(sizes));
    printf(",\"bytes\":%zu,\"cookies\":%d,\"one_cookie\":%zu,\"all_cookies\":%zu,\"parts\":[",
           sizes->sealed, sizes->n_cookies, sizes->one_cookie, sizes->all_cookies);
    for (size_t i = 0; i < sizes->n_parts; i++) {
        bool opens = true;
        printf("%s{", i > 0 ? "," : "");
        print_json_field(stdout, &opens, "name", sizes->parts[i].name);
        printf(",\"bytes\":%zu}", sizes->parts[i].bytes);
    }
    puts("]}");
}

static void print_as_text(const lk_session_sizes *sizes)
{
    static const char *const titles[] = { "PART", "BYTES", "SHARE" };
    print_table table = { .titles = titles, .n_columns = N_ITEMS(titles) };

    printf("%zu bytes: ", sizes->sealed);
    if (sizes->n_cookies > 0)
        printf("%d cookie%s", sizes->n_cookies, sizes->n_cookies > 1 ? "s" : "");
    else
        fputs(sizes->fits_store ? "too long for cookies, kept in the store"
                                : "too long for cookies and store",
              stdout);
    printf(" (one holds %zu, four hold %zu)\n\n", sizes->one_cookie, sizes->all_cookies);
    for (size_t i = 0; i < sizes->n_parts; i++) {
        char bytes[24], share[8];
        snprintf(bytes, sizeof(bytes), "%zu", sizes->parts[i].bytes);
        snprintf(share, sizeof(share), "%d%%",
                 (int)(sizes->parts[i].bytes * 100 / (sizes->sealed > 0 ? sizes->sealed : 1)));
        print_table_row(&table, (const char *const[]){ sizes->parts[i].name, bytes, share });
    }
    print_table_flush(&table, stdout);
}

static lk_status print_size(const app_arguments *given, lk_error *err)
{
    char *json CLEANUP(free_secretp) = NULL;
    char *name CLEANUP(free_textp) = NULL;
    char *domain CLEANUP(free_textp) = NULL;
    lk_auto(lk_session_sizes) sizes = NULL;

    TRY(read_session(given, &json, err));
    TRY(config_text(given, NULL, "WORKOS_COOKIE_NAME", &name, err));
    TRY(config_text(given, NULL, "WORKOS_COOKIE_DOMAIN", &domain, err));
    TRY(lk_session_size(json, name, domain, &sizes, err));
    if (arguments_has(given, "json"))
        print_as_json(sizes);
    else
        print_as_text(sizes);
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(print_size(given, &err), &err);
}

static const app_option options[] = {
    { .name = "password-file",
      .value = "FILE",
      .help = "The file with the cookie password, for a seal",
      .variable = "WORKOS_COOKIE_PASSWORD" },
    OPTION_JSON,
};

const app_command command_session_size = {
    .name = "session size",
    .help = "Tell which parts of a session from stdin take how much of its cookies",
    .details = "Takes a seal, or the JSON of one. A claim of the access token is named as\n"
               "accessToken.CLAIM. Names are printed, values are not.\n" DETAILS_SECRETS,
    .examples = "  latchkey session size --password-file password < cookie\n"
                "  latchkey session open < cookie | latchkey session size --json\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
