/* The ways to sign in where no browser can come back: a code, and a pasted address. */
#include <gio/gio.h>

#include "gui-kit.h"
#include "latchkey-error.h"
#include "latchkey-qr.h"

#define START        "POST /user_management/authorize/device"
#define AUTHENTICATE "POST /user_management/authenticate"
#define JWKS                                                          \
    {                                                                 \
        "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" \
    }
#define CODE                                                                           \
    "{\"device_code\":\"dc_secret\",\"user_code\":\"BCDF-GHJK\",\"verification_uri\":" \
    "\"https://example.com/device\",\"verification_uri_complete\":"                    \
    "\"https://example.com/device?user_code=BCDF-GHJK\",\"expires_in\":300,\"interval\":1}"
#define PENDING       "{\"error\":\"authorization_pending\",\"error_description\":\"wait\"}"
#define DENIED        "{\"error\":\"access_denied\",\"error_description\":\"no\"}"
#define state_of(kit) latchkey_account_get_state((kit).account)

static void ask_for_code(gui_kit *kit)
{
    latchkey_account_start(kit->account);
    wait_until(latchkey_account_get_state(kit->account) == LATCHKEY_ACCOUNT_SIGNED_OUT);
    latchkey_account_sign_in_with_code(kit->account);
    g_assert_cmpint(latchkey_account_get_state(kit->account), ==, LATCHKEY_ACCOUNT_CODE);
    g_assert_null(latchkey_account_get_device(kit->account)); /* WorkOS is being asked */
    latchkey_account_sign_in_with_code(kit->account);         /* a second click asks once */
    wait_until(latchkey_account_get_device(kit->account) != NULL);
}

/* The library's clock stands still unless it is moved: a poll that is not due asks nobody. */
static gboolean move_clock(gpointer data)
{
    ((gui_kit *)data)->clock.now_ms += 1000;
    return G_SOURCE_CONTINUE;
}

static void test_code_is_shown_and_signs_in(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire =
        FAKE_WIRE({ START, .status = 200, .body = CODE },
                  { AUTHENTICATE, .body_has = "dc_secret", .status = 400, .body = PENDING },
                  { AUTHENTICATE, .body_has = "dc_secret", .status = 200, .body = grant }, JWKS);
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    ask_for_code(&kit);
    g_assert_cmpstr(latchkey_account_get_device(kit.account)->user_code, ==, "BCDF-GHJK");
    g_assert_cmpint(latchkey_account_get_time_left_ms(kit.account), ==, 300000);
    g_assert_cmpint(kit.n_opened, ==, 0); /* nothing was sent to a browser */
    guint mover = g_timeout_add(500, move_clock, &kit);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_SIGNED_IN);
    g_source_remove(mover);
    g_assert_null(latchkey_account_get_device(kit.account));
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

static void test_code_that_is_refused_ends_the_wait(void)
{
    fake_wire wire = FAKE_WIRE({ START, .status = 200, .body = CODE },
                               { AUTHENTICATE, .status = 400, .body = DENIED });
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    ask_for_code(&kit);
    guint mover = g_timeout_add(500, move_clock, &kit);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_FAILED);
    g_source_remove(mover);
    g_assert_error(latchkey_account_get_error(kit.account), LATCHKEY_ERROR, LATCHKEY_ERROR_DENIED);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

/* Codes off, or WorkOS away: said at once, and trying again asks for a code, not for a browser. */
static void test_code_that_does_not_come_is_said(void)
{
    fake_wire wire =
        FAKE_WIRE({ START, .status = 400, .body = DENIED }, { START, .status = 200, .body = CODE });
    gui_kit kit = { 0 };

    kit_open_account(&kit, &wire);
    latchkey_account_start(kit.account);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_SIGNED_OUT);
    latchkey_account_sign_in_with_code(kit.account);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_FAILED);
    latchkey_account_retry(kit.account);
    wait_until(latchkey_account_get_device(kit.account) != NULL);
    g_assert_cmpint(kit.n_opened, ==, 0);
    latchkey_account_cancel(kit.account);
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_SIGNED_OUT);
    g_assert_null(latchkey_account_get_device(kit.account));
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

/* ---- Pasting ---- */

static void test_pasted_address_signs_in(void)
{
    g_autofree char *grant = kit_grant(NOON, "Ada", "rt_1");
    fake_wire wire = FAKE_WIRE(
        { AUTHENTICATE, .body_has = "\"code\":\"code_01\"", .status = 200, .body = grant }, JWKS);
    gui_kit kit = { 0 };
    g_autoptr(GError) error = NULL;

    kit_open_account(&kit, &wire);
    latchkey_account_start(kit.account);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_SIGNED_OUT);
    latchkey_account_sign_in(kit.account);
    g_autofree char *redirect = kit_parameter(kit.opened, "redirect_uri");
    g_autofree char *state = kit_parameter(kit.opened, "state");
    g_autofree char *right = g_strdup_printf("%s?code=code_01&state=%s", redirect, state);
    g_autofree char *wrong = g_strdup_printf("%s?code=code_02&state=another", redirect);
    /* The nearest misses first: each is said, and none of them ends the wait. */
    g_assert_false(latchkey_account_paste(kit.account, kit.opened, &error));
    g_assert_nonnull(error);
    g_clear_error(&error);
    g_assert_false(latchkey_account_paste(kit.account, wrong, &error));
    g_assert_null(strstr(error->message, "code_02"));
    g_clear_error(&error);
    g_assert_false(latchkey_account_paste(kit.account, "", &error));
    g_assert_cmpint(state_of(kit), ==, LATCHKEY_ACCOUNT_WAITING);
    g_clear_error(&error);
    g_assert_true(latchkey_account_paste(kit.account, right, &error));
    g_assert_no_error(error);
    wait_until(state_of(kit) == LATCHKEY_ACCOUNT_SIGNED_IN);
    kit_close_account(&kit);
    fake_wire_finished(&wire);
}

/* ---- QR ---- */

static void test_qr_is_dark_on_light_with_a_margin(void)
{
    g_autoptr(GdkTexture) qr = latchkey_qr_new("https://example.com/device?user_code=BCDF-GHJK");
    if (qr == NULL) {
        g_test_skip("built without libqrencode");
        return;
    }
    gsize side = (gsize)gdk_texture_get_width(qr);
    g_autofree guint32 *pixels = g_new(guint32, side * side);
    gdk_texture_download(qr, (guchar *)pixels, side * 4);
    g_assert_cmpint(gdk_texture_get_height(qr), ==, side);
    g_assert_cmphex(pixels[0], ==, 0xFFFFFFFF);
    g_assert_cmphex(pixels[19 * side + 19], ==, 0xFFFFFFFF); /* the last of the margin */
    g_assert_cmphex(pixels[20 * side + 20], ==, 0xFF000000); /* the corner of a finder */
    g_autofree char *much = g_strnfill(8000, 'x');
    g_assert_null(latchkey_qr_new(much));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/code/sign-in", test_code_is_shown_and_signs_in);
    g_test_add_func("/code/refused", test_code_that_is_refused_ends_the_wait);
    g_test_add_func("/code/none", test_code_that_does_not_come_is_said);
    g_test_add_func("/code/paste", test_pasted_address_signs_in);
    g_test_add_func("/code/qr", test_qr_is_dark_on_light_with_a_margin);
    return g_test_run();
}
