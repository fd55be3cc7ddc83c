/* What stands around one text or two: Hugging Face's TemplateProcessing and BertProcessing. */
#ifndef CPL_TOKENIZER_TEMPLATE_H
#define CPL_TOKENIZER_TEMPLATE_H

#include "base/json_file.h"
#include <couplet/status.h>
#include <stddef.h>
#include <stdint.h>

enum { CPL_TEMPLATE_FIRST = -1, CPL_TEMPLATE_SECOND = -2 };
struct cpl_template_item {
    int32_t id;   /* a special token, or one of the two above: the text itself */
    uint8_t type; /* segment */
};
enum { CPL_TEMPLATE_MAX = 16 };
struct cpl_template {
    struct cpl_template_item item[CPL_TEMPLATE_MAX];
    size_t n;
};

/* Reads the "post_processor" of tokenizer.json (NULL or null: the texts alone); ids are below
 * vocab_size. */
cpl_status cpl_template_read(struct cpl_template *single, struct cpl_template *pair,
                             const json_t *processor, int32_t vocab_size, const char *where,
                             struct cpl_error *error);
/* A TemplateProcessing object; a new reference, NULL when out of memory.  `piece(context, id)`: the
 * text of a token. */
json_t *cpl_template_write(const struct cpl_template *single, const struct cpl_template *pair,
                           const char *(*piece)(const void *context, int32_t id),
                           const void *context);

#endif
