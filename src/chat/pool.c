/* Memory that is freed at once: see pool.h. */
#include "chat/pool.h"

#include <stdint.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)16 << 10)

cpl_status cpl_pool_take(struct cpl_pool *pool, void *out, size_t bytes,
                         struct cpl_error *error)
{
    if (bytes > pool->limit - pool->used)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "the chat template needs more than %zu bytes of memory",
                             pool->limit);
    size_t rounded = (bytes + 15) & ~(size_t)15;
    if (rounded > pool->left) {
        size_t block = rounded > BLOCK_BYTES / 4 ? rounded : BLOCK_BYTES;
        pool->arena.chunk_bytes = BLOCK_BYTES * 4;
        char *memory = cpl_arena_take(&pool->arena, 1, block);
        if (!memory)
            return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL,
                                 "out of memory: %zu bytes asked for", block);
        if (block == rounded) { /* large pieces leave the block in use alone */
            pool->used += bytes;
            memset(memory, 0, bytes);
            *(void **)out = memory;
            return CPL_OK;
        }
        pool->free = memory;
        pool->left = block;
    }
    memset(pool->free, 0, rounded);
    *(void **)out = pool->free;
    pool->free += rounded;
    pool->left -= rounded;
    pool->used += bytes;
    return CPL_OK;
}

void cpl_pool_clear(struct cpl_pool *pool)
{
    cpl_arena_clear(&pool->arena);
    *pool = (struct cpl_pool){.limit = pool->limit};
}
