/* Heap memory with checked sizes and errors instead of NULL surprises. */
#ifndef CPL_BASE_MEMORY_H
#define CPL_BASE_MEMORY_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>

/* True and *out = a*b (a+b) unless the result does not fit a size_t; sizes from files go here. */
bool cpl_size_multiply(size_t *out, size_t a, size_t b);
bool cpl_size_add(size_t *out, size_t a, size_t b);

/* *out = zeroed memory for count*size bytes, aligned to 64; never NULL on CPL_OK, also for 0 bytes.
 * Free with free(). Errors: CPL_ERROR_SYSTEM with the size asked for. */
cpl_status cpl_memory_new(void *out, size_t count, size_t size, struct cpl_error *error);

/* The same without zeroing, for large memory that is written before it is read.  `alignment`: a power
 * of two. */
cpl_status cpl_memory_new_raw(void *out, size_t bytes, size_t alignment,
                              struct cpl_error *error);

/* Grows *array (heap, may be NULL) so that it holds at least `needed` elements of `size` bytes;
 * doubles, updates *capacity; new elements are not zeroed.  Free with free(). */
cpl_status cpl_memory_grow(void *array, size_t *capacity, size_t needed, size_t size,
                           struct cpl_error *error);

/* Heap copy of a text, of `length` bytes of it.  Free with free(). */
cpl_status cpl_text_copy(char **out, const char *text, struct cpl_error *error);
cpl_status cpl_text_copy_n(char **out, const char *text, size_t length,
                           struct cpl_error *error);
/* Heap text from a format.  Free with free(). */
cpl_status cpl_text_format(char **out, struct cpl_error *error, const char *format, ...)
    CPL_PRINTF(3, 4);

/* CPL_ERROR_SYSTEM, for what a library could not make. */
cpl_status cpl_out_of_memory(struct cpl_error *error);

/* Test support: makes the n-th allocation from now fail (0: none). Used by the fail-the-n-th tests. */
void cpl_memory_fail_at(size_t n);

#endif
