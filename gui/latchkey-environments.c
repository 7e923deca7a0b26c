/* The settings hold one dictionary of texts for each environment, and no secret. */
#include "latchkey-environments.h"

#include <glib/gi18n.h>

#define OWN_ID "environment" /* of the environment variables */

struct _LatchkeyEnvironments {
    GObject parent_instance;
    GSettings *settings; /* NULL: nothing is kept */
    GPtrArray *list;     /* of LatchkeyConfig */
    LatchkeyConfig *current;
};

G_DEFINE_FINAL_TYPE(LatchkeyEnvironments, latchkey_environments, G_TYPE_OBJECT)

static const struct {
    const char *key;
    size_t offset;
} fields[] = {
    { "id", offsetof(LatchkeyConfig, id) },
    { "name", offsetof(LatchkeyConfig, name) },
    { "server", offsetof(LatchkeyConfig, server) },
    { "client-id", offsetof(LatchkeyConfig, client_id) },
    { "base-url", offsetof(LatchkeyConfig, base_url) },
    { "issuer", offsetof(LatchkeyConfig, issuer) },
};

static char **field_of(LatchkeyConfig *config, size_t i)
{
    return (char **)(void *)((char *)config + fields[i].offset);
}

static LatchkeyConfig *read_one(GVariant *dictionary)
{
    LatchkeyConfig *config = latchkey_config_new();

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        g_variant_lookup(dictionary, fields[i].key, "s", field_of(config, i));
    if (config->name == NULL)
        config->name = g_strdup(config->id);
    return config;
}

static GVariant *write_one(LatchkeyConfig *config)
{
    GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));

    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        if (*field_of(config, i) != NULL)
            g_variant_builder_add(&builder, "{ss}", fields[i].key, *field_of(config, i));
    return g_variant_builder_end(&builder);
}

static void read_kept(LatchkeyEnvironments *self)
{
    g_autoptr(GVariant) kept = g_settings_get_value(self->settings, "environments");

    for (gsize i = 0; i < g_variant_n_children(kept); i++) {
        g_autoptr(GVariant) dictionary = g_variant_get_child_value(kept, i);
        g_autoptr(LatchkeyConfig) config = read_one(dictionary);
        /* One without an id, or of an id that is there, was not written by this program. */
        if (config->id != NULL && latchkey_environments_find(self, config->id) == NULL)
            g_ptr_array_add(self->list, g_steal_pointer(&config));
    }
}

static void write_kept(LatchkeyEnvironments *self)
{
    GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{ss}"));

    if (self->settings == NULL)
        return;
    for (guint i = 0; i < self->list->len; i++) {
        LatchkeyConfig *config = latchkey_environments_get(self, i);
        if (latchkey_environments_is_kept(self, config->id))
            g_variant_builder_add_value(&builder, write_one(config));
    }
    g_settings_set_value(self->settings, "environments", g_variant_builder_end(&builder));
}

static void set_current(LatchkeyEnvironments *self, LatchkeyConfig *config)
{
    latchkey_config_ref(config);
    g_clear_pointer(&self->current, latchkey_config_unref);
    self->current = config;
}

/* The first one, where there is one. */
static void choose_any(LatchkeyEnvironments *self)
{
    g_autoptr(LatchkeyConfig) empty = latchkey_config_new();

    set_current(self, self->list->len > 0 ? latchkey_environments_get(self, 0) : empty);
}

static void read_all(LatchkeyEnvironments *self)
{
    g_autoptr(LatchkeyConfig) own = latchkey_config_from_environment();

    if (own->client_id != NULL || own->server != NULL) {
        own->id = g_strdup(OWN_ID);
        own->name = g_strdup(_("Environment variables"));
        g_ptr_array_add(self->list, g_steal_pointer(&own));
    }
    if (self->settings != NULL)
        read_kept(self);
    choose_any(self);
    if (self->settings == NULL || latchkey_environments_find(self, OWN_ID) != NULL)
        return;
    g_autofree char *id = g_settings_get_string(self->settings, "environment");
    LatchkeyConfig *chosen = latchkey_environments_find(self, id);
    if (chosen != NULL)
        set_current(self, chosen);
}

static void latchkey_environments_finalize(GObject *object)
{
    LatchkeyEnvironments *self = LATCHKEY_ENVIRONMENTS(object);

    g_clear_object(&self->settings);
    g_ptr_array_unref(self->list);
    g_clear_pointer(&self->current, latchkey_config_unref);
    G_OBJECT_CLASS(latchkey_environments_parent_class)->finalize(object);
}

static void latchkey_environments_class_init(LatchkeyEnvironmentsClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_environments_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
    g_signal_new("notice", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void free_config(gpointer config)
{
    latchkey_config_unref(config);
}

static void latchkey_environments_init(LatchkeyEnvironments *self)
{
    self->list = g_ptr_array_new_with_free_func(free_config);
}

LatchkeyEnvironments *latchkey_environments_new(GSettings *settings)
{
    LatchkeyEnvironments *self = g_object_new(LATCHKEY_TYPE_ENVIRONMENTS, NULL);

    self->settings = settings != NULL ? g_object_ref(settings) : NULL;
    read_all(self);
    return self;
}

guint latchkey_environments_get_n(LatchkeyEnvironments *self)
{
    return self->list->len;
}

LatchkeyConfig *latchkey_environments_get(LatchkeyEnvironments *self, guint i)
{
    return g_ptr_array_index(self->list, i);
}

LatchkeyConfig *latchkey_environments_find(LatchkeyEnvironments *self, const char *id)
{
    for (guint i = 0; i < self->list->len; i++)
        if (g_strcmp0(latchkey_environments_get(self, i)->id, id) == 0)
            return latchkey_environments_get(self, i);
    return NULL;
}

LatchkeyConfig *latchkey_environments_get_current(LatchkeyEnvironments *self)
{
    return self->current;
}

gboolean latchkey_environments_is_kept(LatchkeyEnvironments *self, const char *id)
{
    return g_strcmp0(id, OWN_ID) != 0 && latchkey_environments_find(self, id) != NULL;
}

void latchkey_environments_choose(LatchkeyEnvironments *self, const char *id)
{
    LatchkeyConfig *config = latchkey_environments_find(self, id);

    if (config == NULL || config == self->current)
        return;
    set_current(self, config);
    if (self->settings != NULL && latchkey_environments_is_kept(self, id))
        g_settings_set_string(self->settings, "environment", id);
    g_signal_emit_by_name(self, "changed");
}

void latchkey_environments_put(LatchkeyEnvironments *self, LatchkeyConfig *config)
{
    LatchkeyConfig *old = latchkey_environments_find(self, config->id);
    guint place = self->list->len;

    if (old != NULL) {
        (void)g_ptr_array_find(self->list, old, &place);
        g_ptr_array_remove_index(self->list, place);
    }
    g_ptr_array_insert(self->list, (gint)place, latchkey_config_ref(config));
    write_kept(self);
    latchkey_environments_choose(self, config->id);
}

void latchkey_environments_remove(LatchkeyEnvironments *self, const char *id)
{
    LatchkeyConfig *config = latchkey_environments_find(self, id);

    if (config == NULL || !latchkey_environments_is_kept(self, id))
        return;
    gboolean is_current = config == self->current;
    g_ptr_array_remove(self->list, config);
    write_kept(self);
    if (is_current)
        choose_any(self);
    g_signal_emit_by_name(self, "changed");
}
