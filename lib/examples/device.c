/* example: device.c — signs a person in on a device that has no browser.
 *
 *     WORKOS_CLIENT_ID=client_… device
 *
 * Shows a code and where to enter it, also as a QR code for a telephone, and waits until somebody
 * has done so. No secret is needed: the client is a public one. Ends with 0 when somebody is signed
 * in, otherwise with 1. */
#include <latchkey.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "device-qr.h"

static void wait_ms(int64_t ms)
{
    struct timespec left = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&left, NULL);
}

/* What a person typed somewhere may hold what a terminal obeys. */
static void print_safely(const char *text)
{
    for (; *text != '\0'; text++)
        putchar((unsigned char)*text < ' ' || *text == 0x7F ? '?' : *text);
}

static void show_code(const lk_device_authorization *device)
{
    const char *address = device->verification_uri_complete;

    printf("Open  %s\nenter %s\n", device->verification_uri, device->user_code);
    if (address != NULL)
        device_print_qr(address);
    printf("Waiting…\n");
    fflush(stdout);
}

/* Asks again and again, as often as WorkOS likes it. An outage is no reason to give up. */
static lk_status wait_for_person(lk_device_authorization *device, lk_authentication **out,
                                 lk_error *err)
{
    lk_device_result result = LK_DEVICE_PENDING;

    while (result == LK_DEVICE_PENDING) {
        wait_ms(lk_device_wait_ms(device));
        if (lk_device_poll(device, &result, out, err) == LK_OK)
            continue;
        if (err->status != LK_ERR_NETWORK && err->status != LK_ERR_RATE_LIMITED &&
            err->http_status < 500)
            return err->status;
        fprintf(stderr, "device: %s; trying again\n", err->message);
    }
    return LK_OK;
}

static lk_status sign_in(lk_authentication **out, lk_error *err)
{
    lk_auto(lk_client) client = NULL;
    lk_auto(lk_device_authorization) device = NULL;
    lk_status status;

    status = lk_client_new(LK_CLIENT_OPTIONS(.client_id = getenv("WORKOS_CLIENT_ID"),
                                             .base_url = getenv("WORKOS_API_BASE_URL")),
                           &client, err);
    if (status != LK_OK)
        return status;
    status = lk_device_start(client, &device, err);
    if (status != LK_OK)
        return status;
    show_code(device);
    return wait_for_person(device, out, err);
}

int main(void)
{
    lk_auto(lk_authentication) authentication = NULL;
    lk_error err = LK_ERROR_INIT;

    if (sign_in(&authentication, &err) != LK_OK) {
        fprintf(stderr, "device: %s\n", err.message);
        return EXIT_FAILURE;
    }
    printf("Signed in as ");
    print_safely(authentication->user->email);
    printf("\n");
    return EXIT_SUCCESS;
}
