/* latchkey-desktop: the program around the static library. */
#include "latchkey-application.h"

#include <glib/gi18n.h>
#include <locale.h>

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    /* As GSETTINGS_SCHEMA_DIR does for the settings: for a program that is not installed. */
    const char *locale_dir = g_getenv("LATCHKEY_LOCALEDIR");
    bindtextdomain(GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);

    g_autoptr(LatchkeyApplication) application = latchkey_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}
