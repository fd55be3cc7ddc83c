/* What vocab.json and merges.txt become, in two steps: files and special tokens (merges_file.c), then the
 * sections of tokenizer.json by tokenizer_class (merges_sections.c). */
#ifndef CPL_TOKENIZER_MERGES_SECTIONS_H
#define CPL_TOKENIZER_MERGES_SECTIONS_H

#include "tokenizer/config_tokens.h"
#include "tokenizer/tokenizer_model.h"

enum cpl_merges_style { CPL_MERGES_GPT2, CPL_MERGES_ROBERTA, CPL_MERGES_QWEN2 };

/* What is being made. */
struct cpl_merges_maker {
    const json_t *config;
    const char *where; /* the config's path */
    enum cpl_merges_style style;
    json_t *vocabulary, *merges, *added;
    json_int_t next_id; /* of a token that the vocabulary lacks */
};

/* The style that tokenizer_class asks for. */
cpl_status cpl_merges_find_style(struct cpl_merges_maker *maker, struct cpl_error *error);
/* Text of a role's token; NULL: it has none.  Borrowed. */
const char *cpl_merges_role(const struct cpl_merges_maker *maker, int number);
/* *file: a tokenizer.json with all that the maker has; a new reference. */
cpl_status cpl_merges_make_file(const struct cpl_merges_maker *maker, json_t **file,
                                struct cpl_error *error);

#endif
