/* The console: directories, their people and groups, changed by hand in a browser without scripts.
 * Every change is a form that is sent by POST, which routes.c lets through from this origin only,
 * and ends with a redirect, so that going back sends nothing twice. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "directory.h"
#include "handlers.h"
#include "json.h"
#include "page.h"
#include "people-names.h"

#define PER_PAGE   25
#define MOST_SCANS 20000 /* places that a search looks at; others are waiting meanwhile */

static const struct notice {
    const char *name, *words;
} notices[] = {
    { "hired", "The person was hired." },
    { "saved", "The changes are saved." },
    { "suspended", "The person is suspended." },
    { "activated", "The person is active again." },
    { "removed", "The person was removed." },
    { "group", "The group was created." },
    { "group-removed", "The group was deleted." },
    { "directory", "The directory was created." },
    { "directory-removed", "The directory was deleted, with everybody in it." },
    { "wrong", "That did not work: a name is needed, and an e-mail address must have an @." },
};

void console_add_notice(exchange *self, text *out)
{
    const char *done = form_get(&self->query, "done");
    for (size_t i = 0; i < sizeof notices / sizeof *notices; i++) {
        if (text_equal(notices[i].name, done))
            text_print(out, "<p class=\"notice\" role=\"status\">%s</p>", notices[i].words);
    }
}

static void go_to(exchange *self, const char *place, const char *id, const char *done)
{
    AUTO_TEXT url = { 0 };
    text_print(&url, "%s%s?done=%s", place, id, done);
    answer_redirect(self, url.bytes);
}

#define TO_DIRECTORY(self, id, done) go_to((self), "/console/directories/", (id), (done))
#define TO_PERSON(self, id, done)    go_to((self), "/console/people/", (id), (done))

static void show_missing(exchange *self, const char *what)
{
    AUTO_TEXT page = { 0 };
    page_show_problem(&page, what, "It may have been removed meanwhile.");
    answer_html(self, 404, &page);
}

static cJSON *find_directory(exchange *self)
{
    cJSON *directory = records_find(&self->state->directories, self->params[0]);
    if (!directory)
        show_missing(self, "There is no such directory");
    return directory;
}

static cJSON *find_person(exchange *self)
{
    cJSON *user = roster_find(self->state, self->params[0]);
    if (!user)
        show_missing(self, "There is no such person");
    return user;
}

static const char *attribute(const cJSON *user, const char *name)
{
    const char *value = json_text(json_get(user, "custom_attributes"), name);
    return value ? value : "";
}

static const char *name_of(const cJSON *user)
{
    const char *name = json_text(user, "name"), *email = json_text(user, "email");
    return name ? name : email ? email : json_text(user, "id");
}

/* A form that is one button. */
static void add_button(text *out, const char *place, const char *id, const char *verb,
                       const char *label, const char *about)
{
    AUTO_TEXT action = { 0 };
    text_print(&action, "%s%s/%s", place, id, verb);
    page_add_form(out, action.bytes);
    text_print(out, "<button class=\"small\">%s<span class=\"hidden\"> ", label);
    text_add_html(out, about);
    text_add(out, "</span></button></form>");
}

static void add_person(text *out, const cJSON *user)
{
    const char *id = json_text(user, "id"), *state = json_text(user, "state");
    const char *department = attribute(user, "department_name");
    bool is_active = text_equal(state, "active");
    text_add(out, "<li class=\"person\">");
    page_add_avatar(out, name_of(user));
    text_print(out, "<span class=\"words\"><span class=\"title\"><a href=\"/console/people/%s\">",
               id);
    text_add_html(out, name_of(user));
    text_add(out, "</a></span>");
    if (!is_active)
        text_print(out, " <span class=\"badge\">%s</span>", state);
    text_add(out, "<span class=\"detail\">");
    text_add_html(out, json_text(user, "email"));
    text_add(out, "</span>");
    if (*department) {
        text_add(out, "<span class=\"detail\">");
        text_add_html(out, department);
        text_add(out, "</span>");
    }
    text_add(out, "</span>");
    add_button(out, "/console/people/", id, is_active ? "suspend" : "activate",
               is_active ? "Suspend" : "Activate", name_of(user));
    text_add(out, "</li>");
}

static bool is_listed(const cJSON *user, const char *directory_id, const char *search)
{
    const char *name = json_text(user, "name"), *email = json_text(user, "email");
    if (!user || !text_equal(json_text(user, "directory_id"), directory_id))
        return false;
    return !search || (name && strcasestr(name, search)) || (email && strcasestr(email, search));
}

