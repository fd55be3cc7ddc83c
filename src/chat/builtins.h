/* Declarations of everything in the .def tables, and what their functions share. */
#ifndef CPL_CHAT_BUILTINS_H
#define CPL_CHAT_BUILTINS_H

#include "chat/chat.h"

/* Every function of the tables is cpl_builtin_NAME. */
#define CPL_BUILTIN(name)                                                                      \
    cpl_status cpl_builtin_##name(struct cpl_chat *chat, const struct cpl_value *value,        \
                                  const struct cpl_call *call, struct cpl_value *out)

#define FILTER(name, parameters, function) CPL_BUILTIN(function);
#define TEST(name, parameters, function) CPL_BUILTIN(function);
#define FUNCTION(name, parameters, function) CPL_BUILTIN(function);
#define METHOD(kind, name, parameters, function) CPL_BUILTIN(function);
#include "chat/filters.def"
#include "chat/functions.def"
#include "chat/methods.def"
#include "chat/tests.def"
#undef FILTER
#undef TEST
#undef FUNCTION
#undef METHOD

/* MISSING gives the fallback; anything but an integer is an error. */
cpl_status cpl_argument_int(struct cpl_chat *chat, struct cpl_value value, int64_t fallback,
                            int64_t *out);
/* MISSING gives NULL; anything but a text is an error. */
cpl_status cpl_argument_text(struct cpl_chat *chat, struct cpl_value value,
                             const struct cpl_text **out);

/* Pieces of texts (methods_text.c). */
cpl_status cpl_text_part(struct cpl_chat *chat, const struct cpl_text *text, size_t begin,
                         size_t end, struct cpl_value *out);
/* `sides`: 1 left, 2 right; chars NULL: white space. */
cpl_status cpl_text_strip(struct cpl_chat *chat, const struct cpl_text *text,
                          const struct cpl_text *chars, int sides, struct cpl_value *out);
/* Where the last occurrence begins in the bytes, or NULL; quadratic at worst. */
const char *cpl_text_find_last(const char *data, size_t length, const struct cpl_text *wanted);
/* count < 0: all. */
cpl_status cpl_text_replace(struct cpl_chat *chat, const struct cpl_text *text,
                            const struct cpl_text *old, const struct cpl_text *new,
                            int64_t count, struct cpl_value *out);
/* Centred among spaces (or `fill`) in `width` characters. */
cpl_status cpl_text_pad(struct cpl_chat *chat, const struct cpl_text *text, int64_t width,
                        int left_share, const struct cpl_text *fill, struct cpl_value *out);
/* The next line from *at: its end in *end, *at moved behind the line break. */
void cpl_text_next_line(const struct cpl_text *text, size_t *at, size_t *end);
/* Whether the text has cased characters and all are small (capital). */
bool cpl_text_is_case(const struct cpl_text *text, bool small);
/* The text, if it is one, with all letters small; for comparing without regard to case. */
cpl_status cpl_value_ignore_case(struct cpl_chat *chat, struct cpl_value value,
                                 struct cpl_value *out);
/* item[i] sorted by key[i], stable. */
cpl_status cpl_values_sort(struct cpl_chat *chat, struct cpl_value *item, struct cpl_value *key,
                           size_t count, bool reverse);
/* Python's int() and float() of a text; false for what they refuse.  *large: more than 64 bits. */
bool cpl_text_parse_int(const struct cpl_text *text, int base, int64_t *out, bool *large);
bool cpl_text_parse_real(const struct cpl_text *text, double *out);

#endif
