/* What the events page costs over a large mirror: until the first rows, memory, scrolling from end
 * to end, filters, and the longest time that the main loop was kept from the person in front of it.
 *
 *     headless.sh bench-events [EVENTS]      default 1000000; one line of JSON */
#include <adwaita.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gui-kit.h"
#include "latchkey-event-list.h"
#include "latchkey-events-page.h"
#include "latchkey-feed.h"
#include "mirror-kit.h"

/* How long this thread was ready to run and was not: on a busy machine that is most of the time,
 * and none of it is the window's doing. */
static gint64 waited_us(void)
{
    char text[64] = "";
    int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    ssize_t len = file >= 0 ? read(file, text, sizeof(text) - 1) : 0;
    const char *second = len > 0 ? strchr(text, ' ') : NULL;

    if (file >= 0)
        close(file);
    return second != NULL ? g_ascii_strtoll(second, NULL, 10) / 1000 : 0;
}

typedef struct watch {
    gint64 longest_us; /* turn of the main loop */
} watch;

static void turn(watch *w)
{
    gint64 waited = waited_us();
    gint64 begin = g_get_monotonic_time();
    gboolean was_busy = g_main_context_iteration(NULL, FALSE);
    gint64 us = g_get_monotonic_time() - begin - (waited_us() - waited);

    w->longest_us = MAX(w->longest_us, us);
    if (!was_busy)
        g_usleep(200);
}

static gint64 resident_kb(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return -1;
    return g_ascii_strtoll(strchr(text, ' '), NULL, 10) * sysconf(_SC_PAGESIZE) / 1024;
}

/* Straight into the tables: through the library, with a commit for each, it would take an hour. The
 * library then applies one more, and with it makes the index of them all, as it does of what an
 * earlier version has kept. */
static void fill(kit *mirror, int n_events)
{
    g_autofree char *sql = g_strdup_printf(
        "BEGIN;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
        "INSERT INTO event (sequence, id, type, created_at_ms, learned_at_ms, organization_id,"
        " directory_id, subject) SELECT i, printf('event_%%08d', i), CASE i %% 20 WHEN 0 THEN"
        " 'dsync.user.deleted' ELSE 'dsync.user.created' END, %" G_GINT64_FORMAT
        " + i * 1000, 0, printf('org_%%d', i %% 50), printf('directory_%%d', i %% 50),"
        " printf('Ada Number %%d', i) FROM n;"
        "INSERT INTO event_body (sequence, json) SELECT sequence, printf('{\"id\":\"%%s\","
        "\"event\":\"%%s\",\"data\":{\"object\":\"directory_user\",\"id\":\"directory_user_%%d\","
        "\"directory_id\":\"%%s\",\"first_name\":\"Ada\",\"last_name\":\"Number %%d\",\"email\":"
        "\"p%%d@x.example\",\"state\":\"active\",\"raw_attributes\":{},\"custom_attributes\":{"
        "\"department_name\":\"Ops\",\"cost_center_name\":\"C9\"}}}', id, type, sequence,"
        " directory_id, sequence, sequence) FROM event;"
        "COMMIT;",
        n_events, (gint64)NOON);
    sqlite3 *db = NULL;
    char *message = NULL;
    kit_event last;

    if (sqlite3_open(mirror->path, &db) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        g_error("filling: %s", message != NULL ? message : "cannot open");
    sqlite3_close(db);
    kit_make(&last, "event_last", "dsync.user.created", NOON, "{\"object\":\"directory_user\"}");
    kit_apply(mirror, &last);
}

/* In a process of its own, whose memory is not measured. */
static void fill_apart(kit *mirror, int n_events)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        kit_open(mirror);
        fill(mirror, n_events - 1);
        lk_mirror_free(mirror->mirror);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        g_error("filling ended with %d", status);
}

/* Until the first page of a filter is here, in milliseconds. */
static double filter_ms(LatchkeyStore *store, const LatchkeyEventFilter *filter, watch *w)
{
    gint64 begin = g_get_monotonic_time();
    LatchkeyEventList *list = latchkey_event_list_new(store, filter);

    while (latchkey_event_list_is_loading(list))
        turn(w);
    double ms = (double)(g_get_monotonic_time() - begin) / 1000;
    g_object_unref(list);
    return ms;
}

