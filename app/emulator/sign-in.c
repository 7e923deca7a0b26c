/* The hosted sign-in: GET shows who there is, POST to the same address is the click on one of them.
 * A click stands for all that the person would have to show; who wants to be asked for it goes
 * through own-account.c.
 *
 * The page keeps nothing on this side: the request stands in the address, and is checked again when
 * the click comes. */
#include "sign-in.h"

#include <string.h>
#include <strings.h>

#include "handlers.h"
#include "json.h"
#include "page.h"
#include "people.h"

#define MAX_CHOICES 200

static bool may_choose(const emulator_state *state, const authorization *request, const cJSON *user)
{
    if (request->connection)
        return authorize_profile(state, request->connection, json_text(user, "email")) != NULL;
    return !request->organization_id ||
           state_find_membership(state, json_text(user, "id"), request->organization_id);
}

static const char *organization_note(const emulator_state *state, const authorization *request,
                                     const cJSON *user)
{
    static const char *const several[] = { "2 organizations", "3 organizations",
                                           "4 organizations" };
    const char *id = json_text(user, "id");
    size_t count = state_count_memberships(state, id);
    if (request->organization_id)
        return state_organization_name(state, request->organization_id);
    if (count > 1)
        return count < 5 ? several[count - 2] : "Many organizations";
    const cJSON *membership = records_find_by(&state->memberships, "user_id", id);
    return state_organization_name(state, json_text(membership, "organization_id"));
}

static page_choice make_choice(const cJSON *record, const char *note, const char *hint)
{
    const char *email = json_text(record, "email"), *name = json_text(record, "name");
    return (page_choice){ .user_id = json_text(record, "id"),
                          .title = name ? name : email,
                          .detail = email,
                          .note = *note ? note : NULL,
                          .is_hinted = hint && strcasecmp(hint, email) == 0 };
}

static size_t list_choices(const exchange *self, const authorization *request, page_choice *out)
{
    const char *hint = form_get(&self->query, "login_hint");
    bool has_profiles = request->is_sso && request->connection;
    const records *from = has_profiles ? &self->state->profiles : &self->state->users;
    size_t n = 0;
    for (size_t i = 0; i < from->count && n < MAX_CHOICES; i++) {
        const cJSON *record = from->items[i];
        bool is_listed = has_profiles ? text_equal(json_text(record, "connection_id"),
                                                   json_text(request->connection, "id"))
                                      : may_choose(self->state, request, record);
        if (is_listed)
            out[n++] = make_choice(
                record, has_profiles ? "" : organization_note(self->state, request, record), hint);
    }
    return n;
}

/* The one that was hinted at comes first. */
static bool move_hinted_up(page_choice *choices, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!choices[i].is_hinted)
            continue;
        page_choice hinted = choices[i];
        memmove(choices + 1, choices, i * sizeof *choices);
        choices[0] = hinted;
        return true;
    }
    return false;
}

static void show(exchange *self, page_sign_in *page)
{
    AUTO_TEXT action = { 0 }, html = { 0 };
    text_print(&action, "%s?%s", self->path, self->query_text);
    page->action = action.bytes;
    page_show_sign_in(&html, page);
    answer_html(self, 200, &html);
}

static void describe(const exchange *self, const authorization *request, text *heading)
{
    const char *through = request->connection ? json_text(request->connection, "name")
                          : request->provider ? request->provider
                                              : "authkit";
    text_add(heading, "Sign in");
    if (request->connection || (request->provider && !text_equal(request->provider, "authkit")))
        text_print(heading, " with %.80s", through);
    else if (request->organization_id)
        text_print(heading, " to %.80s",
                   state_organization_name(self->state, request->organization_id));
}

/* As WorkOS' dashboard offers it to people of the program's own company. */
static void add_impersonation(text *out, const char *action, const page_choice *choices, size_t n)
{
    static const page_field fields[] = {
        { .name = "impersonator_email", .label = "Your own e-mail", .type = "email" },
        { .name = "impersonator_reason", .label = "Reason" },
    };
    text_add(out, "<details><summary>Impersonate somebody</summary>");
    page_add_form(out, action);
    text_add(out, "<label class=\"field\"><span>Person</span><select name=\"user_id\">");
    for (size_t i = 0; i < n; i++) {
        text_add(out, "<option value=\"");
        text_add_html(out, choices[i].user_id);
        text_add(out, "\">");
        text_add_html(out, choices[i].title);
        text_add(out, "</option>");
    }
    text_add(out, "</select></label>");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        page_add_field(out, &fields[i]);
    text_add(out, "<button class=\"go\">Impersonate</button></form></details>");
}

char *sign_in_address(const exchange *self, const char *screen_hint)
{
    AUTO_TEXT address = { 0 };
    text_print(&address, "%s?screen_hint=%s", self->path, screen_hint);
    for (size_t i = 0; i < self->query.count; i++) {
        const struct form_field *field = &self->query.fields[i];
        if (strcmp(field->name, "screen_hint") == 0)
            continue;
        text_add(&address, "&");
        text_add_url(&address, field->name);
        text_add(&address, "=");
        text_add_url(&address, field->value);
    }
    return text_copy(address.bytes);
}

