/* The table of routes. */
#include "routes.h"

#include <string.h>

#include "handlers.h"

typedef enum access {
    OPEN,    /* anybody: browsers, public keys, grants that look at the client themselves */
    PAGE,    /* a form of one of our own pages: no other site may make a browser send it */
    KEY,     /* the API key as bearer token */
    CONTROL, /* there only with --control; writing needs a JSON body, which no foreign web page can
                send */
} access;

static const struct route {
    const char *method, *path;
    access access;
    handler *answer;
} routes[] = {
    { "GET", "/", OPEN, handle_root },
    { "GET", "/health", OPEN, handle_health },
    { "POST", "/console/directories", PAGE, handle_console_add_directory },
    { "GET", "/console/directories/{id}", OPEN, handle_console_directory },
    { "POST", "/console/directories/{id}/people", PAGE, handle_console_hire },
    { "POST", "/console/directories/{id}/groups", PAGE, handle_console_add_group },
    { "POST", "/console/directories/{id}/remove", PAGE, handle_console_remove_directory },
    { "POST", "/console/groups/{id}/remove", PAGE, handle_console_remove_group },
    { "GET", "/console/people/{id}", OPEN, handle_console_person },
    { "POST", "/console/people/{id}", PAGE, handle_console_save },
    { "POST", "/console/people/{id}/suspend", PAGE, handle_console_suspend },
    { "POST", "/console/people/{id}/activate", PAGE, handle_console_activate },
    { "POST", "/console/people/{id}/remove", PAGE, handle_console_remove_person },

    { "GET", "/user_management/authorize", OPEN, handle_show_authkit },
    { "POST", "/user_management/authorize", PAGE, handle_choose_authkit },
    { "POST", "/user_management/authenticate", OPEN, handle_authenticate },
    { "POST", "/user_management/authorize/device", OPEN, handle_start_device },
    { "GET", "/device", OPEN, handle_show_device },
    { "POST", "/device", PAGE, handle_choose_device },
    { "POST", "/user_management/magic_auth", KEY, handle_create_magic_auth },
    { "GET", "/user_management/magic_auth/{id}", KEY, handle_magic_auth },
    { "GET", "/user_management/email_verification/{id}", KEY, handle_email_verification },
    { "POST", "/user_management/users/{id}/auth_factors", KEY, handle_enroll_factor },
    { "GET", "/user_management/users/{id}/auth_factors", KEY, handle_list_factors },
    { "GET", "/auth/factors/{id}", KEY, handle_factor },
    { "DELETE", "/auth/factors/{id}", KEY, handle_remove_factor },
    { "POST", "/auth/factors/{id}/challenge", KEY, handle_challenge_factor },
    { "POST", "/auth/challenges/{id}/verify", KEY, handle_verify_challenge },
    { "POST", "/api_keys/validations", KEY, handle_validate_api_key },
    { "GET", "/user_management/sessions/logout", OPEN, handle_end_session },
    { "POST", "/user_management/sessions/revoke", KEY, handle_revoke_session },
    { "GET", "/user_management/users", KEY, handle_list_users },
    { "POST", "/user_management/users", KEY, handle_add_user },
    { "GET", "/user_management/users/{id}", KEY, handle_user },
    { "PUT", "/user_management/users/{id}", KEY, handle_change_user },
    { "DELETE", "/user_management/users/{id}", KEY, handle_remove_user },
    { "GET", "/user_management/users/external_id/{id}", KEY, handle_user_by_external_id },
    { "GET", "/user_management/users/{id}/sessions", KEY, handle_list_sessions },
    { "GET", "/user_management/users/{id}/identities", KEY, handle_list_identities },
    { "POST", "/user_management/users/{id}/email_verification/send", KEY,
      handle_send_verification },
    { "POST", "/user_management/users/{id}/email_verification/confirm", KEY,
      handle_confirm_verification },
    { "POST", "/user_management/password_reset", KEY, handle_add_password_reset },
    { "POST", "/user_management/password_reset/confirm", KEY, handle_confirm_password_reset },
    { "GET", "/user_management/password_reset/{id}", KEY, handle_password_reset },
    { "GET", "/invitation", OPEN, handle_show_invitation },
    { "POST", "/invitation", PAGE, handle_choose_invitation },
    { "GET", "/reset-password", OPEN, handle_show_password_reset },
    { "POST", "/reset-password", PAGE, handle_choose_password },
    { "GET", "/user_management/invitations", KEY, handle_list_invitations },
    { "POST", "/user_management/invitations", KEY, handle_add_invitation },
    { "GET", "/user_management/invitations/{id}", KEY, handle_invitation },
    { "GET", "/user_management/invitations/by_token/{id}", KEY, handle_invitation_by_token },
    { "POST", "/user_management/invitations/{id}/revoke", KEY, handle_revoke_invitation },
    { "POST", "/user_management/invitations/{id}/resend", KEY, handle_resend_invitation },
    { "POST", "/user_management/invitations/{id}/accept", KEY, handle_accept_invitation },
    { "GET", "/user_management/organization_memberships", KEY, handle_list_memberships },
    { "POST", "/user_management/organization_memberships", KEY, handle_add_membership },
    { "GET", "/user_management/organization_memberships/{id}", KEY, handle_membership },
    { "PUT", "/user_management/organization_memberships/{id}", KEY, handle_change_membership },
    { "DELETE", "/user_management/organization_memberships/{id}", KEY, handle_remove_membership },
    { "PUT", "/user_management/organization_memberships/{id}/deactivate", KEY,
      handle_deactivate_membership },
    { "PUT", "/user_management/organization_memberships/{id}/reactivate", KEY,
      handle_reactivate_membership },
    { "GET", "/organizations", KEY, handle_list_organizations },
    { "POST", "/organizations", KEY, handle_add_organization },
    { "GET", "/organizations/{id}", KEY, handle_organization },
    { "PUT", "/organizations/{id}", KEY, handle_change_organization },
    { "DELETE", "/organizations/{id}", KEY, handle_remove_organization },
    { "GET", "/organizations/external_id/{id}", KEY, handle_organization_by_external_id },

    { "GET", "/sso/authorize", OPEN, handle_show_sso },
    { "POST", "/sso/authorize", PAGE, handle_choose_sso },
    { "POST", "/sso/token", OPEN, handle_sso_token },
    { "GET", "/sso/profile", OPEN, handle_sso_profile },
    { "POST", "/sso/logout/authorize", KEY, handle_start_sso_logout },
    { "GET", "/sso/logout", OPEN, handle_end_sso_logout },
    { "GET", "/sso/jwks/{client_id}", OPEN, handle_keys },
    { "GET", "/connections", KEY, handle_list_connections },
    { "GET", "/connections/{id}", KEY, handle_connection },
    { "DELETE", "/connections/{id}", KEY, handle_remove_connection },

    { "GET", "/events", KEY, handle_list_events },
    { "GET", "/directories", KEY, handle_list_directories },
    { "GET", "/directories/{id}", KEY, handle_directory },
    { "DELETE", "/directories/{id}", KEY, handle_delete_directory },
    { "GET", "/directory_users", KEY, handle_list_directory_users },
    { "GET", "/directory_users/{id}", KEY, handle_directory_user },
    { "GET", "/directory_groups", KEY, handle_list_directory_groups },
    { "GET", "/directory_groups/{id}", KEY, handle_directory_group },

    { "GET", "/webhook_endpoints", KEY, handle_list_webhook_endpoints },
    { "POST", "/webhook_endpoints", KEY, handle_add_webhook_endpoint },
    { "PATCH", "/webhook_endpoints/{id}", KEY, handle_change_webhook_endpoint },
    { "DELETE", "/webhook_endpoints/{id}", KEY, handle_remove_webhook_endpoint },

    { "GET", "/_latchkey/webhooks/deliveries", CONTROL, handle_control_deliveries },
    { "POST", "/_latchkey/webhooks/deliveries/{id}/resend", CONTROL, handle_control_resend },
    { "POST", "/_latchkey/webhooks/mishaps", CONTROL, handle_control_mishaps },
    { "POST", "/_latchkey/keys/rotate", CONTROL, handle_control_rotate },
    { "GET", "/_latchkey/state", CONTROL, handle_control_state },
    { "POST", "/_latchkey/directories", CONTROL, handle_control_add_directory },
    { "PATCH", "/_latchkey/directories/{id}", CONTROL, handle_control_change_directory },
    { "DELETE", "/_latchkey/directories/{id}", CONTROL, handle_control_remove_directory },
    { "POST", "/_latchkey/directories/{id}/users", CONTROL, handle_control_add_user },
    { "POST", "/_latchkey/directories/{id}/groups", CONTROL, handle_control_add_group },
    { "PATCH", "/_latchkey/directory_users/{id}", CONTROL, handle_control_change_user },
    { "DELETE", "/_latchkey/directory_users/{id}", CONTROL, handle_control_remove_user },
    { "PATCH", "/_latchkey/directory_groups/{id}", CONTROL, handle_control_change_group },
    { "DELETE", "/_latchkey/directory_groups/{id}", CONTROL, handle_control_remove_group },
    { "POST", "/_latchkey/directory_groups/{id}/users", CONTROL, handle_control_add_member },
    { "DELETE", "/_latchkey/directory_groups/{id}/users/{user_id}", CONTROL,
      handle_control_remove_member },
    { "POST", "/_latchkey/events", CONTROL, handle_control_emit },
    { "POST", "/_latchkey/events/hold", CONTROL, handle_control_hold },
    { "POST", "/_latchkey/events/release", CONTROL, handle_control_release },
    { "POST", "/_latchkey/events/forget", CONTROL, handle_control_forget },
    { "POST", "/_latchkey/simulate", CONTROL, handle_control_simulate },
    { "POST", "/_latchkey/clock", CONTROL, handle_control_clock },
    { "GET", "/_latchkey/limits", CONTROL, handle_control_show_limits },
    { "POST", "/_latchkey/limits", CONTROL, handle_control_set_limits },
    { "GET", "/_latchkey/faults", CONTROL, handle_list_faults },
    { "POST", "/_latchkey/faults", CONTROL, handle_add_fault },
    { "DELETE", "/_latchkey/faults", CONTROL, handle_remove_faults },
};

