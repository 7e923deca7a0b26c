/* Second factors and their endpoints. */
#include "factors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers.h"
#include "json.h"
#include "qr-picture.h"

#define STEP_MS               30000 /* RFC 6238, 4: "the default value is X = 30 seconds" */
#define CHALLENGE_LIFETIME_MS (10 * 60 * 1000)
#define MAX_ATTEMPTS          5
#define MAX_CHALLENGES        1000
#define MAX_SECRET            64

/* RFC 4648, 6. 0: it is no base32. */
static size_t decode_base32(const char *encoded, unsigned char out[MAX_SECRET])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t n = 0, bits = 0;
    unsigned value = 0;
    for (; *encoded && *encoded != '='; encoded++) {
        const char *digit = strchr(digits, *encoded);
        if (!digit || n == MAX_SECRET)
            return 0;
        value = (value << 5 | (unsigned)(digit - digits)) & 0xFFFF;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (unsigned char)(value >> bits);
        }
    }
    return n;
}

static void new_secret(emulator_state *self, char out[33])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    for (size_t i = 0; i < 32; i++)
        out[i] = digits[keys_number(self->keys) % 32];
    out[32] = '\0';
}

/* The address that authenticator programs read from a QR code. */
static void add_uri(cJSON *totp, const char *issuer, const char *email, const char *secret)
{
    AUTO_TEXT uri = { 0 };
    text_add(&uri, "otpauth://totp/");
    text_add_url(&uri, issuer);
    text_add(&uri, ":");
    text_add_url(&uri, email);
    text_print(&uri, "?secret=%s&issuer=", secret);
    text_add_url(&uri, issuer);
    json_set_text(totp, "uri", uri.bytes);
}

cJSON *factors_add(emulator_state *self, const cJSON *user, const char *issuer, const char *secret)
{
    unsigned char bytes[MAX_SECRET];
    char fresh[33];
    if (secret && decode_base32(secret, bytes) < 10)
        return NULL;
    new_secret(self, fresh);
    cJSON *factor = record_new(self, "authentication_factor", NULL, "auth_factor_");
    cJSON *totp = json_object();
    json_set_text(factor, "type", "totp");
    json_set_text(factor, "user_id", json_text(user, "id"));
    json_set_text(totp, "issuer", issuer);
    json_set_text(totp, "user", json_text(user, "email"));
    json_set(factor, "totp", totp);
    json_set_text(factor, "_secret", secret ? secret : fresh);
    records_add(&self->factors, factor);
    return factor;
}

const cJSON *factors_of(const emulator_state *self, const char *user_id)
{
    return records_find_by(&self->factors, "user_id", user_id);
}

cJSON *factors_challenge(emulator_state *self, const cJSON *factor)
{
    cJSON *challenge = record_new(self, "authentication_challenge", NULL, "auth_challenge_");
    json_set_time(challenge, "expires_at", state_now(self) + CHALLENGE_LIFETIME_MS);
    json_set_text(challenge, "authentication_factor_id", json_text(factor, "id"));
    records_add(&self->challenges, challenge);
    records_trim(&self->challenges, MAX_CHALLENGES);
    return challenge;
}

/* RFC 4226, 5.3: dynamic truncation of the HMAC over the counter. */
static void code_at(const cJSON *factor, int64_t step, char out[TOTP_CODE_SIZE])
{
    unsigned char secret[MAX_SECRET], counter[8], mac[20] = { 0 };
    size_t len = decode_base32(json_text(factor, "_secret"), secret);
    for (size_t i = 0; i < 8; i++)
        counter[i] = (unsigned char)(step >> (56 - 8 * i));
    keys_hmac_sha1(secret, len, counter, sizeof counter, mac);
    size_t at = mac[19] & 15;
    unsigned value = (unsigned)(mac[at] & 0x7F) << 24 | (unsigned)mac[at + 1] << 16 |
                     (unsigned)mac[at + 2] << 8 | mac[at + 3];
    snprintf(out, TOTP_CODE_SIZE, "%06u", value % 1000000);
}

void factors_code(const emulator_state *self, const cJSON *factor, char out[TOTP_CODE_SIZE])
{
    code_at(factor, state_now(self) / STEP_MS, out);
}

