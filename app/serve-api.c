/* The server's JSON: who is asking, and what the mirror holds. */
#include "answer.h"
#include "fail.h"
#include "list-directory.h"
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

static lk_status print_events(FILE *out, lk_mirror *mirror, const app_request *request,
                              const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    bool is_forward = query->after[0] != '\0';

    TRY(lk_mirror_list_events(
        mirror,
        LK_MIRROR_EVENT_QUERY(.order = is_forward ? LK_ARRIVAL : LK_NEWEST_FIRST,
                              .after = list_text(is_forward ? query->after : query->before),
                              .type = list_text(query->type), .text = list_text(query->text),
                              .organization_id = list_organization(request, query),
                              .limit = query->limit),
        &page, err));
    for (size_t i = 0; i < page->count; i++) {
        list_next(out, i, page->items[i]->id, last);
        record_print_event(out, page->items[i]);
    }
    return LK_OK;
}

int answer_events(const app_request *request)
{
    return list_answer(request, print_events);
}

int answer_directories(const app_request *request)
{
    return list_answer(request, list_print_directories);
}

int answer_directory_users(const app_request *request)
{
    return list_answer(request, list_print_users);
}

int answer_directory_groups(const app_request *request)
{
    return list_answer(request, list_print_groups);
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
