/* A refused grant as the next step of a sign-in.
 *
 * WorkOS writes these refusals in two shapes, {code, message, …} and {error, error_description, …},
 * and its documents disagree about statuses and about which word stands under which name. So the
 * word decides, "code" before "error", and every other member may be missing, null or of another
 * type: what can be read is handed on. */
#include "api/challenge.h"

#include <string.h>

#include "api/authkit.h"
#include "base/cleanup.h"
#include "base/text.h"

#define MAX_LISTED 1000 /* members of one list that are handed on */

/* What the caller gets, and the arena that all of it lives in. */
struct owned_challenge {
    lk_authentication_challenge challenge;
    lk__arena *arena;
};

static const struct {
    const char *word;
    lk_challenge_kind kind;
} kinds[] = {
    { "email_verification_required", LK_CHALLENGE_EMAIL_VERIFICATION_REQUIRED },
    { "mfa_enrollment", LK_CHALLENGE_MFA_ENROLLMENT },
    { "mfa_challenge", LK_CHALLENGE_MFA_CHALLENGE },
    { "organization_selection_required", LK_CHALLENGE_ORGANIZATION_SELECTION_REQUIRED },
    { "sso_required", LK_CHALLENGE_SSO_REQUIRED },
    { "organization_authentication_methods_required",
      LK_CHALLENGE_ORGANIZATION_AUTHENTICATION_METHODS_REQUIRED },
    { "radar_challenge", LK_CHALLENGE_RADAR_CHALLENGE },
    { "radar_sign_up_challenge", LK_CHALLENGE_RADAR_CHALLENGE },
    { "radar_email_challenge", LK_CHALLENGE_RADAR_EMAIL_CHALLENGE },
    { "radar_sms_challenge", LK_CHALLENGE_RADAR_SMS_CHALLENGE },
    { "mfa_verification", LK_CHALLENGE_MFA_CHALLENGE },
    { "passkey_progressive_enrollment", LK_CHALLENGE_PASSKEY_ENROLLMENT },
    { "email_password_auth_disabled", LK_CHALLENGE_METHOD_NOT_ALLOWED },
    { "authentication_method_not_allowed", LK_CHALLENGE_METHOD_NOT_ALLOWED },
    { "application_consent_required", LK_CHALLENGE_APPLICATION_CONSENT },
};

static const lk__field factor_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_authentication_factor, id), 0, NULL },
    { "type", LK__TEXT, false, offsetof(lk_authentication_factor, type), 0, NULL },
};
static const lk__shape factor_shape = LK__SHAPE(lk_authentication_factor, factor_fields);

static const lk__field organization_fields[] = {
    { "id", LK__TEXT, true, offsetof(lk_organization_choice, id), 0, NULL },
    { "name", LK__TEXT, false, offsetof(lk_organization_choice, name), 0, NULL },
};
static const lk__shape organization_shape = LK__SHAPE(lk_organization_choice, organization_fields);

static const lk__field methods_fields[] = {
    { "apple_oauth", LK__FLAG, false, offsetof(lk_authentication_methods, apple_oauth), 0, NULL },
    { "github_oauth", LK__FLAG, false, offsetof(lk_authentication_methods, github_oauth), 0, NULL },
    { "google_oauth", LK__FLAG, false, offsetof(lk_authentication_methods, google_oauth), 0, NULL },
    { "magic_auth", LK__FLAG, false, offsetof(lk_authentication_methods, magic_auth), 0, NULL },
    { "microsoft_oauth", LK__FLAG, false, offsetof(lk_authentication_methods, microsoft_oauth), 0,
      NULL },
    { "password", LK__FLAG, false, offsetof(lk_authentication_methods, password), 0, NULL },
};
static const lk__shape methods_shape = LK__SHAPE(lk_authentication_methods, methods_fields);

/* The user is read by itself: a part that cannot be read must not take the rest away. */
static const lk__field challenge_fields[] = {
    { "pending_authentication_token", LK__TEXT, false,
      offsetof(lk_authentication_challenge, pending_authentication_token), 0, NULL },
    { "email", LK__TEXT, false, offsetof(lk_authentication_challenge, email), 0, NULL },
    { "email_verification_id", LK__TEXT, false,
      offsetof(lk_authentication_challenge, email_verification_id), 0, NULL },
    { "radar_challenge_id", LK__TEXT, false,
      offsetof(lk_authentication_challenge, radar_challenge_id), 0, NULL },
    { "connection_ids", LK__TEXTS, false, offsetof(lk_authentication_challenge, connection_ids),
      offsetof(lk_authentication_challenge, n_connection_ids), NULL },
    { "auth_methods", LK__OBJECT, false, offsetof(lk_authentication_challenge, methods), 0,
      &methods_shape },
    { "authkit_redirect_url", LK__TEXT, false,
      offsetof(lk_authentication_challenge, authkit_redirect_url), 0, NULL },
};
static const lk__shape challenge_shape = LK__SHAPE(struct owned_challenge, challenge_fields);

/* One refusal has no word at all: {"message":"Must use SSO for selected organization"}. */
static const char *word_of(const lk__json *body)
{
    const char *code = lk__json_text(body, "code");
    const char *word = code == NULL ? lk__json_text(body, "error") : code;

    if (word == NULL &&
        lk__text_equal(lk__json_text(body, "message"), "Must use SSO for selected organization"))
        return "sso_required";
    return word;
}

static lk_challenge_kind kind_of(const char *word)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (lk__text_equal(kinds[i].word, word))
            return kinds[i].kind;
    }
    return LK_CHALLENGE_OTHER;
}

