/* Memory that runs out on request; see failing-malloc.h. */
#include "failing-malloc.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <stddef.h>
#include <stdlib.h>

/* The linker gives these names to the functions it wraps: ld(1), --wrap. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

static long remaining; /* 0: not armed */
static bool for_good;
static bool failed;

static bool fails_now(void)
{
    if (remaining == 0 || --remaining > 0)
        return false;
    failed = true;
    remaining = for_good ? 1 : 0;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails_now() ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
    return fails_now() ? NULL : __real_strndup(text, len);
}

static void arm(long n, bool all_after)
{
    cJSON_Hooks hooks = { .malloc_fn = __wrap_malloc, .free_fn = free };

    cJSON_InitHooks(&hooks);
    remaining = n;
    for_good = all_after;
    failed = false;
}

void failing_malloc_arm(long n)
{
    arm(n, false);
}

void failing_malloc_arm_for_good(long n)
{
    arm(n, true);
}

bool failing_malloc_disarm(void)
{
    cJSON_InitHooks(NULL);
    remaining = 0;
    return failed;
}

/* ---- mbedTLS: a shared library, whose own calls of calloc() no linker can redirect ---- */

int __real_mbedtls_md_setup(mbedtls_md_context_t *ctx, const mbedtls_md_info_t *info, int hmac);
int __wrap_mbedtls_md_setup(mbedtls_md_context_t *ctx, const mbedtls_md_info_t *info, int hmac);
int __real_mbedtls_md_hmac(const mbedtls_md_info_t *info, const unsigned char *key, size_t key_len,
                           const unsigned char *data, size_t len, unsigned char *out);
int __wrap_mbedtls_md_hmac(const mbedtls_md_info_t *info, const unsigned char *key, size_t key_len,
                           const unsigned char *data, size_t len, unsigned char *out);
int __real_mbedtls_pk_setup(mbedtls_pk_context *ctx, const mbedtls_pk_info_t *info);
int __wrap_mbedtls_pk_setup(mbedtls_pk_context *ctx, const mbedtls_pk_info_t *info);
int __real_mbedtls_rsa_complete(mbedtls_rsa_context *ctx);
int __wrap_mbedtls_rsa_complete(mbedtls_rsa_context *ctx);
int __real_mbedtls_pk_verify(mbedtls_pk_context *ctx, mbedtls_md_type_t type,
                             const unsigned char *hash, size_t hash_len,
                             const unsigned char *signature, size_t signature_len);
int __wrap_mbedtls_pk_verify(mbedtls_pk_context *ctx, mbedtls_md_type_t type,
                             const unsigned char *hash, size_t hash_len,
                             const unsigned char *signature, size_t signature_len);

int __wrap_mbedtls_md_setup(mbedtls_md_context_t *ctx, const mbedtls_md_info_t *info, int hmac)
{
    return fails_now() ? MBEDTLS_ERR_MD_ALLOC_FAILED : __real_mbedtls_md_setup(ctx, info, hmac);
}

int __wrap_mbedtls_md_hmac(const mbedtls_md_info_t *info, const unsigned char *key, size_t key_len,
                           const unsigned char *data, size_t len, unsigned char *out)
{
    return fails_now() ? MBEDTLS_ERR_MD_ALLOC_FAILED
                       : __real_mbedtls_md_hmac(info, key, key_len, data, len, out);
}

int __wrap_mbedtls_pk_setup(mbedtls_pk_context *ctx, const mbedtls_pk_info_t *info)
{
    return fails_now() ? MBEDTLS_ERR_PK_ALLOC_FAILED : __real_mbedtls_pk_setup(ctx, info);
}

int __wrap_mbedtls_rsa_complete(mbedtls_rsa_context *ctx)
{
    return fails_now() ? MBEDTLS_ERR_RSA_BAD_INPUT_DATA + MBEDTLS_ERR_MPI_ALLOC_FAILED
                       : __real_mbedtls_rsa_complete(ctx);
}

int __wrap_mbedtls_pk_verify(mbedtls_pk_context *ctx, mbedtls_md_type_t type,
                             const unsigned char *hash, size_t hash_len,
                             const unsigned char *signature, size_t signature_len)
{
    return fails_now()
               ? MBEDTLS_ERR_RSA_PUBLIC_FAILED + MBEDTLS_ERR_MPI_ALLOC_FAILED
               : __real_mbedtls_pk_verify(ctx, type, hash, hash_len, signature, signature_len);
}
