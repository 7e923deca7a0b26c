/* The pages. */
#include "page.h"

#include <string.h>

#include "handlers.h"
#include "json.h"

static const char *const style[] = {
    ":root{color-scheme:light dark;--back:#f4f5f8;--card:#fff;--ink:#1b1d23;--soft:#5b6070;"
    "--line:#dfe2ea;--hover:#f3f5fb;--accent:#4353d9;--hint:#eef0ff;--alarm:#fdeaea}"
    "@media(prefers-color-scheme:dark){:root{--back:#111318;--card:#1a1d24;--ink:#eceef3;"
    "--soft:#a0a6b6;--line:#2d323d;--hover:#232731;--accent:#97a4ff;--hint:#24294a;--alarm:#4a2226}"
    "}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--back);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,'Segoe UI',Cantarell,Ubuntu,sans-serif}"
    "main{width:min(27rem,100% - 2rem);margin:clamp(1rem,7vh,5rem) auto 2rem}"
    ".wide main{width:min(60rem,100% - 2rem);margin-top:2.5rem}",
    ".card{background:var(--card);border:1px solid var(--line);border-radius:16px;"
    "padding:1.75rem;box-shadow:0 1px 2px #0000000d,0 12px 32px -16px #00000026}"
    ".mark{display:block;width:40px;height:40px;margin:0 auto 1rem;color:var(--accent)}"
    "h1{font-size:1.35rem;line-height:1.25;margin:0;text-align:center;letter-spacing:-.01em}"
    ".intro{margin:.35rem 0 1.4rem;text-align:center;color:var(--soft);overflow-wrap:anywhere}"
    ".notice{margin:0 0 1rem;padding:.6rem .9rem;border-radius:10px;background:var(--hint);"
    "overflow-wrap:anywhere}.problem{background:var(--alarm)}"
    ".other{margin:1rem 0 0;text-align:center;font-size:.9rem;color:var(--soft)}"
    "ul{list-style:none;margin:0;padding:0}ul.choices{display:grid;gap:.5rem}",
    "button{font:inherit;color:inherit;cursor:pointer}"
    ".choice{width:100%;display:flex;align-items:center;gap:.85rem;padding:.65rem .8rem;"
    "text-align:left;background:var(--card);border:1px solid var(--line);border-radius:12px}"
    ".choice:hover{background:var(--hover);border-color:var(--accent)}"
    ".hinted .choice{background:var(--hint);border-color:var(--accent)}"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"
    ".words{min-width:0;flex:1;display:flex;flex-wrap:wrap;justify-content:space-between;"
    "align-items:baseline;column-gap:.75rem}.title{font-weight:600;overflow-wrap:anywhere}"
    ".detail{flex:0 0 100%;color:var(--soft);font-size:.875rem;overflow-wrap:anywhere}"
    ".note{color:var(--soft);font-size:.8rem}"
    "@media(max-width:27rem){.card{padding:1.25rem 1rem}}",
    ".avatar{flex:none;width:40px;height:40px;border-radius:50%;display:grid;place-items:center;"
    "font-weight:600;font-size:.9rem;color:#fff;letter-spacing:.02em}"
    ".a0{background:#3f51b5}.a1{background:#9c3587}.a2{background:#00796b}.a3{background:#b3471f}"
    ".a4{background:#5e4bb6}.a5{background:#1f6fa8}.a6{background:#7a6a12}.a7{background:#a8324a}"
    ".cancel{display:block;margin:1.1rem auto 0;padding:.4rem .9rem;background:none;border:0;"
    "border-radius:8px;color:var(--soft);text-decoration:underline}.cancel:hover{color:var(--ink)}"
    ".field{display:block;margin:0 0 .8rem}.field span{display:block;font-size:.875rem;"
    "color:var(--soft);margin:0 0 .2rem}input,select{font:inherit;color:inherit;width:100%;"
    "padding:.55rem .75rem;background:var(--card);border:1px solid var(--soft);border-radius:10px}"
    ".go{display:block;width:100%;padding:.6rem;border:0;border-radius:10px;font-weight:600;"
    "background:var(--accent);color:var(--card)}.go:hover{filter:brightness(1.08)}"
    "details{margin:1rem 0 0;border-top:1px solid var(--line);padding-top:.8rem}"
    "summary{cursor:pointer;color:var(--soft);font-size:.9rem}details form{margin:.8rem 0 0}",
    "nav{margin:0 0 .8rem;font-size:.9rem}.bar{display:flex;gap:.6rem;align-items:end;margin:0 0 "
    ".6rem}"
    ".bar .field{flex:1;margin:0}.small{padding:.35rem "
    ".7rem;background:var(--card);font-size:.875rem;"
    "border:1px solid var(--soft);border-radius:8px}.bar .small{padding:.6rem .9rem;font-size:1rem}"
    ".small:hover{background:var(--hover);border-color:var(--accent)}"
    ".badge{font-size:.75rem;padding:.05rem .5rem;border-radius:99px;background:var(--hint)}"
    ".hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
    "fieldset{border:1px solid var(--line);border-radius:10px;margin:0 0 1rem;padding:.5rem .9rem}"
    "legend{font-size:.875rem;color:var(--soft);padding:0 .3rem}.box{display:flex;gap:.5rem;"
    "align-items:center;padding:.15rem 0}.box input{width:auto}"
    ".only{margin:0;border:0;padding:0}select{appearance:auto}",
    "footer{margin:1.25rem 0;text-align:center;color:var(--soft);font-size:.85rem}"
    "a{color:var(--accent)}",
    ".wide h1{text-align:left;font-size:1.6rem}.wide h2{font-size:1.05rem;margin:0 0 .8rem}"
    ".wide .lead{color:var(--soft);margin:.3rem 0 1.6rem;max-width:44rem}"
    ".wide .card{margin:0 0 1.25rem}"
    ".columns{display:grid;gap:1.25rem;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%)"
    ","
    "1fr));align-items:start}"
    ".person,.event{display:flex;gap:.85rem;align-items:center;padding:.45rem 0}"
    ".event{flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:0 .75rem;"
    "border-top:1px solid var(--line);font-size:.9rem}.event:first-child{border-top:0}"
    ".event .detail{order:1}.event time{color:var(--soft)}"
    "pre{margin:0;overflow-x:auto}code,pre{font:.85rem/1.6 ui-monospace,'DejaVu Sans "
    "Mono',monospace}",
};