void sign_in_show_people(exchange *self, const authorization *request, const char *problem)
{
    page_choice choices[MAX_CHOICES];
    size_t n = list_choices(self, request, choices);
    const char *hint = form_get(&self->query, "login_hint");
    bool is_known = move_hinted_up(choices, n);
    AUTO_TEXT heading = { 0 }, notice = { 0 }, action = { 0 }, more = { 0 };
    describe(self, request, &heading);
    text_print(&action, "%s?%s", self->path, self->query_text);
    if (!request->is_sso && !request->connection)
        own_account_add_form(self, &more);
    if (!request->is_sso && n)
        add_impersonation(&more, action.bytes, choices, n);
    if (hint && !is_known)
        text_print(&notice, "The program suggested %.200s, who is not here.", hint);
    else if (n == 0)
        text_add(&notice, "Nobody can sign in here: the seed has no such person.");
    show(self, &(page_sign_in){ .heading = heading.bytes,
                                .intro = "Choose who you are",
                                .choices = choices,
                                .n_choices = n,
                                .more = more.bytes,
                                .problem = problem,
                                .notice = problem ? NULL : notice.bytes });
}

static void show_organizations(exchange *self, const authorization *request, const cJSON *user)
{
    page_choice choices[MAX_CHOICES];
    const emulator_state *state = self->state;
    const char *user_id = json_text(user, "id");
    size_t n = 0;
    for (size_t i = 0; i < state->memberships.count && n < MAX_CHOICES; i++) {
        const cJSON *membership = state->memberships.items[i];
        if (!text_equal(json_text(membership, "user_id"), user_id) ||
            !text_equal(json_text(membership, "status"), "active"))
            continue;
        choices[n++] = (page_choice){
            .user_id = user_id,
            .organization_id = json_text(membership, "organization_id"),
            .title = state_organization_name(state, json_text(membership, "organization_id")),
            .detail = json_text(json_get(membership, "role"), "slug"),
        };
    }
    AUTO_TEXT intro = { 0 }, hidden = { 0 };
    text_print(&intro, "%s belongs to several", json_text(user, "email"));
    page_add_hidden(&hidden, "impersonator_email", json_text(request->impersonator, "email"));
    page_add_hidden(&hidden, "impersonator_reason", json_text(request->impersonator, "reason"));
    show(self, &(page_sign_in){ .heading = "Choose an organization",
                                .hidden = hidden.bytes,
                                .intro = intro.bytes,
                                .choices = choices,
                                .n_choices = n });
}

/* The membership to sign in with: the authorization or chosen one, else the only one. False:
 * answered. */
static bool choose_organization(exchange *self, const authorization *request, const cJSON *user,
                                const char *chosen, const char **out)
{
    const char *user_id = json_text(user, "id");
    const char *wanted = request->connection ? json_text(request->connection, "organization_id")
                         : request->organization_id ? request->organization_id
                                                    : chosen;
    *out = wanted;
    if (wanted && !state_find_membership(self->state, user_id, wanted)) {
        authorize_send_back(self, request, "access_denied",
                            "the person is not a member of this organization");
        return false;
    }
    if (wanted)
        return true;
    if (state_count_memberships(self->state, user_id) > 1) {
        show_organizations(self, request, user);
        return false;
    }
    *out = people_only_organization(self->state, user_id);
    return true;
}

/* Who acts as the chosen person, as from WorkOS' dashboard; NULL: nobody. free it. */
static cJSON *read_impersonator(const cJSON *click)
{
    const char *email = json_text(click, "impersonator_email");
    const char *reason = json_text(click, "impersonator_reason");
    if (!email || !*email)
        return NULL;
    cJSON *impersonator = json_object();
    json_set_text(impersonator, "email", email);
    json_set_text(impersonator, "reason", reason && *reason ? reason : NULL);
    return impersonator;
}

void sign_in_go_on(exchange *self, const authorization *request, const cJSON *user)
{
    const char *organization_id = NULL;
    if (!may_choose(self->state, request, user))
        sign_in_show_people(self, request, "This person cannot sign in here.");
    else if (choose_organization(self, request, user, NULL, &organization_id))
        authorize_send_code(self, request, user, organization_id);
}

static void choose(exchange *self, bool is_sso)
{
    authorization request;
    if (!authorize_check(self, is_sso, &request))
        return;
    AUTO_JSON click = exchange_is_form(self) ? exchange_body(self) : NULL;
    if (json_text(click, "cancel")) {
        authorize_send_back(self, &request, "access_denied", "The person cancelled the sign-in.");
        return;
    }
    if (!is_sso && !request.connection && own_account_take(self, &request, click))
        return;
    AUTO_JSON impersonator = read_impersonator(click);
    request.impersonator = is_sso ? NULL : impersonator;
    bool has_profiles = is_sso && request.connection;
    const emulator_state *state = self->state;
    const char *email = json_text(click, "email"), *id = json_text(click, "user_id");
    const cJSON *who =
        has_profiles ? (email ? authorize_profile(state, request.connection, email)
                              : records_find(&state->profiles, id))
                     : (email ? state_find_user(state, email) : records_find(&state->users, id));
    const char *organization_id = NULL;
    if (!who || (!has_profiles && !may_choose(state, &request, who)) ||
        (has_profiles &&
         !text_equal(json_text(who, "connection_id"), json_text(request.connection, "id")))) {
        authorize_show_problem(self, "The person who was chosen cannot sign in here.");
        return;
    }
    if (is_sso || choose_organization(self, &request, who, json_text(click, "organization_id"),
                                      &organization_id))
        authorize_send_code(self, &request, who, organization_id);
}

void handle_show_authkit(exchange *self)
{
    authorization request;
    if (!authorize_check(self, false, &request))
        return;
    if (!request.connection && text_equal(form_get(&self->query, "screen_hint"), "sign-up"))
        own_account_show_sign_up(self, NULL, NULL);
    else
        sign_in_show_people(self, &request, NULL);
}

void handle_choose_authkit(exchange *self)
{
    choose(self, false);
}

void handle_show_sso(exchange *self)
{
    authorization request;
    if (authorize_check(self, true, &request))
        sign_in_show_people(self, &request, NULL);
}

void handle_choose_sso(exchange *self)
{
    choose(self, true);
}
