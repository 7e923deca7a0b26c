/* As much of HTTP/1.1 as a sign-in needs: one request a connection, headers only. */
#ifndef OWN_LOOP_HTTP_H
#define OWN_LOOP_HTTP_H

#include <latchkey.h>

enum {
    HTTP_MAX_HEAD = 32768, /* bytes before the body; a session may take four cookies */
    HTTP_MAX_HEADERS = 64
};

typedef enum http_verdict {
    HTTP_MORE,      /* the headers have not ended yet */
    HTTP_WHOLE,     /* a request to answer */
    HTTP_BAD,       /* none: answer 400 */
    HTTP_TOO_LARGE, /* answer 431 */
} http_verdict;

/* Points into the text that it was read from. */
typedef struct http_request {
    lk_web_request web;
    lk_header headers[HTTP_MAX_HEADERS];
} http_request;

/* Looks at what has arrived; text has room for one byte more. A whole request is taken apart in
 * place: text must stay as long as out is used. */
http_verdict http_read(char *text, size_t len, http_request *out);

/* What to answer: a reply of the library's, or a status and text of yours. */
typedef struct http_answer {
    const lk_web_reply *reply; /* NULL: status and text */
    int status;
    const char *text;
    const lk_web_reply *who; /* who asked, if it was found out: a renewed cookie is in there */
} http_answer;

/* The whole answer as bytes, to be freed with free(); NULL without memory. request may be NULL. */
char *http_write(const lk_web_request *request, const http_answer *answer, size_t *len);

#endif
