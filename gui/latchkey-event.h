/* One directory event in words for people. Immutable; what it shows is plain text, never markup. */
#pragma once

#include <gio/gio.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_EVENT (latchkey_event_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEvent, latchkey_event, LATCHKEY, EVENT, GObject)

/* Copies what it needs. directory_name may be NULL: the directory's id stands in for it. */
LatchkeyEvent *latchkey_event_new(const lk_mirror_event *event, const char *directory_name);
/* Stands in for a row that can no longer be read. */
LatchkeyEvent *latchkey_event_new_missing(void);

/* Those that name people ask the settings whether to shorten that: on the main thread only. */
const char *latchkey_event_get_id(LatchkeyEvent *self);
gint64 latchkey_event_get_created_at_ms(LatchkeyEvent *self);
const char *latchkey_event_get_title(LatchkeyEvent *self); /* "Ada Lovelace joined Engineering" */
const char *latchkey_event_get_subtitle(LatchkeyEvent *self);  /* "Member added · Acme Okta" */
const char *latchkey_event_get_icon_name(LatchkeyEvent *self); /* static storage */
const char *latchkey_event_get_tone(LatchkeyEvent *self);      /* a CSS class; static storage */
const char *latchkey_event_get_type_name(LatchkeyEvent *self); /* "dsync.user.updated" */
const char *latchkey_event_get_place(LatchkeyEvent *self);     /* the directory by name or id */

/* Whom and what it is about; each NULL when the event does not say. The names are clean. */
const char *latchkey_event_get_organization_id(LatchkeyEvent *self);
const char *latchkey_event_get_directory_id(LatchkeyEvent *self);
const char *latchkey_event_get_user_id(LatchkeyEvent *self);
const char *latchkey_event_get_user_name(LatchkeyEvent *self);
const char *latchkey_event_get_full_user_name(LatchkeyEvent *self); /* whatever is set */
const char *latchkey_event_get_group_id(LatchkeyEvent *self);
const char *latchkey_event_get_group_name(LatchkeyEvent *self);

/* The tone that events of a type have. Static storage. */
const char *latchkey_event_tone_of(const char *type);

/* The types that have words of their own, one by one, with their words; NULL behind the last. */
const char *latchkey_event_nth_type(guint n, const char **kind);

/* The whole event as it came; NULL for a missing one. */
const char *latchkey_event_get_json(LatchkeyEvent *self, gsize *len);

G_END_DECLS
