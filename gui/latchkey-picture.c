/* Address and bytes are whatever somebody has put into their profile. So the address is looked at
 * before it is asked, the answer has a limit, and only two decoders see it, which learn its size
 * before they make room for it. */
#include "latchkey-picture.h"

#include "latchkey-error.h"
#include "latchkey-fetch.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <string.h>

enum { MAX_BYTES = 2 * 1024 * 1024, MAX_SIDE = 4096, MAX_RATIO = 8, SIDE = 192 };

/* The type by its first bytes: what the server calls it is another of its claims. */
static const char *mime_type_of(GBytes *bytes)
{
    static const struct {
        const char *magic, *mime_type;
    } types[] = {
        { "\x89PNG\r\n\x1a\n", "image/png" },
        { "\xff\xd8\xff", "image/jpeg" },
    };
    gsize len = 0;
    const char *data = g_bytes_get_data(bytes, &len);

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
        if (len > strlen(types[i].magic) &&
            memcmp(data, types[i].magic, strlen(types[i].magic)) == 0)
            return types[i].mime_type;
    return NULL;
}

/* Few bytes can claim to be many pixels; a size of 0 ends the decoding before there is room for
 * them. */
static void on_size(GdkPixbufLoader *loader, int width, int height, gpointer data)
{
    (void)data;
    int side = MIN(width, height);

    if (MAX(width, height) > MIN(MAX_SIDE, side * MAX_RATIO))
        gdk_pixbuf_loader_set_size(loader, 0, 0);
    else
        gdk_pixbuf_loader_set_size(loader, MAX(SIDE, width * SIDE / side),
                                   MAX(SIDE, height * SIDE / side));
}

static GdkTexture *middle_of(GdkPixbuf *pixbuf)
{
    g_autoptr(GdkPixbuf) upright = gdk_pixbuf_apply_embedded_orientation(pixbuf);
    g_autoptr(GdkPixbuf) middle =
        gdk_pixbuf_new_subpixbuf(upright, (gdk_pixbuf_get_width(upright) - SIDE) / 2,
                                 (gdk_pixbuf_get_height(upright) - SIDE) / 2, SIDE, SIDE);

    return gdk_texture_new_for_pixbuf(middle);
}

GdkTexture *latchkey_picture_decode(GBytes *bytes, GError **error)
{
    const char *mime_type = mime_type_of(bytes);
    g_autoptr(GdkPixbufLoader) loader = NULL;

    if (mime_type == NULL) {
        g_set_error_literal(error, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER, "neither PNG nor JPEG");
        return NULL;
    }
    loader = gdk_pixbuf_loader_new_with_mime_type(mime_type, error);
    if (loader == NULL)
        return NULL;
    g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size), NULL);
    /* Closed in any case, or it would complain. */
    gboolean is_written = gdk_pixbuf_loader_write_bytes(loader, bytes, error);
    gboolean is_closed = gdk_pixbuf_loader_close(loader, is_written ? error : NULL);
    GdkPixbuf *pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    if (!is_written || !is_closed)
        return NULL;
    if (pixbuf == NULL || gdk_pixbuf_get_width(pixbuf) < SIDE ||
        gdk_pixbuf_get_height(pixbuf) < SIDE) {
        g_set_error_literal(error, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER, "no picture in it");
        return NULL;
    }
    return middle_of(pixbuf);
}

static gboolean is_same_host(const LatchkeyConfig *config, GUri *uri)
{
    g_autoptr(GUri) own =
        config->base_url != NULL ? g_uri_parse(config->base_url, G_URI_FLAGS_NONE, NULL) : NULL;

    return own != NULL && g_strcmp0(g_uri_get_scheme(own), g_uri_get_scheme(uri)) == 0 &&
           g_strcmp0(g_uri_get_host(own), g_uri_get_host(uri)) == 0 &&
           g_uri_get_port(own) == g_uri_get_port(uri);
}

gboolean latchkey_picture_may_fetch(const LatchkeyConfig *config, const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

    if (uri == NULL || g_uri_get_userinfo(uri) != NULL || g_uri_get_host(uri) == NULL ||
        g_uri_get_host(uri)[0] == '\0')
        return FALSE;
    return g_strcmp0(g_uri_get_scheme(uri), "https") == 0 || is_same_host(config, uri);
}

static void worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source;
    const char *url = data;
    const LatchkeyFetch fetch = { .url = url,
                                  .protocols = g_str_has_prefix(url, "https:") ? "https" : "http" };
    GError *error = NULL;
    g_autoptr(GBytes) bytes = latchkey_fetch_bytes(&fetch, MAX_BYTES, cancellable, &error);
    GdkTexture *texture = bytes != NULL ? latchkey_picture_decode(bytes, &error) : NULL;

    if (texture != NULL)
        g_task_return_pointer(task, texture, g_object_unref);
    else
        g_task_return_error(task, error);
}

void latchkey_picture_fetch_async(const LatchkeyConfig *config, const char *url,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);

    g_task_set_task_data(task, g_strdup(url), g_free);
    if (!latchkey_picture_may_fetch(config, url)) {
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_ANSWER,
                                "the picture's address is not one over HTTPS");
        return;
    }
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, worker);
}

GdkTexture *latchkey_picture_fetch_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
