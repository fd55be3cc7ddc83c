/* JSON lines: objects with a "text" or a "content", or bare texts. */
#include "base/json_file.h"
#include "base/try.h"
#include "corpus/formats.h"

#include <stdio.h>
#include <stdlib.h>

static const size_t line_limit = (size_t)256 << 20;

/* The text of one line's value, borrowed from it; NULL if it has none. */
static const char *text_of(const json_t *value, size_t *length)
{
    static const char *const keys[] = {"text", "content"};
    const json_t *text = json_is_string(value) ? value : NULL;
    for (size_t i = 0; !text && i < sizeof keys / sizeof *keys; i++)
        text = json_object_get(value, keys[i]);
    if (!json_is_string(text))
        return NULL;
    *length = json_string_length(text);
    return json_string_value(text);
}

static cpl_status put_line(struct cpl_reading *reading, const char *line, size_t length,
                           struct cpl_error *error)
{
    char where[600];
    char *clean = NULL;
    size_t n_clean = 0;
    json_t *value = NULL;
    CPL_TRY(cpl_reading_clean(reading, &clean, &n_clean, line, length, reading->line, error));
    if (!clean)
        return CPL_OK;
    snprintf(where, sizeof where, "%s:%llu", reading->stream.input.path,
             (unsigned long long)reading->line);
    size_t n_text = 0;
    const char *text = NULL;
    cpl_status status =
        cpl_json_parse(&value, clean, n_clean, where, JSON_ALLOW_NUL | JSON_DECODE_ANY, error);
    if (status == CPL_OK)
        text = text_of(value, &n_text);
    if (text)
        status = cpl_reading_put(reading, text, n_text, reading->line, error);
    else if (status == CPL_OK)
        status = cpl_reading_error(reading, reading->line, error,
                                   "expected an object with a \"text\" or \"content\"");
    json_decref(value);
    free(clean);
    return status;
}

cpl_status cpl_read_jsonl(struct cpl_reading *reading, struct cpl_error *error)
{
    const char *line = NULL;
    size_t length = 0;
    for (;;) {
        CPL_TRY(cpl_reading_line(reading, &line, &length, line_limit, error));
        if (!line)
            return CPL_OK;
        if (reading->line_goes_on)
            return cpl_reading_error(reading, reading->line, error, "line longer than 256 MiB");
        size_t begin = 0;
        while (begin < length && (line[begin] == ' ' || line[begin] == '\r'))
            begin++;
        if (begin < length)
            CPL_TRY(put_line(reading, line, length, error));
    }
}
