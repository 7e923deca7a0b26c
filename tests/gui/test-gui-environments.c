/* The environments: what is kept of them, which one is chosen, and where each has its files. */
#include <gio/gio.h>

#include "gui-kit.h"
#include "latchkey-environments.h"
#include "latchkey-settings.h"

static LatchkeyConfig *config_new(const char *id, const char *name, const char *server)
{
    LatchkeyConfig *config = latchkey_config_new();

    config->id = g_strdup(id);
    config->name = g_strdup(name);
    config->server = g_strdup(server);
    config->client_id = g_strdup("client_01");
    config->api_key = g_strdup("sk_test_secret");
    return config;
}

static const char *current_name(LatchkeyEnvironments *environments)
{
    return latchkey_environments_get_current(environments)->name;
}

/* Nothing of the machine's own, nothing of an earlier test. */
static GSettings *open_settings(void)
{
    static const char *const variables[] = { "WORKOS_CLIENT_ID", "LATCHKEY_SERVER",
                                             "WORKOS_API_KEY", "WORKOS_API_BASE_URL" };
    GSettings *settings = latchkey_settings_new();

    g_assert_nonnull(settings);
    for (size_t i = 0; i < G_N_ELEMENTS(variables); i++)
        g_unsetenv(variables[i]);
    g_settings_reset(settings, "environments");
    g_settings_reset(settings, "environment");
    return settings;
}

static void test_without_any_there_is_an_empty_one(void)
{
    g_autoptr(GSettings) settings = open_settings();
    g_autoptr(LatchkeyEnvironments) environments = latchkey_environments_new(settings);

    g_assert_cmpint(latchkey_environments_get_n(environments), ==, 0);
    g_assert_null(latchkey_environments_get_current(environments)->client_id);
}

static void test_what_was_put_is_there_next_time(void)
{
    g_autoptr(GSettings) settings = open_settings();
    g_autoptr(LatchkeyConfig) first = config_new("one", "Production", NULL);
    g_autoptr(LatchkeyConfig) second = config_new("two", "People", "https://people.example.com");
    g_autoptr(LatchkeyEnvironments) before = latchkey_environments_new(settings);

    latchkey_environments_put(before, first);
    latchkey_environments_put(before, second);
    g_assert_cmpstr(current_name(before), ==, "People");
    g_autoptr(GVariant) kept = g_settings_get_value(settings, "environments");
    g_autofree char *text = g_variant_print(kept, FALSE);
    g_assert_null(strstr(text, "sk_test_secret")); /* that is for the keyring */

    g_autoptr(LatchkeyEnvironments) after = latchkey_environments_new(settings);
    g_assert_cmpint(latchkey_environments_get_n(after), ==, 2);
    g_assert_cmpstr(current_name(after), ==, "People"); /* the one used last */
    g_assert_cmpstr(latchkey_environments_get_current(after)->server, ==,
                    "https://people.example.com");
    g_assert_null(latchkey_environments_find(after, "one")->server);
    latchkey_environments_choose(after, "one");
    latchkey_environments_choose(after, "none"); /* nothing happens */
    g_assert_cmpstr(current_name(after), ==, "Production");
}

static void test_change_and_removal(void)
{
    g_autoptr(GSettings) settings = open_settings();
    g_autoptr(LatchkeyConfig) first = config_new("one", "Production", NULL);
    g_autoptr(LatchkeyConfig) second = config_new("two", "Staging", NULL);
    g_autoptr(LatchkeyConfig) changed = config_new("one", "Productive", NULL);
    g_autoptr(LatchkeyEnvironments) environments = latchkey_environments_new(settings);

    latchkey_environments_put(environments, first);
    latchkey_environments_put(environments, second);
    latchkey_environments_put(environments, changed);
    g_assert_cmpint(latchkey_environments_get_n(environments), ==, 2);
    g_assert_cmpstr(latchkey_environments_get(environments, 0)->name, ==, "Productive");
    g_assert_cmpstr(current_name(environments), ==, "Productive");
    latchkey_environments_remove(environments, "one");
    g_assert_cmpstr(current_name(environments), ==, "Staging");
    latchkey_environments_remove(environments, "one"); /* it is gone already */
    latchkey_environments_remove(environments, "two");
    g_assert_null(current_name(environments));
    g_autoptr(LatchkeyEnvironments) after = latchkey_environments_new(settings);
    g_assert_cmpint(latchkey_environments_get_n(after), ==, 0);
}

