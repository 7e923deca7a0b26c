/* Randomness that counts: 0, 1, 2, … so that seals and tokens come out the same in each run. */
#ifndef LK_TESTS_FAKE_RANDOM_H
#define LK_TESTS_FAKE_RANDOM_H

#include <latchkey/client.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct fake_random {
    atomic_uchar next;
    bool broken; /* every call fails with LK_ERR_STATE, as an empty entropy source would */
} fake_random;

/* random must outlive the client; any thread may draw. */
lk_random fake_random_use(fake_random *random);

#endif
