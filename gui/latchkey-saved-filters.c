/* One dictionary of texts for each filter: "environment", "name", and the fields below. One that
 * has another field was written by another version, and is left to it. */
#include "latchkey-saved-filters.h"

#include <string.h>

enum { MAX_NAME = 200 };

struct _LatchkeySavedFilters {
    GObject parent_instance;
    GSettings *settings; /* NULL: nothing is kept */
    char *environment;
    GPtrArray *list; /* of Saved, sorted */
    guint n_unreadable;
};

G_DEFINE_FINAL_TYPE(LatchkeySavedFilters, latchkey_saved_filters, G_TYPE_OBJECT)

typedef struct Saved {
    char *name;
    LatchkeyEventFilter *filter;
} Saved;

static void saved_free(gpointer data)
{
    Saved *saved = data;

    g_free(saved->name);
    latchkey_event_filter_free(saved->filter);
    g_free(saved);
}

/* ---- A filter as texts ---- */

static const struct {
    const char *key;
    size_t offset;
} texts[] = {
    { "type", offsetof(LatchkeyEventFilter, type) },
    { "directory", offsetof(LatchkeyEventFilter, directory_id) },
    { "organization", offsetof(LatchkeyEventFilter, organization_id) },
    { "text", offsetof(LatchkeyEventFilter, text) },
};

static const struct {
    const char *key;
    size_t offset;
} numbers[] = {
    { "span", offsetof(LatchkeyEventFilter, span_ms) },
    { "since", offsetof(LatchkeyEventFilter, since_ms) },
    { "until", offsetof(LatchkeyEventFilter, until_ms) },
};

static char **text_of(LatchkeyEventFilter *filter, size_t i)
{
    return (char **)(void *)((char *)filter + texts[i].offset);
}

static gint64 *number_of(LatchkeyEventFilter *filter, size_t i)
{
    return (gint64 *)(void *)((char *)filter + numbers[i].offset);
}

/* since_ms is of the moment where there is a span. */
static void add_fields(GVariantBuilder *builder, const LatchkeyEventFilter *filter)
{
    g_autoptr(LatchkeyEventFilter) copy = latchkey_event_filter_copy(filter);

    if (copy->span_ms != 0)
        copy->since_ms = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (*text_of(copy, i) != NULL)
            g_variant_builder_add(builder, "{ss}", texts[i].key, *text_of(copy, i));
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, *number_of(copy, i));
        if (*number_of(copy, i) != 0)
            g_variant_builder_add(builder, "{ss}", numbers[i].key, number);
    }
}

/* FALSE: no such field, or not what it should be. */
static gboolean read_field(LatchkeyEventFilter *filter, const char *key, const char *value)
{
    gint64 number = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        if (g_str_equal(key, texts[i].key)) {
            g_free(*text_of(filter, i));
            *text_of(filter, i) = g_strdup(value);
            return value[0] != '\0';
        }
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (g_str_equal(key, numbers[i].key)) {
            gboolean is_number = g_ascii_string_to_signed(value, 10, 1, G_MAXINT64, &number, NULL);
            *number_of(filter, i) = number;
            return is_number;
        }
    return FALSE;
}

/* NULL: it cannot be read. */
static LatchkeyEventFilter *read_filter(GVariant *dictionary)
{
    g_autoptr(LatchkeyEventFilter) filter = latchkey_event_filter_copy(NULL);
    GVariantIter iter;
    const char *key = NULL;
    const char *value = NULL;

    g_variant_iter_init(&iter, dictionary);
    while (g_variant_iter_next(&iter, "{&s&s}", &key, &value))
        if (!g_str_equal(key, "environment") && !g_str_equal(key, "name") &&
            !read_field(filter, key, value))
            return NULL;
    gboolean has_range = filter->since_ms != 0 && filter->until_ms > filter->since_ms;
    if ((filter->span_ms != 0 || !has_range) && (filter->since_ms != 0 || filter->until_ms != 0))
        return NULL;
    return g_steal_pointer(&filter);
}

/* ---- The settings ---- */

static GVariant *kept(LatchkeySavedFilters *self)
{
    if (self->settings != NULL)
        return g_settings_get_value(self->settings, "saved-filters");
    return g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE("a{ss}"), NULL, 0));
}

