/* The person who is signed in on the command line, with a session that is good now. */
#ifndef APP_ACCOUNT_H
#define APP_ACCOUNT_H

#include "credentials.h"
#include "options.h"

#include <latchkey/session.h>

typedef struct account {
    credentials kept;
    lk_client *client;
    lk_session *session;
} account;

void account_clear(account *mine);
#define auto_account CLEANUP(account_clear) account

/* A public client: nothing in it is a secret. client_id and base_url stand in for what neither the
 * options nor the environment tell; NULL: nothing does. */
LK_MUST_CHECK lk_status account_client(const app_arguments *given, const char *client_id,
                                       const char *base_url, lk_client **out, lk_error *err);
/* Renews a stale session and keeps the new tokens. LK_ERR_STATE: nobody is signed in, or WorkOS
 * has ended the session, which is then forgotten. *out is empty before, and after a failure. */
LK_MUST_CHECK lk_status account_open(const app_arguments *given, account *out, lk_error *err);

/* Who this is, for people or as a JSON object on one line. */
void account_print(const credentials *kept, const lk_session *session, bool as_json);

#endif
