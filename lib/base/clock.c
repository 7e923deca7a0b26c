/* The system clock, and ISO 8601 times; see clock.h. Calendar arithmetic is our own, since
 * strptime() and timegm() follow locale and platform. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { MS_PER_SECOND = 1000, SECONDS_PER_DAY = 86400 };

int64_t lk__system_now_ms(void *ctx)
{
    struct timespec now;

    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

void lk__system_sleep_ms(void *ctx, int64_t ms)
{
    struct timespec rest = { .tv_sec = (time_t)(ms / MS_PER_SECOND),
                             .tv_nsec = (long)(ms % MS_PER_SECOND) * 1000000 };

    (void)ctx;
    if (ms <= 0)
        return;
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        ;
}

int64_t lk__steady_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MS_PER_SECOND + now.tv_nsec / 1000000;
}

/* Reads exactly n digits at *text and moves past them. */
static bool digits(const char **text, int n, int min, int max, int *out)
{
    int number = 0;

    for (int i = 0; i < n; i++) {
        char c = (*text)[i];

        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *text += n;
    *out = number;
    return number >= min && number <= max;
}

static bool skip(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 0000-01-01 to the first of January, in the proleptic Gregorian calendar. */
static int64_t days_before_year(int64_t year)
{
    int64_t past = year - 1;

    return year == 0 ? 0 : 366 + past * 365 + past / 4 - past / 100 + past / 400;
}

static int64_t unix_days(int year, int month, int day)
{
    int64_t days = days_before_year(year) - days_before_year(1970) + day - 1;

    for (int m = 1; m < month; m++)
        days += days_in_month(year, m);
    return days;
}

/* A fraction of any length; what is finer than a millisecond is dropped. */
static bool fraction(const char **text, int *out_ms)
{
    int weight = 100;

    *out_ms = 0;
    if (!skip(text, '.') && !skip(text, ','))
        return true;
    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        *out_ms += (**text - '0') * weight;
        weight /= 10;
    }
    return true;
}

/* "Z", "+hh:mm", "+hhmm", or nothing. */
static bool zone(const char **text, int *out_seconds)
{
    int sign = **text == '-' ? -1 : 1;
    int hours;
    int minutes;

    *out_seconds = 0;
    if (**text == '\0' || skip(text, 'Z') || skip(text, 'z'))
        return true;
    if (!skip(text, '+') && !skip(text, '-'))
        return false;
    if (!digits(text, 2, 0, 23, &hours))
        return false;
    skip(text, ':');
    if (!digits(text, 2, 0, 59, &minutes))
        return false;
    *out_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

bool lk__time_parse(const char *text, int64_t *out_ms)
{
    int year, month, day, hour, minute, second, ms, offset;
    int64_t seconds;

    if (text == NULL || !digits(&text, 4, 0, 9999, &year) || !skip(&text, '-') ||
        !digits(&text, 2, 1, 12, &month) || !skip(&text, '-') ||
        !digits(&text, 2, 1, days_in_month(year, month), &day))
        return false;
    if (!skip(&text, 'T') && !skip(&text, 't') && !skip(&text, ' '))
        return false;
    /* RFC 3339, 5.6: time-second is 00-60 on the day of a leap second. */
    if (!digits(&text, 2, 0, 23, &hour) || !skip(&text, ':') || !digits(&text, 2, 0, 59, &minute) ||
        !skip(&text, ':') || !digits(&text, 2, 0, 60, &second))
        return false;
    if (!fraction(&text, &ms) || !zone(&text, &offset) || *text != '\0')
        return false;
    seconds = unix_days(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second;
    *out_ms = (seconds - offset) * MS_PER_SECOND + ms;
    return true;
}

void lk__time_format(int64_t ms, char out[LK__TIME_SIZE])
{
    /* Years 0000 to 9999: what four digits can say. */
    static const int64_t first = INT64_C(-62167219200000);
    static const int64_t last = INT64_C(253402300799999);
    int64_t clamped = ms < first ? first : ms > last ? last : ms;
    int64_t since = clamped - first; /* never negative, so / and % round down */
    int64_t days = since / MS_PER_SECOND / SECONDS_PER_DAY;
    unsigned in_day = (unsigned)(since / MS_PER_SECOND % SECONDS_PER_DAY);
    int year = (int)(days / 366);
    int month = 1;

    while (days_before_year(year + 1) <= days)
        year++;
    days -= days_before_year(year);
    for (; days >= days_in_month(year, month); month++)
        days -= days_in_month(year, month);
    snprintf(out, LK__TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000,
             (unsigned)month % 100, (unsigned)(days + 1) % 100, in_day / 3600 % 100,
             in_day / 60 % 60, in_day % 60, (unsigned)(since % MS_PER_SECOND));
}
