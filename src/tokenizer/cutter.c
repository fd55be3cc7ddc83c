/* Cutting a word at what a pattern matches: see cutter.h. */
#include "tokenizer/cutter.h"

#include "base/try.h"
#include "tokenizer/regex.h"
#include <string.h>

cpl_status cpl_cut_behavior_read(enum cpl_cut_behavior *out, const json_t *section,
                                 const char *where, struct cpl_error *error)
{
    static const char *const names[] = {"Removed", "Isolated", "MergedWithPrevious",
                                        "MergedWithNext", "Contiguous"};
    const char *name = NULL;
    CPL_TRY(cpl_json_get_text(&name, section, "behavior", where, error));
    if (!name)
        return CPL_OK;
    for (int i = 0; i <= CPL_CUT_CONTIGUOUS; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum cpl_cut_behavior)i;
            return CPL_OK;
        }
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "behavior \"%.50s\", expected Removed, Isolated, MergedWithPrevious, "
                         "MergedWithNext or Contiguous",
                         name);
}

/* Whether a segment joins the one that waits. */
static bool joins(const struct cpl_cutter *cutter, bool match)
{
    switch (cutter->behavior) {
    case CPL_CUT_REMOVED:
    case CPL_CUT_ISOLATED: return false;
    case CPL_CUT_MERGED_WITH_PREVIOUS: return match && !cutter->previous;
    case CPL_CUT_MERGED_WITH_NEXT: return !match && cutter->previous;
    case CPL_CUT_CONTIGUOUS: return match == cutter->previous;
    }
    return false;
}

cpl_status cpl_cutter_segment(struct cpl_cutter *cutter, size_t begin, size_t end, bool match,
                              struct cpl_error *error)
{
    bool taken = match != cutter->invert;
    if (taken && cutter->behavior == CPL_CUT_REMOVED)
        return CPL_OK;
    if (cutter->waits && joins(cutter, taken)) {
        cutter->end = end;
    } else {
        CPL_TRY(cpl_cutter_finish(cutter, error));
        cutter->begin = begin;
        cutter->end = end;
        cutter->waits = true;
    }
    cutter->previous = taken;
    return CPL_OK;
}

cpl_status cpl_cutter_finish(struct cpl_cutter *cutter, struct cpl_error *error)
{
    if (!cutter->waits)
        return CPL_OK;
    cutter->waits = false;
    return cpl_work_add_word(cutter->work, cutter->begin, cutter->end, error);
}

/* ---- regular expressions --------------------------------------------------------------------- */

static cpl_status cut_word(struct cpl_regex_search *search, struct cpl_cutter *cutter,
                           struct cpl_span word, struct cpl_error *error)
{
    size_t done = word.begin, begin = 0, end = 0;
    bool found = true;
    cpl_regex_search_restart(search, cutter->work->text.bytes + word.begin,
                             word.end - word.begin);
    while (found) {
        CPL_TRY(cpl_regex_search_next(search, &begin, &end, &found, error));
        size_t from = found ? word.begin + begin : word.end;
        if (done < from)
            CPL_TRY(cpl_cutter_segment(cutter, done, from, false, error));
        if (!found)
            break;
        done = word.begin + end;
        CPL_TRY(cpl_cutter_segment(cutter, from, done, true, error));
    }
    return cpl_cutter_finish(cutter, error);
}

cpl_status cpl_cut_words(const struct cpl_regex *regex, struct cpl_work *work,
                         enum cpl_cut_behavior behavior, bool invert, struct cpl_error *error)
{
    struct cpl_regex_search *search = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_regex_search_new(&search, regex, "", 0, error));
    for (size_t i = 0; i < work->words.count; i++) {
        struct cpl_cutter cutter = {.work = work, .behavior = behavior, .invert = invert};
        CPL_TRY_GOTO(cut_word(search, &cutter, work->words.span[i], error));
    }
    cpl_work_swap_words(work);
done:
    cpl_regex_search_free(search);
    return status;
}
