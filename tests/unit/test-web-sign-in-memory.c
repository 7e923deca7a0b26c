/* Memory runs out anywhere in a sign-in: it fails and hands out nothing, or is answered as ever. A
 * challenge that is lost for it must not look like a refusal. */
#include <stdio.h>

#include "failing-malloc.h"
#include "test.h"
#include "web-kit.h"

#define POST "POST /user_management/authenticate"

typedef struct scenario {
    const char *path;
    const char *query; /* "&state=…" is added where state is set */
    bool has_state;
    const char *accept;
    const char *refusal; /* of WorkOS; NULL: a session */
    bool allows_unasked;
    size_t n_exchanges; /* after the keys */
    int status;         /* with memory enough */
    const char *has;
} scenario;

static char *grant;

static void allow(lk_web_options *options)
{
    options->allow_idp_initiated = true;
}

static bool run_once(const scenario *s, long n)
{
    const fake_exchange script[] = { KIT_JWKS,
                                     { POST, .status = s->refusal ? 403 : 200,
                                       .body = s->refusal ? s->refusal : grant } };
    fake_wire wire = { .script = script,
                       .n_script = 1 + s->n_exchanges,
                       .mutex = PTHREAD_MUTEX_INITIALIZER };
    web_kit *kit = malloc(sizeof(*kit));
    char state[8192] = "";
    char query[16384];
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    web_kit_open(kit, &wire, s->allows_unasked ? allow : NULL);
    assert_ok(lk_client_refresh_keys(kit->client.client, &err), err);
    if (s->has_state)
        web_kit_begin(kit, "return_to=%2Fapp", state);
    snprintf(query, sizeof(query), "%s%s%s", s->query, s->has_state ? "&state=" : "", state);
    const lk_header headers[] = { { "Accept", s->accept }, { "Cookie", kit->jar } };
    failing_malloc_arm(n);
    lk_status status = lk_web_answer(
        kit->web,
        &(lk_web_request){
            .method = "GET", .path = s->path, .query = query, .headers = headers, .n_headers = 2 },
        &reply, &err);
    bool ran_out = failing_malloc_disarm();
    if (status != LK_OK && (!ran_out || status != LK_ERR_NO_MEMORY || reply != NULL))
        fail_msg("allocation %ld: %s: %s", n, lk_status_name(status), err.message);
    if (status == LK_OK && reply->status != s->status)
        fail_msg("allocation %ld is answered %d", n, reply->status);
    if (status == LK_OK && s->has != NULL)
        assert_contains(reply->body, s->has);
    if (wire.problem[0] != '\0')
        fail_msg("allocation %ld: %s", n, wire.problem);
    lk_web_reply_free(reply);
    lk_web_free(kit->web);
    lk_client_free(kit->client.client);
    free(kit);
    return ran_out;
}

static void test_sign_in_survives_every_failed_allocation(void **unused)
{
    (void)unused;
    static const scenario scenarios[] = {
        { .path = "/login",
          .query = "return_to=%2Fapp&organization_id=org_1&max_age=60&invitation_token=inv",
          .accept = "text/html",
          .status = 302 },
        { .path = "/callback",
          .query = "code=1",
          .has_state = true,
          .accept = "text/html",
          .n_exchanges = 1,
          .status = 302 },
        { .path = "/callback",
          .query = "code=1",
          .has_state = true,
          .accept = "text/html",
          .refusal = "{\"code\":\"organization_selection_required\",\"organizations\":"
                     "[{\"id\":\"org_1\",\"name\":\"Nordwind\"}]}",
          .n_exchanges = 1,
          .status = 403,
          .has = "/login?organization_id=org_1" },
        { .path = "/callback",
          .query = "code=1",
          .has_state = true,
          .accept = "application/json",
          .refusal = "{\"error\":\"organization_authentication_methods_required\","
                     "\"sso_connection_ids\":[\"conn_1\"],\"auth_methods\":{\"password\":true}}",
          .n_exchanges = 1,
          .status = 403,
          .has = "\"choices\":[{" },
        { .path = "/callback",
          .query = "error=idp_initiated_sso_disabled&connection_id=conn_1",
          .accept = "text/html",
          .status = 403,
          .has = "/login?connection=conn_1" },
        { .path = "/callback",
          .query = "code=1",
          .accept = "text/html",
          .allows_unasked = true,
          .n_exchanges = 1,
          .status = 302 },
    };

    grant = web_kit_grant(NOON, "rt_01");
    for (size_t i = 0; i < N_ROWS(scenarios); i++) {
        long n = 1;

        while (run_once(&scenarios[i], n))
            n++;
        assert_true(n > 1);
    }
    free(grant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sign_in_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