static const char mark[] =
    "<svg class=\"mark\" viewBox=\"0 0 40 40\" aria-hidden=\"true\"><rect width=\"40\" "
    "height=\"40\" "
    "rx=\"11\" fill=\"currentColor\"/><g fill=\"none\" stroke=\"var(--card)\" stroke-width=\"3\" "
    "stroke-linecap=\"round\"><circle cx=\"15\" cy=\"20\" r=\"5.5\"/><path d=\"M20.5 20H31v5M26 "
    "20v4\"/></g></svg>";

void page_begin(text *out, const char *title, const char *css_class)
{
    text_add(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                  "<link rel=\"icon\" href=\"data:,\"><title>");
    text_add_html(out, title);
    text_add(out, "</title><style>");
    for (size_t i = 0; i < sizeof style / sizeof *style; i++)
        text_add(out, style[i]);
    text_print(out, "</style></head><body class=\"%s\"><main>", css_class);
}

void page_end(text *out)
{
    text_add(out, "</main></body></html>\n");
}

/* Skips to the next word; NULL when there is none. */
static const char *next_word(const char *at)
{
    at = strchr(at, ' ');
    while (at && *at == ' ')
        at++;
    return at && *at ? at : NULL;
}

static void add_initial(text *out, const char *word)
{
    size_t len = 1;
    while (((unsigned char)word[len] & 0xC0) == 0x80)
        len++;
    AUTO_CHARS initial = memory_need(strndup(word, len));
    text_add_html(out, initial);
}

void page_add_avatar(text *out, const char *name)
{
    unsigned colour = 0;
    for (const char *at = name; *at; at++)
        colour = colour * 31 + (unsigned char)*at;
    text_print(out, "<span class=\"avatar a%u\" aria-hidden=\"true\">", colour % 8);
    const char *last = NULL;
    for (const char *word = next_word(name); word; word = next_word(word))
        last = word;
    if (*name)
        add_initial(out, name);
    if (last)
        add_initial(out, last);
    text_add(out, "</span>");
}

void page_add_hidden(text *out, const char *name, const char *value)
{
    if (!value)
        return;
    text_print(out, "<input type=\"hidden\" name=\"%s\" value=\"", name);
    text_add_html(out, value);
    text_add(out, "\">");
}

void page_add_form(text *out, const char *action)
{
    text_add(out, "<form method=\"post\" action=\"");
    text_add_html(out, action);
    text_add(out, "\">");
}

