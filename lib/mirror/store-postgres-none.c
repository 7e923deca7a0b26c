/* Stands in for store-postgres.c where Latchkey is built without libpq (-Dpostgres=disabled). */
#include "mirror/store.h"

lk_status lk__postgres_open(const char *url, lk__store **out, lk_error *err)
{
    (void)url;
    (void)out;
    return lk__fail(err, LK_ERR_INVALID,
                    "this program was built without PostgreSQL: use sqlite:PATH");
}
