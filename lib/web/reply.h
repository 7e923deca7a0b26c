/* Requests and replies, in the plain form of latchkey/web.h. */
#ifndef LK_WEB_REPLY_H
#define LK_WEB_REPLY_H

#include "base/arena.h"
#include "web/cookie.h"
#include "web/pages.h"

#include <latchkey/web.h>

enum { LK__MAX_REPLY_HEADERS = 64 };

typedef struct lk__reply {
    lk_web_reply public; /* first: the public pointer is this struct's */
    lk__arena *arena;
    lk_session *session;
    lk_header headers[LK__MAX_REPLY_HEADERS];
} lk__reply;

void lk__reply_free(lk__reply *reply);
void lk__reply_freep(lk__reply **reply);
LK_MUST_CHECK lk_status lk__reply_new(lk__reply **out, lk_error *err);

/* Copies. LK_ERR_INVALID: control characters (they would begin another header), or too many. */
LK_MUST_CHECK lk_status lk__reply_header(lk__reply *reply, const char *name, const char *value,
                                         lk_error *err);
LK_MUST_CHECK lk_status lk__reply_cookie(lk__reply *reply, const lk__cookie_rules *rules,
                                         const char *name, const char *value, int64_t max_age_s,
                                         lk_error *err);
/* Whoever reads a session says so: caches must not hand one person's page to another. */
LK_MUST_CHECK lk_status lk__reply_no_store(lk__reply *reply, lk_error *err);
LK_MUST_CHECK lk_status lk__reply_redirect(lk__reply *reply, int status, const char *location,
                                           lk_error *err);
/* JSON {"error":…,"message":…,"choices":[{"name":…,"url":…}]?} for who asks for it, else the page.
 */
LK_MUST_CHECK lk_status lk__reply_page(lk__reply *reply, const lk_web_request *request,
                                       const lk__page *page, lk_error *err);
LK_MUST_CHECK lk_status lk__reply_json_error(lk__reply *reply, int status, const char *word,
                                             const char *message, lk_error *err);

/* The first header of this name, or NULL. */
const char *lk__request_header(const lk_web_request *request, const char *name);
size_t lk__request_count(const lk_web_request *request, const char *name);
/* *i walks over the headers: begin with 0. NULL at the end. */
const char *lk__request_next(const lk_web_request *request, const char *name, size_t *i);
/* GET or HEAD. */
bool lk__request_reads(const lk_web_request *request);
bool lk__request_wants_json(const lk_web_request *request);
/* A browser that loads a page, as opposed to a script that fetches. */
bool lk__request_navigates(const lk_web_request *request);

#endif
