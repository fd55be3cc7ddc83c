/* A growable run of bytes: see buffer.h. */
#include "base/buffer.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and a NUL; false once the buffer has failed. */
static bool make_room(struct cpl_buffer *buffer, size_t more)
{
    if (buffer->status != CPL_OK)
        return false;
    size_t needed;
    if (!cpl_size_add(&needed, buffer->length, more) || !cpl_size_add(&needed, needed, 1))
        buffer->status = CPL_ERROR_SYSTEM;
    else
        buffer->status = cpl_memory_grow(&buffer->data, &buffer->capacity, needed, 1, NULL);
    return buffer->status == CPL_OK;
}

void cpl_buffer_add(struct cpl_buffer *buffer, const void *data, size_t length)
{
    if (!make_room(buffer, length))
        return;
    if (length)
        memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
    buffer->data[buffer->length] = 0;
}

void cpl_buffer_add_text(struct cpl_buffer *buffer, const char *text)
{
    cpl_buffer_add(buffer, text, strlen(text));
}

void cpl_buffer_add_byte(struct cpl_buffer *buffer, char byte) { cpl_buffer_add(buffer, &byte, 1); }

void cpl_buffer_format(struct cpl_buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = cpl_number_format(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->status = buffer->status == CPL_OK ? CPL_ERROR_INTERNAL : buffer->status;
        return;
    }
    if (!make_room(buffer, (size_t)length))
        return;
    va_start(arguments, format);
    cpl_number_format(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

void cpl_buffer_add_json_string(struct cpl_buffer *buffer, const char *text, size_t length)
{
    static const char special[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    size_t begin = 0;
    cpl_buffer_add_byte(buffer, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        cpl_buffer_add(buffer, text + begin, i - begin);
        begin = i + 1;
        const char *found = byte ? strchr(special, byte) : NULL;
        if (found)
            cpl_buffer_format(buffer, "\\%c", letter[found - special]);
        else
            cpl_buffer_format(buffer, "\\u%04x", byte);
    }
    cpl_buffer_add(buffer, text + begin, length - begin);
    cpl_buffer_add_byte(buffer, '"');
}

void cpl_buffer_reset(struct cpl_buffer *buffer)
{
    buffer->length = 0;
    if (buffer->data)
        buffer->data[0] = 0;
}

void cpl_buffer_clear(struct cpl_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct cpl_buffer){0};
}

cpl_status cpl_buffer_check(const struct cpl_buffer *buffer, struct cpl_error *error)
{
    if (buffer->status == CPL_OK)
        return CPL_OK;
    if (buffer->status == CPL_ERROR_SYSTEM)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory after %zu bytes of text",
                             buffer->length);
    return cpl_error_set(error, buffer->status, NULL, "cannot format a text");
}
