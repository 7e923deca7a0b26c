/* Lists in the server's JSON: what they may be asked for, what the asking person may see of them,
 * and the frame around a page. */
#ifndef APP_LIST_H
#define APP_LIST_H

#include "answer.h"

/* "": not asked for. */
typedef struct list_query {
    char after[ID_SIZE], before[ID_SIZE], organization[ID_SIZE], type[64], text[128];
    int limit; /* 0: not asked for */
} list_query;

enum { LIST_PAGE = 100 }; /* as long as a page is when nobody asks for another length */

/* Fetches one page and prints its items with commas between; the last one's id goes into last, ""
 * where nothing follows. */
typedef lk_status list_print(FILE *out, lk_mirror *mirror, const app_request *request,
                             const list_query *query, char last[ID_SIZE], lk_error *err);

/* Reads the query, holds it against what this person may see, and answers with a page. */
int list_answer(const app_request *request, list_print *print);

/* For printers: what comes between two items, and the place reached. */
void list_next(FILE *out, size_t i, const char *id, char last[ID_SIZE]);
/* WorkOS: "after" is null on the last page, which is the one that is not full. */
void list_end(const list_query *query, size_t count, char last[ID_SIZE]);
int list_limit(const list_query *query);
/* NULL for "". */
const char *list_text(const char *text);
/* The organization to ask the mirror for; NULL: all. */
const char *list_organization(const app_request *request, const list_query *query);
/* Whether this person may look into the directory request->id. One that they may not see is not
 * there: its very existence is none of their business. LK_ERR_NOT_FOUND. */
LK_MUST_CHECK lk_status list_check_directory(const app_request *request, lk_mirror *mirror,
                                             lk_error *err);

#endif
