/* What tests of the window share; see gui-kit.h. */
#include "gui-kit.h"

#include <string.h>

#include "fake-token.h"
#include "latchkey-window.h"

void settle(void)
{
    for (int i = 0; i < 50 && g_main_context_iteration(NULL, FALSE); i++)
        continue;
}

static void on_open_uri(LatchkeyAccount *account, const char *uri, gui_kit *kit)
{
    (void)account;
    g_free(kit->opened);
    kit->opened = g_strdup(uri);
    kit->n_opened++;
}

static void on_notice(LatchkeyAccount *account, const char *text, gui_kit *kit)
{
    (void)account;
    g_free(kit->noticed);
    kit->noticed = g_strdup(text);
}

void kit_open_account(gui_kit *kit, fake_wire *wire)
{
    kit->clock = (fake_clock){ .now_ms = NOON };
    kit->config = latchkey_config_new();
    kit->config->client_id = g_strdup("client_01");
    kit->config->base_url = g_strdup(kit->base_url);
    kit->config->issuer = g_strdup("https://api.workos.com");
    kit->config->transport = fake_wire_use(wire);
    kit->config->clock = fake_clock_use(&kit->clock);
    kit->account = latchkey_account_new(kit->config);
    g_signal_connect(kit->account, "open-uri", G_CALLBACK(on_open_uri), kit);
    g_signal_connect(kit->account, "notice", G_CALLBACK(on_notice), kit);
}

void kit_on_gone(gpointer data, GObject *object)
{
    (void)object;
    *(gboolean *)data = TRUE;
}

void kit_close_feed(LatchkeyFeed **feed)
{
    LatchkeyStore *store = latchkey_feed_get_store(*feed);
    gboolean is_gone = store == NULL;

    if (store != NULL)
        g_object_weak_ref(G_OBJECT(store), kit_on_gone, &is_gone);
    g_clear_object(feed);
    wait_until(is_gone);
    settle();
}

/* Waits for the tasks that still hold the account: a leak would hang here. */
void kit_close_account(gui_kit *kit)
{
    gboolean is_gone = FALSE;

    g_signal_handlers_disconnect_by_data(kit->account, kit);
    g_object_weak_ref(G_OBJECT(kit->account), kit_on_gone, &is_gone);
    g_object_unref(kit->account);
    wait_until(is_gone);
    latchkey_config_unref(kit->config);
    g_free(kit->opened);
    g_free(kit->noticed);
}

char *kit_grant(gint64 now_ms, const char *first_name, const char *refresh_token)
{
    char *token = fake_token(now_ms);
    char *body = g_strdup_printf(
        "{\"user\":{\"object\":\"user\",\"id\":\"user_01\",\"email\":\"ada@example.com\","
        "\"email_verified\":true,\"first_name\":\"%s\",\"last_name\":\"Lovelace\","
        "\"created_at\":\"2026-01-01T00:00:00.000Z\",\"updated_at\":\"2026-01-01T00:00:00.000Z\"},"
        "\"organization_id\":\"org_01\",\"access_token\":\"%s\",\"refresh_token\":\"%s\","
        "\"authentication_method\":\"GoogleOAuth\"}",
        first_name, token, refresh_token);

    free(token);
    return body;
}

char *kit_parameter(const char *url, const char *name)
{
    const char *query = strchr(url, '?');
    g_autoptr(GHashTable) parameters =
        g_uri_parse_params(query + 1, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);

    return g_strdup(g_hash_table_lookup(parameters, name));
}

static void on_written(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, NULL);
    g_free(data);
}

/* The connection closes with the account's answer; what it says is the library's to test. */
static void on_connected(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_finish(G_SOCKET_CLIENT(source), result, NULL);

    g_assert_nonnull(connection);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(connection)), data,
                                    strlen(data), G_PRIORITY_DEFAULT, NULL, on_written, data);
    g_object_set_data_full(source, "connection", g_object_ref(connection), g_object_unref);
}

