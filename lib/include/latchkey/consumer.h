/* Consumers: who is handed the mirror's events, each at least once, in the order in which the
 * mirror learned of them, under a name that remembers how far it is.
 *
 * The place is in the mirror's store. Several processes may run a consumer of one name: one of them
 * is handed events at a time, and another takes over when it ends. */
#ifndef LATCHKEY_CONSUMER_H
#define LATCHKEY_CONSUMER_H

#include <latchkey/mirror.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lk_consumer lk_consumer;

typedef struct lk_consumer_item {
    const lk_mirror_event *event;
    /* This consumer was done with it before, and was moved back since: rebuild what is yours, but
     * send no second welcome mail. */
    bool is_replay;
} lk_consumer_item;

typedef struct lk_consumer_batch {
    const lk_consumer_item *items;
    size_t count; /* at least 1 */
    int attempt;  /* 1, or more when a batch that began with this event has failed before */
    /* Whose turn it is: grows with each process that takes over. Kept with work of its own, it
     * tells one that comes late: see resume. */
    int64_t fence;
} lk_consumer_batch;

/* Called on the thread that steps. LK_OK: all of the batch is done. A failure ends the step, is
 * told to its caller, and the batch comes again after a while, one event at a time, so that the one
 * that fails is known; set *n_done (0 before) to how many of the first ones are done all the same.
 * To pass over an event on purpose, return LK_OK for it: attempt says how often it was tried. May
 * use the consumer's mirror. */
typedef lk_status lk_consumer_handler(void *ctx, const lk_consumer_batch *batch, size_t *n_done,
                                      lk_error *err);

typedef enum lk_consumer_start {
    LK_FROM_BEGINNING = 0, /* of the mirror */
    LK_FROM_END,           /* only what the mirror learns from now on */
    LK_FROM_EVENT,         /* from this one on */
    LK_FROM_TIME           /* from the first to be learned that was created then or later */
} lk_consumer_start;

typedef struct lk_consumer_place {
    lk_consumer_start from;
    const char *event_id; /* of LK_FROM_EVENT */
    int64_t time_ms;      /* of LK_FROM_TIME: Unix milliseconds */
} lk_consumer_place;

typedef struct lk_consumer_options {
    size_t size;       /* set by LK_CONSUMER_OPTIONS */
    lk_mirror *mirror; /* required; must outlive the object; its alone while a call runs */
    const char *name;  /* required: 1-200 bytes without control characters */
    lk_consumer_handler *handle; /* required */
    void *ctx;                   /* for handle and resume */
    lk_consumer_place start; /* for a name that is new; one that is known goes on where it was */
    /* Only these; types as in lk_mirror_event_query: exact, or families such as "dsync.user.*".
     * May change from run to run: what was passed over stays behind. */
    const char *const *types;
    size_t n_types;
    const char *organization_id;
    const char *directory_id;
    int batch; /* events in one, at most: 1-1000; 0: 100 */
    /* For how long another process leaves the turn to this one; longer than a batch takes, or see
     * lk_consumer_hold(). 100-300000; 0: 10000. Clocks must agree to within seconds. */
    int lease_ms;
    /* For an application that records what it has done in its own database, in one transaction with
     * its own work, so that each event counts exactly once: says where that record is. Called when
     * this process takes its turn, under this fence. *sequence: what the store remembers; set it to
     * the sequence of the last event that is done. NULL: the store's word counts. */
    lk_status (*resume)(void *ctx, int64_t fence, int64_t *sequence, lk_error *err);
    lk_clock clock; /* zeroed: the system's */
} lk_consumer_options;

#define LK_CONSUMER_OPTIONS(...) \
    (&(const lk_consumer_options){ .size = sizeof(lk_consumer_options), __VA_ARGS__ })

/* Subscribes: from here on the name is remembered, whether or not it runs. Copies the options.
 * Blocks on the disk. LK_ERR_NOT_FOUND: start names an event that the mirror does not know. */
LK_API LK_MUST_CHECK lk_status lk_consumer_new(const lk_consumer_options *options,
                                               lk_consumer **out, lk_error *err);
