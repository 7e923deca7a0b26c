/* What the state API said, once more: for a client, and for people to compare. See company.h. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "base/clock.h"
#include "company.h"
#include "test.h"

static const char *text_of(const cJSON *from, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(from, name));
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- The truth, and what is seen of it ---- */

/* A line for each: sorted, they are the state. */
typedef struct lines {
    char **items;
    size_t n;
} lines;

static void add_line(lines *to, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

static void add_line(lines *to, const char *format, ...)
{
    char line[2048];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    assert_in_range(len, 1, sizeof(line) - 1);
    to->items = realloc(to->items, (to->n + 1) * sizeof(*to->items));
    assert_non_null(to->items);
    to->items[to->n++] = strdup(line);
}

static char *join(lines *from)
{
    size_t len = 0;
    char *text;

    if (from->n > 0)
        qsort(from->items, from->n, sizeof(*from->items), compare_texts);
    for (size_t i = 0; i < from->n; i++)
        len += strlen(from->items[i]) + 1;
    text = calloc(1, len + 1);
    assert_non_null(text);
    for (size_t i = 0; i < from->n; i++) {
        strcat(strcat(text, from->items[i]), "\n");
        free(from->items[i]);
    }
    free(from->items);
    *from = (lines){ 0 };
    return text;
}

static void add_user(lines *to, const char *const *fields, const cJSON *attributes)
{
    char *json = cJSON_PrintUnformatted(attributes);

    add_line(to, "user %s of %s of %s: %s, %s, %s, %s, %s, %s, %s", fields[0], fields[1], fields[2],
             fields[3], fields[4] != NULL ? fields[4] : "-", fields[5] != NULL ? fields[5] : "-",
             fields[6] != NULL ? fields[6] : "-", fields[7], fields[8], json);
    free(json);
}

static void add_true_user(lines *to, const cJSON *user)
{
    const cJSON *group;
    const char *const fields[] = {
        text_of(user, "id"),
        text_of(user, "directory_id"),
        text_of(user, "organization_id"),
        text_of(user, "idp_id"),
        text_of(user, "email"),
        text_of(user, "first_name"),
        text_of(user, "last_name"),
        text_of(user, "state"),
        text_of(cJSON_GetObjectItemCaseSensitive(user, "role"), "slug"),
    };

    add_user(to, fields, cJSON_GetObjectItemCaseSensitive(user, "custom_attributes"));
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(user, "groups"))
        add_line(to, "member %s in %s", fields[0], text_of(group, "id"));
}

static void add_group(lines *to, const char *id, const char *directory, const char *organization,
                      const char *idp_id, const char *name)
{
    add_line(to, "group %s of %s of %s: %s, %s", id, directory, organization, idp_id, name);
}

char *company_truth(const company *self)
{
    const moment *end = &self->moments[COMPANY_MOMENTS - 1];
    lines truth = { 0 };
    const cJSON *item;

    cJSON_ArrayForEach(item, end->directories)
        add_line(&truth, "directory %s is %s", text_of(item, "id"),
                 strcmp(text_of(item, "state"), "linked") == 0 ? "active" : "inactive");
    for (unsigned i = 0; i < self->n_directories; i++) {
        cJSON_ArrayForEach(item, end->users[i]) add_true_user(&truth, item);
        cJSON_ArrayForEach(item, end->groups[i]) add_group(
            &truth, text_of(item, "id"), text_of(item, "directory_id"),
            text_of(item, "organization_id"), text_of(item, "idp_id"), text_of(item, "name"));
    }
    return join(&truth);
}

static void add_seen_user(lines *to, const lk_directory_user *user)
{
    cJSON *attributes = cJSON_Parse(user->custom_attributes_json);
    const char *const fields[] = { user->id,        user->directory_id, user->organization_id,
                                   user->idp_id,    user->email,        user->first_name,
                                   user->last_name, user->state,        user->role };

    add_user(to, fields, attributes);
    cJSON_Delete(attributes);
    for (size_t i = 0; i < user->n_groups; i++)
        add_line(to, "member %s in %s", user->id, user->groups[i]);
}

/* Members are looked at from the users' side; that the groups' side is the same is looked at, too.
 */
