/* What WorkOS said when it refused.
 *
 * Four shapes are known, from WorkOS' OpenAPI document and from watching it: {message, code,
 * errors}, {error, error_description}, a bare JSON string ("Ratelimited"), and whatever a proxy on
 * the way says. All of it comes from outside and ends up on screens and in logs, so what is quoted
 * is one line of printable text in which nothing looks like a secret. */
#include "api/refusal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"

#define MAX_QUOTE      160 /* bytes of a refusal in a message */
#define MAX_EXCERPT    40  /* bytes of a body that is no JSON */
#define SECRET_LEN     20  /* an authorization code has 26 characters, a token more */
#define MIN_SECRET     4   /* shorter ones stand in any sentence: hiding them there tells them */
#define ULID_LEN       26
#define N_ERRORS_SHOWN 3

static bool is_token_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-_.~+=%", c) != NULL);
}

/* "user_01E4ZCR3C56J083X43JQXF3JK5": the name of a thing, which helps, and opens nothing. */
static bool is_id(const char *text, size_t len)
{
    size_t prefix = len - ULID_LEN;

    if (len <= ULID_LEN + 1 || text[prefix - 1] != '_' || strncmp(text, "sk_", 3) == 0)
        return false;
    for (size_t i = 0; i < prefix; i++) {
        if (text[i] != '_' && (text[i] < 'a' || text[i] > 'z'))
            return false;
    }
    for (size_t i = prefix; i < len; i++) {
        if ((text[i] < 'A' || text[i] > 'Z') && (text[i] < '0' || text[i] > '9'))
            return false;
    }
    return true;
}

static bool looks_secret(const char *text, size_t len)
{
    if (len > 3 && (strncmp(text, "sk_", 3) == 0 || strncmp(text, "eyJ", 3) == 0))
        return true;
    return len >= SECRET_LEN && !is_id(text, len) && strcspn(text, "0123456789") < len;
}

static size_t known_secret(const char *text, lk__secrets secrets)
{
    for (size_t i = 0; i < secrets.count; i++) {
        size_t len = secrets.items[i] == NULL ? 0 : strlen(secrets.items[i]);

        if (len >= MIN_SECRET && strncmp(text, secrets.items[i], len) == 0)
            return len;
    }
    return 0;
}

/* Copies the beginning of text. A cut falls between words, so that no secret is torn and then no
 * longer known by its look, and no character is. */
static void copy_start(const char *text, char *out, size_t size)
{
    size_t n = strnlen(text, size);

    if (n == size) {
        n--;
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
        while (n > 0 && is_token_character(text[n - 1]))
            n--;
    }
    memcpy(out, text, n);
    out[n] = '\0';
}

/* U+0000 to U+001F, U+007F, and U+0080 to U+009F, which some terminals obey, too. */
static bool is_control(const char *text)
{
    unsigned char c = (unsigned char)text[0];

    return c < ' ' || c == 0x7F || (c == 0xC2 && (unsigned char)text[1] < 0xA0);
}

/* Copies text as one line without control characters and secrets; cuts at the end of a character.
 */
static void quote(const char *text, lk__secrets secrets, char *out, size_t size)
{
    static const char hidden[] = "[hidden]";
    size_t used = 0;

    while (*text != '\0') {
        const char *piece = text;
        size_t len = known_secret(text, secrets);

        if (len > 0) {
            piece = hidden;
        } else if (is_token_character(*text)) {
            while (is_token_character(text[len]) && known_secret(text + len, secrets) == 0)
                len++;
            piece = looks_secret(text, len) ? hidden : text;
        } else {
            len = 1;
            while (((unsigned char)text[len] & 0xC0) == 0x80)
                len++;
            piece = is_control(text) ? " " : text;
        }
        text += len;
        if (piece == hidden)
            len = sizeof(hidden) - 1;
        if (*piece == ' ')
            len = 1;
        if (used + len >= size)
            break;
        memcpy(out + used, piece, len);
        used += len;
    }
    out[used] = '\0';
}

