/* Notes in the client's log; see note.h. */
#include "web/note.h"

#include <stdio.h>

#include "api/client.h"

void lk__note(const lk_client *client, const char *what, const lk_error *cause)
{
    char line[sizeof(cause->message) + 128];

    if (client->log.line == NULL)
        return;
    snprintf(line, sizeof(line), "%s%s%s", what, cause != NULL ? ": " : "",
             cause != NULL ? cause->message : "");
    client->log.line(client->log.ctx, line);
}
