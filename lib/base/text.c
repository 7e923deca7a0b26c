/* Text and bytes; see text.h. */
#include "base/text.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool lk__text_equal(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return strcmp(a, b) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* strcasecmp() follows the locale: in Turkish "I" and "i" differ. */
bool lk__text_equal_nocase(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    for (; *a != '\0' && lower(*a) == lower(*b); a++)
        b++;
    return lower(*a) == lower(*b);
}

bool lk__text_starts(const char *text, const char *prefix)
{
    return text != NULL && prefix != NULL && strncmp(text, prefix, strlen(prefix)) == 0;
}

bool lk__text_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

void lk__wipe(void *data, size_t len)
{
    if (data != NULL)
        explicit_bzero(data, len);
}

static bool is_printable(unsigned char c)
{
    return c >= ' ' && c < 0x7f;
}

/* How many of eight bytes are printable before the first that is not. Each mark is a byte's highest
 * bit; a byte may borrow from the next or carry to it, but only once it is marked itself. */
static size_t count_printable(const char *text)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t word;
    uint64_t marks;

    memcpy(&word, text, sizeof(word));
    word = le64toh(word);
    marks = (word | (word - ones * ' ') | (word + ones)) & ones * 0x80;
    return marks == 0 ? sizeof(word) : (size_t)__builtin_ctzll(marks) / 8;
}

size_t lk__printable_length(const char *text, size_t len)
{
    size_t found = sizeof(uint64_t);
    size_t n = 0;

    while (found == sizeof(uint64_t) && len - n >= found) {
        found = count_printable(text + n);
        n += found;
    }
    while (n < len && is_printable((unsigned char)text[n]))
        n++;
    return n;
}

bool lk__has_control(const char *text, size_t len)
{
    for (size_t i = lk__printable_length(text, len); i < len;
         i += 1 + lk__printable_length(text + i + 1, len - i - 1))
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return true;
    return false;
}

/* Unicode 15, table 3-7: well-formed UTF-8. */
size_t lk__utf8_length(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;

    if (n == 0 || s[0] > 0xF4 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
        return 0; /* overlong, a surrogate, or past U+10FFFF */
    return n;
}

bool lk__utf8_valid(const char *text, size_t len)
{
    size_t n;

    for (size_t i = 0; i < len; i += n) {
        n = lk__utf8_length(text + i, len - i);
        if (n == 0)
            return false;
    }
    return true;
}

bool lk__parse_int64(const char *text, int64_t min, int64_t max, int64_t *out)
{
    const char *digits;
    char *end;
    long long number;

    if (text == NULL)
        return false;
    digits = text[0] == '-' ? text + 1 : text;
    if (digits[0] < '0' || digits[0] > '9') /* strtoll() takes spaces and signs */
        return false;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || number < min || number > max)
        return false;
    *out = number;
    return true;
}

/* RFC 3986, 2.3: unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" */
static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

lk_status lk__percent_encode(lk__buf *out, const char *text, lk_error *err)
{
    static const char hex[] = "0123456789ABCDEF";

    for (; text != NULL && *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        char escape[3] = { '%', hex[byte >> 4], hex[byte & 15] };

        if (is_unreserved(*text))
            LK_TRY(lk__buf_append(out, text, 1, err));
        else
            LK_TRY(lk__buf_append(out, escape, sizeof(escape), err));
    }
    return LK_OK;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t length_before(const char *text, size_t len, char c)
{
    const char *found = len > 0 ? memchr(text, c, len) : NULL;

    return found != NULL ? (size_t)(found - text) : len;
}

/* How much of the beginning stands for itself: nearly all of a session cookie. */
static size_t plain_length(const char *text, size_t len, bool plus)
{
    len = length_before(text, len, '%');
    len = length_before(text, len, '\0');
    return plus ? length_before(text, len, '+') : len;
}

lk_status lk__percent_decode(lk__buf *out, const char *text, size_t len, bool plus, lk_error *err)
{
    for (size_t i = 0; i < len; i++) {
        size_t n_plain = plain_length(text + i, len - i, plus);

        LK_TRY(lk__buf_append(out, text + i, n_plain, err));
        i += n_plain;
        if (i == len)
            return LK_OK;
        char c = text[i];
        if (c == '%') {
            int high = len - i > 2 ? hex_value(text[i + 1]) : -1;
            int low = len - i > 2 ? hex_value(text[i + 2]) : -1;

            if (high < 0 || low < 0)
                return lk__fail(err, LK_ERR_INVALID, "broken %%-escape at byte %zu", i);
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return lk__fail(err, LK_ERR_INVALID, "NUL character at byte %zu", i);
        LK_TRY(lk__buf_append(out, &c, 1, err));
    }
    return LK_OK;
}

lk_status lk__html_escape(lk__buf *out, const char *text, lk_error *err)
{
    while (text != NULL && *text != '\0') {
        size_t plain = strcspn(text, "&<>\"'");

        LK_TRY(lk__buf_append(out, text, plain, err));
        text += plain;
        if (*text == '\0')
            return LK_OK;
        LK_TRY(lk__buf_text(out,
                            *text == '&'   ? "&amp;"
                            : *text == '<' ? "&lt;"
                            : *text == '>' ? "&gt;"
                            : *text == '"' ? "&quot;"
                                           : "&#39;",
                            err));
        text++;
    }
    return LK_OK;
}
