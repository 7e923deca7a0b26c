/* What an event says, read from its JSON: no database, no clock. */
#ifndef LK_MIRROR_RECORD_H
#define LK_MIRROR_RECORD_H

#include "base/json.h"

#include <latchkey/mirror.h>

/* Grows with each version that reads events which an earlier one had to park: they are tried again
 * when a mirror is opened by it. */
enum { LK__READER = 1 };

typedef enum lk__effect_kind {
    LK__EFFECT_NONE = 0, /* of a type that is only logged */
    LK__EFFECT_DIRECTORY,
    LK__EFFECT_USER,
    LK__EFFECT_GROUP,
    LK__EFFECT_MEMBERSHIP,
    LK__EFFECT_SESSION_END,
    LK__EFFECT_PERSON_END, /* of all sessions of a person */
    LK__EFFECT_SEAT_END,   /* of all sessions of a person in an organization */
    LK__EFFECT_SEAT_CHANGE /* an end where the membership is inactive now, else nothing */
} lk__effect_kind;

typedef struct lk__slice {
    const char *data; /* within the event's JSON; NULL: none */
    size_t len;
} lk__slice;

/* What came to its end; NULL: any. */
typedef struct lk__ended {
    const char *session_id;
    const char *user_id;
    const char *organization_id;
} lk__ended;

typedef struct lk__record {
    const char *organization_id; /* NULL: none, as below */
    const char *directory_id;
    const char *subject;
    const char *object_id; /* what it happened to */
    const char *other_id;  /* whom else: the group of a membership, the person of a session */
    const char *parked;    /* why the effect cannot be applied; NULL: it can */
    lk__effect_kind kind;
    bool is_deletion; /* or removal from a group */
    const lk_directory *directory;
    const lk_directory_user *user;
    const lk_directory_group *group;
    const lk__ended *ended;
    lk__slice user_json;
    lk__slice group_json;
} lk__record;

/* Text goes into the arena; slices point into event->json. What is wrong with the event is told in
 * parked; fails with LK_ERR_NO_MEMORY, or LK_ERR_PROTOCOL when the JSON is none. is_sound: it comes
 * from lk_events_list(), which went over its JSON. */
LK_MUST_CHECK lk_status lk__record_read(const lk_event *event, bool is_sound, lk__arena *arena,
                                        lk__record *out, lk_error *err);
/* A directory, user or group as the state API gives it. LK_ERR_PROTOCOL says what is wrong. */
LK_MUST_CHECK lk_status lk__record_read_object(lk__effect_kind kind, const char *json, size_t len,
                                               lk__arena *arena, lk__record *out, lk_error *err);

#endif