static bool is_plain_word(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

/* Somebody's password may be "valid", and that must not take "invalid_credentials" away from
 * programs. */
static bool gives_away(const char *word, lk__secrets secrets)
{
    for (size_t i = 0; i < secrets.count; i++) {
        const char *secret = secrets.items[i];

        if (secret == NULL || secret[0] == '\0')
            continue;
        if (strcmp(word, secret) == 0 || (!is_plain_word(secret) && strstr(word, secret) != NULL))
            return true;
    }
    return false;
}

/* A machine word goes into err->reason, where programs compare it; anything else stays out. */
static void set_reason(lk_error *err, const char *word, lk__secrets secrets)
{
    size_t len = word == NULL ? 0 : strlen(word);

    if (err == NULL || err->status != LK_OK || len == 0 || len >= sizeof(err->reason))
        return;
    for (size_t i = 0; i < len; i++) {
        if (!is_token_character(word[i]))
            return;
    }
    if (!looks_secret(word, len) && !gives_away(word, secrets))
        memcpy(err->reason, word, len + 1);
}

static void append(char *text, size_t size, const char *more)
{
    size_t used = strlen(text);

    copy_start(more, text + used, size - used);
}

/* The members of "errors" are objects of several shapes, or plain text. */
static void append_errors(const lk__json *errors, char *text, size_t size)
{
    int shown = 0;

    if (!lk__json_is_array(errors))
        return;
    for (const lk__json *item = lk__json_first(errors); item != NULL && shown < N_ERRORS_SHOWN;
         item = lk__json_next(item)) {
        const char *what = lk__json_string(item);
        const char *where = lk__json_text(item, "field");

        what = what == NULL ? lk__json_text(item, "message") : what;
        what = what == NULL ? lk__json_text(item, "code") : what;
        where = where == NULL ? lk__json_text(item, "property") : where;
        if (what == NULL)
            continue;
        append(text, size, text[0] == '\0' ? "" : "; ");
        append(text, size, where == NULL ? "" : where);
        append(text, size, where == NULL ? "" : ": ");
        append(text, size, what);
        shown++;
    }
}

/* Reads what there is to say; leaves text empty when the body says nothing. */
static void read_json(const lk__json *json, lk__secrets secrets, char *text, size_t size,
                      lk_error *err)
{
    const char *code = lk__json_text(json, "code");
    const char *error = lk__json_text(json, "error");
    const char *says = lk__json_string(json);

    /* WorkOS: step-up answers have a "code", OAuth ones an "error"; "code" decides when both
     * stand there. */
    set_reason(err, code == NULL ? error : code, secrets);
    says = says == NULL ? lk__json_text(json, "message") : says;
    says = says == NULL ? lk__json_text(json, "error_description") : says;
    says = says == NULL ? error : says;
    says = says == NULL ? code : says;
    copy_start(says == NULL ? "" : says, text, size);
    append_errors(lk__json_get(json, "errors"), text, size);
}

static bool is_blank(const char *body, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n", body[i]) == NULL)
            return false;
    }
    return true;
}

/* Whether JSON text ends before what it opened is closed. */
static bool is_cut_off(const char *body, size_t len)
{
    int depth = 0;
    bool in_text = false;

    for (size_t i = 0; i < len; i++) {
        if (in_text && body[i] == '\\')
            i++;
        else if (body[i] == '"')
            in_text = !in_text;
        else if (!in_text && (body[i] == '{' || body[i] == '['))
            depth++;
        else if (!in_text && (body[i] == '}' || body[i] == ']'))
            depth--;
    }
    return in_text || depth > 0;
}

