/* A stack of memory: bump allocation in large chunks, marks to go back to, one clear at the end.
 *
 *     chunk 0                      chunk 1 (made when 0 was full; kept and reused afterwards)
 *     [ a | b | mark> c | d ... ]  [ e | f | ...free... ]
 *
 * After the first step of a training no chunk is made any more: a step allocates nothing. */
#ifndef CPL_BASE_ARENA_H
#define CPL_BASE_ARENA_H

#include <couplet/status.h>
#include <stddef.h>

struct cpl_arena_chunk;
struct cpl_arena {
    struct cpl_arena_chunk *first;
    struct cpl_arena_chunk *current;
    size_t used;        /* bytes in use now, over all chunks */
    size_t peak;        /* largest `used` so far */
    size_t reserved;    /* bytes of all chunks */
    size_t chunk_bytes; /* size of further chunks; 0: 64 MiB */
    int counting;       /* only counts: returned pointers must not be touched (dry run) */
};
struct cpl_arena_mark {
    struct cpl_arena_chunk *chunk;
    size_t chunk_used;
    size_t used;
};

/* Memory aligned to 64 bytes, not zeroed; NULL only when out of memory. */
void *cpl_arena_take(struct cpl_arena *arena, size_t count, size_t size);
struct cpl_arena_mark cpl_arena_mark(const struct cpl_arena *arena);
void cpl_arena_release(struct cpl_arena *arena, struct cpl_arena_mark mark);
void cpl_arena_clear(struct cpl_arena *arena); /* frees all chunks */

#endif
