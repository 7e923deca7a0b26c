/* What a server tells those who run it: one line for each thing, on stderr, as text or as JSON.
 *
 * No line holds a secret: of requests it is the path alone, since codes, states and tokens stand in
 * queries, cookies and bodies. Control characters are masked, so that no visitor writes lines. */
#ifndef APP_JOURNAL_H
#define APP_JOURNAL_H

#include <latchkey/error.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum journal_level {
    JOURNAL_ERROR = 0, /* something does not work */
    JOURNAL_WARNING,   /* works, but somebody should know */
    JOURNAL_INFO,      /* what happens */
    JOURNAL_DEBUG      /* each exchange with WorkOS */
} journal_level;

typedef struct journal {
    bool as_json;
    journal_level level; /* lines that weigh less are left out */
} journal;

/* A request that was answered. Texts are borrowed, none is NULL. */
typedef struct journal_request {
    const char *id, *method, *path, *visitor;
    int status;
    int64_t duration_us;
} journal_request;

/* "error", "warning", "info" or "debug"; false for another word. */
bool journal_read_level(const char *word, journal_level *out);

/* All may be called from any thread; a line leaves in one write. self NULL: text, all but debug. */
void journal_tell(const journal *self, journal_level level, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
/* id: of the request that met the error; NULL: none did. */
void journal_complain(const journal *self, const char *id, const lk_error *err);
void journal_answer(const journal *self, const journal_request *request);

#endif
