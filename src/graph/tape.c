/* The tape's memory, its values and its records: see tape.h. */
#include "graph/tape.h"

#include "base/memory.h"
#include "base/number.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_CHUNK ((size_t)256 << 10)
#define BUFFER_ALIGNMENT 64

void cpl_tape_init(struct cpl_tape *tape, struct cpl_queue *queue, cpl_dtype activations)
{
    *tape = (struct cpl_tape){.queue = queue, .activations = activations, .recording = true};
    tape->notes.chunk_bytes = NOTES_CHUNK;
}

void cpl_tape_clear(struct cpl_tape *tape)
{
    cpl_arena_clear(&tape->storage);
    cpl_arena_clear(&tape->notes);
    free(tape->pool.free);
    tape->pool = (struct cpl_buffer_pool){0};
    tape->last = NULL;
}

void cpl_tape_reset(struct cpl_tape *tape)
{
    cpl_arena_release(&tape->storage, (struct cpl_arena_mark){0});
    cpl_arena_release(&tape->notes, (struct cpl_arena_mark){0});
    tape->pool.count = 0;
    tape->last = NULL;
    tape->next_site = 0;
    tape->queue->out_of_memory = false;
    tape->error.status = CPL_OK;
    tape->error.message[0] = '\0';
}

bool cpl_tape_failed(const struct cpl_tape *tape)
{
    return tape->error.status != CPL_OK || tape->queue->out_of_memory;
}

cpl_status cpl_tape_check(const struct cpl_tape *tape, struct cpl_error *error)
{
    if (tape->error.status != CPL_OK)
        return cpl_error_set(error, tape->error.status, NULL, "%s", tape->error.message);
    if (tape->queue->out_of_memory)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, "kernels", "out of memory");
    return CPL_OK;
}

void cpl_tape_fail(struct cpl_tape *tape, cpl_status status, const char *where,
                   const char *format, ...)
{
    char text[700];
    va_list arguments;
    va_start(arguments, format);
    cpl_number_format(text, sizeof text, format, arguments);
    va_end(arguments);
    cpl_error_set(&tape->error, status, where, "%s", text);
}

void *cpl_tape_memory(struct cpl_tape *tape, size_t count, size_t size)
{
    void *memory = cpl_tape_failed(tape) ? NULL : cpl_arena_take(&tape->notes, count, size);
    if (!memory)
        cpl_tape_fail(tape, CPL_ERROR_SYSTEM, "tape", "out of memory");
    return memory;
}

/* ---- the pool
 * -----------------------------------------------------------------------------------*/

/* The smallest free buffer of at least `bytes` and not twice as large; NULL: none. */
static void *pool_take(struct cpl_buffer_pool *pool, size_t bytes)
{
    size_t best = pool->count;
    for (size_t i = 0; i < pool->count; i++) {
        size_t size = pool->free[i].bytes;
        if (size >= bytes && size < 2 * bytes &&
            (best == pool->count || size < pool->free[best].bytes))
            best = i;
    }
    if (best == pool->count)
        return NULL;
    void *data = pool->free[best].data;
    pool->free[best] = pool->free[--pool->count];
    return data;
}

static size_t buffer_bytes(const struct cpl_tensor *buffer)
{
    size_t bytes = (size_t)(buffer->rows * buffer->cols) * cpl_dtype_bytes(buffer->dtype);
    bytes = (bytes + BUFFER_ALIGNMENT - 1) / BUFFER_ALIGNMENT * BUFFER_ALIGNMENT;
    return bytes ? bytes : BUFFER_ALIGNMENT;
}

struct cpl_tensor cpl_tape_buffer(struct cpl_tape *tape, int64_t rows, int64_t cols,
                                  cpl_dtype dtype)
{
    struct cpl_tensor buffer = cpl_tensor_of(NULL, rows, cols, dtype);
    if (cpl_tape_failed(tape))
        return buffer;
    size_t bytes = buffer_bytes(&buffer);
    buffer.data = pool_take(&tape->pool, bytes);
    if (!buffer.data)
        buffer.data = cpl_arena_take(&tape->storage, bytes, 1);
    if (!buffer.data)
        cpl_tape_fail(tape, CPL_ERROR_SYSTEM, "tape", "out of memory for [%lld, %lld] %s",
                      (long long)rows, (long long)cols, cpl_dtype_name(dtype));
    return buffer;
}

