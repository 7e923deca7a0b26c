/* Latchkey: sign-in and directory sync with WorkOS for programs written in C.
 *
 * The umbrella of all public headers but <latchkey/gate.h>, which belongs to a library of its own
 * (liblatchkey-civetweb). Calls are lk_noun_verb(object, inputs, out, err): they return a status,
 * write *out on LK_OK only, and fill an error lent by the caller. */
#ifndef LATCHKEY_H
#define LATCHKEY_H

#include <latchkey/api-key.h>
#include <latchkey/authkit.h>
#include <latchkey/client.h>
#include <latchkey/consumer.h>
#include <latchkey/device.h>
#include <latchkey/error.h>
#include <latchkey/events.h>
#include <latchkey/forward.h>
#include <latchkey/history.h>
#include <latchkey/loopback.h>
#include <latchkey/mirror.h>
#include <latchkey/reconcile.h>
#include <latchkey/session.h>
#include <latchkey/sso.h>
#include <latchkey/version.h>
#include <latchkey/web.h>

#endif
