/* Names, departments and titles of invented people: the same number, the same word. */
#ifndef EMULATOR_PEOPLE_NAMES_H
#define EMULATOR_PEOPLE_NAMES_H

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

const char *people_first_name(uint64_t number);
const char *people_last_name(uint64_t number);
const char *people_department(uint64_t number);
const char *people_title(uint64_t number);

/* first.last with the number behind when it is above 1, at the directory's domain; free() it. */
char *people_email(const cJSON *directory, const char *first, const char *last, size_t number);

#endif
