/* The grammar of JSON (RFC 8259), checked before cJSON sees a byte. */
#ifndef LK_BASE_JSON_SCAN_H
#define LK_BASE_JSON_SCAN_H

#include "base/error.h"

/* One JSON text that is safe to believe: see json.h. After LK_OK, cJSON can fail only for lack of
 * memory. LK_ERR_PROTOCOL names what is wrong, and where. */
LK_MUST_CHECK lk_status lk__json_check(const char *text, size_t len, lk_error *err);

#endif
