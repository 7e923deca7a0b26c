/* Faults that a test has asked for: what the next answers do wrong. */
#ifndef EMULATOR_FAULTS_H
#define EMULATOR_FAULTS_H

#include <stdbool.h>

#include "emulator.h"
#include "state.h"
#include "text.h"

typedef enum fault_body {
    FAULT_JSON,
    FAULT_HTML,
    FAULT_HALF,
    FAULT_EMPTY,
    FAULT_GARBAGE,
    FAULT_NONE
} fault_body;

typedef struct fault {
    bool is_set;
    bool is_applied; /* the request is carried out before its answer is spoilt */
    int status;      /* 0: the one of the real answer */
    fault_body body; /* FAULT_NONE: the connection ends without an answer */
    bool has_body;   /* false: an error in WorkOS' shape, or the real answer when status is 0 */
    unsigned delay_ms;
    int retry_after_s; /* -1: no such header */
    char *json;        /* the answer's body; NULL: as body says */
    char *ignores;     /* parameters that the answer is made without, with commas between; NULL */
} fault;

void fault_free(fault *self);

/* Takes out of a request's query what the fault ignores. */
void fault_blind(const fault *self, form *query);

/* One for this request alone, from its header Latchkey-Fault: a fault as the control API has it,
 * without path. What is wrong with it becomes the answer. */
fault fault_read(const char *header);

/* Takes the record over, for as long as it says. False: a sentence is in error. */
bool faults_add(emulator_state *self, cJSON *record, const char *path,
                char error[EMULATOR_ERROR_SIZE]);

/* The fault for this request, which is used up by it; none when is_set is false. body: of the
 * request; NULL: empty. */
fault fault_take(emulator_state *self, const char *method, const char *path, const char *body);

#endif
