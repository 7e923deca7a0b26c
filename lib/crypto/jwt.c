/* Access tokens; see jwt.h. The algorithm is a constant of ours: a token may only agree with it. */
#include "crypto/jwt.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "crypto/base64.h"

enum {
    MAX_TOKEN = 32768, /* bytes */
    NBF_LEEWAY_S = 60,
    MIN_SKEW_MS = 5000, /* what is less explains nothing */
    SKEW_TEXT_SIZE = 96
};

typedef struct parts {
    const char *header;
    size_t header_len;
    const char *payload;
    size_t payload_len;
    const char *signature;
    size_t signature_len;
} parts;

static lk_status refuse(lk_error *err, const char *why)
{
    return lk__fail(err, LK_ERR_SIGNATURE, "access token refused: %s", why);
}

/* ---- Form ---- */

/* Exactly three parts, none of them empty. */
static lk_status split(const char *token, parts *out, lk_error *err)
{
    size_t len = token != NULL ? strnlen(token, MAX_TOKEN + 1) : 0;
    const char *first = len > 0 ? memchr(token, '.', len) : NULL;
    const char *second = first != NULL ? strchr(first + 1, '.') : NULL;

    if (len > MAX_TOKEN)
        return refuse(err, "longer than 32 KiB");
    if (second == NULL || strchr(second + 1, '.') != NULL)
        return refuse(err, "not three parts");
    *out = (parts){ .header = token,
                    .header_len = (size_t)(first - token),
                    .payload = first + 1,
                    .payload_len = (size_t)(second - first - 1),
                    .signature = second + 1,
                    .signature_len = (size_t)(token + len - second - 1) };
    if (out->header_len == 0 || out->payload_len == 0 || out->signature_len == 0)
        return refuse(err, "an empty part");
    return LK_OK;
}

/* Decodes one part; no sentence about what stands in it leaves this file. */
static lk_status decode(const char *text, size_t len, lk__buf *out, lk_error *err)
{
    lk_status status = lk__base64url_decode(out, text, len, false, NULL);

    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    return status == LK_OK ? LK_OK : refuse(err, "a part is not base64url");
}

/* One JSON object in which no name stands twice (RFC 8725, 2.4 and RFC 7519, 4). */
static lk_status decode_object(const char *text, size_t len, lk__json **out, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    lk__auto_buf bytes = LK__SECRET_BUF(MAX_TOKEN);
    lk_status status;

    LK_TRY(decode(text, len, &bytes, err));
    status = lk__json_parse(bytes.data, bytes.len, &json, NULL);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK || !lk__json_is_object(json))
        return refuse(err, "a part is no JSON object");
    if (lk__json_duplicate(json) != NULL)
        return refuse(err, "a name stands twice in it");
    *out = lk__steal(json);
    return LK_OK;
}

/* ---- Header ---- */

/* RFC 8725, 3.11: a token made for something else says so here. */
static bool is_known_type(const lk__json *header)
{
    const char *type = lk__json_text(header, "typ");

    if (lk__json_get(header, "typ") == NULL)
        return true;
    return lk__text_equal_nocase(type, "JWT") || lk__text_equal_nocase(type, "at+jwt") ||
           lk__text_equal_nocase(type, "application/at+jwt");
}

static lk_status check_header(const lk__json *header, lk_error *err)
{
    /* RFC 8725, 3.1: "Each key MUST be used with exactly one algorithm" */
    if (!lk__text_equal(lk__json_text(header, "alg"), "RS256"))
        return refuse(err, "its algorithm is not RS256");
    /* RFC 7515, 4.1.11: what is listed there and not understood makes the JWS invalid. */
    if (lk__json_get(header, "crit") != NULL)
        return refuse(err, "it has a critical extension");
    if (!is_known_type(header))
        return refuse(err, "it is a token for another purpose");
    if (lk__text_empty(lk__json_text(header, "kid")))
        return refuse(err, "no key id");
    return LK_OK;
}

/* ---- Claims ---- */

static size_t issuer_length(const char *issuer)
{
    size_t len = strlen(issuer);

    return len > 0 && issuer[len - 1] == '/' ? len - 1 : len;
}

static bool is_issuer(const char *issuer, const lk__jwt_rules *rules)
{
    size_t len = issuer != NULL ? issuer_length(issuer) : 0;

    for (size_t i = 0; i < rules->n_issuers && len > 0; i++)
        if (issuer_length(rules->issuers[i]) == len && memcmp(rules->issuers[i], issuer, len) == 0)
            return true;
    return false;
}

/* "aud" is one text or an array of them (RFC 7519, 4.1.3); WorkOS sends none by default. */
static bool is_for_us(const lk__json *audience, const char *client_id)
{
    bool found = false;

    if (audience == NULL)
        return true;
    if (!lk__json_is_array(audience))
        return lk__json_string(audience) != NULL &&
               lk__text_equal(lk__json_string(audience), client_id);
    for (const lk__json *item = lk__json_first(audience); item != NULL;
         item = lk__json_next(item)) {
        if (lk__json_string(item) == NULL)
            return false;
        found = found || lk__text_equal(lk__json_string(item), client_id);
    }
    return found;
}

static bool is_of_client(const lk__json *claims, const char *client_id)
{
    const char *claimed = lk__json_text(claims, "client_id");

    return lk__json_get(claims, "client_id") == NULL ||
           (claimed != NULL && lk__text_equal(claimed, client_id));
}

