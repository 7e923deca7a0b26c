/* Standard input, whole and with a limit. */
#ifndef APP_INPUT_H
#define APP_INPUT_H

#include <latchkey/error.h>
#include <stdio.h>

/* Reads to the end; *out is also NUL-terminated. LK_ERR_INVALID beyond max bytes. Free *out with
 * free(). */
LK_MUST_CHECK lk_status read_input(FILE *in, size_t max, char **out, size_t *out_len,
                                   lk_error *err);
/* The same for text: refuses NUL bytes, drops line ends and blanks at the end. Free with
 * free_secretp(). */
LK_MUST_CHECK lk_status read_input_text(FILE *in, size_t max, char **out, lk_error *err);

#endif
