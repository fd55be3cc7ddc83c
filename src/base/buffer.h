/* A growable run of bytes, always followed by a NUL that is not counted; sticky on failure. */
#ifndef CPL_BASE_BUFFER_H
#define CPL_BASE_BUFFER_H

#include <couplet/status.h>
#include <stddef.h>

/* Zero value is an empty buffer.  Once an append has failed, `status` stays set and further appends
 * do nothing, so that a writer checks once at its end with cpl_buffer_check. */
struct cpl_buffer {
    char *data; /* NULL while nothing was appended */
    size_t length;
    size_t capacity;
    cpl_status status;
};

void cpl_buffer_add(struct cpl_buffer *buffer, const void *data, size_t length);
void cpl_buffer_add_text(struct cpl_buffer *buffer, const char *text);
void cpl_buffer_add_byte(struct cpl_buffer *buffer, char byte);
void cpl_buffer_format(struct cpl_buffer *buffer, const char *format, ...) CPL_PRINTF(2, 3);
/* Bytes of the well-formed UTF-8 sequence that `bytes`, at least one, begin with (RFC 3629), or 0. */
size_t cpl_buffer_utf8_length(const char *bytes, size_t length);
/* Appends `text` as a JSON string literal with its quotes; bytes that are not UTF-8 become U+FFFD. */
void cpl_buffer_add_json_string(struct cpl_buffer *buffer, const char *text, size_t length);
/* Keeps the memory, drops the content. */
void cpl_buffer_reset(struct cpl_buffer *buffer);
void cpl_buffer_clear(struct cpl_buffer *buffer); /* frees */
cpl_status cpl_buffer_check(const struct cpl_buffer *buffer, struct cpl_error *error);

#endif