/* Static text; the body is looked at, not quoted. */
static const char *kind_of(const char *body, size_t len)
{
    size_t start = 0;

    if (is_blank(body, len))
        return "an empty body";
    while (strchr(" \t\r\n", body[start]) != NULL)
        start++;
    if (body[start] == '<')
        return "HTML instead of JSON";
    if (strchr("{[\"", body[start]) == NULL)
        return "something other than JSON";
    return is_cut_off(body + start, len - start) ? "half a JSON body" : "broken JSON";
}

/* The first bytes of a plain text answer, such as "upstream connect error". */
static void excerpt(const char *body, size_t len, lk__secrets secrets, char *out, size_t size)
{
    char bytes[MAX_QUOTE];
    char start[MAX_QUOTE - 1];
    size_t n = len < sizeof(bytes) - 1 ? len : sizeof(bytes) - 1;

    for (size_t i = 0; i < n; i++)
        bytes[i] = body[i] >= ' ' && body[i] <= '~' ? body[i] : ' ';
    bytes[n] = '\0';
    copy_start(bytes, start, sizeof(start));
    quote(start, secrets, out, size);
}

static lk_status fail_unread(int http_status, lk_status status, const char *body, size_t len,
                             lk__secrets secrets, lk_error *err)
{
    const char *kind = kind_of(body, len);
    char bytes[MAX_EXCERPT] = "";

    if (strcmp(kind, "something other than JSON") == 0)
        excerpt(body, len, secrets, bytes, sizeof(bytes));
    if (bytes[0] == '\0')
        return lk__fail(err, status, "WorkOS answered %d with %s", http_status, kind);
    return lk__fail(err, status, "WorkOS answered %d with %s: \"%s\"", http_status, kind, bytes);
}

static lk_status status_of(int http_status)
{
    if (http_status == 429)
        return LK_ERR_RATE_LIMITED;
    return http_status >= 400 && http_status <= 599 ? LK_ERR_API : LK_ERR_PROTOCOL;
}

lk_status lk__refusal_read(int http_status, const char *body, size_t len, lk__secrets secrets,
                           lk_error *err)
{
    lk_status status = status_of(http_status);
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    char text[1024] = "";
    char line[MAX_QUOTE] = "";
    lk_status parsed;

    if (http_status >= 300 && http_status <= 399)
        return lk__fail(err, status, "WorkOS answered %d, a redirect, which is never followed",
                        http_status);
    if (status == LK_ERR_PROTOCOL)
        return lk__fail(err, status, "WorkOS answered %d, which is no HTTP status to expect",
                        http_status);
    parsed = lk__json_parse(body == NULL ? "" : body, len, &json, NULL);
    if (parsed == LK_ERR_NO_MEMORY)
        return lk__no_memory(err); /* it may hold a reason that ends the session */
    if (parsed != LK_OK)
        return fail_unread(http_status, status, body == NULL ? "" : body, len, secrets, err);
    read_json(json, secrets, text, sizeof(text), err);
    quote(text, secrets, line, sizeof(line));
    if (line[0] == '\0')
        return lk__fail(err, status, "WorkOS answered %d without saying why", http_status);
    if (err == NULL || err->reason[0] == '\0' || strcmp(err->reason, line) == 0)
        return lk__fail(err, status, "WorkOS answered %d: %s", http_status, line);
    return lk__fail(err, status, "WorkOS answered %d %s: %s", http_status, err->reason, line);
}

bool lk__refusal_looks_like_json(const char *body, size_t len)
{
    while (len > 0 && is_blank(body + len - 1, 1))
        len--;
    while (len > 0 && is_blank(body, 1)) {
        body++;
        len--;
    }
    return len >= 2 &&
           ((body[0] == '{' && body[len - 1] == '}') || (body[0] == '[' && body[len - 1] == ']'));
}

lk_status lk__refusal_unreadable(int http_status, const char *body, size_t len, lk_error *err)
{
    return lk__fail(err, LK_ERR_PROTOCOL, "WorkOS answered %d with %s", http_status,
                    kind_of(body == NULL ? "" : body, len));
}
