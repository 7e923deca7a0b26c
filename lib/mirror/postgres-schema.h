/* The tables of schema.h on PostgreSQL: SQL only, no libpq. */
#ifndef LK_MIRROR_POSTGRES_SCHEMA_H
#define LK_MIRROR_POSTGRES_SCHEMA_H

#include "mirror/store.h"

/* For each connection. pg_temp last, or somebody's temporary table could stand in for one of ours.
 * The time limit: for another writer. */
#define LK__POSTGRES_SESSION                                \
    "SET search_path = latchkey, pg_temp;"                  \
    "SET default_transaction_isolation = 'read committed';" \
    "SET default_transaction_deferrable = off;"             \
    "SET lock_timeout = '10s'"

/* One lock for all writers of a database; the number says whose: "LKm1". */
#define LK__POSTGRES_LOCK "SELECT pg_advisory_xact_lock(1280011569)"

/* Looks before it writes, then brings the schema up to date, whole or not at all. shown names the
 * store in messages. LK_ERR_STORE: another program's, a newer version's, or may not be written. */
LK_MUST_CHECK lk_status lk__postgres_migrate(lk__store *store, const char *shown, lk_error *err);

#endif
