/* Events are indexed by organization, so all of them cost one look at each event; only the
 * directories of the busiest one are counted one by one. */
#include "latchkey-busiest.h"

#include "latchkey-text.h"

#include <glib/gi18n.h>

enum { MAX_DIRECTORIES = 1000 };

void latchkey_busiest_free(LatchkeyBusiest *busiest)
{
    if (busiest == NULL)
        return;
    g_free(busiest->organization_id);
    g_free(busiest->organization);
    g_free(busiest->directory);
    g_free(busiest);
}

static lk_status count(lk_mirror *mirror, const lk_mirror_event_query *query,
                       const char *organization_id, const char *directory_id, gint64 *n,
                       lk_error *err)
{
    lk_mirror_event_query one = *query;

    one.organization_id = organization_id;
    one.directory_id = directory_id;
    return lk_mirror_count_events(mirror, &one, n, err);
}

static lk_status find_organization(lk_mirror *mirror, const lk_mirror_event_query *query,
                                   const lk_directory_page *page, LatchkeyBusiest *busiest,
                                   lk_error *err)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    lk_status status = LK_OK;

    for (size_t i = 0; i < page->count && status == LK_OK; i++) {
        const char *id = page->items[i]->organization_id;
        gint64 n = 0;
        if (id == NULL || !g_hash_table_add(seen, (gpointer)id))
            continue;
        status = count(mirror, query, id, NULL, &n, err);
        if (n <= busiest->n_of_organization)
            continue;
        g_free(busiest->organization_id);
        busiest->organization_id = g_strdup(id);
        busiest->n_of_organization = n;
    }
    return status;
}

static lk_status find_directory(lk_mirror *mirror, const lk_mirror_event_query *query,
                                const lk_directory_page *page, LatchkeyBusiest *busiest,
                                lk_error *err)
{
    lk_status status = LK_OK;

    for (size_t i = 0; i < page->count && status == LK_OK; i++) {
        const lk_directory *directory = page->items[i];
        gint64 n = 0;
        if (g_strcmp0(directory->organization_id, busiest->organization_id) != 0)
            continue;
        status = count(mirror, query, busiest->organization_id, directory->id, &n, err);
        if (n <= busiest->n_of_directory)
            continue;
        g_free(busiest->directory);
        busiest->directory =
            latchkey_text_clean(directory->name != NULL ? directory->name : directory->id);
        busiest->n_of_directory = n;
    }
    return status;
}

/* What its newest event calls it: directories know their organization by its id alone. */
static lk_status name_organization(lk_mirror *mirror, LatchkeyBusiest *busiest, lk_error *err)
{
    lk_auto(lk_mirror_event_page) page = NULL;
    lk_status status = lk_mirror_list_events(
        mirror,
        LK_MIRROR_EVENT_QUERY(.type = "organization.", .object_id = busiest->organization_id,
                              .order = LK_NEWEST_FIRST, .limit = 1),
        &page, err);

    if (status == LK_OK && page->count > 0 && page->items[0]->subject != NULL)
        busiest->organization = latchkey_text_clean(page->items[0]->subject);
    return status;
}

LatchkeyBusiest *latchkey_busiest_read(lk_mirror *mirror, const lk_mirror_event_query *query,
                                       lk_error *err)
{
    g_autoptr(LatchkeyBusiest) busiest = g_new0(LatchkeyBusiest, 1);
    lk_auto(lk_directory_page) page = NULL;

    if (lk_mirror_list_directories(mirror, LK_MIRROR_QUERY(.limit = MAX_DIRECTORIES), &page, err) !=
            LK_OK ||
        find_organization(mirror, query, page, busiest, err) != LK_OK)
        return NULL;
    if (busiest->organization_id != NULL &&
        (name_organization(mirror, busiest, err) != LK_OK ||
         find_directory(mirror, query, page, busiest, err) != LK_OK))
        return NULL;
    return g_steal_pointer(&busiest);
}

static char *part_words(const char *name, gint64 n)
{
    g_autofree char *shown = latchkey_text_isolate(name);

    return g_strdup_printf(ngettext("%s, %d event", "%s, %d events", (gulong)n), shown, (int)n);
}

char *latchkey_busiest_words(const LatchkeyBusiest *busiest)
{
    if (busiest == NULL || busiest->organization_id == NULL)
        return NULL;
    const char *name =
        busiest->organization != NULL ? busiest->organization : busiest->organization_id;
    g_autofree char *organization = part_words(name, busiest->n_of_organization);
    if (busiest->directory == NULL)
        return g_strdup_printf(_("Busiest: %s"), organization);
    g_autofree char *directory = part_words(busiest->directory, busiest->n_of_directory);
    if (busiest->organization == NULL && busiest->n_of_directory == busiest->n_of_organization)
        return g_strdup_printf(_("Busiest: %s"), directory); /* it has a name, at least */
    return g_strdup_printf(_("Busiest: %s · %s"), organization, directory);
}
