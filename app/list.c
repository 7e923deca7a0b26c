/* What all lists of the server's JSON have in common; see list.h. */
#include "list.h"

#include "fail.h"
#include "print.h"

#include <stdlib.h>
#include <string.h>

#define JSON_TYPE "application/json"

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

const char *list_text(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

const char *list_organization(const app_request *request, const list_query *query)
{
    return request->scope.sees_everything ? list_text(query->organization)
                                          : request->scope.organization_id;
}

int list_answer(const app_request *request, list_print *print)
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
    print_json_text(json.out, list_text(last));
    fputs("}}\n", json.out);
    return body_answer(&json, request, 200, JSON_TYPE);
}

void list_next(FILE *out, size_t i, const char *id, char last[ID_SIZE])
{
    if (i > 0)
        fputs(",\n", out);
    snprintf(last, ID_SIZE, "%s", id);
}

int list_limit(const list_query *query)
{
    return query->limit != 0 ? query->limit : LIST_PAGE;
}

void list_end(const list_query *query, size_t count, char last[ID_SIZE])
{
    if (count < (size_t)list_limit(query))
        last[0] = '\0';
}

lk_status list_check_directory(const app_request *request, lk_mirror *mirror, lk_error *err)
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
