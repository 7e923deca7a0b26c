/* The pages; see pages.h. No script, no image, no font: nothing to load and nothing to run. The
 * style stands in the page and its hash in the policy, so even a hole in the escaping would not
 * style, let alone run, a thing. */
#include "web/pages.h"

#include <string.h>

#include "base/text.h"
#include "crypto/base64.h"
#include "crypto/crypto.h"

static const char style[] =
    ":root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--ink:#1b1f27;--soft:#5b6472;"
    "--line:#dfe3e9;--accent:#3a5bd9;--on-accent:#fff;--bad:#b3261e;--good:#1a7f4b}"
    "@media(prefers-color-scheme:dark){:root{--page:#14161b;--card:#1d2027;--ink:#eceef2;"
    "--soft:#a3acba;--line:#31363f;--accent:#8fa6ff;--on-accent:#10131c;--bad:#ff8a80;"
    "--good:#6fd6a0}}"
    "*{box-sizing:border-box}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px 16px;"
    "background:var(--page);color:var(--ink);"
    "font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",Cantarell,\"DejaVu Sans\",sans-serif}"
    "main{width:100%;max-width:440px;background:var(--card);border:1px solid var(--line);"
    "border-radius:16px;padding:36px 32px 32px;box-shadow:0 12px 32px rgba(10,15,30,.08)}"
    "svg{display:block;width:44px;height:44px;margin:0 0 18px}"
    ".bad{color:var(--bad)}.good{color:var(--good)}.ask{color:var(--accent)}"
    "h1{margin:0 0 10px;font-size:22px;line-height:1.3;font-weight:650;text-wrap:balance}"
    "p{margin:0;color:var(--soft);overflow-wrap:anywhere}"
    ".detail{margin-top:18px;padding:10px 12px;border:1px solid var(--line);border-radius:8px;"
    "font:13px/1.5 ui-monospace,\"DejaVu Sans Mono\",monospace}"
    "ul{margin:22px 0 0;padding:0;list-style:none;border:1px solid var(--line);"
    "border-radius:10px;overflow:hidden}"
    "li+li{border-top:1px solid var(--line)}"
    "li a{display:block;padding:12px 16px;color:var(--ink);text-decoration:none;"
    "overflow-wrap:anywhere}"
    "li a:hover{background:var(--page)}"
    "li a::after{content:\"\";float:right;width:8px;height:8px;margin:8px 2px 0 12px;"
    "border:solid var(--soft);border-width:2px 2px 0 0;transform:rotate(45deg)}"
    "li a:focus-visible{outline:3px solid var(--accent);outline-offset:-3px}"
    "form{margin:0}"
    ".act{display:inline-block;margin-top:26px;padding:11px 22px;border:0;border-radius:10px;"
    "background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;"
    "text-decoration:none;cursor:pointer}"
    "ul~.act{padding:10px 21px;border:1px solid var(--line);background:none;color:var(--accent)}"
    ".act:hover{filter:brightness(1.08)}"
    ".act:focus-visible{outline:3px solid var(--accent);outline-offset:3px}";

static const struct mark {
    const char *class_name;
    const char *path;
} marks[] = {
    [LK__PAGE_ERROR] = { "bad", "M12 7v6m0 3.5v.5" },
    [LK__PAGE_GOOD] = { "good", "M8 12.5l2.7 2.7L16 9.5" },
    [LK__PAGE_QUESTION] = { "ask", "M13.5 8.5H8v7h5.500M11.500 12H17m-2-2 2 2-2 2" },
};

static lk_status put_escaped(lk__buf *out, const char *before, const char *text, const char *after,
                             lk_error *err)
{
    LK_TRY(lk__buf_text(out, before, err));
    LK_TRY(lk__html_escape(out, text, err));
    return lk__buf_text(out, after, err);
}

