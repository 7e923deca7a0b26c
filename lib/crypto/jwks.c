/* A JSON Web Key Set; see jwks.h. */
#include "crypto/jwks.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/base64.h"

enum {
    MAX_KEYS = 64,
    MAX_KID = 255,          /* characters */
    MAX_NUMBER_BYTES = 2048 /* of a modulus before its size is looked at */
};

typedef struct named_key {
    char *kid;
    lk__rsa_key *key;
} named_key;

struct lk__jwks {
    named_key keys[MAX_KEYS];
    size_t n_keys;
};

static bool absent_or(const lk__json *jwk, const char *name, const char *value)
{
    return lk__json_get(jwk, name) == NULL || lk__text_equal(lk__json_text(jwk, name), value);
}

static bool may_verify(const lk__json *jwk)
{
    const lk__json *operations = lk__json_get(jwk, "key_ops");

    if (operations == NULL)
        return true;
    if (!lk__json_is_array(operations))
        return false;
    for (const lk__json *item = lk__json_first(operations); item != NULL;
         item = lk__json_next(item))
        if (lk__text_equal(lk__json_string(item), "verify"))
            return true;
    return false;
}

/* RFC 7517, 4: what a key must say, or must not say, to be used for RS256. */
static bool is_usable(const lk__json *jwk)
{
    const char *kid = lk__json_text(jwk, "kid");

    return !lk__text_empty(kid) && strlen(kid) <= MAX_KID &&
           lk__text_equal(lk__json_text(jwk, "kty"), "RSA") && absent_or(jwk, "use", "sig") &&
           absent_or(jwk, "alg", "RS256") && may_verify(jwk) && lk__json_duplicate(jwk) == NULL;
}

static lk_status read_number(const lk__json *jwk, const char *name, lk__buf *out, lk_error *err)
{
    const char *text = lk__json_text(jwk, name);

    if (text == NULL)
        return lk__fail(err, LK_ERR_PROTOCOL, "key without %s", name);
    return lk__base64url_decode(out, text, strlen(text), false, err);
}

static lk_status read_key(const lk__json *jwk, lk__rsa_key **out, lk_error *err)
{
    lk__auto_buf modulus = LK__BUF(MAX_NUMBER_BYTES);
    lk__auto_buf exponent = LK__BUF(MAX_NUMBER_BYTES);

    LK_TRY(read_number(jwk, "n", &modulus, err));
    LK_TRY(read_number(jwk, "e", &exponent, err));
    return lk__rsa_key_new(modulus.data, modulus.len, exponent.data, exponent.len, out, err);
}

/* Leaves the key out when it is no good; fails for lack of memory only. */
static lk_status add_key(lk__jwks *jwks, const lk__json *jwk, lk_error *err)
{
    named_key *slot = &jwks->keys[jwks->n_keys];
    lk_status status;

    if (!is_usable(jwk) || lk__jwks_find(jwks, lk__json_text(jwk, "kid")) != NULL)
        return LK_OK;
    status = read_key(jwk, &slot->key, NULL);
    if (status != LK_OK)
        return status == LK_ERR_NO_MEMORY ? lk__no_memory(err) : LK_OK;
    slot->kid = strdup(lk__json_text(jwk, "kid"));
    jwks->n_keys++; /* counted before the check: lk__jwks_free() then sees the key */
    return slot->kid != NULL ? LK_OK : lk__no_memory(err);
}

lk_status lk__jwks_parse(const char *text, size_t len, lk__jwks **out, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    LK_CLEANUP(lk__jwks_freep) lk__jwks *jwks = NULL;
    const lk__json *keys;

    LK_TRY(lk__json_parse(text, len, &json, err));
    keys = lk__json_get(json, "keys");
    if (!lk__json_is_array(keys))
        return lk__fail(err, LK_ERR_PROTOCOL, "not a key set: no array named \"keys\"");
    jwks = calloc(1, sizeof(*jwks));
    if (jwks == NULL)
        return lk__no_memory(err);
    for (const lk__json *jwk = lk__json_first(keys); jwk != NULL && jwks->n_keys < MAX_KEYS;
         jwk = lk__json_next(jwk))
        LK_TRY(add_key(jwks, jwk, err));
    if (jwks->n_keys == 0)
        return lk__fail(err, LK_ERR_PROTOCOL,
                        "none of the %zu keys in the key set is an RSA key for RS256",
                        lk__json_count(keys));
    *out = lk__steal(jwks);
    return LK_OK;
}

void lk__jwks_free(lk__jwks *jwks)
{
    if (jwks == NULL)
        return;
    for (size_t i = 0; i < jwks->n_keys; i++) {
        free(jwks->keys[i].kid);
        lk__rsa_key_free(jwks->keys[i].key);
    }
    free(jwks);
}

void lk__jwks_freep(lk__jwks **jwks)
{
    lk__jwks_free(*jwks);
}

const lk__rsa_key *lk__jwks_find(const lk__jwks *jwks, const char *kid)
{
    for (size_t i = 0; i < jwks->n_keys; i++)
        if (lk__text_equal(jwks->keys[i].kid, kid))
            return jwks->keys[i].key;
    return NULL;
}
