/* Events in words: "Ada Lovelace joined Engineering". */
#ifndef APP_WORDING_H
#define APP_WORDING_H

#include <latchkey/mirror.h>

/* Never NULL but when memory is short. Free with free(). The names in it come from outside. */
char *wording_of(const lk_mirror_event *event);

#endif
