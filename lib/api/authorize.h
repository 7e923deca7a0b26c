/* What the addresses of both kinds of sign-in have in common. Pure. */
#ifndef LK_API_AUTHORIZE_H
#define LK_API_AUTHORIZE_H

#include "api/client.h"
#include "http/url.h"

/* For the provider behind WorkOS. */
typedef struct lk__provider_wishes {
    const char *const *scopes;
    size_t n_scopes;
    const lk_parameter *parameters;
    size_t n_parameters;
} lk__provider_wishes;

/* The address with the query and the wishes, as text of its own. LK_ERR_INVALID: a wish without a
 * name or value, or an address that no browser would open for its length. */
LK_MUST_CHECK lk_status lk__authorization_url(const lk_client *client, const char *const *path,
                                              const lk__pair *query, size_t n_query,
                                              const lk__provider_wishes *wishes, char **out,
                                              lk_error *err);

#endif
