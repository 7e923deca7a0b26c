/* Text from outside, and times, fit to be shown. All results are freed with g_free(). */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Text from outside made fit for one line: valid UTF-8, no control characters, none that change the
 * direction of what follows, at most 200 characters. NULL gives "". */
char *latchkey_text_clean(const char *text);

/* A person's name or e-mail address, shortened for a shared screen. */
char *latchkey_text_mask(const char *clean);
/* The same of text that is not clean, and only where the settings ask for it. Main thread only. */
char *latchkey_text_person(const char *text);

/* A name fit for the middle of a sentence: one that runs the other way is isolated, so that the
 * rest keeps its direction. Takes text that is clean. */
char *latchkey_text_isolate(const char *clean);
/* The same for the sentence around such names: it runs as the window does, whatever it begins with.
 */
char *latchkey_text_anchor(const char *sentence);

/* "09:12" today, "Mon 09:12" within a week, else with the date; in the time zone of the
 * settings. Main thread only. */
char *latchkey_text_time(gint64 ms, gint64 now_ms);
char *latchkey_text_full_time(gint64 ms);
/* "24 November 2026, 09:00". */
char *latchkey_text_moment(gint64 ms);

G_END_DECLS
