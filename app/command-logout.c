/* latchkey logout: forgets who is signed in on the command line, and ends the session. */
#include "account.h"
#include "browser.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "print.h"

static lk_status logout_url(const app_arguments *given, const credentials *kept, char **out,
                            lk_error *err)
{
    lk_auto(lk_client) client = NULL;

    TRY(account_client(given, kept->client_id, kept->base_url, &client, err));
    return lk_authkit_logout_url(client, kept->session_id, NULL, out, err);
}

static void print_as_json(bool was_signed_in, const char *url)
{
    bool first = true;

    putchar('{');
    print_json_name(stdout, &first, "was_signed_in");
    fputs(was_signed_in ? "true" : "false", stdout);
    print_json_field(stdout, &first, "open", url);
    puts("}");
}

/* WorkOS ends a session in the browser that began it, where its cookies are. */
static lk_status end_at_workos(const app_arguments *given, const credentials *kept, lk_error *err)
{
    bool as_json = arguments_has(given, "json");
    char *url CLEANUP(free_textp) = NULL;

    if (kept->session_id != NULL)
        TRY(logout_url(given, kept, &url, err));
    bool is_open =
        url != NULL && !arguments_has(given, "no-browser") && browser_exists() && browser_open(url);
    if (as_json)
        print_as_json(true, is_open ? NULL : url);
    if (as_json || is_open || url == NULL)
        return LK_OK;
    fputs("To end the session at WorkOS as well, open this in the browser you signed in with:\n  ",
          stderr);
    print_text(stderr, url);
    putc('\n', stderr);
    return LK_OK;
}

static lk_status log_out(const app_arguments *given, lk_error *err)
{
    auto_credentials_file file = CREDENTIALS_FILE_CLOSED;
    auto_credentials kept = { 0 };
    lk_error cause = LK_ERROR_INIT;
    bool found = false;

    TRY(credentials_open(&file, err));
    /* What cannot be read can still be forgotten. */
    lk_status status = credentials_read(&file, &kept, &found, &cause);
    TRY(credentials_remove(&file, err));
    if (status != LK_OK) {
        fprintf(stderr, "Removed %s, which could not be read: the session at WorkOS goes on.\n",
                file.path);
        if (arguments_has(given, "json"))
            print_as_json(true, NULL);
        return LK_OK;
    }
    if (!found) {
        fputs("Nobody was signed in.\n", stderr);
        if (arguments_has(given, "json"))
            print_as_json(false, NULL);
        return LK_OK;
    }
    fputs("Signed out.\n", stderr);
    return end_at_workos(given, &kept, err);
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(log_out(given, &err), &err);
}

static const app_option options[] = {
    { .name = "no-browser", .help = "Do not open the browser to end the session at WorkOS" },
    { .name = "json",
      .help = "Print whether somebody was signed in, and which address is left to open" },
    OPTION_CLIENT_ID,
    OPTION_BASE_URL,
};

const app_command command_logout = {
    .name = "logout",
    .help = "Sign out on the command line",
    .details =
        "The tokens are removed in any case. The session at WorkOS is ended in the browser.\n",
    .examples = "  latchkey logout\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
