/* The lazy list over a real SQLite mirror, whole and filtered. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "gui-kit.h"
#include "latchkey-event-list.h"
#include "latchkey-event.h"
#include "mirror-kit.h"

#define USER(first, last)                                                                     \
    "{\"object\":\"directory_user\",\"id\":\"directory_user_01\",\"directory_id\":"           \
    "\"directory_01\",\"organization_id\":\"org_01\",\"idp_id\":\"1\",\"first_name\":" first  \
    ",\"last_name\":" last ",\"email\":\"ada@example.com\",\"state\":\"active\",\"created_at" \
    "\":\"2026-03-02T08:00:00.000Z\",\"updated_at\":\"2026-03-02T08:00:00.000Z\"}"

static void apply(kit *mirror, int n, gint64 at_ms)
{
    g_autofree char *id = g_strdup_printf("event_%06d", n);
    kit_event event;

    kit_make(&event, id, "dsync.user.created", at_ms, "%s", USER("\"Ada\"", "\"Lovelace\""));
    kit_apply(mirror, &event);
}

/* count events, a second apart, the last of them at noon. */
static void fill(kit *mirror, int count)
{
    for (int i = 0; i < count; i++)
        apply(mirror, i, NOON - (gint64)(count - 1 - i) * 1000);
}

static LatchkeyEventList *open_filtered(kit *mirror, const LatchkeyEventFilter *filter)
{
    lk_mirror *reader = NULL;
    lk_error err = LK_ERROR_INIT;

    if (lk_mirror_open(mirror->store, &reader, &err) != LK_OK)
        g_error("%s", err.message);
    g_autoptr(LatchkeyStore) store = latchkey_store_new(mirror->store, reader);
    LatchkeyEventList *list = latchkey_event_list_new(store, filter);
    wait_until(!latchkey_event_list_is_loading(list));
    return list;
}

static LatchkeyEventList *open_list(kit *mirror)
{
    return open_filtered(mirror, NULL);
}

/* What a list does on other threads is over, and nobody holds it any more. */
static void close_list(LatchkeyEventList *list)
{
    gboolean is_gone = FALSE;

    g_object_weak_ref(G_OBJECT(list), kit_on_gone, &is_gone);
    g_object_unref(list);
    wait_until(is_gone);
}

static void refresh(LatchkeyEventList *list)
{
    latchkey_event_list_refresh(list);
    wait_until(!latchkey_event_list_is_loading(list));
}

static guint length(LatchkeyEventList *list)
{
    return g_list_model_get_n_items(G_LIST_MODEL(list));
}

static char *id_at(LatchkeyEventList *list, guint position)
{
    g_autoptr(LatchkeyEvent) event = g_list_model_get_item(G_LIST_MODEL(list), position);

    return event != NULL ? g_strdup(latchkey_event_get_id(event)) : NULL;
}

/* Every row is where it belongs: newest first, none twice, none missing. */
static void assert_ordered(LatchkeyEventList *list)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gint64 last_ms = G_MAXINT64;

    for (guint i = 0; i < length(list); i++) {
        g_autoptr(LatchkeyEvent) event = g_list_model_get_item(G_LIST_MODEL(list), i);
        g_assert_cmpint(latchkey_event_get_created_at_ms(event), <=, last_ms);
        last_ms = latchkey_event_get_created_at_ms(event);
        g_assert_true(g_hash_table_add(seen, g_strdup(latchkey_event_get_id(event))));
    }
}

/* Asks for the last row, as a view does that was scrolled down: the list may grow then. */
static void look_at_end(LatchkeyEventList *list)
{
    g_free(id_at(list, length(list) - 1));
    wait_until(!latchkey_event_list_is_loading(list));
}

static void load_all(LatchkeyEventList *list)
{
    while (!latchkey_event_list_is_complete(list))
        look_at_end(list);
}

static void test_empty_mirror_is_an_empty_list(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    LatchkeyEventList *list = open_list(&mirror);
    g_assert_cmpuint(length(list), ==, 0);
    g_assert_true(latchkey_event_list_is_complete(list));
    apply(&mirror, 1, NOON);
    refresh(list);
    g_assert_cmpuint(length(list), ==, 1);
    close_list(list);
    kit_end(&mirror);
}

static void test_list_grows_to_the_oldest_in_bounded_memory(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 4500);
    LatchkeyEventList *list = open_list(&mirror);
    g_assert_cmpuint(length(list), ==, 24); /* a view makes widgets for all of them at once */
    load_all(list);
    g_assert_cmpuint(length(list), ==, 4500);
    g_autofree char *first = id_at(list, 0);
    g_autofree char *last = id_at(list, 4499);
    g_assert_cmpstr(first, ==, "event_004499");
    g_assert_cmpstr(last, ==, "event_000000");
    for (int i = 0; i < 500; i++) {
        guint position = (guint)g_test_rand_int_range(0, 4500);
        g_autofree char *id = id_at(list, position);
        g_autofree char *expected = g_strdup_printf("event_%06u", 4499 - position);
        g_assert_cmpstr(id, ==, expected);
    }
    g_assert_cmpuint(latchkey_event_list_get_n_cached(list), <=, 33);
    close_list(list);
    kit_end(&mirror);
}