static const char *field(GVariant *dictionary, const char *key)
{
    const char *value = NULL;

    return g_variant_lookup(dictionary, key, "&s", &value) ? value : "";
}

static gboolean is_here(LatchkeySavedFilters *self, GVariant *entry, const char *name)
{
    return g_str_equal(field(entry, "environment"), self->environment) &&
           (name == NULL || g_str_equal(field(entry, "name"), name));
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const Saved *first = *(const Saved *const *)a;
    const Saved *second = *(const Saved *const *)b;

    return g_utf8_collate(first->name, second->name);
}

static void read_entry(LatchkeySavedFilters *self, GVariant *entry)
{
    const char *name = field(entry, "name");
    g_autoptr(LatchkeyEventFilter) filter = read_filter(entry);

    if (filter == NULL || name[0] == '\0' || g_utf8_strlen(name, -1) > MAX_NAME ||
        latchkey_saved_filters_find(self, name) != NULL) {
        self->n_unreadable++;
        return;
    }
    Saved *saved = g_new0(Saved, 1);
    *saved = (Saved){ .name = g_strdup(name), .filter = g_steal_pointer(&filter) };
    g_ptr_array_add(self->list, saved);
}

static void read_all(LatchkeySavedFilters *self)
{
    g_autoptr(GVariant) all = kept(self);

    g_ptr_array_set_size(self->list, 0);
    self->n_unreadable = 0;
    for (gsize i = 0; i < g_variant_n_children(all); i++) {
        g_autoptr(GVariant) entry = g_variant_get_child_value(all, i);
        if (is_here(self, entry, NULL))
            read_entry(self, entry);
    }
    g_ptr_array_sort(self->list, by_name);
    g_signal_emit_by_name(self, "changed");
}

/* All but the one of this name, and an entry more. Either may be NULL. Returns what was left out.
 */
static GVariant *exchange(LatchkeySavedFilters *self, const char *name, GVariant *entry)
{
    GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{ss}"));
    g_autoptr(GVariant) all = kept(self);
    GVariant *left_out = NULL;

    for (gsize i = 0; i < g_variant_n_children(all); i++) {
        g_autoptr(GVariant) one = g_variant_get_child_value(all, i);
        if (name == NULL || left_out != NULL || !is_here(self, one, name))
            g_variant_builder_add_value(&builder, one);
        else
            left_out = g_variant_ref(one);
    }
    if (entry != NULL)
        g_variant_builder_add_value(&builder, entry);
    g_autoptr(GVariant) changed = g_variant_ref_sink(g_variant_builder_end(&builder));
    if (self->settings != NULL)
        g_settings_set_value(self->settings, "saved-filters", changed);
    return left_out;
}

/* ---- The list ---- */

guint latchkey_saved_filters_get_n(LatchkeySavedFilters *self)
{
    return self->list->len;
}

const char *latchkey_saved_filters_get_name(LatchkeySavedFilters *self, guint i)
{
    return ((const Saved *)g_ptr_array_index(self->list, i))->name;
}

const LatchkeyEventFilter *latchkey_saved_filters_find(LatchkeySavedFilters *self, const char *name)
{
    for (guint i = 0; i < self->list->len; i++) {
        const Saved *saved = g_ptr_array_index(self->list, i);
        if (g_str_equal(saved->name, name))
            return saved->filter;
    }
    return NULL;
}

guint latchkey_saved_filters_get_n_unreadable(LatchkeySavedFilters *self)
{
    return self->n_unreadable;
}

static GVariant *entry_new(LatchkeySavedFilters *self, const char *name,
                           const LatchkeyEventFilter *filter)
{
    GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));

    g_variant_builder_add(&builder, "{ss}", "environment", self->environment);
    g_variant_builder_add(&builder, "{ss}", "name", name);
    add_fields(&builder, filter);
    return g_variant_builder_end(&builder);
}

GVariant *latchkey_saved_filters_put(LatchkeySavedFilters *self, const char *name,
                                     const LatchkeyEventFilter *filter)
{
    return exchange(self, name, entry_new(self, name, filter));
}

