/* From the start of the process to its first frame: of the companion as it is, or, compiled with
 * EMPTY, of a window of libadwaita with nothing in it.
 *
 *     bench-start BEGUN_US      g_get_monotonic_time() of the caller; prints milliseconds by the
 *                               clock, and of CPU in all its threads */
#include <adwaita.h>
#include <stdio.h>
#include <sys/resource.h>

#ifndef EMPTY
#include "latchkey-application.h"
#endif

static gint64 begun_us;
static gulong painted_handler;

static double cpu_ms(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

static void on_painted(GdkFrameClock *clock, GApplication *application)
{
    g_signal_handler_disconnect(clock, painted_handler);
    printf("%.3f %.3f\n", (double)(g_get_monotonic_time() - begun_us) / 1000, cpu_ms());
    fflush(stdout);
    g_application_quit(application);
}

static void on_map(GtkWidget *window, GApplication *application)
{
    painted_handler = g_signal_connect(gtk_widget_get_frame_clock(window), "after-paint",
                                       G_CALLBACK(on_painted), application);
}

static void on_window_added(GtkApplication *application, GtkWindow *window)
{
    g_signal_connect(window, "map", G_CALLBACK(on_map), application);
}

#ifdef EMPTY
static void on_activate(GtkApplication *application)
{
    GtkWidget *window = adw_application_window_new(application);

    adw_application_window_set_content(ADW_APPLICATION_WINDOW(window), adw_header_bar_new());
    gtk_window_set_default_size(GTK_WINDOW(window), 960, 680);
    gtk_window_present(GTK_WINDOW(window));
}

static AdwApplication *new_application(void)
{
    AdwApplication *application =
        adw_application_new("io.github.latchkey.Empty", G_APPLICATION_DEFAULT_FLAGS);

    g_signal_connect(application, "activate", G_CALLBACK(on_activate), NULL);
    return application;
}
#else
static AdwApplication *new_application(void)
{
    return ADW_APPLICATION(latchkey_application_new());
}
#endif

int main(int argc, char **argv)
{
    begun_us = argc > 1 ? g_ascii_strtoll(argv[1], NULL, 10) : g_get_monotonic_time();
    g_autoptr(AdwApplication) application = new_application();

    g_signal_connect(application, "window-added", G_CALLBACK(on_window_added), NULL);
    return g_application_run(G_APPLICATION(application), 0, NULL);
}
