/* The grammar of JSON, stricter than cJSON's; see json-scan.h.
 *
 * The scanner also finds where the members of a large answer begin and end, so that each event can
 * be kept byte for byte and one that is unsafe to believe spoils no other. For that it can be
 * lenient: it then follows the structure, down to 64 levels, and overlooks what stands inside
 * strings. */
#include "base/json-scan.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

enum {
    MAX_DEPTH = 64,
    MAX_NUMBER = 63 /* characters: cJSON reads longer numbers in two */
};

typedef struct scan {
    const char *text;
    size_t len;
    size_t pos;
    unsigned depth;
    bool lenient;
    const char *problem;
} scan;

static bool stop(scan *s, const char *problem)
{
    s->problem = problem;
    return false;
}

/* The next byte, or -1 at the end. */
static int peek(const scan *s)
{
    return s->pos < s->len ? (unsigned char)s->text[s->pos] : -1;
}

static bool take(scan *s, int wanted)
{
    if (peek(s) != wanted)
        return false;
    s->pos++;
    return true;
}

static void skip_space(scan *s)
{
    while (peek(s) <= ' ' && (take(s, ' ') || take(s, '\t') || take(s, '\n') || take(s, '\r')))
        ;
}

static bool scan_word(scan *s, const char *word)
{
    size_t len = strlen(word);

    if (s->len - s->pos < len || memcmp(s->text + s->pos, word, len) != 0)
        return stop(s, "unknown word");
    s->pos += len;
    return true;
}

static bool scan_digits(scan *s)
{
    size_t start = s->pos;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->pos++;
    return s->pos > start;
}

static bool scan_number(scan *s)
{
    size_t start = s->pos;

    take(s, '-');
    if (!take(s, '0') && !scan_digits(s))
        return stop(s, "unexpected character");
    if (take(s, '.') && !scan_digits(s))
        return stop(s, "number without digits after its point");
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        if (!scan_digits(s))
            return stop(s, "number without digits in its exponent");
    }
    if (!s->lenient && s->pos - start > MAX_NUMBER)
        return stop(s, "number of more than 63 characters");
    return true;
}

/* Four hexadecimal digits, or -1. */
static int scan_hex(scan *s)
{
    int number = 0;

    for (int i = 0; i < 4; i++) {
        int c = peek(s);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return -1;
        number = number * 16 + digit;
        s->pos++;
    }
    return number;
}

/* After "\u". */
static bool scan_unicode(scan *s)
{
    int high = scan_hex(s);
    int low;

    if (high < 0)
        return stop(s, "broken \\u escape");
    if (s->lenient)
        return true;
    if (high == 0)
        return stop(s, "\\u0000, which would cut the text short");
    if (high < 0xD800 || high > 0xDFFF)
        return true;
    if (high > 0xDBFF || !take(s, '\\') || !take(s, 'u'))
        return stop(s, "half a surrogate pair");
    low = scan_hex(s);
    return low >= 0xDC00 && low <= 0xDFFF ? true : stop(s, "half a surrogate pair");
}

/* After the backslash. */
static bool scan_escape(scan *s)
{
    int c = peek(s);

    if (c <= 0 || strchr("\"\\/bfnrtu", c) == NULL)
        return stop(s, "unknown escape");
    s->pos++;
    return c == 'u' ? scan_unicode(s) : true;
}

/* Nothing that ends a text, escapes, or takes more than one byte. */
static bool is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* How many of eight bytes are plain before the first that is not. Each mark is a byte's highest
 * bit; a byte may borrow from the next, but only once it is marked itself. */
static size_t count_plain(const char *text)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t word;
    uint64_t marks;

    memcpy(&word, text, sizeof(word));
    word = le64toh(word);
    marks = (word | (word - ones * ' ') | ((word ^ ones * '"') - ones) |
             ((word ^ ones * '\\') - ones)) &
            ones * 0x80;
    return marks == 0 ? sizeof(word) : (size_t)__builtin_ctzll(marks) / 8;
}

/* Tokens are a thousand plain characters. */
static void skip_plain(scan *s)
{
    size_t n = sizeof(uint64_t);

    while (n == sizeof(uint64_t) && s->len - s->pos >= n) {
        n = count_plain(s->text + s->pos);
        s->pos += n;
    }
    while (s->pos < s->len && is_plain((unsigned char)s->text[s->pos]))
        s->pos++;
}

