/* Which handler answers which method and path, and who may ask. */
#ifndef EMULATOR_ROUTES_H
#define EMULATOR_ROUTES_H

#include "exchange.h"

/* Fills the answer of the exchange: by the handler, or with 401, 404, 405. */
void routes_answer(exchange *self);

#endif
