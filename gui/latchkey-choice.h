/* A combo row's words beside the values that they stand for. The first stands for any: NULL. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

typedef struct LatchkeyChoice {
    AdwComboRow *row;  /* borrowed */
    GPtrArray *values; /* char *, as many as the row has words */
} LatchkeyChoice;

/* any: the words of the first. */
void latchkey_choice_init(LatchkeyChoice *self, AdwComboRow *row, const char *any);
void latchkey_choice_clear(LatchkeyChoice *self);

/* One more, behind the others. */
void latchkey_choice_add(LatchkeyChoice *self, const char *words, const char *value);
/* Leaves the first one alone, and the chosen one: that stays even where it is added no more. */
void latchkey_choice_begin_anew(LatchkeyChoice *self);

/* NULL: any. Borrowed until the next change. */
const char *latchkey_choice_get(const LatchkeyChoice *self);
/* One that is not there is added; words NULL: it speaks for itself. */
void latchkey_choice_set(LatchkeyChoice *self, const char *value, const char *words);

G_END_DECLS
