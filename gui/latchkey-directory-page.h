/* Who is in the directories now: people and groups, and what happened to each. */
#pragma once

#include "latchkey-feed.h"
#include "latchkey-record.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_DIRECTORY_PAGE (latchkey_directory_page_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyDirectoryPage, latchkey_directory_page, LATCHKEY, DIRECTORY_PAGE,
                     AdwBin)

/* Signal: "event-chosen" (LatchkeyEvent): somebody wants to see it among the events. */

/* Once. */
void latchkey_directory_page_set_feed(LatchkeyDirectoryPage *self, LatchkeyFeed *feed);

/* Shows one of them, there or deleted; name is for the latter and may be NULL. */
void latchkey_directory_page_show(LatchkeyDirectoryPage *self, LatchkeyRecordKind kind,
                                  const char *id, const char *name);

G_END_DECLS
