/* Sessions that a web server keeps here instead of in cookies: texts by name, each with its end. */
#include <string.h>

#include "base/text.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

enum { MAX_NAME = 255, MAX_RECORD = 1 << 18 };

static lk_status check(const lk_mirror *mirror, const char *name, lk_error *err)
{
    if (mirror == NULL || lk__text_empty(name) || strlen(name) > MAX_NAME)
        return lk__fail(err, LK_ERR_INVALID,
                        "a session needs a mirror, and a name of 1 to %d bytes", (int)MAX_NAME);
    return LK_OK;
}

static lk_status check_record(const char *record, lk_error *err)
{
    if (record == NULL || strlen(record) > MAX_RECORD)
        return lk__fail(err, LK_ERR_INVALID, "a session's record has at most %d bytes",
                        (int)MAX_RECORD);
    return LK_OK;
}

static lk_status take_record(void *ctx, const lk__row *row, lk_error *err)
{
    char **out = ctx;

    *out = strdup(row->columns[0].text != NULL ? row->columns[0].text : "");
    return *out != NULL ? LK_OK : lk__no_memory(err);
}

static lk_status take_hit(void *ctx, const lk__row *row, lk_error *err)
{
    (void)row;
    (void)err;
    *(bool *)ctx = true;
    return LK_OK;
}

lk_status lk_mirror_get_session(lk_mirror *mirror, const char *name, int64_t now_ms, char **record,
                                lk_error *err)
{
    LK_CLEANUP(lk__free_secretp) char *found = NULL;

    lk__error_clear(err);
    if (record == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_get_session() was given NULL");
    LK_TRY(check(mirror, name, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_SESSION,
                         LK__ARGS(lk__value_text(name), lk__value_number(now_ms)), take_record,
                         &found, err));
    *record = lk__steal(found);
    return LK_OK;
}

lk_status lk_mirror_put_session(lk_mirror *mirror, const char *name, const char *record,
                                int64_t now_ms, int64_t ends_at_ms, lk_error *err)
{
    lk__auto_transaction transaction = { 0 };

    lk__error_clear(err);
    LK_TRY(check(mirror, name, err));
    LK_TRY(check_record(record, err));
    LK_TRY(lk__transaction_begin(&transaction, mirror->store, LK__WRITE, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_FORGET_SESSIONS, LK__ARGS(lk__value_number(now_ms)),
                         NULL, NULL, err));
    LK_TRY(lk__store_run(
        mirror->store, LK__SQL_PUT_SESSION,
        LK__ARGS(lk__value_text(name), lk__value_text(record), lk__value_number(ends_at_ms)), NULL,
        NULL, err));
    return lk__transaction_commit(&transaction, err);
}

lk_status lk_mirror_replace_session(lk_mirror *mirror, const char *name, const char *old,
                                    const char *record, int64_t ends_at_ms, bool *replaced,
                                    lk_error *err)
{
    bool hit = false;

    lk__error_clear(err);
    if (old == NULL || replaced == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_replace_session() was given NULL");
    LK_TRY(check(mirror, name, err));
    LK_TRY(check_record(record, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_REPLACE_SESSION,
                         LK__ARGS(lk__value_text(name), lk__value_text(old), lk__value_text(record),
                                  lk__value_number(ends_at_ms)),
                         take_hit, &hit, err));
    *replaced = hit;
    return LK_OK;
}

lk_status lk_mirror_remove_session(lk_mirror *mirror, const char *name, const char *record,
                                   bool *removed, lk_error *err)
{
    bool hit = false;

    lk__error_clear(err);
    if (removed == NULL)
        return lk__fail(err, LK_ERR_INVALID, "lk_mirror_remove_session() was given NULL");
    LK_TRY(check(mirror, name, err));
    LK_TRY(lk__store_run(mirror->store, LK__SQL_REMOVE_SESSION,
                         LK__ARGS(lk__value_text(name), lk__value_text(record)), take_hit, &hit,
                         err));
    *removed = hit;
    return LK_OK;
}
