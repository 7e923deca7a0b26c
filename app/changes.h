/* What differs in a record, for terminals and as JSON. */
#ifndef APP_CHANGES_H
#define APP_CHANGES_H

#include <latchkey/history.h>
#include <stdio.h>

/* "first_name: Ada > Eve", "+ group directory_group_…", "- group …". NULL without memory. Free with
 * free(). */
char *change_text(const lk_change *change);
/* [{"field":…,"before":…,"after":…},…] */
void changes_print_json(FILE *out, const lk_change *changes, size_t n_changes);

#endif
