/* Queries and form bodies that a page in the browser may send to the emulator. */
#include "emulator/text.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    form fields = { .fields = NULL };
    bool is_whole = form_parse(&fields, (const char *)data, size);

    promise(fields.count <= FORM_MAX_FIELDS);
    for (size_t i = 0; i < fields.count; i++) {
        const char *name = fields.fields[i].name;
        const char *value = fields.fields[i].value;
        promise(text_is_utf8(name, strlen(name)) && text_is_utf8(value, strlen(value)));
        promise(form_count(&fields, name) > 0);
        promise(form_get(&fields, name) != NULL || form_count(&fields, name) > 1 || *value == '\0');
    }
    /* More pairs than there are fields would be a pair lost. */
    size_t n_pairs = size > 0;
    for (size_t i = 0; i < size; i++)
        n_pairs += data[i] == '&';
    promise(fields.count <= n_pairs);
    if (!is_whole)
        promise(n_pairs > FORM_MAX_FIELDS || memchr(data, '%', size) != NULL ||
                !text_is_utf8((const char *)data, size));
    form_free(&fields);
    return 0;
}
