/* API keys of customers: whose they are. */
#include <latchkey/api-key.h>

#include "api/call.h"
#include "api/options.h"
#include "base/cleanup.h"
#include "base/text.h"

#define MAX_BODY   65536
#define MAX_ANSWER (256 * 1024)

/* What the caller gets, and the arena that all of it lives in. */
struct owned_key {
    lk_api_key key;
    lk__arena *arena;
};

static const lk__field key_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_api_key, id), 0, NULL },
    { "name", LK__TEXT, false, offsetof(lk_api_key, name), 0, NULL },
    { "obfuscated_value", LK__TEXT, false, offsetof(lk_api_key, obfuscated_value), 0, NULL },
    { "permissions", LK__TEXTS, false, offsetof(lk_api_key, permissions),
      offsetof(lk_api_key, n_permissions), NULL },
    { "last_used_at", LK__TIME, false, offsetof(lk_api_key, last_used_at_ms), 0, NULL },
    { "created_at", LK__TIME, false, offsetof(lk_api_key, created_at_ms), 0, NULL },
    { "updated_at", LK__TIME, false, offsetof(lk_api_key, updated_at_ms), 0, NULL },
};
static const lk__shape key_shape = LK__SHAPE(struct owned_key, key_fields);

/* The members of "owner", into the same struct. A key without an owner opens nothing. */
static const lk__field owner_fields[] = {
    { "type", LK__TEXT, true, offsetof(lk_api_key, owner_type), 0, NULL },
    { "id", LK__TEXT, true, offsetof(lk_api_key, owner_id), 0, NULL },
    { "organization_id", LK__TEXT, false, offsetof(lk_api_key, organization_id), 0, NULL },
};
static const lk__shape owner_shape = LK__SHAPE(lk_api_key, owner_fields);

static lk_status decode_key(const lk__json *json, lk__arena *arena, lk_api_key *out, lk_error *err)
{
    LK_TRY(lk__json_decode(json, &key_shape, arena, out, err));
    LK_TRY(lk__json_decode(lk__json_get(json, "owner"), &owner_shape, arena, out, err));
    if (out->organization_id == NULL && lk__text_equal(out->owner_type, "organization"))
        out->organization_id = out->owner_id;
    return LK_OK;
}

static lk_status read_answer(const lk__buf *body, lk_api_key **out, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = NULL;
    struct owned_key *made;
    const lk__json *key;

    LK_TRY(lk__json_parse(body->data, body->len, &json, err));
    key = lk__json_get(json, "api_key");
    /* WorkOS: 200 {"api_key":null} for a value that is no key. */
    if (lk__json_is_null(key))
        return lk__fail(err, LK_ERR_NOT_FOUND, "there is no such API key, or it was revoked");
    if (key == NULL)
        return lk__fail(err, LK_ERR_PROTOCOL, "\"api_key\" is missing");
    arena = lk__arena_new();
    made = arena == NULL ? NULL : lk__arena_alloc(arena, sizeof(*made));
    if (made == NULL)
        return lk__no_memory(err);
    LK_TRY(decode_key(key, arena, &made->key, err));
    made->arena = lk__steal(arena);
    *out = &made->key;
    return LK_OK;
}

lk_status lk_api_key_validate(lk_client *client, const char *value, lk_api_key **out, lk_error *err)
{
    static const char *const path[] = { "api_keys", "validations", NULL };
    const lk__pair pairs[] = { { "value", value } };
    lk__auto_buf body = LK__SECRET_BUF(MAX_BODY);
    lk__auto_buf answer = LK__SECRET_BUF(MAX_ANSWER);
    lk_error why = LK_ERROR_INIT;
    lk_status status;

    lk__error_clear(err);
    if (client == NULL || out == NULL)
        return lk__fail(err, LK_ERR_INVALID, "client and out must not be NULL");
    LK_TRY(lk__require_text("value", value, err));
    LK_TRY(lk__call_write_json(pairs, 1, &body, err));

    const lk__call call = { .method = "POST",
                            .path = path,
                            .body = body.data,
                            .max_body = MAX_ANSWER,
                            .secrets = { value } };
    LK_TRY(lk__call_send(client, &call, &answer, err));
    status = read_answer(&answer, out, &why);
    return status == LK_OK ? LK_OK : lk__call_unusable(status, &why, err);
}

void lk_api_key_free(lk_api_key *key)
{
    if (key != NULL)
        lk__arena_free(((struct owned_key *)key)->arena);
}

void lk_api_key_freep(lk_api_key **key)
{
    lk_api_key_free(*key);
    *key = NULL;
}
