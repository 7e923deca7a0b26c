/* The page at /: what this is, how to use it, who is there, what happened last. */
#include <string.h>

#include "factors.h"
#include "handlers.h"
#include "json.h"
#include "page.h"

#define RECENT  15
#define LETTERS 5

static void add_settings(exchange *self, text *out)
{
    text_add(out, "<section class=\"card\"><h2>Point a program at it</h2>"
                  "<pre tabindex=\"0\" role=\"region\" aria-label=\"Environment variables\">");
    text_print(out, "export WORKOS_API_BASE_URL=%s\n", self->base_url);
    text_add(out, "export WORKOS_API_KEY=");
    text_add_html(out, self->options->api_key);
    text_add(out, "\nexport WORKOS_CLIENT_ID=");
    text_add_html(out, self->options->client_id);
    text_add(out, "</pre></section>");
}

static const char *first_organization(const emulator_state *state, const char *user_id)
{
    for (size_t i = 0; i < state->memberships.count; i++) {
        const cJSON *membership = state->memberships.items[i];
        if (text_equal(json_text(membership, "user_id"), user_id))
            return state_organization_name(state, json_text(membership, "organization_id"));
    }
    return "";
}

/* What the person types where a program asks for it: the emulator has no secrets. */
static void add_credentials(const emulator_state *state, text *out, const cJSON *user)
{
    const char *password = json_text(user, "_password");
    const cJSON *factor = factors_of(state, json_text(user, "id"));
    char code[TOTP_CODE_SIZE];
    if (password) {
        text_add(out, "<span class=\"detail\">Password <code>");
        text_add_html(out, password);
        text_add(out, "</code></span>");
    }
    if (!factor)
        return;
    factors_code(state, factor, code);
    text_add(out, "<span class=\"detail\">Code now <code>");
    text_print(out, "%s</code>, secret <code>", code);
    text_add_html(out, json_text(factor, "_secret"));
    text_add(out, "</code></span>");
}

static void add_people(exchange *self, text *out)
{
    const records *users = &self->state->users;
    text_add(out, "<section class=\"card\"><h2>Who can sign in</h2><ul>");
    for (size_t i = 0; i < users->count && i < 50; i++) {
        const char *email = json_text(users->items[i], "email");
        const char *name = json_text(users->items[i], "name");
        text_add(out, "<li class=\"person\">");
        page_add_avatar(out, name ? name : email);
        text_add(out, "<span class=\"words\"><span class=\"title\">");
        text_add_html(out, name ? name : email);
        text_add(out, "</span> <span class=\"note\">");
        text_add_html(out, first_organization(self->state, json_text(users->items[i], "id")));
        text_add(out, "</span> <span class=\"detail\">");
        text_add_html(out, email);
        text_add(out, "</span>");
        add_credentials(self->state, out, users->items[i]);
        text_add(out, "</span></li>");
    }
    text_add(out, "</ul></section>");
}

static void add_letter(text *out, const char *to, const char *why, const char *code,
                       const char *link)
{
    text_add(out, link ? "<li class=\"event\"><a href=\"" : "<li class=\"event\"><code>");
    text_add_html(out, link ? link : code);
    text_add(out, link ? "\">Open the link</a>" : "</code>");
    text_add(out, " <span class=\"detail\">");
    text_add_html(out, to);
    text_print(out, "</span> <span class=\"note\">%s</span></li>", why);
}

static void add_codes(const exchange *self, text *out)
{
    const records *codes = &self->state->one_time_codes;
    for (size_t i = codes->count; i > 0 && i + LETTERS > codes->count; i--) {
        const cJSON *code = codes->items[i - 1];
        bool is_magic = text_equal(json_text(code, "object"), "magic_auth");
        add_letter(out, json_text(code, "email"), is_magic ? "to sign in" : "to verify the address",
                   json_text(code, "code"), NULL);
    }
}

static void add_links(text *out, const records *from, const char *token, const char *place,
                      const char *why)
{
    for (size_t i = from->count; i > 0 && i + LETTERS > from->count; i--) {
        const cJSON *letter = from->items[i - 1];
        const char *state = json_text(letter, "state"); /* resets have none */
        AUTO_TEXT link = { 0 };
        if (json_is_true(letter, "_is_used") || (state && !text_equal(state, "pending")))
            continue;
        text_print(&link, "%s%s", place, json_text(letter, token));
        add_letter(out, json_text(letter, "email"), why, NULL, link.bytes);
    }
}

/* Codes and links that WorkOS would have sent, the latest of each kind. */
static void add_mail(exchange *self, text *out)
{
    const emulator_state *state = self->state;
    if (state->one_time_codes.count + state->invitations.count + state->password_resets.count == 0)
        return;
    text_add(out, "<section class=\"card\"><h2>Mail that was not sent</h2><ul>");
    add_codes(self, out);
    add_links(out, &state->password_resets, "password_reset_token",
              "/reset-password?token=", "to change the password");
    add_links(out, &state->invitations, "token", "/invitation?invitation_token=", "to join");
    text_add(out, "</ul></section>");
}

