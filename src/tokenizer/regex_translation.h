/* A pattern on its way from Oniguruma's syntax to PCRE2's, for those who translate parts of it: atoms
 * (regex_atoms.c), repetitions (regex_repetition.c), groups (regex_group.c), and the rest
 * (regex_translate.c). */
#ifndef CPL_TOKENIZER_REGEX_TRANSLATION_H
#define CPL_TOKENIZER_REGEX_TRANSLATION_H

#include "tokenizer/regex.h"
#include "tokenizer/regex_class.h"

enum { CPL_DEEPEST_GROUP = 200 };
#define CPL_REGEX_TURN "(?C1)"

struct cpl_regex_options {
    bool caseless, extended, dot_all;
};
struct cpl_regex_level {
    struct cpl_regex_options options; /* of what stands around the group */
    size_t begin;                     /* of the group in the result */
    size_t extra;                     /* ")" that it needs besides its own */
};
struct cpl_translation {
    struct cpl_regex_input input;
    struct cpl_buffer *out;
    bool properties;
    struct cpl_regex_options options;
    struct cpl_regex_level level[CPL_DEEPEST_GROUP + 1];
    size_t depth;
    size_t atom;   /* where in the result the last atom begins */
    bool has_atom; /* a repetition may follow */
    bool repeated; /* one did */
    bool turns;    /* the search may come back to what was last written */
};

/* Where the search may come back to, it is counted. */
void cpl_translation_turn(struct cpl_translation *work);
/* What is written next may be repeated as a whole. */
void cpl_translation_atom(struct cpl_translation *work);
/* `bracket`: the set was written [so]. */
cpl_status cpl_translation_set(struct cpl_translation *work, const struct cpl_code_set *set,
                               bool bracket, struct cpl_error *error);
void cpl_translation_code(struct cpl_translation *work, uint32_t code);
/* Any character, or any but the line feed. */
void cpl_translation_dot(struct cpl_translation *work, bool newline);
/* Reads what is behind a backslash. */
cpl_status cpl_translation_backslash(struct cpl_translation *work, struct cpl_error *error);

/* Reads "*", "+" or "?", which is next, with what may follow it. */
cpl_status cpl_translation_repetition(struct cpl_translation *work, char letter,
                                      struct cpl_error *error);
/* "{2,3}" and its kin; *found false, with nothing read, if it is not one. */
cpl_status cpl_translation_bounds(struct cpl_translation *work, bool *found,
                                  struct cpl_error *error);

/* Reads what opens a group, or a comment; ")" was read when it is closed. */
cpl_status cpl_translation_group(struct cpl_translation *work, struct cpl_error *error);
cpl_status cpl_translation_close(struct cpl_translation *work, struct cpl_error *error);

#endif
