/* See fake-directory.h. */
#include "fake-directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "test.h"

void fake_directory_fill(fake_directory *directory, int n_directories, size_t n_users)
{
    directory->n_directories = n_directories;
    directory->refuses = -1;
    directory->shortest_ms = INT64_MAX;
    directory->n_users = n_users;
    directory->users = calloc(n_users > 0 ? n_users : 1, sizeof(*directory->users));
    assert_non_null(directory->users);
    for (size_t i = 0; i < n_users; i++) {
        fake_user *user = &directory->users[i];

        snprintf(user->id, sizeof(user->id), "user_%06zu", i);
        snprintf(user->name, sizeof(user->name), "Name %zu", i);
        user->directory = (int)(i % (size_t)n_directories);
        user->groups = (unsigned)(i * 5 % 8);
    }
}

static void write_group(int directory, int group, char *out, size_t size)
{
    snprintf(out, size,
             "{\"object\":\"directory_group\",\"id\":\"group_%d_%d\",\"idp_id\":\"g%d\","
             "\"directory_id\":\"dir_%d\",\"organization_id\":\"org_%d\",\"name\":\"Group %d\"}",
             directory, group, group, directory, directory, group);
}

void fake_directory_user_json(const fake_user *user, bool with_groups, char *out)
{
    size_t len = (size_t)sprintf(
        out,
        "{\"object\":\"directory_user\",\"id\":\"%s\",\"directory_id\":\"dir_%d\","
        "\"organization_id\":\"org_%d\",\"email\":\"%s@x.example\",\"first_name\":\"%s\","
        "\"state\":\"active\",\"custom_attributes\":{\"a\":1,\"b\":\"%s\"}",
        user->id, user->directory, user->directory, user->id, user->name, user->name);
    bool any = false;

    if (with_groups) {
        len += (size_t)sprintf(out + len, ",\"groups\":[");
        for (int g = 0; g < FAKE_GROUPS; g++) {
            if ((user->groups & (1U << g)) == 0)
                continue;
            len += (size_t)sprintf(out + len, "%s", any ? "," : "");
            write_group(user->directory, g, out + len, 1024 - len);
            len += strlen(out + len);
            any = true;
        }
        len += (size_t)sprintf(out + len, "]");
    }
    sprintf(out + len, "}");
}

/* ---- Answers ---- */

typedef struct entry {
    char id[32];
    char json[1024];
} entry;

typedef struct page {
    const fake_directory *directory;
    const char *after; /* "" at the beginning */
    bool has_begun;
    size_t count;
    char last[32];
    bool is_more;
    lk__buf body;
} page;

static void offer(page *p, const entry *e)
{
    size_t limit = p->directory->page == 0 ? 100 : p->directory->page;

    if (!p->has_begun) {
        p->has_begun = strcmp(p->after, e->id) == 0;
        return;
    }
    if (p->count == limit) {
        p->is_more = true;
        return;
    }
    assert_int_equal(lk__buf_printf(&p->body, NULL, "%s%s", p->count > 0 ? "," : "", e->json),
                     LK_OK);
    snprintf(p->last, sizeof(p->last), "%s", e->id);
    p->count++;
}

static void offer_directories(page *p)
{
    for (int i = 0; i < p->directory->n_directories; i++) {
        entry e;
        size_t n_users = 0;

        for (size_t u = 0; u < p->directory->n_users; u++)
            n_users += p->directory->users[u].directory == i && !p->directory->users[u].is_gone;
        if (p->directory->is_gone[i])
            continue;
        snprintf(e.id, sizeof(e.id), "dir_%d", i);
        snprintf(e.json, sizeof(e.json),
                 "{\"object\":\"directory\",\"id\":\"dir_%d\",\"organization_id\":\"org_%d\","
                 "\"type\":\"okta scim v2.0\",\"state\":\"linked\",\"name\":\"Directory %d\","
                 "\"metadata\":{\"users\":{\"active\":%zu,\"inactive\":0},\"groups\":%d}}",
                 i, i, i, n_users, FAKE_GROUPS);
        offer(p, &e);
    }
}

static void offer_groups(page *p, int directory)
{
    for (int i = 0; i < FAKE_GROUPS; i++) {
        entry e;

        snprintf(e.id, sizeof(e.id), "group_%d_%d", directory, i);
        write_group(directory, i, e.json, sizeof(e.json));
        offer(p, &e);
    }
}

