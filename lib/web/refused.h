/* Sign-ins that did not succeed, as pages and JSON that offer the way on. */
#ifndef LK_WEB_REFUSED_H
#define LK_WEB_REFUSED_H

#include "web/web.h"

/* An address that begins a sign-in with one more parameter (name NULL: none) and leads back to
 * where this one was to end. */
LK_MUST_CHECK lk_status lk__login_link(const lk_web *web, const char *return_to, const char *name,
                                       const char *value, lk__buf *out, lk_error *err);

/* Adds "Sign in again" to the page, unless it has a link already. */
LK_MUST_CHECK lk_status lk__refused_page(const lk_web *web, const lk_web_request *request,
                                         lk__page page, lk__reply *reply, lk_error *err);
/* The callback came with an error of WorkOS. word and description are shortened. */
LK_MUST_CHECK lk_status lk__refused_by_callback(const lk_web *web, const lk_web_request *request,
                                                char *word, char *description, lk__reply *reply,
                                                lk_error *err);
/* The code was not exchanged for a session, for this cause; a challenge (NULL: none) names the
 * step that is missing. Nothing of its secrets gets into the reply. */
LK_MUST_CHECK lk_status lk__refused_exchange(lk_web *web, const lk_web_request *request,
                                             const lk__state *state, const lk_error *cause,
                                             const lk_authentication_challenge *challenge,
                                             lk__reply *reply, lk_error *err);

#endif
