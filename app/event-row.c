/* Rows of events; see event-row.h. */
#include "event-row.h"

#include "command.h"
#include "fail.h"

static const char *const titles[] = { "WHEN", "TYPE", "WHAT", "ID" };

print_table event_row_table(void)
{
    return (print_table){ .titles = titles, .n_columns = N_ITEMS(titles) };
}

void event_row_print(const lk_mirror_event *event, bool as_json, print_table *table)
{
    char when[TIME_SIZE];

    if (as_json) {
        print_json_raw(stdout, event->json, event->json_len);
        putchar('\n');
        return;
    }
    print_time(when, event->created_at_ms);
    const char *const cells[] = { when, event->type, event->subject, event->id };
    print_table_row(table, cells);
}
