/* Small pieces of memory that are all freed at once: what a template or one rendering is made of. */
#ifndef CPL_CHAT_POOL_H
#define CPL_CHAT_POOL_H

#include "base/arena.h"

#include <couplet/status.h>
#include <stddef.h>

/* The zero value with `limit` set is an empty pool. */
struct cpl_pool {
    struct cpl_arena arena;
    char *free; /* the rest of the block that is being cut up */
    size_t left;
    size_t used, limit; /* bytes handed out, and the most that may be */
};

/* *out = `bytes` of zeroed memory, aligned to 16.  CPL_ERROR_INPUT beyond the limit. */
cpl_status cpl_pool_take(struct cpl_pool *pool, void *out, size_t bytes,
                         struct cpl_error *error);
void cpl_pool_clear(struct cpl_pool *pool);

#endif
