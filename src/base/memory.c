/* Heap memory: see memory.h. */
#include "base/memory.h"

#include "base/number.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t fail_countdown;

void cpl_memory_fail_at(size_t n) { fail_countdown = n; }

static bool allocation_fails(void)
{
    if (fail_countdown == 0)
        return false;
    return --fail_countdown == 0;
}

bool cpl_size_multiply(size_t *out, size_t a, size_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

bool cpl_size_add(size_t *out, size_t a, size_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

static cpl_status out_of_memory(size_t count, size_t size, struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL,
                         "out of memory: %zu x %zu bytes asked for", count, size);
}

cpl_status cpl_memory_new_raw(void *out, size_t bytes, size_t alignment,
                              struct cpl_error *error)
{
    if (bytes > PTRDIFF_MAX - alignment || allocation_fails())
        return out_of_memory(1, bytes, error);
    void *memory = aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
    if (!memory)
        return out_of_memory(1, bytes, error);
    *(void **)out = memory;
    return CPL_OK;
}

cpl_status cpl_memory_new(void *out, size_t count, size_t size, struct cpl_error *error)
{
    size_t bytes;
    if (!cpl_size_multiply(&bytes, count, size))
        return out_of_memory(count, size, error);
    cpl_status status = cpl_memory_new_raw(out, bytes, 64, error);
    if (status == CPL_OK)
        memset(*(void **)out, 0, bytes);
    return status;
}

cpl_status cpl_memory_grow(void *array, size_t *capacity, size_t needed, size_t size,
                           struct cpl_error *error)
{
    if (needed <= *capacity)
        return CPL_OK;
    size_t wanted = *capacity < 16 ? 16 : *capacity;
    while (wanted < needed)
        wanted = wanted > SIZE_MAX / 2 ? needed : wanted * 2;
    size_t bytes;
    if (!cpl_size_multiply(&bytes, wanted, size) || allocation_fails())
        return out_of_memory(wanted, size, error);
    void *memory = realloc(*(void **)array, bytes);
    if (!memory)
        return out_of_memory(wanted, size, error);
    *(void **)array = memory;
    *capacity = wanted;
    return CPL_OK;
}

cpl_status cpl_text_copy_n(char **out, const char *text, size_t length, struct cpl_error *error)
{
    char *copy = NULL;
    cpl_status status = cpl_memory_new(&copy, length + 1, 1, error);
    if (status != CPL_OK)
        return status;
    memcpy(copy, text, length);
    *out = copy;
    return CPL_OK;
}

cpl_status cpl_out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

cpl_status cpl_text_copy(char **out, const char *text, struct cpl_error *error)
{
    return cpl_text_copy_n(out, text, strlen(text), error);
}

cpl_status cpl_text_format(char **out, struct cpl_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = cpl_number_format(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return cpl_error_set(error, CPL_ERROR_INTERNAL, NULL, "cannot format a text");
    char *text = NULL;
    cpl_status status = cpl_memory_new(&text, (size_t)length + 1, 1, error);
    if (status != CPL_OK)
        return status;
    va_start(arguments, format);
    cpl_number_format(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    *out = text;
    return CPL_OK;
}
