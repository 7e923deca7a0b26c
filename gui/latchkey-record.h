/* A person or a group of a directory, in words for people. Immutable; plain text, never markup. */
#pragma once

#include <gio/gio.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

typedef enum {
    LATCHKEY_RECORD_PERSON,
    LATCHKEY_RECORD_GROUP,
} LatchkeyRecordKind;

#define LATCHKEY_TYPE_RECORD (latchkey_record_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyRecord, latchkey_record, LATCHKEY, RECORD, GObject)

LatchkeyRecord *latchkey_record_new_person(const lk_directory_user *user);
LatchkeyRecord *latchkey_record_new_group(const lk_directory_group *group);

LatchkeyRecordKind latchkey_record_get_kind(LatchkeyRecord *self);
const char *latchkey_record_get_id(LatchkeyRecord *self);
const char *latchkey_record_get_directory_id(LatchkeyRecord *self);
const char *latchkey_record_get_organization_id(LatchkeyRecord *self); /* NULL: none */
const char *latchkey_record_get_name(LatchkeyRecord *self);            /* never empty */
const char *latchkey_record_get_subtitle(LatchkeyRecord *self);        /* e-mail, or members */
const char *latchkey_record_get_state(LatchkeyRecord *self);           /* "" for a group */
const char *latchkey_record_get_role(LatchkeyRecord *self);            /* "": none */
const char *latchkey_record_get_json(LatchkeyRecord *self);
gint64 latchkey_record_get_deleted_at_ms(LatchkeyRecord *self); /* 0: it is there */

/* Whether the text stands in its name, e-mail address or id, as they are and not as they are shown;
 * ASCII case ignored. */
gboolean latchkey_record_matches(LatchkeyRecord *self, const char *text);

G_END_DECLS