typedef struct changes {
    guint position;
    guint n;
} changes;

static void on_items_changed(GListModel *model, guint position, guint removed, guint added,
                             changes *seen)
{
    (void)model;
    g_assert_cmpuint(removed, ==, 0);
    g_assert_cmpuint(added, ==, 1);
    seen->position = position;
    seen->n++;
}

static void test_new_event_appears_at_the_top(void)
{
    kit mirror;
    changes seen = { 0 };

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 10);
    LatchkeyEventList *list = open_list(&mirror);
    g_signal_connect(list, "items-changed", G_CALLBACK(on_items_changed), &seen);
    refresh(list);
    g_assert_cmpuint(seen.n, ==, 0); /* nothing new: nothing is said */
    apply(&mirror, 777, NOON + 1000);
    refresh(list);
    g_assert_cmpuint(seen.n, ==, 1);
    g_assert_cmpuint(seen.position, ==, 0);
    g_autofree char *id = id_at(list, 0);
    g_assert_cmpstr(id, ==, "event_000777");
    close_list(list);
    kit_end(&mirror);
}

static void test_late_event_goes_where_it_belongs(void)
{
    kit mirror;
    changes seen = { 0 };

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 600);
    LatchkeyEventList *list = open_list(&mirror);
    load_all(list);
    g_signal_connect(list, "items-changed", G_CALLBACK(on_items_changed), &seen);
    apply(&mirror, 7001, NOON - 300 * 1000 - 500); /* between rows 300 and 301 */
    apply(&mirror, 7002, NOON - 1000000);          /* older than all */
    refresh(list);
    g_assert_cmpuint(seen.n, ==, 2);
    g_autofree char *middle = id_at(list, 301);
    g_autofree char *last = id_at(list, 601);
    g_assert_cmpstr(middle, ==, "event_007001");
    g_assert_cmpstr(last, ==, "event_007002");
    assert_ordered(list);
    close_list(list);
    kit_end(&mirror);
}

/* Arrivals, growth and eviction in any order: the list is the mirror. */
static void test_list_equals_the_mirror_under_random_arrivals(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 300);
    LatchkeyEventList *list = open_list(&mirror);
    for (int i = 0; i < 700; i++) {
        apply(&mirror, 1000 + i, NOON + g_test_rand_int_range(-400000, 400000));
        if (g_test_rand_int_range(0, 4) == 0)
            refresh(list);
        if (g_test_rand_int_range(0, 20) == 0)
            look_at_end(list); /* a page may come that holds events not yet refreshed */
    }
    refresh(list);
    load_all(list);
    g_assert_cmpuint(length(list), ==, 1000);
    assert_ordered(list);
    close_list(list);
    kit_end(&mirror);
}

static void count_change(guint *n)
{
    ++*n;
}

/* Held, it is as it was, and says how many wait; let go, it is the mirror again. */
static void test_held_list_counts_what_arrives(void)
{
    guint n_changes = 0;
    guint n_told = 0;
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 10);
    LatchkeyEventList *list = open_list(&mirror);
    g_signal_connect_swapped(list, "items-changed", G_CALLBACK(count_change), &n_changes);
    latchkey_event_list_hold(list, TRUE);
    g_signal_connect_swapped(list, "loaded", G_CALLBACK(count_change), &n_told);
    refresh(list);
    g_assert_cmpuint(n_told, ==, 0); /* nothing came */
    apply(&mirror, 777, NOON + 1000);
    apply(&mirror, 778, NOON - 500000); /* late, and out of sight */
    refresh(list);
    refresh(list);
    g_assert_cmpuint(n_told, ==, 1);
    g_assert_cmpuint(latchkey_event_list_get_n_held(list), ==, 2);
    g_assert_cmpuint(n_changes, ==, 0);
    g_assert_cmpuint(length(list), ==, 10);
    latchkey_event_list_hold(list, FALSE);
    g_assert_cmpuint(latchkey_event_list_get_n_held(list), ==, 0);
    load_all(list);
    g_assert_cmpuint(length(list), ==, 12);
    assert_ordered(list);
    close_list(list);
    kit_end(&mirror);
}

/* ---- Filters ---- */

