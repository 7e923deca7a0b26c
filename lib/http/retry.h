/* When to try again, and after how long. */
#ifndef LK_HTTP_RETRY_H
#define LK_HTTP_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/* 408, 429, 500, 502, 503, 504. */
bool lk__retry_status(int http_status);
/* Delay before attempt n (1 for the first retry): 500 ms * 2^(n-1) with jitter of one half, at most
 * 8 s. random is any 32 bits. */
int64_t lk__retry_delay_ms(int attempt, uint32_t random);
/* Retry-After: seconds, or an HTTP date compared with now_ms; -1 when absent or unreadable. At
 * least 1 s (WorkOS sends 0 under load), at most 60 s. */
int64_t lk__retry_after_ms(const char *header, int64_t now_ms);

#endif
