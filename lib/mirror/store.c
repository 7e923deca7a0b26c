/* Chooses the driver and carries transactions; see store.h. */
#include "mirror/store.h"

#include <string.h>

#include "base/text.h"
#include "mirror/event-index.h"
#include "mirror/schema.h"

#define KINDS "sqlite:PATH or postgresql://…"

lk__value lk__value_number(int64_t number)
{
    return (lk__value){ .kind = LK__VALUE_NUMBER, .number = number };
}

lk__value lk__value_text(const char *text)
{
    return lk__value_bytes(text, text != NULL ? strlen(text) : 0);
}

lk__value lk__value_bytes(const char *text, size_t len)
{
    if (text == NULL)
        return (lk__value){ .kind = LK__VALUE_NULL };
    return (lk__value){ .kind = LK__VALUE_TEXT, .text = text, .len = len };
}

lk_status lk__store_open(const char *url, lk__store **out, lk_error *err)
{
    static const char sqlite[] = "sqlite:";

    if (lk__text_empty(url))
        return lk__fail(err, LK_ERR_INVALID, "no store was named: use " KINDS);
    if (lk__text_starts(url, "postgresql://") || lk__text_starts(url, "postgres://"))
        return lk__postgres_open(url, out, err);
    if (!lk__text_starts(url, sqlite)) /* up to the colon: another URL may hold a password */
        return lk__fail(err, LK_ERR_INVALID, "store \"%.*s\" is of an unknown kind: use " KINDS,
                        (int)strcspn(url, ":"), url);
    if (url[strlen(sqlite)] == '\0')
        return lk__fail(err, LK_ERR_INVALID, "store \"sqlite:\" names no file: use sqlite:PATH");
    return lk__sqlite_open(url + strlen(sqlite), out, err);
}

lk_status lk__schema_check(const char *shown, int64_t version, lk_error *err)
{
    if (version <= LK__SCHEMA_VERSION)
        return LK_OK;
    return lk__fail(err, LK_ERR_STORE,
                    "store %s was written by a newer version of Latchkey (schema %lld, this one "
                    "knows %lld)",
                    shown, (long long)version, (long long)LK__SCHEMA_VERSION);
}

lk_status lk__schema_fill(lk__store *store, int64_t version, lk_error *err)
{
    bool has_log = version > 0 && version < LK__SCHEMA_EVENT_INDEX;

    return has_log ? lk__event_index_fill(store, err) : LK_OK;
}

void lk__store_free(lk__store *store)
{
    if (store != NULL)
        store->driver->free(store);
}

void lk__store_freep(lk__store **store)
{
    lk__store_free(*store);
}

lk_status lk__store_run(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                        lk__row_fn *on_row, void *ctx, lk_error *err)
{
    return store->driver->run(store, sql, args, n_args, on_row, ctx, err);
}

lk_status lk__store_add(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                        int64_t *sequence, lk_error *err)
{
    return store->driver->add(store, sql, args, n_args, sequence, err);
}

lk_status lk__store_settle(lk__store *store, lk_error *err)
{
    return store->driver->settle != NULL ? store->driver->settle(store, err) : LK_OK;
}

lk_status lk__transaction_begin(lk__transaction *transaction, lk__store *store, lk__access access,
                                lk_error *err)
{
    LK_TRY(store->driver->begin(store, access, err));
    transaction->store = store;
    return LK_OK;
}

lk_status lk__transaction_commit(lk__transaction *transaction, lk_error *err)
{
    LK_TRY(transaction->store->driver->commit(transaction->store, err));
    transaction->store = NULL;
    return LK_OK;
}

void lk__transaction_end(lk__transaction *transaction)
{
    if (transaction->store != NULL)
        transaction->store->driver->rollback(transaction->store);
    transaction->store = NULL;
}

lk_status lk__take_number(void *ctx, const lk__row *row, lk_error *err)
{
    (void)err;
    *(int64_t *)ctx = row->columns[0].number;
    return LK_OK;
}

void lk__store_expect_writes(lk__store *store)
{
    if (store->driver->expect_writes != NULL)
        store->driver->expect_writes(store);
}

lk_status lk__store_limit_idle(lk__store *store, int64_t ms, lk_error *err)
{
    return store->driver->limit_idle != NULL ? store->driver->limit_idle(store, ms, err) : LK_OK;
}

lk_status lk__store_announce(lk__store *store, lk_error *err)
{
    return store->driver->announce != NULL ? store->driver->announce(store, err) : LK_OK;
}

lk_status lk__store_wait(lk__store *store, int64_t ms, bool *news, lk_error *err)
{
    return store->driver->wait(store, ms, news, err);
}

lk_status lk__store_compact(lk__store *store, lk_error *err)
{
    return store->driver->compact(store, err);
}

lk_status lk__store_size(lk__store *store, int64_t *n_bytes, lk_error *err)
{
    return store->driver->size(store, n_bytes, err);
}
