/* See postgres-room.h. */
#include "mirror/postgres-room.h"

#include <stddef.h>

lk_status lk__postgres_compact(lk__store *store, lk_error *err)
{
    static const char *const tables[] = {
        "VACUUM (ANALYZE) event",       "VACUUM (ANALYZE) event_body",
        "VACUUM (ANALYZE) event_block", "VACUUM (ANALYZE) event_object",
        "VACUUM (ANALYZE) parked",
    };

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        LK_TRY(lk__store_run(store, tables[i], LK__NO_ARGS, NULL, NULL, err));
    return LK_OK;
}

lk_status lk__postgres_size(lk__store *store, int64_t *n_bytes, lk_error *err)
{
    return lk__store_run(store,
                         "SELECT CAST(COALESCE(SUM(pg_total_relation_size(c.oid)), 0) AS BIGINT)"
                         " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                         " WHERE n.nspname = 'latchkey' AND c.relkind = 'r'",
                         LK__NO_ARGS, lk__take_number, n_bytes, err);
}
