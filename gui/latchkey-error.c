/* One table says what each class of failure is called and what a person can do about it. */
#include "latchkey-error.h"

#include <glib/gi18n.h>
#include <latchkey/authkit.h>

typedef struct Words {
    LatchkeyErrorCode code;
    const char *heading;
    const char *advice;
} Words;

static const Words words[] = {
    { LATCHKEY_ERROR_CONFIG, N_("Latchkey Is Not Set Up"),
      N_("Correct the setting that is named here, then start Latchkey again.") },
    { LATCHKEY_ERROR_NETWORK, N_("Could Not Reach WorkOS"),
      N_("Check the connection to the network, then try again.") },
    { LATCHKEY_ERROR_DENIED, N_("Access Was Denied"),
      N_("The sign-in was refused or stopped in the browser. Nobody is signed in.") },
    { LATCHKEY_ERROR_TIMEOUT, N_("Time Ran Out"),
      N_("The browser did not come back in time. Try again, or copy the link into another "
         "browser.") },
    { LATCHKEY_ERROR_ENDED, N_("Your Session Ended"), N_("Sign in again to continue.") },
    { LATCHKEY_ERROR_REFUSED, N_("WorkOS Refused the Request"),
      N_("Try again. If it happens again, an administrator needs the details below.") },
    { LATCHKEY_ERROR_ANSWER, N_("The Answer Could Not Be Trusted"),
      N_("What came back was damaged or not from WorkOS, so it was not used.") },
    { LATCHKEY_ERROR_LOCKED, N_("Your Keyring Is Locked"),
      N_("Unlock it to go on with the session that is kept there.") },
    { LATCHKEY_ERROR_STORE, N_("Local History Could Not Be Read"),
      N_("The file was left as it is. Starting fresh keeps it beside the new one, as *.bad.") },
    { LATCHKEY_ERROR_SERVER, N_("Could Not Reach the Server"),
      N_("Check the connection to the network, then try again.") },
    { LATCHKEY_ERROR_SLOW, N_("WorkOS Asks to Slow Down"),
      N_("Latchkey goes on by itself after a while.") },
    { LATCHKEY_ERROR_KEY, N_("WorkOS Refused the API Key"),
      N_("It is wrong, too old or was revoked: replace it with one of the WorkOS dashboard.") },
    { LATCHKEY_ERROR_MAY_NOT, N_("Not Allowed to Read Events"),
      N_("The API key needs the permission to read directories and their events.") },
    { LATCHKEY_ERROR_NOT_SHOWN, N_("The Server Shows You No Events"),
      N_("It shows events to members of an organization: switch to one, or ask whoever runs it.") },
    { LATCHKEY_ERROR_FAILED, N_("Something Went Wrong"), N_("Try again.") },
};

G_DEFINE_QUARK(latchkey - error - quark, latchkey_error)

static LatchkeyErrorCode refusal(const lk_error *err)
{
    const char *reason = err->reason;

    if (g_str_equal(reason, "access_denied") || g_str_equal(reason, "signin_consent_denied"))
        return LATCHKEY_ERROR_DENIED;
    if (lk_authkit_is_terminal(err))
        return LATCHKEY_ERROR_ENDED;
    return LATCHKEY_ERROR_REFUSED;
}

static LatchkeyErrorCode code_of(const lk_error *err)
{
    switch (err->status) {
    case LK_ERR_NETWORK:
        return LATCHKEY_ERROR_NETWORK;
    case LK_ERR_RATE_LIMITED:
        return LATCHKEY_ERROR_SLOW;
    case LK_ERR_API:
        return refusal(err);
    case LK_ERR_PROTOCOL:
    case LK_ERR_SIGNATURE:
    case LK_ERR_NO_KEY:
    case LK_ERR_STATE:
        return LATCHKEY_ERROR_ANSWER;
    case LK_ERR_EXPIRED:
        return LATCHKEY_ERROR_TIMEOUT;
    case LK_ERR_INVALID:
        return LATCHKEY_ERROR_CONFIG;
    case LK_ERR_STORE:
        return LATCHKEY_ERROR_STORE;
    default:
        return LATCHKEY_ERROR_FAILED;
    }
}

GError *latchkey_error_new(const lk_error *err)
{
    /* The reason and parts of the message came over the network. */
    g_autofree char *message = g_utf8_make_valid(err->message, -1);
    g_autofree char *id = g_utf8_make_valid(err->request_id, -1);

    if (id[0] == '\0')
        return g_error_new_literal(LATCHKEY_ERROR, (int)code_of(err), message);
    return g_error_new(LATCHKEY_ERROR, (int)code_of(err), "%s (request %s)", message, id);
}

/* 401 and 403 say something about the credential only where one was sent. */
static int feed_code_of(const lk_error *err, gboolean is_server)
{
    if (is_server && err->status == LK_ERR_NETWORK)
        return LATCHKEY_ERROR_SERVER;
    if (err->status == LK_ERR_API && err->http_status == 403)
        return is_server ? LATCHKEY_ERROR_NOT_SHOWN : LATCHKEY_ERROR_MAY_NOT;
    if (err->status == LK_ERR_API && err->http_status == 401 && !is_server)
        return LATCHKEY_ERROR_KEY;
    return (int)code_of(err);
}

GError *latchkey_error_new_of_feed(const lk_error *err, gboolean is_server)
{
    GError *error = latchkey_error_new(err);

    error->code = feed_code_of(err, is_server);
    return error;
}

static const Words *words_of(const GError *error)
{
    if (error->domain == LATCHKEY_ERROR)
        for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
            if ((int)words[i].code == error->code)
                return &words[i];
    return &words[G_N_ELEMENTS(words) - 1];
}

const char *latchkey_error_heading(const GError *error)
{
    return _(words_of(error)->heading);
}

const char *latchkey_error_advice(const GError *error)
{
    return _(words_of(error)->advice);
}

gboolean latchkey_error_is_transient(const GError *error)
{
    return !g_error_matches(error, LATCHKEY_ERROR, LATCHKEY_ERROR_ENDED) &&
           !g_error_matches(error, LATCHKEY_ERROR, LATCHKEY_ERROR_CONFIG);
}

gboolean latchkey_error_drop_cancelled(GError *error)
{
    if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return FALSE;
    g_error_free(error);
    return TRUE;
}
