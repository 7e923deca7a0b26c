/* The event types that the feed asks for. */
#ifndef LK_MIRROR_TYPES_H
#define LK_MIRROR_TYPES_H

#include <stddef.h>

/* What the mirror applies (dsync.*), and what tells the rest of a person's story: user.*,
 * organization.*, organization_membership.*, session.*, connection.*, authentication.*. */
extern const char *const lk__event_types[];
extern const size_t lk__n_event_types;

#endif
