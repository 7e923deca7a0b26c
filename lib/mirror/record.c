/* Reads an event by tables; see record.h. */
#include "mirror/record.h"

#include <stdio.h>
#include <string.h>

#include "base/json-scan.h"
#include "base/text.h"

enum {
    MAX_SUBJECT = 200, /* bytes: a line in a list */
    MAX_ID = 255       /* bytes; PostgreSQL's indexes hold some 2700 */
};

/* ---- Tables ---- */

static const struct {
    const char *type;
    lk__effect_kind kind;
    bool is_deletion;
} effects[] = {
    { "dsync.activated", LK__EFFECT_DIRECTORY, false },
    { "dsync.deactivated", LK__EFFECT_DIRECTORY, false },
    { "dsync.deleted", LK__EFFECT_DIRECTORY, true },
    { "dsync.user.created", LK__EFFECT_USER, false },
    { "dsync.user.updated", LK__EFFECT_USER, false },
    { "dsync.user.deleted", LK__EFFECT_USER, true },
    { "dsync.group.created", LK__EFFECT_GROUP, false },
    { "dsync.group.updated", LK__EFFECT_GROUP, false },
    { "dsync.group.deleted", LK__EFFECT_GROUP, true },
    { "dsync.group.user_added", LK__EFFECT_MEMBERSHIP, false },
    { "dsync.group.user_removed", LK__EFFECT_MEMBERSHIP, true },
    { "session.revoked", LK__EFFECT_SESSION_END, true },
    { "user.deleted", LK__EFFECT_PERSON_END, true },
    { "organization_membership.deleted", LK__EFFECT_SEAT_END, true },
    { "organization_membership.updated", LK__EFFECT_SEAT_CHANGE, false },
};

#define FIELD(type_, name_, kind_, is_required, member)              \
    {                                                                \
        .name = (name_), .kind = (kind_), .required = (is_required), \
        .offset = offsetof(type_, member)                            \
    }
#define NESTED(type_, name_, member, shape_)                                                      \
    {                                                                                             \
        .name = (name_), .kind = LK__OBJECT, .offset = offsetof(type_, member), .shape = (shape_) \
    }

static const lk__field directory_fields[] = {
    FIELD(lk_directory, "id", LK__TEXT, true, id),
    FIELD(lk_directory, "organization_id", LK__TEXT, false, organization_id),
    FIELD(lk_directory, "name", LK__TEXT, false, name),
    FIELD(lk_directory, "type", LK__TEXT, false, type),
    FIELD(lk_directory, "state", LK__TEXT, false, state),
    FIELD(lk_directory, "created_at", LK__TIME, false, created_at_ms),
    FIELD(lk_directory, "updated_at", LK__TIME, false, updated_at_ms),
};
static const lk__shape directory_shape = LK__SHAPE(lk_directory, directory_fields);

static const lk__field user_fields[] = {
    FIELD(lk_directory_user, "id", LK__TEXT, true, id),
    FIELD(lk_directory_user, "directory_id", LK__TEXT, true, directory_id),
    FIELD(lk_directory_user, "organization_id", LK__TEXT, false, organization_id),
    FIELD(lk_directory_user, "idp_id", LK__TEXT, false, idp_id),
    FIELD(lk_directory_user, "email", LK__TEXT, false, email),
    FIELD(lk_directory_user, "first_name", LK__TEXT, false, first_name),
    FIELD(lk_directory_user, "last_name", LK__TEXT, false, last_name),
    FIELD(lk_directory_user, "state", LK__TEXT, false, state),
    FIELD(lk_directory_user, "role", LK__SLUG, false, role),
    FIELD(lk_directory_user, "custom_attributes", LK__JSON, false, custom_attributes_json),
    FIELD(lk_directory_user, "created_at", LK__TIME, false, created_at_ms),
    FIELD(lk_directory_user, "updated_at", LK__TIME, false, updated_at_ms),
};
static const lk__shape user_shape = LK__SHAPE(lk_directory_user, user_fields);

