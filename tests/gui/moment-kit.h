/* A mirror whose changes have known times:
 *
 *   NOON     Ada King and Dan are added, Ada to the group Night
 *   NOON+1h  Ada is renamed Byron; Bob <b>& is added
 *   NOON+2h  Ada leaves the group
 *   NOON+3h  Bob is deleted
 *   NOON+4h  Cleo is added; Dan's directory is deleted, and he with it */
#ifndef LK_TESTS_MOMENT_KIT_H
#define LK_TESTS_MOMENT_KIT_H

#include "fake-clock.h"
#include "latchkey-store.h"
#include "mirror-kit.h"

#define HOUR ((gint64)3600000)

void moment_kit_add(kit *mirror, const char *id, const char *type, gint64 at_ms, const char *data);
/* Makes it, and all the above happen. */
void moment_kit_begin(kit *mirror);
LatchkeyStore *moment_kit_store(kit *mirror);

/* "Ada King, Bob <b>& deleted": what a list of records holds now. */
char *moment_kit_names(GListModel *records);

#endif
