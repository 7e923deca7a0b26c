/* No TLS: this CivetWeb is the system's; see tls.h. */
#include "tls.h"

#include "fail.h"

lk_status tls_new(const char *certificate, const char *key, tls **out, lk_error *err)
{
    (void)certificate;
    (void)key;
    (void)out;
    return failed(err, LK_ERR_INVALID,
                  "this build serves no TLS: the system's CivetWeb crashes at the first handshake; "
                  "listen on loopback behind a TLS proxy, or build with -Dcivetweb=source");
}

void tls_free(tls *self)
{
    (void)self;
}

void tls_freep(tls **self)
{
    (void)self;
}

lk_status tls_refresh(tls *self, bool is_asked, bool *is_new, lk_error *err)
{
    (void)self;
    (void)is_asked;
    (void)err;
    *is_new = false;
    return LK_OK;
}

void *tls_context(const tls *self)
{
    (void)self;
    return NULL;
}