static const lk__field group_fields[] = {
    FIELD(lk_directory_group, "id", LK__TEXT, true, id),
    FIELD(lk_directory_group, "directory_id", LK__TEXT, true, directory_id),
    FIELD(lk_directory_group, "organization_id", LK__TEXT, false, organization_id),
    FIELD(lk_directory_group, "idp_id", LK__TEXT, false, idp_id),
    FIELD(lk_directory_group, "name", LK__TEXT, false, name),
    FIELD(lk_directory_group, "created_at", LK__TIME, false, created_at_ms),
    FIELD(lk_directory_group, "updated_at", LK__TIME, false, updated_at_ms),
};
static const lk__shape group_shape = LK__SHAPE(lk_directory_group, group_fields);

static const lk__field session_end_fields[] = { FIELD(lk__ended, "id", LK__TEXT, true,
                                                      session_id) };
static const lk__shape session_end_shape = LK__SHAPE(lk__ended, session_end_fields);
static const lk__field person_end_fields[] = { FIELD(lk__ended, "id", LK__TEXT, true, user_id) };
static const lk__shape person_end_shape = LK__SHAPE(lk__ended, person_end_fields);
static const lk__field seat_end_fields[] = {
    FIELD(lk__ended, "user_id", LK__TEXT, true, user_id),
    FIELD(lk__ended, "organization_id", LK__TEXT, true, organization_id),
};
static const lk__shape seat_end_shape = LK__SHAPE(lk__ended, seat_end_fields);

typedef struct seat {
    const char *status;
} seat;
static const lk__field seat_fields[] = { FIELD(seat, "status", LK__TEXT, false, status) };
static const lk__shape seat_shape = LK__SHAPE(seat, seat_fields);

/* What any event's data may hold that says whom it is about. */
typedef struct about {
    const char *object;
    const char *id;
    const char *organization_id;
    const char *directory_id;
    const char *name;
    const char *first_name;
    const char *last_name;
    const char *email;
    const char *user_id;
    const struct about *user; /* both in memberships */
    const struct about *group;
    const struct about *sso; /* in authentication.sso_… */
} about;

#define ABOUT_PLAIN                                                                           \
    FIELD(about, "object", LK__TEXT, false, object), FIELD(about, "id", LK__TEXT, false, id), \
        FIELD(about, "organization_id", LK__TEXT, false, organization_id),                    \
        FIELD(about, "directory_id", LK__TEXT, false, directory_id),                          \
        FIELD(about, "name", LK__TEXT, false, name),                                          \
        FIELD(about, "first_name", LK__TEXT, false, first_name),                              \
        FIELD(about, "last_name", LK__TEXT, false, last_name),                                \
        FIELD(about, "email", LK__TEXT, false, email),                                        \
        FIELD(about, "user_id", LK__TEXT, false, user_id)

static const lk__field part_fields[] = { ABOUT_PLAIN };
static const lk__shape part_shape = LK__SHAPE(about, part_fields);
static const lk__field about_fields[] = {
    ABOUT_PLAIN,
    NESTED(about, "user", user, &part_shape),
    NESTED(about, "group", group, &part_shape),
    NESTED(about, "sso", sso, &part_shape),
};
static const lk__shape about_shape = LK__SHAPE(about, about_fields);

/* ---- Whom it is about ---- */

/* The first that is neither NULL nor "". */
static const char *first_of(const char *a, const char *b)
{
    if (!lk__text_empty(a))
        return a;
    return lk__text_empty(b) ? NULL : b;
}

/* NULL for "", and for what is too long to be anybody's. */
static const char *known_id(const char *id)
{
    return !lk__text_empty(id) && strlen(id) <= MAX_ID ? id : NULL;
}

static size_t cut_length(const char *text)
{
    size_t len = strlen(text);

    if (len <= MAX_SUBJECT)
        return len;
    len = MAX_SUBJECT;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) /* inside a UTF-8 sequence */
        len--;
    return len;
}

/* Both texts with something between them, or the one that is there; NULL for none. */
static lk_status join(lk__arena *arena, const char *a, const char *between, const char *b,
                      const char **out, lk_error *err)
{
    char *text;
    size_t size;

    *out = first_of(a, b);
    if (lk__text_empty(a) || lk__text_empty(b))
        return LK_OK;
    size = strlen(a) + strlen(between) + strlen(b) + 1;
    text = lk__arena_alloc(arena, size);
    if (text == NULL)
        return lk__no_memory(err);
    snprintf(text, size, "%s%s%s", a, between, b);
    *out = text;
    return LK_OK;
}

