/* The mirror's records as JSON, the same on the command line and on the server. */
#ifndef APP_RECORDS_H
#define APP_RECORDS_H

#include "print.h"

#include <latchkey/mirror.h>

void record_print_user(FILE *out, const lk_directory_user *user);
/* With its groups as WorkOS' API has them: objects. */
void record_print_replica_user(FILE *out, const lk_directory_user *user);
void record_print_group(FILE *out, const lk_directory_group *group);
void record_print_directory(FILE *out, const lk_directory *directory);

/* The event as WorkOS sent it, with one member in front: "summary", the event in words. One line.
 */
void record_print_event(FILE *out, const lk_mirror_event *event);

/* First and last name, or what there is; NULL when there is nothing. Free with free(). */
char *record_user_name(const lk_directory_user *user);

#endif