/* "; this machine's clock is …", or nothing: a token that is refused for its time may be fine. */
static const char *skew_text(const lk__jwt_rules *rules, char out[SKEW_TEXT_SIZE])
{
    int64_t skew_ms = rules->clock_skew_ms;

    out[0] = '\0';
    if (skew_ms >= MIN_SKEW_MS || skew_ms <= -MIN_SKEW_MS)
        snprintf(out, SKEW_TEXT_SIZE, "; this machine's clock is about %" PRId64 " s %s WorkOS",
                 (skew_ms < 0 ? -skew_ms : skew_ms) / 1000, skew_ms < 0 ? "behind" : "ahead of");
    return out;
}

static lk_status check_times(const lk__json *claims, const lk__jwt_rules *rules, lk_error *err)
{
    int64_t nbf_leeway_s = rules->leeway_s > NBF_LEEWAY_S ? rules->leeway_s : NBF_LEEWAY_S;
    char skew[SKEW_TEXT_SIZE];
    int64_t exp_s;
    int64_t nbf_s;

    /* Whole numbers within 2^53, so that times 1000 stays within int64_t. */
    if (!lk__json_int64(claims, "exp", &exp_s))
        return refuse(err, "\"exp\" is missing or no time");
    if (lk__json_get(claims, "nbf") != NULL) {
        if (!lk__json_int64(claims, "nbf", &nbf_s))
            return refuse(err, "\"nbf\" is no time");
        if ((nbf_s - nbf_leeway_s) * 1000 > rules->now_ms)
            return lk__fail(err, LK_ERR_SIGNATURE,
                            "access token refused: not valid for another %" PRId64 " s%s",
                            nbf_s - rules->now_ms / 1000, skew_text(rules, skew));
    }
    if ((exp_s + rules->leeway_s) * 1000 <= rules->now_ms)
        return lk__fail(err, LK_ERR_EXPIRED, "access token expired %" PRId64 " s ago%s",
                        rules->now_ms / 1000 - exp_s, skew_text(rules, skew));
    return LK_OK;
}

/* WorkOS' documents name one issuer and tokens another: whoever set this up wants to see both. */
static lk_status refuse_issuer(const char *issuer, const lk__jwt_rules *rules, lk_error *err)
{
    if (issuer == NULL)
        issuer = "";
    if (rules->n_issuers == 0)
        return lk__fail(err, LK_ERR_SIGNATURE,
                        "access token refused: its issuer is \"%.100s\", and none is accepted",
                        issuer);
    return lk__fail(err, LK_ERR_SIGNATURE,
                    "access token refused: its issuer \"%.80s\" is none of the %zu accepted: "
                    "\"%.80s\"%s",
                    issuer, rules->n_issuers, rules->issuers[0],
                    rules->n_issuers > 1 ? " and others" : "");
}

/* Expiry comes last, so that LK_ERR_EXPIRED says: in every other way sound. */
static lk_status check_claims(const lk__json *claims, const lk__jwt_rules *rules, lk_error *err)
{
    if (!is_issuer(lk__json_text(claims, "iss"), rules))
        return refuse_issuer(lk__json_text(claims, "iss"), rules, err);
    if (!is_for_us(lk__json_get(claims, "aud"), rules->client_id))
        return refuse(err, "its audience is another client");
    if (!is_of_client(claims, rules->client_id))
        return refuse(err, "it belongs to another client");
    if (lk__text_empty(lk__json_text(claims, "sub")))
        return refuse(err, "\"sub\" is missing or no text");
    return check_times(claims, rules, err);
}

/* ---- All of it ---- */

/* Without the key nothing in the token is to be believed; but one whose claims would be refused
 * anyway is no reason to fetch keys. Nothing of it gets into the message. */
static lk_status no_key(const parts *p, const lk__jwt_rules *rules, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *claims = NULL;
    lk_status status;

    LK_TRY(decode_object(p->payload, p->payload_len, &claims, err));
    status = check_claims(claims, rules, NULL);
    if (status != LK_OK && status != LK_ERR_EXPIRED)
        return refuse(err, "unknown key id, and claims that are not acceptable either");
    return lk__fail(err, LK_ERR_NO_KEY, "the access token's key id is not among the known keys");
}

static lk_status verify_signature(const parts *p, const lk__rsa_key *key, lk_error *err)
{
    lk__auto_buf signature = LK__BUF(MAX_TOKEN);
    size_t signed_len = (size_t)(p->payload + p->payload_len - p->header);

    LK_TRY(decode(p->signature, p->signature_len, &signature, err));
    return lk__rsa_verify_sha256(key, p->header, signed_len, signature.data, signature.len, err);
}

lk_status lk__jwt_verify(const char *token, const lk__jwt_rules *rules, lk__json **claims,
                         lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *header = NULL;
    LK_CLEANUP(lk__json_freep) lk__json *payload = NULL;
    const lk__rsa_key *key;
    lk_status status;
    parts p = { 0 };

    LK_TRY(split(token, &p, err));
    LK_TRY(decode_object(p.header, p.header_len, &header, err));
    LK_TRY(check_header(header, err));
    key = rules->keys != NULL ? lk__jwks_find(rules->keys, lk__json_text(header, "kid")) : NULL;
    if (key == NULL)
        return no_key(&p, rules, err);
    LK_TRY(verify_signature(&p, key, err));
    LK_TRY(decode_object(p.payload, p.payload_len, &payload, err));
    status = check_claims(payload, rules, err);
    if (status == LK_OK || status == LK_ERR_EXPIRED)
        *claims = lk__steal(payload);
    return status;
}
