/* One request and its answer. An answer leaves in one write: CivetWeb without TCP_NODELAY, or a
 * proxy, would otherwise add 40 ms between head and body. */
#ifndef APP_ANSWER_H
#define APP_ANSWER_H

#include "server.h"

#include <stdio.h>

#define ID_SIZE 128

struct mg_request_info;

typedef struct app_request {
    server *server;
    struct mg_connection *connection;
    const guest *guest;
    const struct mg_request_info *info; /* NULL when the request could not be read */
    const lk_web_reply *who; /* NULL on routes that ask nobody; who->session NULL: not signed in */
    access_scope scope;      /* on guarded routes */
    char id[ID_SIZE];        /* the {id} in the path */
    bool is_head;            /* send no body */
    int retry_after_s;       /* with 503: when to come again; 0: say nothing */
    const char *allow;       /* with 405: the methods that there are; NULL: say nothing */
} app_request;

/* All return the status. cache NULL: "no-store". type is the Content-Type. */
int answer(const app_request *request, int status, const char *type, const char *cache,
           const void *body, size_t len);
int answer_problem(const app_request *request, int status, const char *word, const char *message);
/* The same for what a call of ours or of the library reported. */
int answer_failure(const app_request *request, const lk_error *err);

/* Tells the log what this request has met. */
void answer_complain(const app_request *request, const lk_error *err);
/* Sends a reply of sign-in that has a status. */
int answer_reply(const app_request *request, const lk_web_reply *reply);
/* Whether a person in a browser asks, not a program. */
bool answer_wants_html(const app_request *request);

/* A body that grows: print into out, then answer with it. */
typedef struct body {
    FILE *out;
    char *data;
    size_t len;
} body;

LK_MUST_CHECK bool body_begin(body *growing);
void body_drop(body *growing);
/* Closes and frees it as well. */
int body_answer(body *growing, const app_request *request, int status, const char *type);

/* A parameter of the query; "" when it is not there. False, with a 400 sent in *status, when it is
 * longer than size or holds a NUL. */
bool query_text(const app_request *request, const char *name, char *out, size_t size, int *status);
/* Whether the query has the parameter at all. */
bool query_has(const app_request *request, const char *name);

/* The routes. */
int answer_page(const app_request *request);
int answer_page_css(const app_request *request);
int answer_page_js(const app_request *request);
int answer_icon(const app_request *request);
int answer_me(const app_request *request);
int answer_events(const app_request *request);
int answer_event_stream(const app_request *request);
int answer_directories(const app_request *request);
int answer_directory_users(const app_request *request);
int answer_directory_groups(const app_request *request);
int answer_directory_user(const app_request *request);
int answer_environment(const app_request *request);
int answer_replica_events(const app_request *request);
int answer_replica_directories(const app_request *request);
int answer_replica_memberships(const app_request *request);
int answer_replica_users(const app_request *request);
int answer_replica_groups(const app_request *request);
int answer_webhook(const app_request *request);
int answer_health(const app_request *request);
int answer_ready(const app_request *request);
int answer_metrics(const app_request *request);

/* A page that only says something, with a way home. */
int answer_notice(const app_request *request, int status, const char *title, const char *text);

#endif
