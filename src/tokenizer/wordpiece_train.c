/* Learning a WordPiece vocabulary: counts words, takes characters by frequency, then merges the most
 * frequent pair of pieces again and again (as Hugging Face's WordPieceTrainer does).
 *
 * Chinese characters and punctuation are words by themselves, so no merge reaches over them: Chinese
 * is written in characters, the rest in pieces.  Every other character is taken in both its forms,
 * "x" and "##x", so that a word of known characters always has pieces.  Ids: the special tokens, the
 * characters by code point, their "##" forms, the merges in their order, last the line break.  All of
 * it follows from counts alone, so the order of the texts does not matter. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/bert_characters.h"
#include "tokenizer/merge_words.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

static const char *const special_texts[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
enum { SPECIAL_COUNT = 5, SMALLEST_VOCABULARY = 16, LONGEST_WORD = 100 };

struct cpl_tokenizer_trainer {
    struct cpl_tokenizer_training options;
    struct cpl_bert_characters characters;
    struct cpl_normal_text normal; /* scratch */
    struct cpl_pieces words;
    uint64_t *counts; /* [words] */
    size_t counts_capacity;
    uint64_t *alone, *inside; /* [CPL_CODE_LIMIT] how often a character is a word, or in one */
    bool any;
};

static struct cpl_bert_options normalizer_of(const struct cpl_tokenizer_training *options)
{
    return (struct cpl_bert_options){.clean_text = true,
                                     .handle_chinese_chars = true,
                                     .strip_accents = options->lowercase,
                                     .lowercase = options->lowercase};
}

static cpl_status check_options(struct cpl_tokenizer_training *options, struct cpl_error *error)
{
    if (options->type && strcmp(options->type, "wordpiece") != 0)
        return cpl_error_set(error, CPL_ERROR_USAGE, "type",
                             "\"%s\" is not known; known: wordpiece", options->type);
    if (options->vocab_size == 0)
        options->vocab_size = 8000;
    if (options->min_frequency == 0)
        options->min_frequency = 2;
    if (options->vocab_size < SMALLEST_VOCABULARY || options->vocab_size > 10000000)
        return cpl_error_set(error, CPL_ERROR_USAGE, "vocab-size", "%d, must be %d to 10000000",
                             (int)options->vocab_size, SMALLEST_VOCABULARY);
    if (options->min_frequency < 0)
        return cpl_error_set(error, CPL_ERROR_USAGE, "min-frequency", "%d, must be 1 or more",
                             (int)options->min_frequency);
    return CPL_OK;
}

cpl_status cpl_tokenizer_trainer_new(struct cpl_tokenizer_trainer **out,
                                     const struct cpl_tokenizer_training *options,
                                     struct cpl_error *error)
{
    struct cpl_tokenizer_training checked = *options;
    struct cpl_tokenizer_trainer *trainer = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(check_options(&checked, error));
    CPL_TRY_GOTO(cpl_memory_new(&trainer, 1, sizeof *trainer, error));
    trainer->options = checked;
    struct cpl_bert_options bert = normalizer_of(&checked);
    CPL_TRY_GOTO(
        cpl_bert_characters_init(&trainer->characters, &bert, &trainer->words, 0, error));
    CPL_TRY_GOTO(cpl_memory_new(&trainer->alone, CPL_CODE_LIMIT, sizeof(uint64_t), error));
    CPL_TRY_GOTO(cpl_memory_new(&trainer->inside, CPL_CODE_LIMIT, sizeof(uint64_t), error));
    *out = trainer;
    return CPL_OK;
done:
    cpl_tokenizer_trainer_free(trainer);
    return status;
}

void cpl_tokenizer_trainer_free(struct cpl_tokenizer_trainer *trainer)
{
    if (!trainer)
        return;
    cpl_bert_characters_clear(&trainer->characters);
    cpl_normal_text_clear(&trainer->normal);
    cpl_pieces_clear(&trainer->words);
    free(trainer->counts);
    free(trainer->alone);
    free(trainer->inside);
    free(trainer);
}

/* ---- counting -------------------------------------------------------------------------------- */

