/* The hosted sign-in page, between its first sight and the code that goes to the program. */
#ifndef EMULATOR_SIGN_IN_H
#define EMULATOR_SIGN_IN_H

#include "authorize.h"

/* problem NULL: none; else what went wrong, for the person. */
void sign_in_show_people(exchange *self, const authorization *request, const char *problem);
/* Who they are is clear: asks into which organization where several are open, and sends the code.
 */
void sign_in_go_on(exchange *self, const authorization *request, const cJSON *user);

/* own-account.c: the person's own way, who knows a password or makes an account. */
void own_account_add_form(const exchange *self,
                          text *out); /* the password, and the way to the next */
void own_account_show_sign_up(exchange *self, const cJSON *click, const char *problem);
/* True: the click is on one of its forms, and is answered. */
bool own_account_take(exchange *self, const authorization *request, const cJSON *click);

/* The address of this page, with another screen_hint; free() it. */
char *sign_in_address(const exchange *self, const char *screen_hint);

#endif
