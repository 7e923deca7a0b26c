/* What another mirror needs to follow this one: the four reads of WorkOS' API that lk_sync makes,
 * of the same shape, answered from here. A program that has no API key, like somebody's window,
 * keeps a mirror of its own this way: base URL "https://SERVER/api/replica", an access token in the
 * place of the key, and only what the rules of this server let its owner see.
 *
 * Events come in the order in which this mirror learned of them, whatever order is asked for: who
 * has seen one has seen all before it, so a late one is missed by nobody. */
#include "answer.h"
#include "fail.h"
#include "list-directory.h"
#include "print.h"
#include "records.h"

#include <string.h>

/* What a program must know to sign somebody in for this server. Nothing here is a secret. */
int answer_environment(const app_request *request)
{
    const server_options *options = request->server->options;
    bool first = true;
    body json;

    if (!body_begin(&json))
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    fputc('{', json.out);
    print_json_field(json.out, &first, "client_id", options->client_id);
    print_json_field(json.out, &first, "base_url", options->base_url);
    print_json_field(json.out, &first, "issuer", options->issuer);
    fputs("}\n", json.out);
    return body_answer(&json, request, 200, "application/json");
}

static lk_status print_events(FILE *out, lk_mirror *mirror, const app_request *request,
                              const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;

    TRY(lk_mirror_list_events(
        mirror,
        LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL, .after = list_text(query->after),
                              .organization_id = list_organization(request, query),
                              .limit = list_limit(query)),
        &page, err));
    for (size_t i = 0; i < page->count; i++) {
        list_next(out, i, page->items[i]->id, last);
        print_json_raw(out, page->items[i]->json, page->items[i]->json_len);
    }
    list_end(query, page->count, last);
    return LK_OK;
}

static void print_membership(FILE *out, size_t i, const lk_membership *membership)
{
    bool first = true;

    fputs(i > 0 ? ",{" : "{", out);
    print_json_field(out, &first, "id", membership->id);
    print_json_field(out, &first, "organization_id", membership->organization_id);
    print_json_field(out, &first, "organization_name", membership->organization_name);
    print_json_field(out, &first, "role", membership->role);
    fputc('}', out);
}

/* Of the asking person only: the server's API key could name everybody's. */
int answer_replica_memberships(const app_request *request)
{
    const char *user_id = request->who->session->user->id;
    lk_auto(lk_membership_page) page = NULL;
    lk_error err = LK_ERROR_INIT;
    char asked[ID_SIZE];
    int status = 0;
    body json;

    if (!query_text(request, "user_id", asked, sizeof(asked), &status))
        return status;
    if (strcmp(asked, user_id) != 0)
        return answer_problem(request, 403, "forbidden", "you may see your own memberships only");
    if (!request->server->options->follows)
        return answer_problem(request, 503, "no_api_key",
                              "this server has no API key to ask WorkOS with");
    if (lk_authkit_list_memberships(request->server->options->client, user_id, &page, &err) !=
        LK_OK)
        return answer_failure(request, &err);
    if (!body_begin(&json))
        return answer_problem(request, 503, "out_of_memory", "the server is short of memory");
    fputs("{\"object\":\"list\",\"data\":[", json.out);
    for (size_t i = 0; i < page->count; i++)
        print_membership(json.out, i, page->items[i]);
    fputs("],\"list_metadata\":{\"after\":null}}\n", json.out);
    return body_answer(&json, request, 200, "application/json");
}

/* WorkOS names the directory in the query, the rest of this server in the path. */
static int answer_within(const app_request *request, list_print *print)
{
    app_request inside = *request;
    int status = 0;

    if (!query_text(request, "directory", inside.id, sizeof(inside.id), &status))
        return status;
    if (inside.id[0] == '\0')
        return answer_problem(request, 400, "invalid_request", "directory is missing");
    return list_answer(&inside, print);
}

int answer_replica_events(const app_request *request)
{
    return list_answer(request, print_events);
}

int answer_replica_directories(const app_request *request)
{
    return list_answer(request, list_print_directories);
}

int answer_replica_users(const app_request *request)
{
    return answer_within(request, list_print_replica_users);
}

int answer_replica_groups(const app_request *request)
{
    return answer_within(request, list_print_groups);
}