/* What is neither plain nor the end. */
static bool scan_special(scan *s)
{
    size_t n = 1;

    if (take(s, '\\'))
        return scan_escape(s);
    if (!s->lenient && peek(s) < ' ')
        return stop(s, "control character in a text");
    if (!s->lenient)
        n = lk__utf8_length(s->text + s->pos, s->len - s->pos);
    s->pos += n;
    return n > 0 ? true : stop(s, "text that is not UTF-8");
}

static bool scan_string(scan *s)
{
    if (!take(s, '"'))
        return stop(s, "name expected");
    for (skip_plain(s); !take(s, '"'); skip_plain(s)) {
        if (peek(s) < 0)
            return stop(s, "text without an end");
        if (!scan_special(s))
            return false;
    }
    return true;
}

static bool scan_value(scan *s);

static bool scan_member(scan *s)
{
    if (!scan_string(s))
        return false;
    skip_space(s);
    return take(s, ':') ? scan_value(s) : stop(s, "colon expected");
}

/* What is left of a value after its first bracket: too deep to be looked at, and no deeper here. */
static bool skip_children(scan *s)
{
    size_t n_open = 1;

    while (n_open > 0) {
        int c = peek(s);

        if (c < 0)
            return stop(s, "comma or end expected");
        if (c == '"' && !scan_string(s))
            return false;
        if (c == '"')
            continue;
        n_open += c == '{' || c == '[';
        n_open -= c == '}' || c == ']';
        s->pos++;
    }
    return true;
}

/* After "{" or "[". */
static bool scan_children(scan *s, bool (*scan_child)(scan *), char end)
{
    if (s->depth == MAX_DEPTH)
        return s->lenient ? skip_children(s) : stop(s, "nesting beyond 64 levels");
    s->depth++;
    skip_space(s);
    if (!take(s, end)) {
        do {
            skip_space(s);
            if (!scan_child(s))
                return false;
            skip_space(s);
        } while (take(s, ','));
        if (!take(s, end))
            return stop(s, "comma or end expected");
    }
    s->depth--;
    return true;
}

static bool scan_value(scan *s)
{
    skip_space(s);
    switch (peek(s)) {
    case -1:
        return stop(s, "value expected");
    case '{':
        s->pos++;
        return scan_children(s, scan_member, '}');
    case '[':
        s->pos++;
        return scan_children(s, scan_value, ']');
    case '"':
        return scan_string(s);
    case 't':
        return scan_word(s, "true");
    case 'f':
        return scan_word(s, "false");
    case 'n':
        return scan_word(s, "null");
    default:
        return scan_number(s);
    }
}

static lk_status fail(const scan *s, lk_error *err)
{
    return lk__fail(err, LK_ERR_PROTOCOL, "not JSON: %s at byte %zu of %zu", s->problem, s->pos,
                    s->len);
}

static lk_status fail_at(scan *s, const char *problem, lk_error *err)
{
    (void)stop(s, problem);
    return fail(s, err);
}

static bool scan_whole(scan *s)
{
    if (!scan_value(s))
        return false;
    skip_space(s);
    return s->pos == s->len ? true : stop(s, "trailing bytes");
}

lk_status lk__json_check(const char *text, size_t len, lk_error *err)
{
    scan s = { .text = text, .len = text != NULL ? len : 0 };

    return scan_whole(&s) ? LK_OK : fail(&s, err);
}

/* Parses what was scanned last; NULL in *out when it is unsafe to believe. */
static lk_status parse_span(const scan *s, size_t start, lk__json **out, lk_error *err)
{
    lk_error unsafe = LK_ERROR_INIT;
    lk_status status = lk__json_parse(s->text + start, s->pos - start, out, &unsafe);

    return status == LK_ERR_NO_MEMORY ? lk__no_memory(err) : LK_OK;
}

enum { MAX_PLAIN_NAME = 64 };

/* A name as its bytes where they say it, else through the parser: escapes, and what is no ASCII. */
typedef struct member_name {
    const char *text; /* NULL: an element has none */
    char plain[MAX_PLAIN_NAME];
    lk__json *parsed;
} member_name;

static void member_name_clear(member_name *name)
{
    lk__json_free(name->parsed);
}

