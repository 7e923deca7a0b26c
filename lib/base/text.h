/* Text and bytes: comparing, escaping, reading numbers. ASCII rules, no locale. */
#ifndef LK_BASE_TEXT_H
#define LK_BASE_TEXT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* NULL equals only NULL. */
bool lk__text_equal(const char *a, const char *b);
bool lk__text_equal_nocase(const char *a, const char *b);
bool lk__text_starts(const char *text, const char *prefix);
/* NULL or "". */
bool lk__text_empty(const char *text);
/* Overwrites memory in a way that the compiler keeps. */
void lk__wipe(void *data, size_t len);
/* How much of the beginning is printable ASCII, space included. */
size_t lk__printable_length(const char *text, size_t len);
/* One of ASCII's, DEL included: in a header or a terminal they are commands. */
bool lk__has_control(const char *text, size_t len);
bool lk__utf8_valid(const char *text, size_t len);
/* Bytes of the character that text begins with, of len > 0 bytes; 0 when it is none. */
size_t lk__utf8_length(const char *text, size_t len);

/* Whole text must be a decimal number in range. */
bool lk__parse_int64(const char *text, int64_t min, int64_t max, int64_t *out);

/* Percent-encodes all but RFC 3986 unreserved characters. */
LK_MUST_CHECK lk_status lk__percent_encode(lk__buf *out, const char *text, lk_error *err);
/* Decodes %XX, and "+" as space when plus is set. LK_ERR_INVALID for a broken escape or a NUL. */
LK_MUST_CHECK lk_status lk__percent_decode(lk__buf *out, const char *text, size_t len, bool plus,
                                           lk_error *err);
/* Escapes & < > " ' for HTML text and attributes. */
LK_MUST_CHECK lk_status lk__html_escape(lk__buf *out, const char *text, lk_error *err);

#endif
