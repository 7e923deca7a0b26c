/* Pages of the directories, and of what is in them, in the server's JSON: what its own API and the
 * one for other mirrors answer alike. A page that is not full is the last. */
#ifndef APP_LIST_DIRECTORY_H
#define APP_LIST_DIRECTORY_H

#include "list.h"

list_print list_print_directories;
/* Of the directory request->id. */
list_print list_print_users;
/* The same with their groups as WorkOS' API has them; see record_print_replica_user(). */
list_print list_print_replica_users;
list_print list_print_groups;

#endif