/* Compares segment by segment; what stands for {…} goes into the params. */
static bool path_fits(const char *pattern, const char *path, char params[MAX_PARAMS][PARAM_SIZE])
{
    int n = 0;
    while (*pattern && *path) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        size_t len = strcspn(path, "/");
        if (len == 0 || len >= PARAM_SIZE)
            return false;
        memcpy(params[n], path, len);
        params[n++][len] = '\0';
        path += len;
        pattern = strchr(pattern, '}') + 1;
    }
    return *pattern == *path;
}

/* Browsers say with each form from where it is sent: by Sec-Fetch-Site, older ones by Origin alone
 * (which our Referrer-Policy makes "null" in the newer ones). Programs say nothing. */
static bool is_own_form(const exchange *self)
{
    AUTO_TEXT here = { 0 };
    if (self->fetch_site)
        return text_equal(self->fetch_site, "same-origin") || text_equal(self->fetch_site, "none");
    text_print(&here, "http://%s", self->host ? self->host : "");
    return !self->origin || text_equal(self->origin, here.bytes);
}

static bool may_ask(exchange *self, access who)
{
    if (who == KEY && !exchange_knows_key(self, exchange_bearer(self))) {
        answer_error(self, 401, "unauthorized", "Unauthorized");
        return false;
    }
    if (who == PAGE && !is_own_form(self)) {
        answer_error(self, 403, "forbidden", "this form was sent from another site");
        return false;
    }
    if (who == PAGE && !exchange_is_form(self)) {
        answer_error(self, 415, "unsupported_media_type",
                     "send Content-Type: application/x-www-form-urlencoded");
        return false;
    }
    if (who == CONTROL && !self->options->control) {
        answer_error(self, 404, "not_found", "the control API is off; start with --control");
        return false;
    }
    bool writes = strcmp(self->method, "GET") != 0;
    if (who == CONTROL && writes && !text_begins(self->content_type, "application/json")) {
        answer_error(self, 415, "unsupported_media_type", "send Content-Type: application/json");
        return false;
    }
    return true;
}

void routes_answer(exchange *self)
{
    bool has_path = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!path_fits(routes[i].path, self->path, self->params))
            continue;
        has_path = true;
        if (strcmp(routes[i].method, self->method) != 0)
            continue;
        if (may_ask(self, routes[i].access))
            routes[i].answer(self);
        return;
    }
    if (has_path)
        answer_error(self, 405, "method_not_allowed", "Method Not Allowed");
    else
        answer_error(self, 404, "not_found", "Not Found");
}
