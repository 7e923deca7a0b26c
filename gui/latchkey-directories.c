/* What the log of events does not know of a time, see latchkey/history.h, is told in words. */
#include "latchkey-directories.h"

#include "latchkey-text.h"

#include <glib/gi18n.h>

enum { MAX_DIRECTORIES = 1000 };

/* ---- What is known ---- */

gboolean latchkey_knowledge_reaches(const LatchkeyKnowledge *known, gint64 at_ms)
{
    return at_ms == 0 || (known->log_from_ms != 0 && known->log_from_ms <= at_ms);
}

char *latchkey_knowledge_words(const LatchkeyKnowledge *known, gint64 at_ms)
{
    g_autofree char *time = latchkey_text_moment(at_ms);
    g_autofree char *begin = latchkey_text_moment(known->log_from_ms);
    g_autofree char *since = latchkey_text_moment(known->gap_since_ms);
    g_autofree char *until = latchkey_text_moment(known->gap_until_ms);

    if (known->log_from_ms == 0)
        return g_strdup_printf(_("As of %s. No events are kept here: what was is not known."),
                               time);
    if (!latchkey_knowledge_reaches(known, at_ms))
        return g_strdup_printf(
            _("As of %s. Events are kept here since %s: what was before is not known."), time,
            begin);
    if (at_ms < known->gap_until_ms)
        return g_strdup_printf(
            _("As of %s. From %s to %s no events could be had: some of this may be wrong."), time,
            since, until);
    return g_strdup_printf(_("As of %s"), time);
}

static lk_status read_gap(lk_mirror *mirror, LatchkeyKnowledge *out, lk_error *err)
{
    lk_auto(lk_gap_page) gaps = NULL;
    lk_status result = lk_mirror_list_gaps(mirror, &gaps, err);

    if (result == LK_OK && gaps->count > 0) {
        out->gap_since_ms = gaps->items[gaps->count - 1].since_ms;
        out->gap_until_ms = gaps->items[gaps->count - 1].until_ms;
    }
    return result;
}

static lk_status read_knowledge(lk_mirror *mirror, LatchkeyKnowledge *out, lk_error *err)
{
    lk_auto(lk_mirror_event_page) oldest = NULL;
    lk_mirror_status status = { .size = sizeof(status) };
    lk_status result = lk_mirror_get_status(mirror, &status, err);

    if (result == LK_OK)
        result = lk_mirror_list_events(mirror, LK_MIRROR_EVENT_QUERY(.limit = 1), &oldest, err);
    if (result != LK_OK)
        return result;
    out->log_from_ms = oldest->count > 0 ? oldest->items[0]->created_at_ms : 0;
    if (status.kept_from_ms != 0)
        out->log_from_ms = status.kept_from_ms;
    return read_gap(mirror, out, err);
}

/* ---- The directories ---- */

typedef struct Request {
    gint64 at_ms;
    gboolean with_deleted;
} Request;

void latchkey_directories_free(LatchkeyDirectories *self)
{
    lk_directory_page_free(self->page);
    g_free(self);
}

static void free_directories(gpointer data)
{
    latchkey_directories_free(data);
}

static gpointer read_directories(lk_mirror *mirror, gpointer data, lk_error *err)
{
    const Request *request = data;
    LatchkeyDirectories *found = g_new0(LatchkeyDirectories, 1);
    lk_status status = lk_mirror_list_directories(
        mirror,
        LK_MIRROR_QUERY(.at_ms = request->at_ms, .with_deleted = request->with_deleted,
                        .limit = MAX_DIRECTORIES),
        &found->page, err);
    gboolean is_unknown = status == LK_ERR_NOT_FOUND && request->at_ms != 0;

    if ((status == LK_OK || is_unknown) && read_knowledge(mirror, &found->known, err) == LK_OK)
        return found;
    latchkey_directories_free(found);
    return NULL;
}

void latchkey_directories_read_async(LatchkeyStore *store, gint64 at_ms, gboolean with_deleted,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer data)
{
    Request *request = g_new0(Request, 1);

    *request = (Request){ .at_ms = at_ms, .with_deleted = with_deleted };
    latchkey_store_read_async(store, read_directories, request, g_free, free_directories,
                              cancellable, callback, data);
}

char *latchkey_directory_words(const lk_directory *directory, gint64 now_ms)
{
    g_autofree char *name =
        latchkey_text_clean(directory->name != NULL ? directory->name : directory->id);
    g_autofree char *time = latchkey_text_time(directory->deleted_at_ms, now_ms);
    g_autofree char *deleted = g_strdup_printf(_("Deleted %s"), time);

    return directory->deleted_at_ms != 0 ? g_strdup_printf("%s · %s", name, deleted)
                                         : g_steal_pointer(&name);
}
