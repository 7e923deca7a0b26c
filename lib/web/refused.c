/* Sign-ins that did not succeed; see refused.h.
 *
 * Most of what WorkOS may ask for on the way (a code, a second factor, a consent) its own sign-in
 * page knows how to ask: there the way on is to start again. What the browser can be led to
 * directly is offered: the organizations to choose from, the connection or provider that is
 * required. Each is a new sign-in with a state of its own, so the token of the one that is pending
 * never leaves this server. */
#include "web/refused.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { MAX_SHOWN = 300, MAX_CHOICES = 100 };

/* ---- Links ---- */

lk_status lk__login_link(const lk_web *web, const char *return_to, const char *name,
                         const char *value, lk__buf *out, lk_error *err)
{
    LK_TRY(lk__buf_text(out, web->login_path, err));
    if (name != NULL) {
        LK_TRY(lk__buf_printf(out, err, "?%s=", name));
        LK_TRY(lk__percent_encode(out, value, err));
    }
    if (return_to == NULL)
        return LK_OK;
    LK_TRY(lk__buf_text(out, name == NULL ? "?return_to=" : "&return_to=", err));
    return lk__percent_encode(out, return_to, err);
}

lk_status lk__refused_page(const lk_web *web, const lk_web_request *request, lk__page page,
                           lk__reply *reply, lk_error *err)
{
    if (page.link == NULL) {
        page.link = web->login_path;
        page.link_text = "Sign in again";
    }
    return lk__reply_page(reply, request, &page, err);
}

/* ---- What WorkOS says in the address ---- */

lk_status lk__refused_by_callback(const lk_web *web, const lk_web_request *request, char *word,
                                  char *description, lk__reply *reply, lk_error *err)
{
    lk__auto_buf detail = LK__BUF(SIZE_MAX);
    bool is_theirs =
        strcmp(word, "server_error") == 0 || strcmp(word, "temporarily_unavailable") == 0;
    bool is_denied =
        strcmp(word, "access_denied") == 0 || strcmp(word, "signin_consent_denied") == 0;

    lk__shorten(word, 100);
    LK_TRY(lk__buf_text(&detail, word, err));
    if (description != NULL) {
        lk__shorten(description, MAX_SHOWN);
        LK_TRY(lk__buf_printf(&detail, err, ": %s", description));
    }
    return lk__refused_page(
        web, request,
        (lk__page){ .status = is_theirs ? 502 : 403,
                    .word = is_denied ? "access_denied" : "sign_in_refused",
                    .title = is_denied ? "Sign-in was cancelled" : "Sign-in was refused",
                    .message = "WorkOS ended this sign-in and said why:",
                    .detail = detail.data },
        reply, err);
}

/* ---- The step that is missing ---- */

static const struct step {
    lk_challenge_kind kind;
    const char *word;
    const char *title;
    const char *message;
} steps[] = {
    { LK_CHALLENGE_OTHER, "sign_in_step_required", "One more step is needed",
      "The sign-in service wants something that this site cannot ask for. Start again and follow "
      "its page to the end." },
    { LK_CHALLENGE_EMAIL_VERIFICATION_REQUIRED, "email_verification_required",
      "Your e-mail address is not confirmed",
      "A code is on its way to your mailbox. Start again, and type it in where the sign-in page "
      "asks for it." },
    { LK_CHALLENGE_MFA_ENROLLMENT, "mfa_enrollment", "Your account needs a second factor",
      "Start again: the sign-in page helps you to set up an authenticator app." },
    { LK_CHALLENGE_MFA_CHALLENGE, "mfa_challenge", "Your second factor is needed",
      "Start again with your authenticator app at hand: the sign-in page asks for its code." },
    { LK_CHALLENGE_ORGANIZATION_SELECTION_REQUIRED, "organization_selection_required",
      "Which organization?", "You belong to more than one. Choose where you want to sign in." },
    { LK_CHALLENGE_SSO_REQUIRED, "sso_required", "Sign in through your organization",
      "Your organization wants you to sign in with its own identity provider." },
    { LK_CHALLENGE_ORGANIZATION_AUTHENTICATION_METHODS_REQUIRED,
      "organization_authentication_methods_required", "Your organization wants another way",
      "It does not accept the way in which you signed in. Choose one that it does." },
    { LK_CHALLENGE_RADAR_CHALLENGE, "radar_challenge", "This sign-in is being checked",
      "Something about it is unusual. Start again: the sign-in page asks for a proof that it is "
      "you." },
    { LK_CHALLENGE_RADAR_EMAIL_CHALLENGE, "radar_email_challenge", "This sign-in is being checked",
      "Something about it is unusual. Start again: the sign-in page asks for a code that comes by "
      "e-mail." },
    { LK_CHALLENGE_RADAR_SMS_CHALLENGE, "radar_sms_challenge", "This sign-in is being checked",
      "Something about it is unusual. Start again: the sign-in page asks for a code that comes to "
      "your phone." },
    { LK_CHALLENGE_PASSKEY_ENROLLMENT, "passkey_progressive_enrollment", "A passkey is wanted",
      "Start again: the sign-in page helps you to make one." },
    { LK_CHALLENGE_METHOD_NOT_ALLOWED, "authentication_method_not_allowed",
      "This way to sign in is not allowed", "Start again, and choose another one." },
    { LK_CHALLENGE_APPLICATION_CONSENT, "application_consent_required", "Your consent is needed",
      "Start again: the sign-in page says what for." },
};