/* What the event is about: a name, an address or an id. */
static void add_subject(text *out, const cJSON *data)
{
    static const char *const keys[] = {
        "name", "email", "slug", "organization_name", "domain", "id"
    };
    const cJSON *user = json_get(data, "user"), *group = json_get(data, "group");
    if (user && group) {
        text_add_html(out, json_text(user, "name"));
        text_add(out, " · ");
        text_add_html(out, json_text(group, "name"));
        return;
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (json_text(data, keys[i])) {
            text_add_html(out, json_text(data, keys[i]));
            return;
        }
    }
}

static void add_event(emulator_state *state, text *out, size_t index)
{
    event_view item;
    AUTO_TEXT written = { 0 };
    char when[ISO_TIME_SIZE];
    events_look(state, index, &item);
    events_add_body(state, index, &written);
    AUTO_JSON body = json_parse(written.bytes, written.len);
    text_format_time(item.created_ms, when);
    text_add(out, "<li class=\"event\"><code>");
    text_add_html(out, item.type);
    text_add(out, "</code> <span class=\"detail\">");
    add_subject(out, json_get(body, "data"));
    text_print(out, "</span> <time datetime=\"%s\">%.5s %.8s</time></li>", when, when + 5,
               when + 11);
}

static void add_events(exchange *self, text *out)
{
    const event_log *log = &self->state->events;
    size_t visible = events_visible(log);
    text_add(out, "<section class=\"card\"><h2>What happened last</h2><ul>");
    for (size_t i = visible; i > 0 && i + RECENT > visible; i--)
        add_event(self->state, out, i - 1);
    text_add(out, "</ul></section>");
}

static void add_directory(exchange *self, text *out, const cJSON *directory)
{
    const char *id = json_text(directory, "id"), *state = json_text(directory, "state");
    text_print(out,
               "<li class=\"person\"><span class=\"words\"><span class=\"title\"><a href=\""
               "/console/directories/%s\">",
               id);
    text_add_html(out, json_text(directory, "name"));
    text_add(out, "</a></span>");
    if (!text_equal(state, "active"))
        text_print(out, " <span class=\"badge\">%s</span>", state);
    text_print(out, "<span class=\"detail\">%zu people · ", roster_count(self->state, id, false));
    text_add_html(out,
                  state_organization_name(self->state, json_text(directory, "organization_id")));
    text_add(out, "</span></span></li>");
}

static void add_directories(exchange *self, text *out)
{
    const emulator_state *state = self->state;
    text_add(out, "<section class=\"card\"><h2>Directories</h2><ul>");
    for (size_t i = 0; i < state->directories.count; i++)
        add_directory(self, out, state->directories.items[i]);
    text_add(out, "</ul><details><summary>New directory</summary>");
    page_add_form(out, "/console/directories");
    page_add_field(out, &(page_field){ .name = "name", .label = "Name" });
    text_add(out, "<label class=\"field\"><span>Organization</span><select name=\""
                  "organization_id\">");
    for (size_t i = 0; i < state->organizations.count; i++) {
        const cJSON *organization = state->organizations.items[i];
        text_print(out, "<option value=\"%s\">", json_text(organization, "id"));
        text_add_html(out, json_text(organization, "name"));
        text_add(out, "</option>");
    }
    text_add(out,
             "</select></label><button class=\"go\">Create</button></form></details></section>");
}

void handle_root(exchange *self)
{
    AUTO_TEXT page = { 0 };
    page_begin(&page, "A local WorkOS", "wide");
    text_add(&page,
             "<h1>A local WorkOS</h1><p class=\"lead\">Latchkey's emulator: sign-in pages, AuthKit "
             "and SSO, events and directories as WorkOS answers them, for development and tests. ");
    text_add(&page, self->options->state_file ? "Everything is kept in <code>"
                                              : "Everything is in memory and gone when it ends");
    text_add_html(&page, self->options->state_file);
    text_add(&page, self->options->state_file ? "</code>" : "");
    text_add(&page, ". Never put it on a network.</p>");
    console_add_notice(self, &page);
    add_settings(self, &page);
    text_add(&page, "<div class=\"columns\">");
    text_add(&page, "<div>");
    add_directories(self, &page);
    add_people(self, &page);
    text_add(&page, "</div><div>");
    add_mail(self, &page);
    add_events(self, &page);
    text_add(&page, "</div>");
    text_add(&page, "</div><footer><a href=\"/health\">Health</a> · <a href=\"/sso/jwks/");
    text_add_html(&page, self->options->client_id);
    text_add(&page, "\">Signing keys</a></footer>");
    page_end(&page);
    answer_html(self, 200, &page);
}
