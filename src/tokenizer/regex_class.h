/* Character classes (regex_class.c) and escapes (regex_escape.c) of Oniguruma's syntax. */
#ifndef CPL_TOKENIZER_REGEX_CLASS_H
#define CPL_TOKENIZER_REGEX_CLASS_H

#include "base/buffer.h"
#include "tokenizer/code_set.h"

/* A pattern being read. */
struct cpl_regex_input {
    const char *text;
    size_t length, at;
    const char *where;
};
/* CPL_ERROR_INPUT that shows the pattern and the place. */
cpl_status cpl_regex_wrong(const struct cpl_regex_input *input, struct cpl_error *error,
                           const char *what);
static inline bool cpl_regex_at(const struct cpl_regex_input *input, const char *prefix,
                                size_t n)
{
    size_t i = 0;
    if (input->length - input->at < n)
        return false;
    while (i < n && input->text[input->at + i] == prefix[i])
        i++;
    return i == n;
}

/* Reads "[…]", of which "[" was read, up to and with its "]". */
cpl_status cpl_regex_read_class(struct cpl_regex_input *input, struct cpl_code_set *set,
                                struct cpl_error *error);
/* Reads the letter behind a backslash: *is_set true when it means a set (\d \w \s \h \p{…} and their
 * opposites), which was added to `set`; else nothing was read.  `in_class`: inside brackets, where \w is
 * another set. */
cpl_status cpl_regex_read_set(struct cpl_regex_input *input, struct cpl_code_set *set,
                              bool in_class, bool *is_set, struct cpl_error *error);
struct cpl_regex_name {
    const char *text;
    size_t length;
    bool in_class; /* inside brackets, where "word" is another set */
};
/* Adds the property of that name, or all but it. */
cpl_status cpl_regex_add_property(struct cpl_regex_input *input, struct cpl_code_set *set,
                                  struct cpl_regex_name name, bool negated,
                                  struct cpl_error *error);
/* Reads what is behind a backslash as one code point. */
cpl_status cpl_regex_read_escape(struct cpl_regex_input *input, uint32_t *code,
                                 struct cpl_error *error);

/* Appends the set as a class of PCRE2's.  `properties`: its \p{…} may be used (tables of Unicode 14). */
cpl_status cpl_regex_write_set(struct cpl_buffer *out, const struct cpl_code_set *set,
                               bool properties, struct cpl_error *error);

#endif
