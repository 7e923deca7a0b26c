/* The state of a sign-in: the input as a parameter and a Cookie header beside it (a line each), as
 * a parameter, and as the text under a sound seal, where only our password leads. */
#include "web/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/seal.h"
#include "fuzz.h"

#define PASSWORD "a-password-of-the-tests-0123456789"
#define NOW_MS   INT64_C(1772452800000)

static bool is_held(const char *header, const char *seal)
{
    bool held = false;

    promise(lk__state_is_held(header, seal, &held, NULL) == LK_OK);
    return held;
}

/* Held is what stands under its own name, that and nothing near it. */
static void check_held(const char *header, const char *seal)
{
    lk__auto_buf own = LK__BUF(1 << 20);
    lk__auto_buf other = LK__BUF(1 << 20);
    char name[LK__STATE_NAME_SIZE];
    size_t len = strlen(seal);

    lk__state_cookie_name(seal, name);
    promise(strlen(name) == sizeof(name) - 1);
    promise(!is_held(header, seal) || strstr(header, name) != NULL);
    promise(lk__buf_printf(&own, NULL, "%s=", name) == LK_OK);
    promise(lk__percent_encode(&own, seal, NULL) == LK_OK);
    promise(is_held(own.data, seal) == (len > 0 && len <= LK__MAX_STATE));
    promise(lk__buf_printf(&other, NULL, "%sx", seal) == LK_OK);
    promise(!is_held(own.data, other.data));
}

static void check_open(const char *seal)
{
    lk__state state = { .return_to = NULL };
    lk_error err = LK_ERROR_INIT;
    lk_status status = lk__state_open(LK__ONE_PASSWORD(PASSWORD), seal, NOW_MS, &state, &err);

    promise(status == err.status);
    promise(status == LK_OK || status == LK_ERR_STATE || status == LK_ERR_EXPIRED);
    if (status == LK_OK) {
        promise(strlen(state.code_verifier) == LK__TOKEN_SIZE - 1);
        promise(state.issued_at_ms > NOW_MS - (int64_t)LK__STATE_TTL_S * 1000 - 1);
    } else {
        promise(state.return_to == NULL && state.connection == NULL && state.code_verifier[0] == 0);
    }
    lk__state_clear(&state);
}

static void under_a_sound_seal(const uint8_t *data, size_t size)
{
    const lk_random random = { .fill = lk__random_fill };
    lk__auto_buf seal = LK__BUF(1 << 20);

    if (size > LK__MAX_STATE)
        return;
    promise(lk__seal(&random, PASSWORD, data, size, NOW_MS, 0, &seal, NULL) == LK_OK);
    check_open(seal.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *seal = malloc(size + 1);

    promise(seal != NULL);
    memcpy(seal, data, size);
    seal[size] = '\0';
    check_open(seal);
    under_a_sound_seal(data, size);
    char *header = strchr(seal, '\n');
    if (header != NULL)
        *header++ = '\0';
    check_held(header ? header : "", seal);
    free(seal);
    return 0;
}
