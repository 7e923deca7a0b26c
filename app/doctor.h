/* What may keep sign-in or the mirror from working here: each part looked at on its own, with what
 * is wrong and what to do. */
#ifndef APP_DOCTOR_H
#define APP_DOCTOR_H

#include "options.h"

typedef enum doctor_verdict {
    DOCTOR_GOOD = 0,
    DOCTOR_NOTE,    /* works, but somebody should know */
    DOCTOR_BAD,     /* does not work */
    DOCTOR_AWAY,    /* WorkOS cannot be reached */
    DOCTOR_SKIPPED, /* could not be looked at, since something before is bad */
    N_DOCTOR_VERDICTS
} doctor_verdict;

typedef struct doctor_finding {
    const char *part; /* "clock" */
    doctor_verdict verdict;
    char found[256];  /* one sentence, control characters not masked */
    char advice[256]; /* "" when there is nothing to do */
} doctor_finding;

typedef void doctor_report(void *ctx, const doctor_finding *finding);

/* Looks at everything in turn; blocks for a few exchanges with WorkOS. report is called once for
 * each part, as it comes. */
void doctor_examine(const app_arguments *given, doctor_report *report, void *ctx);

/* The word for a verdict: "good", "note", "bad", "away", "skipped". */
const char *doctor_word(doctor_verdict verdict);

#endif
