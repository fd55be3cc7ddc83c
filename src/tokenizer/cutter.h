/* Cutting a word at what a pattern matches: the five behaviours of Hugging Face's tokenizers.
 *
 *                        the-final--countdown
 *     Removed            the final countdown
 *     Isolated           the - final - - countdown
 *     MergedWithPrevious the- final- - countdown
 *     MergedWithNext     the -final - -countdown
 *     Contiguous         the - final -- countdown
 *
 * A pattern cuts a word into segments that follow one another without gaps, matches and what is between
 * them; `invert` takes one for the other.  An empty segment gives no word but keeps its neighbours apart. */
#ifndef CPL_TOKENIZER_CUTTER_H
#define CPL_TOKENIZER_CUTTER_H

#include "tokenizer/pipeline.h"

enum cpl_cut_behavior {
    CPL_CUT_REMOVED,
    CPL_CUT_ISOLATED,
    CPL_CUT_MERGED_WITH_PREVIOUS,
    CPL_CUT_MERGED_WITH_NEXT,
    CPL_CUT_CONTIGUOUS
};
/* From the key "behavior"; without it *out stays as it is. */
cpl_status cpl_cut_behavior_read(enum cpl_cut_behavior *out, const json_t *section,
                                 const char *where, struct cpl_error *error);

/* Begin with {work, behavior, invert} for every word. */
struct cpl_cutter {
    struct cpl_work *work; /* gets the words in spare_words */
    enum cpl_cut_behavior behavior;
    bool invert;
    bool waits;    /* [begin, end) may still grow */
    bool previous; /* the segment before was a match */
    size_t begin, end;
};
/* The next segment, bytes [begin, end) of the text. */
cpl_status cpl_cutter_segment(struct cpl_cutter *cutter, size_t begin, size_t end, bool match,
                              struct cpl_error *error);
/* The word is at its end. */
cpl_status cpl_cutter_finish(struct cpl_cutter *cutter, struct cpl_error *error);

struct cpl_regex;
/* All words of the work cut where the expression matches, each by itself. */
cpl_status cpl_cut_words(const struct cpl_regex *regex, struct cpl_work *work,
                         enum cpl_cut_behavior behavior, bool invert, struct cpl_error *error);

#endif
