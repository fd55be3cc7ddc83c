/* Words of byte-level tokenizers: what three regular expressions that nearly all of them use match,
 * written out.  Every character is in some word.
 *
 *     GPT-2    's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *     Llama 3  (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|
 *               ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *     Qwen 2   the same with \p{N} */
#ifndef CPL_TOKENIZER_BPE_SPLIT_H
#define CPL_TOKENIZER_BPE_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

enum cpl_bpe_pattern {
    CPL_PATTERN_GPT2,
    CPL_PATTERN_LLAMA3,
    CPL_PATTERN_QWEN2,
    CPL_PATTERN_OTHER
};
/* Which of them a regular expression is. */
enum cpl_bpe_pattern cpl_bpe_pattern_find(const char *regex);

/* End of the word that begins at text[at]; at < end, valid UTF-8. */
size_t cpl_bpe_split_next(enum cpl_bpe_pattern pattern, const char *text, size_t at,
                          size_t end);

#endif