static void apply_as(kit *mirror, int n, const char *type, const char *name, gint64 at_ms)
{
    g_autofree char *id = g_strdup_printf("event_%06d", n);
    kit_event event;

    kit_make(&event, id, type, at_ms,
             "{\"id\":\"directory_user_%s\",\"directory_id\":\"directory_01\",\"email\":\"%s@x\"}",
             name, name);
    kit_apply(mirror, &event);
}

#define WORD(text) ((char[]){ text })

static const struct {
    LatchkeyEventFilter filter;
    const char *ids; /* the last digits, newest first */
} filters[] = {
    { { 0 }, "54321" },
    { { .type = WORD("dsync.user.") }, "5321" },
    { { .type = WORD("dsync.user.deleted") }, "5" },
    { { .text = WORD("ADA") }, "531" },
    { { .text = WORD("ada"), .type = WORD("dsync.user.created") }, "31" },
    { { .text = WORD("000004") }, "4" }, /* an id */
    { { .text = WORD("%") }, "" },
    { { .object_id = WORD("directory_user_bob") }, "42" },
    { { .since_ms = NOON - 2000 }, "543" },
    { { .directory_id = WORD("directory_02") }, "" },
    { { .organization_id = WORD("org_01") }, "" },
};

static void test_filtered_lists_hold_what_passes(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    apply_as(&mirror, 1, "dsync.user.created", "ada", NOON - 4000);
    apply_as(&mirror, 2, "dsync.user.created", "bob", NOON - 3000);
    apply_as(&mirror, 3, "dsync.user.created", "ada", NOON - 2000);
    apply_as(&mirror, 4, "dsync.group.updated", "bob", NOON - 1000);
    apply_as(&mirror, 5, "dsync.user.deleted", "ada", NOON);
    apply_as(&mirror, 6, "user.created", "ada", NOON); /* no directory event */
    for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
        LatchkeyEventList *list = open_filtered(&mirror, &filters[i].filter);
        g_autoptr(GString) ids = g_string_new(NULL);
        for (guint at = 0; at < length(list); at++) {
            g_autofree char *id = id_at(list, at);
            g_string_append_c(ids, id[strlen(id) - 1]);
        }
        g_assert_cmpstr(ids->str, ==, filters[i].ids);
        g_assert_cmpint(latchkey_event_list_get_n_total(list), ==, strlen(filters[i].ids));
        close_list(list);
    }
    kit_end(&mirror);
}

/* The number is known long before the oldest event is read, and grows with arrivals. */
static void test_events_are_counted_before_they_are_read(void)
{
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    fill(&mirror, 500);
    LatchkeyEventList *list = open_list(&mirror);
    wait_until(latchkey_event_list_get_n_total(list) == 500);
    g_assert_cmpuint(length(list), ==, 24); /* a view makes widgets for all of them at once */
    apply(&mirror, 777, NOON + 1000);
    refresh(list);
    wait_until(latchkey_event_list_get_n_total(list) == 501);
    close_list(list);
    kit_end(&mirror);
}

/* A filtered list takes in only what passes, and is not confused by what does not. */
static void test_filtered_list_follows_arrivals(void)
{
    const LatchkeyEventFilter filter = { .text = WORD("ada") };
    kit mirror;

    kit_begin(&mirror);
    kit_open(&mirror);
    LatchkeyEventList *list = open_filtered(&mirror, &filter);
    g_assert_true(latchkey_event_list_is_complete(list));
    for (int i = 0; i < 400; i++) {
        apply_as(&mirror, i, "dsync.user.created", i % 3 == 0 ? "ada" : "bob",
                 NOON + g_test_rand_int_range(-400000, 400000));
        if (g_test_rand_int_range(0, 6) == 0)
            latchkey_event_list_refresh(list); /* also while a page is on its way */
        settle();
    }
    wait_until(!latchkey_event_list_is_loading(list));
    refresh(list);
    load_all(list);
    g_assert_cmpuint(length(list), ==, 134);
    assert_ordered(list);
    close_list(list);
    kit_end(&mirror);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* Thousands of commits: in memory they take a second, on a busy disk a minute. */
    if (g_access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    g_test_add_func("/event-list/empty", test_empty_mirror_is_an_empty_list);
    g_test_add_func("/event-list/grows", test_list_grows_to_the_oldest_in_bounded_memory);
    g_test_add_func("/event-list/new", test_new_event_appears_at_the_top);
    g_test_add_func("/event-list/late", test_late_event_goes_where_it_belongs);
    g_test_add_func("/event-list/random", test_list_equals_the_mirror_under_random_arrivals);
    g_test_add_func("/event-list/held", test_held_list_counts_what_arrives);
    g_test_add_func("/event-list/filter/passes", test_filtered_lists_hold_what_passes);
    g_test_add_func("/event-list/filter/count", test_events_are_counted_before_they_are_read);
    g_test_add_func("/event-list/filter/follow", test_filtered_list_follows_arrivals);
    return g_test_run();
}