/* Newest first, so that whoever was hired just now is seen. Returns where the next page begins; 0:
 * this was the last one. */
static size_t add_people(exchange *self, text *out, const char *directory_id)
{
    const char *search = form_get(&self->query, "q");
    long from = (long)roster_positions(self->state);
    size_t n = 0, scans = 0;
    (void)text_parse_number(form_get(&self->query, "from"), from, &from);
    text_add(out, "<ul>");
    size_t place = (size_t)from;
    for (; place > 0 && n < PER_PAGE && scans < MOST_SCANS; place--, scans++) {
        const cJSON *user = roster_at(self->state, place - 1);
        if (is_listed(user, directory_id, search)) {
            add_person(out, user);
            n++;
        }
        roster_drop(self->state, user);
    }
    text_add(out, "</ul>");
    if (n == 0)
        text_add(out, "<p class=\"detail\">Nobody is here.</p>");
    return place;
}

static void add_people_card(exchange *self, text *out, const cJSON *directory)
{
    const char *id = json_text(directory, "id"), *search = form_get(&self->query, "q");
    text_print(
        out,
        "<section class=\"card\"><h2>People</h2><form class=\"bar\" method=\"get\" "
        "action=\"/console/directories/%s\" role=\"search\"><label class=\"field\"><span>Find "
        "by name or e-mail</span><input type=\"search\" name=\"q\" value=\"",
        id);
    text_add_html(out, search);
    text_add(out, "\"></label><button class=\"small\">Find</button></form>");
    size_t next = add_people(self, out, id);
    if (next) {
        text_print(out, "<p><a href=\"/console/directories/%s?from=%zu", id, next);
        if (search) {
            text_add(out, "&amp;q=");
            text_add_url(out, search);
        }
        text_add(out, "\">Older ones</a></p>");
    }
    text_add(out, "</section>");
}

static void add_group_boxes(exchange *self, text *out, const cJSON *directory_id, const cJSON *user)
{
    const records *groups = &self->state->directory_groups;
    text_add(out, "<fieldset><legend>Groups</legend>");
    for (size_t i = 0; i < groups->count; i++) {
        const cJSON *group = groups->items[i];
        if (!text_equal(json_text(group, "directory_id"), cJSON_GetStringValue(directory_id)))
            continue;
        bool is_in = user && directory_is_linked(self->state, user, group);
        text_print(out,
                   "<label class=\"box\"><input type=\"checkbox\" name=\"in_%s\" value=\"1\"%s> ",
                   json_text(group, "id"), is_in ? " checked" : "");
        text_add_html(out, json_text(group, "name"));
        text_add(out, "</label>");
    }
    text_add(out, "</fieldset>");
}

