/* Checks objects from outside. */
#include "shape.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "text.h"

static bool is_id(const char *value)
{
    size_t len = strlen(value);
    for (; *value; value++) {
        if (!isalnum((unsigned char)*value) && *value != '_' && *value != '-')
            return false;
    }
    return len > 0 && len < 64;
}

static bool is_email(const char *value)
{
    const char *at = strchr(value, '@');
    return at && at != value && at[1] && !strchr(at + 1, '@') && !strpbrk(value, " \t\r\n");
}

static bool is_list_of(const cJSON *value, int (*is_right)(const cJSON *))
{
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, value)
    {
        if (!is_right(item))
            return false;
    }
    return cJSON_IsArray(value);
}

/* NULL when it fits, else what it must be. */
static const char *complaint(const cJSON *value, member_kind kind)
{
    const char *written = cJSON_GetStringValue(value);
    switch (kind) {
    case TEXT:
        return written && *written ? NULL : "must be a string and not empty";
    case MAYBE:
        return written || cJSON_IsNull(value) ? NULL : "must be a string or null";
    case ID:
        return written && is_id(written) ? NULL
                                         : "must consist of letters, digits, _ and -, at most 63";
    case EMAIL:
        return written && is_email(written) ? NULL : "must be an e-mail address";
    case FLAG:
        return cJSON_IsBool(value) ? NULL : "must be true or false";
    case NUMBER:
        return cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble <= 1e9
                   ? NULL
                   : "must be a number from 0 to 1000000000";
    case OBJECT:
        return cJSON_IsObject(value) ? NULL : "must be an object";
    case TEXTS:
        return is_list_of(value, cJSON_IsString) ? NULL : "must be an array of strings";
    case OBJECTS:
        return is_list_of(value, cJSON_IsObject) ? NULL : "must be an array of objects";
    case ANYTHING:
        break;
    }
    return NULL;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        if (strncmp(at, value, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static const member *find_member(const member *members, size_t n_members, const char *name)
{
    for (size_t i = 0; i < n_members; i++) {
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    }
    return NULL;
}

/* Where it stands, when seed-yaml.h has read it. */
static const char *line_of(const cJSON *item, const cJSON *object, char out[32])
{
    bool is_marked = !cJSON_IsNumber(item) && !cJSON_IsBool(item) && item->valueint > 0;
    int line = is_marked ? item->valueint : object->valueint;
    out[0] = '\0';
    if (line > 0)
        snprintf(out, 32, "line %d: ", line);
    return out;
}

static bool say_unknown(const char *line, const char *path, const char *name, const member *members,
                        size_t n_members, char *error, size_t error_size)
{
    AUTO_TEXT known = { 0 };
    for (size_t i = 0; i < n_members; i++)
        text_print(&known, "%s%s", i ? ", " : "", members[i].name);
    snprintf(error, error_size, "%s%s has the key \"%.60s\", which is unknown here; known are %s",
             line, path, name, text_get(&known));
    return false;
}

bool shape_fits(const cJSON *object, const char *path, const member *members, size_t n_members,
                char *error, size_t error_size)
{
    char line[32];
    if (!cJSON_IsObject(object)) {
        snprintf(error, error_size, "%s must be an object", path);
        return false;
    }
    for (const cJSON *item = object->child; item; item = item->next) {
        const member *known = find_member(members, n_members, item->string);
        if (!known)
            return say_unknown(line_of(item, object, line), path, item->string, members, n_members,
                               error, error_size);
        bool is_absent = known->is_nullable && cJSON_IsNull(item);
        const char *wrong = is_absent ? NULL : complaint(item, known->kind);
        if (wrong) {
            snprintf(error, error_size, "%s%s: %s %s", line_of(item, object, line), path,
                     known->name, wrong);
            return false;
        }
        if (known->choices && item->valuestring && !is_choice(known->choices, item->valuestring)) {
            snprintf(error, error_size, "%s%s: %s must be one of %s", line_of(item, object, line),
                     path, known->name, known->choices);
            return false;
        }
    }
    for (size_t i = 0; i < n_members; i++) {
        if (members[i].is_required && !json_get(object, members[i].name)) {
            snprintf(error, error_size, "%s%s: %s is missing", line_of(object, object, line), path,
                     members[i].name);
            return false;
        }
    }
    return true;
}
