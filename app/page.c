/* The page: who is signed in, and what has happened in their directory.
 *
 * Written whole on the server, so that it works without scripts; page.js adds what happens next.
 * The files in page/ have holes, {{like this}}; a hole is filled by a function here. Everything
 * that comes from outside goes through print_html(). */
#include "answer.h"
#include "clock.h"
#include "fail.h"
#include "page-files.h"
#include "print.h"
#include "wording.h"

#include <civetweb.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HTML_TYPE     "text/html; charset=utf-8"
#define N_EVENTS      50
#define N_DIRECTORIES 5

/* What the holes are filled with. */
typedef struct page {
    const app_request *request;
    const lk_session *session; /* NULL: nobody is signed in */
    const char *main;          /* the file inside the frame */
    const char *title, *text;  /* of a notice */
    const char *trouble;       /* why there are no events; NULL: there may be some */
    char filter[104];
    char after[ID_SIZE];
    lk_mirror_event_page *events;
    lk_directory_page *directories;
} page;

typedef struct hole {
    const char *name;
    void (*fill)(FILE *out, const page *self);
} hole;

static void fill_template(FILE *out, const char *text, const page *self);

static const lk_user *user_of(const page *self)
{
    return self->session != NULL ? self->session->user : NULL;
}

static bool is_given(const char *text)
{
    return text != NULL && *text != '\0';
}

/* "Ada Lovelace"; what there is of it; else the e-mail address, else the id. */
static char *name_of(const lk_user *user)
{
    char *name = NULL;
    const char *only = "Somebody";

    if (user == NULL)
        return strdup(only);
    if (is_given(user->first_name) && is_given(user->last_name))
        return asprintf(&name, "%s %s", user->first_name, user->last_name) < 0 ? NULL : name;
    const char *const choices[] = { user->name, user->first_name, user->last_name, user->email,
                                    user->id };
    for (size_t i = N_ITEMS(choices); i-- > 0;)
        if (is_given(choices[i]))
            only = choices[i];
    return strdup(only);
}

static void fill_title(FILE *out, const page *self)
{
    print_html(out, self->title);
}

static void fill_text(FILE *out, const page *self)
{
    print_html(out, self->text);
}

/* By which the server's log knows it. */
static void fill_request(FILE *out, const page *self)
{
    print_html(out, self->request->guest->id);
}

static void fill_main(FILE *out, const page *self)
{
    fill_template(out, self->main, self);
}

static void fill_account(FILE *out, const page *self)
{
    if (self->session != NULL)
        fill_template(out, (const char *)account_html, self);
}

/* People who come by another name of this machine (127.0.0.1 for localhost) are led to the one that
 * the callback uses: the sign-in's cookie would not come back there otherwise. */
static void print_origin(FILE *out, const page *self)
{
    const server *here = self->request->server;
    const char *host = mg_get_header(self->request->connection, "Host");
    const char *authority = strstr(here->origin, "://");

    if (here->options->address.is_loopback && host != NULL && authority != NULL &&
        strcmp(authority + 3, host) != 0)
        print_html(out, here->origin);
}

static void fill_login(FILE *out, const page *self)
{
    print_origin(out, self);
    fputs("/login", out);
}

static void fill_logout(FILE *out, const page *self)
{
    (void)self;
    fputs("/logout", out);
}

static void fill_name(FILE *out, const page *self)
{
    char *name CLEANUP(free_textp) = name_of(user_of(self));

    print_html(out, name);
}

static void fill_email(FILE *out, const page *self)
{
    if (user_of(self) != NULL)
        print_html(out, user_of(self)->email);
}

