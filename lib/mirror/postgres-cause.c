/* SQLSTATE in words; see postgres-cause.h. */
#include "mirror/postgres-cause.h"

#include <stddef.h>

#include "base/text.h"

static const struct {
    const char *code; /* SQLSTATE, or the beginning of one: PostgreSQL, appendix A */
    const char *cause;
} causes[] = {
    { "55P03", "another program keeps it locked" },
    { "25006", "it may not be written" },
    { "25P03", "the transaction stood still for too long" },
    { "25P02", "the transaction has failed before" },
    { "42501", "this role may not do that" },
    /* Prepared statements of another session. */
    { "42P05", "a pooler in between shares connections: set its pool_mode = session" },
    { "26000", "a pooler in between shares connections: set its pool_mode = session" },
    { "53100", "no space is left" },
    { "53300", "it has too many connections" },
    { "53", "it has not enough resources" },
    { "57P", "the server goes down" },
    { "XX", "it is damaged" },
    { "40", "another program was in the way" },
};

const char *lk__postgres_cause(const char *code)
{
    for (size_t i = 0; code != NULL && i < sizeof(causes) / sizeof(causes[0]); i++)
        if (lk__text_starts(code, causes[i].code))
            return causes[i].cause;
    return "the database refused";
}
