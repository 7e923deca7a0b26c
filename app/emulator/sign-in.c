/* The hosted sign-in: GET shows who there is, POST to the same address is the click on one of them.
 *
 * The page keeps nothing on this side: the request stands in the address, and is checked again when
 * the click comes. What is wrong with it goes back to the program as WorkOS does it, except when it
 * is the client or the redirect URI that is wrong: then there is nobody to tell but the person. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "factors.h"
#include "handlers.h"
#include "json.h"
#include "page.h"
#include "people.h"
#include "redirect.h"
#include "session.h"
#include "steps.h"

#define CODE_LIFETIME_MS (10 * 60 * 1000) /* WorkOS: a code is good for ten minutes */
#define MAX_CHOICES      200
#define MAX_CODES        1000

/* A request that has passed the checks. Texts belong to the query. */
typedef struct asked {
    const char *redirect_uri, *state, *challenge;
    const char *organization_id, *provider; /* NULL: not asked for */
    const cJSON *connection;                /* NULL: no single sign-on */
    const cJSON *impersonator;              /* NULL: people sign in as themselves */
    bool is_sso;                            /* /sso/authorize: profiles, not users */
} asked;

static void show_problem(exchange *self, const char *explanation)
{
    AUTO_TEXT page = { 0 };
    page_show_problem(&page, "This sign-in cannot go on", explanation);
    answer_html(self, 400, &page);
}

static void send_back(exchange *self, const asked *request, const char *error,
                      const char *description)
{
    const char *const values[] = { "error",        error, "error_description", description, "state",
                                   request->state, NULL };
    AUTO_CHARS url = redirect_with(request->redirect_uri, values);
    answer_redirect(self, url);
}

/* RFC 6749, 3.1: "Request and response parameters MUST NOT be included more than once." */
static const char *doubled_parameter(const exchange *self)
{
    static const char *const names[] = { "client_id",     "redirect_uri",          "response_type",
                                         "state",         "code_challenge",        "provider",
                                         "connection",    "code_challenge_method", "organization",
                                         "connection_id", "organization_id" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (form_count(&self->query, names[i]) > 1)
            return names[i];
    }
    return NULL;
}

/* False: told to the person. */
static bool check_client(exchange *self, asked *out)
{
    const char *client_id = form_get(&self->query, "client_id");
    const char *redirect_uri = form_get(&self->query, "redirect_uri");
    AUTO_TEXT why = { 0 };
    if (doubled_parameter(self))
        text_print(&why, "The parameter %s stands in the address more than once.",
                   doubled_parameter(self));
    else if (!text_equal(client_id, self->options->client_id))
        text_print(&why, "The program sent the client id \"%.100s\". This emulator knows \"%s\".",
                   client_id ? client_id : "", self->options->client_id);
    else if (!redirect_is_allowed(self->options, redirect_uri))
        text_print(&why, "The redirect URI \"%.200s\" is not registered. %s",
                   redirect_uri ? redirect_uri : "",
                   self->options->redirect_uris
                       ? "The emulator was started with other ones."
                       : "Without registration, addresses on loopback work.");
    out->redirect_uri = redirect_uri;
    out->state = form_get(&self->query, "state");
    if (why.len)
        show_problem(self, why.bytes);
    return why.len == 0;
}

static bool is_challenge(const char *challenge)
{
    size_t len = strlen(challenge);
    for (const char *at = challenge; *at; at++) {
        if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_')
            return false;
    }
    return len == 43; /* SHA-256 in base64url */
}

/* False: told to the program. */
static bool check_protocol(exchange *self, asked *out)
{
    const char *type = form_get(&self->query, "response_type");
    const char *method = form_get(&self->query, "code_challenge_method");
    const char *age = form_get(&self->query, "max_age"), *wrong = NULL;
    long seconds = 0;
    out->challenge = form_get(&self->query, "code_challenge");
    if (!text_equal(type, "code"))
        wrong = "response_type must be code";
    else if (out->challenge && !text_equal(method, "S256"))
        wrong = "code_challenge_method must be S256";
    else if (!out->challenge && method)
        wrong = "code_challenge_method was sent without code_challenge";
    else if (out->challenge && !is_challenge(out->challenge))
        wrong = "code_challenge must be 43 characters of base64url";
    else if (age && !text_parse_number(age, 999999999, &seconds))
        wrong = "max_age must be a number of seconds";
    if (wrong)
        send_back(self, out, "invalid_request", wrong);
    else if (text_equal(form_get(&self->query, "prompt"), "none"))
        /* The emulator remembers no browser: whatever max_age, the person is always asked. */
        send_back(self, out, wrong = "login_required", "The person must be asked.");
    return !wrong;
}

