/* JSON: cJSON behind stricter rules, tables that decode objects into structs, and a writer.
 *
 * cJSON accepts more than is safe to believe, so lk__json_parse() refuses invalid UTF-8, "\u0000"
 * (it would cut the text), raw control characters in strings, trailing bytes, and nesting beyond 64
 * levels, and whatever else RFC 8259 does not allow. Look-ups are case-sensitive; of two members
 * with one name the first is found, see lk__json_duplicate(). What is freed is wiped. */
#ifndef LK_BASE_JSON_H
#define LK_BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct cJSON lk__json; /* opaque outside json.c */

/* ---- Reading ---- */

/* LK_ERR_PROTOCOL: not JSON, and where. Free *out with lk__json_free(). */
LK_MUST_CHECK lk_status lk__json_parse(const char *text, size_t len, lk__json **out, lk_error *err);
void lk__json_free(lk__json *json);
void lk__json_freep(lk__json **json);

/* All accept NULL and the wrong type, and then return NULL or false. */
bool lk__json_is_object(const lk__json *json);
bool lk__json_is_array(const lk__json *json);
bool lk__json_is_null(const lk__json *json);
const lk__json *lk__json_get(const lk__json *object, const char *name);
/* The text of a string value itself. */
const char *lk__json_string(const lk__json *json);
/* The text of a member that is a string, else NULL. */
const char *lk__json_text(const lk__json *object, const char *name);
/* The value itself: a whole number within +-2^53, a flag; NAN when it is no number. */
bool lk__json_number(const lk__json *json, int64_t *out);
bool lk__json_truth(const lk__json *json, bool *out);
double lk__json_double(const lk__json *json);
/* A member that is a whole number within +-2^53. */
bool lk__json_int64(const lk__json *object, const char *name, int64_t *out);
bool lk__json_bool(const lk__json *object, const char *name, bool *out);
/* for (item = lk__json_first(array); item; item = lk__json_next(item)); name of a member, or NULL.
 */
const lk__json *lk__json_first(const lk__json *json);
const lk__json *lk__json_next(const lk__json *item);
const char *lk__json_name(const lk__json *item);
size_t lk__json_count(const lk__json *json);
/* Whether they say the same, whatever the order of members. */
bool lk__json_equal(const lk__json *a, const lk__json *b);
/* The name that stands twice in this object, or NULL. */
const char *lk__json_duplicate(const lk__json *object);

/* Visits the members of an object, or the elements of an array (name NULL), with the bytes they
 * stood in. raw is not NUL-terminated. Parses each value, so text needs no parsing before; value is
 * NULL where lk__json_parse() would refuse it though the structure is sound, so that one bad event
 * spoils no other. A visit that fails ends it. */
typedef lk_status lk__json_visit(void *ctx, const char *name, const char *raw, size_t raw_len,
                                 const lk__json *value, lk_error *err);
LK_MUST_CHECK lk_status lk__json_each(const char *text, size_t len, lk__json_visit *visit,
                                      void *ctx, lk_error *err);

/* The same without parsing any value, for who needs but some of them. is_sound: lk__json_check() or
 * this has gone over the text already, or over one that it is a value of; or else the caller throws
 * away what was visited when this fails. */
typedef lk_status lk__json_slice_visit(void *ctx, const char *name, const char *raw, size_t raw_len,
                                       lk_error *err);
LK_MUST_CHECK lk_status lk__json_slices(const char *text, size_t len, bool is_sound,
                                        lk__json_slice_visit *visit, void *ctx, lk_error *err);
/* Both at once: checks the text as lk__json_check() does while it visits. What was visited counts
 * only when this succeeds. */
LK_MUST_CHECK lk_status lk__json_members(const char *text, size_t len, lk__json_slice_visit *visit,
                                         void *ctx, lk_error *err);
/* The text of a string that lk__json_check() went over, into the arena; NULL for another value. */
LK_MUST_CHECK lk_status lk__json_slice_text(const char *raw, size_t raw_len, lk__arena *arena,
                                            const char **out, lk_error *err);

/* ---- Decoding by table ---- */

typedef enum lk__field_kind {
    LK__TEXT,   /* const char * */
    LK__FLAG,   /* bool */
    LK__TIME,   /* int64_t, Unix milliseconds, from an ISO 8601 text */
    LK__NUMBER, /* int64_t */
    LK__JSON,   /* const char *: the value printed as JSON */
    LK__TEXTS,  /* const char *const *, with a size_t count at count_offset */
    LK__OBJECT, /* const struct *, decoded by shape */
    LK__SLUG    /* const char *: member "slug" of an object, or the text itself */
} lk__field_kind;

typedef struct lk__shape lk__shape;

typedef struct lk__field {
    const char *name; /* in the JSON */
    lk__field_kind kind;
    bool required; /* absent, null or of another type: LK_ERR_PROTOCOL names it */
    size_t offset;
    size_t count_offset;
    const lk__shape *shape;
} lk__field;

struct lk__shape {
    size_t size;
    const lk__field *fields;
    size_t n_fields;
};

#define LK__SHAPE(type, table)                                    \
    {                                                             \
        sizeof(type), (table), sizeof(table) / sizeof((table)[0]) \
    }

/* Fills *out (zeroed, of shape->size) from object; text is copied into the arena. A field of an
 * unexpected type counts as absent. LK_ERR_PROTOCOL, LK_ERR_NO_MEMORY. */
LK_MUST_CHECK lk_status lk__json_decode(const lk__json *object, const lk__shape *shape,
                                        lk__arena *arena, void *out, lk_error *err);
/* The same from a text that lk__json_check() went over, without parsing it: a fifth of the cost. */
LK_MUST_CHECK lk_status lk__json_decode_text(const char *raw, size_t raw_len,
                                             const lk__shape *shape, lk__arena *arena, void *out,
                                             lk_error *err);

/* ---- Writing ---- */

/* Prints a parsed value, compact. Whole numbers beyond 2^53 are rounded as doubles are: where that
 * matters, keep the raw bytes, see lk__json_each(). */
LK_MUST_CHECK lk_status lk__json_print(const lk__json *json, lk__buf *out, lk_error *err);

/* Writes one value after the other into a buffer and places the commas. The first failure is kept
 * in status and stops the rest, so calls need no checking: look at lk__json_end() alone. */
typedef struct lk__json_writer {
    lk__buf *out;
    lk_status status;
    bool comma;
} lk__json_writer;

#define LK__JSON_WRITER(buf) \
    {                        \
        .out = (buf)         \
    }

/* name NULL inside an array or at the top. */
void lk__json_open_object(lk__json_writer *writer, const char *name);
void lk__json_close_object(lk__json_writer *writer);
void lk__json_open_array(lk__json_writer *writer, const char *name);
void lk__json_close_array(lk__json_writer *writer);
void lk__json_put_text(lk__json_writer *writer, const char *name,
                       const char *text); /* NULL: null */
void lk__json_put_text_if(lk__json_writer *writer, const char *name,
                          const char *text); /* NULL: nothing */
void lk__json_put_number(lk__json_writer *writer, const char *name, int64_t number);
void lk__json_put_flag(lk__json_writer *writer, const char *name, bool flag);
void lk__json_put_raw(lk__json_writer *writer, const char *name, const char *json); /* NULL: null */
LK_MUST_CHECK lk_status lk__json_end(lk__json_writer *writer, lk_error *err);

#endif