/* The name for people; NULL when there is nothing to call it by. */
static lk_status name_of(const about *what, lk__arena *arena, const char **out, lk_error *err)
{
    const char *name = NULL;

    LK_TRY(join(arena, what->first_name, " ", what->last_name, &name, err));
    name = first_of(what->name, name);
    name = first_of(name, what->email);
    name = first_of(name, what->user_id);
    *out = first_of(name, what->id);
    return LK_OK;
}

static lk_status subject_of(const about *what, lk__arena *arena, const char **out, lk_error *err)
{
    const char *user = NULL;
    const char *group = NULL;

    if (what->user == NULL || what->group == NULL)
        LK_TRY(name_of(what, arena, &user, err));
    else {
        LK_TRY(name_of(what->user, arena, &user, err));
        LK_TRY(name_of(what->group, arena, &group, err));
    }
    LK_TRY(join(arena, user, " \xE2\x80\x93 ", group, &user, err));
    if (user == NULL)
        return LK_OK;
    *out = lk__arena_bytes(arena, user, cut_length(user));
    return *out != NULL ? LK_OK : lk__no_memory(err);
}

static const char *organization_of(const about *what)
{
    const char *id = what->organization_id;

    if (lk__text_equal(what->object, "organization"))
        id = first_of(id, what->id);
    if (what->user != NULL)
        id = first_of(id, what->user->organization_id);
    if (what->group != NULL)
        id = first_of(id, what->group->organization_id);
    if (what->sso != NULL)
        id = first_of(id, what->sso->organization_id);
    return known_id(id);
}

static const char *directory_of(const about *what, lk__effect_kind kind)
{
    bool is_directory = kind == LK__EFFECT_DIRECTORY || lk__text_equal(what->object, "directory");

    return known_id(is_directory ? first_of(what->id, what->directory_id) : what->directory_id);
}

static void note_objects(const about *what, lk__record *out)
{
    const char *user_id = what->user != NULL ? what->user->id : NULL;
    const char *group_id = what->group != NULL ? what->group->id : NULL;

    out->object_id = known_id(first_of(user_id, what->id));
    out->other_id = known_id(first_of(group_id, what->user_id));
    if (lk__text_equal(out->object_id, out->other_id))
        out->other_id = NULL;
}

static lk_status read_about(const lk__slice *data, lk__arena *arena, lk__record *out, lk_error *err)
{
    about what = { 0 };

    LK_TRY(lk__json_decode_text(data->data, data->len, &about_shape, arena, &what, err));
    out->organization_id = organization_of(&what);
    out->directory_id = directory_of(&what, out->kind);
    note_objects(&what, out);
    return subject_of(&what, arena, &out->subject, err);
}

/* ---- What it does ---- */

/* The API says "linked" where events say "active". */
static const char *state_of_directory(const char *state)
{
    if (lk__text_equal(state, "linked"))
        return "active";
    return lk__text_equal(state, "unlinked") ? "inactive" : state;
}

static lk_status decode(const lk__slice *object, const char *what, const lk__shape *shape,
                        lk__arena *arena, void **out, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    void *record = lk__arena_alloc(arena, shape->size);
    lk_status status;

    if (record == NULL)
        return lk__no_memory(err);
    status = lk__json_decode_text(object->data, object->len, shape, arena, record, &cause);
    if (status != LK_OK)
        return lk__fail(err, status, "%s: %s", what, cause.message);
    *out = record;
    return LK_OK;
}

static lk_status require_id(const char *id, const char *what, lk_error *err)
{
    if (lk__text_empty(id))
        return lk__fail(err, LK_ERR_PROTOCOL, "%s is empty", what);
    if (strlen(id) > MAX_ID)
        return lk__fail(err, LK_ERR_PROTOCOL, "%s has %zu bytes: %d are allowed", what, strlen(id),
                        (int)MAX_ID);
    return LK_OK;
}

