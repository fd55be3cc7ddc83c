/* Special tokens as tokenizer_config.json names them, and those of files that list no added tokens
 * themselves. */
#ifndef CPL_TOKENIZER_CONFIG_TOKENS_H
#define CPL_TOKENIZER_CONFIG_TOKENS_H

#include "base/json_file.h"

/* In transformers' order; BERT has all from the unknown token on. */
enum {
    CPL_ROLE_BOS,
    CPL_ROLE_EOS,
    CPL_ROLE_UNKNOWN,
    CPL_ROLE_SEP,
    CPL_ROLE_PAD,
    CPL_ROLE_CLS,
    CPL_ROLE_MASK,
    CPL_ROLES
};
/* Keys of single tokens. */
extern const char *const cpl_role_keys[CPL_ROLES];
/* Keys of lists of further ones. */
extern const char *const cpl_special_lists[2];

/* Of "[CLS]" or {"content": "[CLS]", …}; NULL for anything else.  Borrowed. */
const char *cpl_token_content(const json_t *value);
/* That of a member; `usual` where the config (may be NULL) has no such key.  Borrowed. */
const char *cpl_config_token(const json_t *config, const char *key, const char *usual);
/* Appends the entries of added_tokens_decoder, {"21128": {"content": "\n", …}}, to a list of added
 * tokens as tokenizer.json has it. */
cpl_status cpl_config_copy_decoder(json_t *added, const json_t *config, const char *where,
                                   struct cpl_error *error);
/* Whether the list has a token with that text. */
bool cpl_config_lists(const json_t *added, const char *content);

#endif
