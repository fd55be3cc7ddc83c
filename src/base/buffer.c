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

void cpl_buffer_add_byte(struct cpl_buffer *buffer, char byte)
{
    cpl_buffer_add(buffer, &byte, 1);
}

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

size_t cpl_buffer_utf8_length(const char *bytes, size_t length)
{
    const unsigned char *text = (const unsigned char *)bytes;
    static const unsigned char second_min[] = {[0xE0] = 0xA0, [0xF0] = 0x90};
    unsigned char lead = text[0];
    size_t wanted = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (lead > 0xF4 || wanted == 0 || wanted > length)
        return 0;
    if (wanted == 1)
        return 1;
    unsigned char minimum =
        lead < sizeof second_min && second_min[lead] ? second_min[lead] : 0x80;
    unsigned char maximum = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < minimum || text[1] > maximum)
        return 0;
    for (size_t i = 2; i < wanted; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return wanted;
}

static void add_json_escape(struct cpl_buffer *buffer, unsigned char byte)
{
    static const char special[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *found = byte ? strchr(special, byte) : NULL;
    if (found)
        cpl_buffer_format(buffer, "\\%c", letter[found - special]);
    else if (byte < 0x20)
        cpl_buffer_format(buffer, "\\u%04x", byte);
    else
        cpl_buffer_add_text(buffer, "\xEF\xBF\xBD"); /* U+FFFD for a byte that is not UTF-8 */
}

void cpl_buffer_add_json_string(struct cpl_buffer *buffer, const char *text, size_t length)
{
    size_t plain = 0; /* where the run of bytes that are copied as they are begins */
    cpl_buffer_add_byte(buffer, '"');
    for (size_t i = 0; i < length;) {
        unsigned char byte = (unsigned char)text[i];
        size_t step = cpl_buffer_utf8_length(text + i, length - i);
        if (step > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
            i += step;
            continue;
        }
        cpl_buffer_add(buffer, text + plain, i - plain);
        add_json_escape(buffer, byte);
        plain = ++i;
    }
    cpl_buffer_add(buffer, text + plain, length - plain);
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
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL,
                             "out of memory after %zu bytes of text", buffer->length);
    return cpl_error_set(error, buffer->status, NULL, "cannot format a text");
}
