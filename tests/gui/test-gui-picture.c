/* The picture of a profile: whose address may be asked, and what may come back. */
#include <adwaita.h>
#include <gdk-pixbuf/gdk-pixbuf.h>

#include "gui-kit.h"
#include "latchkey-error.h"
#include "latchkey-picture.h"
#include "latchkey-settings.h"
#include "raw-server.h"

static const struct {
    const char *url;
    gboolean may;
} addresses[] = {
    { "https://cdn.example.com/ada.png", TRUE },
    { "http://127.0.0.1:4100/ada.png", TRUE }, /* the environment's own host */
    { "http://127.0.0.1:4101/ada.png", FALSE },
    { "http://cdn.example.com/ada.png", FALSE },
    { "https://ada:secret@cdn.example.com/ada.png", FALSE },
    { "file:///etc/passwd", FALSE },
    { "ftp://cdn.example.com/ada.png", FALSE },
    { "data:image/png;base64,AAAA", FALSE },
    { "https:///ada.png", FALSE },
    { "ada.png", FALSE },
    { "", FALSE },
};

static void test_only_safe_addresses_are_asked(void)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(LatchkeyConfig) plain = latchkey_config_new();

    config->base_url = g_strdup("http://127.0.0.1:4100");
    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        g_test_message("%s", addresses[i].url);
        g_assert_cmpint(latchkey_picture_may_fetch(config, addresses[i].url), ==, addresses[i].may);
    }
    g_assert_false(latchkey_picture_may_fetch(plain, "http://127.0.0.1:4100/ada.png"));
}

static GBytes *picture_new(const char *type, int width, int height)
{
    g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, FALSE, 8, width, height);
    g_autoptr(GError) error = NULL;
    char *data = NULL;
    gsize len = 0;

    gdk_pixbuf_fill(pixbuf, 0x3584e4ff);
    g_assert_true(gdk_pixbuf_save_to_buffer(pixbuf, &data, &len, type, &error, NULL));
    return g_bytes_new_take(data, len);
}

static const struct {
    const char *type;
    int width, height;
} pictures[] = {
    { "png", 192, 192 }, { "png", 16, 16 },    { "png", 400, 200 },
    { "png", 100, 800 }, { "jpeg", 640, 480 }, { "jpeg", 4096, 600 },
};

static void test_pictures_become_squares(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++) {
        g_autoptr(GBytes) bytes =
            picture_new(pictures[i].type, pictures[i].width, pictures[i].height);
        g_autoptr(GError) error = NULL;
        g_autoptr(GdkTexture) texture = latchkey_picture_decode(bytes, &error);
        g_assert_no_error(error);
        g_assert_cmpint(gdk_texture_get_width(texture), ==, 192);
        g_assert_cmpint(gdk_texture_get_height(texture), ==, 192);
    }
}

static void assert_is_no_picture(const void *data, gsize len)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, len);
    g_autoptr(GError) error = NULL;

    g_assert_null(latchkey_picture_decode(bytes, &error));
    g_assert_nonnull(error);
}

static void test_other_bytes_are_refused(void)
{
    static const char svg[] =
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>";
    g_autoptr(GBytes) small = picture_new("png", 64, 64);
    g_autoptr(GBytes) wide = picture_new("png", 4097, 4000);
    g_autoptr(GBytes) narrow = picture_new("png", 100, 801); /* enlarged, it would be endless */
    gsize len = 0;
    const guint8 *data = g_bytes_get_data(small, &len);

    assert_is_no_picture("", 0);
    assert_is_no_picture(svg, sizeof(svg) - 1); /* a format that may name other files */
    assert_is_no_picture("GIF89a", 6);
    assert_is_no_picture("\x89PNG\r\n\x1a\n", 8); /* and nothing behind it */
    /* IHDR that claims 60,000 by 60,000 pixels: 14 GB */
    g_autofree guint8 *bomb = g_memdup2(data, len);
    static const guint8 size[] = { 0, 0, 0xEA, 0x60, 0, 0, 0xEA, 0x60 };
    memcpy(bomb + 16, size, sizeof(size));
    assert_is_no_picture(bomb, len);
    const guint8 *too_wide = g_bytes_get_data(wide, &len);
    assert_is_no_picture(too_wide, len);
    const guint8 *too_narrow = g_bytes_get_data(narrow, &len);
    assert_is_no_picture(too_narrow, len);
}

/* What the decoder makes of the first part is its own affair, as long as it comes to an end. */
static void test_torn_picture_is_survived(void)
{
    static const char *const types[] = { "png", "jpeg" };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(GBytes) whole = picture_new(types[i], 64, 64);
        for (gsize len = 0; len < g_bytes_get_size(whole); len += 5) {
            g_autoptr(GBytes) part = g_bytes_new_from_bytes(whole, 0, len);
            g_autoptr(GError) error = NULL;
            g_autoptr(GdkTexture) texture = latchkey_picture_decode(part, &error);
            g_assert_true((texture == NULL) == (error != NULL));
        }
    }
}

static void on_done(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    *(GAsyncResult **)data = g_object_ref(result);
}

/* NULL with the error: nothing came that can be shown. */
static GdkTexture *fetch(raw_server *server, GError **error)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(GAsyncResult) result = NULL;

    raw_server_start(server);
    config->base_url = g_strdup_printf("http://127.0.0.1:%d", server->port);
    g_autofree char *url = g_strconcat(config->base_url, "/ada.png", NULL);
    latchkey_picture_fetch_async(config, url, NULL, on_done, &result);
    wait_until(result != NULL);
    raw_server_stop(server);
    return latchkey_picture_fetch_finish(result, error);
}

