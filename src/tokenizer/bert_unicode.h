/* What BERT's normalizer and pre-tokenizer do to each code point, as data.
 *
 * The tables are made by tools/make_unicode_table.py, which asks Hugging Face's tokenizers about
 * every code point: its own tables are of several Unicode versions, none of them that of a C library
 * on this machine, and ids must not depend on the machine. */
#ifndef CPL_TOKENIZER_BERT_UNICODE_H
#define CPL_TOKENIZER_BERT_UNICODE_H

#include "tokenizer/code_ranges.h"

struct cpl_code_sequence { /* ends with 0 or is full */
    uint32_t code, image[4];
};
struct cpl_code_class {
    uint32_t code;
    uint8_t combining_class;
};

/* clean_text removes, or makes a space. */
extern const struct cpl_code_range cpl_bert_removed[], cpl_bert_cleaned_space[];
extern const size_t cpl_bert_removed_count, cpl_bert_cleaned_space_count;
/* handle_chinese_chars sets apart. */
extern const struct cpl_code_range cpl_bert_chinese[];
extern const size_t cpl_bert_chinese_count;
/* The pre-tokenizer splits at, or sets apart. */
extern const struct cpl_code_range cpl_bert_space[], cpl_bert_punctuation[];
extern const size_t cpl_bert_space_count, cpl_bert_punctuation_count;
/* strip_accents removes; those of combining class 0 also end a run of marks. */
extern const struct cpl_code_range cpl_bert_mark[], cpl_bert_starting_mark[];
extern const size_t cpl_bert_mark_count, cpl_bert_starting_mark_count;
/* strip_accents (decomposition without marks) gives one other code point, or several; Hangul
 * syllables are not listed. */
extern const struct cpl_code_stride cpl_bert_stripped[];
extern const size_t cpl_bert_stripped_count;
extern const struct cpl_code_sequence cpl_bert_sequences[];
extern const size_t cpl_bert_sequences_count;
/* Stays under strip_accents but has a combining class, so that neighbours change places. */
extern const struct cpl_code_class cpl_bert_reordered[];
extern const size_t cpl_bert_reordered_count;
/* lowercase; only U+0130 has two code points and is not listed. */
extern const struct cpl_code_stride cpl_bert_lowercase[];
extern const size_t cpl_bert_lowercase_count;

#endif
