/* Options from a YAML file (libyaml).  Mappings may be nested; the keys on the way are joined
 * with hyphens, dots and underscores count as hyphens: "batch: {tokens: 4096}", "batch.tokens:
 * 4096" and "batch_tokens: 4096" are all --batch-tokens.  Sequences are for lists. */
#include "base/buffer.h"
#include "base/file.h"
#include "base/options_internal.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct source {
    struct cpl_options *options;
    const char *path;
    yaml_document_t *document;
    size_t n_values; /* read so far */
};

#define MAX_VALUES 10000 /* aliases can make a short file endless */

static cpl_status take_node(struct source *source, const char *key, const yaml_node_t *node,
                            struct cpl_error *error);

static cpl_status take_pair(struct source *source, const char *prefix,
                            const yaml_node_pair_t *pair, struct cpl_error *error)
{
    const yaml_node_t *name = yaml_document_get_node(source->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(source->document, pair->value);
    struct cpl_buffer key = {0};
    if (name->type != YAML_SCALAR_NODE)
        return cpl_error_set(error, CPL_ERROR_USAGE, source->path,
                             "line %zu: a key must be a text", name->start_mark.line + 1);
    cpl_buffer_add_text(&key, prefix);
    if (*prefix)
        cpl_buffer_add_byte(&key, '-');
    cpl_buffer_add(&key, name->data.scalar.value, name->data.scalar.length);
    cpl_status status = cpl_buffer_check(&key, error);
    if (status == CPL_OK) {
        for (char *at = key.data; (at = strpbrk(at, "._"));)
            *at = '-';
        status = take_node(source, key.data, value, error);
    }
    cpl_buffer_clear(&key);
    return status;
}

static cpl_status take_scalar(const struct source *source, enum cpl_option_id id,
                              const char *key, const yaml_node_t *node, struct cpl_error *error)
{
    struct cpl_buffer where = {0};
    const char *text = (const char *)node->data.scalar.value;
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0))
        return CPL_OK; /* no value: the default stays */
    cpl_buffer_format(&where, "%s:%zu: %s", source->path, node->start_mark.line + 1, key);
    cpl_status status = cpl_buffer_check(&where, error);
    if (status == CPL_OK)
        status =
            cpl_option_take(source->options, id, text, CPL_ORIGIN_CONFIG, where.data, error);
    cpl_buffer_clear(&where);
    return status;
}

static cpl_status take_sequence(struct source *source, enum cpl_option_id id, const char *key,
                                const yaml_node_t *node, struct cpl_error *error)
{
    const yaml_node_item_t *item = node->data.sequence.items.start;
    for (; item < node->data.sequence.items.top; item++) {
        const yaml_node_t *element = yaml_document_get_node(source->document, *item);
        if (element->type != YAML_SCALAR_NODE)
            return cpl_error_set(error, CPL_ERROR_USAGE, source->path,
                                 "line %zu: %s must be a list of texts",
                                 element->start_mark.line + 1, key);
        CPL_TRY(take_scalar(source, id, key, element, error));
    }
    return CPL_OK;
}

static cpl_status unknown_key(const struct source *source, const char *key,
                              const yaml_node_t *node, struct cpl_error *error)
{
    const char *near = cpl_option_suggest(NULL, key);
    return cpl_error_set(error, CPL_ERROR_USAGE, source->path,
                         "line %zu: %s: unknown option%s%s%s", node->start_mark.line + 1, key,
                         near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static cpl_status take_node(struct source *source, const char *key, const yaml_node_t *node,
                            struct cpl_error *error)
{
    if (++source->n_values > MAX_VALUES)
        return cpl_error_set(error, CPL_ERROR_USAGE, source->path, "more than %d values",
                             MAX_VALUES);
    if (node->type == YAML_MAPPING_NODE) {
        const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
        for (; pair < node->data.mapping.pairs.top; pair++)
            CPL_TRY(take_pair(source, key, pair, error));
        return CPL_OK;
    }
    enum cpl_option_id id = cpl_option_find(key);
    if (id == CPL_OPTION_COUNT)
        return unknown_key(source, key, node, error);
    if (node->type == YAML_SCALAR_NODE)
        return take_scalar(source, id, key, node, error);
    if (cpl_option_row(id)->type != CPL_OPTION_TYPE_list)
        return cpl_error_set(error, CPL_ERROR_USAGE, source->path,
                             "line %zu: %s takes one value", node->start_mark.line + 1, key);
    return take_sequence(source, id, key, node, error);
}

static cpl_status read_document(struct source *source, yaml_parser_t *parser,
                                struct cpl_error *error)
{
    yaml_document_t document;
    if (!yaml_parser_load(parser, &document))
        return cpl_error_set(error, CPL_ERROR_USAGE, source->path,
                             "line %zu: not valid YAML: %s", parser->problem_mark.line + 1,
                             parser->problem ? parser->problem : "out of memory");
    source->document = &document;
    const yaml_node_t *root = yaml_document_get_root_node(&document);
    cpl_status status = CPL_OK;
    if (root && root->type != YAML_MAPPING_NODE)
        status = cpl_error_set(error, CPL_ERROR_USAGE, source->path,
                               "line %zu: lines of \"name: value\" are expected",
                               root->start_mark.line + 1);
    else if (root)
        status = take_node(source, "", root, error);
    source->document = NULL;
    yaml_document_delete(&document);
    return status;
}

cpl_status cpl_options_read_file(struct cpl_options *options, const char *path,
                                 struct cpl_error *error)
{
    char *text = NULL;
    size_t length = 0;
    yaml_parser_t parser;
    CPL_TRY(cpl_file_read(&text, &length, path, error));
    if (!yaml_parser_initialize(&parser)) {
        free(text);
        return cpl_error_set(error, CPL_ERROR_SYSTEM, path, "out of memory while reading YAML");
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    struct source source = {.options = options, .path = path};
    cpl_status status = read_document(&source, &parser, error);
    yaml_parser_delete(&parser);
    free(text);
    return status;
}
