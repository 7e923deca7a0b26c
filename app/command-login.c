/* latchkey login: signs a person in on the command line. */
#include "account.h"
#include "browser.h"
#include "command.h"
#include "config.h"
#include "fail.h"
#include "sign-in.h"

#include <stdlib.h>

static lk_status sign_in(const app_arguments *given, lk_client *client, lk_authentication **out,
                         lk_error *err)
{
    bool by_code = arguments_has(given, "no-browser") || !browser_exists();

    if (!by_code)
        return sign_in_with_browser(
            LK_LOOPBACK_OPTIONS(.client = client, .port = (int)arguments_number(given, "port", 0),
                                .organization_id = arguments_text(given, "organization"),
                                .login_hint = arguments_text(given, "login-hint")),
            out, err);
    if (arguments_has(given, "port") || arguments_has(given, "organization") ||
        arguments_has(given, "login-hint"))
        return failed(err, LK_ERR_INVALID,
                      "--port, --organization and --login-hint are for the browser%s",
                      arguments_has(given, "no-browser") ? "" : ", and there is none here");
    return sign_in_with_code(client, out, err);
}

static lk_status log_in(const app_arguments *given, lk_error *err)
{
    auto_credentials_file file = CREDENTIALS_FILE_CLOSED;
    auto_credentials kept = { 0 };
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_authentication) authentication = NULL;
    lk_auto(lk_session) session = NULL;
    char *client_id CLEANUP(free_textp) = NULL;
    char *base_url CLEANUP(free_textp) = NULL;

    TRY(account_client(given, NULL, NULL, &client, err));
    TRY(config_text(given, "client-id", "WORKOS_CLIENT_ID", &client_id, err));
    TRY(config_base_url(given, &base_url, err));
    /* Before the browser opens: whoever signs in for nothing is angry. */
    TRY(credentials_open(&file, err));
    credentials_close(&file);
    TRY(sign_in(given, client, &authentication, err));
    TRY(lk_session_from_token_fetching(client, authentication->access_token, &session, err));
    TRY(credentials_take(&kept, client_id, base_url, authentication, session, err));
    TRY(credentials_open(&file, err));
    TRY(credentials_write(&file, &kept, err));
    fprintf(stderr, "Signed in. The tokens are in %s, readable by you alone.\n", file.path);
    account_print(&kept, session, arguments_has(given, "json"));
    return LK_OK;
}

static int run(const app_arguments *given)
{
    lk_error err = LK_ERROR_INIT;

    return finish(log_in(given, &err), &err);
}

static const app_option options[] = {
    { .name = "no-browser", .help = "Show a code to enter on another device" },
    { .name = "port",
      .value = "PORT",
      .help = "The browser comes back to this port (default: any free one)",
      .is_number = true,
      .minimum = 1,
      .maximum = 65535 },
    { .name = "organization", .value = "ID", .help = "Sign in to this organization" },
    { .name = "login-hint", .value = "EMAIL", .help = "Fill in this address" },
    { .name = "json", .help = "Print who has signed in as JSON" },
    OPTION_CLIENT_ID,
    OPTION_BASE_URL,
};

const app_command command_login = {
    .name = "login",
    .help = "Sign in on the command line",
    .details =
        "Opens the browser, or shows a code where there is no display. The environment must allow\n"
        "the redirect URI http://127.0.0.1:*/callback, or the device grant for a code. The tokens\n"
        "are kept in $XDG_STATE_HOME/latchkey/sign-in, readable by its owner alone. Whoever was\n"
        "signed in before is replaced.\n",
    .examples = "  latchkey login\n"
                "  latchkey login --no-browser\n",
    .options = options,
    .n_options = N_ITEMS(options),
    .run = run,
};