static GString *answer_with(GBytes *bytes)
{
    GString *answer = g_string_new(NULL);
    gsize len = 0;
    const char *data = g_bytes_get_data(bytes, &len);

    g_string_printf(answer,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %u\r\n\r\n",
                    (guint)len);
    g_string_append_len(answer, data, (gssize)len);
    return answer;
}

static void test_picture_is_fetched(void)
{
    g_autoptr(GBytes) bytes = picture_new("png", 64, 64);
    g_autoptr(GString) answer = answer_with(bytes);
    g_autoptr(GError) error = NULL;
    raw_server server = { .answer = answer->str, .answer_len = answer->len };
    g_autoptr(GdkTexture) texture = fetch(&server, &error);
    g_assert_no_error(error);
    g_assert_cmpint(gdk_texture_get_width(texture), ==, 192);
    /* no cookie, no token: whoever keeps pictures is nobody to be known to */
    g_assert_null(strstr(server.last_request, "Authorization"));
}

static const struct {
    const char *what;
    raw_server server;
} bad_answers[] = {
    { "there is none", { .answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" } },
    { "it is elsewhere",
      { .answer =
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n" } },
    { "a page", { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>" } },
    { "no end of it",
      { .mode = RAW_ENDLESS, .answer = "HTTP/1.1 200 OK\r\n\r\n\x89PNG\r\n\x1a\n" } },
    { "the connection is cut",
      { .mode = RAW_CLOSE, .answer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\x89PNG" } },
};

static void test_bad_answers_are_survived(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_answers); i++) {
        raw_server server = bad_answers[i].server;
        g_autoptr(GError) error = NULL;

        g_test_message("%s", bad_answers[i].what);
        g_assert_null(fetch(&server, &error));
        g_assert_nonnull(error);
    }
}

static AdwAvatar *find_avatar(GtkWidget *root)
{
    if (ADW_IS_AVATAR(root) && gtk_widget_get_mapped(root))
        return ADW_AVATAR(root);
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        AdwAvatar *found = find_avatar(child);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* Asked for when somebody looks, and not on a screen that is shared. */
static void test_profile_shows_it_to_who_looks(void)
{
    g_autoptr(GBytes) bytes = picture_new("png", 64, 64);
    g_autoptr(GString) answer = answer_with(bytes);
    raw_server server = { .answer = answer->str, .answer_len = answer->len };
    GSettings *settings = latchkey_settings_get_default();
    gui_stage s = { 0 };

    raw_server_start(&server);
    g_autofree char *base_url = g_strdup_printf("http://127.0.0.1:%d", server.port);
    g_autofree char *plain = kit_grant(NOON, "Ada", "rt_1");
    g_autofree char *grant = g_strdup_printf("{\"user\":{\"profile_picture_url\":\"%s/ada.png\",%s",
                                             base_url, plain + strlen("{\"user\":{"));
    fake_wire wire =
        FAKE_WIRE({ "POST /user_management/authenticate", .status = 200, .body = grant },
                  { "GET /sso/jwks/client_01", .status = 200, .file = "jwks.json" });
    s.kit.base_url = base_url;
    stage_open(&s, &wire);
    kit_sign_in(&s.kit);
    settle();
    g_assert_cmpint(atomic_load(&server.n_requests), ==, 0);
    gtk_widget_activate_action(s.window, "win.show-page", "s", "profile");
    wait_until(find_avatar(s.window) != NULL);
    AdwAvatar *avatar = find_avatar(s.window);
    wait_until(adw_avatar_get_custom_image(avatar) != NULL);
    g_settings_set_boolean(settings, "mask-personal-data", TRUE);
    g_assert_null(adw_avatar_get_custom_image(avatar));
    g_settings_reset(settings, "mask-personal-data");
    wait_until(adw_avatar_get_custom_image(avatar) != NULL);
    g_assert_cmpint(atomic_load(&server.n_requests), ==, 2);
    stage_close(&s);
    raw_server_stop(&server);
    fake_wire_finished(&wire);
}

static void test_refused_address_is_not_asked(void)
{
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(GError) error = NULL;
    raw_server server = { .answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" };

    raw_server_start(&server);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%d/ada.png", server.port);
    latchkey_picture_fetch_async(config, url, NULL, on_done, &result); /* of another environment */
    wait_until(result != NULL);
    g_assert_null(latchkey_picture_fetch_finish(result, &error));
    g_assert_error(error, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER);
    g_assert_cmpint(atomic_load(&server.n_requests), ==, 0);
    raw_server_stop(&server);
}

int main(int argc, char **argv)
{
    gtk_test_init(&argc, &argv, NULL);
    adw_init();
    g_test_add_func("/picture/addresses", test_only_safe_addresses_are_asked);
    g_test_add_func("/picture/squares", test_pictures_become_squares);
    g_test_add_func("/picture/other-bytes", test_other_bytes_are_refused);
    g_test_add_func("/picture/torn", test_torn_picture_is_survived);
    g_test_add_func("/picture/fetched", test_picture_is_fetched);
    g_test_add_func("/picture/bad-answers", test_bad_answers_are_survived);
    g_test_add_func("/picture/profile", test_profile_shows_it_to_who_looks);
    g_test_add_func("/picture/refused", test_refused_address_is_not_asked);
    return g_test_run();
}
