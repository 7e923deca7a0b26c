/* Small words for cJSON. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

void json_free(cJSON **owner)
{
    cJSON_Delete(*owner);
}

/* cJSON would end the string at an escaped NUL: "user_1\u0000evil" would read as "user_1". */
static bool holds_escaped_nul(const char *bytes, size_t len)
{
    return memmem(bytes, len, "\\u0000", 6) != NULL;
}

/* cJSON follows a thousand brackets by recursion; CivetWeb's threads have a stack of 100 KiB, which
 * ends before. */
static bool is_too_deep(const char *bytes, size_t len)
{
    int depth = 0;
    bool is_quoted = false;
    for (size_t i = 0; i < len; i++) {
        if (is_quoted && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            is_quoted = !is_quoted;
        else if (!is_quoted && (bytes[i] == '[' || bytes[i] == '{'))
            depth++;
        else if (!is_quoted && (bytes[i] == ']' || bytes[i] == '}'))
            depth--;
        if (depth > JSON_MAX_DEPTH)
            return true;
    }
    return false;
}

cJSON *json_parse(const char *bytes, size_t len)
{
    if (!bytes || !text_is_utf8(bytes, len) || holds_escaped_nul(bytes, len) ||
        is_too_deep(bytes, len))
        return NULL;
    AUTO_CHARS ended = memory_need(strndup(bytes, len));
    return cJSON_ParseWithLengthOpts(ended, len + 1, NULL, 1);
}

char *json_print(const cJSON *value)
{
    return memory_need(cJSON_PrintUnformatted(value));
}

cJSON *json_object(void)
{
    return memory_need(cJSON_CreateObject());
}

cJSON *json_array(void)
{
    return memory_need(cJSON_CreateArray());
}

cJSON *json_copy(const cJSON *value)
{
    return value ? memory_need(cJSON_Duplicate(value, 1)) : NULL;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNull(value) ? NULL : value;
}

const char *json_text(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(json_get(object, key));
}

bool json_is_true(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(json_get(object, key));
}

double json_number(const cJSON *object, const char *key, double otherwise)
{
    const cJSON *value = json_get(object, key);
    return cJSON_IsNumber(value) ? value->valuedouble : otherwise;
}

void json_set(cJSON *object, const char *key, cJSON *value)
{
    cJSON *owned = value ? value : memory_need(cJSON_CreateNull());
    if (cJSON_GetObjectItemCaseSensitive(object, key))
        cJSON_ReplaceItemInObjectCaseSensitive(object, key, owned);
    else
        cJSON_AddItemToObject(object, key, owned);
    object->valuedouble = 1; /* which cJSON uses in numbers only */
}

bool json_is_marked(const cJSON *object)
{
    return object->valuedouble != 0;
}

void json_unmark(cJSON *object)
{
    object->valuedouble = 0;
}

void json_set_text(cJSON *object, const char *key, const char *value)
{
    json_set(object, key, value ? memory_need(cJSON_CreateString(value)) : NULL);
}

void json_set_number(cJSON *object, const char *key, double value)
{
    json_set(object, key, memory_need(cJSON_CreateNumber(value)));
}

void json_set_bool(cJSON *object, const char *key, bool value)
{
    json_set(object, key, memory_need(cJSON_CreateBool(value)));
}

void json_set_time(cJSON *object, const char *key, int64_t ms)
{
    char written[ISO_TIME_SIZE];
    text_format_time(ms, written);
    json_set_text(object, key, written);
}

void json_set_copy(cJSON *object, const char *key, const cJSON *value)
{
    json_set(object, key, json_copy(value));
}

void json_push(cJSON *array, cJSON *value)
{
    cJSON_AddItemToArray(array, value);
}

void json_push_text(cJSON *array, const char *value)
{
    json_push(array, memory_need(cJSON_CreateString(value)));
}