static void test_variables_come_first_and_stay(void)
{
    g_autoptr(GSettings) settings = open_settings();
    g_autoptr(LatchkeyConfig) kept = config_new("one", "Production", NULL);
    g_autoptr(LatchkeyEnvironments) before = latchkey_environments_new(settings);

    latchkey_environments_put(before, kept);
    g_setenv("WORKOS_CLIENT_ID", "client_env", TRUE);
    g_autoptr(LatchkeyEnvironments) environments = latchkey_environments_new(settings);
    const LatchkeyConfig *current = latchkey_environments_get_current(environments);
    g_assert_cmpstr(current->client_id, ==, "client_env");
    g_assert_false(latchkey_environments_is_kept(environments, current->id));
    latchkey_environments_remove(environments, current->id);
    g_assert_cmpint(latchkey_environments_get_n(environments), ==, 2);
    g_unsetenv("WORKOS_CLIENT_ID");
    g_autoptr(LatchkeyEnvironments) after = latchkey_environments_new(settings);
    g_assert_cmpint(latchkey_environments_get_n(after), ==, 1);
}

/* Written by hand, or by another program: what cannot be used is left out. */
static void test_strange_settings_are_survived(void)
{
    g_autoptr(GSettings) settings = open_settings();

    g_settings_set_value(settings, "environments",
                         g_variant_new_parsed("[{'name': 'no id'}, {'id': 'one', 'name': 'A'}, "
                                              "{'id': 'one', 'name': 'twice'}, {'id': 'two'}]"));
    g_settings_set_string(settings, "environment", "gone");
    g_autoptr(LatchkeyEnvironments) environments = latchkey_environments_new(settings);
    g_assert_cmpint(latchkey_environments_get_n(environments), ==, 2);
    g_assert_cmpstr(current_name(environments), ==, "A");
    g_assert_cmpstr(latchkey_environments_get(environments, 1)->name, ==, "two");
}

static void test_each_viewer_of_a_server_has_a_mirror(void)
{
    g_autoptr(LatchkeyConfig) config = config_new("one", "People", "https://people.example.com");
    g_autofree char *ada = latchkey_config_get_store(config, "user_01\norg_01");
    g_autofree char *again = latchkey_config_get_store(config, "user_01\norg_01");
    g_autofree char *elsewhere = latchkey_config_get_store(config, "user_01\norg_02");
    g_autofree char *grace = latchkey_config_get_store(config, "user_02\norg_01");
    g_autofree char *nobody = latchkey_config_get_store(config, NULL);

    g_assert_cmpstr(ada, ==, again);
    g_assert_cmpstr(ada, !=, elsewhere);
    g_assert_cmpstr(ada, !=, grace);
    g_assert_true(g_str_has_suffix(nobody, "/latchkey/one.db"));
    g_assert_true(g_str_has_suffix(ada, ".db"));
    g_assert_null(strstr(ada, "user_01")); /* a name is nobody's business */
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/environments/none", test_without_any_there_is_an_empty_one);
    g_test_add_func("/environments/kept", test_what_was_put_is_there_next_time);
    g_test_add_func("/environments/changed", test_change_and_removal);
    g_test_add_func("/environments/variables", test_variables_come_first_and_stay);
    g_test_add_func("/environments/strange", test_strange_settings_are_survived);
    g_test_add_func("/environments/viewers", test_each_viewer_of_a_server_has_a_mirror);
    return g_test_run();
}
