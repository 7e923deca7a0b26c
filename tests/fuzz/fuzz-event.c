/* One event into the mirror: the first byte chooses its type, the rest is its JSON. */
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "mirror/apply.h"
#include "mirror/mirror.h"

static const char *const types[] = {
    "dsync.activated",           "dsync.deleted",
    "dsync.user.created",        "dsync.user.deleted",
    "dsync.group.updated",       "dsync.group.deleted",
    "dsync.group.user_added",    "dsync.group.user_removed",
    "authentication.sso_failed",
};

typedef struct found {
    const lk_event *event;
    int64_t n_registers;
    int64_t n_reasons;
    bool has_body;
} found;

static lk_status take_found(void *ctx, const lk__row *row, lk_error *err)
{
    found *f = ctx;

    (void)err;
    f->n_registers = row->columns[0].number;
    f->n_reasons = row->columns[1].number;
    f->has_body = row->columns[2].len == f->event->json_len &&
                  memcmp(row->columns[2].text, f->event->json, f->event->json_len) == 0;
    return LK_OK;
}

static void check_rows(lk__store *store, const lk_event *event, lk__applied applied)
{
    found f = { .event = event };

    promise(lk__store_run(store,
                          "SELECT (SELECT COUNT(*) FROM directory)"
                          " + (SELECT COUNT(*) FROM directory_user)"
                          " + (SELECT COUNT(*) FROM directory_group)"
                          " + (SELECT COUNT(*) FROM membership),"
                          " (SELECT COUNT(*) FROM parked WHERE reason <> ''),"
                          " (SELECT json FROM event_body)",
                          LK__NO_ARGS, take_found, &f, NULL) == LK_OK);
    promise(f.has_body);
    promise(f.n_reasons == (applied == LK__APPLIED_PARKED));
    promise(applied != LK__APPLIED_PARKED || f.n_registers == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lk_mirror *mirror; /* made once; each input is rolled back */
    lk__auto_transaction transaction = { 0 };
    lk__applied applied = LK__APPLIED_KNOWN;
    lk_error err = LK_ERROR_INIT;
    lk_status status;

    if (size == 0)
        return 0;
    if (mirror == NULL)
        promise(lk_mirror_open("sqlite::memory:", &mirror, NULL) == LK_OK);

    const lk_event event = { .id = "event_1",
                             .type = types[data[0] % (sizeof(types) / sizeof(types[0]))],
                             .created_at_ms = 1,
                             .json = (const char *)data + 1,
                             .json_len = size - 1 };

    promise(lk__transaction_begin(&transaction, mirror->store, LK__WRITE, NULL) == LK_OK);
    status = lk__apply_event(mirror->store, &event, 1, &applied, &err);
    promise(status == LK_OK || (status == LK_ERR_PROTOCOL && err.message[0] != '\0'));
    if (status != LK_OK)
        return 0;
    promise(applied != LK__APPLIED_KNOWN);
    check_rows(mirror->store, &event, applied);
    promise(lk__apply_event(mirror->store, &event, 1, &applied, &err) == LK_OK);
    promise(applied == LK__APPLIED_KNOWN);
    return 0;
}