static lk_status put_choices(const lk__page *page, lk__buf *out, lk_error *err)
{
    if (page->n_choices == 0)
        return LK_OK;
    LK_TRY(lk__buf_text(out, "<ul>\n", err));
    for (size_t i = 0; i < page->n_choices; i++) {
        LK_TRY(put_escaped(out, "<li><a href=\"", page->choices[i].link, "\">", err));
        LK_TRY(put_escaped(out, "", page->choices[i].text, "</a></li>\n", err));
    }
    return lk__buf_text(out, "</ul>\n", err);
}

static lk_status put_actions(const lk__page *page, lk__buf *out, lk_error *err)
{
    if (page->link != NULL) {
        LK_TRY(put_escaped(out, "<a class=\"act\" href=\"", page->link, "\">", err));
        LK_TRY(put_escaped(out, "", page->link_text, "</a>\n", err));
    }
    if (page->form_action == NULL)
        return LK_OK;
    LK_TRY(put_escaped(out, "<form method=\"post\" action=\"", page->form_action, "\">", err));
    return put_escaped(out, "<button class=\"act\">", page->form_button, "</button></form>\n", err);
}

lk_status lk__page_html(const lk__page *page, lk__buf *out, lk_error *err)
{
    const struct mark *mark = &marks[page->mood];

    LK_TRY(put_escaped(out,
                       "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta name=\"robots\" content=\"noindex\">\n<title>",
                       page->title, "</title>\n", err));
    LK_TRY(lk__buf_printf(out, err, "<style>%s</style>\n</head>\n<body>\n<main>\n", style));
    LK_TRY(lk__buf_printf(out, err,
                          "<svg class=\"%s\" viewBox=\"0 0 24 24\" fill=\"none\" "
                          "stroke=\"currentColor\" stroke-width=\"1.6\" stroke-linecap=\"round\" "
                          "stroke-linejoin=\"round\" aria-hidden=\"true\">"
                          "<circle cx=\"12\" cy=\"12\" r=\"10\"/><path d=\"%s\"/></svg>\n",
                          mark->class_name, mark->path));
    LK_TRY(put_escaped(out, "<h1>", page->title, "</h1>\n", err));
    LK_TRY(put_escaped(out, "<p>", page->message, "</p>\n", err));
    if (page->detail != NULL)
        LK_TRY(put_escaped(out, "<p class=\"detail\">", page->detail, "</p>\n", err));
    LK_TRY(put_choices(page, out, err));
    LK_TRY(put_actions(page, out, err));
    return lk__buf_text(out, "</main>\n</body>\n</html>\n", err);
}

/* CSP wants ordinary base64 with padding. */
static lk_status style_hash(char out[64], lk_error *err)
{
    unsigned char digest[LK__SHA256_SIZE];

    LK_TRY(lk__sha256(style, sizeof(style) - 1, digest, err));
    lk__base64url_encode(digest, sizeof(digest), out);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    strcat(out, "=");
    return LK_OK;
}

lk_status lk__page_policy(const lk__page *page, lk__buf *out, lk_error *err)
{
    char hash[64];

    LK_TRY(style_hash(hash, err));
    LK_TRY(lk__buf_printf(out, err,
                          "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
                          "frame-ancestors 'none'; form-action ",
                          hash));
    if (page->form_action == NULL)
        return lk__buf_text(out, "'none'", err);
    /* Chromium holds the redirects that answer a form against form-action, too: ours leads to
     * WorkOS, and from there over a domain of the customer's back to us. */
    LK_TRY(lk__buf_text(out, "'self' https:", err));
    if (page->form_leads_to != NULL)
        LK_TRY(lk__buf_printf(out, err, " %s", page->form_leads_to));
    return LK_OK;
}

const char *lk__page_referrer_policy(const lk__page *page)
{
    /* Fetch, 3.2: with "no-referrer" the Origin of a POST is "null", and our own form would be
     * refused as somebody else's. */
    return page->form_action != NULL ? "same-origin" : "no-referrer";
}

void lk__shorten(char *text, size_t max)
{
    if (strlen(text) <= max)
        return;
    while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    text[max] = '\0';
}
