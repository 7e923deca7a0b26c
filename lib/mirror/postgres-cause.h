/* What PostgreSQL's codes mean to who reads the message. */
#ifndef LK_MIRROR_POSTGRES_CAUSE_H
#define LK_MIRROR_POSTGRES_CAUSE_H

/* code: an SQLSTATE, or NULL. Never NULL. */
const char *lk__postgres_cause(const char *code);

#endif
