/* The device grant (RFC 8628): a program without a browser gets a code, the person types it on the
 * page /device and says who they are, the program asks meanwhile. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "grants.h"
#include "handlers.h"
#include "json.h"
#include "page.h"
#include "people.h"

#define LIFETIME_S  300
#define INTERVAL_S  5
#define MAX_DEVICES 1000
#define MAX_CHOICES 200
#define USER_CODE   sizeof "BCDF-GHJK"

/* RFC 8628, 6.1: letters without vowels, so that no words come out. */
static void new_user_code(emulator_state *state, char out[USER_CODE])
{
    static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
    do {
        for (size_t i = 0; i < USER_CODE - 1; i++)
            out[i] = i == 4 ? '-' : letters[keys_number(state->keys) % (sizeof letters - 1)];
        out[USER_CODE - 1] = '\0';
    } while (records_find_by(&state->devices, "user_code", out));
}

static void add_device(exchange *self)
{
    char user_code[USER_CODE];
    new_user_code(self->state, user_code);
    AUTO_CHARS device_code = keys_secret(self->state->keys, "device_");
    AUTO_TEXT page = { 0 }, complete = { 0 };
    text_print(&page, "%s/device", self->base_url);
    text_print(&complete, "%s?user_code=%s", page.bytes, user_code);
    cJSON *device = json_object();
    json_set_text(device, "id", device_code);
    json_set_text(device, "user_code", user_code);
    json_set_text(device, "status", "pending");
    json_set_number(device, "interval", INTERVAL_S);
    json_set_number(device, "expires_ms", (double)state_now(self->state) + LIFETIME_S * 1000);
    records_add(&self->state->devices, device);
    records_trim(&self->state->devices, MAX_DEVICES);

    AUTO_JSON answer = json_object();
    json_set_text(answer, "device_code", device_code);
    json_set_text(answer, "user_code", user_code);
    json_set_text(answer, "verification_uri", page.bytes);
    json_set_text(answer, "verification_uri_complete", complete.bytes);
    json_set_number(answer, "expires_in", LIFETIME_S);
    json_set_number(answer, "interval", INTERVAL_S);
    answer_json(self, 200, answer);
}

void handle_start_device(exchange *self)
{
    AUTO_JSON body = exchange_body(self);
    if (!body)
        answer_oauth_error(self, "invalid_request", "The body must be a JSON object or a form.");
    else if (!text_equal(json_text(body, "client_id"), self->options->client_id))
        answer_oauth_error(self, "invalid_client", "Invalid client ID.");
    else
        add_device(self);
}

/* RFC 8628, 3.5: slow_down "indicates that … the interval MUST be increased by 5 seconds for this
 * and all subsequent requests". True: asked too soon. */
static bool is_too_fast(exchange *self, cJSON *device)
{
    double now = (double)state_now(self->state), interval = json_number(device, "interval", 0);
    const double grace_ms = 100; /* the client's clock is not ours */
    bool is_fast = now + grace_ms < json_number(device, "polled_ms", 0) + interval * 1000;
    json_set_number(device, "polled_ms", now);
    if (is_fast)
        json_set_number(device, "interval", interval + 5);
    return is_fast;
}

void grant_device(exchange *self, const cJSON *body, bool has_secret)
{
    const char *code = json_text(body, "device_code");
    cJSON *device = records_find(&self->state->devices, code);
    const char *status = json_text(device, "status");
    sign_in of = { .user = records_find(&self->state->users, json_text(device, "user_id")) };
    (void)has_secret; /* the grant is for programs that keep none */
    if (!code)
        answer_oauth_error(self, "invalid_request", "device_code is missing.");
    else if (!device || text_equal(status, "used") || (text_equal(status, "approved") && !of.user))
        answer_oauth_error(self, "invalid_grant", "The device code is invalid or was used before.");
    else if ((double)state_now(self->state) >= json_number(device, "expires_ms", 0))
        answer_oauth_error(self, "expired_token", "The device code has expired.");
    else if (text_equal(status, "denied"))
        answer_oauth_error(self, "access_denied", "The person has refused.");
    else if (is_too_fast(self, device))
        answer_oauth_error(self, "slow_down", "Ask less often.");
    else if (text_equal(status, "pending"))
        answer_oauth_error(self, "authorization_pending", "The person has not answered yet.");
    else {
        of.method = json_text(device, "method");
        of.organization_id = json_text(device, "organization_id");
        of.at_ms = (int64_t)json_number(device, "at_ms", 0);
        json_set_text(device, "status", "used");
        grant_tokens(self, &of, body);
    }
}

/* As people type it: any case, with or without the dash, blanks around it. */
static cJSON *find_device(const emulator_state *state, const char *typed)
{
    char code[USER_CODE] = "";
    size_t n = 0;
    for (; typed && *typed && n < USER_CODE; typed++) {
        if (!isalpha((unsigned char)*typed))
            continue;
        if (n == 4)
            code[n++] = '-';
        if (n < USER_CODE - 1)
            code[n] = (char)toupper((unsigned char)*typed);
        n++;
    }
    cJSON *device = n == USER_CODE - 1 ? records_find_by(&state->devices, "user_code", code) : NULL;
    bool is_open = text_equal(json_text(device, "status"), "pending") &&
                   (double)state_now(state) < json_number(device, "expires_ms", 0);
    return is_open ? device : NULL;
}

