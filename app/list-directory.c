/* Pages of the directories, and of what is in them; see list-directory.h. */
#include "list-directory.h"

#include "fail.h"
#include "records.h"

lk_status list_print_directories(FILE *out, lk_mirror *mirror, const app_request *request,
                                 const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_directory_page) page = NULL;

    TRY(lk_mirror_list_directories(
        mirror,
        LK_MIRROR_QUERY(.organization_id = list_organization(request, query),
                        .after = list_text(query->after), .limit = list_limit(query)),
        &page, err));
    for (size_t i = 0; i < page->count; i++) {
        list_next(out, i, page->items[i]->id, last);
        record_print_directory(out, page->items[i]);
    }
    list_end(query, page->count, last);
    return LK_OK;
}

static lk_status print_users(FILE *out, lk_mirror *mirror, const app_request *request,
                             const list_query *query, char last[ID_SIZE],
                             void (*print)(FILE *out, const lk_directory_user *user), lk_error *err)
{
    lk_auto(lk_directory_user_page) page = NULL;

    TRY(list_check_directory(request, mirror, err));
    TRY(lk_mirror_list_users(mirror,
                             LK_MIRROR_QUERY(.organization_id = list_organization(request, query),
                                             .directory_id = request->id,
                                             .after = list_text(query->after),
                                             .limit = list_limit(query)),
                             &page, err));
    for (size_t i = 0; i < page->count; i++) {
        list_next(out, i, page->items[i]->id, last);
        print(out, page->items[i]);
    }
    list_end(query, page->count, last);
    return LK_OK;
}

lk_status list_print_users(FILE *out, lk_mirror *mirror, const app_request *request,
                           const list_query *query, char last[ID_SIZE], lk_error *err)
{
    return print_users(out, mirror, request, query, last, record_print_user, err);
}

lk_status list_print_replica_users(FILE *out, lk_mirror *mirror, const app_request *request,
                                   const list_query *query, char last[ID_SIZE], lk_error *err)
{
    return print_users(out, mirror, request, query, last, record_print_replica_user, err);
}

lk_status list_print_groups(FILE *out, lk_mirror *mirror, const app_request *request,
                            const list_query *query, char last[ID_SIZE], lk_error *err)
{
    lk_auto(lk_directory_group_page) page = NULL;

    TRY(list_check_directory(request, mirror, err));
    TRY(lk_mirror_list_groups(mirror,
                              LK_MIRROR_QUERY(.organization_id = list_organization(request, query),
                                              .directory_id = request->id,
                                              .after = list_text(query->after),
                                              .limit = list_limit(query)),
                              &page, err));
    for (size_t i = 0; i < page->count; i++) {
        list_next(out, i, page->items[i]->id, last);
        record_print_group(out, page->items[i]);
    }
    list_end(query, page->count, last);
    return LK_OK;
}
