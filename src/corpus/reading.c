/* One file on its way into a corpus: see reading.h. */
#include "corpus/reading.h"

#include "base/memory.h"
#include "base/try.h"

#include <couplet/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const size_t whole_file_max = (size_t)256 << 20;

cpl_status cpl_reading_open(struct cpl_reading *reading, const char *path,
                            struct cpl_error *error)
{
    CPL_TRY(cpl_byte_stream_open(&reading->stream, path, error));
    cpl_status status = cpl_memory_new(&reading->block, CPL_STREAM_BLOCK, 1, error);
    if (status != CPL_OK)
        cpl_byte_stream_close(&reading->stream);
    return status;
}

void cpl_reading_close(struct cpl_reading *reading)
{
    cpl_byte_stream_close(&reading->stream);
    cpl_buffer_clear(&reading->line_text);
    free(reading->block);
    reading->block = NULL;
    reading->at = reading->length = 0;
    reading->n_bytes = reading->line = 0;
    reading->line_goes_on = false;
}

static cpl_status refill(struct cpl_reading *reading, struct cpl_error *error)
{
    CPL_TRY(cpl_byte_stream_read(&reading->stream, reading->block, CPL_STREAM_BLOCK,
                                 &reading->length, error));
    reading->at = 0;
    reading->n_bytes += reading->length;
    return CPL_OK;
}

cpl_status cpl_reading_line(struct cpl_reading *reading, const char **line, size_t *length,
                            size_t limit, struct cpl_error *error)
{
    struct cpl_buffer *text = &reading->line_text;
    bool whole = false;
    cpl_buffer_reset(text);
    *line = NULL;
    if (!reading->line_goes_on)
        reading->line++;
    while (!whole && text->length < limit) {
        if (reading->at == reading->length)
            CPL_TRY(refill(reading, error));
        if (reading->length == 0)
            break;
        const char *begin = reading->block + reading->at;
        size_t left = reading->length - reading->at;
        size_t room = limit - text->length;
        size_t n = left < room ? left : room;
        const char *feed = memchr(begin, '\n', n);
        whole = feed != NULL;
        n = feed ? (size_t)(feed - begin) : n;
        cpl_buffer_add(text, begin, n);
        reading->at += whole ? n + 1 : n;
    }
    CPL_TRY(cpl_buffer_check(text, error));
    reading->line_goes_on = !whole && text->length == limit;
    if (whole || text->length > 0)
        *line = text->data;
    *length = text->length;
    return CPL_OK;
}

cpl_status cpl_reading_all(struct cpl_reading *reading, struct cpl_buffer *content,
                           struct cpl_error *error)
{
    do {
        CPL_TRY(refill(reading, error));
        cpl_buffer_add(content, reading->block, reading->length);
        if (content->length > whole_file_max)
            return cpl_error_set(
                error, CPL_ERROR_INPUT, reading->stream.input.path,
                "larger than %zu MiB: split it, or make it txt or jsonl, which are "
                "read piece by piece",
                whole_file_max >> 20);
    } while (reading->length > 0);
    return cpl_buffer_check(content, error);
}

cpl_status cpl_reading_error(const struct cpl_reading *reading, uint64_t line,
                             struct cpl_error *error, const char *what)
{
    char where[600];
    snprintf(where, sizeof where, "%s:%llu", reading->stream.input.path,
             (unsigned long long)line);
    return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s", what);
}

/* Says where the first bad byte is, and what looks wrong with the file as a whole. */
static cpl_status bad_text_error(const struct cpl_reading *reading, const char *bytes,
                                 size_t valid, size_t n_bytes, uint64_t first_line,
                                 struct cpl_error *error)
{
    char what[200];
    uint64_t line = first_line;
    size_t column = 0;
    for (size_t i = 0; i < valid; i++) {
        column = bytes[i] == '\n' ? 0 : column + 1;
        line += bytes[i] == '\n';
    }
    bool utf16 = n_bytes >= 2 &&
                 (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0);
    snprintf(what, sizeof what, "not UTF-8%s: byte %02X at byte %zu of the line",
             utf16 ? " but UTF-16" : "", (unsigned char)bytes[valid], column + 1);
    return cpl_reading_error(reading, line, error, what);
}

cpl_status cpl_reading_clean(struct cpl_reading *reading, char **text, size_t *length,
                             const char *bytes, size_t n_bytes, uint64_t first_line,
                             struct cpl_error *error)
{
    *text = NULL;
    size_t valid = cpl_utf8_valid_prefix(bytes, n_bytes);
    if (valid < n_bytes && reading->on_bad_text == CPL_BAD_TEXT_ERROR)
        return bad_text_error(reading, bytes, valid, n_bytes, first_line, error);
    if (valid < n_bytes && reading->on_bad_text == CPL_BAD_TEXT_SKIP) {
        reading->dropped[CPL_DROP_documents_bad_text]++;
        return CPL_OK;
    }
    size_t n_repaired = 0;
    CPL_TRY(cpl_text_clean(text, length, &n_repaired, bytes, n_bytes, CPL_FORM_NONE, error));
    if (n_repaired * 10 > cpl_utf8_count(*text, *length)) {
        reading->dropped[CPL_DROP_documents_garbled]++;
        free(*text);
        *text = NULL;
        return CPL_OK;
    }
    reading->n_repaired += n_repaired;
    return CPL_OK;
}

cpl_status cpl_reading_put(struct cpl_reading *reading, const char *bytes, size_t n_bytes,
                           uint64_t first_line, struct cpl_error *error)
{
    char *text = NULL;
    size_t length = 0;
    CPL_TRY(cpl_reading_clean(reading, &text, &length, bytes, n_bytes, first_line, error));
    if (!text)
        return CPL_OK;
    cpl_status status = reading->put(reading->context, text, length, error);
    free(text);
    return status;
}