static void add_choice(text *out, const page_sign_in *page, const page_choice *choice)
{
    text_add(out, choice->is_hinted ? "<li class=\"hinted\">" : "<li>");
    page_add_form(out, page->action);
    text_add(out, page->hidden);
    page_add_hidden(out, "user_id", choice->user_id);
    page_add_hidden(out, "organization_id", choice->organization_id);
    text_add(out, choice->is_hinted ? "<button class=\"choice\" autofocus>"
                                    : "<button class=\"choice\">");
    page_add_avatar(out, choice->title);
    text_add(out, "<span class=\"words\"><span class=\"title\">");
    text_add_html(out, choice->title);
    if (choice->note) {
        text_add(out, "</span> <span class=\"note\">");
        text_add_html(out, choice->note);
    }
    text_add(out, "</span> <span class=\"detail\">");
    text_add_html(out, choice->detail);
    text_add(out, "</span></span></button></form></li>");
}

static void add_heading(text *out, const char *heading, const char *intro)
{
    text_add(out, "<div class=\"card\">");
    text_add(out, mark);
    text_add(out, "<h1>");
    text_add_html(out, heading);
    text_add(out, "</h1><p class=\"intro\">");
    text_add_html(out, intro);
    text_add(out, "</p>");
}

static const char footer[] =
    "</div><footer>Latchkey's local WorkOS, for development. <a href=\"/\">About it</a></footer>";

static void add_notices(text *out, const char *problem, const char *notice)
{
    if (problem) {
        text_add(out, "<p class=\"notice problem\" role=\"alert\">");
        text_add_html(out, problem);
        text_add(out, "</p>");
    }
    if (notice && *notice) {
        text_add(out, "<p class=\"notice\" role=\"status\">");
        text_add_html(out, notice);
        text_add(out, "</p>");
    }
}

/* A form of its own, so that nothing has to be filled in for it. */
static void add_cancel(text *out, const char *action, const char *words)
{
    page_add_form(out, action);
    page_add_hidden(out, "cancel", "1");
    text_add(out, "<button class=\"cancel\">");
    text_add_html(out, words ? words : "Cancel");
    text_add(out, "</button></form>");
}

static void add_attribute(text *out, const char *name, const char *value)
{
    if (!value)
        return;
    text_print(out, " %s=\"", name);
    text_add_html(out, value);
    text_add(out, "\"");
}

void page_add_field(text *out, const page_field *field)
{
    if (text_equal(field->type, "hidden")) {
        page_add_hidden(out, field->name, field->value);
        return;
    }
    text_add(out, "<label class=\"field\"><span>");
    text_add_html(out, field->label);
    text_add(out, field->is_optional ? "</span><input" : "</span><input required");
    add_attribute(out, "name", field->name);
    add_attribute(out, "type", field->type ? field->type : "text");
    add_attribute(out, "placeholder", field->hint);
    add_attribute(out, "value", field->value);
    add_attribute(out, "autocomplete", field->autocomplete);
    text_add(out, "></label>");
}

void page_show_form(text *out, const page_form *page)
{
    page_begin(out, page->heading, "narrow");
    add_heading(out, page->heading, page->intro);
    add_notices(out, page->problem, page->notice);
    text_add(out,
             page->is_get ? "<form method=\"get\" action=\"" : "<form method=\"post\" action=\"");
    text_add_html(out, page->action);
    text_add(out, "\">");
    for (size_t i = 0; i < page->n_fields; i++)
        page_add_field(out, &page->fields[i]);
    text_add(out, "<button class=\"go\">");
    text_add_html(out, page->submit);
    text_add(out, "</button></form>");
    text_add(out, page->more);
    if (page->has_cancel)
        add_cancel(out, page->action, NULL);
    text_add(out, footer);
    page_end(out);
}

void page_show_sign_in(text *out, const page_sign_in *page)
{
    page_begin(out, page->heading, "narrow");
    add_heading(out, page->heading, page->intro);
    add_notices(out, page->problem, page->notice);
    text_add(out, "<ul class=\"choices\">");
    for (size_t i = 0; i < page->n_choices; i++)
        add_choice(out, page, &page->choices[i]);
    text_add(out, "</ul>");
    add_cancel(out, page->action, page->cancel);
    text_add(out, page->more);
    text_add(out, footer);
    page_end(out);
}

void page_show_problem(text *out, const char *heading, const char *explanation)
{
    page_begin(out, heading, "narrow");
    add_heading(out, heading, explanation);
    text_add(out, footer);
    page_end(out);
}

void handle_health(exchange *self)
{
    AUTO_JSON body = json_object();
    json_set_text(body, "status", "ok");
    answer_json(self, 200, body);
}