static void offer_users(page *p, int directory)
{
    for (size_t i = 0; i < p->directory->n_users; i++) {
        const fake_user *user = &p->directory->users[i];
        bool is_other = user->directory != directory && !p->directory->ignores_directory;
        entry e;

        if (user->is_gone || is_other)
            continue;
        snprintf(e.id, sizeof(e.id), "%s", user->id);
        fake_directory_user_json(user, true, e.json);
        offer(p, &e);
    }
    if (p->directory->is_unreadable)
        assert_int_equal(lk__buf_printf(&p->body, NULL, "%s17", p->count > 0 ? "," : ""), LK_OK);
}

/* ---- Requests ---- */

static void read_parameter(const char *url, const char *name, char *out, size_t size)
{
    char wanted[32];
    const char *at;

    snprintf(wanted, sizeof(wanted), "%s=", name);
    out[0] = '\0';
    for (at = strpbrk(url, "?&"); at != NULL; at = strpbrk(at + 1, "?&"))
        if (strncmp(at + 1, wanted, strlen(wanted)) == 0)
            snprintf(out, size, "%.*s", (int)strcspn(at + 1 + strlen(wanted), "&"),
                     at + 1 + strlen(wanted));
}

static lk_status refuse(lk_http_response *response, int status, lk_error *err)
{
    static const char body[] = "{\"message\":\"no\"}";

    (void)err;
    lk_http_response_set_status(response, status);
    return lk_http_response_append(response, body, strlen(body));
}

static void note_time(fake_directory *self, int directory)
{
    int64_t *last = &self->asked_at_ms[directory];

    if (*last != 0 && self->clock->now_ms - *last < self->shortest_ms)
        self->shortest_ms = self->clock->now_ms - *last;
    *last = self->clock->now_ms;
}

static lk_status answer(fake_directory *self, const char *url, lk_http_response *response,
                        lk_error *err)
{
    char after[32];
    char name[32];
    page p = { .directory = self, .after = after, .body = LK__BUF(1 << 20) };
    int directory = -1;
    lk_status status;

    read_parameter(url, "after", after, sizeof(after));
    read_parameter(url, "directory", name, sizeof(name));
    p.has_begun = after[0] == '\0';
    if (name[0] != '\0') {
        directory = atoi(name + strlen("dir_"));
        note_time(self, directory);
        if (directory == self->refuses || self->is_gone[directory])
            return refuse(response, 404, err);
    }
    if (strstr(url, "/directories") != NULL)
        offer_directories(&p);
    else if (strstr(url, "/directory_groups") != NULL)
        offer_groups(&p, directory);
    else
        offer_users(&p, directory);
    if (!p.has_begun || (self->refuses_places && after[0] != '\0')) {
        lk__buf_clear(&p.body);
        return refuse(response, 422, err);
    }
    lk_http_response_set_status(response, 200);
    status = lk_http_response_append(response, "{\"data\":[", 9);
    if (status == LK_OK && p.body.len > 0)
        status = lk_http_response_append(response, p.body.data, p.body.len);
    lk__buf_clear(&p.body);
    assert_int_equal(lk__buf_printf(&p.body, NULL, "],\"list_metadata\":{\"after\":%s%s%s}}",
                                    p.is_more ? "\"" : "", p.is_more ? p.last : "null",
                                    p.is_more ? "\"" : ""),
                     LK_OK);
    if (status == LK_OK)
        status = lk_http_response_append(response, p.body.data, p.body.len);
    lk__buf_clear(&p.body);
    return status;
}

static lk_status send(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err)
{
    static const char nothing[] = "{\"data\":[],\"list_metadata\":{\"after\":null}}";
    fake_directory *self = ctx;

    if (strstr(request->url, "/events") != NULL) {
        if (self->feed != NULL)
            return fake_feed_use(self->feed).send(self->feed, request, response, err);
        lk_http_response_set_status(response, 200);
        return lk_http_response_append(response, nothing, strlen(nothing));
    }
    self->n_requests++;
    if (self->during != NULL)
        self->during(self->during_ctx, request->url);
    if (self->n_requests == self->fails_at)
        return lk__fail(err, LK_ERR_NETWORK, "the network is gone");
    if (self->all_refused != 0)
        return refuse(response, self->all_refused, err);
    return answer(self, request->url, response, err);
}

lk_transport fake_directory_use(fake_directory *directory)
{
    return (lk_transport){ .send = send, .ctx = directory };
}