gboolean latchkey_saved_filters_rename(LatchkeySavedFilters *self, const char *name,
                                       const char *new_name)
{
    const LatchkeyEventFilter *filter = latchkey_saved_filters_find(self, name);

    if (filter == NULL || latchkey_saved_filters_find(self, new_name) != NULL)
        return FALSE;
    GVariant *old = exchange(self, name, entry_new(self, new_name, filter));
    g_clear_pointer(&old, g_variant_unref);
    return TRUE;
}

GVariant *latchkey_saved_filters_remove(LatchkeySavedFilters *self, const char *name)
{
    return exchange(self, name, NULL);
}

void latchkey_saved_filters_give_back(LatchkeySavedFilters *self, GVariant *entry)
{
    GVariant *old = exchange(self, field(entry, "name"), entry);

    g_clear_pointer(&old, g_variant_unref);
}

/* ---- The last one ---- */

void latchkey_saved_filters_keep_last(LatchkeySavedFilters *self, const LatchkeyEventFilter *filter)
{
    GVariantBuilder builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{ss}}"));
    GVariantBuilder fields = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{ss}"));
    GVariantIter iter;
    const char *environment = NULL;
    GVariant *other = NULL;

    if (self->settings == NULL)
        return;
    g_autoptr(GVariant) all = g_settings_get_value(self->settings, "last-filters");
    g_variant_iter_init(&iter, all);
    while (g_variant_iter_loop(&iter, "{&s@a{ss}}", &environment, &other))
        if (!g_str_equal(environment, self->environment))
            g_variant_builder_add(&builder, "{s@a{ss}}", environment, other);
    add_fields(&fields, filter);
    g_variant_builder_add(&builder, "{s@a{ss}}", self->environment, g_variant_builder_end(&fields));
    g_autoptr(GVariant) changed = g_variant_ref_sink(g_variant_builder_end(&builder));
    if (!g_variant_equal(all, changed))
        g_settings_set_value(self->settings, "last-filters", changed);
}

LatchkeyEventFilter *latchkey_saved_filters_dup_last(LatchkeySavedFilters *self,
                                                     gboolean *is_unreadable)
{
    g_autoptr(GVariant) fields = NULL;

    *is_unreadable = FALSE;
    if (self->settings == NULL || !g_settings_get_boolean(self->settings, "restore-last-filter"))
        return NULL;
    g_autoptr(GVariant) all = g_settings_get_value(self->settings, "last-filters");
    fields = g_variant_lookup_value(all, self->environment, G_VARIANT_TYPE("a{ss}"));
    LatchkeyEventFilter *filter = fields != NULL ? read_filter(fields) : NULL;
    *is_unreadable = fields != NULL && filter == NULL;
    return filter;
}

/* ---- The object ---- */

static void latchkey_saved_filters_finalize(GObject *object)
{
    LatchkeySavedFilters *self = LATCHKEY_SAVED_FILTERS(object);

    g_clear_object(&self->settings);
    g_ptr_array_unref(self->list);
    g_free(self->environment);
    G_OBJECT_CLASS(latchkey_saved_filters_parent_class)->finalize(object);
}

static void latchkey_saved_filters_class_init(LatchkeySavedFiltersClass *class)
{
    G_OBJECT_CLASS(class)->finalize = latchkey_saved_filters_finalize;
    g_signal_new("changed", G_TYPE_FROM_CLASS(class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                 G_TYPE_NONE, 0);
}

static void latchkey_saved_filters_init(LatchkeySavedFilters *self)
{
    self->list = g_ptr_array_new_with_free_func(saved_free);
}

LatchkeySavedFilters *latchkey_saved_filters_new(GSettings *settings, const char *environment)
{
    LatchkeySavedFilters *self = g_object_new(LATCHKEY_TYPE_SAVED_FILTERS, NULL);

    self->settings = settings != NULL ? g_object_ref(settings) : NULL;
    self->environment = g_strdup(environment);
    if (settings != NULL)
        g_signal_connect_object(settings, "changed::saved-filters", G_CALLBACK(read_all), self,
                                G_CONNECT_SWAPPED);
    read_all(self);
    return self;
}