static void ask_for_code(exchange *self, const char *typed)
{
    AUTO_TEXT html = { 0 };
    const page_field fields[] = { { .name = "user_code",
                                    .label = "Code",
                                    .hint = "BCDF-GHJK",
                                    .value = typed,
                                    .autocomplete = "off" } };
    page_show_form(
        &html, &(page_form){ .heading = "Connect a device",
                             .intro = "Type the code that your program shows",
                             .notice = typed ? "There is no such code, or it has expired." : NULL,
                             .action = "/device",
                             .is_get = true,
                             .fields = fields,
                             .n_fields = 1,
                             .submit = "Continue" });
    answer_html(self, typed ? 404 : 200, &html);
}

static void show_choices(exchange *self, const cJSON *device, const char *heading,
                         const page_choice *choices, size_t n)
{
    AUTO_TEXT action = { 0 }, intro = { 0 }, html = { 0 };
    text_print(&action, "/device?user_code=%s", json_text(device, "user_code"));
    text_print(&intro, "A program that shows %s wants to sign in", json_text(device, "user_code"));
    page_show_sign_in(&html, &(page_sign_in){ .heading = heading,
                                              .intro = intro.bytes,
                                              .action = action.bytes,
                                              .choices = choices,
                                              .n_choices = n,
                                              .cancel = "Refuse" });
    answer_html(self, 200, &html);
}

void handle_show_device(exchange *self)
{
    const char *typed = form_get(&self->query, "user_code");
    const cJSON *device = find_device(self->state, typed);
    page_choice choices[MAX_CHOICES];
    size_t n = 0;
    if (!device) {
        ask_for_code(self, typed);
        return;
    }
    for (size_t i = 0; i < self->state->users.count && n < MAX_CHOICES; i++) {
        const cJSON *user = self->state->users.items[i];
        const char *name = json_text(user, "name"), *email = json_text(user, "email");
        choices[n++] = (page_choice){ .user_id = json_text(user, "id"),
                                      .title = name ? name : email,
                                      .detail = email };
    }
    show_choices(self, device, "Sign in the device as", choices, n);
}

static void ask_for_organization(exchange *self, const cJSON *device, const cJSON *user)
{
    const emulator_state *state = self->state;
    page_choice choices[MAX_CHOICES];
    size_t n = 0;
    for (size_t i = 0; i < state->memberships.count && n < MAX_CHOICES; i++) {
        const cJSON *membership = state->memberships.items[i];
        if (!text_equal(json_text(membership, "user_id"), json_text(user, "id")) ||
            !text_equal(json_text(membership, "status"), "active"))
            continue;
        const char *id = json_text(membership, "organization_id");
        choices[n++] = (page_choice){ .user_id = json_text(user, "id"),
                                      .organization_id = id,
                                      .title = state_organization_name(state, id),
                                      .detail = json_text(json_get(membership, "role"), "slug") };
    }
    show_choices(self, device, "Choose an organization", choices, n);
}

static void show_end(exchange *self, const char *heading, const char *words)
{
    AUTO_TEXT html = { 0 };
    page_show_problem(&html, heading, words);
    answer_html(self, 200, &html);
}

static void approve(exchange *self, cJSON *device, const cJSON *user, const char *organization_id)
{
    const char *provider = json_text(user, "_oauth_provider");
    json_set_text(device, "status", "approved");
    json_set_text(device, "user_id", json_text(user, "id"));
    json_set_text(device, "organization_id", organization_id);
    json_set_text(device, "method", provider ? provider : "Password");
    json_set_number(device, "at_ms", (double)state_now(self->state));
    show_end(self, "The device is signed in", "You can go back to it and close this page.");
}

void handle_choose_device(exchange *self)
{
    cJSON *device = find_device(self->state, form_get(&self->query, "user_code"));
    AUTO_JSON click = exchange_is_form(self) ? exchange_body(self) : NULL;
    if (!device) {
        ask_for_code(self, "");
        return;
    }
    if (json_text(click, "cancel")) {
        json_set_text(device, "status", "denied");
        show_end(self, "Refused", "The device is not signed in. You can close this page.");
        return;
    }
    const char *email = json_text(click, "email");
    const cJSON *user = email ? state_find_user(self->state, email)
                              : records_find(&self->state->users, json_text(click, "user_id"));
    const char *user_id = json_text(user, "id"), *chosen = json_text(click, "organization_id");
    if (!user || (chosen && !state_find_membership(self->state, user_id, chosen))) {
        answer_error(self, 400, "bad_request", "The person who was chosen cannot sign in here.");
        return;
    }
    if (!chosen && state_count_memberships(self->state, user_id) > 1)
        ask_for_organization(self, device, user);
    else
        approve(self, device, user,
                chosen ? chosen : people_only_organization(self->state, user_id));
}
