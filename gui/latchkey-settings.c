/* Finds the schema: installed, or compiled beside a program that is not. */
#include "latchkey-settings.h"

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