static const struct step *step_of(lk_challenge_kind kind)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i].kind == kind)
            return &steps[i];
    return &steps[0];
}

/* The ways on; text and links live in the reply's arena. */
typedef struct way_list {
    const lk_web *web;
    const lk__state *state;
    lk__reply *reply;
    lk__page_choice choices[MAX_CHOICES];
    size_t n_choices;
} way_list;

/* One way: /login?name=value. Those that no page could show are left out. */
static lk_status add_way(way_list *ways, const char *text, const char *name, const char *value,
                         lk_error *err)
{
    lk__auto_buf link = LK__BUF(SIZE_MAX);
    lk__page_choice *choice = &ways->choices[ways->n_choices];

    if (ways->n_choices == MAX_CHOICES || lk__text_empty(value))
        return LK_OK;
    LK_TRY(lk__login_link(ways->web, ways->state->return_to, name, value, &link, err));
    choice->text = lk__arena_text(ways->reply->arena, lk__text_empty(text) ? value : text);
    choice->link = lk__arena_text(ways->reply->arena, link.data);
    if (choice->text == NULL || choice->link == NULL)
        return lk__no_memory(err);
    ways->n_choices++;
    return LK_OK;
}

static lk_status add_connections(way_list *ways, const lk_authentication_challenge *challenge,
                                 lk_error *err)
{
    for (size_t i = 0; i < challenge->n_connection_ids; i++) {
        char text[320] = "Single sign-on";

        if (challenge->n_connection_ids > 1)
            snprintf(text, sizeof(text), "Single sign-on (%.255s)", challenge->connection_ids[i]);
        LK_TRY(add_way(ways, text, "connection", challenge->connection_ids[i], err));
    }
    return LK_OK;
}

static lk_status add_methods(way_list *ways, const lk_authentication_methods *methods,
                             lk_error *err)
{
    const struct {
        bool is_allowed;
        const char *text;
        const char *provider;
    } rows[] = {
        { methods->google_oauth, "Google", "GoogleOAuth" },
        { methods->microsoft_oauth, "Microsoft", "MicrosoftOAuth" },
        { methods->apple_oauth, "Apple", "AppleOAuth" },
        { methods->github_oauth, "GitHub", "GitHubOAuth" },
        { methods->password && !methods->magic_auth, "Password", "authkit" },
        { methods->magic_auth && !methods->password, "A code by e-mail", "authkit" },
        { methods->magic_auth && methods->password, "Password, or a code by e-mail", "authkit" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].is_allowed)
            LK_TRY(add_way(ways, rows[i].text, "provider", rows[i].provider, err));
    return LK_OK;
}

static lk_status add_ways(way_list *ways, const lk_authentication_challenge *challenge,
                          lk_error *err)
{
    if (challenge->kind == LK_CHALLENGE_ORGANIZATION_SELECTION_REQUIRED)
        for (size_t i = 0; i < challenge->n_organizations; i++)
            LK_TRY(add_way(ways, challenge->organizations[i]->name, "organization_id",
                           challenge->organizations[i]->id, err));
    if (challenge->kind == LK_CHALLENGE_SSO_REQUIRED ||
        challenge->kind == LK_CHALLENGE_ORGANIZATION_AUTHENTICATION_METHODS_REQUIRED)
        LK_TRY(add_connections(ways, challenge, err));
    if (challenge->kind == LK_CHALLENGE_ORGANIZATION_AUTHENTICATION_METHODS_REQUIRED &&
        challenge->methods != NULL)
        LK_TRY(add_methods(ways, challenge->methods, err));
    return LK_OK;
}

