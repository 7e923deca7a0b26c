/* One call on a worker, with a client of its own. */
#include "latchkey-memberships.h"

#include "latchkey-error.h"

#include <glib/gi18n.h>

typedef struct Question {
    LatchkeyConfig *config;
    char *credential; /* secret */
    char *user_id;
} Question;

static void question_free(gpointer data)
{
    Question *question = data;

    latchkey_config_unref(question->config);
    latchkey_secret_free(question->credential);
    g_free(question->user_id);
    g_free(question);
}

static void page_free(gpointer page)
{
    lk_membership_page_free(page);
}

static void worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source, (void)cancellable;
    const Question *question = data;
    lk_membership_page *page = NULL;
    GError *error = NULL;
    lk_error err = LK_ERROR_INIT;
    lk_auto(lk_client) client =
        latchkey_config_new_feed_client(question->config, question->credential, &error);

    if (client == NULL)
        g_task_return_error(task, error);
    else if (lk_authkit_list_memberships(client, question->user_id, &page, &err) == LK_OK)
        g_task_return_pointer(task, page, page_free);
    else
        g_task_return_error(task,
                            latchkey_error_new_of_feed(&err, question->config->server != NULL));
}

void latchkey_memberships_list_async(LatchkeyConfig *config, const char *credential,
                                     const char *user_id, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, data);
    Question *question = g_new0(Question, 1);

    question->config = latchkey_config_ref(config);
    question->credential = g_strdup(credential);
    question->user_id = g_strdup(user_id);
    g_task_set_task_data(task, question, question_free);
    if (credential == NULL) {
        g_task_return_new_error(task, LATCHKEY_ERROR, LATCHKEY_ERROR_CONFIG, "%s",
                                _("Only an API key or a Latchkey server can tell them."));
        return;
    }
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, worker);
}

lk_membership_page *latchkey_memberships_list_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}
