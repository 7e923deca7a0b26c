/* A filter is the mirror's query without its page. */
#include "latchkey-event-filter.h"

LatchkeyEventFilter *latchkey_event_filter_copy(const LatchkeyEventFilter *filter)
{
    LatchkeyEventFilter *copy = g_new0(LatchkeyEventFilter, 1);

    if (filter == NULL)
        return copy;
    copy->type = g_strdup(filter->type);
    copy->directory_id = g_strdup(filter->directory_id);
    copy->organization_id = g_strdup(filter->organization_id);
    copy->object_id = g_strdup(filter->object_id);
    copy->text = g_strdup(filter->text);
    copy->since_ms = filter->since_ms;
    copy->until_ms = filter->until_ms;
    copy->span_ms = filter->span_ms;
    return copy;
}

void latchkey_event_filter_free(LatchkeyEventFilter *filter)
{
    if (filter == NULL)
        return;
    g_free(filter->type);
    g_free(filter->directory_id);
    g_free(filter->organization_id);
    g_free(filter->object_id);
    g_free(filter->text);
    g_free(filter);
}

gboolean latchkey_event_filter_equal(const LatchkeyEventFilter *a, const LatchkeyEventFilter *b)
{
    return g_strcmp0(a->type, b->type) == 0 && g_strcmp0(a->directory_id, b->directory_id) == 0 &&
           g_strcmp0(a->organization_id, b->organization_id) == 0 &&
           g_strcmp0(a->object_id, b->object_id) == 0 && g_strcmp0(a->text, b->text) == 0 &&
           a->since_ms == b->since_ms && a->until_ms == b->until_ms;
}

gboolean latchkey_event_filter_is_open(const LatchkeyEventFilter *filter)
{
    return filter->type == NULL && filter->directory_id == NULL &&
           filter->organization_id == NULL && filter->object_id == NULL && filter->since_ms == 0 &&
           filter->until_ms == 0;
}

lk_mirror_event_query latchkey_event_filter_query(const LatchkeyEventFilter *filter,
                                                  lk_event_order order, const char *after,
                                                  guint limit)
{
    return (lk_mirror_event_query){ .size = sizeof(lk_mirror_event_query),
                                    .order = order,
                                    .after = after,
                                    .type = filter->type != NULL ? filter->type : "dsync.",
                                    .directory_id = filter->directory_id,
                                    .organization_id = filter->organization_id,
                                    .object_id = filter->object_id,
                                    .text = filter->text,
                                    .since_ms = filter->since_ms,
                                    .until_ms = filter->until_ms,
                                    .limit = (int)limit };
}