static lk_status take_name(scan *s, member_name *out, lk_error *err)
{
    size_t start = s->pos;
    size_t len;

    if (!scan_string(s))
        return fail(s, err);
    len = s->pos - start - 2;
    for (size_t i = 0; i < len && len < MAX_PLAIN_NAME; i++) {
        if (!is_plain((unsigned char)s->text[start + 1 + i]))
            len = MAX_PLAIN_NAME;
    }
    if (len < MAX_PLAIN_NAME) {
        memcpy(out->plain, s->text + start + 1, len);
        out->plain[len] = '\0';
        out->text = out->plain;
    } else {
        LK_TRY(lk__json_parse(s->text + start, s->pos - start, &out->parsed, err));
        out->text = lk__json_string(out->parsed);
    }
    skip_space(s);
    if (!take(s, ':'))
        return fail_at(s, "colon expected", err);
    skip_space(s);
    return LK_OK;
}

/* One of both is set. */
typedef struct visitor {
    lk__json_visit *visit;
    lk__json_slice_visit *visit_slice;
    void *ctx;
} visitor;

static lk_status visit_child(scan *s, bool is_member, const visitor *v, lk_error *err)
{
    LK_CLEANUP(member_name_clear) member_name name = { 0 };
    LK_CLEANUP(lk__json_freep) lk__json *value = NULL;
    size_t start;

    if (is_member)
        LK_TRY(take_name(s, &name, err));
    start = s->pos;
    if (!scan_value(s))
        return fail(s, err);
    if (v->visit_slice != NULL)
        return v->visit_slice(v->ctx, name.text, s->text + start, s->pos - start, err);
    LK_TRY(parse_span(s, start, &value, err));
    return v->visit(v->ctx, name.text, s->text + start, s->pos - start, value, err);
}

static lk_status visit_children(scan *s, const visitor *v, lk_error *err)
{
    bool is_object;
    char end;

    skip_space(s);
    is_object = take(s, '{');
    if (!is_object && !take(s, '['))
        return lk__fail(err, LK_ERR_PROTOCOL, "JSON is neither an object nor an array");
    end = is_object ? '}' : ']';
    s->depth++;
    skip_space(s);
    if (!take(s, end)) {
        do {
            skip_space(s);
            LK_TRY(visit_child(s, is_object, v, err));
            skip_space(s);
        } while (take(s, ','));
        if (!take(s, end))
            return fail_at(s, "comma or end expected", err);
    }
    s->depth--;
    skip_space(s);
    return s->pos == s->len ? LK_OK : fail_at(s, "trailing bytes", err);
}

/* The structure first, so that a broken end is seen before anything is visited. */
static lk_status check_structure(scan *s, lk_error *err)
{
    if (!scan_whole(s))
        return fail(s, err);
    s->pos = 0;
    return LK_OK;
}

lk_status lk__json_each(const char *text, size_t len, lk__json_visit *visit, void *ctx,
                        lk_error *err)
{
    const visitor v = { .visit = visit, .ctx = ctx };
    scan s = { .text = text, .len = text != NULL ? len : 0, .lenient = true };

    LK_TRY(check_structure(&s, err));
    return visit_children(&s, &v, err);
}

lk_status lk__json_slices(const char *text, size_t len, bool is_sound, lk__json_slice_visit *visit,
                          void *ctx, lk_error *err)
{
    const visitor v = { .visit_slice = visit, .ctx = ctx };
    scan s = { .text = text, .len = text != NULL ? len : 0, .lenient = true };

    if (!is_sound)
        LK_TRY(check_structure(&s, err));
    return visit_children(&s, &v, err);
}

lk_status lk__json_members(const char *text, size_t len, lk__json_slice_visit *visit, void *ctx,
                           lk_error *err)
{
    const visitor v = { .visit_slice = visit, .ctx = ctx };
    scan s = { .text = text, .len = text != NULL ? len : 0 };

    return visit_children(&s, &v, err);
}

lk_status lk__json_slice_text(const char *raw, size_t raw_len, lk__arena *arena, const char **out,
                              lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *parsed = NULL;

    *out = NULL;
    if (raw_len < 2 || raw[0] != '"')
        return LK_OK;
    if (memchr(raw, '\\', raw_len) == NULL) {
        *out = lk__arena_bytes(arena, raw + 1, raw_len - 2);
    } else {
        LK_TRY(lk__json_parse(raw, raw_len, &parsed, err));
        *out = lk__arena_text(arena, lk__json_string(parsed));
    }
    return *out != NULL ? LK_OK : lk__no_memory(err);
}
