/* Learning a WordPiece vocabulary: takes characters by frequency, then merges the most frequent pair
 * of pieces again and again (as Hugging Face's WordPieceTrainer does).
 *
 * Chinese characters and punctuation are words by themselves, so no merge reaches over them: Chinese
 * is written in characters, the rest in pieces.  Every other character is taken in both its forms,
 * "x" and "##x", so that a word of known characters always has pieces.  Ids: the special tokens, the
 * characters by code point, their "##" forms, the merges in their order, last the line break. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bert_characters.h"
#include "tokenizer/train/trainer.h"
#include <stdlib.h>

/* Those that are never part of a longer word have only one form. */
static cpl_status mark_inside(struct cpl_character_count *list, size_t n,
                              struct cpl_error *error)
{
    const struct cpl_bert_options options = {.clean_text = true, .handle_chinese_chars = true};
    const struct cpl_pieces none = {0};
    struct cpl_bert_characters characters = {0};
    cpl_status status = cpl_bert_characters_init(&characters, &options, &none, 0, error);
    for (size_t i = 0; status == CPL_OK && i < n; i++) {
        uint32_t kind = cpl_bert_info(&characters, list[i].code) & CPL_CHARACTER_KIND_MASK;
        if (kind == CPL_CHARACTER_ALONE)
            continue;
        list[i].inside += list[i].alone;
        list[i].alone = 0;
    }
    cpl_bert_characters_clear(&characters);
    return status;
}

static size_t drop_rare(struct cpl_character_count *list, size_t n, uint64_t least)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (list[i].alone + list[i].inside >= least)
            list[kept++] = list[i];
    return kept;
}

/* How many of the most frequent can be taken with all their forms; sorts them to find out. */
static size_t count_fitting(struct cpl_character_count *list, size_t n, size_t room)
{
    size_t taken = 0;
    cpl_characters_by_count(list, n);
    for (size_t forms = 0; taken < n; taken++) {
        forms += list[taken].inside > 0 ? 2 : 1;
        if (forms > room)
            break;
    }
    return taken;
}

static cpl_status add_forms(struct cpl_pieces *pieces, const struct cpl_character_count *list,
                            size_t n, bool continuing, struct cpl_error *error)
{
    char text[8] = "##";
    for (size_t i = 0; i < n; i++) {
        size_t length = 2 + cpl_utf8_encode(text + 2, list[i].code);
        int32_t id;
        if (!continuing)
            CPL_TRY(cpl_pieces_add(pieces, &id, text + 2, length - 2, error));
        else if (list[i].inside)
            CPL_TRY(cpl_pieces_add(pieces, &id, text, length, error));
    }
    return CPL_OK;
}

/* The most frequent characters that fit, in the order of their codes. */
static cpl_status choose_characters(const struct cpl_tokenizer_trainer *trainer,
                                    struct cpl_pieces *pieces,
                                    const struct cpl_counted_words *words, size_t room,
                                    struct cpl_error *error)
{
    struct cpl_character_count *list = NULL;
    size_t n = 0;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_words_characters(&list, &n, words, error));
    CPL_TRY_GOTO(mark_inside(list, n, error));
    n = drop_rare(list, n, (uint64_t)trainer->options.min_frequency);
    if (trainer->options.alphabet > 0)
        cpl_characters_limit(list, &n, (size_t)trainer->options.alphabet);
    cpl_characters_limit(list, &n, count_fitting(list, n, room));
    CPL_TRY_GOTO(add_forms(pieces, list, n, false, error));
    status = add_forms(pieces, list, n, true, error);
done:
    free(list);
    return status;
}

cpl_status cpl_learn_wordpiece(struct cpl_tokenizer_trainer *trainer,
                               const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                               int32_t limit, json_t **model, struct cpl_error *error)
{
    int32_t first = pieces->count;
    const struct cpl_word_split_options split = {
        .split = CPL_SPLIT_ALL_KNOWN, .prefix = "##", .first_symbol = first};
    size_t room = limit > first ? (size_t)(limit - first) : 0;
    CPL_TRY(choose_characters(trainer, pieces, words, room, error));
    CPL_TRY(cpl_learn_merges(trainer, pieces, NULL, words, &split, limit, error));
    json_t *vocabulary = cpl_learned_vocabulary(pieces);
    *model =
        vocabulary
            ? json_pack("{s:s, s:s, s:s, s:i, s:o}", "type", "WordPiece", "unk_token",
                        trainer->kind->special[1], "continuing_subword_prefix", "##",
                        "max_input_chars_per_word", CPL_WORDPIECE_LONGEST, "vocab", vocabulary)
            : NULL;
    return *model ? CPL_OK : cpl_out_of_memory(error);
}
