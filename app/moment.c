/* See moment.h. */
#include "moment.h"

#include "fail.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_DIGITS 9

/* "15m": what is left of the text must be one number and one unit. */
static bool read_age(const char *text, int64_t *out_ms)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
    size_t n_digits;
    int64_t n = 0;

    text += *text == '-';
    n_digits = strspn(text, "0123456789");
    if (n_digits == 0 || n_digits > MAX_DIGITS || strlen(text) != n_digits + 1)
        return false;
    for (size_t i = 0; i < n_digits; i++)
        n = n * 10 + (text[i] - '0');
    for (size_t i = 0; i < N_ITEMS(units); i++) {
        if (text[n_digits] != units[i].letter)
            continue;
        *out_ms = n * units[i].ms;
        return true;
    }
    return false;
}

/* ".120" of a second; what is finer is cut. */
static const char *read_fraction(const char *at, int64_t *ms)
{
    int64_t unit = 100;

    if (*at != '.' || !isdigit((unsigned char)at[1]))
        return at;
    for (at++; isdigit((unsigned char)*at); at++, unit /= 10)
        *ms += (*at - '0') * unit;
    return at;
}

/* "Z", "+02:00", or nothing at all. */
static bool read_zone(const char *at, int64_t *ms)
{
    struct tm zone = { 0 };
    const char *end;

    if (*at == '\0' || strcmp(at, "Z") == 0 || strcmp(at, "z") == 0)
        return true;
    if ((*at != '+' && *at != '-') || strlen(at) != strlen("+00:00"))
        return false;
    end = strptime(at + 1, "%H:%M", &zone);
    *ms = (zone.tm_hour * 60 + zone.tm_min) * INT64_C(60000) * (*at == '-' ? -1 : 1);
    return end != NULL && *end == '\0';
}

/* strptime() takes 30 February, and timegm() makes March of it. */
static bool to_ms(struct tm *parts, int64_t *out_ms)
{
    int day = parts->tm_mday;
    time_t seconds = timegm(parts);

    *out_ms = (int64_t)seconds * 1000;
    return parts->tm_mday == day && parts->tm_year >= 70 && parts->tm_year < 8100;
}

static bool read_time(const char *text, int64_t *out_ms)
{
    struct tm parts = { 0 };
    int64_t fraction_ms = 0;
    int64_t zone_ms = 0;
    const char *at = strptime(text, "%Y-%m-%d", &parts);

    if (at == NULL || at != text + strlen("2026-03-02"))
        return false;
    if (*at == '\0')
        return to_ms(&parts, out_ms);
    if (*at != 'T' && *at != 't' && *at != ' ')
        return false;
    at = strptime(at + 1, "%H:%M", &parts);
    if (at != NULL && *at == ':') {
        at = strptime(at, ":%S", &parts);
        at = at != NULL ? read_fraction(at, &fraction_ms) : NULL;
    }
    if (at == NULL || !read_zone(at, &zone_ms) || !to_ms(&parts, out_ms))
        return false;
    *out_ms += fraction_ms - zone_ms;
    return true;
}

lk_status moment_parse(const char *option, const char *text, int64_t now_ms, int64_t *out_ms,
                       lk_error *err)
{
    int64_t ms = 0;

    if (read_age(text, &ms)) {
        *out_ms = now_ms - ms;
        return LK_OK;
    }
    if (!read_time(text, &ms))
        return failed(err, LK_ERR_INVALID,
                      "--%s takes a time such as 2026-03-02T08:00:00Z, 2026-03-02, or 2h (ago)",
                      option);
    *out_ms = ms;
    return LK_OK;
}
