/* Where most events of a time come from. */
#pragma once

#include <glib.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

typedef struct LatchkeyBusiest {
    char *organization_id; /* NULL: there is none with an event */
    char *organization;    /* its name; NULL: no event tells it */
    gint64 n_of_organization;
    char *directory; /* of that organization, by name or id */
    gint64 n_of_directory;
} LatchkeyBusiest;

/* On a thread: it counts the events of each organization that has a directory. Of the query type,
 * since_ms and until_ms count. NULL with err filled in: it failed. */
LatchkeyBusiest *latchkey_busiest_read(lk_mirror *mirror, const lk_mirror_event_query *query,
                                       lk_error *err);
void latchkey_busiest_free(LatchkeyBusiest *busiest);

/* "Busiest: Acme, 201 events · Acme Okta, 120 events", or without the organization where it has no
 * name and the directory all events; NULL: there is none. Free with g_free(). */
char *latchkey_busiest_words(const LatchkeyBusiest *busiest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(LatchkeyBusiest, latchkey_busiest_free)

G_END_DECLS
