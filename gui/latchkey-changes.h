/* What an update changed, field by field: previous_attributes of an event held against its data. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct LatchkeyChange {
    char *field;  /* "last_name", or a path: "custom_attributes.department_name" */
    char *before; /* NULL: it was not set */
    char *after;  /* NULL: it is not set any more */
} LatchkeyChange;

/* Of LatchkeyChange, in the order in which the event names them; empty when it names none, or is
 * not JSON. Free with g_ptr_array_unref(). */
GPtrArray *latchkey_changes_read(const char *json, gsize len);

/* A known field in the person's language ("Last name"), any other by its own name. Free with
 * g_free(). */
char *latchkey_change_label(const LatchkeyChange *change);

/* Its values as they are shown: shortened where they name a person and the settings ask for it;
 * NULL as the values are. Main thread only; free with g_free(). */
char *latchkey_change_shown_before(const LatchkeyChange *change);
char *latchkey_change_shown_after(const LatchkeyChange *change);
/* "Last name: was Murray, now Hopper", of what is shown. */
char *latchkey_change_words(const LatchkeyChange *change);

G_END_DECLS