/* Decodes a list of objects into an array of pointers. Members that are no objects with an id are
 * left out. */
static lk_status read_list(const lk__json *list, const lk__shape *shape, lk__arena *arena,
                           const void ***items, size_t *count, lk_error *err)
{
    size_t n = lk__json_count(list);
    size_t used = 0;
    const void **made;

    if (!lk__json_is_array(list) || n == 0)
        return LK_OK;
    n = n < MAX_LISTED ? n : MAX_LISTED;
    made = lk__arena_array(arena, n, sizeof(*made));
    if (made == NULL)
        return lk__no_memory(err);
    for (const lk__json *item = lk__json_first(list); item != NULL && used < n;
         item = lk__json_next(item)) {
        void *object = lk__arena_alloc(arena, shape->size);
        lk_status status =
            object == NULL ? LK_ERR_NO_MEMORY : lk__json_decode(item, shape, arena, object, NULL);

        if (status == LK_ERR_NO_MEMORY)
            return lk__no_memory(err);
        if (status == LK_OK)
            made[used++] = object;
    }
    *items = made;
    *count = used;
    return LK_OK;
}

static lk_status read_factors(const lk__json *body, lk__arena *arena,
                              lk_authentication_challenge *out, lk_error *err)
{
    const lk__json *list = lk__json_get(body, "authentication_factors");
    const void **items = NULL;

    list = list == NULL ? lk__json_get(body, "factors") : list;
    LK_TRY(read_list(list, &factor_shape, arena, &items, &out->n_factors, err));
    out->factors = (const lk_authentication_factor *const *)items;
    return LK_OK;
}

static lk_status read_organizations(const lk__json *body, lk__arena *arena,
                                    lk_authentication_challenge *out, lk_error *err)
{
    const void **items = NULL;

    LK_TRY(read_list(lk__json_get(body, "organizations"), &organization_shape, arena, &items,
                     &out->n_organizations, err));
    out->organizations = (const lk_organization_choice *const *)items;
    return LK_OK;
}

/* WorkOS: {"error":"organization_authentication_methods_required"} has "sso_connection_ids" where
 * {"error":"sso_required"} has "connection_ids". */
static lk_status read_more_connections(const lk__json *body, lk__arena *arena,
                                       lk_authentication_challenge *out, lk_error *err)
{
    static const lk__field fields[] = {
        { "sso_connection_ids", LK__TEXTS, false,
          offsetof(lk_authentication_challenge, connection_ids),
          offsetof(lk_authentication_challenge, n_connection_ids), NULL },
    };
    static const lk__shape shape = LK__SHAPE(lk_authentication_challenge, fields);

    return out->n_connection_ids > 0 ? LK_OK : lk__json_decode(body, &shape, arena, out, err);
}

static lk_status read_user(const lk__json *body, lk__arena *arena, lk_authentication_challenge *out,
                           lk_error *err)
{
    const lk__json *user = lk__json_get(body, "user");
    lk_user *made;
    lk_status status;

    if (user == NULL)
        return LK_OK;
    made = lk__arena_alloc(arena, sizeof(*made));
    status =
        made == NULL ? LK_ERR_NO_MEMORY : lk__json_decode(user, &lk__user_shape, arena, made, NULL);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK)
        return LK_OK;
    out->user = made;
    out->email = out->email == NULL ? made->email : out->email;
    return LK_OK;
}

static lk_status read_challenge(const lk__json *body, const char *word, lk__arena *arena,
                                lk_authentication_challenge *out, lk_error *err)
{
    LK_TRY(lk__json_decode(body, &challenge_shape, arena, out, err));
    out->kind = kind_of(word);
    out->code = lk__arena_text(arena, word == NULL ? "" : word);
    if (out->code == NULL)
        return lk__no_memory(err);
    LK_TRY(read_user(body, arena, out, err));
    LK_TRY(read_factors(body, arena, out, err));
    LK_TRY(read_organizations(body, arena, out, err));
    return read_more_connections(body, arena, out, err);
}

lk_status lk__challenge_read(const lk__buf *body, lk_authentication_challenge **out, lk_error *err)
{
    LK_CLEANUP(lk__json_freep) lk__json *json = NULL;
    LK_CLEANUP(lk__arena_freep) lk__arena *arena = NULL;
    struct owned_challenge *made;
    const char *word;
    lk_status status;

    status = lk__json_parse(body->data == NULL ? "" : body->data, body->len, &json, NULL);
    if (status == LK_ERR_NO_MEMORY)
        return lk__no_memory(err);
    if (status != LK_OK || !lk__json_is_object(json))
        return LK_OK;
    word = word_of(json);
    if (kind_of(word) == LK_CHALLENGE_OTHER &&
        lk__json_text(json, "pending_authentication_token") == NULL)
        return LK_OK;

    arena = lk__arena_new();
    made = arena == NULL ? NULL : lk__arena_alloc(arena, sizeof(*made));
    if (made == NULL)
        return lk__no_memory(err);
    LK_TRY(read_challenge(json, word, arena, &made->challenge, err));
    made->arena = lk__steal(arena);
    *out = &made->challenge;
    return LK_OK;
}

void lk_authentication_challenge_free(lk_authentication_challenge *challenge)
{
    if (challenge != NULL)
        lk__arena_free(((struct owned_challenge *)challenge)->arena);
}

void lk_authentication_challenge_freep(lk_authentication_challenge **challenge)
{
    lk_authentication_challenge_free(*challenge);
    *challenge = NULL;
}
