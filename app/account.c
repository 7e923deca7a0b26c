/* The signed-in person; see account.h. */
#include "account.h"

#include "config.h"
#include "fail.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

void account_clear(account *mine)
{
    credentials_clear(&mine->kept);
    lk_session_freep(&mine->session);
    lk_client_freep(&mine->client);
}

lk_status account_client(const app_arguments *given, const char *client_id, const char *base_url,
                         lk_client **out, lk_error *err)
{
    char *named_client CLEANUP(free_textp) = NULL;
    char *named_url CLEANUP(free_textp) = NULL;
    char *issuer CLEANUP(free_textp) = NULL;

    TRY(config_text(given, "client-id", "WORKOS_CLIENT_ID", &named_client, err));
    TRY(config_base_url(given, &named_url, err));
    TRY(config_text(given, NULL, "WORKOS_ISSUER", &issuer, err));
    if (named_client == NULL && client_id == NULL)
        return failed(
            err, LK_ERR_INVALID,
            "no client id: set WORKOS_CLIENT_ID or --client-id (WorkOS dashboard, API keys; "
            "without an account: latchkey emulate)");
    return lk_client_new(
        LK_CLIENT_OPTIONS(.client_id = named_client != NULL ? named_client : client_id,
                          .base_url = named_url != NULL ? named_url : base_url, .issuer = issuer),
        out, err);
}

/* ---- Opening ---- */

static lk_status forget(const credentials_file *file, const char *why, lk_error *err)
{
    TRY(credentials_remove(file, err));
    return failed(err, LK_ERR_STATE, "the session has ended (%s): latchkey login starts another",
                  why);
}

static lk_status renew(const credentials_file *file, account *mine, lk_error *err)
{
    lk_auto(lk_authentication) renewed = NULL;
    auto_credentials kept = { 0 };
    lk_error cause = LK_ERROR_INIT;

    if (mine->kept.refresh_token == NULL)
        return forget(file, "it cannot be renewed", err);
    lk_status status =
        lk_authkit_refresh(mine->client, mine->kept.refresh_token, NULL, &renewed, &cause);
    if (lk_authkit_is_terminal(&cause))
        return forget(file, cause.reason, err);
    if (status != LK_OK)
        return failed(err, status, "cannot renew the session: %s", cause.message);
    TRY(lk_session_from_token_fetching(mine->client, renewed->access_token, &mine->session, err));
    if (strcmp(renewed->user->id, mine->kept.user_id) != 0)
        return failed(err, LK_ERR_SIGNATURE, "WorkOS renewed the session of somebody else");
    TRY(credentials_take(&kept, mine->kept.client_id, mine->kept.base_url, renewed, mine->session,
                         err));
    if (kept.refresh_token == NULL) { /* RFC 6749, 6: the old one stays good */
        kept.refresh_token = mine->kept.refresh_token;
        mine->kept.refresh_token = NULL;
    }
    credentials_clear(&mine->kept);
    mine->kept = kept;
    kept = (credentials){ 0 };
    return credentials_write(file, &mine->kept, err);
}

static lk_status check_client(const app_arguments *given, const credentials *kept, lk_error *err)
{
    char *wanted CLEANUP(free_textp) = NULL;

    TRY(config_text(given, "client-id", "WORKOS_CLIENT_ID", &wanted, err));
    if (wanted != NULL && strcmp(wanted, kept->client_id) != 0)
        return failed(err, LK_ERR_STATE,
                      "the one who is signed in is so with %.80s, not with %.80s: latchkey login",
                      kept->client_id, wanted);
    return LK_OK;
}

lk_status account_open(const app_arguments *given, account *out, lk_error *err)
{
    auto_credentials_file file = CREDENTIALS_FILE_CLOSED;
    auto_account mine = { .client = NULL };
    lk_error cause = LK_ERROR_INIT;
    bool found = false;

    TRY(credentials_open(&file, err));
    TRY(credentials_read(&file, &mine.kept, &found, err));
    if (!found)
        return failed(err, LK_ERR_STATE, "nobody is signed in: latchkey login does that");
    TRY(check_client(given, &mine.kept, err));
    TRY(account_client(given, mine.kept.client_id, mine.kept.base_url, &mine.client, err));
    lk_status status =
        lk_session_from_token_fetching(mine.client, mine.kept.access_token, &mine.session, &cause);
    if (status == LK_ERR_EXPIRED || status == LK_ERR_NO_KEY)
        TRY(renew(&file, &mine, err));
    else if (status != LK_OK)
        return failed(err, status, "%s", cause.message);
    *out = mine;
    mine = (account){ .client = NULL };
    return LK_OK;
}

/* ---- Printing ---- */

static void print_json(const credentials *kept, const lk_session *session)
{
    bool first = true;

    putchar('{');
    print_json_field(stdout, &first, "user_id", kept->user_id);
    print_json_field(stdout, &first, "email", kept->email);
    print_json_field(stdout, &first, "name", kept->name);
    print_json_field(stdout, &first, "organization_id", session->organization_id);
    print_json_field(stdout, &first, "role", session->role);
    print_json_name(stdout, &first, "permissions");
    print_json_texts(stdout, session->permissions, session->n_permissions);
    print_json_field(stdout, &first, "session_id", session->session_id);
    print_json_field(stdout, &first, "client_id", kept->client_id);
    print_json_name(stdout, &first, "token_expires_at");
    print_json_time(stdout, session->expires_at_ms);
    puts("}");
}

static void print_line(const char *title, const char *value)
{
    if (value == NULL)
        return;
    printf("%-14s", title);
    print_text(stdout, value);
    putchar('\n');
}

void account_print(const credentials *kept, const lk_session *session, bool as_json)
{
    if (as_json) {
        print_json(kept, session);
        return;
    }
    print_line("Name", kept->name);
    print_line("E-mail", kept->email);
    print_line("User", kept->user_id);
    print_line("Organization", session->organization_id);
    print_line("Role", session->role);
    for (size_t i = 0; i < session->n_permissions; i++)
        print_line(i == 0 ? "Permissions" : "", session->permissions[i]);
    print_line("Impersonator", session->impersonator != NULL ? session->impersonator->email : NULL);
}
