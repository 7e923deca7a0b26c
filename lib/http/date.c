/* Dates in the headers of answers; see date.h. */
#include "http/date.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    MAX_EXCHANGE_MS = 10000, /* the server's date may be that of its beginning or of its end */
    HALF_SECOND_MS = 500     /* the header tells whole seconds, cut off */
};

/* RFC 9110, 5.6.7 */
bool lk__http_date_parse(const char *text, int64_t *out_ms)
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

bool lk__http_date_skew(const char *date, int64_t sent_ms, int64_t received_ms, int64_t *out_ms)
{
    int64_t theirs_ms = 0;

    /* A clock that was set during the exchange says nothing either. */
    if (date == NULL || received_ms < sent_ms || received_ms - sent_ms > MAX_EXCHANGE_MS ||
        !lk__http_date_parse(date, &theirs_ms))
        return false;
    *out_ms = sent_ms + (received_ms - sent_ms) / 2 - (theirs_ms + HALF_SECOND_MS);
    return true;
}
