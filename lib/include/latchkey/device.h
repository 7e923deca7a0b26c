/* Sign-in for a device without a browser: it shows a code, a person enters it on another device.
 * RFC 8628; WorkOS: https://workos.com/docs/authkit/cli-auth
 *
 *     lk_device_start(client, &device, &err);
 *     … show device->user_code and device->verification_uri …
 *     while (result == LK_DEVICE_PENDING) {
 *         sleep for lk_device_wait_ms(device) milliseconds;
 *         lk_device_poll(device, &result, &authentication, &err);
 *     } */
#ifndef LATCHKEY_DEVICE_H
#define LATCHKEY_DEVICE_H

#include <latchkey/authkit.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Read-only, and printable ASCII throughout: safe to show on a terminal. The device code itself, a
 * secret, is kept behind it. Holds on to its client, which must outlive it; used by one thread at a
 * time. */
typedef struct lk_device_authorization {
    const char *user_code;        /* "BCDF-GHJK": what the person enters */
    const char *verification_uri; /* where */
    const char
        *verification_uri_complete; /* the same with the code in it, for a QR code; or NULL */
    int64_t expires_at_ms;
    int interval_s; /* between two polls; grows when WorkOS asks to slow down */
} lk_device_authorization;

typedef enum lk_device_result {
    LK_DEVICE_PENDING = 0, /* nobody has entered the code yet */
    LK_DEVICE_DONE
} lk_device_result;

/* Asks for a code (POST /user_management/authorize/device). Blocks; retried. A client without an
 * API key will do. LK_ERR_API with reason "access_denied": the environment does not allow it. Free
 * *out with lk_device_authorization_free(). */
LK_API LK_MUST_CHECK lk_status lk_device_start(lk_client *client, lk_device_authorization **out,
                                               lk_error *err);

/* Asks once whether the person is done; blocks for one exchange and never sleeps. Called before
 * lk_device_wait_ms() has passed it asks nobody and says LK_DEVICE_PENDING. result may be NULL. On
 * LK_DEVICE_DONE *out is set: free it with lk_authentication_free(); until then it stays NULL or
 * what it was. LK_ERR_EXPIRED: the time is over, start again. LK_ERR_API: refused for good, reason
 * "access_denied" when by the person. After these and after LK_DEVICE_DONE it fails with
 * LK_ERR_INVALID. After any other error go on polling: the wait has become longer. */
LK_API LK_MUST_CHECK lk_status lk_device_poll(lk_device_authorization *device,
                                              lk_device_result *result, lk_authentication **out,
                                              lk_error *err);

/* How long to wait before the next lk_device_poll(); 0: it is due. No I/O. */
LK_API int64_t lk_device_wait_ms(const lk_device_authorization *device);

/* Wipes the device code and frees; NULL is fine. WorkOS is not told: an open code expires. */
LK_API void lk_device_authorization_free(lk_device_authorization *device);
LK_API void lk_device_authorization_freep(lk_device_authorization **device);

#ifdef __cplusplus
}
#endif
#endif