static lk_status ask_for_step(const lk_web *web, const lk_web_request *request,
                              const lk__state *state, const lk_authentication_challenge *challenge,
                              lk__reply *reply, lk_error *err)
{
    const struct step *step = step_of(challenge->kind);
    way_list ways = { .web = web, .state = state, .reply = reply };
    lk__auto_buf again = LK__BUF(SIZE_MAX);

    LK_TRY(add_ways(&ways, challenge, err));
    LK_TRY(lk__login_link(web, state->return_to, NULL, NULL, &again, err));
    return lk__refused_page(web, request,
                            (lk__page){ .status = 403,
                                        .mood = LK__PAGE_QUESTION,
                                        .word = step->word,
                                        .title = step->title,
                                        .message = step->message,
                                        .choices = ways.choices,
                                        .n_choices = ways.n_choices,
                                        .link = again.data,
                                        .link_text = "Start again" },
                            reply, err);
}

/* ---- The code was not exchanged ---- */

static lk__page failure_page(const lk_error *cause)
{
    lk_status status = cause->status;

    if (status == LK_ERR_NETWORK || status == LK_ERR_RATE_LIMITED ||
        (status == LK_ERR_API && cause->http_status >= 500))
        return (lk__page){ .status = 503,
                           .word = "workos_unreachable",
                           .title = "Sign-in is not available right now",
                           .message = "The sign-in service did not answer. Nothing is wrong with "
                                      "your account: try again in a moment." };
    if (status == LK_ERR_API && strcmp(cause->reason, "invalid_grant") == 0)
        return (lk__page){ .status = 400,
                           .word = "invalid_grant",
                           .title = "This sign-in was used already",
                           .message = "A sign-in address works once and for a few minutes. Start "
                                      "again from here." };
    if (status == LK_ERR_API)
        return (lk__page){ .status = 403,
                           .word = "sign_in_refused",
                           .title = "Sign-in was refused",
                           .message = "WorkOS did not accept this sign-in:" };
    if (status == LK_ERR_STATE)
        return (lk__page){ .status = 403,
                           .word = "stale_authentication",
                           .title = "Please sign in once more",
                           .message = "This needs a recent sign-in, and the sign-in service let "
                                      "you pass with an older one." };
    if (status == LK_ERR_SIGNATURE || status == LK_ERR_EXPIRED || status == LK_ERR_NO_KEY)
        return (lk__page){ .status = 502,
                           .word = "token_not_verified",
                           .title = "Sign-in could not be verified",
                           .message = "The answer of the sign-in service does not prove who you "
                                      "are, so you are not signed in." };
    return (lk__page){ .status = 502,
                       .word = "unreadable_answer",
                       .title = "Sign-in failed",
                       .message = "The sign-in service answered in a way that this site cannot "
                                  "read. Try again in a moment." };
}

lk_status lk__refused_exchange(lk_web *web, const lk_web_request *request, const lk__state *state,
                               const lk_error *cause, const lk_authentication_challenge *challenge,
                               lk__reply *reply, lk_error *err)
{
    lk__auto_buf detail = LK__BUF(SIZE_MAX);
    char seconds[16];

    if (cause->status == LK_ERR_NO_MEMORY || cause->status == LK_ERR_INVALID)
        return lk__fail(err, cause->status, "%s", cause->message);
    if (challenge != NULL)
        return ask_for_step(web, request, state, challenge, reply, err);
    lk__page page = failure_page(cause);
    if (page.status == 400 && lk__web_is_signed_in(web, request))
        return lk__reply_redirect(reply, 302, web->home_path, err);
    if (page.status == 503) {
        snprintf(seconds, sizeof(seconds), "%d", cause->retry_after > 0 ? cause->retry_after : 5);
        LK_TRY(lk__reply_header(reply, "Retry-After", seconds, err));
    }
    LK_TRY(lk__buf_text(&detail, cause->message, err));
    if (cause->request_id[0] != '\0')
        LK_TRY(lk__buf_printf(&detail, err, " (request %s)", cause->request_id));
    page.detail = detail.data;
    return lk__refused_page(web, request, page, reply, err);
}
