/* A line for the client's log about something that went wrong and was lived with. */
#ifndef LK_WEB_NOTE_H
#define LK_WEB_NOTE_H

#include <latchkey/client.h>

/* "what: cause". cause may be NULL. Without a log nothing is done. */
void lk__note(const lk_client *client, const char *what, const lk_error *cause);

#endif
