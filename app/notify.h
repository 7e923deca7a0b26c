/* Tells the service manager how the program stands: sd_notify(3), the protocol of systemd's
 * Type=notify. One datagram to $NOTIFY_SOCKET, which is documented as stable for programs that do
 * without libsystemd; where nobody listens nothing is sent. */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include <stdint.h>

void notify_ready(void);
/* Before settings are read anew; notify_ready() once that is done. */
void notify_reloading(void);
void notify_stopping(void);
void notify_alive(void);
/* How often the manager wants to hear notify_alive(), in milliseconds; 0: it does not wait for it.
 */
int64_t notify_watchdog_ms(void);

#endif