static cpl_status count_word(struct cpl_tokenizer_trainer *trainer, const char *word,
                             size_t length, struct cpl_error *error)
{
    int32_t id;
    int32_t before = trainer->words.count;
    if (length == 0 || cpl_utf8_count(word, length) > LONGEST_WORD)
        return CPL_OK;
    CPL_TRY(cpl_pieces_add(&trainer->words, &id, word, length, error));
    CPL_TRY(cpl_memory_grow(&trainer->counts, &trainer->counts_capacity,
                            (size_t)trainer->words.count, sizeof(uint64_t), error));
    if (id == before)
        trainer->counts[id] = 0;
    trainer->counts[id]++;
    return CPL_OK;
}

cpl_status cpl_tokenizer_trainer_add(struct cpl_tokenizer_trainer *trainer, const char *text,
                                     size_t length, struct cpl_error *error)
{
    struct cpl_normal_text *normal = &trainer->normal;
    size_t valid = cpl_utf8_valid_prefix(text, length);
    if (valid != length)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "the text is not UTF-8 at byte %zu",
                             valid);
    normal->n_bytes = 0;
    CPL_TRY(cpl_bert_normalize(&trainer->characters, normal, text, 0, length, error));
    size_t word = 0;
    for (size_t at = 0; at < normal->n_bytes;) {
        size_t begin = at;
        uint32_t code = cpl_utf8_next(normal->bytes, &at);
        uint32_t kind = cpl_bert_info(&trainer->characters, code) & CPL_CHARACTER_KIND_MASK;
        if (kind != CPL_CHARACTER_SPACE && kind != CPL_CHARACTER_ALONE)
            continue;
        trainer->alone[code] += kind == CPL_CHARACTER_ALONE;
        trainer->any = trainer->any || kind == CPL_CHARACTER_ALONE;
        CPL_TRY(count_word(trainer, normal->bytes + word, begin - word, error));
        word = at;
    }
    if (normal->n_bytes == 0)
        return CPL_OK;
    return count_word(trainer, normal->bytes + word, normal->n_bytes - word, error);
}

static void count_characters(struct cpl_tokenizer_trainer *trainer)
{
    memset(trainer->inside, 0, CPL_CODE_LIMIT * sizeof *trainer->inside);
    for (int32_t id = 0; id < trainer->words.count; id++) {
        const char *word = cpl_pieces_text(&trainer->words, id);
        for (size_t at = 0; at < trainer->words.length[id];)
            trainer->inside[cpl_utf8_next(word, &at)] += trainer->counts[id];
    }
}

/* ---- characters ------------------------------------------------------------------------------ */

struct character {
    uint32_t code;
    uint64_t count;
    bool inside; /* takes two pieces */
};

static int compare_counts(const void *left, const void *right)
{
    const struct character *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->code > b->code) - (a->code < b->code);
}

static int compare_codes(const void *left, const void *right)
{
    const struct character *a = left, *b = right;
    return (a->code > b->code) - (a->code < b->code);
}

static cpl_status list_characters(const struct cpl_tokenizer_trainer *trainer,
                                  struct character **list, size_t *n, struct cpl_error *error)
{
    size_t capacity = 0;
    uint64_t least = (uint64_t)trainer->options.min_frequency;
    for (uint32_t code = 1; code < CPL_CODE_LIMIT; code++) {
        uint64_t count = trainer->alone[code] + trainer->inside[code];
        if (count < least)
            continue;
        CPL_TRY(cpl_memory_grow(list, &capacity, *n + 1, sizeof **list, error));
        (*list)[(*n)++] = (struct character){code, count, trainer->inside[code] > 0};
    }
    return CPL_OK;
}

static cpl_status add_forms(struct cpl_pieces *pieces, const struct character *list, size_t n,
                            bool continuing, struct cpl_error *error)
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
                                    struct cpl_pieces *pieces, struct cpl_error *error)
{
    struct character *list = NULL;
    size_t n = 0, taken = 0;
    int32_t room = trainer->options.vocab_size - SPECIAL_COUNT - 1;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(list_characters(trainer, &list, &n, error));
    if (n > 0)
        qsort(list, n, sizeof *list, compare_counts);
    while (taken < n && room >= 1 + list[taken].inside)
        room -= 1 + list[taken++].inside;
    if (taken > 0)
        qsort(list, taken, sizeof *list, compare_codes);
    CPL_TRY_GOTO(add_forms(pieces, list, taken, false, error));
    status = add_forms(pieces, list, taken, true, error);
done:
    free(list);
    return status;
}

/* ---- all together ---------------------------------------------------------------------------- */