void cpl_tape_release(struct cpl_tape *tape, struct cpl_tensor *buffer)
{
    struct cpl_buffer_pool *pool = &tape->pool;
    if (!buffer->data)
        return;
    /* Without room in the list the buffer is only lost until the reset. */
    if (cpl_memory_grow(&pool->free, &pool->capacity, pool->count + 1, sizeof *pool->free,
                        NULL) == CPL_OK)
        pool->free[pool->count++] =
            (struct cpl_free_buffer){buffer->data, buffer_bytes(buffer)};
    buffer->data = NULL;
}

/* ---- values and records
 * -------------------------------------------------------------------------*/

static struct cpl_value *note_value(struct cpl_tape *tape)
{
    struct cpl_value *value = cpl_arena_take(&tape->notes, 1, sizeof *value);
    if (!value) {
        cpl_tape_fail(tape, CPL_ERROR_SYSTEM, "tape", "out of memory");
        value = &tape->no_value;
    }
    *value = (struct cpl_value){0};
    return value;
}

struct cpl_value *cpl_tape_value(struct cpl_tape *tape, int64_t rows, int64_t cols,
                                 cpl_dtype dtype, bool needs_gradient)
{
    struct cpl_value *value = note_value(tape);
    value->data = cpl_tape_buffer(tape, rows, cols, dtype);
    value->needs_gradient = needs_gradient && tape->recording;
    return value;
}

struct cpl_value *cpl_tape_leaf(struct cpl_tape *tape, struct cpl_tensor data,
                                bool needs_gradient)
{
    struct cpl_value *value = note_value(tape);
    value->data = data;
    value->needs_gradient = needs_gradient && tape->recording;
    value->kept = true; /* the caller's memory is never overwritten */
    return value;
}

struct cpl_value *cpl_tape_alias(struct cpl_tape *tape, struct cpl_value *of,
                                 bool needs_gradient)
{
    struct cpl_value *value = note_value(tape);
    value->data = of->data;
    value->needs_gradient = needs_gradient && tape->recording;
    return value;
}

void cpl_tape_drop(struct cpl_tape *tape, struct cpl_value *value)
{
    if (!tape->recording && !value->kept)
        cpl_tape_release(tape, &value->data);
}

void *cpl_tape_record(struct cpl_tape *tape, size_t size,
                      void (*backward)(struct cpl_tape *, void *))
{
    if (!tape->recording || cpl_tape_failed(tape))
        return NULL;
    struct cpl_record *record = cpl_tape_memory(tape, 1, size);
    if (!record)
        return NULL;
    memset(record, 0, size);
    record->previous = tape->last;
    record->backward = backward;
    tape->last = record;
    return record;
}

/* ---- backward
 * -----------------------------------------------------------------------------------*/

struct cpl_tensor cpl_tape_gradient(struct cpl_tape *tape, struct cpl_value *value, bool *first)
{
    *first = value->gradient.data == NULL;
    if (*first)
        value->gradient =
            cpl_tape_buffer(tape, value->data.rows, value->data.cols, value->data.dtype);
    return value->gradient;
}

void cpl_tape_give_gradient(struct cpl_tape *tape, struct cpl_value *value,
                            struct cpl_tensor *buffer)
{
    assert(buffer->rows == value->data.rows && buffer->cols == value->data.cols);
    assert(buffer->dtype == value->data.dtype);
    if (!value->needs_gradient) {
        cpl_tape_release(tape, buffer);
    } else if (!value->gradient.data) {
        value->gradient = *buffer;
        buffer->data = NULL;
    } else {
        tape->queue->kernels->add(tape->queue,
                                  &(struct cpl_add_args){.rows = buffer->rows,
                                                         .cols = buffer->cols,
                                                         .x = buffer->data,
                                                         .x_stride = buffer->stride,
                                                         .y = value->gradient.data,
                                                         .y_stride = value->gradient.stride,
                                                         .dtype = buffer->dtype});
        cpl_tape_release(tape, buffer);
    }
}

cpl_status cpl_tape_backward(struct cpl_tape *tape, struct cpl_error *error)
{
    while (tape->last && !cpl_tape_failed(tape)) {
        struct cpl_record *record = tape->last;
        tape->last = record->previous;
        record->backward(tape, record);
    }
    return cpl_tape_check(tape, error);
}
