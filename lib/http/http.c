/* One HTTP answer, with limits on everything in it; see http.h. */
#include "http/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void lk__http_response_init(lk_http_response *response, size_t max_body)
{
    memset(response, 0, sizeof(*response));
    response->body = (lk__buf)LK__SECRET_BUF(max_body);
}

void lk__http_response_restart(lk_http_response *response)
{
    for (size_t i = 0; i < response->n_headers; i++) {
        free((char *)response->headers[i].name);
        free((char *)response->headers[i].value);
    }
    response->n_headers = 0;
    response->header_bytes = 0;
}

void lk__http_response_clear(lk_http_response *response)
{
    lk__http_response_restart(response);
    lk__buf_clear(&response->body);
    response->status = 0;
}

const char *lk__http_response_header(const lk_http_response *response, const char *name)
{
    for (size_t i = 0; i < response->n_headers; i++) {
        if (lk__text_equal_nocase(response->headers[i].name, name))
            return response->headers[i].value;
    }
    return NULL;
}

void lk_http_response_set_status(lk_http_response *response, int status)
{
    response->status = status;
}

lk_status lk_http_response_add_header(lk_http_response *response, const char *name,
                                      const char *value)
{
    size_t size;
    char *name_copy;
    char *value_copy;

    if (name == NULL || value == NULL)
        return LK_ERR_INVALID;
    size = strlen(name) + strlen(value);
    if (response->n_headers == LK__MAX_HEADERS ||
        size > LK__MAX_HEADER_BYTES - response->header_bytes)
        return LK_ERR_PROTOCOL;
    name_copy = strdup(name);
    value_copy = strdup(value);
    if (name_copy == NULL || value_copy == NULL) {
        free(name_copy);
        free(value_copy);
        return LK_ERR_NO_MEMORY;
    }
    response->headers[response->n_headers++] =
        (lk_header){ .name = name_copy, .value = value_copy };
    response->header_bytes += size;
    return LK_OK;
}

lk_status lk_http_response_append(lk_http_response *response, const void *data, size_t len)
{
    return lk__buf_append(&response->body, data, len, NULL);
}
