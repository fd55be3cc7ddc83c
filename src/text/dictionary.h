/* Word lists in jieba's format, "word count tag" a line, and where to find the usual one. */
#ifndef CPL_TEXT_DICTIONARY_H
#define CPL_TEXT_DICTIONARY_H

#include "base/file.h"

#include <couplet/status.h>
#include <stdbool.h>
#include <stdint.h>

/* *path: heap, the dictionary that cpl_segmenter_new takes when it is given none.
 * Errors: CPL_ERROR_INPUT that says where it looked. */
cpl_status cpl_dictionary_find(char **path, struct cpl_error *error);

/* Longer words are an error: none is, and each byte of one takes 40 bytes of memory. */
enum { CPL_MAX_WORD_BYTES = 255 };

struct cpl_dictionary_entry {
    const char *word; /* not terminated */
    size_t length;    /* in bytes */
    bool has_count;
    uint64_t count;
    const char *tag; /* part of speech, not terminated */
    size_t tag_length;
};

/* Reads entry by entry; `path` and `map` are borrowed. */
struct cpl_dictionary_reader {
    const struct cpl_map *map;
    const char *path;
    size_t at;
    uint64_t line;
};
/* *found false at the end.  Empty lines are skipped.  Errors: CPL_ERROR_INPUT with path:line.
 */
cpl_status cpl_dictionary_next(struct cpl_dictionary_reader *reader, bool *found,
                               struct cpl_dictionary_entry *entry, struct cpl_error *error);
/* CPL_ERROR_INPUT about the line that was read last. */
cpl_status cpl_dictionary_error(const struct cpl_dictionary_reader *reader,
                                struct cpl_error *error, const char *what);

#endif
