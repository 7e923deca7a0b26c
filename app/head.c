/* What a request says before its body; see head.h. */
#include "head.h"

#include "fail.h"

#include <civetweb.h>
#include <string.h>
#include <strings.h>

/* CivetWeb reads more than that, so that who says too much is told so. */
#define MAX_HEAD 32768

static size_t read_headers(const struct mg_request_info *info, lk_header headers[MG_MAX_HEADERS])
{
    for (int i = 0; i < info->num_headers; i++)
        headers[i] =
            (lk_header){ .name = info->http_headers[i].name, .value = info->http_headers[i].value };
    return (size_t)info->num_headers;
}

static size_t head_size(const struct mg_request_info *info)
{
    size_t size = info->query_string != NULL ? strlen(info->query_string) : 0;

    for (int i = 0; i < info->num_headers; i++)
        size += strlen(info->http_headers[i].name) + strlen(info->http_headers[i].value) + 4;
    return size + strlen(info->request_uri);
}

/* RFC 9112, 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1
 * request message that lacks a Host header field". */
static bool lacks_host(const struct mg_request_info *info)
{
    if (strcmp(info->http_version, "1.1") != 0)
        return false;
    for (int i = 0; i < info->num_headers; i++)
        if (strcasecmp(info->http_headers[i].name, "Host") == 0)
            return false;
    return true;
}

int head_judge(const struct mg_request_info *info, lk_error *err)
{
    lk_header headers[MG_MAX_HEADERS];
    size_t size = head_size(info);

    if (strlen(info->request_uri) > MAX_HEAD / 2) {
        failed(err, LK_ERR_INVALID, "the address is longer than %d bytes", MAX_HEAD / 2);
        return 414;
    }
    /* CivetWeb drops headers beyond the last that it has room for: one of them may be the length
     * of the body. */
    if (info->num_headers >= MG_MAX_HEADERS || size > MAX_HEAD) {
        failed(err, LK_ERR_INVALID,
               "the headers are too large: %zu bytes in %d of them, %d in %d are read", size,
               info->num_headers, MAX_HEAD, MG_MAX_HEADERS - 1);
        return 431;
    }
    if (lk_web_check_headers(headers, read_headers(info, headers), err) != LK_OK)
        return 400;
    if (!lacks_host(info))
        return 0;
    failed(err, LK_ERR_INVALID, "the request needs a Host header");
    return 400;
}

void head_visitor(const struct mg_request_info *info, const lk_networks *trusted,
                  lk_proxy_headers style, lk_visitor *out)
{
    lk_header headers[MG_MAX_HEADERS];
    lk_web_request request = { .method = info->request_method, .headers = headers };

    request.n_headers = read_headers(info, headers);
    lk_web_visitor(trusted, style, info->remote_addr, &request, out);
}
