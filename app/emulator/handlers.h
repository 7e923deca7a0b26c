/* All handlers; routes.c says which answers what. */
#ifndef EMULATOR_HANDLERS_H
#define EMULATOR_HANDLERS_H

#include "exchange.h"

/* page.c */
handler handle_root, handle_health;
/* sign-in.c */
handler handle_show_authkit, handle_choose_authkit, handle_show_sso, handle_choose_sso;
/* console.c */
handler handle_console_directory, handle_console_person, handle_console_hire, handle_console_save;
handler handle_console_suspend, handle_console_activate, handle_console_remove_person;
handler handle_console_add_group, handle_console_remove_group;
handler handle_console_add_directory, handle_console_remove_directory;
void console_add_notice(exchange *self, text *out); /* how the last change went */
/* grants.c */
handler handle_authenticate;
/* device.c */
handler handle_start_device, handle_show_device, handle_choose_device;
/* one-time-codes.c */
handler handle_create_magic_auth, handle_magic_auth, handle_email_verification;
/* factors.c */
handler handle_enroll_factor, handle_list_factors, handle_challenge_factor;
handler handle_factor, handle_remove_factor, handle_verify_challenge;
/* api-keys.c */
handler handle_validate_api_key;
/* webhooks.c */
handler handle_list_webhook_endpoints, handle_add_webhook_endpoint, handle_change_webhook_endpoint,
    handle_remove_webhook_endpoint;
handler handle_control_deliveries, handle_control_resend, handle_control_mishaps;
/* sso.c */
handler handle_sso_token, handle_sso_profile, handle_keys;
handler handle_start_sso_logout, handle_end_sso_logout;
/* sessions.c */
handler handle_end_session, handle_revoke_session, handle_list_sessions;
/* users.c */
handler handle_user, handle_user_by_external_id, handle_list_users;
handler handle_add_user, handle_change_user, handle_remove_user;
handler handle_send_verification, handle_confirm_verification, handle_list_identities;
/* organizations.c */
handler handle_organization, handle_organization_by_external_id, handle_list_organizations;
handler handle_add_organization, handle_change_organization, handle_remove_organization;
handler handle_connection, handle_list_connections, handle_remove_connection;
/* memberships.c */
handler handle_membership, handle_list_memberships, handle_add_membership;
handler handle_change_membership, handle_remove_membership;
handler handle_deactivate_membership, handle_reactivate_membership;
/* invitations.c */
handler handle_invitation, handle_invitation_by_token, handle_list_invitations;
handler handle_add_invitation, handle_revoke_invitation, handle_resend_invitation,
    handle_accept_invitation;
handler handle_show_invitation, handle_choose_invitation;
/* password-resets.c */
handler handle_password_reset, handle_add_password_reset, handle_confirm_password_reset;
handler handle_show_password_reset, handle_choose_password;
/* feed.c */
handler handle_list_events;
/* directory-api.c */
handler handle_list_directories, handle_directory, handle_delete_directory;
handler handle_list_directory_users, handle_directory_user;
handler handle_list_directory_groups, handle_directory_group;
/* control.c */
handler handle_control_state, handle_control_add_directory, handle_control_change_directory,
    handle_control_remove_directory;
handler handle_control_add_user, handle_control_change_user, handle_control_remove_user;
handler handle_control_add_group, handle_control_change_group, handle_control_remove_group;
handler handle_control_add_member, handle_control_remove_member;
handler handle_control_hold, handle_control_release, handle_control_forget, handle_control_emit,
    handle_control_simulate;
handler handle_control_clock, handle_control_rotate;
/* faults.c */
handler handle_control_show_limits, handle_control_set_limits; /* rate-limits.c */
handler handle_list_faults, handle_add_fault, handle_remove_faults;

#endif
