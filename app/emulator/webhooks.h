/* Webhook endpoints, and the queue and log of what is sent to them. */
#ifndef EMULATOR_WEBHOOKS_H
#define EMULATOR_WEBHOOKS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct emulator_state;

#define WEBHOOKS_MAX_ENDPOINTS 50

/* What a test wants to go wrong with the deliveries from now on. */
typedef struct webhook_mishaps {
    unsigned n_more;   /* each one is sent that many times more */
    unsigned delay_ms; /* each one waits that long */
    bool is_reordered; /* of two in a row, the first arrives last */
    bool is_odd;
} webhook_mishaps;

/* Adds an endpoint. secret NULL: a new one. NULL result: the address is not http on loopback. */
cJSON *webhooks_add(struct emulator_state *self, const char *url, const cJSON *events,
                    const char *secret);
cJSON *webhooks_all_types(void); /* free it */
bool webhooks_knows(const char *event_type);

/* Queues the event for every endpoint that wants it. */
void webhooks_queue(struct emulator_state *self, const char *id, const char *type,
                    const char *body);
/* The delivery that is due next, of those to endpoints that are not busy; NULL: none is. out_ms:
 * when the next one is, or -1. */
typedef bool webhooks_is_busy(const void *context, const char *endpoint_id);
cJSON *webhooks_due(struct emulator_state *self, webhooks_is_busy *is_busy, const void *context,
                    int64_t *out_ms);
/* How it ended: the status of the answer, or 0 with the reason. Failed ones are tried again later.
 */
void webhooks_settle(struct emulator_state *self, cJSON *delivery, int status, const char *reason);

/* Where a loopback address points: port and path, and whether it is ::1. False: it is none. */
bool webhooks_parse_url(const char *url, int *out_port, const char **out_path, bool *out_is_v6);

#endif
