/* Logout: only a POST from our own pages ends a session; a GET shows the button for it. */
#include <string.h>

#include "api/client.h"
#include "base/text.h"
#include "web/note.h"
#include "web/web.h"

/* A page elsewhere must not be able to sign people out. Sec-Fetch-Site decides where the Origin is
 * withheld ("null" is what a strict referrer policy makes of it); browsers let no page set either
 * header. Where both are there, both must say so. */
static bool is_same_origin(const lk_web *web, const lk_web_request *request)
{
    const char *origin = lk__request_header(request, "Origin");
    const char *site = lk__request_header(request, "Sec-Fetch-Site");

    if (lk__request_count(request, "Origin") > 1 ||
        lk__request_count(request, "Sec-Fetch-Site") > 1)
        return false;
    if (origin != NULL && strcmp(origin, "null") != 0)
        return strcmp(origin, web->origin) == 0 &&
               (site == NULL || strcmp(site, "same-origin") == 0);
    return lk__text_equal(site, "same-origin");
}

/* "https://api.workos.com" of the base URL: where the form's answer leads. */
static lk_status workos_origin(const lk_web *web, lk__buf *out, lk_error *err)
{
    const char *url = web->client->base_url;
    const char *host = strstr(url, "://");
    size_t len = host ? (size_t)(host - url) + 3 + strcspn(host + 3, "/") : 0;

    return lk__buf_append(out, url, len, err);
}

static lk_status show_button(const lk_web *web, const lk_web_request *request, lk__reply *reply,
                             lk_error *err)
{
    lk__auto_buf origin = LK__BUF(SIZE_MAX);

    LK_TRY(workos_origin(web, &origin, err));
    return lk__reply_page(reply, request,
                          &(lk__page){ .status = 200,
                                       .mood = LK__PAGE_QUESTION,
                                       .word = "confirm_logout",
                                       .title = "Sign out?",
                                       .message = "This ends your session in this browser.",
                                       .form_action = web->logout_path,
                                       .form_button = "Sign out",
                                       .form_leads_to = origin.data },
                          err);
}

/* The WorkOS session that ends with ours; stale tokens name it, too. NULL: none. */
static lk_status find_session_id(lk_web *web, const lk_web_request *request, char **out,
                                 lk_error *err)
{
    lk__auto_brought brought = LK__BROUGHT;
    lk__candidates cursor = { .rest = NULL };
    bool found = false;

    for (;;) {
        lk__auto_grant grant = { .refresh_token = NULL };
        lk__auto_grant retried = { .refresh_token = NULL };
        LK_TRY(lk__web_next_session(web, request, &cursor, &brought, &found, err));
        if (!found)
            return LK_OK;
        if (lk__session_peek(web->client, lk__keyring_now(web->keyring), brought.sealed.data,
                             &grant, NULL) != LK_OK)
            continue;
        /* Signing out works without WorkOS, too: then only our session ends. */
        if (grant.key_unknown && lk_client_refresh_keys(web->client, NULL) == LK_OK &&
            lk__session_peek(web->client, lk__keyring_now(web->keyring), brought.sealed.data,
                             &retried, NULL) == LK_OK)
            *out = lk__steal(retried.session_id);
        else
            *out = lk__steal(grant.session_id);
        if (*out != NULL)
            return LK_OK;
    }
}

/* The profile whose session ends; only custom OpenID Connect connections end theirs, too. NULL:
 * none. */
static lk_status find_profile_id(lk_web *web, const lk_web_request *request, char **out,
                                 lk_error *err)
{
    lk__auto_brought brought = LK__BROUGHT;
    lk__candidates cursor = { .rest = NULL };
    bool found = false;

    for (;;) {
        lk_auto(lk_session) session = NULL;
        LK_TRY(lk__web_next_session(web, request, &cursor, &brought, &found, err));
        if (!found)
            return LK_OK;
        if (lk__session_open(web->client, lk__keyring_now(web->keyring), brought.sealed.data,
                             &session, NULL) != LK_OK ||
            session->profile == NULL)
            continue;
        if (!lk__text_equal_nocase(session->profile->connection_type, "GenericOIDC"))
            return LK_OK;
        *out = strdup(session->profile->id);
        return *out == NULL ? lk__no_memory(err) : LK_OK;
    }
}

/* Where the browser is sent for the rest of a sign-out, or home. WorkOS may be out of reach, or not
 * know the profile any more: then only our session ends. */
static lk_status lead_to_provider(lk_web *web, const char *profile_id, lk__reply *reply,
                                  lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *url = NULL;
    lk_error cause = LK_ERROR_INIT;
    lk_status status = LK_ERR_NOT_FOUND;

    if (profile_id != NULL)
        status = lk_sso_logout_url(web->client, profile_id, &url, &cause);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK && profile_id != NULL)
        lk__note(web->client, "cannot sign out at the identity provider", &cause);
    return lk__reply_redirect(reply, 303, status == LK_OK ? url : web->home_path, err);
}

static lk_status sign_out(lk_web *web, const lk_web_request *request, lk__reply *reply,
                          lk_error *err)
{
    LK_CLEANUP(lk__freep) char *session_id = NULL;
    LK_CLEANUP(lk__freep) char *profile_id = NULL;
    LK_CLEANUP(lk__freep) char *url = NULL;
    lk__auto_buf home = LK__BUF(SIZE_MAX);

    if (web->mode == LK_WEB_AUTHKIT)
        LK_TRY(find_session_id(web, request, &session_id, err));
    else if (web->client->has_api_key)
        LK_TRY(find_profile_id(web, request, &profile_id, err));
    LK_TRY(lk__web_remove_records(web, request, err));
    LK_TRY(lk__web_clear_session(web, request, reply, err));
    LK_TRY(lk__web_purge_states(web, request, 0, reply, err));
    LK_TRY(lk__web_forget_rounds(web, request, reply, err));
    if (session_id == NULL)
        return lead_to_provider(web, profile_id, reply, err);
    LK_TRY(lk__buf_printf(&home, err, "%s%s", web->origin, web->home_path));
    LK_TRY(lk_authkit_logout_url(web->client, session_id, home.data, &url, err));
    return lk__reply_redirect(reply, 303, url, err);
}

lk_status lk__web_logout(lk_web *web, const lk_web_request *request, lk__reply *reply,
                         lk_error *err)
{
    LK_TRY(lk__reply_no_store(reply, err));
    if (lk__request_reads(request))
        return show_button(web, request, reply, err);
    if (is_same_origin(web, request))
        return sign_out(web, request, reply, err);
    return lk__reply_page(reply, request,
                          &(lk__page){ .status = 403,
                                       .word = "cross_origin",
                                       .title = "Sign-out was refused",
                                       .message = "Another site asked to sign you out. You are "
                                                  "still signed in here.",
                                       .link = web->logout_path,
                                       .link_text = "Sign out from here" },
                          err);
}