/* The same, where there is one. */
static lk_status check_id(const char *id, const char *what, lk_error *err)
{
    return lk__text_empty(id) ? LK_OK : require_id(id, what, err);
}

static lk_status read_directory(const lk__slice *data, lk__arena *arena, lk__record *out,
                                lk_error *err)
{
    void *record = NULL;
    lk_directory *directory;

    LK_TRY(decode(data, "directory", &directory_shape, arena, &record, err));
    directory = record;
    LK_TRY(require_id(directory->id, "the directory's id", err));
    LK_TRY(check_id(directory->organization_id, "the directory's organization_id", err));
    directory->state = state_of_directory(directory->state);
    out->directory = directory;
    return LK_OK;
}

static lk_status read_user(const lk__slice *data, lk__arena *arena, lk__record *out, lk_error *err)
{
    void *record = NULL;
    lk_directory_user *user;

    LK_TRY(decode(data, "directory user", &user_shape, arena, &record, err));
    user = record;
    LK_TRY(require_id(user->id, "the user's id", err));
    LK_TRY(require_id(user->directory_id, "the user's directory_id", err));
    LK_TRY(check_id(user->organization_id, "the user's organization_id", err));
    out->user = user;
    return LK_OK;
}

static lk_status read_group(const lk__slice *data, lk__arena *arena, lk__record *out, lk_error *err)
{
    void *record = NULL;
    lk_directory_group *group;

    LK_TRY(decode(data, "directory group", &group_shape, arena, &record, err));
    group = record;
    LK_TRY(require_id(group->id, "the group's id", err));
    LK_TRY(require_id(group->directory_id, "the group's directory_id", err));
    LK_TRY(check_id(group->organization_id, "the group's organization_id", err));
    out->group = group;
    return LK_OK;
}

static lk_status read_end(const lk__slice *data, lk__arena *arena, lk__record *out, lk_error *err)
{
    const lk__shape *shape = out->kind == LK__EFFECT_SESSION_END  ? &session_end_shape
                             : out->kind == LK__EFFECT_PERSON_END ? &person_end_shape
                                                                  : &seat_end_shape;
    void *record = NULL;
    lk__ended *ended;

    LK_TRY(decode(data, "what ended", shape, arena, &record, err));
    ended = record;
    if (out->kind == LK__EFFECT_SESSION_END)
        LK_TRY(require_id(ended->session_id, "the session's id", err));
    else
        LK_TRY(require_id(ended->user_id, "the user's id", err));
    LK_TRY(check_id(ended->organization_id, "the membership's organization_id", err));
    /* An empty one would stand for every organization. */
    if (out->kind == LK__EFFECT_SEAT_END)
        LK_TRY(require_id(ended->organization_id, "the membership's organization_id", err));
    out->ended = ended;
    return LK_OK;
}

/* Active, pending, or whatever else there will be: the person may come in. */
static lk_status read_seat(const lk__slice *data, lk__arena *arena, lk__record *out, lk_error *err)
{
    seat change = { 0 };

    LK_TRY(lk__json_decode_text(data->data, data->len, &seat_shape, arena, &change, err));
    if (!lk__text_equal(change.status, "inactive")) {
        out->kind = LK__EFFECT_NONE;
        return LK_OK;
    }
    out->kind = LK__EFFECT_SEAT_END;
    return read_end(data, arena, out, err);
}

typedef struct reading {
    lk__arena *arena;
    lk__record *out;
    bool is_sound; /* all of the event was checked */
    bool has_data;
} reading;

/* The members "user" and "group" of a membership's data: the first of each, as lk__json_get(). */
static lk_status visit_part(void *ctx, const char *name, const char *raw, size_t raw_len,
                            lk_error *err)
{
    lk__record *out = ((reading *)ctx)->out;

    (void)err;
    if (lk__text_equal(name, "user") && out->user_json.data == NULL)
        out->user_json = (lk__slice){ .data = raw, .len = raw_len };
    if (lk__text_equal(name, "group") && out->group_json.data == NULL)
        out->group_json = (lk__slice){ .data = raw, .len = raw_len };
    return LK_OK;
}

