/* Who may pass; see lk_rules in latchkey/web.h. The text of a rule is read by rules.c alone. */
#ifndef LK_WEB_RULES_H
#define LK_WEB_RULES_H

#include <latchkey/web.h>

enum {
    LK__MAX_RULES = 64,      /* in one lk_rules */
    LK__MAX_CONDITIONS = 8,  /* in one rule */
    LK__MAX_RULE_TEXT = 1000 /* bytes */
};

#endif
