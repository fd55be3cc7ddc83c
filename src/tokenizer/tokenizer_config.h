/* Special tokens as tokenizer_config.json names them: see tokenizer_config.c. */
#ifndef CPL_TOKENIZER_TOKENIZER_CONFIG_H
#define CPL_TOKENIZER_TOKENIZER_CONFIG_H

#include "base/json_file.h"

/* Keys of single tokens; BERT has all from the unknown token on. */
enum { CPL_ROLES = 7, CPL_FIRST_BERT_ROLE = 2 };
extern const char *const cpl_role_keys[CPL_ROLES];
/* Keys of lists of further ones. */
extern const char *const cpl_special_lists[2];
/* Of "[CLS]" or {"content": "[CLS]", ...}; NULL for anything else. */
const char *cpl_token_content(const json_t *value);

#endif
