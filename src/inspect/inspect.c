/* Finding out what a path is: see <couplet/inspect.h>. */
#include "inspect/inspect.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"

#include <couplet/inspect.h>
#include <couplet/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef cpl_status describer(json_t *out, const char *path, struct cpl_error *error);

/* A directory is what it holds; the first that fits. */
static const struct {
    const char *file, *kind;
    describer *describe;
} directories[] = {
    {"config.json", "model", cpl_inspect_model},
    {"corpus.json", "corpus", cpl_inspect_corpus},
    {"config.yaml", "run", cpl_inspect_run},
    {"tokenizer.json", "tokenizer", cpl_inspect_tokenizer},
    {"vocab.txt", "tokenizer", cpl_inspect_tokenizer},
};

/* A file is what its name says. */
static const struct {
    const char *end, *kind;
    describer *describe;
} files[] = {
    {".safetensors", "safetensors", cpl_inspect_safetensors},
    {".shard", "shard", cpl_inspect_shard},
    {"tokenizer.json", "tokenizer", cpl_inspect_tokenizer},
    {"vocab.txt", "tokenizer", cpl_inspect_tokenizer},
    {"config.json", "configuration", cpl_inspect_configuration},
};

static bool holds(const char *directory, const char *name)
{
    char *path = NULL;
    bool found = cpl_path_join(&path, directory, name, NULL) == CPL_OK && cpl_file_exists(path);
    free(path);
    return found;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static cpl_status describe_directory(json_t *out, const char *path, struct cpl_error *error)
{
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++) {
        if (!holds(path, directories[i].file))
            continue;
        json_object_set_new(out, "kind", json_string(directories[i].kind));
        return directories[i].describe(out, path, error);
    }
    return cpl_error_set(
        error, CPL_ERROR_INPUT, path,
        "not a model, run, corpus or tokenizer: none of config.json, corpus.json, "
        "config.yaml, tokenizer.json and vocab.txt is in it");
}

static cpl_status describe_file(json_t *out, const char *path, struct cpl_error *error)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!ends_with(path, files[i].end))
            continue;
        json_object_set_new(out, "kind", json_string(files[i].kind));
        return files[i].describe(out, path, error);
    }
    return cpl_error_set(
        error, CPL_ERROR_INPUT, path,
        "not a kind of file that is known: .safetensors, .shard, tokenizer.json, "
        "vocab.txt or config.json");
}

static cpl_status describe(json_t *out, const char *path, struct cpl_error *error)
{
    json_object_set_new(out, "path", json_string(path));
    if (cpl_path_is_directory(path))
        return describe_directory(out, path, error);
    if (cpl_file_exists(path))
        return describe_file(out, path, error);
    char *directory = NULL; /* RUN@best */
    CPL_TRY(cpl_model_resolve(&directory, path, error));
    cpl_status status = describe_directory(out, directory, error);
    free(directory);
    return status;
}

/* ---- for people ---------------------------------------------------------------------------------*/

/* Lists and objects of plain values fit on a line; a text stands without quotes. */
static bool is_plain(const json_t *value)
{
    size_t index;
    json_t *item;
    if (json_is_object(value))
        return false;
    json_array_foreach (value, index, item) {
        if (json_is_array(item) || json_is_object(item))
            return false;
    }
    return true;
}

static void add_plain(struct cpl_buffer *text, const json_t *value)
{
    if (json_is_string(value)) {
        cpl_buffer_add_text(text, json_string_value(value));
        return;
    }
    char *dumped = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
    cpl_buffer_add_text(text, dumped ? dumped : "?");
    free(dumped);
}

static void add_indent(struct cpl_buffer *text, int depth)
{
    for (int i = 0; i < depth; i++)
        cpl_buffer_add_text(text, "  ");
}

static void add_lines(struct cpl_buffer *text, const json_t *object, int depth);

static void add_list(struct cpl_buffer *text, const json_t *list, int depth)
{
    size_t index;
    json_t *item, *value;
    const char *key;
    json_array_foreach (list, index, item) {
        cpl_buffer_add_byte(text, '\n');
        add_indent(text, depth);
        if (!json_is_object(item)) {
            add_plain(text, item);
            continue;
        }
        int column = 0;
        json_object_foreach ((json_t *)item, key, value) {
            if (column++ > 0)
                cpl_buffer_add_text(text, "  ");
            add_plain(text, value);
        }
    }
}

static void add_lines(struct cpl_buffer *text, const json_t *object, int depth)
{
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)object, key, value) {
        if (text->length > 0)
            cpl_buffer_add_byte(text, '\n');
        add_indent(text, depth);
        cpl_buffer_format(text, "%s:%s", key, is_plain(value) ? " " : "");
        if (json_is_object(value))
            add_lines(text, value, depth + 1);
        else if (is_plain(value))
            add_plain(text, value);
        else
            add_list(text, value, depth + 1);
    }
}

static cpl_status print(char **out, const json_t *object, bool json, struct cpl_error *error)
{
    if (json) {
        *out = json_dumps(object, JSON_INDENT(2));
        return *out ? CPL_OK
                    : cpl_error_set(error, CPL_ERROR_SYSTEM, "inspect", "out of memory");
    }
    struct cpl_buffer text = {0};
    add_lines(&text, object, 0);
    cpl_status status = cpl_buffer_check(&text, error);
    if (status == CPL_OK)
        status = cpl_text_copy_n(out, text.data ? text.data : "", text.length, error);
    cpl_buffer_clear(&text);
    return status;
}

cpl_status cpl_inspect(char **out, const char *path, bool json, struct cpl_error *error)
{
    *out = NULL;
    json_t *object = json_object();
    if (!object)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, "inspect", "out of memory");
    cpl_status status = describe(object, path, error);
    if (status == CPL_OK)
        status = print(out, object, json, error);
    json_decref(object);
    return status;
}
