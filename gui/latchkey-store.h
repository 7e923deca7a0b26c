/* The local mirror as the window reads it: one connection on the main thread for what takes no
 * time, and one for threads that read what may take longer. */
#pragma once

#include <gio/gio.h>
#include <latchkey/mirror.h>

G_BEGIN_DECLS

#define LATCHKEY_TYPE_STORE (latchkey_store_get_type())
G_DECLARE_FINAL_TYPE(LatchkeyStore, latchkey_store, LATCHKEY, STORE, GObject)

/* location: "sqlite:PATH". Takes over the mirror, opened there. */
LatchkeyStore *latchkey_store_new(const char *location, lk_mirror *mirror);

const char *latchkey_store_get_location(LatchkeyStore *self);

/* For the main thread, and there for reads by key only. */
lk_mirror *latchkey_store_get_mirror(LatchkeyStore *self);

/* Of one that was deleted, too. NULL: it has none, or is not known. Remembered until
 * latchkey_store_forget_names(). */
const char *latchkey_store_get_directory_name(LatchkeyStore *self, const char *id);
void latchkey_store_forget_names(LatchkeyStore *self);

/* Runs on another thread; NULL with err filled in: it failed. */
typedef gpointer LatchkeyStoreRead(lk_mirror *mirror, gpointer data, lk_error *err);

/* Reads one after the other, each on a thread. What is cancelled before its turn is not read at
 * all. data and a result that nobody takes are freed by their functions. */
void latchkey_store_read_async(LatchkeyStore *self, LatchkeyStoreRead *read, gpointer data,
                               GDestroyNotify data_free, GDestroyNotify result_free,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
gpointer latchkey_store_read_finish(GAsyncResult *result, GError **error);

G_END_DECLS