char *company_seen_in(lk_mirror *mirror)
{
    lk_auto(lk_directory_page) directories = NULL;
    lk_auto(lk_directory_user_page) users = NULL;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_error err = LK_ERROR_INIT;
    lines seen = { 0 };
    size_t n_members = 0;

    assert_ok(lk_mirror_list_directories(mirror, NULL, &directories, &err), err);
    assert_ok(lk_mirror_list_users(mirror, LK_MIRROR_QUERY(.limit = 1000), &users, &err), err);
    assert_ok(lk_mirror_list_groups(mirror, LK_MIRROR_QUERY(.limit = 1000), &groups, &err), err);
    for (size_t i = 0; i < directories->count; i++)
        add_line(&seen, "directory %s is %s", directories->items[i]->id,
                 directories->items[i]->state);
    for (size_t i = 0; i < users->count; i++) {
        add_seen_user(&seen, users->items[i]);
        n_members += users->items[i]->n_groups;
    }
    for (size_t i = 0; i < groups->count; i++) {
        const lk_directory_group *group = groups->items[i];

        add_group(&seen, group->id, group->directory_id, group->organization_id, group->idp_id,
                  group->name);
        assert_true(group->n_members <= n_members);
        n_members -= group->n_members;
    }
    assert_int_equal(n_members, 0);
    return join(&seen);
}

/* ---- As an API ---- */

static void read_parameter(const char *url, const char *name, char out[80])
{
    char wanted[32];
    const char *at = strchr(url, '?');

    snprintf(wanted, sizeof(wanted), "%s=", name);
    out[0] = '\0';
    for (; at != NULL; at = strchr(at + 1, '&'))
        if (strncmp(at + 1, wanted, strlen(wanted)) == 0)
            snprintf(out, 80, "%.*s", (int)strcspn(at + 1 + strlen(wanted), "&"),
                     at + 1 + strlen(wanted));
}

/* NULL: there is no such list, as for a directory that is gone. */
static const cJSON *find_list(const company_api *self, const char *url)
{
    const moment *m = &self->company->moments[self->at];
    const char *number;
    char directory[80];
    unsigned i;

    if (strstr(url, "/directories") != NULL)
        return m->directories;
    read_parameter(url, "directory", directory);
    number = strrchr(directory, '_');
    assert_non_null(number);
    i = (unsigned)strtoul(number + 1, NULL, 10);
    assert_true(i < self->company->n_directories);
    return strstr(url, "/directory_groups") != NULL ? m->groups[i] : m->users[i];
}

static cJSON *make_page(const company_api *self, const cJSON *list, const char *after)
{
    cJSON *page = cJSON_CreateObject();
    cJSON *data = cJSON_AddArrayToObject(page, "data");
    cJSON *metadata = cJSON_AddObjectToObject(page, "list_metadata");
    const cJSON *item = list->child;
    const char *end = NULL;
    size_t n = 0;

    while (after[0] != '\0' && item != NULL && strcmp(text_of(item, "id"), after) != 0)
        item = item->next;
    if (after[0] != '\0' && item == NULL) { /* gone meanwhile */
        cJSON_Delete(page);
        return NULL;
    }
    for (item = after[0] != '\0' ? item->next : item; item != NULL && n < self->page; n++) {
        cJSON_AddItemToArray(data, cJSON_Duplicate(item, true));
        end = text_of(item, "id");
        item = item->next;
    }
    if (item != NULL)
        cJSON_AddStringToObject(metadata, "after", end);
    else
        cJSON_AddNullToObject(metadata, "after");
    return page;
}

static lk_status answer(company_api *self, const lk_http_request *request,
                        lk_http_response *response, lk_error *err)
{
    const cJSON *list;
    cJSON *page = NULL;
    char after[80];
    char *body;
    lk_status status;

    if (strstr(request->url, "/events") != NULL)
        return fake_feed_use(self->feed).send(self->feed, request, response, err);
    self->n_requests++;
    read_parameter(request->url, "after", after);
    list = find_list(self, request->url);
    if (list != NULL)
        page = make_page(self, list, after);
    lk_http_response_set_status(response, list == NULL ? 404 : page == NULL ? 422 : 200);
    body = page != NULL ? cJSON_PrintUnformatted(page) : strdup("{\"message\":\"no\"}");
    cJSON_Delete(page);
    status = lk_http_response_append(response, body, strlen(body));
    free(body);
    return status;
}

static lk_status send(void *ctx, const lk_http_request *request, lk_http_response *response,
                      lk_error *err)
{
    company_api *self = ctx;
    lk_status status;

    pthread_mutex_lock(&self->mutex);
    self->n_now++;
    self->n_most = self->n_now > self->n_most ? self->n_now : self->n_most;
    status = answer(self, request, response, err);
    pthread_mutex_unlock(&self->mutex);
    if (self->slow_ms > 0)
        lk__system_sleep_ms(NULL, self->slow_ms);
    pthread_mutex_lock(&self->mutex);
    self->n_now--;
    pthread_mutex_unlock(&self->mutex);
    return status;
}

lk_transport company_api_use(company_api *api)
{
    return (lk_transport){ .send = send, .ctx = api };
}