static const cJSON *connection_of(const emulator_state *state, const char *organization_id)
{
    for (size_t i = 0; i < state->connections.count; i++) {
        const cJSON *connection = state->connections.items[i];
        if (text_equal(json_text(connection, "organization_id"), organization_id) &&
            text_equal(json_text(connection, "state"), "active"))
            return connection;
    }
    return NULL;
}

static bool choose_connection(exchange *self, asked *out, const char *id)
{
    out->connection = records_find(&self->state->connections, id);
    if (!out->connection)
        send_back(self, out, "connection_invalid", "there is no connection with this id");
    else if (!text_equal(json_text(out->connection, "state"), "active"))
        send_back(self, out, "connection_unlinked", "the connection is not active");
    else
        return true;
    return false;
}

/* The names of the selectors differ: connection and organization for SSO, with _id for AuthKit. */
static bool check_selector(exchange *self, asked *out)
{
    const char *connection = form_get(&self->query, out->is_sso ? "connection" : "connection_id");
    const char *organization =
        form_get(&self->query, out->is_sso ? "organization" : "organization_id");
    bool is_hosted = !out->is_sso && text_equal(out->provider, "authkit");
    int n = (connection != NULL) + (out->provider != NULL) + (organization != NULL && !is_hosted);
    out->organization_id = organization;
    if (n != 1) {
        send_back(self, out, n ? "ambiguous_connection_selector" : "invalid_connection_selector",
                  "exactly one of provider, connection and organization must be given");
        return false;
    }
    if (organization && !records_find(&self->state->organizations, organization)) {
        send_back(self, out, "organization_invalid", "there is no organization with this id");
        return false;
    }
    if (connection)
        return choose_connection(self, out, connection);
    if (organization && !is_hosted)
        out->connection = connection_of(self->state, organization);
    if (out->is_sso && organization && !out->connection) {
        send_back(self, out, "organization_invalid", "the organization has no active connection");
        return false;
    }
    return true;
}

static bool check_request(exchange *self, bool is_sso, asked *out)
{
    *out = (asked){ .is_sso = is_sso, .provider = form_get(&self->query, "provider") };
    return check_client(self, out) && check_protocol(self, out) && check_selector(self, out);
}

/* The profile by which this user comes through a connection; NULL when they do not. */
static const cJSON *profile_of(const emulator_state *state, const cJSON *connection,
                               const char *email)
{
    for (size_t i = 0; i < state->profiles.count; i++) {
        const cJSON *profile = state->profiles.items[i];
        if (text_equal(json_text(profile, "connection_id"), json_text(connection, "id")) &&
            strcasecmp(json_text(profile, "email"), email) == 0)
            return profile;
    }
    return NULL;
}

static bool may_choose(const emulator_state *state, const asked *request, const cJSON *user)
{
    if (request->connection)
        return profile_of(state, request->connection, json_text(user, "email")) != NULL;
    return !request->organization_id ||
           state_find_membership(state, json_text(user, "id"), request->organization_id);
}

