/* See mirror-notes.h. */
#include "mirror-notes.h"

#include "fail.h"
#include "print.h"

#include <inttypes.h>

#define MAX_SHOWN 5 /* types in a sentence */

static void print_types_as_json(const lk_type_count_page *page)
{
    bool first = true;

    fputs(",\"other_types\":{", stdout);
    for (size_t i = 0; i < page->count; i++) {
        print_json_name(stdout, &first, page->items[i].type);
        printf("%" PRId64, page->items[i].n_events);
    }
    putchar('}');
}

lk_status mirror_notes_types(lk_mirror *mirror, bool as_json, lk_error *err)
{
    lk_auto(lk_type_count_page) page = NULL;
    int64_t n_events = 0;

    TRY(lk_mirror_list_other_types(mirror, &page, err));
    if (as_json) {
        print_types_as_json(page);
        return LK_OK;
    }
    for (size_t i = 0; i < page->count; i++)
        n_events += page->items[i].n_events;
    if (n_events == 0)
        return LK_OK;
    printf("%-14s ", "Kept");
    print_count(stdout, n_events, "event", "events");
    fputs(", of types that change nothing here: ", stdout);
    for (size_t i = 0; i < page->count && i < MAX_SHOWN; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        print_text(stdout, page->items[i].type);
    }
    puts(page->count > MAX_SHOWN ? ", …" : "");
    return LK_OK;
}

static void print_gap(const lk_gap *gap, bool as_json, bool is_first)
{
    char since[TIME_SIZE], until[TIME_SIZE];
    bool first = true;

    print_time(since, gap->since_ms);
    print_time(until, gap->until_ms);
    if (!as_json) {
        printf("%-14s events from %s to %s never came: WorkOS no longer had them\n", "Gap", since,
               until);
        return;
    }
    fputs(is_first ? "{" : ",{", stdout);
    print_json_field(stdout, &first, "since", since);
    print_json_field(stdout, &first, "until", until);
    print_json_name(stdout, &first, "noted_at");
    print_json_time(stdout, gap->noted_at_ms);
    putchar('}');
}

lk_status mirror_notes_kept(lk_mirror *mirror, int64_t kept_from_ms, bool as_json, lk_error *err)
{
    lk_auto(lk_gap_page) page = NULL;
    char when[TIME_SIZE];
    int64_t n_bytes = 0;
    bool first = false;

    TRY(lk_mirror_list_gaps(mirror, &page, err));
    TRY(lk_mirror_get_size(mirror, &n_bytes, err));
    if (as_json)
        fputs(",\"gaps\":[", stdout);
    for (size_t i = 0; i < page->count; i++)
        print_gap(&page->items[i], as_json, i == 0);
    if (as_json) {
        putchar(']');
        print_json_name(stdout, &first, "kept_from");
        print_json_time(stdout, kept_from_ms);
        printf(",\"bytes\":%" PRId64, n_bytes);
        return LK_OK;
    }
    print_time(when, kept_from_ms);
    if (kept_from_ms != 0)
        printf("%-14s %s: older events were forgotten\n", "Kept from", when);
    printf("%-14s %.1f MB\n", "On disk", (double)n_bytes / 1e6);
    return LK_OK;
}

static void print_consumer_as_json(const lk_consumer_state *state, bool holds_back, bool is_first)
{
    bool first = true;

    fputs(is_first ? "{" : ",{", stdout);
    print_json_field(stdout, &first, "name", state->name);
    printf(",\"behind\":%" PRId64 ",\"failures\":%" PRId64, state->n_behind, state->n_failures);
    print_json_name(stdout, &first, "behind_since");
    print_json_time(stdout, state->behind_since_ms);
    print_json_name(stdout, &first, "done_at");
    print_json_time(stdout, state->done_at_ms);
    print_json_field(stdout, &first, "failed_event", state->failed_id);
    print_json_field(stdout, &first, "failure", state->failure);
    printf(",\"holds_back\":%s}", holds_back ? "true" : "false");
}

static void print_hold_back(void)
{
    printf("%-14s older events are kept until it has seen them: run it, move it on\n"
           "%-14s (listen --from now), or remove it: latchkey-consumer(3)\n",
           "", "");
}

static void print_consumer(const lk_consumer_state *state)
{
    printf("%-14s ", "Consumer");
    print_text(stdout, state->name);
    fputs(": ", stdout);
    if (state->n_behind == 0)
        fputs("up to date", stdout);
    else
        print_count(stdout, state->n_behind, "event behind", "events behind");
    if (state->n_failures > 0) {
        if (state->n_failures == 1)
            fputs(", failed once at ", stdout);
        else
            printf(", failed %" PRId64 " times at ", state->n_failures);
        print_text(stdout, state->failed_id);
        fputs(": ", stdout);
        print_text(stdout, state->failure);
    }
    putchar('\n');
}

/* Whether it has yet to see what is to be forgotten. */
static lk_status ask_hold_back(lk_mirror *mirror, const lk_consumer_state *state,
                               int64_t kept_from_ms, bool *out, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;

    *out = false;
    if (kept_from_ms == 0 || state->n_behind == 0)
        return LK_OK;
    TRY(lk_mirror_list_events(mirror,
                              LK_MIRROR_EVENT_QUERY(.order = LK_ARRIVAL,
                                                    .after_sequence = state->position,
                                                    .until_ms = kept_from_ms, .limit = 1),
                              &page, err));
    *out = page->count > 0;
    return LK_OK;
}

lk_status mirror_notes_consumers(lk_mirror *mirror, int64_t kept_from_ms, bool as_json,
                                 lk_error *err)
{
    lk_auto(lk_consumer_state_page) page = NULL;
    bool holds_back = false;

    TRY(lk_mirror_list_consumers(mirror, &page, err));
    if (as_json)
        fputs(",\"consumers\":[", stdout);
    for (size_t i = 0; i < page->count; i++) {
        TRY(ask_hold_back(mirror, page->items[i], kept_from_ms, &holds_back, err));
        if (as_json) {
            print_consumer_as_json(page->items[i], holds_back, i == 0);
            continue;
        }
        print_consumer(page->items[i]);
        if (holds_back)
            print_hold_back();
    }
    if (as_json)
        putchar(']');
    return LK_OK;
}
