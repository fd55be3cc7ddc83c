/* A stack of memory in chunks: see arena.h. */
#include "base/arena.h"

#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ALIGNMENT ((size_t)64)
#define HUGE_PAGE ((size_t)2 << 20)
#define DEFAULT_CHUNK ((size_t)64 << 20)

struct cpl_arena_chunk {
    struct cpl_arena_chunk *next;
    unsigned char *data;
    size_t size;
    size_t used;
};

static size_t aligned(size_t bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

/* Chunks of a few MiB and more begin on a huge page, which saves most of the TLB misses. */
static unsigned char *chunk_memory(size_t size)
{
    unsigned char *data = NULL;
    size_t alignment = size >= 2 * HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
    if (cpl_memory_new_raw(&data, size, alignment, NULL) != CPL_OK)
        return NULL;
    if (alignment == HUGE_PAGE)
        madvise(data, size, MADV_HUGEPAGE);
    return data;
}

/* A new chunk behind `current` that holds at least `bytes`; NULL when out of memory. */
static struct cpl_arena_chunk *chunk_new(struct cpl_arena *arena, size_t bytes)
{
    size_t size = arena->chunk_bytes ? arena->chunk_bytes : DEFAULT_CHUNK;
    size = aligned(size > bytes ? size : bytes);
    struct cpl_arena_chunk *chunk = NULL;
    if (cpl_memory_new(&chunk, 1, sizeof *chunk, NULL) != CPL_OK)
        return NULL;
    chunk->data = chunk_memory(size);
    if (!chunk->data) {
        free(chunk);
        return NULL;
    }
    chunk->size = size;
    arena->reserved += size;
    if (arena->current) {
        chunk->next = arena->current->next;
        arena->current->next = chunk;
    } else {
        chunk->next = arena->first;
        arena->first = chunk;
    }
    return chunk;
}

/* The chunk that takes `bytes` more: the current one, a later one kept from before, or a new
 * one. */
static struct cpl_arena_chunk *chunk_for(struct cpl_arena *arena, size_t bytes)
{
    struct cpl_arena_chunk *chunk = arena->current;
    if (chunk && chunk->size - chunk->used >= bytes)
        return chunk;
    chunk = chunk ? chunk->next : arena->first;
    while (chunk && chunk->size < bytes)
        chunk = chunk->next;
    if (!chunk)
        chunk = chunk_new(arena, bytes);
    if (chunk)
        chunk->used = 0;
    return chunk;
}

static void count_bytes(struct cpl_arena *arena, size_t bytes)
{
    arena->used += bytes;
    if (arena->used > arena->peak)
        arena->peak = arena->used;
}

void *cpl_arena_take(struct cpl_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (!cpl_size_multiply(&bytes, count, size) || bytes > PTRDIFF_MAX / 2)
        return NULL;
    bytes = aligned(bytes ? bytes : 1);
    if (arena->counting) {
        void *address = (void *)(uintptr_t)(ALIGNMENT + arena->used);
        count_bytes(arena, bytes);
        return address;
    }
    struct cpl_arena_chunk *chunk = chunk_for(arena, bytes);
    if (!chunk)
        return NULL;
    arena->current = chunk;
    void *memory = chunk->data + chunk->used;
    chunk->used += bytes;
    count_bytes(arena, bytes);
    return memory;
}

struct cpl_arena_mark cpl_arena_mark(const struct cpl_arena *arena)
{
    return (struct cpl_arena_mark){
        .chunk = arena->current,
        .chunk_used = arena->current ? arena->current->used : 0,
        .used = arena->used,
    };
}

void cpl_arena_release(struct cpl_arena *arena, struct cpl_arena_mark mark)
{
    arena->current = mark.chunk;
    if (mark.chunk)
        mark.chunk->used = mark.chunk_used;
    arena->used = mark.used;
}

void cpl_arena_clear(struct cpl_arena *arena)
{
    struct cpl_arena_chunk *chunk = arena->first;
    while (chunk) {
        struct cpl_arena_chunk *next = chunk->next;
        free(chunk->data);
        free(chunk);
        chunk = next;
    }
    *arena = (struct cpl_arena){.chunk_bytes = arena->chunk_bytes, .counting = arena->counting};
}
