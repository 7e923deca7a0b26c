/* The two ways to sign in from a terminal; see sign-in.h. */
#include "sign-in.h"

#include "browser.h"
#include "clock.h"
#include "fail.h"
#include "print.h"
#include "qr.h"

#include <latchkey/device.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINES 8192

/* What is not the address asked for is told, and the wait goes on. */
static lk_status take_line(lk_loopback *loopback, const char *line, int *done, lk_error *err)
{
    lk_error cause = LK_ERROR_INIT;
    lk_status status = lk_loopback_paste(loopback, line, &cause);

    *done = status == LK_OK;
    if (status == LK_ERR_INVALID || status == LK_ERR_STATE) {
        print_text(stderr, cause.message);
        putc('\n', stderr);
        return LK_OK;
    }
    if (status != LK_OK)
        *err = cause;
    return status;
}

/* A terminal hands over whole lines. *input is no longer polled once there is nothing to come. */
static lk_status take_lines(lk_loopback *loopback, struct pollfd *input, int *done, lk_error *err)
{
    char text[MAX_LINES];
    char *place = NULL;
    lk_status status = LK_OK;
    ssize_t len = read(input->fd, text, sizeof(text) - 1);

    if (len <= 0) {
        input->fd = -1;
        return LK_OK;
    }
    text[len] = '\0';
    for (char *line = strtok_r(text, "\n", &place); line != NULL && !*done && status == LK_OK;
         line = strtok_r(NULL, "\n", &place))
        status = take_line(loopback, line, done, err);
    explicit_bzero(text, sizeof(text));
    return status;
}

/* Until the browser is back, or its last address was pasted. */
static lk_status wait_for_browser(lk_loopback *loopback, lk_error *err)
{
    struct pollfd sources[] = {
        { .fd = lk_loopback_fd(loopback), .events = POLLIN },
        { .fd = STDIN_FILENO, .events = POLLIN },
    };
    int done = 0;

    while (!done) {
        poll(sources, N_ITEMS(sources), (int)lk_loopback_time_left_ms(loopback));
        TRY(lk_loopback_process(loopback, &done, err));
        if (!done && sources[1].fd >= 0 && sources[1].revents != 0)
            TRY(take_lines(loopback, &sources[1], &done, err));
    }
    return LK_OK;
}

lk_status sign_in_with_browser(const lk_loopback_options *options, lk_authentication **out,
                               lk_error *err)
{
    lk_auto(lk_loopback) loopback = NULL;

    TRY(lk_loopback_new(options, &loopback, err));
    bool opened = browser_open(lk_loopback_url(loopback));
    fputs(opened ? "Continue in your browser. If it did not open, open this on this machine:\n\n  "
                 : "Open this in a browser on this machine:\n\n  ",
          stderr);
    print_text(stderr, lk_loopback_url(loopback));
    fputs("\n\nWaiting… (Ctrl-C gives up; --no-browser signs in with a code. Where the browser "
          "ends on\n"
          "a page that it cannot load, paste the address of that page here.)\n",
          stderr);
    TRY(wait_for_browser(loopback, err));
    return lk_loopback_finish(loopback, out, err);
}

static void wait_ms(int64_t ms)
{
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&left, NULL);
}

static void show_code(const lk_device_authorization *device)
{
    int64_t minutes = (device->expires_at_ms - clock_wall_ms() + 30000) / 60000;

    fprintf(stderr, "Open  %s\nenter %s\n", device->verification_uri, device->user_code);
    if (device->verification_uri_complete != NULL && isatty(STDERR_FILENO) == 1)
        qr_print(stderr, device->verification_uri_complete);
    fprintf(stderr, "Waiting, for %lld minutes at most… (Ctrl-C gives up)\n", (long long)minutes);
}

lk_status sign_in_with_code(lk_client *client, lk_authentication **out, lk_error *err)
{
    lk_auto(lk_device_authorization) device = NULL;
    lk_device_result result = LK_DEVICE_PENDING;

    TRY(lk_device_start(client, &device, err));
    show_code(device);
    while (result == LK_DEVICE_PENDING) {
        lk_error cause = LK_ERROR_INIT;
        wait_ms(lk_device_wait_ms(device));
        lk_status status = lk_device_poll(device, &result, out, &cause);
        if (status == LK_OK)
            continue;
        /* An outage is no reason to give up: the code is good until it expires. */
        if (status != LK_ERR_NETWORK && status != LK_ERR_RATE_LIMITED && cause.http_status < 500) {
            *err = cause;
            return status;
        }
        fprintf(stderr, "%s; trying again\n", cause.message);
    }
    return LK_OK;
}
