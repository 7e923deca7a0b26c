/* The server's JSON: who is asking, and what the mirror holds. */
#include "answer.h"
#include "fail.h"
#include "print.h"
#include "records.h"

#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

static void print_user_fields(FILE *out, bool *first, const lk_user *user)
{
    print_json_field(out, first, "id", user->id);
    print_json_field(out, first, "email", user->email);
    print_json_name(out, first, "email_verified");
    fputs(user->email_verified ? "true" : "false", out);
    print_json_field(out, first, "first_name", user->first_name);
    print_json_field(out, first, "last_name", user->last_name);
    print_json_field(out, first, "name", user->name);
    print_json_field(out, first, "profile_picture_url", user->profile_picture_url);
}

static void print_session(FILE *out, const lk_session *session)
{
    bool first = true;
    bool first_of_user = true;

    fputc('{', out);
    print_json_name(out, &first, "user");
    if (session->user != NULL) {
        fputc('{', out);
        print_user_fields(out, &first_of_user, session->user);
        fputc('}', out);
    } else {
        fputs("null", out);
    }
    print_json_field(out, &first, "organization_id", session->organization_id);
    print_json_field(out, &first, "role", session->role);
    print_json_name(out, &first, "roles");
    print_json_texts(out, session->roles, session->n_roles);
    print_json_name(out, &first, "permissions");
    print_json_texts(out, session->permissions, session->n_permissions);
    print_json_name(out, &first, "entitlements");
    print_json_texts(out, session->entitlements, session->n_entitlements);
    print_json_field(out, &first, "session_id", session->session_id);
    print_json_field(out, &first, "authentication_method", session->authentication_method);
    print_json_field(out, &first, "impersonator",
                     session->impersonator != NULL ? session->impersonator->email : NULL);
    print_json_name(out, &first, "expires_at");
    print_json_time(out, session->expires_at_ms);
    fputs("}\n", out);
}

int answer_me(const app_request *request)
{
    body json;

    if (!body_begin(&json))
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    print_session(json.out, request->who->session);
    return body_answer(&json, request, 200, JSON_TYPE);
}

/* What a list may be asked for. */
typedef struct list_query {
    char after[ID_SIZE], before[ID_SIZE], organization[ID_SIZE], type[64], text[128];
    int limit;
} list_query;

static bool read_limit(const app_request *request, int *out, int *status)
{
    char text[16];
    char *end = NULL;

    *out = 0;
    if (!query_text(request, "limit", text, sizeof(text), status))
        return false;
    if (text[0] == '\0')
        return true;
    long limit = strtol(text, &end, 10);
    if (*end != '\0' || limit < 1 || limit > 1000) {
        *status = answer_problem(request, 400, "invalid_request",
                                 "limit must be a number from 1 to 1000");
        return false;
    }
    *out = (int)limit;
    return true;
}

/* Reads the query and holds it against what this person may see. False: *status was sent. */
static bool read_query(const app_request *request, list_query *out, int *status)
{
    *out = (list_query){ 0 };
    if (!query_text(request, "after", out->after, sizeof(out->after), status) ||
        !query_text(request, "before", out->before, sizeof(out->before), status) ||
        !query_text(request, "organization_id", out->organization, sizeof(out->organization),
                    status) ||
        !query_text(request, "type", out->type, sizeof(out->type), status) ||
        !query_text(request, "q", out->text, sizeof(out->text), status) ||
        !read_limit(request, &out->limit, status))
        return false;
    if (out->after[0] != '\0' && out->before[0] != '\0') {
        *status =
            answer_problem(request, 400, "invalid_request", "after and before exclude each other");
        return false;
    }
    if (request->scope.sees_everything)
        return true;
    if (request->scope.organization_id == NULL) {
        *status = answer_problem(request, 403, "no_organization",
                                 "you are signed in without an organization, so there is nothing "
                                 "you may see: sign in to an organization");
        return false;
    }
    if (out->organization[0] != '\0' && !access_covers(&request->scope, out->organization)) {
        *status =
            answer_problem(request, 403, "forbidden", "you may see your own organization only");
        return false;
    }
    return true;
}

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

/* The organization to ask the mirror for; NULL: all. */
static const char *organization_of(const app_request *request, const list_query *query)
{
    return request->scope.sees_everything ? or_null(query->organization)
                                          : request->scope.organization_id;
}

/* Fetches one page and prints its items with commas between; the last one's id goes into last. */
typedef lk_status print_page(FILE *out, lk_mirror *mirror, const app_request *request,
                             const list_query *query, char last[ID_SIZE], lk_error *err);

static int answer_list(const app_request *request, print_page *print)
{
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;
    char last[ID_SIZE] = "";
    list_query query;
    int sent = 0;
    body json;

    if (!read_query(request, &query, &sent))
        return sent;
    if (!body_begin(&json))
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    fputs("{\"object\":\"list\",\"data\":[", json.out);
    lk_status status = pool_take(request->server->readers, &mirror, &err);
    if (status == LK_OK)
        status = print(json.out, mirror, request, &query, last, &err);
    pool_give(request->server->readers, mirror);
    if (status != LK_OK) {
        body_drop(&json);
        return answer_failure(request, &err);
    }
    fputs("],\"list_metadata\":{\"after\":", json.out);
    print_json_text(json.out, or_null(last));
    fputs("}}\n", json.out);
    return body_answer(&json, request, 200, JSON_TYPE);
}

