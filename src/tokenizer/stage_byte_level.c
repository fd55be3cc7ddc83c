/* ByteLevel as a pre-tokenizer: GPT-2's way to cut words and to write their bytes as characters
 * (byte_characters.h).  A space that was put before a word is from the place of the character behind
 * it; the characters that a character's bytes became are from its place. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/byte_characters.h"
#include "tokenizer/cutter.h"
#include "tokenizer/regex.h"
#include <stdlib.h>

/* Of Radford et al., "Language models are unsupervised multitask learners", 2019. */
static const char gpt2_pattern[] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+"
                                   "| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

struct byte_level {
    bool add_prefix_space;
    struct cpl_regex *regex; /* NULL: words stay whole */
    char character[256][4];  /* UTF-8 of each byte's character */
    uint8_t n_bytes[256];
};

static void byte_level_free(void *state)
{
    struct byte_level *byte_level = state;
    if (byte_level)
        cpl_regex_free(byte_level->regex);
    free(byte_level);
}

static cpl_status byte_level_read(void **state, const json_t *section, const char *where,
                                  struct cpl_error *error)
{
    struct byte_level *byte_level = NULL;
    bool use_regex = true;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&byte_level, 1, sizeof *byte_level, error));
    byte_level->add_prefix_space = true;
    CPL_TRY_GOTO(cpl_json_get_bool(&byte_level->add_prefix_space, section, "add_prefix_space",
                                   where, error));
    CPL_TRY_GOTO(cpl_json_get_bool(&use_regex, section, "use_regex", where, error));
    for (int i = 0; i < 256; i++)
        byte_level->n_bytes[i] =
            (uint8_t)cpl_utf8_encode(byte_level->character[i], cpl_byte_character((uint8_t)i));
    if (use_regex)
        CPL_TRY_GOTO(cpl_regex_compile(&byte_level->regex, gpt2_pattern,
                                       sizeof gpt2_pattern - 1, where, error));
    *state = byte_level;
    byte_level = NULL;
done:
    byte_level_free(byte_level);
    return status;
}

/* A space before every word that has none. */
static cpl_status add_spaces(struct cpl_work *work, struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    for (size_t i = 0; i < work->words.count; i++) {
        struct cpl_span word = work->words.span[i];
        size_t begin = work->spare.n_bytes;
        if (text->bytes[word.begin] != ' ')
            CPL_TRY(cpl_normal_text_add(&work->spare, " ", 1, text->begin[word.begin],
                                        text->end[word.begin], error));
        CPL_TRY(cpl_normal_text_take(&work->spare, text, word.begin, word.end, error));
        CPL_TRY(cpl_work_add_word(work, begin, work->spare.n_bytes, error));
    }
    cpl_work_swap_text(work);
    cpl_work_swap_words(work);
    return CPL_OK;
}

/* Every byte of every word becomes its character. */
static cpl_status spell_words(const struct byte_level *byte_level, struct cpl_work *work,
                              struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    for (size_t i = 0; i < work->words.count; i++) {
        struct cpl_span word = work->words.span[i];
        size_t begin = work->spare.n_bytes;
        for (size_t at = word.begin; at < word.end; at++) {
            unsigned char byte = (unsigned char)text->bytes[at];
            CPL_TRY(cpl_normal_text_add(&work->spare, byte_level->character[byte],
                                        byte_level->n_bytes[byte], text->begin[at],
                                        text->end[at], error));
        }
        CPL_TRY(cpl_work_add_word(work, begin, work->spare.n_bytes, error));
    }
    cpl_work_swap_text(work);
    cpl_work_swap_words(work);
    return CPL_OK;
}

static cpl_status byte_level_apply(const void *state, struct cpl_work *work,
                                   struct cpl_error *error)
{
    const struct byte_level *byte_level = state;
    if (byte_level->add_prefix_space) {
        CPL_TRY(add_spaces(work, error));
        cpl_work_empty_spare(work);
    }
    if (byte_level->regex) {
        CPL_TRY(cpl_cut_words(byte_level->regex, work, CPL_CUT_ISOLATED, false, error));
        cpl_work_empty_spare(work);
    }
    return spell_words(byte_level, work, error);
}

const struct cpl_stage_kind cpl_pre_tokenizer_byte_level = {"ByteLevel", byte_level_read,
                                                            byte_level_apply, byte_level_free};