static GtkWidget *find(GtkWidget *root, const char *css_class)
{
    if (gtk_widget_has_css_class(root, css_class))
        return root;
    for (GtkWidget *child = gtk_widget_get_first_child(root); child != NULL;
         child = gtk_widget_get_next_sibling(child)) {
        GtkWidget *found = find(child, css_class);
        if (found != NULL)
            return found;
    }
    return NULL;
}

/* As somebody who holds down the End key: the list grows under them, to the oldest event. */
static guint scroll(GtkWidget *view, guint n_events, watch *w)
{
    GListModel *model = G_LIST_MODEL(gtk_list_view_get_model(GTK_LIST_VIEW(view)));
    guint n = g_list_model_get_n_items(model);

    while (n < n_events) {
        gtk_widget_activate_action(view, "list.scroll-to-item", "u", n - 1);
        for (int k = 0; k < 5; k++)
            turn(w);
        n = g_list_model_get_n_items(model);
    }
    return n;
}

/* What opening takes whatever is in it. */
static void open_empty(watch *w)
{
    GtkWidget *window = adw_window_new();

    adw_window_set_content(ADW_WINDOW(window), adw_header_bar_new());
    gtk_window_set_default_size(GTK_WINDOW(window), 960, 680);
    gtk_window_present(GTK_WINDOW(window));
    for (int i = 0; i < 100; i++)
        turn(w);
    gtk_window_destroy(GTK_WINDOW(window));
}

static void run(kit *mirror, int n_events)
{
    const LatchkeyEventFilter by_type = { .type = (char[]){ "dsync.user.deleted" } };
    const LatchkeyEventFilter by_text = { .text = (char[]){ "nobody at all" } };
    g_autoptr(LatchkeyConfig) config = latchkey_config_new();
    GtkWidget *window = adw_window_new();
    GtkWidget *page = g_object_new(LATCHKEY_TYPE_EVENTS_PAGE, NULL);
    watch empty = { 0 };
    watch open = { 0 };
    watch scrolling = { 0 };
    watch filtering = { 0 };

    open_empty(&empty);
    gint64 begin = g_get_monotonic_time();
    config->store = g_strdup(mirror->store);
    g_autoptr(LatchkeyFeed) feed = latchkey_feed_new(config, 0);
    latchkey_events_page_set_feed(LATCHKEY_EVENTS_PAGE(page), feed);
    adw_window_set_content(ADW_WINDOW(window), page);
    gtk_window_set_default_size(GTK_WINDOW(window), 960, 680);
    gtk_window_present(GTK_WINDOW(window));
    latchkey_feed_start(feed);
    GtkWidget *view = find(page, "event-list");
    while (gtk_list_view_get_model(GTK_LIST_VIEW(view)) == NULL)
        turn(&open);
    double first_ms = (double)(g_get_monotonic_time() - begin) / 1000;
    for (int i = 0; i < 200; i++)
        turn(&open);
    gint64 before_kb = resident_kb();
    guint n_read = scroll(view, (guint)n_events, &scrolling);
    gint64 after_kb = resident_kb();
    LatchkeyStore *store = latchkey_feed_get_store(feed);
    double type_ms = filter_ms(store, &by_type, &filtering);
    double text_ms = filter_ms(store, &by_text, &filtering);
    printf(
        "{\"events\": %d, \"first_rows_ms\": %.0f, \"resident_mb\": %.1f, \"rows_scrolled\": %u, "
        "\"resident_after_mb\": %.1f, \"filter_type_ms\": %.1f, \"filter_text_ms\": %.1f, "
        "\"longest_empty_ms\": %.1f, \"longest_open_ms\": %.1f, \"longest_scroll_ms\": %.1f, "
        "\"longest_filter_ms\": %.1f}\n",
        n_events, first_ms, (double)before_kb / 1024, n_read, (double)after_kb / 1024, type_ms,
        text_ms, (double)empty.longest_us / 1000, (double)open.longest_us / 1000,
        (double)scrolling.longest_us / 1000, (double)filtering.longest_us / 1000);
    gtk_window_destroy(GTK_WINDOW(window));
    settle();
}

int main(int argc, char **argv)
{
    int n_events = argc > 1 ? atoi(argv[1]) : 1000000;
    kit mirror;

    if (g_access("/dev/shm", W_OK) == 0)
        g_setenv("TMPDIR", "/dev/shm", TRUE);
    kit_begin(&mirror);
    fill_apart(&mirror, n_events);
    gtk_init();
    adw_init();
    run(&mirror, n_events);
    kit_end(&mirror);
    return 0;
}
