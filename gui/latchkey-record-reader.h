/* What the details of one person or group show, read on a thread. */
#pragma once

#include "latchkey-record.h"

G_BEGIN_DECLS

enum { LATCHKEY_MAX_RELATED = 200 };

typedef struct LatchkeyRecordWanted {
    LatchkeyRecordKind kind;
    char *id;
    char *directory_id; /* for its history; NULL: not known */
    gint64 at_ms;       /* as it was then; 0: now */
} LatchkeyRecordWanted;

void latchkey_record_wanted_free(gpointer wanted);

typedef struct LatchkeyRecordFound {
    LatchkeyRecord *record; /* NULL: it was not, as far as is known. It may be a deleted one. */
    GPtrArray *related; /* of LatchkeyRecord: its groups or members; a deleted one's last ones */
} LatchkeyRecordFound;

void latchkey_record_found_free(gpointer found);

/* Both are LatchkeyStoreRead functions. wanted is a LatchkeyRecordWanted; they give a
 * LatchkeyRecordFound, and a GPtrArray as latchkey_history_read() does. */
gpointer latchkey_record_read(lk_mirror *mirror, gpointer wanted, lk_error *err);
gpointer latchkey_record_read_history(lk_mirror *mirror, gpointer wanted, lk_error *err);

G_END_DECLS
