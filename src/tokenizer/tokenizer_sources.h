/* Which of the files that tokenizers are kept in there are. */
#ifndef CPL_TOKENIZER_TOKENIZER_SOURCES_H
#define CPL_TOKENIZER_TOKENIZER_SOURCES_H

#include <couplet/status.h>

/* Zero value is empty. */
struct cpl_tokenizer_sources {
    char *tokenizer, *vocabulary, *config; /* paths; NULL: not there */
    char *merges;                          /* with the vocabulary that belongs to it */
    char *sentencepiece;
};
/* Of a directory, or of one file with what belongs to it beside it.  Clear it after errors, too. */
cpl_status cpl_tokenizer_sources_find(struct cpl_tokenizer_sources *sources, const char *path,
                                      struct cpl_error *error);
void cpl_tokenizer_sources_clear(struct cpl_tokenizer_sources *sources);

#endif
