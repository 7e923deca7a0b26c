/* The WorkOS-Signature header and the body under it: the first line of the input is the header. */
#include "crypto/signature.h"

#include <string.h>

#include "fuzz.h"

#define SECRET "whsec_latchkey"
#define NOW_MS INT64_C(1772452800000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t header_len = end != NULL ? (size_t)(end - data) : size;
    const uint8_t *body = end != NULL ? end + 1 : data + size;
    size_t body_len = size - (size_t)(body - data);
    lk__auto_buf header = LK__BUF(size + 1);
    lk__auto_buf made = LK__BUF(1000);
    lk_error err = LK_ERROR_INIT;
    lk_status status;

    promise(lk__buf_append(&header, data, header_len, NULL) == LK_OK);
    status = lk__signature_verify(SECRET, header.data, body, body_len, NOW_MS, 0, &err);
    promise(status == err.status);
    promise(status == LK_OK || status == LK_ERR_SIGNATURE || status == LK_ERR_EXPIRED);
    /* What we sign, we accept, and not for another body. */
    promise(lk__signature_make(SECRET, body, body_len, NOW_MS, &made, NULL) == LK_OK);
    promise(lk__signature_verify(SECRET, made.data, body, body_len, NOW_MS, 0, NULL) == LK_OK);
    if (body_len > 0)
        promise(lk__signature_verify(SECRET, made.data, body, body_len - 1, NOW_MS, 0, NULL) ==
                LK_ERR_SIGNATURE);
    return 0;
}
