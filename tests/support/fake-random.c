/* Randomness that counts; see fake-random.h. */
#include "fake-random.h"

static lk_status fill(void *ctx, void *out, size_t len)
{
    fake_random *random = ctx;
    unsigned char *bytes = out;

    if (random->broken)
        return LK_ERR_STATE;
    for (size_t i = 0; i < len; i++)
        bytes[i] = atomic_fetch_add(&random->next, 1);
    return LK_OK;
}

lk_random fake_random_use(fake_random *random)
{
    return (lk_random){ .fill = fill, .ctx = random };
}
