/* Regular expressions as Hugging Face's tokenizers understand them: Oniguruma's syntax and character
 * tables, run by PCRE2.
 *
 * A pattern is rewritten for PCRE2 (regex_translate.c): every character class becomes the very set of
 * code points that Oniguruma means by it, whatever tables PCRE2 has.  Refused by name: calls of groups
 * (\g<1>), conditions, callouts, absent operators and
 * grapheme clusters (\X), whose rules differ.  Caseless matching compares single characters
 * ("ß" is not "ss").  Bounded: the pattern, PCRE2's memory and the steps that a text may take. */
#ifndef CPL_TOKENIZER_REGEX_H
#define CPL_TOKENIZER_REGEX_H

#include "base/buffer.h"
#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>

/* One compiled pattern; read-only, so threads may share it. */
struct cpl_regex;
/* CPL_ERROR_INPUT says what is wrong in the pattern and at which byte; `where` names its file. */
cpl_status cpl_regex_compile(struct cpl_regex **out, const char *pattern, size_t length,
                             const char *where, struct cpl_error *error);
/* The same for a pattern that stands for itself. */
cpl_status cpl_regex_compile_literal(struct cpl_regex **out, const char *text, size_t length,
                                     const char *where, struct cpl_error *error);
void cpl_regex_free(struct cpl_regex *regex);

/* A walk over the matches in one text, from left to right.  One thread at a time. */
struct cpl_regex_search;
/* `text` [length] is valid UTF-8, borrowed until cpl_regex_search_free. */
cpl_status cpl_regex_search_new(struct cpl_regex_search **out, const struct cpl_regex *regex,
                                const char *text, size_t length, struct cpl_error *error);
/* The same memory for another text of the same regex. */
void cpl_regex_search_restart(struct cpl_regex_search *search, const char *text, size_t length);
/* *found false: there are no more.  Matches may be empty, but not right behind the one before.
 * CPL_ERROR_INPUT when the pattern takes too many steps or too much memory. */
cpl_status cpl_regex_search_next(struct cpl_regex_search *search, size_t *begin, size_t *end,
                                 bool *found, struct cpl_error *error);
void cpl_regex_search_free(struct cpl_regex_search *search);

/* Appends the pattern as PCRE2 takes it (UTF, multi-line, new line is LF); "(?C1)" stands wherever the
 * search can turn back.  `properties`: PCRE2's own \p{…} may be used, since its tables are of
 * Unicode 14.  *at: where the error is. */
cpl_status cpl_regex_translate(struct cpl_buffer *out, const char *pattern, size_t length,
                               bool properties, const char *where, struct cpl_error *error);

#endif
