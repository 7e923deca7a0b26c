/* See history-log.h. */
#include "mirror/history-log.h"

#include <string.h>

#include "mirror/forget.h"
#include "mirror/history-before.h"
#include "mirror/mirror.h"
#include "mirror/sql.h"

typedef struct reading {
    lk__arena *arena;
    lk__said *said;
} reading;

static lk_status take_event(void *ctx, const lk__row *row, lk_error *err)
{
    reading *r = ctx;
    lk__said *s = r->said;
    const lk__value *columns = row->columns;
    const char *json = NULL;

    if (!lk__take_text(r->arena, &columns[0], &s->version.id) ||
        !lk__take_text(r->arena, &columns[1], &s->type) ||
        !lk__take_text(r->arena, &columns[3], &json))
        return lk__no_memory(err);
    if (json == NULL)
        return lk__fail(err, LK_ERR_STORE, "the mirror lost the body of event %.64s",
                        s->version.id);
    s->version.ms = columns[2].number;
    s->is_known = true;
    return lk__record_read(&(const lk_event){ .id = s->version.id,
                                              .type = s->type,
                                              .created_at_ms = s->version.ms,
                                              .json = json,
                                              .json_len = columns[3].len },
                           false, r->arena, &s->record, err);
}

lk_status lk__said_read(lk__store *store, const char *sql, const lk__value *args, size_t n_args,
                        lk__arena *arena, lk__said *out, lk_error *err)
{
    reading r = { .arena = arena, .said = out };

    *out = (lk__said){ 0 };
    return lk__store_run(store, sql, args, n_args, take_event, &r, err);
}

/* The raw record as it stands in the event, as the register has it. */
static lk_status keep_json(lk__arena *arena, const lk__slice *json, const char **out, lk_error *err)
{
    if (json->data == NULL)
        return LK_OK;
    *out = lk__arena_bytes(arena, json->data, json->len);
    return *out != NULL ? LK_OK : lk__no_memory(err);
}

lk_status lk__said_record(lk_record_kind kind, const lk__record *r, lk__arena *arena,
                          const void **out, lk_error *err)
{
    lk_directory_user *user;
    lk_directory_group *group;

    switch (kind) {
    case LK_RECORD_DIRECTORY:
        *out = r->directory;
        return LK_OK;
    case LK_RECORD_GROUP:
        group = lk__arena_alloc(arena, sizeof(*group));
        if (group == NULL)
            return lk__no_memory(err);
        if (r->group != NULL)
            *group = *r->group;
        *out = r->group != NULL ? group : NULL;
        return keep_json(arena, &r->group_json, &group->json, err);
    case LK_RECORD_USER:
        user = lk__arena_alloc(arena, sizeof(*user));
        if (user == NULL)
            return lk__no_memory(err);
        if (r->user != NULL)
            *user = *r->user;
        *out = r->user != NULL ? user : NULL;
        return keep_json(arena, &r->user_json, &user->json, err);
    }
    return LK_OK;
}

lk_status lk__said_before(lk_record_kind kind, const lk__said *said, lk__arena *arena,
                          const void **out, lk_error *err)
{
    const lk__slice *json =
        kind == LK_RECORD_USER ? &said->record.user_json : &said->record.group_json;
    lk_directory *directory;
    lk__record before = { 0 };
    const char *text = NULL;

    if (kind != LK_RECORD_DIRECTORY) {
        LK_TRY(lk__before_change(json->data, json->len, arena, &text, err));
        LK_TRY(lk__record_read_object(kind == LK_RECORD_USER ? LK__EFFECT_USER : LK__EFFECT_GROUP,
                                      text, strlen(text), arena, &before, err));
        return lk__said_record(kind, &before, arena, out, err);
    }
    directory = lk__arena_alloc(arena, sizeof(*directory));
    if (directory == NULL)
        return lk__no_memory(err);
    *directory = *said->record.directory;
    directory->state = NULL; /* that is what the event changed: which it was is not said */
    *out = directory;
    return LK_OK;
}

lk_status lk__log_begin(lk__store *store, int64_t *out, lk_error *err)
{
    int64_t begin_ms = 0;
    int64_t kept_from_ms = 0;

    LK_TRY(lk__store_run(store, LK__SQL_LOG_BEGIN, LK__NO_ARGS, lk__take_number, &begin_ms, err));
    LK_TRY(lk__kept_from(store, &kept_from_ms, err));
    *out = kept_from_ms != 0 ? kept_from_ms : begin_ms != 0 ? begin_ms : INT64_MAX;
    return LK_OK;
}

bool lk__said_begins(const lk__said *said)
{
    return strcmp(said->type, "dsync.user.created") == 0 ||
           strcmp(said->type, "dsync.group.created") == 0 ||
           strcmp(said->type, "dsync.activated") == 0;
}
