/* Memory that runs out on request: one allocation fails, those before and after succeed. Counts
 * what our own code asks for (malloc, calloc, realloc, strdup, strndup), what cJSON does, and the
 * calls of mbedTLS that allocate; other libraries are not touched.
 * Only for programs in the list malloc_tests of tests/meson.build, which link with --wrap. */
#ifndef LK_TESTS_FAILING_MALLOC_H
#define LK_TESTS_FAILING_MALLOC_H

#include <stdbool.h>

/* The n-th allocation from now fails; 1 is the next. One thread at a time. */
void failing_malloc_arm(long n);
/* The n-th and all after it fail. */
void failing_malloc_arm_for_good(long n);
/* Ends it. Whether an allocation has failed: when not, the code under test makes fewer than n. */
bool failing_malloc_disarm(void);

#endif