const char *factors_check(emulator_state *self, cJSON *challenge, const char *code)
{
    cJSON *factor = records_find(&self->factors, json_text(challenge, "authentication_factor_id"));
    int64_t expires_ms = 0, now = state_now(self) / STEP_MS;
    double attempts = json_number(challenge, "_attempts", 0);
    if (!factor || !text_parse_time(json_text(challenge, "expires_at"), &expires_ms))
        return "code_challenge_not_found";
    if (state_now(self) >= expires_ms)
        return "one_time_code_expired";
    if (attempts >= MAX_ATTEMPTS)
        return "one_time_code_too_many_attempts";
    for (int64_t step = now - 1; step <= now + 1; step++) {
        char right[TOTP_CODE_SIZE];
        code_at(factor, step, right);
        if (!text_equal(right, code))
            continue;
        /* RFC 6238, 5.2: "The verifier MUST NOT accept the second attempt of the OTP". */
        if ((double)step <= json_number(factor, "_last_step", 0))
            return "one_time_code_previously_used";
        json_set_number(factor, "_last_step", (double)step);
        return NULL;
    }
    json_set_number(challenge, "_attempts", attempts + 1);
    return "invalid_one_time_code";
}

void handle_enroll_factor(exchange *self)
{
    const cJSON *user = records_find(&self->state->users, self->params[0]);
    AUTO_JSON body = exchange_body(self);
    const char *issuer = json_text(body, "totp_issuer"), *secret = json_text(body, "totp_secret");
    if (!user) {
        answer_missing(self, "User", self->params[0]);
        return;
    }
    if (!text_equal(json_text(body, "type"), "totp")) {
        answer_field_error(self, "type", "invalid", "type must be totp");
        return;
    }
    const cJSON *factor = factors_add(self->state, user, issuer ? issuer : "WorkOS", secret);
    if (!factor) {
        answer_field_error(self, "totp_secret", "invalid",
                           "totp_secret must be base32 of 10 to 64 bytes");
        return;
    }
    AUTO_JSON answer = json_object();
    cJSON *view = record_view(factor);
    cJSON *totp = cJSON_GetObjectItemCaseSensitive(view, "totp");
    const char *name = json_text(body, "totp_user");
    json_set_text(totp, "secret", json_text(factor, "_secret"));
    add_uri(totp, json_text(totp, "issuer"), name ? name : json_text(user, "email"),
            json_text(factor, "_secret"));
    AUTO_CHARS picture = qr_picture(json_text(totp, "uri"));
    json_set_text(totp, "qr_code", picture);
    json_set(answer, "authentication_factor", view);
    json_set(answer, "authentication_challenge",
             record_view(factors_challenge(self->state, factor)));
    answer_json(self, 201, answer);
}

static bool is_factor_of_user(const exchange *self, const cJSON *factor)
{
    return text_equal(json_text(factor, "user_id"), self->params[0]);
}

void handle_list_factors(exchange *self)
{
    answer_list(self, &self->state->factors, is_factor_of_user, NULL);
}

void handle_challenge_factor(exchange *self)
{
    const cJSON *factor = exchange_find(self, &self->state->factors, "Authentication Factor");
    if (factor)
        answer_record(self, 201, factors_challenge(self->state, factor));
}

void handle_factor(exchange *self)
{
    const cJSON *factor = exchange_find(self, &self->state->factors, "Authentication Factor");
    if (factor)
        answer_record(self, 200, factor);
}

void handle_remove_factor(exchange *self)
{
    cJSON *factor = exchange_find(self, &self->state->factors, "Authentication Factor");
    if (!factor)
        return;
    records_remove(&self->state->factors, factor);
    answer_nothing(self, 204);
}

/* A wrong code is an answer, too; only too many of them are an error. */
void handle_verify_challenge(exchange *self)
{
    static const member members[] = { { .name = "code", .kind = TEXT, .is_required = true } };
    cJSON *challenge = exchange_find(self, &self->state->challenges, "Authentication Challenge");
    AUTO_JSON body = challenge ? EXCHANGE_READ(self, members) : NULL;
    if (!body)
        return;
    const char *wrong = factors_check(self->state, challenge, json_text(body, "code"));
    if (text_equal(wrong, "one_time_code_too_many_attempts")) {
        answer_error(self, 400, wrong, "Too many wrong codes: ask for a new challenge.");
        return;
    }
    AUTO_JSON answer = json_object();
    json_set(answer, "challenge", record_view(challenge));
    json_set_bool(answer, "valid", !wrong);
    answer_json(self, 201, answer);
}
