/* When to try again; see retry.h. */
#include "http/retry.h"

#include <stddef.h>

#include "base/text.h"
#include "http/date.h"

#define FIRST_DELAY_MS     500
#define MAX_DELAY_MS       8000
#define MIN_RETRY_AFTER_MS 1000
#define MAX_RETRY_AFTER_MS 60000

bool lk__retry_status(int http_status)
{
    switch (http_status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

int64_t lk__retry_delay_ms(int attempt, uint32_t random)
{
    int64_t delay_ms = FIRST_DELAY_MS;

    for (int i = 1; i < attempt && delay_ms < MAX_DELAY_MS; i++)
        delay_ms *= 2;
    /* Half fixed, half random: clients that failed together must not come back together. */
    return delay_ms / 2 + (int64_t)(random % (uint32_t)(delay_ms / 2 + 1));
}

int64_t lk__retry_after_ms(const char *header, int64_t now_ms)
{
    int64_t value = 0;
    int64_t delay_ms;

    if (header == NULL)
        return -1;
    if (lk__parse_int64(header, 0, INT64_MAX / 1000, &value))
        delay_ms = value * 1000;
    else if (lk__http_date_parse(header, &value))
        delay_ms = value - now_ms;
    else
        return -1;
    if (delay_ms < MIN_RETRY_AFTER_MS)
        return MIN_RETRY_AFTER_MS;
    return delay_ms > MAX_RETRY_AFTER_MS ? MAX_RETRY_AFTER_MS : delay_ms;
}
