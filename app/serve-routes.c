/* The server: the way from a request to its route. */
#include "answer.h"
#include "fail.h"

#include <assert.h>
#include <civetweb.h>
#include <string.h>
#include <strings.h>

typedef enum route_audience {
    ANYBODY,   /* and nobody is asked who they are */
    KNOWN,     /* finds out who is asking, answers everybody */
    SIGNED_IN, /* others are told to sign in */
} route_audience;

typedef struct route {
    const char *method; /* GET answers HEAD as well; NULL: sign-in answers them all */
    const char *path;   /* {id} stands for one segment */
    route_audience audience;
    int (*answer)(const app_request *request);
    const char *(*own_path)(const lk_web *web); /* of sign-in: where it is, whatever path says */
} route;

static const route routes[] = {
    { "GET", "/", KNOWN, answer_page, NULL },
    { "GET", "/page.css", ANYBODY, answer_page_css, NULL },
    { "GET", "/page.js", ANYBODY, answer_page_js, NULL },
    { "GET", "/icon.svg", ANYBODY, answer_icon, NULL },
    { NULL, "/login", KNOWN, NULL, lk_web_login_path },
    { NULL, "/callback", KNOWN, NULL, lk_web_callback_path },
    { NULL, "/logout", KNOWN, NULL, lk_web_logout_path },
    { "GET", "/api/me", SIGNED_IN, answer_me, NULL },
    { "GET", "/api/events", SIGNED_IN, answer_events, NULL },
    { "GET", "/api/events/stream", SIGNED_IN, answer_event_stream, NULL },
    { "GET", "/api/directories", SIGNED_IN, answer_directories, NULL },
    { "GET", "/api/directories/{id}/users", SIGNED_IN, answer_directory_users, NULL },
    { "GET", "/api/directories/{id}/groups", SIGNED_IN, answer_directory_groups, NULL },
    { "GET", "/api/directory-users/{id}", SIGNED_IN, answer_directory_user, NULL },
    { "GET", "/api/environment", ANYBODY, answer_environment, NULL },
    { "GET", "/api/replica/events", SIGNED_IN, answer_replica_events, NULL },
    { "GET", "/api/replica/directories", SIGNED_IN, answer_replica_directories, NULL },
    { "GET", "/api/replica/user_management/organization_memberships", SIGNED_IN,
      answer_replica_memberships, NULL },
    { "GET", "/api/replica/directory_users", SIGNED_IN, answer_replica_users, NULL },
    { "GET", "/api/replica/directory_groups", SIGNED_IN, answer_replica_groups, NULL },
    { "POST", "/webhooks/workos", ANYBODY, answer_webhook, NULL },
    { "GET", "/healthz", ANYBODY, answer_health, NULL },
    { "GET", "/readyz", ANYBODY, answer_ready, NULL },
    { "GET", "/metrics", ANYBODY, answer_metrics, NULL },
};

static_assert(N_ITEMS(routes) <= MAX_ROUTES, "each route has a meter");

const char *serve_route_name(size_t n)
{
    return n < N_ITEMS(routes) ? routes[n].path : NULL;
}

/* Whether path is of this pattern; copies what stands for {id}. */
static bool matches(const char *pattern, const char *path, char id[ID_SIZE])
{
    const char *hole = strstr(pattern, "{id}");

    if (hole == NULL)
        return strcmp(pattern, path) == 0;
    size_t before = (size_t)(hole - pattern);
    if (strncmp(pattern, path, before) != 0)
        return false;
    size_t len = strcspn(path + before, "/");
    if (len == 0 || len >= ID_SIZE || strcmp(path + before + len, hole + 4) != 0)
        return false;
    snprintf(id, ID_SIZE, "%.*s", (int)len, path + before);
    return true;
}

