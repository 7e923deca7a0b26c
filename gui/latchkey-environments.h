/* The environments that can be chosen, and the one that is: those that somebody has set up, kept in
 * the settings, and the one of the program's own environment variables, which comes first. */
#pragma once

#include "latchkey-config.h"

G_BEGIN_DECLS

#define LATCHKEY_TYPE_ENVIRONMENTS (latchkey_environments_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyEnvironments, latchkey_environments, LATCHKEY, ENVIRONMENTS, GObject)

/* settings NULL: nothing is kept. Signals: "changed" (the list, or the chosen
 * one), "notice" (char *, plain text: tell the person once). */
LatchkeyEnvironments *latchkey_environments_new(GSettings *settings);

guint latchkey_environments_get_n(LatchkeyEnvironments *self);
/* Borrowed until the next "changed". */
LatchkeyConfig *latchkey_environments_get(LatchkeyEnvironments *self, guint i);
/* NULL: there is none of this id. */
LatchkeyConfig *latchkey_environments_find(LatchkeyEnvironments *self, const char *id);
/* Never NULL: where nothing is set up it is empty. */
LatchkeyConfig *latchkey_environments_get_current(LatchkeyEnvironments *self);
/* Whether it can be changed and removed: not the one of the environment variables. */
gboolean latchkey_environments_is_kept(LatchkeyEnvironments *self, const char *id);

void latchkey_environments_choose(LatchkeyEnvironments *self, const char *id);
/* Adds it, or puts it in the place of the one with its id; then chooses it. The API key in it is
 * not kept here. */
void latchkey_environments_put(LatchkeyEnvironments *self, LatchkeyConfig *config);
void latchkey_environments_remove(LatchkeyEnvironments *self, const char *id);

G_END_DECLS
