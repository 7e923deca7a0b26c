/* The second connection is opened by the first read that needs it, and used under a lock. */
#include "latchkey-store.h"

#include "latchkey-error.h"

struct _LatchkeyStore {
    GObject parent_instance;
    char *location;
    lk_mirror *mirror;
    GHashTable *names; /* of directories by id; "" for none */
    GMutex mutex;
    lk_mirror *background; /* NULL: not opened yet */
};

G_DEFINE_FINAL_TYPE(LatchkeyStore, latchkey_store, G_TYPE_OBJECT)

typedef struct Job {
    LatchkeyStoreRead *read;
    gpointer data;
    GDestroyNotify data_free;
    GDestroyNotify result_free;
} Job;

static void job_free(gpointer data)
{
    Job *job = data;

    if (job->data_free != NULL)
        job->data_free(job->data);
    g_free(job);
}

static gpointer run(LatchkeyStore *self, const Job *job, lk_error *err)
{
    if (self->background == NULL && lk_mirror_open(self->location, &self->background, err) != LK_OK)
        return NULL;
    return job->read(self->background, job->data, err);
}

static void worker(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)cancellable;
    LatchkeyStore *self = source;
    Job *job = data;
    lk_error err = LK_ERROR_INIT;

    g_mutex_lock(&self->mutex);
    gboolean is_wanted = !g_task_return_error_if_cancelled(task);
    gpointer result = is_wanted ? run(self, job, &err) : NULL;
    g_mutex_unlock(&self->mutex);
    if (result != NULL)
        g_task_return_pointer(task, result, job->result_free);
    else if (is_wanted)
        g_task_return_error(task, latchkey_error_new(&err));
}

void latchkey_store_read_async(LatchkeyStore *self, LatchkeyStoreRead *read, gpointer data,
                               GDestroyNotify data_free, GDestroyNotify result_free,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(self, cancellable, callback, user_data);
    Job *job = g_new0(Job, 1);

    *job = (Job){ .read = read, .data = data, .data_free = data_free, .result_free = result_free };
    g_task_set_task_data(task, job, job_free);
    g_task_run_in_thread(task, worker);
}

gpointer latchkey_store_read_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_pointer(G_TASK(result), error);
}

const char *latchkey_store_get_directory_name(LatchkeyStore *self, const char *id)
{
    if (id == NULL)
        return NULL;
    const char *name = g_hash_table_lookup(self->names, id);
    if (name == NULL) {
        lk_auto(lk_directory_page) page = NULL;
        lk_error err = LK_ERROR_INIT;
        gboolean is_known = lk_mirror_list_directories(
                                self->mirror, LK_MIRROR_QUERY(.id = id, .with_deleted = true),
                                &page, &err) == LK_OK &&
                            page->count == 1 && page->items[0]->name != NULL;
        name = is_known ? page->items[0]->name : "";
        g_hash_table_insert(self->names, g_strdup(id), g_strdup(name));
        name = g_hash_table_lookup(self->names, id);
    }
    return name[0] != '\0' ? name : NULL;
}

void latchkey_store_forget_names(LatchkeyStore *self)
{
    g_hash_table_remove_all(self->names);
}

const char *latchkey_store_get_location(LatchkeyStore *self)
{
    return self->location;
}

lk_mirror *latchkey_store_get_mirror(LatchkeyStore *self)
{
    return self->mirror;
}

static void latchkey_store_finalize(GObject *object)
{
    LatchkeyStore *self = LATCHKEY_STORE(object);

    lk_mirror_free(self->mirror);
    lk_mirror_free(self->background);
    g_hash_table_unref(self->names);
    g_mutex_clear(&self->mutex);
    g_free(self->location);
    G_OBJECT_CLASS(latchkey_store_parent_class)->finalize(object);
}

static void latchkey_store_class_init(LatchkeyStoreClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_store_finalize;
}

static void latchkey_store_init(LatchkeyStore *self)
{
    g_mutex_init(&self->mutex);
    self->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

LatchkeyStore *latchkey_store_new(const char *location, lk_mirror *mirror)
{
    LatchkeyStore *self = g_object_new(LATCHKEY_TYPE_STORE, NULL);

    self->location = g_strdup(location);
    self->mirror = mirror;
    return self;
}
