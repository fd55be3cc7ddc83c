/* Special tokens in tokenizer_config.json, for files that do not list added tokens themselves. */
#ifndef CPL_TOKENIZER_CONFIG_TOKENS_H
#define CPL_TOKENIZER_CONFIG_TOKENS_H

#include "base/json_file.h"

/* "[CLS]", or the content of {"content": "[CLS]", …}; `usual` where the config has no such key.
 * Borrowed. */
const char *cpl_config_token(const json_t *config, const char *key, const char *usual);
/* Appends the entries of added_tokens_decoder, {"21128": {"content": "\n", …}}, to a list of added
 * tokens as tokenizer.json has it. */
cpl_status cpl_config_copy_decoder(json_t *added, const json_t *config, const char *where,
                                   struct cpl_error *error);
/* Whether the list has a token with that text. */
bool cpl_config_lists(const json_t *added, const char *content);

#endif
