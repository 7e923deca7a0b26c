/* What every test program begins with: cmocka in the order it wants, and two asserts of ours. */
#ifndef LK_TESTS_TEST_H
#define LK_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <latchkey/error.h>

#define N_ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* The call must succeed; err is the lk_error (not a pointer) that it filled. */
#define assert_ok(call, err)                                                    \
    do {                                                                        \
        lk_status got_ = (call);                                                \
        if (got_ != LK_OK)                                                      \
            fail_msg("%s: %s: %s", #call, lk_status_name(got_), (err).message); \
    } while (0)

/* The call must fail with this status, say so in err, too, and leave a sentence. */
#define assert_fails(call, expected, err)                                                 \
    do {                                                                                  \
        lk_status got_ = (call);                                                          \
        if (got_ != (expected))                                                           \
            fail_msg("%s: %s instead of %s: %s", #call, lk_status_name(got_),             \
                     lk_status_name(expected), (err).message);                            \
        if ((err).status != (expected) || (err).message[0] == '\0')                       \
            fail_msg("%s: the error says %s \"%s\"", #call, lk_status_name((err).status), \
                     (err).message);                                                      \
    } while (0)

#define assert_contains(text, part)                                                              \
    do {                                                                                         \
        const char *text_ = (text);                                                              \
        const char *part_ = (part);                                                              \
        if (text_ == NULL || strstr(text_, part_) == NULL)                                       \
            fail_msg("\"%s\" does not contain \"%s\"", text_ == NULL ? "(null)" : text_, part_); \
    } while (0)

#define assert_lacks(text, part)                              \
    do {                                                      \
        const char *text_ = (text);                           \
        const char *part_ = (part);                           \
        if (text_ != NULL && strstr(text_, part_) != NULL)    \
            fail_msg("\"%s\" contains \"%s\"", text_, part_); \
    } while (0)

#endif
