/* Who is signed in: the one object that owns the sign-in client, the session and its renewal.
 *
 * It lives on the main thread and never blocks it: what waits for the network runs on a worker that
 * sees copies and the client only. It knows no widget; the window listens to "changed". */
#pragma once

#include "latchkey-config.h"
#include "latchkey-secrets.h"

#include <latchkey/device.h>
#include <latchkey/session.h>

G_BEGIN_DECLS

typedef enum {
    LATCHKEY_ACCOUNT_UNCONFIGURED, /* the settings are incomplete or wrong: see the error */
    LATCHKEY_ACCOUNT_STARTING,     /* looking for a kept session */
    LATCHKEY_ACCOUNT_LOCKED,       /* one may be kept, in a keyring that is locked */
    LATCHKEY_ACCOUNT_SIGNED_OUT,
    LATCHKEY_ACCOUNT_WAITING, /* for the browser to come back */
    LATCHKEY_ACCOUNT_CODE,    /* for a code to come, then for somebody to enter it */
    LATCHKEY_ACCOUNT_EXCHANGING,
    LATCHKEY_ACCOUNT_FAILED, /* see the error; retry() goes on */
    LATCHKEY_ACCOUNT_SIGNED_IN,
    LATCHKEY_ACCOUNT_ENDED, /* WorkOS ended the session in this run: what was seen may stay on show
                             */
} LatchkeyAccountState;

#define LATCHKEY_TYPE_ACCOUNT (latchkey_account_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyAccount, latchkey_account, LATCHKEY, ACCOUNT, GObject)

/* Signals: "changed" (state, session or error did), "open-uri" (char *: show it in the browser),
 * "notice" (char *, plain text: tell the person once). */
LatchkeyAccount *latchkey_account_new(LatchkeyConfig *config);

LatchkeyAccountState latchkey_account_get_state(LatchkeyAccount *self);
LatchkeyConfig *latchkey_account_get_config(LatchkeyAccount *self);
LatchkeySecrets *latchkey_account_get_secrets(LatchkeyAccount *self);

/* Borrowed until the next "changed"; NULL unless signed in. */
const lk_authentication *latchkey_account_get_authentication(LatchkeyAccount *self);
const lk_session *latchkey_account_get_session(LatchkeyAccount *self);

/* Why the state is FAILED, ENDED or UNCONFIGURED; while signed in: why the last renewal failed. */
const GError *latchkey_account_get_error(LatchkeyAccount *self);

/* While waiting: the address for the browser, and the time left; else NULL and 0. */
const char *latchkey_account_get_url(LatchkeyAccount *self);
/* In the state CODE once WorkOS has sent one; else NULL. */
const lk_device_authorization *latchkey_account_get_device(LatchkeyAccount *self);
gint64 latchkey_account_get_time_left_ms(LatchkeyAccount *self);
gint64 latchkey_account_now_ms(LatchkeyAccount *self);

/* Goes on with the kept session, where there is one. Once, at the start. */
void latchkey_account_start(LatchkeyAccount *self);
void latchkey_account_unlock(LatchkeyAccount *self);
/* Listens on the loopback interface, then emits "open-uri". While waiting: "open-uri" again. */
void latchkey_account_sign_in(LatchkeyAccount *self);
/* While waiting: the address that the browser shows in the end, for one that cannot come back here.
 * FALSE: it is not the one of this sign-in, error says what to paste; the wait goes on. */
gboolean latchkey_account_paste(LatchkeyAccount *self, const char *address, GError **error);
/* Asks for a code to be entered on any device, and waits for that. Needs no browser here. */
void latchkey_account_sign_in_with_code(LatchkeyAccount *self);
/* Where a session has ended, cancelling leads back to that. */
void latchkey_account_cancel(LatchkeyAccount *self);
void latchkey_account_retry(LatchkeyAccount *self);
/* Forgets the session here and emits "open-uri" with the address that ends it at WorkOS. */
void latchkey_account_sign_out(LatchkeyAccount *self);
/* Renews the session for another organization; "notice" says when that is refused, and the session
 * stays as it is. */
void latchkey_account_switch_organization(LatchkeyAccount *self, const char *organization_id);
gboolean latchkey_account_is_switching(LatchkeyAccount *self);
/* Renews the session when it is due. Runs by itself every few seconds. */
void latchkey_account_check(LatchkeyAccount *self);

G_END_DECLS
