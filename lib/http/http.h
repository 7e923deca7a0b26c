/* One HTTP exchange: the answer, headers, URLs. The transport itself is an lk_transport. */
#ifndef LK_HTTP_HTTP_H
#define LK_HTTP_HTTP_H

#include "base/buf.h"

#include <latchkey/client.h>

#define LK__MAX_HEADERS 100

struct lk_http_response {
    int status; /* 0 until told */
    lk__buf body;
    lk_header headers[LK__MAX_HEADERS]; /* malloc'd */
    size_t n_headers;
};

void lk__http_response_init(lk_http_response *response, size_t max_body);
void lk__http_response_clear(lk_http_response *response);
/* First header of that name, case ignored; NULL when there is none. */
const char *lk__http_response_header(const lk_http_response *response, const char *name);

#endif
