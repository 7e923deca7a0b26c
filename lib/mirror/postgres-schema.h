/* The tables of schema.h on PostgreSQL: SQL only, no libpq. */
#ifndef LK_MIRROR_POSTGRES_SCHEMA_H
#define LK_MIRROR_POSTGRES_SCHEMA_H

#include "mirror/store.h"

/* Looks before it writes, then brings the schema up to date, whole or not at all. shown names the
 * store in messages. LK_ERR_STORE: another program's, a newer version's, or may not be written. */
LK_MUST_CHECK lk_status lk__postgres_migrate(lk__store *store, const char *shown, lk_error *err);

#endif