static void add_person_fields(text *out, const cJSON *user)
{
    const page_field fields[] = {
        { .name = "first_name", .label = "First name", .value = json_text(user, "first_name") },
        { .name = "last_name", .label = "Last name", .value = json_text(user, "last_name") },
        { .name = "email",
          .label = "E-mail",
          .type = "email",
          .value = json_text(user, "email"),
          .is_optional = true },
        { .name = "department",
          .label = "Department",
          .value = attribute(user, "department_name"),
          .is_optional = true },
        { .name = "title",
          .label = "Job title",
          .value = attribute(user, "job_title"),
          .is_optional = true },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        page_add_field(out, &fields[i]);
}

static void add_hire_card(exchange *self, text *out, const cJSON *directory)
{
    AUTO_TEXT action = { 0 };
    text_print(&action, "/console/directories/%s/people", json_text(directory, "id"));
    text_add(out, "<section class=\"card\"><h2>Hire somebody</h2>");
    page_add_form(out, action.bytes);
    add_person_fields(out, NULL);
    add_group_boxes(self, out, json_get(directory, "id"), NULL);
    text_add(out, "<button class=\"go\">Hire</button></form></section>");
}

static void add_groups_card(exchange *self, text *out, const cJSON *directory)
{
    const records *groups = &self->state->directory_groups;
    AUTO_TEXT action = { 0 };
    text_print(&action, "/console/directories/%s/groups", json_text(directory, "id"));
    text_add(out, "<section class=\"card\"><h2>Groups</h2><ul>");
    for (size_t i = 0; i < groups->count; i++) {
        const cJSON *group = groups->items[i];
        if (!text_equal(json_text(group, "directory_id"), json_text(directory, "id")))
            continue;
        text_add(out, "<li class=\"person\"><span class=\"words\">");
        text_add_html(out, json_text(group, "name"));
        text_add(out, "</span>");
        add_button(out, "/console/groups/", json_text(group, "id"), "remove", "Delete",
                   json_text(group, "name"));
        text_add(out, "</li>");
    }
    text_add(out, "</ul>");
    page_add_form(out, action.bytes);
    page_add_field(out, &(page_field){ .name = "name", .label = "New group" });
    text_add(out, "<button class=\"go\">Create</button></form></section>");
}

void handle_console_directory(exchange *self)
{
    const cJSON *directory = find_directory(self);
    AUTO_TEXT page = { 0 };
    if (!directory)
        return;
    page_begin(&page, json_text(directory, "name"), "wide");
    text_add(&page, "<nav><a href=\"/\">← All directories</a></nav><h1>");
    text_add_html(&page, json_text(directory, "name"));
    text_add(&page, "</h1><p class=\"lead\">");
    text_print(&page, "%zu people, ", roster_count(self->state, json_text(directory, "id"), false));
    text_add_html(&page, json_text(directory, "type"));
    text_add(&page, ", ");
    text_add_html(&page,
                  state_organization_name(self->state, json_text(directory, "organization_id")));
    text_add(&page, "</p>");
    console_add_notice(self, &page);
    text_add(&page, "<div class=\"columns\">");
    add_people_card(self, &page, directory);
    text_add(&page, "<div>");
    add_hire_card(self, &page, directory);
    add_groups_card(self, &page, directory);
    text_add(&page, "<section class=\"card\"><details class=\"only\"><summary>Delete the directory"
                    "</summary><p>Everybody in it goes with it.</p>");
    add_button(&page, "/console/directories/", json_text(directory, "id"), "remove", "Delete",
               json_text(directory, "name"));
    text_add(&page, "</details></section></div></div>");
    page_end(&page);
    answer_html(self, 200, &page);
}

void handle_console_person(exchange *self)
{
    const cJSON *user = find_person(self);
    AUTO_TEXT page = { 0 }, action = { 0 };
    if (!user)
        return;
    const char *id = json_text(user, "id"), *directory_id = json_text(user, "directory_id");
    const cJSON *directory = records_find(&self->state->directories, directory_id);
    bool is_active = text_equal(json_text(user, "state"), "active");
    page_begin(&page, name_of(user), "wide");
    text_print(&page, "<nav><a href=\"/console/directories/%s\">← ", directory_id);
    text_add_html(&page, json_text(directory, "name"));
    text_add(&page, "</a></nav><h1>");
    text_add_html(&page, name_of(user));
    text_print(&page, "</h1><p class=\"lead\">%s · <code>%s</code></p>", json_text(user, "state"),
               id);
    console_add_notice(self, &page);
    text_add(&page, "<div class=\"columns\"><section class=\"card\"><h2>Who they are</h2>");
    text_print(&action, "/console/people/%s", id);
    page_add_form(&page, action.bytes);
    add_person_fields(&page, user);
    add_group_boxes(self, &page, json_get(user, "directory_id"), user);
    text_add(&page, "<button class=\"go\">Save</button></form></section>"
                    "<section class=\"card\"><h2>Leave and return</h2><div class=\"bar\">");
    add_button(&page, "/console/people/", id, is_active ? "suspend" : "activate",
               is_active ? "Suspend" : "Activate", name_of(user));
    add_button(&page, "/console/people/", id, "remove", "Remove", name_of(user));
    text_add(&page, "</div></section></div>");
    page_end(&page);
    answer_html(self, 200, &page);
}

/* Whether the form names the person, with an address that can be one. */
static bool is_person(const cJSON *click)
{
    const char *first = json_text(click, "first_name"), *email = json_text(click, "email");
    return first && *first && (!email || !*email || strchr(email, '@'));
}

static void set_if_given(cJSON *object, const char *key, const char *value)
{
    if (value && *value)
        json_set_text(object, key, value);
    else if (value)
        json_set(object, key, NULL);
}

/* The members of the wire for what was typed; a hire without an address gets one. */
static cJSON *person_input(const cJSON *directory, const cJSON *click, bool is_hire)
{
    cJSON *input = json_object(), *attributes = json_object();
    const char *first = json_text(click, "first_name"), *last = json_text(click, "last_name");
    const char *email = json_text(click, "email");
    AUTO_CHARS made = people_email(directory, first, last ? last : "", 0);
    json_set_text(input, "first_name", first);
    set_if_given(input, "last_name", last);
    set_if_given(input, "email", is_hire && (!email || !*email) ? made : email);
    set_if_given(attributes, "department_name", json_text(click, "department"));
    set_if_given(attributes, "job_title", json_text(click, "title"));
    json_set(input, "custom_attributes", attributes);
    return input;
}

static void set_groups(exchange *self, cJSON *user, const cJSON *click)
{
    const records *groups = &self->state->directory_groups;
    for (size_t i = 0; i < groups->count; i++) {
        const cJSON *group = groups->items[i];
        AUTO_TEXT box = { 0 };
        if (!text_equal(json_text(group, "directory_id"), json_text(user, "directory_id")))
            continue;
        text_print(&box, "in_%s", json_text(group, "id"));
        if (json_text(click, box.bytes))
            directory_link(self->state, user, group);
        else if (directory_is_linked(self->state, user, group))
            directory_unlink(self->state, user, group);
    }
}

void handle_console_hire(exchange *self)
{
    const cJSON *directory = find_directory(self);
    AUTO_JSON click = exchange_body(self);
    if (!directory)
        return;
    if (!is_person(click)) {
        TO_DIRECTORY(self, json_text(directory, "id"), "wrong");
        return;
    }
    AUTO_JSON input = person_input(directory, click, true);
    cJSON *user = directory_user_add(self->state, directory, input);
    set_groups(self, user, click);
    TO_DIRECTORY(self, json_text(directory, "id"), "hired");
}

void handle_console_save(exchange *self)
{
    cJSON *user = find_person(self);
    AUTO_JSON click = exchange_body(self);
    if (!user)
        return;
    const cJSON *directory =
        records_find(&self->state->directories, json_text(user, "directory_id"));
    if (!is_person(click)) {
        TO_PERSON(self, json_text(user, "id"), "wrong");
        return;
    }
    AUTO_JSON patch = person_input(directory, click, false);
    directory_user_change(self->state, user, patch);
    set_groups(self, user, click);
    TO_PERSON(self, json_text(user, "id"), "saved");
}

static void change_state(exchange *self, const char *state, const char *done)
{
    cJSON *user = find_person(self);
    AUTO_JSON patch = json_object();
    if (!user)
        return;
    json_set_text(patch, "state", state);
    directory_user_change(self->state, user, patch);
    TO_DIRECTORY(self, json_text(user, "directory_id"), done);
}

void handle_console_suspend(exchange *self)
{
    change_state(self, "suspended", "suspended");
}

void handle_console_activate(exchange *self)
{
    change_state(self, "active", "activated");
}

void handle_console_remove_person(exchange *self)
{
    cJSON *user = find_person(self);
    if (!user)
        return;
    AUTO_CHARS directory_id = text_copy(json_text(user, "directory_id"));
    directory_user_remove(self->state, user);
    TO_DIRECTORY(self, directory_id, "removed");
}

void handle_console_add_group(exchange *self)
{
    const cJSON *directory = find_directory(self);
    AUTO_JSON click = exchange_body(self);
    const char *name = json_text(click, "name");
    if (!directory)
        return;
    if (name && *name) {
        AUTO_JSON input = json_object();
        json_set_text(input, "name", name);
        directory_group_add(self->state, directory, input);
    }
    TO_DIRECTORY(self, json_text(directory, "id"), name && *name ? "group" : "wrong");
}

void handle_console_remove_group(exchange *self)
{
    cJSON *group = records_find(&self->state->directory_groups, self->params[0]);
    if (!group) {
        show_missing(self, "There is no such group");
        return;
    }
    AUTO_CHARS directory_id = text_copy(json_text(group, "directory_id"));
    directory_group_remove(self->state, group);
    TO_DIRECTORY(self, directory_id, "group-removed");
}

void handle_console_add_directory(exchange *self)
{
    AUTO_JSON click = exchange_body(self);
    const char *name = json_text(click, "name");
    const cJSON *organization =
        records_find(&self->state->organizations, json_text(click, "organization_id"));
    if (!name || !*name || !organization) {
        answer_redirect(self, "/?done=wrong");
        return;
    }
    AUTO_JSON input = json_object();
    json_set_text(input, "name", name);
    const cJSON *directory = directory_add(self->state, json_text(organization, "id"), input);
    TO_DIRECTORY(self, json_text(directory, "id"), "directory");
}

void handle_console_remove_directory(exchange *self)
{
    cJSON *directory = find_directory(self);
    if (!directory)
        return;
    directory_remove(self->state, directory);
    answer_redirect(self, "/?done=directory-removed");
}