static lk_status read_membership(reading *r, const lk__slice *data, lk_error *err)
{
    lk__record *out = r->out;

    LK_TRY(lk__json_slices(data->data, data->len, true, visit_part, r, err));
    if (out->user_json.data == NULL || out->group_json.data == NULL)
        return lk__fail(err, LK_ERR_PROTOCOL, "\"user\" or \"group\" is missing");
    LK_TRY(read_user(&out->user_json, r->arena, out, err));
    return read_group(&out->group_json, r->arena, out, err);
}

static lk_status read_effect(reading *r, const lk__slice *data, lk_error *err)
{
    switch (r->out->kind) {
    case LK__EFFECT_NONE:
        return LK_OK;
    case LK__EFFECT_DIRECTORY:
        return read_directory(data, r->arena, r->out, err);
    case LK__EFFECT_USER:
        r->out->user_json = *data;
        return read_user(data, r->arena, r->out, err);
    case LK__EFFECT_GROUP:
        r->out->group_json = *data;
        return read_group(data, r->arena, r->out, err);
    case LK__EFFECT_MEMBERSHIP:
        return read_membership(r, data, err);
    case LK__EFFECT_SESSION_END:
    case LK__EFFECT_PERSON_END:
    case LK__EFFECT_SEAT_END:
        return read_end(data, r->arena, r->out, err);
    case LK__EFFECT_SEAT_CHANGE:
        return read_seat(data, r->arena, r->out, err);
    }
    return LK_OK;
}

static lk_status park(reading *r, const char *reason, lk_error *err)
{
    if (r->out->parked == NULL)
        r->out->parked = lk__arena_text(r->arena, reason);
    return r->out->parked != NULL ? LK_OK : lk__no_memory(err);
}

static lk_status read_data(reading *r, const lk__slice *data, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    lk_status status;

    if (data->data[0] != '{')
        return park(r, "\"data\" is no object", err);
    if (!r->is_sound && lk__json_check(data->data, data->len, &cause) != LK_OK)
        return park(r, cause.message, err);
    LK_TRY(read_about(data, r->arena, r->out, err));
    status = read_effect(r, data, &cause);
    if (status == LK_ERR_PROTOCOL)
        return park(r, cause.message, err);
    return status == LK_OK ? LK_OK : lk__fail(err, status, "%s", cause.message);
}

static lk_status visit_event(void *ctx, const char *name, const char *raw, size_t raw_len,
                             lk_error *err)
{
    reading *r = ctx;

    if (!lk__text_equal(name, "data"))
        return LK_OK;
    if (r->has_data)
        return park(r, "\"data\" stands twice", err);
    r->has_data = true;
    return read_data(r, &(const lk__slice){ .data = raw, .len = raw_len }, err);
}

static void choose_effect(const char *type, lk__record *out)
{
    for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++) {
        if (strcmp(effects[i].type, type) == 0) {
            out->kind = effects[i].kind;
            out->is_deletion = effects[i].is_deletion;
        }
    }
}

lk_status lk__record_read(const lk_event *event, bool is_sound, lk__arena *arena, lk__record *out,
                          lk_error *err)
{
    lk__record record = { 0 };
    reading r = { .arena = arena, .out = &record, .is_sound = is_sound };

    choose_effect(event->type, &record);
    LK_TRY(lk__json_slices(event->json, event->json_len, is_sound, visit_event, &r, err));
    if (!r.has_data)
        LK_TRY(park(&r, "\"data\" is missing", err));
    if (record.kind == LK__EFFECT_NONE)
        record.parked = NULL; /* nothing was to be applied */
    *out = record;
    return LK_OK;
}

lk_status lk__record_read_object(lk__effect_kind kind, const char *json, size_t len,
                                 lk__arena *arena, lk__record *out, lk_error *err)
{
    lk__record record = { .kind = kind };
    reading r = { .arena = arena, .out = &record };

    LK_TRY(lk__json_check(json, len, err));
    LK_TRY(read_effect(&r, &(const lk__slice){ .data = json, .len = len }, err));
    *out = record;
    return LK_OK;
}
