/* RFC 7515, 3.1: header, payload and signature, base64url without padding, with dots between. */
#include "latchkey-claims.h"

#include <string.h>

char *latchkey_claims_of(const char *token)
{
    const char *payload = strchr(token, '.');
    const char *end = payload != NULL ? strchr(payload + 1, '.') : NULL;
    gsize len = 0;

    if (end == NULL)
        return NULL;
    g_autofree char *text = g_strndup(payload + 1, (gsize)(end - payload - 1));
    g_strdelimit(text, "-", '+');
    g_strdelimit(text, "_", '/');
    g_autofree char *padded = g_strconcat(text, "===", NULL);
    padded[(strlen(text) + 3) / 4 * 4] = '\0';
    g_autofree guchar *bytes = g_base64_decode(padded, &len);
    char *json = g_strndup((const char *)bytes, len);
    if (json[0] == '{' && g_utf8_validate(json, -1, NULL))
        return json;
    g_free(json);
    return NULL;
}