/* The first character of a text, whole. */
static void print_initial(FILE *out, const char *text)
{
    char initial[5] = "";
    size_t len = 1;

    if (!is_given(text))
        return;
    while (len < 4 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len++;
    memcpy(initial, text, len);
    if (len == 1)
        initial[0] = (char)toupper((unsigned char)initial[0]);
    print_html(out, initial);
}

static void fill_initials(FILE *out, const page *self)
{
    const lk_user *user = user_of(self);
    char *name CLEANUP(free_textp) = name_of(user);

    if (user != NULL && is_given(user->first_name) && is_given(user->last_name)) {
        print_initial(out, user->first_name);
        print_initial(out, user->last_name);
        return;
    }
    print_initial(out, name);
}

static void fill_impersonator(FILE *out, const page *self)
{
    const lk_impersonator *other = self->session->impersonator;

    if (other == NULL)
        return;
    fputs("<p class=\"warning\"><strong>", out);
    print_html(out, other->email);
    fputs("</strong> is acting as this person", out);
    if (is_given(other->reason)) {
        fputs(": ", out);
        print_html(out, other->reason);
    }
    fputs("</p>", out);
}

static void print_fact(FILE *out, const char *label, const char *text)
{
    if (!is_given(text))
        return;
    fprintf(out, "<dt>%s</dt><dd>", label);
    print_html(out, text);
    fputs("</dd>\n", out);
}

static void print_chips(FILE *out, const char *label, const char *const *texts, size_t n_texts)
{
    if (n_texts == 0)
        return;
    fprintf(out, "<dt>%s</dt><dd><ul class=\"chips\">", label);
    for (size_t i = 0; i < n_texts; i++) {
        fputs("<li><code>", out);
        print_html(out, texts[i]);
        fputs("</code></li>", out);
    }
    fputs("</ul></dd>\n", out);
}

static void print_moment(FILE *out, int64_t unix_ms)
{
    char iso[TIME_SIZE];
    char text[40] = "";
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;

    print_time(iso, unix_ms);
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(text, sizeof(text), "%e %b %Y, %H:%M UTC", &utc);
    fprintf(out, "<time datetime=\"%s\">%s</time>", iso, text[0] == ' ' ? text + 1 : text);
}

static void print_directories(FILE *out, const page *self)
{
    if (self->directories == NULL || self->directories->count == 0)
        return;
    fputs(self->directories->count == 1 ? "<dt>Directory</dt><dd>" : "<dt>Directories</dt><dd>",
          out);
    for (size_t i = 0; i < self->directories->count; i++) {
        const lk_directory *directory = self->directories->items[i];
        fputs(i > 0 ? ", " : "", out);
        print_html(out, is_given(directory->name) ? directory->name : directory->id);
        if (is_given(directory->state) && strcmp(directory->state, "active") != 0) {
            fputs(" (", out);
            print_html(out, directory->state);
            fputs(")", out);
        }
    }
    fputs("</dd>\n", out);
}

static void fill_facts(FILE *out, const page *self)
{
    const lk_session *session = self->session;

    fputs("<dt>Organization</dt><dd>", out);
    if (is_given(session->organization_id)) {
        fputs("<code>", out);
        print_html(out, session->organization_id);
        fputs("</code>", out);
    } else {
        fputs("None", out);
    }
    fputs("</dd>\n", out);
    print_directories(out, self);
    if (session->n_roles > 1)
        print_chips(out, "Roles", session->roles, session->n_roles);
    else
        print_fact(out, "Role", session->role);
    print_chips(out, "Permissions", session->permissions, session->n_permissions);
    print_fact(out, "Signed in by", session->authentication_method);
    if (session->expires_at_ms != 0) {
        bool renews = self->request->server->options->web.mode == LK_WEB_AUTHKIT;
        fputs(renews ? "<dt>Session renews</dt><dd>" : "<dt>Session ends</dt><dd>", out);
        print_moment(out, session->expires_at_ms);
        fputs("</dd>\n", out);
    }
}

static void fill_status(FILE *out, const page *self)
{
    (void)self;
    fputs("As of ", out);
    print_moment(out, clock_wall_ms());
}

static void fill_filter(FILE *out, const page *self)
{
    print_html(out, self->filter);
}

static void fill_after(FILE *out, const page *self)
{
    print_html(out, self->after);
}

/* The stream would refuse who may see nothing: page.js need not ask. */
static void fill_live(FILE *out, const page *self)
{
    const access_scope *scope = &self->request->scope;

    fputs(scope->sees_everything || scope->organization_id != NULL ? "yes" : "no", out);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);

    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

static const char *mark_of(const char *type)
{
    if (ends_with(type, "deleted") || ends_with(type, "removed") || ends_with(type, "deactivated"))
        return "mark mark-minus";
    if (ends_with(type, "created") || ends_with(type, "added") || ends_with(type, "activated") ||
        ends_with(type, "verified"))
        return "mark mark-plus";
    return "mark";
}

static void print_event(FILE *out, const lk_mirror_event *event)
{
    char *summary CLEANUP(free_textp) = wording_of(event);

    fputs("<li data-id=\"", out);
    print_html(out, event->id);
    fprintf(out, "\"><span class=\"%s\" aria-hidden=\"true\"></span><div><p class=\"what\">",
            mark_of(event->type));
    print_html(out, summary);
    fputs("</p><p class=\"meta\">", out);
    print_moment(out, event->created_at_ms);
    fputs(" · <code>", out);
    print_html(out, event->type);
    fputs("</code></p></div></li>\n", out);
}

static void fill_events(FILE *out, const page *self)
{
    for (size_t i = 0; self->events != NULL && i < self->events->count; i++)
        print_event(out, self->events->items[i]);
}

static void fill_empty_hidden(FILE *out, const page *self)
{
    if (self->trouble == NULL && self->events != NULL && self->events->count > 0)
        fputs(" hidden", out);
}

static void fill_empty(FILE *out, const page *self)
{
    if (self->trouble != NULL) {
        print_html(out, self->trouble);
    } else if (self->filter[0] != '\0') {
        fputs("Nothing here matches “", out);
        print_html(out, self->filter);
        fputs("”.", out);
    } else {
        fputs("Nothing has happened yet.", out);
    }
}

static const hole holes[] = {
    { "account", fill_account },
    { "after", fill_after },
    { "email", fill_email },
    { "empty", fill_empty },
    { "empty-hidden", fill_empty_hidden },
    { "events", fill_events },
    { "facts", fill_facts },
    { "impersonator", fill_impersonator },
    { "initials", fill_initials },
    { "live", fill_live },
    { "login", fill_login },
    { "logout", fill_logout },
    { "main", fill_main },
    { "name", fill_name },
    { "q", fill_filter },
    { "request", fill_request },
    { "status", fill_status },
    { "text", fill_text },
    { "title", fill_title },
};

static void fill_hole(FILE *out, const char *name, size_t len, const page *self)
{
    for (size_t i = 0; i < N_ITEMS(holes); i++)
        if (strlen(holes[i].name) == len && memcmp(holes[i].name, name, len) == 0)
            holes[i].fill(out, self);
}

static void fill_template(FILE *out, const char *text, const page *self)
{
    for (const char *open = strstr(text, "{{"); open != NULL; open = strstr(text, "{{")) {
        const char *close = strstr(open, "}}");
        if (close == NULL)
            break;
        fwrite(text, 1, (size_t)(open - text), out);
        fill_hole(out, open + 2, (size_t)(close - open - 2), self);
        text = close + 2;
    }
    fputs(text, out);
}

static int send_page(const page *self, int status)
{
    body html;

    if (!body_begin(&html))
        return answer_problem(self->request, 503, "out_of_memory", "the server is short of memory");
    fill_template(html.out, (const char *)frame_html, self);
    return body_answer(&html, self->request, status, HTML_TYPE);
}

/* The place to follow from is read before the list: what comes in between is in both, not in
 * neither. */
static lk_status read_events(page *self, lk_mirror *mirror, lk_error *err)
{
    const char *organization = self->request->scope.organization_id;
    lk_auto(lk_mirror_event_page) latest = NULL;

    TRY(lk_mirror_list_events(mirror,
                              LK_MIRROR_EVENT_QUERY(.order = LK_LATEST_ARRIVAL, .limit = 1,
                                                    .organization_id = organization),
                              &latest, err));
    if (latest->count > 0)
        snprintf(self->after, sizeof(self->after), "%s", latest->items[0]->id);
    TRY(lk_mirror_list_events(
        mirror,
        LK_MIRROR_EVENT_QUERY(.order = LK_NEWEST_FIRST, .limit = N_EVENTS, .type = "dsync.",
                              .organization_id = organization,
                              .text = self->filter[0] != '\0' ? self->filter : NULL),
        &self->events, err));
    return lk_mirror_list_directories(
        mirror, LK_MIRROR_QUERY(.organization_id = organization, .limit = N_DIRECTORIES),
        &self->directories, err);
}

static void fetch(page *self)
{
    const access_scope *scope = &self->request->scope;
    pool *readers = self->request->server->readers;
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;

    if (!scope->sees_everything && scope->organization_id == NULL) {
        self->trouble = "You are signed in without an organization, so there are no events for you "
                        "to see. Sign in to an organization, or ask for access.";
        return;
    }
    if (pool_take(readers, &mirror, &err) != LK_OK || read_events(self, mirror, &err) != LK_OK) {
        answer_complain(self->request, &err);
        self->trouble = "The events cannot be read now; the server’s log says why.";
    }
    pool_give(readers, mirror);
}

int answer_page(const app_request *request)
{
    page self = { .request = request, .session = request->who->session, .title = "Latchkey" };
    int status = 200;

    self.main = (const char *)(self.session != NULL ? signed_in_html : signed_out_html);
    if (!query_text(request, "q", self.filter, sizeof(self.filter), &status))
        return status;
    if (self.session != NULL)
        fetch(&self);
    status = send_page(&self, 200);
    lk_mirror_event_page_free(self.events);
    lk_directory_page_free(self.directories);
    return status;
}

int answer_notice(const app_request *request, int status, const char *title, const char *text)
{
    const page self = {
        .request = request, .main = (const char *)notice_html, .title = title, .text = text
    };

    return send_page(&self, status);
}

/* "no-cache": kept, but asked for each time, so a new version shows at once. */
int answer_page_css(const app_request *request)
{
    return answer(request, 200, "text/css; charset=utf-8", "no-cache", page_css, page_css_len);
}

int answer_page_js(const app_request *request)
{
    return answer(request, 200, "text/javascript; charset=utf-8", "no-cache", page_js, page_js_len);
}

int answer_icon(const app_request *request)
{
    return answer(request, 200, "image/svg+xml", "max-age=86400", icon_svg, icon_svg_len);
}
