/* Cleaning: repair of bad UTF-8, control characters, line ends, Unicode normal forms (UAX #15).
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"

#include <couplet/text.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* Length of a terminal's control sequence, ESC [ parameters letter (ECMA-48), or 0. */
static size_t control_sequence_length(const char *text, size_t length)
{
    if (length < 3 || text[0] != '\x1b' || text[1] != '[')
        return 0;
    size_t at = 2;
    while (at < length && text[at] >= 0x20 && text[at] <= 0x3F)
        at++;
    return at < length && text[at] >= 0x40 && text[at] <= 0x7E ? at + 1 : 0;
}

/* Bytes of the control character or sequence at the start of `text`, 0 if there is none. */
static size_t control_length(const char *text, size_t length)
{
    unsigned char byte = (unsigned char)text[0];
    if (byte == 0x1B) {
        size_t sequence = control_sequence_length(text, length);
        return sequence ? sequence : 1;
    }
    if (byte < 0x20)
        return byte != '\n' && byte != '\t';
    if (byte == 0x7F)
        return 1;
    bool is_c1 = byte == 0xC2 && length > 1 && (unsigned char)text[1] < 0xA0;
    return is_c1 ? 2 : 0;
}

/* Appends valid UTF-8 without control characters and with LF as the only line end. */
static void add_without_controls(struct cpl_buffer *out, const char *text, size_t length)
{
    size_t begin = 0;
    for (size_t at = 0; at < length;) {
        size_t skip = control_length(text + at, length - at);
        if (skip == 0) {
            at++;
            continue;
        }
        cpl_buffer_add(out, text + begin, at - begin);
        if (text[at] == '\r' && (at + 1 == length || text[at + 1] != '\n'))
            cpl_buffer_add_byte(out, '\n');
        at += skip;
        begin = at;
    }
    cpl_buffer_add(out, text + begin, length - begin);
}

static void add_repaired(struct cpl_buffer *out, size_t *n_repaired, const char *text,
                         size_t length)
{
    size_t at = 0;
    while (at < length) {
        size_t valid = cpl_utf8_valid_prefix(text + at, length - at);
        add_without_controls(out, text + at, valid);
        at += valid;
        if (at == length)
            break;
        cpl_buffer_add(out, "\xEF\xBF\xBD", 3);
        *n_repaired += 1;
        at += cpl_utf8_bad_length(text + at, length - at);
    }
}

/* True for characters that a normal form never changes and that never combine with a neighbour;
 * the common ones only, all others take the long way. */
static bool is_stable(uint32_t code, enum cpl_unicode_form form)
{
    if (code < 0x80)
        return true;
    if (code >= 0x3400 && code <= 0x9FFF && (code < 0x4DC0 || code >= 0x4E00))
        return true;
    if (code >= 0x3001 && code <= 0x3029)
        return true;
    if (form == CPL_FORM_NFKC)
        return false;
    return code < 0x300 || (code >= 0x2010 && code <= 0x2070) || code == 0x3000 ||
           (code >= 0xFF01 && code <= 0xFFEE);
}

static bool is_normal(const char *text, size_t length, enum cpl_unicode_form form)
{
    for (size_t at = 0; at < length;)
        if (!is_stable(cpl_utf8_next(text, &at), form))
            return false;
    return true;
}

static cpl_status add_normalised(struct cpl_buffer *out, const char *text, size_t length,
                                 enum cpl_unicode_form form, struct cpl_error *error)
{
    utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    if (form == CPL_FORM_NFKC)
        options |= UTF8PROC_COMPAT;
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text,
                                         (utf8proc_ssize_t)length, &mapped, options);
    if (size == UTF8PROC_ERROR_NOMEM)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL,
                             "out of memory: normalising %zu bytes", length);
    if (size < 0)
        return cpl_error_set(error, CPL_ERROR_INTERNAL, NULL, "cannot normalise a text: %s",
                             utf8proc_errmsg(size));
    cpl_buffer_add(out, mapped, (size_t)size);
    free(mapped);
    return CPL_OK;
}

/* Line by line, as no form reaches over a line feed: keeps the long way short. */
static cpl_status normalise(struct cpl_buffer *out, const struct cpl_buffer *in,
                            enum cpl_unicode_form form, struct cpl_error *error)
{
    for (size_t begin = 0; begin < in->length;) {
        const char *line = in->data + begin;
        const char *feed = memchr(line, '\n', in->length - begin);
        size_t length = feed ? (size_t)(feed - line) + 1 : in->length - begin;
        if (is_normal(line, length, form))
            cpl_buffer_add(out, line, length);
        else
            CPL_TRY(add_normalised(out, line, length, form, error));
        begin += length;
    }
    return CPL_OK;
}

cpl_status cpl_text_clean(char **out, size_t *out_length, size_t *n_repaired, const char *text,
                          size_t length, enum cpl_unicode_form form, struct cpl_error *error)
{
    struct cpl_buffer clean = {0};
    struct cpl_buffer normal = {0};
    struct cpl_buffer *result = &clean;
    size_t repaired = 0;
    cpl_status status = CPL_OK;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    add_repaired(&clean, &repaired, text, length);
    CPL_TRY_GOTO(cpl_buffer_check(&clean, error));
    if (form != CPL_FORM_NONE && clean.length > 0) {
        CPL_TRY_GOTO(normalise(&normal, &clean, form, error));
        CPL_TRY_GOTO(cpl_buffer_check(&normal, error));
        result = &normal;
    }
    if (!result->data) {
        CPL_TRY_GOTO(cpl_text_copy(out, "", error));
    } else {
        *out = result->data;
        result->data = NULL;
    }
    *out_length = result->length;
    if (n_repaired)
        *n_repaired = repaired;
done:
    free(clean.data);
    free(normal.data);
    return status;
}