static cpl_status learn_pieces(struct cpl_tokenizer_trainer *trainer, struct cpl_pieces *pieces,
                               struct cpl_error *error)
{
    for (int32_t id = 0; id < SPECIAL_COUNT; id++)
        CPL_TRY(
            cpl_pieces_set(pieces, id, special_texts[id], strlen(special_texts[id]), error));
    count_characters(trainer);
    CPL_TRY(choose_characters(trainer, pieces, error));
    return cpl_words_merge(pieces, &trainer->words, trainer->counts, "##",
                           trainer->options.vocab_size - 1, trainer->options.min_frequency,
                           error);
}

static json_t *list_added(int32_t line_break)
{
    json_t *list = json_array();
    for (int32_t id = 0; id < SPECIAL_COUNT; id++)
        json_array_append_new(list,
                              json_pack("{s:i, s:s, s:b, s:b}", "id", (int)id, "content",
                                        special_texts[id], "special", 1, "normalized", 0));
    json_array_append_new(list, json_pack("{s:i, s:s, s:b, s:b}", "id", (int)line_break,
                                          "content", "\n", "special", 0, "normalized", 0));
    return list;
}

/* [CLS] first [SEP], and behind it second [SEP]. */
static json_t *make_processor(void)
{
    json_t *single = json_pack("[{s:{s:s, s:i}}, {s:{s:s, s:i}}, {s:{s:s, s:i}}]",
                               "SpecialToken", "id", "[CLS]", "type_id", 0, "Sequence", "id",
                               "A", "type_id", 0, "SpecialToken", "id", "[SEP]", "type_id", 0);
    json_t *pair = json_deep_copy(single);
    json_array_append_new(pair,
                          json_pack("{s:{s:s, s:i}}", "Sequence", "id", "B", "type_id", 1));
    json_array_append_new(
        pair, json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", "[SEP]", "type_id", 1));
    return json_pack("{s:s, s:o, s:o, s:{s:{s:s, s:[i], s:[s]}, s:{s:s, s:[i], s:[s]}}}",
                     "type", "TemplateProcessing", "single", single, "pair", pair,
                     "special_tokens", "[CLS]", "id", "[CLS]", "ids", 2, "tokens", "[CLS]",
                     "[SEP]", "id", "[SEP]", "ids", 3, "tokens", "[SEP]");
}

static json_t *make_file(const struct cpl_tokenizer_trainer *trainer,
                         const struct cpl_pieces *pieces)
{
    struct cpl_bert_options bert = normalizer_of(&trainer->options);
    json_t *vocabulary = json_object();
    for (int32_t id = 0; id < pieces->count; id++)
        json_object_set_new(vocabulary, cpl_pieces_text(pieces, id), json_integer(id));
    return json_pack("{s:{s:s, s:b, s:b, s:b, s:b}, s:{s:s}, s:o, s:{s:s, s:s, s:b}, s:o,"
                     " s:{s:s, s:s, s:s, s:i, s:o}}",
                     "normalizer", "type", "BertNormalizer", "clean_text", bert.clean_text,
                     "handle_chinese_chars", bert.handle_chinese_chars, "strip_accents",
                     bert.strip_accents, "lowercase", bert.lowercase, "pre_tokenizer", "type",
                     "BertPreTokenizer", "post_processor", make_processor(), "decoder", "type",
                     "WordPiece", "prefix", "##", "cleanup", 1, "added_tokens",
                     list_added(pieces->count), "model", "type", "WordPiece", "unk_token",
                     "[UNK]", "continuing_subword_prefix", "##", "max_input_chars_per_word",
                     LONGEST_WORD, "vocab", vocabulary);
}

cpl_status cpl_tokenizer_trainer_finish(struct cpl_tokenizer_trainer *trainer,
                                        struct cpl_tokenizer **out, struct cpl_error *error)
{
    struct cpl_pieces pieces = {0};
    json_t *file = NULL;
    cpl_status status = CPL_OK;
    if (!trainer->any && trainer->words.count == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "there is no text to learn from");
    CPL_TRY_GOTO(learn_pieces(trainer, &pieces, error));
    file = make_file(trainer, &pieces);
    status = file ? cpl_tokenizer_from_json(out, file, NULL, NULL, error)
                  : cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
done:
    json_decref(file);
    cpl_pieces_clear(&pieces);
    return status;
}
