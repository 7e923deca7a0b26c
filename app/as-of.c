/* See as-of.h. */
#include "as-of.h"

#include "clock.h"
#include "fail.h"
#include "moment.h"
#include "print.h"

lk_status as_of(const app_arguments *given, const char *option, int64_t *out_ms, lk_error *err)
{
    const char *text = arguments_text(given, option);
    int64_t now_ms = clock_wall_ms();
    int64_t at_ms = 0;

    *out_ms = 0;
    if (text == NULL)
        return LK_OK;
    TRY(moment_parse(option, text, now_ms, &at_ms, err));
    if (at_ms > now_ms || at_ms < 1)
        return failed(err, LK_ERR_INVALID, "--%s %.40s is %s", option, text,
                      at_ms < 1 ? "before 1970" : "still to come");
    *out_ms = at_ms;
    return LK_OK;
}

void as_of_warn(int64_t at_ms, int64_t log_from_ms)
{
    char when[TIME_SIZE];

    if (at_ms == 0 || (log_from_ms != 0 && log_from_ms <= at_ms))
        return;
    print_time(when, log_from_ms);
    fprintf(stderr,
            log_from_ms != 0 ? "latchkey: the log of events begins at %s: what was before is not "
                               "known\n"
                             : "latchkey: the log of events is empty%.0s: what was is not known\n",
            when);
}

lk_status as_of_check(lk_mirror *mirror, int64_t at_ms, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_mirror_status now = { .size = sizeof(now) };

    if (at_ms == 0)
        return LK_OK;
    TRY(lk_mirror_get_status(mirror, &now, err));
    if (now.kept_from_ms != 0) /* the list itself refuses what is before that */
        return LK_OK;
    TRY(lk_mirror_list_events(mirror, LK_MIRROR_EVENT_QUERY(.limit = 1), &page, err));
    as_of_warn(at_ms, page->count > 0 ? page->items[0]->created_at_ms : 0);
    return LK_OK;
}
