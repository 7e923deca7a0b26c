/* A PostgreSQL server of the test program's own: a cluster in a temporary folder, on a Unix socket
 * only, gone when the program ends, however it ends. */
#ifndef LK_TESTS_POSTGRES_KIT_H
#define LK_TESTS_POSTGRES_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define POSTGRES_URL_SIZE 160

/* Starts the server at the first call. Where PostgreSQL is not installed the program ends as
 * skipped (77); where it does not start, it ends with its log. */
void postgres_start(void);
/* An empty database, and its URL. */
void postgres_make_database(char url[POSTGRES_URL_SIZE]);
/* Whoever is connected to it loses the connection. */
void postgres_drop_database(const char *url);
/* The URL with the values of host and database in it changed, or a role named; NULL: as it is. */
void postgres_url(char out[POSTGRES_URL_SIZE], const char *role, const char *database);
/* The same database by way of a port of 127.0.0.1 (cut-proxy.h), under a name that the server sees.
 * path: the socket that such a proxy leads to. */
void postgres_url_by_port(char out[POSTGRES_URL_SIZE], const char *url, int port, const char *name);
void postgres_socket(char path[108]);
/* Kills the server at once, as a crash would; postgres_restart() starts it on what is left. */
void postgres_kill(void);
void postgres_restart(void);

#endif
