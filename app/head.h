/* What a request says before its body, and who says it. */
#ifndef APP_HEAD_H
#define APP_HEAD_H

#include <latchkey/web.h>

struct mg_request_info;

/* 0, or the status to refuse the request with; then *err holds the sentence. */
int head_judge(const struct mg_request_info *info, lk_error *err);

/* Who asks; see lk_web_visitor(). */
void head_visitor(const struct mg_request_info *info, const lk_networks *trusted,
                  lk_proxy_headers style, lk_visitor *out);

#endif
