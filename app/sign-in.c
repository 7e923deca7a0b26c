/* The two ways to sign in from a terminal; see sign-in.h. */
#include "sign-in.h"

#include "browser.h"
#include "clock.h"
#include "fail.h"
#include "print.h"
#include "qr.h"

#include <latchkey/device.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 1000 /* between two looks */

lk_status sign_in_with_browser(const lk_loopback_options *options, lk_authentication **out,
                               lk_error *err)
{
    lk_auto(lk_loopback) loopback = NULL;
    int done = 0;

    TRY(lk_loopback_new(options, &loopback, err));
    bool opened = browser_open(lk_loopback_url(loopback));
    fputs(opened ? "Continue in your browser. If it did not open, open this on this machine:\n\n  "
                 : "Open this in a browser on this machine:\n\n  ",
          stderr);
    print_text(stderr, lk_loopback_url(loopback));
    fputs("\n\nWaiting… (Ctrl-C gives up; --no-browser signs in with a code)\n", stderr);
    while (!done)
        TRY(lk_loopback_wait(loopback, PATIENCE_MS, &done, err));
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
