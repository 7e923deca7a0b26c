/* Dates in the headers of answers. Pure. */
#ifndef LK_HTTP_DATE_H
#define LK_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* "Sun, 06 Nov 1994 08:49:37 GMT" in Unix milliseconds; false when it is no such date. The two
 * obsolete forms are not read: nobody sends them. */
bool lk__http_date_parse(const char *text, int64_t *out_ms);

/* How far a clock that said sent_ms before and received_ms after the exchange is ahead of the
 * server that wrote this Date (behind: negative), to about a second. false: the header is absent
 * or no date, or the exchange took so long that it tells nothing. */
bool lk__http_date_skew(const char *date, int64_t sent_ms, int64_t received_ms, int64_t *out_ms);

#endif
