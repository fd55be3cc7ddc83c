/* UnicodeScripts: a word ends where the script changes.  Spaces and what is in no script go with what
 * is before them; before the first character of a script they are lost.  The long vowel mark, hiragana
 * and katakana count as Chinese (the table has it so). */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/unicode_scripts.h"

static cpl_status cut_word(struct cpl_work *work, struct cpl_span word, struct cpl_error *error)
{
    uint32_t script = 0;
    size_t begin = word.end;
    for (size_t at = word.begin; at < word.end;) {
        size_t from = at;
        uint32_t code = cpl_utf8_next(work->text.bytes, &at);
        uint32_t next = cpl_script_of(cpl_script_ranges, cpl_script_ranges_count, code);
        if (next == 0 || next == script)
            continue;
        if (script != 0)
            CPL_TRY(cpl_work_add_word(work, begin, from, error));
        script = next;
        begin = from;
    }
    return cpl_work_add_word(work, begin, word.end, error);
}

static cpl_status scripts_apply(const void *state, struct cpl_work *work,
                                struct cpl_error *error)
{
    (void)state;
    for (size_t i = 0; i < work->words.count; i++)
        CPL_TRY(cut_word(work, work->words.span[i], error));
    cpl_work_swap_words(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_pre_tokenizer_unicode_scripts = {
    "UnicodeScripts", cpl_stage_read_nothing, scripts_apply, NULL};
