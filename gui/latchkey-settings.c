/* Finds the schema: installed, or compiled beside a program that is not. */
#include "latchkey-settings.h"

#include <adwaita.h>

#define SCHEMA_ID "io.github.latchkey.Latchkey"

static GSettingsSchema *schema_beside_program(void)
{
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    if (program == NULL)
        return NULL;

    g_autofree char *folder = g_path_get_dirname(program);
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    g_autoptr(GSettingsSchemaSource) source = g_settings_schema_source_new_from_directory(
        data, g_settings_schema_source_get_default(), FALSE, NULL);
    return source != NULL ? g_settings_schema_source_lookup(source, SCHEMA_ID, TRUE) : NULL;
}

GSettings *latchkey_settings_new(void)
{
    GSettingsSchemaSource *source = g_settings_schema_source_get_default();
    g_autoptr(GSettingsSchema) schema = NULL;

    if (source != NULL)
        schema = g_settings_schema_source_lookup(source, SCHEMA_ID, TRUE);
    if (schema == NULL)
        schema = schema_beside_program();
    return schema != NULL ? g_settings_new_full(schema, NULL, NULL) : NULL;
}

/* It lives with the display, as GTK's own settings do. */
GSettings *latchkey_settings_get_default(void)
{
    GtkSettings *owner = gtk_settings_get_default();

    if (owner == NULL)
        return NULL;
    GSettings *settings = g_object_get_data(G_OBJECT(owner), SCHEMA_ID);
    if (settings == NULL) {
        settings = latchkey_settings_new();
        if (settings != NULL)
            g_object_set_data_full(G_OBJECT(owner), SCHEMA_ID, settings, g_object_unref);
    }
    return settings;
}

static void apply_appearance(GSettings *settings)
{
    static const AdwColorScheme schemes[] = { ADW_COLOR_SCHEME_DEFAULT,
                                              ADW_COLOR_SCHEME_FORCE_LIGHT,
                                              ADW_COLOR_SCHEME_FORCE_DARK };
    guint chosen = (guint)g_settings_get_enum(settings, "appearance");

    adw_style_manager_set_color_scheme(adw_style_manager_get_default(), schemes[chosen]);
}

void latchkey_settings_follow_appearance(void)
{
    GSettings *settings = latchkey_settings_get_default();

    if (settings == NULL)
        return;
    g_signal_connect(settings, "changed::appearance", G_CALLBACK(apply_appearance), NULL);
    apply_appearance(settings);
}

gboolean latchkey_settings_get_masks(void)
{
    GSettings *settings = latchkey_settings_get_default();

    return settings != NULL && g_settings_get_boolean(settings, "mask-personal-data");
}

GTimeZone *latchkey_settings_get_zone(void)
{
    GSettings *settings = latchkey_settings_get_default();

    if (settings != NULL && g_settings_get_boolean(settings, "use-utc"))
        return g_time_zone_new_utc();
    return g_time_zone_new_local();
}
