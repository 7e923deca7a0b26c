/* Tells of new events while the window is not in use: one notification, however many they are. */
#pragma once

#include "latchkey-news.h"

G_BEGIN_DECLS

#define LATCHKEY_TYPE_NOTIFIER (latchkey_notifier_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyNotifier, latchkey_notifier, LATCHKEY, NOTIFIER, GObject)

/* Sends through the default application, which has an action "show-event". settings may be NULL:
 * the important ones then are none. */
LatchkeyNotifier *latchkey_notifier_new(LatchkeyNews *news, GSettings *settings);

/* While it is, nothing is told, and what was is taken back. */
void latchkey_notifier_set_in_use(LatchkeyNotifier *self, gboolean is_in_use);

/* Whether the settings want an event of this type to be told. */
gboolean latchkey_notifier_wants(GSettings *settings, const char *type);
/* What is told of n events, the latest of which are given: free both with g_free(). */
void latchkey_notifier_words(guint n, GPtrArray *latest, char **title, char **body);

G_END_DECLS
