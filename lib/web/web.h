/* The object behind lk_web, and the parts of the flow that flow.c hands requests to. */
#ifndef LK_WEB_WEB_H
#define LK_WEB_WEB_H

#include "web/cookie.h"
#include "web/handle.h"
#include "web/keyring.h"
#include "web/refresh.h"
#include "web/reply.h"
#include "web/session-cache.h"
#include "web/state.h"

#include <latchkey/web.h>

/* What the options leave open. */
#define LK__COOKIE_NAME "wos-session"
enum { LK__COOKIE_MAX_AGE_S = 34560000 }; /* 400 days: longer no browser keeps one */

/* A browser keeps no cookie whose name, value and attributes are longer; RFC 6265, 6.1: "At least
 * 4096 bytes per cookie". */
enum { LK__MAX_SET_COOKIE = 4096 };

/* A session that is longer goes into cookies "name.0" to "name.3": as much as servers take in a
 * header and browsers send along. */
enum { LK__MAX_CHUNKS = 4 };

struct lk_web {
    lk_client *client;
    lk__keyring *keyring;
    lk_web_mode mode;
    bool allows_idp_initiated;
    char *redirect_uri;
    char *origin; /* of redirect_uri, as a browser writes it */
    char *callback_path;
    char *login_path;
    char *logout_path;
    char *home_path;
    char *cookie_name;
    char *cookie_domain; /* NULL: host only */
    int64_t cookie_max_age_s;
    int sso_session_s;
    char *connection; /* SSO defaults; NULL: none */
    char *organization_id;
    char *provider;
    lk__cookie_rules session_rules;
    lk__cookie_rules state_rules;
    lk__refresher *refresher;
    lk__session_cache *cache;
    lk_revocation revocation;
    lk_session_store store; /* its functions NULL: none */
    lk_session_storage storage;
    _Atomic int64_t early_failed_at_ms; /* last renewal before the end that failed; 0: none */
};

/* To seal with; lives as long as the request. */
const char *lk__web_password(const lk_web *web);

/* Each answers one route; reply carries no headers yet. */
LK_MUST_CHECK lk_status lk__web_login(lk_web *web, const lk_web_request *request, lk__reply *reply,
                                      lk_error *err);
LK_MUST_CHECK lk_status lk__web_callback(lk_web *web, const lk_web_request *request,
                                         lk__reply *reply, lk_error *err);
LK_MUST_CHECK lk_status lk__web_logout(lk_web *web, const lk_web_request *request, lk__reply *reply,
                                       lk_error *err);
/* Every other path: fills reply->session, renews a stale cookie. */
LK_MUST_CHECK lk_status lk__web_identify(lk_web *web, const lk_web_request *request,
                                         lk__reply *reply, lk_error *err);

/* Whether a cookie of the request opens as it is: no renewal. */
bool lk__web_is_signed_in(lk_web *web, const lk_web_request *request);
/* Sets a session that is new to this browser: in cookies or in the store, as the options say. One
 * that neither holds is answered by a page that says so, nothing of it is set, and
 * reply->public.status is then set. */
LK_MUST_CHECK lk_status lk__web_set_session(lk_web *web, const lk_web_request *request,
                                            lk__reply *reply, const char *sealed, lk_error *err);
/* The session cookie, or its chunks; deletes the form that the request still carries. */
LK_MUST_CHECK lk_status lk__web_set_cookies(lk_web *web, const lk_web_request *request,
                                            lk__reply *reply, const char *sealed, lk_error *err);
bool lk__web_fits_cookies(const lk_web *web, const char *sealed);
/* Too large for either: the page that says so. */
LK_MUST_CHECK lk_status lk__web_refuse_size(const lk_web *web, const lk_web_request *request,
                                            const char *sealed, lk__reply *reply, lk_error *err);
/* Deletes the session cookie and the chunks that the request carries. */
LK_MUST_CHECK lk_status lk__web_clear_session(lk_web *web, const lk_web_request *request,
                                              lk__reply *reply, lk_error *err);
/* Circles of sign-ins: counted at the callback; the login answers with a page that says what is
 * wrong once there were three within moments, and reply->public.status is then set. */
LK_MUST_CHECK lk_status lk__web_count_round(const lk_web *web, const lk_web_request *request,
                                            lk__reply *reply, lk_error *err);
LK_MUST_CHECK lk_status lk__web_stop_circle(lk_web *web, const lk_web_request *request,
                                            lk__reply *reply, lk_error *err);
LK_MUST_CHECK lk_status lk__web_forget_rounds(const lk_web *web, const lk_web_request *request,
                                              lk__reply *reply, lk_error *err);
/* Deletes the oldest pending states of this browser until keep are left. */
LK_MUST_CHECK lk_status lk__web_purge_states(lk_web *web, const lk_web_request *request,
                                             size_t keep, lk__reply *reply, lk_error *err);
/* The session cookies of a request, each decoded in turn, then its chunks joined: begin with a
 * zeroed cursor. A cookie that cannot be decoded is passed over; of whole ones it looks at
 * LK__MAX_CANDIDATES. */
typedef struct lk__candidates {
    size_t header;
    const char *rest;
    int n_seen;
    int n_joined;
    lk_error store; /* the first failure of the store, by lk__web_next_session() */
} lk__candidates;
enum { LK__MAX_CANDIDATES = 8 };
LK_MUST_CHECK lk_status lk__web_next_candidate(const lk_web *web, const lk_web_request *request,
                                               lk__candidates *cursor, lk__buf *out, bool *found,
                                               lk_error *err);

/* A sealed session as a request brings it, and where it stands. */
typedef struct lk__brought {
    lk__buf sealed;
    lk__handle handle; /* of the store; its token "": the cookies hold it all */
} lk__brought;

#define LK__BROUGHT                              \
    {                                            \
        .sealed = LK__SECRET_BUF(LK__MAX_SEALED) \
    }
#define lk__auto_brought LK_CLEANUP(lk__brought_clear) lk__brought
void lk__brought_clear(lk__brought *brought);

/* As lk__web_next_candidate(), and what handles stand for: forged ones and those without a record
 * are passed over. A store that fails is told behind the last: LK_ERR_STORE. */
LK_MUST_CHECK lk_status lk__web_next_session(const lk_web *web, const lk_web_request *request,
                                             lk__candidates *cursor, lk__brought *out, bool *found,
                                             lk_error *err);
/* Puts the renewed session in the place of the one that was brought. *ended: that one was signed
 * out meanwhile, and nothing is set. */
LK_MUST_CHECK lk_status lk__web_replace_session(lk_web *web, const lk_web_request *request,
                                                const lk__brought *old, const char *sealed,
                                                bool *ended, lk__reply *reply, lk_error *err);
/* Ends one that was brought, in cookies and store. *changed: it is not the stored one any more, and
 * nothing is done. */
LK_MUST_CHECK lk_status lk__web_end_session(lk_web *web, const lk_web_request *request,
                                            const lk__brought *old, bool *changed, lk__reply *reply,
                                            lk_error *err);
/* Removes from the store whatever the handles of the request stand for. */
LK_MUST_CHECK lk_status lk__web_remove_records(lk_web *web, const lk_web_request *request,
                                               lk_error *err);

#endif
