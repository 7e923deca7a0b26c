/* The system browser. */
#ifndef APP_BROWSER_H
#define APP_BROWSER_H

#include <stdbool.h>

/* Whether there is likely one: a display, or $BROWSER. */
bool browser_exists(void);
/* Starts it and does not wait for it. False when it cannot be started; what it says is dropped. */
bool browser_open(const char *url);

#endif
