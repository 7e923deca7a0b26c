/* cJSON behind stricter rules: parsing and reading. See json.h. */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "base/json-scan.h"
#include "base/text.h"

lk_status lk__json_parse(const char *text, size_t len, lk__json **out, lk_error *err)
{
    lk__json *json;

    LK_TRY(lk__json_check(text, len, err));
    json = cJSON_ParseWithLengthOpts(text, len, NULL, false);
    if (json == NULL)
        return lk__no_memory(err);
    *out = json;
    return LK_OK;
}

/* What was parsed may hold tokens. */
static void wipe(lk__json *json)
{
    for (; json != NULL; json = json->next) {
        if (json->valuestring != NULL)
            lk__wipe(json->valuestring, strlen(json->valuestring));
        wipe(json->child); /* at most 64 levels: lk__json_check() */
    }
}

void lk__json_free(lk__json *json)
{
    wipe(json);
    cJSON_Delete(json);
}

void lk__json_freep(lk__json **json)
{
    lk__json_free(*json);
}

bool lk__json_is_object(const lk__json *json)
{
    return cJSON_IsObject(json);
}

bool lk__json_is_array(const lk__json *json)
{
    return cJSON_IsArray(json);
}

bool lk__json_is_null(const lk__json *json)
{
    return cJSON_IsNull(json);
}

/* As cJSON_GetObjectItemCaseSensitive(), without a call for each name that begins otherwise. */
static const lk__json *find_member(const lk__json *object, const char *name)
{
    for (const lk__json *item = object->child; item != NULL; item = item->next)
        if (item->string[0] == name[0] && strcmp(item->string, name) == 0)
            return item;
    return NULL;
}

const lk__json *lk__json_get(const lk__json *object, const char *name)
{
    return cJSON_IsObject(object) ? find_member(object, name) : NULL;
}

const char *lk__json_string(const lk__json *json)
{
    return cJSON_IsString(json) ? json->valuestring : NULL;
}

const char *lk__json_text(const lk__json *object, const char *name)
{
    return lk__json_string(lk__json_get(object, name));
}

/* Beyond 2^53 a double no longer tells neighbours apart; valueint stops at 2^31 - 1. */
bool lk__json_number(const lk__json *json, int64_t *out)
{
    const double limit = 9007199254740992.0;

    if (!cJSON_IsNumber(json) || !(fabs(json->valuedouble) <= limit) ||
        trunc(json->valuedouble) != json->valuedouble)
        return false;
    *out = (int64_t)json->valuedouble;
    return true;
}

bool lk__json_int64(const lk__json *object, const char *name, int64_t *out)
{
    return lk__json_number(lk__json_get(object, name), out);
}

bool lk__json_equal(const lk__json *a, const lk__json *b)
{
    return cJSON_Compare(a, b, true);
}

double lk__json_double(const lk__json *json)
{
    return cJSON_IsNumber(json) ? json->valuedouble : NAN;
}

bool lk__json_truth(const lk__json *json, bool *out)
{
    if (!cJSON_IsBool(json))
        return false;
    *out = cJSON_IsTrue(json);
    return true;
}

bool lk__json_bool(const lk__json *object, const char *name, bool *out)
{
    return lk__json_truth(lk__json_get(object, name), out);
}

const lk__json *lk__json_first(const lk__json *json)
{
    return json != NULL ? json->child : NULL;
}

const lk__json *lk__json_next(const lk__json *item)
{
    return item != NULL ? item->next : NULL;
}

const char *lk__json_name(const lk__json *item)
{
    return item != NULL ? item->string : NULL;
}

size_t lk__json_count(const lk__json *json)
{
    size_t n = 0;

    for (const lk__json *item = lk__json_first(json); item != NULL; item = item->next)
        n++;
    return n;
}

const char *lk__json_duplicate(const lk__json *object)
{
    if (!cJSON_IsObject(object))
        return NULL;
    for (const lk__json *item = object->child; item != NULL; item = item->next)
        if (find_member(object, item->string) != item)
            return item->string;
    return NULL;
}
