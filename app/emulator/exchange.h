/* One request and the answer that is being made for it. The server fills the first half, a handler
 * reads it and fills the second through the functions below. Handlers run under the emulator's
 * lock. */
#ifndef EMULATOR_EXCHANGE_H
#define EMULATOR_EXCHANGE_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "emulator.h"
#include "shape.h"
#include "state.h"
#include "text.h"

#define MAX_BODY   (1024 * 1024) /* bytes of a request */
#define MAX_PARAMS 2
#define JSON_TYPE  "application/json; charset=utf-8"
#define HTML_TYPE  "text/html; charset=utf-8"
#define PARAM_SIZE 128

typedef struct exchange {
    emulator_state *state;
    const emulator_options *options;
    const char *base_url, *issuer;

    const char *method, *path, *query_text; /* query_text: "" when there is none */
    form query;
    const char *authorization, *content_type, *user_agent, *remote; /* NULL: not sent */
    const char *fault;                      /* of the header Latchkey-Fault */
    const char *host, *origin, *fetch_site; /* what a browser says of where a form stands */
    const char *body;
    size_t body_len;
    char params[MAX_PARAMS][PARAM_SIZE]; /* what stood for {…} in the route */

    int64_t now_ms; /* by the emulated clock, for the Date of the answer; 0: refused before that */
    int status;
    const char *type;
    text headers; /* further ones, each with CRLF */
    text answer;
} exchange;

typedef void handler(exchange *self);

void answer_json(exchange *self, int status, const cJSON *value);
void answer_html(exchange *self, int status, const text *page);
void answer_redirect(exchange *self, const char *url);
void answer_nothing(exchange *self, int status);

/* The shapes of WorkOS' errors: {message, code}; {error, error_description}; {code, message,
 * errors}. */
void answer_error(exchange *self, int status, const char *code, const char *message);
void answer_oauth_error(exchange *self, const char *error, const char *description);
void answer_field_error(exchange *self, const char *field, const char *code, const char *message);
void answer_missing(exchange *self, const char *what, const char *id); /* 404 */
/* 429 as the endpoint has it: of /directory_users it is a bare JSON string. */
void answer_too_many(exchange *self);
/* {code, message, errors: [{code, message}]}, for what is wrong with one thing in particular. */
void answer_detailed_error(exchange *self, const char *code, const char *message,
                           const char *detail_code, const char *detail);

/* The body as an object, from JSON or a form by its content type. NULL: it is neither. */
cJSON *exchange_body(const exchange *self);
/* The same, fitting the table; an absent body is an empty object. NULL: answered with an error. */
cJSON *exchange_read(exchange *self, const member *members, size_t n_members);
#define EXCHANGE_READ(self, members) \
    exchange_read((self), (members), sizeof(members) / sizeof *(members))
bool exchange_is_form(const exchange *self);
const char *exchange_bearer(const exchange *self); /* what follows "Bearer "; NULL: nothing */

bool exchange_knows_key(const exchange *self, const char *key); /* an API key that is accepted */

/* Answers a list of those records that keep() wants, page by page as limit, before, after, order
 * say. view() makes what is shown of one. */
typedef bool record_filter(const exchange *self, const cJSON *record);
typedef cJSON *record_viewer(const exchange *self, const cJSON *record);
void answer_list(exchange *self, const records *from, record_filter *keep, record_viewer *view);

void answer_roster(exchange *self, record_filter *keep,
                   record_viewer *view); /* of the directories */

/* The record that {…} in the route names; NULL: answered with 404. what: its name for people. */
cJSON *exchange_find(exchange *self, const records *from, const char *what);
/* Whether the record has what the query asks of this member; asking nothing is fine. */
bool exchange_fits(const exchange *self, const cJSON *record, const char *name);
void answer_record(exchange *self, int status, const cJSON *record); /* a view of it */

/* limit of the query: 10, or 1 to 100. False: answered with an error. */
bool exchange_read_limit(exchange *self, size_t *out);
/* order of the query: false for desc and normal. False result: answered with an error. */
bool exchange_read_order(exchange *self, bool otherwise, bool *out_is_ascending);

#endif
