/* When to try again; see retry.h. */
#include "http/retry.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

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

/* RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". The two obsolete forms are not read: nobody
 * sends them, and a date that is not understood only means the usual delay. */
static bool parse_http_date(const char *text, int64_t *out_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm = { 0 };
    char month[4] = { 0 };
    const char *found;
    int n = 0;

    if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &tm.tm_mday, month,
               &tm.tm_year, &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &n) != 6 ||
        n == 0 || text[n] != '\0')
        return false;
    found = strstr(months, month);
    if (strlen(month) != 3 || found == NULL || (found - months) % 3 != 0 || tm.tm_year < 1970)
        return false;
    tm.tm_mon = (int)((found - months) / 3);
    tm.tm_year -= 1900;
    *out_ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

int64_t lk__retry_after_ms(const char *header, int64_t now_ms)
{
    int64_t value = 0;
    int64_t delay_ms;

    if (header == NULL)
        return -1;
    if (lk__parse_int64(header, 0, INT64_MAX / 1000, &value))
        delay_ms = value * 1000;
    else if (parse_http_date(header, &value))
        delay_ms = value - now_ms;
    else
        return -1;
    if (delay_ms < MIN_RETRY_AFTER_MS)
        return MIN_RETRY_AFTER_MS;
    return delay_ms > MAX_RETRY_AFTER_MS ? MAX_RETRY_AFTER_MS : delay_ms;
}
