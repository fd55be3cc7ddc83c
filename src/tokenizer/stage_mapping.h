/* What normalizers that work character by character share. */
#ifndef CPL_TOKENIZER_STAGE_MAPPING_H
#define CPL_TOKENIZER_STAGE_MAPPING_H

#include "tokenizer/pipeline.h"

/* Appends to `spare` a character that stands for the one at byte `at` of the text.  `added`: it was put
 * before that byte and has the place of the character before it, as in Hugging Face's NormalizedString;
 * before all others it has the empty place where the section begins. */
cpl_status cpl_work_put(struct cpl_work *work, uint32_t code, size_t at, bool added,
                        struct cpl_error *error);
/* The same for a text. */
cpl_status cpl_work_put_text(struct cpl_work *work, const char *bytes, size_t n_bytes,
                             size_t at, bool added, struct cpl_error *error);

#endif
