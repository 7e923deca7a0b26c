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

/* The letter of ASCII that stands for this one of U+00C0 to U+017F; '-': none. */
static char plain_letter(unsigned character)
{
    static const char letters[] = "aaaaaaaceeeeiiiidnooooo-ouuuuyts"  /* U+00C0 */
                                  "aaaaaaaceeeeiiiidnooooo-ouuuuyty"  /* U+00E0 */
                                  "aaaaaaccccccccddddeeeeeeeeeegggg"  /* U+0100 */
                                  "gggghhhhiiiiiiiiiiiijjkkkllllllll" /* U+0120 */
                                  "llnnnnnnnnnoooooooorrrrrrssssssss" /* U+0141 */
                                  "ttttttuuuuuuuuuuuuwwyyyzzzzzzs";   /* U+0162 */
    _Static_assert(sizeof letters == 0x180 - 0xC0 + 1, "one letter for each character");
    return character >= 0xC0 && character < 0x180 ? letters[character - 0xC0] : '-';
}

/* As it can stand in an address: browsers take nothing else in front of the @. */
static void add_plain(text *out, const char *name)
{
    for (; *name; name++) {
        unsigned char byte = (unsigned char)*name;
        char letter = (char)tolower(byte);
        if (byte >= 0xC0 && byte < 0xE0 && name[1])
            letter = plain_letter((byte & 31u) << 6 | ((unsigned char)*++name & 63u));
        if (isalnum((unsigned char)letter) && (unsigned char)letter < 0x80)
            text_add_bytes(out, &letter, 1);
    }
}

char *people_email(const cJSON *directory, const char *first, const char *last, size_t number)
{
    const cJSON *domain = cJSON_GetArrayItem(json_get(directory, "domains"), 0);
    const char *host = json_text(domain, "domain");
    AUTO_TEXT email = { 0 };
    add_plain(&email, first);
    size_t len = email.len;
    text_add(&email, len ? "." : "");
    add_plain(&email, last);
    if (email.len == len + 1 && len)
        email.bytes[--email.len] = '\0'; /* no dot at the end */
    if (email.len == 0)
        text_add(&email, "person");
    if (number > 1)
        text_print(&email, "%zu", number);
    text_print(&email, "@%s", host ? host : "company.example");
    return text_copy(email.bytes);
}
