/* One HTTP answer, as a transport fills it. The transport itself is an lk_transport. */
#ifndef LK_HTTP_HTTP_H
#define LK_HTTP_HTTP_H

#include "base/buf.h"

#include <latchkey/client.h>

#define LK__MAX_HEADERS      100
#define LK__MAX_HEADER_BYTES 65536 /* names and values of one answer together */

struct lk_http_response {
    int status; /* 0 until told */
    lk__buf body;
    lk_header headers[LK__MAX_HEADERS]; /* malloc'd */
    size_t n_headers;
    size_t header_bytes;
};

void lk__http_response_init(lk_http_response *response, size_t max_body);
/* Wipes the body, which may hold tokens. */
void lk__http_response_clear(lk_http_response *response);
/* Forgets the headers of an interim answer (1xx) when the next status line arrives. */
void lk__http_response_restart(lk_http_response *response);
/* First header of that name, case ignored; NULL when there is none. */
const char *lk__http_response_header(const lk_http_response *response, const char *name);

#endif