static bool answers_method(const route *known, const char *method)
{
    return known->method == NULL || strcmp(known->method, method) == 0 ||
           (strcmp(known->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static int answer_unknown(const app_request *request, const route *other_method)
{
    if (other_method != NULL) {
        /* RFC 9110, 15.5.6: "The origin server MUST generate an Allow header field". */
        bool is_post = strcmp(other_method->method, "POST") == 0;
        app_request refused = *request;
        refused.allow = is_post ? "POST" : "GET, HEAD";
        return answer_problem(&refused, 405, "method_not_allowed",
                              is_post ? "use POST" : "use GET");
    }
    if (answer_wants_html(request))
        return answer_notice(request, 404, "Nothing here", "This address does not exist.");
    return answer_problem(request, 404, "not_found", "there is nothing at this address");
}

static int answer_unavailable(const app_request *request, const lk_error *err)
{
    if (answer_wants_html(request))
        return answer_notice(request, 503, "Sign-in is out of reach", err->message);
    return answer_problem(request, 503, "unavailable", err->message);
}

static bool sets_session(const lk_web_reply *reply, const char *cookie_name)
{
    size_t len = strlen(cookie_name);

    for (size_t i = 0; i < reply->n_headers; i++) {
        const char *value = reply->headers[i].value;
        if (strcasecmp(reply->headers[i].name, "Set-Cookie") != 0 ||
            strncmp(value, cookie_name, len) != 0)
            continue;
        value += len;
        if (strncmp(value, ".0", 2) == 0) /* the first piece of a long one */
            value += 2;
        if (value[0] == '=' && value[1] != ';' && value[1] != '\0')
            return true;
    }
    return false;
}

/* reply NULL: the answer could not be made. */
static void count_sign_in(server *self, const lk_web_reply *reply)
{
    const char *cookie_name = self->options->web.cookie_name;
    sign_in_outcome outcome = SIGN_IN_FAILED;

    if (reply != NULL && reply->status < 400)
        outcome = sets_session(reply, cookie_name != NULL ? cookie_name : "wos-session")
                      ? SIGN_IN_DONE
                      : SIGN_IN_AGAIN;
    else if (reply != NULL && reply->status < 500)
        outcome = SIGN_IN_REFUSED;
    atomic_fetch_add(&self->n_sign_ins[outcome], 1);
}

static int answer_known(app_request *request, const route *chosen)
{
    server *self = request->server;
    lk_auto(lk_web_reply) who = NULL;
    lk_error err = LK_ERROR_INIT;

    lk_status status = lk_gate_identify(self->gate, request->connection, &who, &err);
    if (chosen->own_path == lk_web_callback_path)
        count_sign_in(self, who);
    if (status == LK_ERR_INVALID)
        return answer_problem(request, 400, "invalid_request", err.message);
    if (status != LK_OK) {
        answer_complain(request, &err);
        return answer_unavailable(request, &err);
    }
    if (who->status != 0)
        return answer_reply(request, who);
    request->who = who;
    if (who->session != NULL)
        request->scope = access_of(who->session, self->options->rules);
    if (chosen->audience == SIGNED_IN && who->session == NULL)
        return answer_problem(request, 401, "not_signed_in", "sign in first");
    return chosen->answer != NULL ? chosen->answer(request) : answer_unknown(request, NULL);
}

int serve_route(struct mg_connection *connection, void *ctx)
{
    const struct mg_request_info *info = mg_get_request_info(connection);
    const char *path = info->local_uri != NULL ? info->local_uri : "";
    const route *other_method = NULL;
    guest *of = mg_get_user_connection_data(connection);
    app_request request = {
        .server = ctx,
        .connection = connection,
        .guest = of,
        .info = info,
        .is_head = strcmp(info->request_method, "HEAD") == 0,
    };

    for (size_t i = 0; i < N_ITEMS(routes); i++) {
        const route *known = &routes[i];
        const char *pattern =
            known->own_path != NULL ? known->own_path(request.server->web) : known->path;
        if (!matches(pattern, path, request.id))
            continue;
        of->route = i;
        if (!answers_method(known, info->request_method))
            other_method = known;
        else if (known->audience == ANYBODY)
            return known->answer(&request);
        else
            return answer_known(&request, known);
    }
    return answer_unknown(&request, other_method);
}
