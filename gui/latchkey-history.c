/* Both questions are answered by an index, however long the log is. */
#include "latchkey-history.h"

#include "latchkey-changes.h"
#include "latchkey-text.h"

#include <glib/gi18n.h>

enum { MAX_CHANGES = 3 };

static void step_free(gpointer data)
{
    LatchkeyHistoryStep *step = data;

    g_object_unref(step->event);
    g_ptr_array_unref(step->changes);
    g_free(step);
}

static gboolean read_events(lk_mirror *mirror, const char *id, const char *type, gint64 at_ms,
                            GPtrArray *steps, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;

    if (lk_mirror_list_events(mirror,
                              LK_MIRROR_EVENT_QUERY(.order = LK_NEWEST_FIRST, .type = type,
                                                    .object_id = id,
                                                    .until_ms = at_ms != 0 ? at_ms + 1 : 0,
                                                    .limit = LATCHKEY_MAX_HISTORY),
                              &page, err) != LK_OK)
        return FALSE;
    for (size_t i = 0; i < page->count; i++) {
        LatchkeyHistoryStep *step = g_new0(LatchkeyHistoryStep, 1);
        step->event = latchkey_event_new(page->items[i], NULL);
        step->changes = latchkey_changes_read(page->items[i]->json, page->items[i]->json_len);
        g_ptr_array_add(steps, step);
    }
    return TRUE;
}

/* The mirror's rule: created_at, then id. */
static int compare_steps(gconstpointer a, gconstpointer b)
{
    LatchkeyEvent *left = (*(LatchkeyHistoryStep *const *)a)->event;
    LatchkeyEvent *right = (*(LatchkeyHistoryStep *const *)b)->event;
    gint64 left_ms = latchkey_event_get_created_at_ms(left);
    gint64 right_ms = latchkey_event_get_created_at_ms(right);

    if (left_ms != right_ms)
        return left_ms < right_ms ? 1 : -1;
    return g_strcmp0(latchkey_event_get_id(right), latchkey_event_get_id(left));
}

GPtrArray *latchkey_history_read(lk_mirror *mirror, const char *id, const char *directory_id,
                                 gint64 at_ms, lk_error *err)
{
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(step_free);

    if (!read_events(mirror, id, "dsync.", at_ms, steps, err) ||
        (directory_id != NULL &&
         !read_events(mirror, directory_id, "dsync.deleted", at_ms, steps, err)))
        return NULL;
    g_ptr_array_sort(steps, compare_steps);
    if (steps->len > LATCHKEY_MAX_HISTORY)
        g_ptr_array_set_size(steps, LATCHKEY_MAX_HISTORY);
    return g_steal_pointer(&steps);
}

/* ---- In words ---- */

char *latchkey_history_step_words(const LatchkeyHistoryStep *step, gint64 now_ms)
{
    g_autofree char *time =
        latchkey_text_time(latchkey_event_get_created_at_ms(step->event), now_ms);
    g_autoptr(GString) words = g_string_new(time);
    guint n_left = step->changes->len > MAX_CHANGES ? step->changes->len - MAX_CHANGES : 0;

    for (guint i = 0; i < step->changes->len - n_left; i++) {
        g_autofree char *sentence = latchkey_change_words(g_ptr_array_index(step->changes, i));
        g_string_append_printf(words, "\n%s", sentence);
    }
    if (n_left > 0)
        g_string_append_printf(words, ngettext("\nand %u more", "\nand %u more", n_left), n_left);
    return g_string_free(g_steal_pointer(&words), FALSE);
}
