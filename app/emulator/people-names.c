/* Invented people. */
#include "people-names.h"

#include <ctype.h>

#include "json.h"
#include "text.h"

static const char *const first_names[] = {
    "Ada",   "Bilal", "Carla", "Dmitri", "Esra",  "Finn",   "Grace",  "Hugo",    "Ivana",
    "Jamal", "Keiko", "Liam",  "Maren",  "Nadia", "Oskar",  "Priya",  "Quentin", "Rosa",
    "Sven",  "Talia", "Uma",   "Viktor", "Wanda", "Xavier", "Yasmin", "Zoltan",
};
static const char *const last_names[] = {
    "Abara",  "Brandt", "Costa",  "Duval",  "Eriksen", "Farah",  "Greco",  "Hansen", "Ito",
    "Jansen", "Kaya",   "Lopes",  "Moreau", "Novak",   "Okafor", "Petrov", "Quist",  "Rossi",
    "Silva",  "Tanaka", "Urbina", "Vogel",  "Weiss",   "Yilmaz", "Zhang",
};
static const char *const departments[] = { "Design", "Workshop", "Sales", "Office", "Logistics" };
static const char *const titles[] = { "Apprentice", "Carpenter", "Planner", "Buyer",
                                      "Engineer",   "Team lead", "Clerk",   "Driver" };

#define NTH(list, number) (list)[(number) % (sizeof(list) / sizeof *(list))]

const char *people_first_name(uint64_t number)
{
    return NTH(first_names, number & 0xFF);
}

const char *people_last_name(uint64_t number)
{
    return NTH(last_names, number & 0xFF);
}

const char *people_department(uint64_t number)
{
    return NTH(departments, number & 0xFF);
}

const char *people_title(uint64_t number)
{
    return NTH(titles, number & 0xFF);
}

static void add_lower(text *out, const char *name)
{
    for (; *name; name++)
        text_add_bytes(out, &(char){ (char)tolower((unsigned char)*name) }, 1);
}

char *people_email(const cJSON *directory, const char *first, const char *last, size_t number)
{
    const cJSON *domain = cJSON_GetArrayItem(json_get(directory, "domains"), 0);
    const char *host = json_text(domain, "domain");
    AUTO_TEXT email = { 0 };
    add_lower(&email, first);
    text_add(&email, ".");
    add_lower(&email, last);
    if (number > 1)
        text_print(&email, "%zu", number);
    text_print(&email, "@%s", host ? host : "company.example");
    return text_copy(email.bytes);
}
