/* Reading files of documents: see documents.h. */
#include "base/json_file.h"
#include "base/try.h"
#include "corpus/documents.h"
#include "corpus/reading.h"

#include <stdio.h>

static const size_t line_limit = (size_t)1 << 30;

static cpl_status visit_line(const char *path, uint64_t index, const char *line, size_t length,
                             cpl_document_visitor *visit, void *context,
                             struct cpl_error *error)
{
    char where[600];
    json_t *value = NULL;
    snprintf(where, sizeof where, "%s:%llu", path, (unsigned long long)index + 1);
    CPL_TRY(cpl_json_parse(&value, line, length, where, JSON_ALLOW_NUL, error));
    const json_t *text = json_object_get(value, "text");
    cpl_status status;
    if (json_is_string(text))
        status =
            visit(context, index, json_string_value(text), json_string_length(text), error);
    else
        status =
            cpl_error_set(error, CPL_ERROR_INPUT, where, "expected an object with a \"text\"");
    json_decref(value);
    return status;
}

cpl_status cpl_documents_each(const char *path, cpl_document_visitor *visit, void *context,
                              struct cpl_error *error)
{
    struct cpl_reading reading = {0};
    const char *line = NULL;
    size_t length = 0;
    cpl_status status;
    CPL_TRY(cpl_reading_open(&reading, path, error));
    for (uint64_t index = 0;; index++) {
        CPL_TRY_GOTO(cpl_reading_line(&reading, &line, &length, line_limit, error));
        if (!line)
            break;
        CPL_TRY_GOTO(visit_line(path, index, line, length, visit, context, error));
    }
done:
    cpl_reading_close(&reading);
    return status;
}
