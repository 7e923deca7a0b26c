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

const char *latchkey_event_get_id(LatchkeyEvent *self);
gint64 latchkey_event_get_created_at_ms(LatchkeyEvent *self);
const char *latchkey_event_get_title(LatchkeyEvent *self); /* "Ada Lovelace joined Engineering" */
const char *latchkey_event_get_subtitle(LatchkeyEvent *self);  /* "Member added · Acme Okta" */
const char *latchkey_event_get_icon_name(LatchkeyEvent *self); /* static storage */
const char *latchkey_event_get_tone(LatchkeyEvent *self);      /* a CSS class; static storage */

/* "09:12" today, "Mon 09:12" within a week, else with the date; in the local time zone. */
char *latchkey_event_time_text(gint64 created_at_ms, gint64 now_ms);
char *latchkey_event_full_time_text(gint64 created_at_ms);

/* Text from outside made fit for one line: valid UTF-8, no control characters, none that change the
 * direction of what follows, at most 200 characters. */
char *latchkey_text_clean(const char *text);

G_END_DECLS
