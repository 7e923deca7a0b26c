/* Differences between two states of a record. */
#include "difference.h"

#include <stdbool.h>

#include "json.h"
#include "text.h"

static bool is_told(const cJSON *member, bool is_root)
{
    return !is_root || (member->string[0] != '_' && !text_equal(member->string, "updated_at"));
}

static cJSON *compare(const cJSON *before, const cJSON *after, bool is_root)
{
    cJSON *previous = json_object();
    for (const cJSON *now = after->child; now; now = now->next) {
        const cJSON *then = cJSON_GetObjectItemCaseSensitive(before, now->string);
        if ((then && cJSON_Compare(then, now, 1)) || !is_told(now, is_root))
            continue;
        if (is_root && text_equal(now->string, "custom_attributes") && then)
            json_set(previous, now->string, compare(then, now, false));
        else
            json_set_copy(previous, now->string, then);
    }
    for (const cJSON *then = before->child; then; then = then->next) {
        if (is_told(then, is_root) && !cJSON_GetObjectItemCaseSensitive(after, then->string))
            json_set_copy(previous, then->string, then);
    }
    return previous;
}

cJSON *difference_before(const cJSON *before, const cJSON *after)
{
    return compare(before, after, true);
}
