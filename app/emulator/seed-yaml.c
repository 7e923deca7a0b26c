/* Seeds in YAML, through libyaml. */
#include "seed-yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "json.h"
#include "text.h"

#define MAX_DEPTH 64
#define MAX_NODES 1000000 /* aliases repeat what they name: a short text can become endless */

typedef struct reader {
    yaml_document_t *document;
    size_t n_nodes;
    char *error;
    size_t error_size;
} reader;

static cJSON *convert(reader *self, int index, int depth);

static cJSON *refuse(const reader *self, const yaml_node_t *node, const char *why)
{
    snprintf(self->error, self->error_size, "line %zu: %s", node->start_mark.line + 1, why);
    return NULL;
}

static bool is_one_of(const char *value, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(value, *words) == 0)
            return true;
    }
    return false;
}

/* What is not quoted may be more than a string (YAML 1.2, 10.2.1.2, the JSON schema and "~"). */
static cJSON *convert_plain(const char *value)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };
    if (is_one_of(value, nulls))
        return cJSON_CreateNull();
    if (is_one_of(value, trues))
        return cJSON_CreateTrue();
    if (is_one_of(value, falses))
        return cJSON_CreateFalse();
    char *end = NULL;
    bool is_numeric = strspn(value, "+-.0123456789eE") == strlen(value);
    double number = is_numeric ? strtod(value, &end) : 0;
    return is_numeric && end != value && *end == '\0' ? cJSON_CreateNumber(number)
                                                      : cJSON_CreateString(value);
}

static cJSON *convert_scalar(const reader *self, const yaml_node_t *node)
{
    const char *value = (const char *)node->data.scalar.value;
    if (!text_is_utf8(value, node->data.scalar.length)) /* which NUL is not part of here */
        return refuse(self, node, "there is a NUL character in a string");
    return memory_need(node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
                           ? convert_plain(value)
                           : cJSON_CreateString(value));
}

static cJSON *convert_list(reader *self, const yaml_node_t *node, int depth)
{
    cJSON *list = json_array();
    for (const int *item = node->data.sequence.items.start; item < node->data.sequence.items.top;
         item++) {
        cJSON *value = convert(self, *item, depth + 1);
        if (!value) {
            cJSON_Delete(list);
            return NULL;
        }
        json_push(list, value);
    }
    return list;
}

/* False: told in error. */
static bool add_pair(reader *self, cJSON *object, const yaml_node_pair_t *pair, int depth)
{
    const yaml_node_t *key = yaml_document_get_node(self->document, pair->key);
    if (key->type != YAML_SCALAR_NODE)
        return refuse(self, key, "a key must be a string");
    const char *name = (const char *)key->data.scalar.value;
    if (cJSON_GetObjectItemCaseSensitive(object, name)) {
        snprintf(self->error, self->error_size, "line %zu: the key \"%.60s\" is there twice",
                 key->start_mark.line + 1, name);
        return false;
    }
    cJSON *value = convert(self, pair->value, depth + 1);
    if (!value)
        return false;
    if (!cJSON_IsNumber(value) && !cJSON_IsBool(value))
        value->valueint = (int)key->start_mark.line + 1;
    json_set(object, name, value);
    return true;
}

static cJSON *convert_object(reader *self, const yaml_node_t *node, int depth)
{
    cJSON *object = json_object();
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        if (!add_pair(self, object, pair, depth)) {
            cJSON_Delete(object);
            return NULL;
        }
    }
    return object;
}

static cJSON *convert(reader *self, int index, int depth)
{
    const yaml_node_t *node = yaml_document_get_node(self->document, index);
    if (depth > MAX_DEPTH)
        return refuse(self, node, "this is nested too deeply");
    if (++self->n_nodes > MAX_NODES)
        return refuse(self, node, "there are too many things in it");
    cJSON *value = node->type == YAML_SCALAR_NODE     ? convert_scalar(self, node)
                   : node->type == YAML_SEQUENCE_NODE ? convert_list(self, node, depth)
                                                      : convert_object(self, node, depth);
    if (value && !cJSON_IsNumber(value) && !cJSON_IsBool(value))
        value->valueint = (int)node->start_mark.line + 1;
    return value;
}

cJSON *yaml_parse(const char *written, size_t len, char *error, size_t error_size)
{
    yaml_parser_t parser;
    yaml_document_t document;
    cJSON *value = NULL;
    if (!yaml_parser_initialize(&parser))
        memory_need(NULL);
    yaml_parser_set_input_string(&parser, (const unsigned char *)written, len);
    if (!yaml_parser_load(&parser, &document)) {
        snprintf(error, error_size, "line %zu: %s", parser.problem_mark.line + 1,
                 parser.problem ? parser.problem : "this is no YAML");
        yaml_parser_delete(&parser);
        return NULL;
    }
    reader self = { .document = &document, .error = error, .error_size = error_size };
    if (yaml_document_get_root_node(&document))
        value = convert(&self, 1, 0); /* libyaml counts from one; the root is the first */
    else
        snprintf(error, error_size, "there is nothing in it");
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    return value;
}