/* Between two items, and the place reached. */
static void next_item(FILE *out, size_t i, const char *id, char last[ID_SIZE])
{
    if (i > 0)
        fputs(",\n", out);
    snprintf(last, ID_SIZE, "%s", id);
}

static lk_status print_events(FILE *out, lk_mirror *mirror, const app_request *request,
                              const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    bool is_forward = query->after[0] != '\0';

    TRY(lk_mirror_list_events(
        mirror,
        LK_MIRROR_EVENT_QUERY(.order = is_forward ? LK_ARRIVAL : LK_NEWEST_FIRST,
                              .after = or_null(is_forward ? query->after : query->before),
                              .type = or_null(query->type), .text = or_null(query->text),
                              .organization_id = organization_of(request, query),
                              .limit = query->limit),
        &page, err));
    for (size_t i = 0; i < page->count; i++) {
        next_item(out, i, page->items[i]->id, last);
        record_print_event(out, page->items[i]);
    }
    return LK_OK;
}

static lk_status print_directories(FILE *out, lk_mirror *mirror, const app_request *request,
                                   const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_directory_page) page = NULL;

    TRY(lk_mirror_list_directories(
        mirror,
        LK_MIRROR_QUERY(.organization_id = organization_of(request, query),
                        .after = or_null(query->after), .limit = query->limit),
        &page, err));
    for (size_t i = 0; i < page->count; i++) {
        next_item(out, i, page->items[i]->id, last);
        record_print_directory(out, page->items[i]);
    }
    return LK_OK;
}

/* Whether this person may look into the directory of the path. One that they may not see is not
 * there: its very existence is none of their business. */
static lk_status check_directory(const app_request *request, lk_mirror *mirror, lk_error *err)
{
    lk_auto(lk_directory) directory = NULL;
    lk_error cause = LK_ERROR_INIT;
    lk_status status = lk_mirror_get_directory(mirror, request->id, &directory, &cause);

    /* Word for word the same for one that is not there at all. */
    if (status == LK_ERR_NOT_FOUND ||
        (status == LK_OK && !access_covers(&request->scope, directory->organization_id)))
        return failed(err, LK_ERR_NOT_FOUND, "no such directory");
    *err = cause;
    return status;
}

static lk_status print_users(FILE *out, lk_mirror *mirror, const app_request *request,
                             const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_directory_user_page) page = NULL;

    TRY(check_directory(request, mirror, err));
    TRY(lk_mirror_list_users(mirror,
                             LK_MIRROR_QUERY(.organization_id = organization_of(request, query),
                                             .directory_id = request->id,
                                             .after = or_null(query->after), .limit = query->limit),
                             &page, err));
    for (size_t i = 0; i < page->count; i++) {
        next_item(out, i, page->items[i]->id, last);
        record_print_user(out, page->items[i]);
    }
    return LK_OK;
}

static lk_status print_groups(FILE *out, lk_mirror *mirror, const app_request *request,
                              const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_directory_group_page) page = NULL;

    TRY(check_directory(request, mirror, err));
    TRY(lk_mirror_list_groups(mirror,
                              LK_MIRROR_QUERY(.organization_id = organization_of(request, query),
                                              .directory_id = request->id,
                                              .after = or_null(query->after),
                                              .limit = query->limit),
                              &page, err));
    for (size_t i = 0; i < page->count; i++) {
        next_item(out, i, page->items[i]->id, last);
        record_print_group(out, page->items[i]);
    }
    return LK_OK;
}

int answer_events(const app_request *request)
{
    return answer_list(request, print_events);
}

int answer_directories(const app_request *request)
{
    return answer_list(request, print_directories);
}

int answer_directory_users(const app_request *request)
{
    return answer_list(request, print_users);
}

int answer_directory_groups(const app_request *request)
{
    return answer_list(request, print_groups);
}

int answer_directory_user(const app_request *request)
{
    lk_auto(lk_directory_user) user = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_mirror *mirror = NULL;
    lk_status status = LK_OK;
    body json;

    if (pool_take(request->server->readers, &mirror, &err) == LK_OK)
        status = lk_mirror_get_user(mirror, request->id, &user, &err);
    pool_give(request->server->readers, mirror);
    if (status == LK_ERR_NOT_FOUND ||
        (user != NULL && !access_covers(&request->scope, user->organization_id)))
        return answer_problem(request, 404, "not_found", "no such directory user");
    if (user == NULL || status != LK_OK)
        return answer_failure(request, &err);
    if (!body_begin(&json))
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    record_print_user(json.out, user);
    fputc('\n', json.out);
    return body_answer(&json, request, 200, JSON_TYPE);
}