/* Leaves the turn to others. The name stays: see lk_mirror_remove_consumer(). */
LK_API void lk_consumer_free(lk_consumer *consumer);
LK_API void lk_consumer_freep(lk_consumer **consumer);

typedef struct lk_consumer_result {
    size_t n_handled; /* events that are done, and remembered as done */
    bool caught_up;   /* nothing more now */
    bool standing_by; /* it is another process' turn; caught_up is set, too */
    bool moved;       /* it was moved, or taken over, meanwhile: what was handled comes again */
} lk_consumer_result;

/* Hands over one batch at most. Blocks on the disk and in the handler. LK_ERR_STORE, or what the
 * handler returned: call again after lk_consumer_wait_ms(). LK_ERR_NOT_FOUND: somebody has removed
 * the name. result may be NULL. */
LK_API LK_MUST_CHECK lk_status lk_consumer_step(lk_consumer *consumer, lk_consumer_result *result,
                                                lk_error *err);
/* Until the next step is worth taking: 0 while there is more, longer after failures (1 s, doubled
 * each time, up to a minute). Once caught up, lk_mirror_wait() may tell earlier. Never blocks. */
LK_API int64_t lk_consumer_wait_ms(const lk_consumer *consumer);
/* Steps and waits on the caller's thread until lk_consumer_stop(); returns LK_OK then. Failures are
 * handed to on_error (may be NULL) and tried again. */
LK_API LK_MUST_CHECK lk_status lk_consumer_run(lk_consumer *consumer,
                                               void (*on_error)(void *ctx, const lk_error *err),
                                               void *ctx, lk_error *err);
/* The only call allowed from another thread: ends _run() once the handler has returned. */
LK_API void lk_consumer_stop(lk_consumer *consumer);
/* Out of a handler that takes long: keeps the turn for another lease_ms. *held: false when another
 * process has taken over; leave off then, for it is handed the same events. */
LK_API LK_MUST_CHECK lk_status lk_consumer_hold(lk_consumer *consumer, bool *held, lk_error *err);

/* ---- All consumers of a mirror, by name ---- */

typedef struct lk_consumer_state {
    const char *name;
    int64_t position;        /* sequence: all up to here is done */
    int64_t reached;         /* the highest that ever was done: up to here events are replays */
    int64_t n_behind;        /* events of the mirror behind position, wanted by it or not */
    int64_t behind_since_ms; /* when the mirror learned of the first of them; 0: none */
    int64_t subscribed_at_ms;
    int64_t done_at_ms;    /* the last time that it was done with some; 0: never */
    int64_t n_failures;    /* in a row; 0: all is well, and the next three say nothing */
    int64_t failed_at_ms;  /* the last of them */
    const char *failed_id; /* the event that it cannot handle */
    const char *failure;   /* what the handler said */
} lk_consumer_state;

typedef struct lk_consumer_state_page {
    const lk_consumer_state *const *items; /* sorted by name */
    size_t count;
} lk_consumer_state_page;

LK_API LK_MUST_CHECK lk_status lk_mirror_list_consumers(lk_mirror *mirror,
                                                        lk_consumer_state_page **out,
                                                        lk_error *err);
LK_API void lk_consumer_state_page_free(lk_consumer_state_page *page);
LK_API void lk_consumer_state_page_freep(lk_consumer_state_page **page);

/* While it runs or not, in whatever process; LK_ERR_NOT_FOUND: no such name or event. Block on the
 * disk.
 *
 * Goes on from there. Forward, it never sees what lies between; back, it sees all of it again, as
 * replays. */
LK_API LK_MUST_CHECK lk_status lk_mirror_move_consumer(lk_mirror *mirror, const char *name,
                                                       const lk_consumer_place *to, lk_error *err);
/* Goes on behind the event that it cannot handle. LK_ERR_INVALID: that is not the one it fails at;
 * nothing was changed. */
LK_API LK_MUST_CHECK lk_status lk_mirror_skip_event(lk_mirror *mirror, const char *name,
                                                    const char *event_id, lk_error *err);
LK_API LK_MUST_CHECK lk_status lk_mirror_remove_consumer(lk_mirror *mirror, const char *name,
                                                         lk_error *err);

#ifdef __cplusplus
}
#endif
#endif