static const char *organization_note(const emulator_state *state, const asked *request,
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

static size_t list_choices(const exchange *self, const asked *request, page_choice *out)
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

static void describe(const exchange *self, const asked *request, text *heading, text *intro)
{
    const char *through = request->connection ? json_text(request->connection, "name")
                          : request->provider ? request->provider
                                              : "authkit";
    bool is_new = text_equal(form_get(&self->query, "screen_hint"), "sign-up");
    text_add(heading, is_new ? "Create an account" : "Sign in");
    if (request->connection || (request->provider && !text_equal(request->provider, "authkit")))
        text_print(heading, " with %.80s", through);
    else if (request->organization_id)
        text_print(heading, " to %.80s",
                   state_organization_name(self->state, request->organization_id));
    text_add(intro, is_new ? "Choose who you are going to be" : "Choose who you are");
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

static void add_password_form(text *out, const char *action, const char *hint)
{
    const page_field fields[] = {
        { .name = "email",
          .label = "E-mail",
          .type = "email",
          .value = hint,
          .autocomplete = "username" },
        { .name = "password",
          .label = "Password",
          .type = "password",
          .autocomplete = "current-password" },
    };
    text_add(out, "<details><summary>Sign in with a password</summary>");
    page_add_form(out, action);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        page_add_field(out, &fields[i]);
    text_add(out, "<button class=\"go\">Sign in</button></form></details>");
}

static void show_people(exchange *self, const asked *request, const char *problem)
{
    page_choice choices[MAX_CHOICES];
    size_t n = list_choices(self, request, choices);
    const char *hint = form_get(&self->query, "login_hint");
    bool is_known = move_hinted_up(choices, n);
    AUTO_TEXT heading = { 0 }, intro = { 0 }, notice = { 0 }, action = { 0 }, more = { 0 };
    describe(self, request, &heading, &intro);
    text_print(&action, "%s?%s", self->path, self->query_text);
    if (!request->is_sso && !request->connection)
        add_password_form(&more, action.bytes, hint);
    if (!request->is_sso && n)
        add_impersonation(&more, action.bytes, choices, n);
    if (problem)
        text_add(&notice, problem);
    else if (hint && !is_known)
        text_print(&notice, "The program suggested %.200s, who is not here.", hint);
    else if (n == 0)
        text_add(&notice, "Nobody can sign in here: the seed has no such person.");
    show(self, &(page_sign_in){ .heading = heading.bytes,
                                .intro = intro.bytes,
                                .choices = choices,
                                .n_choices = n,
                                .more = more.bytes,
                                .notice = notice.bytes });
}

static void show_organizations(exchange *self, const asked *request, const cJSON *user)
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

/* How the person has signed in, in the words of authentication_method. */
static const char *method_of(const asked *request, const cJSON *user)
{
    if (request->connection)
        return "SSO";
    if (request->provider && !text_equal(request->provider, "authkit"))
        return request->provider;
    const char *provider = json_text(user, "_oauth_provider");
    return provider ? provider : "Password";
}

/* Remembers who signed in for what, under a new code, and sends the code to the program. */
static void send_code(exchange *self, const asked *request, const cJSON *who,
                      const char *organization_id)
{
    AUTO_CHARS code = keys_secret(self->state->keys, "code_");
    cJSON *record = json_object();
    json_set_text(record, "id", code);
    json_set_bool(record, "is_sso", request->is_sso);
    json_set_text(record, "who", json_text(who, "id"));
    json_set_text(record, "organization_id", organization_id);
    json_set_text(record, "connection_id", json_text(request->connection, "id"));
    json_set_text(record, "method", method_of(request, who));
    json_set_text(record, "challenge", request->challenge);
    json_set_number(record, "at_ms", (double)state_now(self->state));
    json_set_text(record, "invitation_token", form_get(&self->query, "invitation_token"));
    const cJSON *impersonator = request->impersonator || request->is_sso
                                    ? request->impersonator
                                    : json_get(who, "_impersonator");
    if (json_text(impersonator, "email")) {
        json_set_text(record, "method", "Impersonation");
        json_set_copy(record, "impersonator", impersonator);
    }
    json_set_number(record, "expires_ms", (double)(state_now(self->state) + CODE_LIFETIME_MS));
    records_add(&self->state->codes, record);
    records_trim(&self->state->codes, MAX_CODES);
    const char *const values[] = { "code", code, "state", request->state, NULL };
    AUTO_CHARS url = redirect_with(request->redirect_uri, values);
    answer_redirect(self, url);
}

/* The membership to sign in with: the asked or chosen one, else the only one. False: answered. */
static bool choose_organization(exchange *self, const asked *request, const cJSON *user,
                                const char *chosen, const char **out)
{
    const char *user_id = json_text(user, "id");
    const char *wanted = request->connection ? json_text(request->connection, "organization_id")
                         : request->organization_id ? request->organization_id
                                                    : chosen;
    *out = wanted;
    if (wanted && !state_find_membership(self->state, user_id, wanted)) {
        send_back(self, request, "access_denied",
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

static void go_on(exchange *self, const asked *request, const cJSON *user)
{
    const char *organization_id = NULL;
    if (!may_choose(self->state, request, user))
        show_people(self, request, "This person cannot sign in here.");
    else if (choose_organization(self, request, user, NULL, &organization_id))
        send_code(self, request, user, organization_id);
}

static void ask_for_factor(exchange *self, const char *token, const char *challenge,
                           const char *problem)
{
    AUTO_TEXT html = { 0 }, action = { 0 };
    const page_field fields[] = {
        { .name = "pending", .type = "hidden", .value = token },
        { .name = "challenge", .type = "hidden", .value = challenge },
        { .name = "code", .label = "Code", .hint = "123456", .autocomplete = "one-time-code" },
    };
    text_print(&action, "%s?%s", self->path, self->query_text);
    page_show_form(&html, &(page_form){ .heading = "One more step",
                                        .intro = "Type the code of your authenticator",
                                        .notice = problem,
                                        .action = action.bytes,
                                        .fields = fields,
                                        .n_fields = 3,
                                        .submit = "Continue" });
    answer_html(self, 200, &html);
}

/* The page's own way: unlike a click on somebody, it asks for what they know and have. */
static void check_password(exchange *self, const asked *request, const cJSON *click)
{
    const char *email = json_text(click, "email");
    cJSON *user = state_find_user(self->state, email);
    if (!user || !text_equal(json_text(user, "_password"), json_text(click, "password"))) {
        session_tell_failure(self, "Password", user, email, "invalid_credentials", NULL);
        show_people(self, request, "The e-mail address or the password is wrong.");
        return;
    }
    const cJSON *factor = factors_of(self->state, json_text(user, "id"));
    if (!factor) {
        go_on(self, request, user);
        return;
    }
    const char *token = steps_add_pass(self, &(sign_in){ .user = user, .method = "Password" });
    ask_for_factor(self, token, json_text(factors_challenge(self->state, factor), "id"), NULL);
}

static void check_factor(exchange *self, const asked *request, const cJSON *click)
{
    const char *token = json_text(click, "pending"), *id = json_text(click, "challenge");
    sign_in of = { 0 };
    cJSON *pass = steps_find(self, token, &of);
    cJSON *challenge = records_find(&self->state->challenges, id);
    const cJSON *factor =
        records_find(&self->state->factors, json_text(challenge, "authentication_factor_id"));
    if (!pass || !text_equal(json_text(factor, "user_id"), json_text(of.user, "id"))) {
        show_people(self, request, "That took too long. Please begin again.");
        return;
    }
    if (factors_check(self->state, challenge, json_text(click, "code"))) {
        ask_for_factor(self, token, id, "The code is wrong, or was used before.");
        return;
    }
    steps_forget(self, pass);
    go_on(self, request, of.user);
}

static void choose(exchange *self, bool is_sso)
{
    asked request;
    if (!check_request(self, is_sso, &request))
        return;
    AUTO_JSON click = exchange_is_form(self) ? exchange_body(self) : NULL;
    if (json_text(click, "cancel")) {
        send_back(self, &request, "access_denied", "The person cancelled the sign-in.");
        return;
    }
    if (!is_sso && !request.connection && json_text(click, "password")) {
        check_password(self, &request, click);
        return;
    }
    if (!is_sso && !request.connection && json_text(click, "pending")) {
        check_factor(self, &request, click);
        return;
    }
    AUTO_JSON impersonator = read_impersonator(click);
    request.impersonator = is_sso ? NULL : impersonator;
    bool has_profiles = is_sso && request.connection;
    const emulator_state *state = self->state;
    const char *email = json_text(click, "email"), *id = json_text(click, "user_id");
    const cJSON *who =
        has_profiles ? (email ? profile_of(state, request.connection, email)
                              : records_find(&state->profiles, id))
                     : (email ? state_find_user(state, email) : records_find(&state->users, id));
    const char *organization_id = NULL;
    if (!who || (!has_profiles && !may_choose(state, &request, who)) ||
        (has_profiles &&
         !text_equal(json_text(who, "connection_id"), json_text(request.connection, "id")))) {
        show_problem(self, "The person who was chosen cannot sign in here.");
        return;
    }
    if (is_sso || choose_organization(self, &request, who, json_text(click, "organization_id"),
                                      &organization_id))
        send_code(self, &request, who, organization_id);
}

void handle_show_authkit(exchange *self)
{
    asked request;
    if (check_request(self, false, &request))
        show_people(self, &request, NULL);
}

void handle_choose_authkit(exchange *self)
{
    choose(self, false);
}

void handle_show_sso(exchange *self)
{
    asked request;
    if (check_request(self, true, &request))
        show_people(self, &request, NULL);
}

void handle_choose_sso(exchange *self)
{
    choose(self, true);
}