void kit_visit(gui_kit *kit, const char *query, const char *state)
{
    const char *url = latchkey_account_get_url(kit->account);
    g_autofree char *redirect = kit_parameter(url, "redirect_uri");
    g_autofree char *right_state = kit_parameter(url, "state");
    g_autoptr(GUri) uri = g_uri_parse(redirect, G_URI_FLAGS_NONE, NULL);
    GSocketClient *browser = g_socket_client_new();
    g_autoptr(GSocketConnectable) address = G_SOCKET_CONNECTABLE(
        g_inet_socket_address_new_from_string(g_uri_get_host(uri), (guint)g_uri_get_port(uri)));
    char *request = g_strdup_printf("GET %s?%s&state=%s HTTP/1.1\r\nHost: %s:%d\r\n\r\n",
                                    g_uri_get_path(uri), query, state != NULL ? state : right_state,
                                    g_uri_get_host(uri), g_uri_get_port(uri));

    g_socket_client_connect_async(browser, address, NULL, on_connected, request);
    g_object_set_data_full(G_OBJECT(kit->account), "browser", browser, g_object_unref);
}

gboolean kit_is_answered(gui_kit *kit)
{
    GObject *browser = g_object_get_data(G_OBJECT(kit->account), "browser");
    GSocketConnection *connection = g_object_get_data(browser, "connection");

    return connection != NULL &&
           g_socket_condition_check(g_socket_connection_get_socket(connection), G_IO_IN) != 0;
}

void kit_sign_in(gui_kit *kit)
{
    latchkey_account_start(kit->account);
    wait_until(latchkey_account_get_state(kit->account) == LATCHKEY_ACCOUNT_SIGNED_OUT);
    latchkey_account_sign_in(kit->account);
    kit_visit(kit, "code=code_01", NULL);
    wait_until(latchkey_account_get_state(kit->account) == LATCHKEY_ACCOUNT_SIGNED_IN);
}

static GtkWidget *find_popover(GtkWidget *root)
{
    GtkWidget *found = GTK_IS_POPOVER(root) && gtk_widget_get_mapped(root) ? root : NULL;

    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL && found == NULL;
         child = gtk_widget_get_next_sibling(child))
        found = find_popover(child);
    return found;
}

void kit_close_popover(GtkWidget *root)
{
    GtkWidget *popover = find_popover(root);

    if (popover == NULL)
        return;
    gtk_popover_popdown(GTK_POPOVER(popover));
    wait_until(!gtk_widget_get_mapped(popover));
    settle();
}

GtkWidget *kit_find_label(GtkWidget *root, const char *text)
{
    if (!gtk_widget_get_child_visible(root) || !gtk_widget_get_visible(root))
        return NULL;
    if (GTK_IS_LABEL(root) && g_str_equal(gtk_label_get_text(GTK_LABEL(root)), text))
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = kit_find_label(child, text);
        if (found != NULL)
            return found;
    }
    return NULL;
}

void stage_open(gui_stage *s, fake_wire *wire)
{
    kit_open_account(&s->kit, wire);
    s->feed = latchkey_feed_new(s->kit.config, 0);
    s->window = GTK_WIDGET(latchkey_window_new(NULL, s->kit.account, s->feed, NULL));
    gtk_window_present(GTK_WINDOW(s->window));
    settle();
}

void stage_close(gui_stage *s)
{
    gtk_window_destroy(GTK_WINDOW(s->window));
    settle();
    g_object_unref(s->feed);
    kit_close_account(&s->kit);
}

void stage_click(gui_stage *s, const char *text)
{
    GtkWidget *label = kit_find_label(s->window, text);

    g_assert_nonnull(label);
    GtkWidget *button = gtk_widget_get_ancestor(label, GTK_TYPE_BUTTON);
    g_assert_nonnull(button);
    g_signal_emit_by_name(button, "clicked");
    settle();
}
