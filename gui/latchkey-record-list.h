/* The people or groups of the mirror that pass a filter, by id, as a GListModel that grows as its
 * end comes into view. Main thread only; pages are read on another. */
#pragma once

#include "latchkey-record.h"
#include "latchkey-store.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef struct LatchkeyRecordFilter {
    LatchkeyRecordKind kind;
    char *directory_id; /* NULL: all */
    char *text;         /* NULL: whatever they are called */
    gint64 at_ms;       /* as they were then; 0: now */
    gboolean with_deleted;
} LatchkeyRecordFilter;

#define LATCHKEY_TYPE_RECORD_LIST (latchkey_record_list_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyRecordList, latchkey_record_list, LATCHKEY, RECORD_LIST, GObject)

/* Copies the filter and begins to read. Signal: "loaded", after each page. */
LatchkeyRecordList *latchkey_record_list_new(LatchkeyStore *store,
                                             const LatchkeyRecordFilter *filter);
gboolean latchkey_record_list_is_loading(LatchkeyRecordList *self);
gboolean latchkey_record_list_is_complete(LatchkeyRecordList *self);
/* Reads no further: for a list that another one replaces. What was read stays. */
void latchkey_record_list_stop(LatchkeyRecordList *self);
/* GTK_INVALID_LIST_POSITION: it is not among those that were read. */
guint latchkey_record_list_find(LatchkeyRecordList *self, const char *id);

/* For threads: a page of records behind an id; NULL: it failed. query as for the mirror's lists; of
 * a time that the mirror no longer knows, the page is empty. */
GPtrArray *latchkey_records_read(lk_mirror *mirror, LatchkeyRecordKind kind,
                                 const lk_mirror_query *query, lk_error *err);

G_END_DECLS
