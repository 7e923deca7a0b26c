/* The sign-in flow without a server; see web-kit.h. */
#include "web-kit.h"

#include <stdio.h>
#include <strings.h>

#include "fake-token.h"
#include "test.h"

enum { MAX_HEADERS = 8 };

void web_kit_open(web_kit *kit, fake_wire *wire, void (*change)(lk_web_options *options))
{
    lk_error err = LK_ERROR_INIT;

    memset(kit, 0, sizeof(*kit));
    test_client_open(&kit->client, wire);
    lk_web_options options =
        *LK_WEB_OPTIONS(.client = kit->client.client, .cookie_password = KIT_PASSWORD,
                        .redirect_uri = "https://app.example/callback");
    if (change != NULL)
        change(&options);
    assert_ok(lk_web_new(&options, &kit->web, &err), err);
}

void web_kit_close(web_kit *kit, fake_wire *wire)
{
    lk_web_free(kit->web);
    test_client_close(&kit->client, wire);
}

/* Forgets the cookie of this name, then adds the new one unless it is a deletion. */
static void jar_take(web_kit *kit, const char *set_cookie)
{
    char kept[sizeof(kit->jar)] = "";
    size_t name_len = strcspn(set_cookie, "=");
    size_t pair_len = strcspn(set_cookie, ";");
    char *save = NULL;

    for (char *pair = strtok_r(kit->jar, ";", &save); pair; pair = strtok_r(NULL, ";", &save)) {
        pair += strspn(pair, " ");
        if (strncmp(pair, set_cookie, name_len + 1) != 0)
            snprintf(kept + strlen(kept), sizeof(kept) - strlen(kept), "%s%s", *kept ? "; " : "",
                     pair);
    }
    if (strstr(set_cookie, "Max-Age=0") == NULL)
        snprintf(kept + strlen(kept), sizeof(kept) - strlen(kept), "%s%.*s", *kept ? "; " : "",
                 (int)pair_len, set_cookie);
    memcpy(kit->jar, kept, sizeof(kept));
}

lk_status web_kit_try(web_kit *kit, const char *method, const char *path, const char *query,
                      const char *const *headers, lk_web_reply **out, lk_error *err)
{
    lk_header list[MAX_HEADERS];
    char names[MAX_HEADERS][64];
    size_t n = 0;
    char *cookies = strdup(kit->jar);

    if (*cookies != '\0')
        list[n++] = (lk_header){ "Cookie", cookies };
    for (; headers != NULL && *headers != NULL; headers++) {
        const char *colon = strchr(*headers, ':');
        snprintf(names[n], sizeof(names[n]), "%.*s", (int)(colon - *headers), *headers);
        list[n] = (lk_header){ names[n], colon + 2 };
        n++;
    }
    lk_status status = lk_web_answer(
        kit->web,
        &(lk_web_request){
            .method = method, .path = path, .query = query, .headers = list, .n_headers = n },
        out, err);
    free(cookies);
    for (size_t i = 0; status == LK_OK && i < (*out)->n_headers; i++)
        if (strcmp((*out)->headers[i].name, "Set-Cookie") == 0)
            jar_take(kit, (*out)->headers[i].value);
    return status;
}

lk_web_reply *web_kit_send(web_kit *kit, const char *method, const char *path, const char *query,
                           const char *const *headers)
{
    lk_web_reply *reply = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(web_kit_try(kit, method, path, query, headers, &reply, &err), err);
    return reply;
}

lk_web_reply *web_kit_get(web_kit *kit, const char *path, const char *query)
{
    static const char *const headers[] = { "Accept: text/html,application/xhtml+xml",
                                           "Sec-Fetch-Mode: navigate", NULL };

    return web_kit_send(kit, "GET", path, query, headers);
}

const char *web_kit_header(const lk_web_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->n_headers; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

const char *web_kit_set_cookie(const lk_web_reply *reply, const char *prefix)
{
    for (size_t i = 0; i < reply->n_headers; i++)
        if (strcmp(reply->headers[i].name, "Set-Cookie") == 0 &&
            strncmp(reply->headers[i].value, prefix, strlen(prefix)) == 0)
            return reply->headers[i].value;
    return NULL;
}

size_t web_kit_count_cookies(const lk_web_reply *reply, const char *prefix, bool deleting)
{
    size_t count = 0;

    for (size_t i = 0; i < reply->n_headers; i++)
        if (strcmp(reply->headers[i].name, "Set-Cookie") == 0 &&
            strncmp(reply->headers[i].value, prefix, strlen(prefix)) == 0 &&
            (strstr(reply->headers[i].value, "Max-Age=0") != NULL) == deleting)
            count++;
    return count;
}

const char *web_kit_jar_value(const web_kit *kit, const char *name)
{
    static char value[16384];
    char wanted[128];

    snprintf(wanted, sizeof(wanted), "%s=", name);
    const char *found = strstr(kit->jar, wanted);
    if (found == NULL)
        return NULL;
    found += strlen(wanted);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(found, ";"), found);
    return value;
}

void web_kit_begin(web_kit *kit, const char *query, char state[8192])
{
    lk_web_reply *reply = web_kit_get(kit, "/login", query);
    const char *location = web_kit_header(reply, "Location");

    assert_int_equal(reply->status, 302);
    const char *sent = strstr(location, "state=");
    assert_non_null(sent);
    size_t n = 0;
    for (sent += 6; *sent != '\0' && *sent != '&'; n++) {
        unsigned byte = (unsigned char)*sent++;
        if (byte == '%') {
            sscanf(sent, "%2x", &byte);
            sent += 2;
        }
        assert_true(n < 8191);
        state[n] = (char)byte;
    }
    state[n] = '\0';
    lk_web_reply_free(reply);
}

char *web_kit_grant_of(const char *user_id, const char *access_token, const char *refresh_token)
{
    char *text = NULL;

    if (asprintf(&text,
                 "{\"user\":{\"object\":\"user\",\"id\":\"%s\",\"email\":\"mira@nordwind.example\","
                 "\"email_verified\":true,\"first_name\":\"Mira\",\"last_name\":\"Holt\","
                 "\"metadata\":{},\"created_at\":\"2026-01-01T00:00:00.000Z\","
                 "\"updated_at\":\"2026-02-01T00:00:00.000Z\"},\"organization_id\":\"org_01\","
                 "\"access_token\":\"%s\",\"refresh_token\":\"%s\","
                 "\"authentication_method\":\"Password\"}",
                 user_id, access_token, refresh_token) < 0)
        abort();
    return text;
}

char *web_kit_grant(int64_t now_ms, const char *refresh_token)
{
    char *token = fake_token(now_ms);
    char *grant = web_kit_grant_of("user_01", token, refresh_token);

    free(token);
    return grant;
}

void web_kit_sign_in(web_kit *kit, int64_t now_ms, const char *refresh_token)
{
    char *token = fake_token(now_ms);
    const lk_user user = { .id = "user_01", .email = "mira@nordwind.example" };
    char *sealed = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_session_seal(kit->client.client, KIT_PASSWORD,
                              &(lk_authentication){ .user = &user,
                                                    .access_token = token,
                                                    .refresh_token = refresh_token },
                              &sealed, &err),
              err);
    snprintf(kit->jar + strlen(kit->jar), sizeof(kit->jar) - strlen(kit->jar), "%swos-session=%s",
             kit->jar[0] ? "; " : "", sealed);
    lk_free_secret(sealed);
    free(token);
}
