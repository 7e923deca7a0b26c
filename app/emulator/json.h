/* Small words for cJSON: keys are compared exactly, absent and null are alike, NULL prints as null.
 */
#ifndef EMULATOR_JSON_H
#define EMULATOR_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 64

#define AUTO_JSON __attribute__((cleanup(json_free))) cJSON *

void json_free(cJSON **owner); /* for the cleanup attribute */

/* NULL when the text is not one JSON value, not UTF-8, holds an escaped NUL character, or is nested
 * deeper than JSON_MAX_DEPTH. */
cJSON *json_parse(const char *bytes, size_t len);
char *json_print(const cJSON *value); /* on one line; free() it */

cJSON *json_object(void);
cJSON *json_array(void);
cJSON *json_copy(const cJSON *value); /* NULL gives NULL */

const cJSON *json_get(const cJSON *object, const char *key); /* NULL when absent or null */
const char *json_text(const cJSON *object, const char *key); /* NULL unless a string */
bool json_is_true(const cJSON *object, const char *key);
double json_number(const cJSON *object, const char *key, double otherwise);

/* Set a member, replacing the one that is there. json_set() takes the value over; NULL sets null.
 */
void json_set(cJSON *object, const char *key, cJSON *value);
void json_set_text(cJSON *object, const char *key, const char *value); /* NULL sets null */
void json_set_number(cJSON *object, const char *key, double value);
void json_set_bool(cJSON *object, const char *key, bool value);
void json_set_time(cJSON *object, const char *key, int64_t ms);
void json_set_copy(cJSON *object, const char *key, const cJSON *value);
void json_push(cJSON *array, cJSON *value);
void json_push_text(cJSON *array, const char *value);

/* json_set() and its kin leave a mark on the object, for whoever keeps a copy of it elsewhere. What
 * was parsed has none; a copy has that of the original. */
bool json_is_marked(const cJSON *object);
void json_unmark(cJSON *object);

#endif
