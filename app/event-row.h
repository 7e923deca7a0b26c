/* One event of the mirror on a line: as JSON, or as a row of a table. */
#ifndef APP_EVENT_ROW_H
#define APP_EVENT_ROW_H

#include "print.h"

#include <latchkey/mirror.h>

/* An empty table with the columns of such rows. */
print_table event_row_table(void);
/* JSON goes to standard output at once, a row into the table. */
void event_row_print(const lk_mirror_event *event, bool as_json, print_table *table);

#endif
