/* YAML as the objects of json.h, with the line of each thing. */
#ifndef EMULATOR_SEED_YAML_H
#define EMULATOR_SEED_YAML_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* One document, of YAML 1.1's JSON-like part: mappings with string keys, sequences, strings,
 * numbers, true, false and null. JSON is read, too. The valueint of everything but numbers and
 * booleans is its line. NULL: a sentence that names the line is in error. */
cJSON *yaml_parse(const char *written, size_t len, char *error, size_t error_size);

#endif
