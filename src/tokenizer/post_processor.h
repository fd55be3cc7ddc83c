/* What stands around one text or two, and where offsets end: the "post_processor" of tokenizer.json as
 * Hugging Face's tokenizers apply it (TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel
 * and Sequences of them). */
#ifndef CPL_TOKENIZER_POST_PROCESSOR_H
#define CPL_TOKENIZER_POST_PROCESSOR_H

#include "base/json_file.h"
#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CPL_TEMPLATE_FIRST = -1, CPL_TEMPLATE_SECOND = -2 };
struct cpl_template_item {
    int32_t id;   /* a special token, or one of the two above: the text itself */
    uint8_t type; /* segment */
    bool begins;  /* to the next processor of a Sequence a new text */
};
enum { CPL_TEMPLATE_MAX = 16 };
struct cpl_template {
    struct cpl_template_item item[CPL_TEMPLATE_MAX];
    size_t n;
};

enum { CPL_TRIMS_MAX = 4 };
struct cpl_post_processor {
    struct cpl_template plan[2][2]; /* [with special tokens][pair] */
    size_t n_added[2];              /* [pair] special tokens that truncation leaves room for */
    /* Spans of tokens leave out the white space of their pieces, once for each of these.  True: the
     * pre-tokenizer put a space before the text, which is not there to be left out. */
    bool trim_prefixed[CPL_TRIMS_MAX];
    size_t n_trims;
};

/* NULL or null: the texts alone.  Ids are below vocab_size. */
cpl_status cpl_post_processor_read(struct cpl_post_processor *out, const json_t *section,
                                   int32_t vocab_size, const char *where,
                                   struct cpl_error *error);

#endif
