/* What the parts of the doctor share: doctor.c looks at WorkOS, the store and the sign-in,
 * doctor-ground.c at what lies below and around them. */
#ifndef APP_DOCTOR_PART_H
#define APP_DOCTOR_PART_H

#include "doctor.h"

#include <latchkey/client.h>

typedef struct patient {
    const app_arguments *given;
    lk_client *client;   /* NULL: the settings for it are bad */
    bool has_key;        /* an API key is set */
    bool is_away;        /* WorkOS did not answer */
    doctor_finding *now; /* being written */
} patient;

void doctor_find(patient *self, doctor_verdict verdict, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
void doctor_advise(patient *self, const char *advice);

void doctor_look_at_dns(patient *self);
void doctor_look_at_authorities(patient *self);
void doctor_look_at_issuer(patient *self);
void doctor_look_at_cookie_size(patient *self);
void doctor_look_at_header_limit(patient *self);

#endif
